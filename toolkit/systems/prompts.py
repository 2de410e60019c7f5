"""What the systems may tell the person at the keyboard, who may not be there."""

from datetime import datetime
from typing import Protocol


class Prompts(Protocol):
    """Progress and waiting, shown by the terminal or by nobody."""

    def working(self, what: str) -> None:
        """Say what is being done now."""

    def waiting(self, why: str, until: datetime | None) -> None:
        """Say what is being waited for, and the next look (tenant time)."""


class Silence:
    """Nobody is there."""

    def working(self, what: str) -> None:
        """Say nothing."""

    def waiting(self, why: str, until: datetime | None) -> None:
        """Say nothing."""
