"""Who owns a practice world: one process at a time, known by a lock that dies with it."""

import contextlib
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from toolkit.errors import LockedError

LOCK = "owner.lock"
NOTE = "owner.json"
NAP = 0.02


@dataclass(frozen=True, kw_only=True)
class Owner:
    """The process that holds a world; `open_to_all` where other clients may use its address."""

    pid: int
    host: str
    since: str
    url: str | None = None
    open_to_all: bool = False

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.since}"


@contextlib.contextmanager
def owning(folder: Path) -> Iterator[bool]:
    """Try to take the lock; says whether it was free. The system frees it when a process dies."""
    with (folder / LOCK).open("a+b") as file:
        if not _lock(file):
            yield False
            return
        try:
            yield True
        finally:
            (folder / NOTE).unlink(missing_ok=True)
            _unlock(file)


def note(folder: Path, *, url: str | None = None, open_to_all: bool = False) -> None:
    """Leave a note beside the lock that says who holds it."""
    body = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "url": url,
        "open_to_all": open_to_all,
    }
    part = folder / f"{NOTE}.part"
    part.write_text(json.dumps(body), encoding="utf-8")
    part.replace(folder / NOTE)


def owner(folder: Path) -> Owner | None:
    """Tell who holds a world at the moment; None where nobody does, or it isn't known yet."""
    with owning(folder) as free:
        if free:
            return None
    try:
        return Owner(**json.loads((folder / NOTE).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def locked(folder: Path) -> LockedError:
    """Say who holds the world."""
    holder = owner(folder)
    return LockedError(
        f"The practice tenant in {folder} is in use by {holder or 'another process'}.",
        fix="Wait until that one has ended, or give this one another --home.",
    )


def until(deadline: float) -> bool:
    """Nap, and tell whether there is time left for another try."""
    time.sleep(NAP)
    return time.monotonic() < deadline


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> bool:
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
