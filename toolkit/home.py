"""The home folder: runs, locks, keep and the practice world, all readable by their owner only."""

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from toolkit import lock
from toolkit.clock import Clock, SystemClock
from toolkit.errors import HomeError, NotFoundError
from toolkit.inputs import meant
from toolkit.journal import Journal
from toolkit.secret import Keep, make_private_folder, write_private

ROOM = 1_000_000
"""Bytes that must be free before a run begins: many times what its journal and pages take."""
JOURNAL = "journal.jsonl"
SET_UP = ("tenant", "playbook", "instance")


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
            data = json.loads(self.plan_file.read_bytes())
        except (OSError, ValueError, RecursionError):
            data = None
        if not isinstance(data, dict):
            raise HomeError(
                f"The plan of run {self.id} can't be read.",
                fix=f"Move {self.folder} away, then run `mailgrant setup` again: it finds in the tenant what is there.",
            )
        return data

    @property
    def opening(self) -> Mapping[str, Any]:
        """The journal's first line: which set-up this is, in which tenant."""
        return next(iter(self.journal), {})

    @property
    def set_up(self) -> tuple[str, ...]:
        """Which set-up this is: tenant, playbook, instance."""
        opening = self.opening
        return tuple(str(opening.get(name)) for name in SET_UP)

    @property
    def state(self) -> str:
        """Tell open, pending, done or undone, by the journal's last word on it."""
        return STATES[self._last_word]

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
        return self._last_word == "undo"

    @property
    def _last_word(self) -> str:
        words = [r["event"] for r in self.journal if r["event"] in STATES]
        return words[-1] if words else "opened"

    def made(self, name: str) -> bool:
        """Tell whether this run set up the application of this client id, object id or name."""
        seen = [
            record.get("seen") or {}
            for record in self.journal
            if record["event"] == "confirmed" and record.get("do") == "app"
        ]
        return name.casefold() in {
            str(each[key]).casefold()
            for each in seen
            for key in ("client_id", "id", "name")
            if each.get(key)
        }


STATES = {
    "opened": "open",
    "pending": "pending",
    "finished": "done",
    "undo": "open",
    "undone run": "undone",
}
"""What a run is after each of these words of its journal."""


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
        probe = self.path / ".room"
        try:
            make_private_folder(self.path)
            make_private_folder(self.runs_folder)
            with probe.open("wb") as file:
                file.write(secrets.token_bytes(ROOM))  # zeros take no room where disks compress
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise HomeError(
                f"The home {self.path} can't be written: {error.strerror or error}.",
                fix="Make room or correct its rights, or choose another with --home; nothing was sent.",
            ) from error
        finally:
            with contextlib.suppress(OSError):
                probe.unlink()

    def runs(self) -> list[Run]:
        """List all runs, oldest first by the computer's clock: a practice tenant's may be reset."""
        try:
            folders = [
                each
                for each in self.runs_folder.iterdir()
                if not each.name.startswith(".") and (each / JOURNAL).is_file()
            ]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise HomeError(
                f"The runs in {self.path} can't be listed: {error.strerror or error}.",
                fix="Correct the folder's rights, or choose another home with --home.",
            ) from error
        runs = [Run(folder, Journal(folder / JOURNAL, self.clock)) for folder in folders]
        return sorted(runs, key=lambda run: (str(run.opening.get("begun")), run.id))

    def run(self, name: str) -> Run:
        """Find a run by its id; or by an application's client id or name, the newest of its set-up.

        One that isn't undone goes before those that are: it is what is there.
        """
        runs = self.runs()
        exact = [run for run in runs if run.id == name]
        set_ups = {run.set_up for run in runs if run.made(name)}
        found = exact or [run for run in runs if run.set_up in set_ups]
        if not found:
            listed = ", ".join(run.id for run in runs[-5:]) or "none yet"
            raise NotFoundError(
                f"There is no run or application {name!r} in {self.path}.",
                fix=f"{meant(name, [run.id for run in runs])}The newest runs: {listed}.",
            )
        return ([run for run in found if run.state != "undone"] or found)[-1]

    def runs_of(self, tenant_id: str, playbook: str, instance: str) -> list[Run]:
        """List the runs of one set-up in one tenant, oldest first."""
        wanted = (tenant_id, playbook, instance)
        return [run for run in self.runs() if run.set_up == wanted]

    def new_run(self, plan: Mapping[str, Any]) -> Run:
        """Make a run's folder with the agreed plan and the journal's first line: all of it or nothing.

        Call it under the set-up's lock; it sweeps away what a killed process had half made.
        """
        set_up = (plan["tenant"]["id"], plan["playbook"], plan["answers"]["instance"])
        folder = self._new_folder(plan["playbook"], plan["answers"]["instance"])
        half = self.runs_folder / f".new-{hashlib.sha256(repr(set_up).encode()).hexdigest()[:16]}"
        try:
            if half.exists():
                shutil.rmtree(half)
            make_private_folder(half)
            write_private(half / "plan.json", json.dumps(plan, indent=1).encode())
            Journal(half / JOURNAL, self.clock).add(
                "opened",
                run=folder.name,
                **dict(zip(SET_UP, set_up, strict=True)),
                digest=plan["digest"],
                practice=plan["practice"],
                begun=SystemClock().now().isoformat(timespec="microseconds"),
            )
            half.rename(folder)
            _sync(self.runs_folder)
        except OSError as error:
            raise HomeError(
                f"The run can't be recorded in {self.runs_folder}: {error.strerror or error}.",
                fix="Make room or correct its rights; nothing was sent.",
            ) from error
        return Run(folder, Journal(folder / JOURNAL, self.clock))

    def _new_folder(self, playbook: str, instance: str) -> Path:
        stem = f"{self.clock.now():%Y-%m-%d}-{playbook}-{instance}"
        while (folder := self.runs_folder / f"{stem}-{secrets.token_hex(2)}").exists():
            pass
        return folder

    def lock(self, name: str) -> contextlib.AbstractContextManager[None]:
        """Hold a set-up for this process alone; the lock dies with the process.

        Raises LockedError that names who holds it.
        """
        return lock.hold(self.path / "locks" / f"{name}.lock")


def _sync(folder: Path) -> None:
    """Have a renamed folder on the disk; NTFS sees to that itself."""
    if sys.platform != "win32":
        handle = os.open(folder, os.O_RDONLY)
        with contextlib.suppress(OSError):  # some network file systems don't know it
            os.fsync(handle)
        os.close(handle)
