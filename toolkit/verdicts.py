"""What a proof says: one look at one mailbox, and the verdict on all of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Word = Literal["proved", "pending", "failed", "unknown"]
Found = Literal["open", "closed", "unknown"]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One look at one mailbox: by Exchange's own test (configured), or as the application (live)."""

    mailbox: str
    expected: Found
    found: Found
    layer: Literal["configured", "live"]
    status: int | None = None
    code: str = ""

    def as_json(self) -> dict[str, Any]:
        """Write it as JSON."""
        return {
            "mailbox": self.mailbox,
            "expected": self.expected,
            "found": self.found,
            "status": self.status,
            "layer": self.layer,
            "code": self.code,
        }


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the proof says. `until` is when looking again makes sense (tenant time)."""

    word: Word
    why: str
    checks: tuple[Check, ...] = ()
    until: datetime | None = None
    at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """Write it as JSON."""
        return {
            "verdict": self.word,
            "why": self.why,
            "checks": [check.as_json() for check in self.checks],
            "until": self.until.isoformat() if self.until else None,
            "at": self.at.isoformat() if self.at else None,
        }
