"""What the systems may tell the person at the keyboard, who may not be there."""

from datetime import datetime
from typing import Protocol


class Prompts(Protocol):
    """Progress and waiting, shown by the terminal or by nobody."""

    def working(self, what: str) -> None:
        """Say what is being done now."""

    def waiting(self, why: str, until: datetime | None) -> None:
        """Say what is being waited for, and the next look (tenant time)."""

    def open_browser(self, url: str, what: str) -> bool:
        """Show a sign-in page for `what`; true means it is shown, false lets the computer do it."""

    def show_page(self, url: str, what: str, *, opens: bool) -> None:
        """Say where `what` is done in a browser, and whether the computer opens it."""

    def show_code(self, url: str, code: str, what: str) -> None:
        """Say where to type a code in to sign in for `what`."""


class Silence:
    """Nobody is there."""

    def working(self, what: str) -> None:
        """Say nothing."""

    def waiting(self, why: str, until: datetime | None) -> None:
        """Say nothing."""

    def open_browser(self, url: str, what: str) -> bool:  # noqa: ARG002  nobody is there
        """Leave it to the computer's own browser."""
        return False

    def show_page(self, url: str, what: str, *, opens: bool) -> None:
        """Say nothing."""

    def show_code(self, url: str, code: str, what: str) -> None:
        """Say nothing."""
