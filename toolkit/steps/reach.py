"""Whom a thing lets in, as the plan shows it before anybody says yes: a count and some names."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

SAMPLES = 20


@dataclass(frozen=True, kw_only=True)
class Reach:
    """How many mailboxes are inside, up to twenty of them by address, and what to know about that.

    `alarm` is what a person must accept in so many words; `addresses` are all that are inside, as
    they were read: a plan doesn't hold them.
    """

    count: int
    samples: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    alarm: str = ""
    addresses: frozenset[str] = field(default=frozenset(), compare=False, repr=False)

    def as_json(self) -> dict[str, Any]:
        """Write it as JSON."""
        return {"count": self.count, "samples": list(self.samples), "remarks": list(self.remarks)}


def reach_of(addresses: Iterable[str], remarks: Iterable[str] = (), alarm: str = "") -> Reach:
    """Count addresses and keep the first twenty."""
    listed = sorted(addresses)
    return Reach(
        count=len(listed),
        samples=tuple(listed[:SAMPLES]),
        remarks=tuple(remarks),
        alarm=alarm,
        addresses=frozenset(listed),
    )


def from_json(data: dict[str, Any] | None) -> Reach | None:
    """Read it back; an alarm is kept by the plan."""
    if data is None:
        return None
    return Reach(
        count=int(data["count"]), samples=tuple(data["samples"]), remarks=tuple(data["remarks"])
    )
