"""The practice tenant's own clock: it can be moved, and runs faster for clients that can't."""

import time
from datetime import UTC, datetime

from toolkit.practice.store import Store


class PracticeClock:
    """Tenant time, kept in the world's file so that every process tells the same.

    It stands at `tenant` seconds when the computer's clock stood at `real`, and runs `speed`
    times as fast from there. Waiting on it moves it and takes no time.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def now(self) -> datetime:
        """Tell tenant time in UTC."""
        tenant, real, speed = self._store.setting("clock", (time.time(), time.time(), 1.0))
        return datetime.fromtimestamp(tenant + (time.time() - real) * speed, UTC)

    def sleep(self, seconds: float) -> None:
        """Move the clock on by that much."""
        self._set(self.now().timestamp() + seconds, self.speed)

    @property
    def speed(self) -> float:
        """How many tenant seconds pass in one second."""
        return float(self._store.setting("clock", (0, 0, 1.0))[2])

    def run_at(self, speed: float) -> None:
        """Go on from now at another speed."""
        self._set(self.now().timestamp(), speed)

    def _set(self, tenant: float, speed: float) -> None:
        self._store.set_setting("clock", (tenant, time.time(), speed))
