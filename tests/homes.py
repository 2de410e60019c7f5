"""Homes for tests: a clock that somebody sets, a plan to begin a run with, and what lies there."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from toolkit.home import Run


class StandingClock:
    """A tenant's clock that somebody sets."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 20, 10, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


def plan(instance: str = "prod", tenant: str = "t-1", playbook: str = "graph") -> dict[str, Any]:
    return {
        "tenant": {"id": tenant},
        "playbook": playbook,
        "answers": {"instance": instance},
        "digest": "d",
        "practice": True,
    }


def made(run: Run, **app: str) -> Run:
    """Let a run have set up an application."""
    run.journal.add("announced", step="app", do="app")
    run.journal.add("confirmed", step="app", do="app", seen=app)
    return run


def tree(path: Path) -> list[str]:
    return sorted(str(each.relative_to(path)) for each in path.rglob("*"))
