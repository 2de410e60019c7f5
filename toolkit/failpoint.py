"""Named places around everything that must survive a power cut, so that tests can cut it there."""

from collections.abc import Callable

_hooks: list[Callable[[str], None]] = []


def set_hook(hook: Callable[[str], None] | None) -> None:
    """Call this at every place reached from now on; None stops it."""
    _hooks[:] = [hook] if hook else []


def reach(name: str) -> None:
    """Say that a place is reached; outside of tests nobody listens."""
    for hook in _hooks:
        hook(name)
