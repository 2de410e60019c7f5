"""What nobody else may see: files for the owner only, the keep, and the Secret type."""

import contextlib
import errno
import functools
import os
import re
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from toolkit import failpoint
from toolkit.errors import HomeError
from toolkit.redaction import Redactor, Secret, guard_logging, redact

__all__ = [
    "Keep",
    "Redactor",
    "Secret",
    "guard_logging",
    "make_private_folder",
    "read_private",
    "redact",
    "write_private",
]

PART = ".mailgrant-part"
SYSTEM = "S-1-5-18"
# Administrators, Users, Authenticated Users, Everyone: may stand in a token's default list.
OTHERS = ("*S-1-5-32-544", "*S-1-5-32-545", "*S-1-5-11", "*S-1-1-0")
NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,119}")
DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)")  # reserved by Windows
README = "README.txt"
README_TEXT = """\
mailgrant keeps here what it made and can't read again: private keys, client secrets, passwords.

One file each, readable by you alone. Treat them like SSH keys: never mail them, never put them
under version control. Back this folder up together with the rest of mailgrant's home: whoever
loses a file has to make a new key or secret, whoever copies one can sign in as the application.
"""

ROOM = "Make room on that disk, then run the same line again."
RIGHTS = "Let your account write there, or choose another folder (--home or MAILGRANT_HOME)."
REASONS = {
    errno.ENOSPC: ("there is no room left on the disk", ROOM),
    errno.EDQUOT: ("your disk quota is used up", ROOM),
    errno.EROFS: ("that disk can only be read", RIGHTS),
    errno.EACCES: ("your account isn't allowed to", RIGHTS),
    errno.EPERM: ("your account isn't allowed to", RIGHTS),
    errno.ENOENT: ("there is no such file or folder", "Check the path, or make its folder first."),
    errno.ENOTDIR: ("a part of the path is a file", "Choose a path that leads through folders."),
    errno.EISDIR: ("it is a folder", "Name a file."),
    errno.ELOOP: ("it is a symbolic link", "Remove the link, or name the file itself."),
}

_writing = threading.Lock()


# ---- files that only their owner can read ----


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only this account can read: whole, and on the disk when it returns.

    A write that was cut short leaves the file as it was; the next one in that folder sweeps up.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}{PART}")
    with _writing, _explained(path):
        _check_place(path)
        _sweep(path.parent)
        failpoint.reach(f"write {path.name}: before")
        try:
            _fill(part, data)
            failpoint.reach(f"write {path.name}: filled")
            part.replace(path)
            _sync_folder(path.parent)
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
        failpoint.reach(f"write {path.name}: after")


def read_private(path: Path) -> bytes:
    """Read such a file; refuse one that others can read, or that is a link."""
    flags = os.O_RDONLY
    if sys.platform == "win32":
        flags |= os.O_BINARY
    else:
        flags |= os.O_NOFOLLOW | os.O_NONBLOCK
    with _explained(path):
        _refuse_link(path)
        with os.fdopen(os.open(path, flags), "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise HomeError(f"{path} isn't a file.", fix="Name a file.")
            if sys.platform != "win32" and mode & 0o077:
                raise HomeError(
                    f"{path} holds a secret, and other accounts can read it.",
                    fix=f"Run: chmod 600 '{path}'. If others use this computer, replace the secret.",
                )
            return file.read()


def make_private_folder(path: Path) -> None:
    """Make a folder that only this account can look into, or make an existing one so."""
    with _explained(path):
        _refuse_link(path)
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if sys.platform == "win32":
            _own_alone(path, "(OI)(CI)F")
        elif stat.S_IMODE(path.stat().st_mode) != 0o700:  # noqa: PLR2004  owner only
            path.chmod(0o700)


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason, fix = REASONS.get(error.errno or 0, (error.strerror or str(error), RIGHTS))
        raise HomeError(f"{path} can't be written or read: {reason}.", fix=fix) from error


def _refuse_link(path: Path) -> None:
    if path.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


def _check_place(path: Path) -> None:
    _refuse_link(path)
    mode = path.parent.stat().st_mode
    if sys.platform != "win32" and mode & 0o022 and not mode & stat.S_ISVTX:
        raise HomeError(
            f"Other accounts can write in {path.parent}, so nothing secret is put there.",
            fix=f"Run: chmod go-w '{path.parent}', or choose another folder.",
        )


def _fill(part: Path, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    if sys.platform == "win32":
        flags |= os.O_BINARY
    with os.fdopen(os.open(part, flags, 0o600), "wb") as file:
        if sys.platform == "win32":
            _own_alone(part, "F")  # before the first byte is in
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sweep(folder: Path) -> None:
    """Remove what killed processes were writing: it may be a key that nobody needs any more."""
    for leftover in folder.glob(f".*{PART}"):
        pid = leftover.name.removesuffix(PART).rpartition(".")[2]
        if pid.isdecimal() and not _alive(int(pid)):
            with contextlib.suppress(OSError):
                leftover.unlink()


def _alive(pid: int) -> bool:
    if sys.platform != "win32" and pid != os.getpid():  # ours are over
        try:
            os.kill(pid, 0)
        except PermissionError:
            return True
        except (ProcessLookupError, OverflowError):
            return False
        return True
    return False  # on Windows a file that is being written can't be removed anyway


def _sync_folder(folder: Path) -> None:
    if sys.platform != "win32":  # folders can't be opened there; NTFS journals the rename itself
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        except OSError as error:  # some network file systems don't know it
            if error.errno not in {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP}:
                raise
        finally:
            os.close(handle)


# ---- Windows: an access list of our own, read back ----


def _own_alone(path: Path, right: str) -> None:
    """Leave this account and the system on the access list, and check that it is so.

    Source: learn.microsoft.com/windows-server/administration/windows-commands/icacls
    """
    sids = sorted({_own_sid(), SYSTEM})
    grants = [f"*{sid}:{right}" for sid in sids]
    _run("icacls.exe", str(path), "/inheritance:r", "/grant:r", *grants, "/remove:g", *OTHERS)
    if not only_full_rights(_run("icacls.exe", str(path)), holders=len(sids)):
        raise HomeError(
            f"Windows still lets other accounts read {path}.",
            fix="Choose a folder on an NTFS disk of your own (--home or MAILGRANT_HOME).",
        )


def only_full_rights(listing: str, *, holders: int) -> bool:
    """Tell whether icacls lists just so many holders, each with full and none with inherited rights.

    Account names are in the language of Windows, so only the rights behind them are looked at.
    """
    rights = re.findall(r":((?:\([A-Z,]+\))+)\s*$", listing, re.MULTILINE)
    return len(rights) == holders and all(
        right.endswith("(F)") and "(I)" not in right for right in rights
    )


@functools.cache
def _own_sid() -> str:
    found = re.search(r"S-1-[\d-]+", _run("whoami.exe", "/user", "/fo", "csv", "/nh"))
    if found is None:
        raise HomeError("Windows doesn't tell who you are.", fix="Try: whoami /user")
    return found[0]


def _run(program: str, *arguments: str) -> str:
    full = Path(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", program)
    done = subprocess.run([full, *arguments], capture_output=True, check=False)  # noqa: S603  Windows' own, no shell
    if done.returncode:
        raise HomeError(
            f"{program} refused: {done.stderr.decode('ascii', 'replace').strip()}", fix=RIGHTS
        )
    return done.stdout.decode("ascii", "replace")


class Keep:
    """The folder `keep` of a home: what we made and can't read again, one file each."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "keep"

    def put(self, name: str, data: bytes) -> Path:
        """Keep this under a name; what is kept there already is never overwritten."""
        kept = self.get(name)
        path = self.folder / name
        if kept is not None and kept != data:
            raise HomeError(
                f"{path} already keeps something else.",
                fix="Find out what uses it; move it away only when nothing does.",
            )
        if kept is None:
            make_private_folder(self.folder)
            if not (self.folder / README).exists():
                write_private(self.folder / README, README_TEXT.encode())
            write_private(path, data)
        return path

    def get(self, name: str) -> bytes | None:
        """Read what is kept under a name, or None."""
        path = self.folder / _checked(name)
        return read_private(path) if os.path.lexists(path) else None

    def names(self) -> list[str]:
        """List what is kept."""
        with _explained(self.folder):
            found = self.folder.iterdir() if self.folder.exists() else ()
            return sorted(entry.name for entry in found if NAME.fullmatch(entry.name))

    def remove(self, name: str) -> None:
        """Forget what is kept under a name, if anything is."""
        path = self.folder / _checked(name)
        failpoint.reach(f"remove {name}: before")
        with _explained(path):
            path.unlink(missing_ok=True)
            if self.folder.exists():
                _sync_folder(self.folder)
        failpoint.reach(f"remove {name}: after")


def _checked(name: str) -> str:
    good = NAME.fullmatch(name) and not DEVICE.match(name) and name[-1] != "."
    if not good or name == README.lower():
        raise HomeError(
            f"{name!r} can't be the name of a file in the keep.",
            fix="Use a-z, 0-9, dots and hyphens: 120 at most, and no device name of Windows.",
        )
    return name
