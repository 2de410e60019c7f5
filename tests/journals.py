"""Journals for tests: a clock that stands, a journal written once, and looking into it."""

import json
from datetime import UTC, datetime
from pathlib import Path

from toolkit.journal import Journal


class FixedClock:
    def now(self) -> datetime:
        return datetime(2026, 11, 20, 10, tzinfo=UTC)

    def sleep(self, seconds: float) -> None:
        raise AssertionError("a journal never waits")


CLOCK = FixedClock()


def at(path: Path) -> Journal:
    return Journal(path / "journal.jsonl", CLOCK)


def lines(path: Path) -> list[bytes]:
    return (path / "journal.jsonl").read_bytes().splitlines(keepends=True)


def events(journal: Journal) -> list[str]:
    return [record["event"] for record in journal]


def begun(folder: Path) -> Path:
    """Write three lines; strange signs among them."""
    journal = at(folder)
    journal.add("opened", run="2026-11-20-x-prod-ab12", tenant="t")
    journal.add("announced", step="app", before=None, after={"name": "Zoë's “app”\n\u2028🔒"})
    journal.add("confirmed", step="app", seen={"name": "x"})
    return folder


def events_of(kept: list[bytes]) -> list[str]:
    """Name the events of lines."""
    return [json.loads(line)["event"] for line in kept]
