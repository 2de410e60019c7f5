"""Tells which faults of a practice world never struck: a fault that doesn't fire proves nothing."""

from pathlib import Path

from toolkit.practice import control


def unfired(folder: Path) -> list[str]:
    """List the fault lines of the world in a folder that have struck no request."""
    return [fault["line"] for fault in control.status(folder)["faults"] if not fault["fired"]]
