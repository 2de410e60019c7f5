"""Two clocks: protocol time is the computer's, tenant time is the tenant's own.

Protocol time dates tokens, assertions, TLS and Retry-After. Tenant time dates what the tenant
makes, and what has to spread inside it. On a real tenant both are the computer's clock; the
practice tenant has a clock of its own, which moves instead of making anybody wait.
"""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Anything that can tell the time and wait."""

    def now(self) -> datetime:
        """Tell the time, aware and in UTC."""

    def sleep(self, seconds: float) -> None:
        """Wait that long, or move the clock by as much."""


class SystemClock:
    """The computer's clock."""

    def now(self) -> datetime:
        """Tell the computer's time in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait, in short naps, so that Ctrl-C is noticed at once on Windows too."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, 0.2))
