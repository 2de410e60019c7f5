"""The home folder: runs, locks, keep and the practice world, all readable by their owner only."""

import json
import os
import secrets
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from toolkit.clock import Clock
from toolkit.errors import HomeError, LockedError, NotFoundError
from toolkit.journal import Journal
from toolkit.secret import Keep, make_private_folder, write_private

ROOM = 1_000_000
"""Bytes that must be free before a run begins: many times what its journal and pages take."""
LOCK_AT = 1 << 30
"""Windows keeps others from reading what is locked, so the byte locked lies far behind the text."""


@dataclass(frozen=True)
class Run:
    """One run's folder: its plan, its journal, its pages."""

    folder: Path
    journal: Journal

    @property
    def id(self) -> str:
        """The run's name: date, playbook, instance and four signs."""
        return self.folder.name

    @property
    def plan_file(self) -> Path:
        """Where the agreed plan lies."""
        return self.folder / "plan.json"

    def plan(self) -> Mapping[str, Any]:
        """Read the agreed plan, as JSON."""
        try:
            data: dict[str, Any] = json.loads(self.plan_file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise HomeError(
                f"The plan of run {self.id} can't be read.",
                fix="Run `mailgrant setup` for the same playbook and instance.",
            ) from error
        return data

    @property
    def state(self) -> str:
        """Tell open, pending, done or undone, by the journal's last word on it."""
        states = [r["event"] for r in self.journal if r["event"] in STATES]
        return STATES[states[-1]] if states else "open"

    @property
    def until(self) -> datetime | None:
        """Tell when to look again, where the run is pending (tenant time)."""
        record = self.journal.last("pending")
        if self.state != "pending" or record is None or not record.get("until"):
            return None
        return datetime.fromisoformat(record["until"])

    @property
    def undoing(self) -> bool:
        """Tell whether an undo was begun and not finished."""
        record = [r["event"] for r in self.journal if r["event"] in STATES]
        return bool(record) and record[-1] == "undo"


STATES = {
    "opened": "open",
    "pending": "pending",
    "finished": "done",
    "undo": "open",
    "undone run": "undone",
}


class Home:
    """One folder that holds everything mailgrant remembers."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self.clock = clock
        self.keep = Keep(path)

    @property
    def practice(self) -> Path:
        """Where the practice world lies."""
        return self.path / "practice"

    @property
    def runs_folder(self) -> Path:
        """Where the runs lie."""
        return self.path / "runs"

    def prepare(self) -> None:
        """Make sure, before anything is written anywhere, that runs can be recorded here."""
        probe = self.path / f".room-{os.getpid()}"
        try:
            make_private_folder(self.path)
            make_private_folder(self.runs_folder)
            with probe.open("wb") as file:
                file.write(b"\0" * ROOM)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise HomeError(
                f"The home {self.path} can't be written: {error.strerror or error}.",
                fix="Make room or correct its rights, or choose another with --home; nothing was sent.",
            ) from error
        finally:
            probe.unlink(missing_ok=True)

    def runs(self) -> list[Run]:
        """List all runs, oldest first."""
        if not self.runs_folder.is_dir():
            return []
        folders = (
            each for each in sorted(self.runs_folder.iterdir()) if (each / "journal.jsonl").exists()
        )
        runs = [Run(folder, Journal(folder / "journal.jsonl", self.clock)) for folder in folders]
        return sorted(runs, key=lambda run: (next(iter(run.journal), {"at": ""})["at"], run.id))

    def run(self, name: str) -> Run:
        """Find a run by its id, or the newest of an application by client id or name."""
        runs = self.runs()
        for run in reversed(runs):
            if name == run.id or name in _applications(run):
                return run
        listed = ", ".join(run.id for run in runs[-5:]) or "none yet"
        raise NotFoundError(
            f"There is no run or application {name!r} in {self.path}.",
            fix=f"The newest runs: {listed}.",
        )

    def runs_of(self, tenant_id: str, playbook: str, instance: str) -> list[Run]:
        """List the runs of one set-up in one tenant, oldest first."""
        wanted = (tenant_id, playbook, instance)
        return [run for run in self.runs() if _setup(run) == wanted]

    def new_run(self, plan: Mapping[str, Any]) -> Run:
        """Make a run's folder and put the agreed plan into it."""
        instance = plan["answers"]["instance"]
        name = f"{self.clock.now():%Y-%m-%d}-{plan['playbook']}-{instance}-{secrets.token_hex(2)}"
        folder = self.runs_folder / name
        make_private_folder(folder)
        write_private(folder / "plan.json", json.dumps(plan, indent=1, ensure_ascii=False).encode())
        run = Run(folder, Journal(folder / "journal.jsonl", self.clock))
        run.journal.add(
            "opened",
            run=name,
            tenant=plan["tenant"]["id"],
            playbook=plan["playbook"],
            instance=instance,
            digest=plan["digest"],
            practice=plan["practice"],
        )
        return run

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold a set-up for this process alone; the lock dies with the process.

        Raises LockedError that names who holds it.
        """
        folder = self.path / "locks"
        make_private_folder(folder)
        path = folder / f"{name}.lock"
        with path.open("a+", encoding="utf-8") as file:
            if not _take(file):
                file.seek(0)
                raise LockedError(
                    _holder(file.read()), fix="Wait until it is done, or end it there."
                )
            file.truncate(0)
            holder = {
                "pid": os.getpid(),
                "host": socket.gethostname(),
                "since": self.clock.now().isoformat(timespec="seconds"),
            }
            file.write(json.dumps(holder))
            file.flush()
            try:
                yield
            finally:
                file.truncate(0)


def _take(file: IO[str]) -> bool:
    """Take the operating system's own lock on a file, or tell that somebody has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(LOCK_AT)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            file.seek(0)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _holder(text: str) -> str:
    try:
        holder = json.loads(text)
        who = f"process {holder['pid']} on {holder['host']}, since {holder['since']}"
    except (ValueError, KeyError, TypeError):
        who = "another process"
    return f"This set-up is being worked on by {who}."


def _setup(run: Run) -> tuple[str, str, str]:
    first = next(iter(run.journal), {})
    return (str(first.get("tenant")), str(first.get("playbook")), str(first.get("instance")))


def _applications(run: Run) -> set[str]:
    found = set()
    for record in run.journal:
        if record["event"] == "confirmed" and record.get("do") == "app":
            found |= {record["seen"].get(name) for name in ("client_id", "name", "id")}
    return {name for name in found if name}
