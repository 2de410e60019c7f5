"""When something that was seen, or written, is believed to be gone: not by one replica that lags."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from toolkit.systems.tenant import Tenant

T = TypeVar("T")
LOOK_EVERY = 5.0
SETTLED_LOOKS = 5
SETTLED_SECONDS = 20.0


def settled(
    look: Callable[[], T | None], tenant: "Tenant", what: str, *, seconds: float = SETTLED_SECONDS
) -> T | None:
    """Look for what an earlier write may have left.

    There means there. Absent takes five equal answers over twenty seconds, or more: one replica
    that lags must neither make a twin nor leave an orphan.
    """
    start, looks = tenant.clock.now(), 0
    with tenant.meter.counting_as("settled"):
        while True:
            found = look()
            looks += 1
            waited = (tenant.clock.now() - start).total_seconds()
            if found is not None or (looks >= SETTLED_LOOKS and waited >= seconds):
                return found
            tenant.prompts.waiting(f"{what}: making sure that it really isn't there", None)
            tenant.clock.sleep(LOOK_EVERY)
