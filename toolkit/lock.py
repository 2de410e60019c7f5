"""A lock that one process holds and that dies with it; whoever comes second is told who has it."""

import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from toolkit.clock import SystemClock
from toolkit.errors import HomeError, LockedError
from toolkit.secret import make_private_folder

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCK_AT = 1 << 30
"""Windows keeps others from reading what is locked, so the byte locked lies far behind the text."""
LONGEST = 1000


@contextmanager
def hold(path: Path) -> Iterator[None]:
    """Hold a lock file for this process alone, and write into it who does.

    Raises LockedError that names the holder. The computer's clock dates it: it is the process that
    is meant, not the tenant.
    """
    make_private_folder(path.parent)
    handle = _opened(path)
    try:
        if not _take(handle, path):
            raise LockedError(_holder(handle), fix="Wait until it is done, or end it there.")
        try:
            _sign(handle, path)
            yield
        finally:
            with suppress(OSError):
                os.truncate(handle, 0)
            _give_back(handle)
    finally:
        os.close(handle)


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise _unusable(path, error) from error


def _sign(handle: int, path: Path) -> None:
    holder = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": SystemClock().now().isoformat(timespec="seconds"),
    }
    try:
        os.truncate(handle, 0)
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, json.dumps(holder).encode())
    except OSError as error:
        raise _unusable(path, error) from error


if sys.platform == "win32":

    def _take(handle: int, path: Path) -> bool:
        """Lock one byte; Windows denies permission where somebody else has it."""
        os.lseek(handle, LOCK_AT, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        except OSError as error:
            raise _unusable(path, error) from error
        return True

    def _give_back(handle: int) -> None:
        os.lseek(handle, LOCK_AT, os.SEEK_SET)
        with suppress(OSError):
            msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:

    def _take(handle: int, path: Path) -> bool:
        """Lock the whole file, for other processes and for others in this one."""
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            raise _unusable(path, error) from error
        return True

    def _give_back(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)


def _holder(handle: int) -> str:
    os.lseek(handle, 0, os.SEEK_SET)
    try:
        holder = json.loads(os.read(handle, LONGEST))
        who = f"process {holder['pid']} on {holder['host']}, since {holder['since']}"
    except (OSError, ValueError, KeyError, TypeError):  # it has the lock, and hasn't signed yet
        who = "another process"
    return f"This set-up is being worked on by {who}."


def _unusable(path: Path, error: OSError) -> HomeError:
    return HomeError(
        f"The lock {path} can't be taken: {error.strerror or error}.",
        fix="Make room or correct the folder's rights, or choose another home with --home; nothing was sent.",
    )
