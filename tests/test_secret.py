import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from toolkit import failpoint
from toolkit.errors import HomeError
from toolkit.secret import make_private_folder, only_full_rights, read_private, write_private

only_posix = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has access lists instead of modes"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "home"
    make_private_folder(made)
    return made


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@only_posix
def test_private_files_and_folders_are_for_their_owner_only(folder):
    old = os.umask(0)
    try:
        write_private(folder / "key.pem", b"one")
        make_private_folder(folder / "deep" / "keep")
    finally:
        os.umask(old)

    assert mode(folder / "key.pem") == 0o600
    assert mode(folder / "deep" / "keep") == 0o700


def test_what_was_written_is_read_again_and_nothing_else_is_left(folder):
    write_private(folder / "key.pem", b"one")
    write_private(folder / "key.pem", b"two")

    assert read_private(folder / "key.pem") == b"two"
    assert [path.name for path in folder.iterdir()] == ["key.pem"]


@only_posix
def test_a_file_that_others_could_read_becomes_private_when_written(folder):
    path = folder / "key.pem"
    path.write_bytes(b"old")
    path.chmod(0o644)

    write_private(path, b"new")

    assert mode(path) == 0o600


@only_posix
def test_an_existing_folder_is_closed_to_others(tmp_path):
    tmp_path.joinpath("keep").mkdir(mode=0o755)

    make_private_folder(tmp_path / "keep")

    assert mode(tmp_path / "keep") == 0o700


@only_posix
@pytest.mark.parametrize("bits", [0o775, 0o757, 0o777])
def test_nothing_secret_goes_into_a_folder_where_others_write(folder, bits):
    folder.chmod(bits)

    with pytest.raises(HomeError, match="Other accounts can write") as refusal:
        write_private(folder / "key.pem", b"one")

    assert "chmod go-w" in refusal.value.fix
    assert list(folder.iterdir()) == []


@only_posix
def test_a_folder_with_the_sticky_bit_will_do(folder):
    folder.chmod(0o1777)

    write_private(folder / "key.pem", b"one")

    assert read_private(folder / "key.pem") == b"one"


@only_posix
def test_links_are_neither_written_nor_read_nor_taken_for_folders(folder, tmp_path):
    target = tmp_path / "target"
    target.write_bytes(b"theirs")
    (folder / "key.pem").symlink_to(target)
    (folder / "keep").symlink_to(tmp_path)

    for attempt in (
        lambda: write_private(folder / "key.pem", b"ours"),
        lambda: read_private(folder / "key.pem"),
        lambda: make_private_folder(folder / "keep"),
    ):
        with pytest.raises(HomeError, match="symbolic link"):
            attempt()
    assert target.read_bytes() == b"theirs"


@only_posix
def test_a_secret_that_others_can_read_is_not_used(folder):
    write_private(folder / "key.pem", b"one")
    (folder / "key.pem").chmod(0o640)

    with pytest.raises(HomeError, match="other accounts can read") as refusal:
        read_private(folder / "key.pem")

    assert "chmod 600" in refusal.value.fix


@only_posix
def test_a_pipe_is_not_waited_for(folder):
    if sys.platform != "win32":
        os.mkfifo(folder / "pipe", 0o600)

    with pytest.raises(HomeError, match="isn't a file"):
        read_private(folder / "pipe")


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "no room left"),
        (errno.EDQUOT, "quota"),
        (errno.EROFS, "can only be read"),
        (errno.EACCES, "isn't allowed"),
        (errno.EIO, "."),
    ],
)
def test_a_disk_that_refuses_is_told_in_a_sentence_and_the_old_file_stays(
    folder, monkeypatch, number, sentence
):
    write_private(folder / "key.pem", b"old")

    def refuse(handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(HomeError, match=sentence) as refusal:
        write_private(folder / "key.pem", b"new")

    assert refusal.value.fix
    assert read_private(folder / "key.pem") == b"old"
    assert [path.name for path in folder.iterdir()] == ["key.pem"]


def test_a_missing_folder_and_a_missing_file_are_told_in_a_sentence(folder):
    with pytest.raises(HomeError, match="no such file or folder"):
        write_private(folder / "nowhere" / "key.pem", b"one")
    with pytest.raises(HomeError, match="no such file or folder"):
        read_private(folder / "key.pem")


def test_a_folder_in_the_place_of_a_file_is_refused(folder):
    (folder / "key.pem").mkdir()

    with pytest.raises(HomeError):
        write_private(folder / "key.pem", b"one")

    assert [path.name for path in folder.iterdir()] == ["key.pem"]


KILLED = """
import os, signal, sys
from pathlib import Path
from toolkit import failpoint, secret

def die(name):
    if name.endswith(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

failpoint.set_hook(die)
secret.write_private(Path(sys.argv[1]), b"new")
"""


@only_posix
@pytest.mark.parametrize(
    ("place", "found"), [("before", b"old"), ("filled", b"old"), ("after", b"new")]
)
def test_a_killed_write_is_whole_or_absent_and_the_next_one_sweeps_up(folder, place, found):
    path = folder / "key.pem"
    write_private(path, b"old")

    died = subprocess.run([sys.executable, "-c", KILLED, path, place], check=False)

    assert died.returncode == -9
    assert read_private(path) == found
    assert len(list(folder.iterdir())) == (2 if place == "filled" else 1)
    write_private(folder / "other.pem", b"other")
    assert {one.name for one in folder.iterdir()} == {"key.pem", "other.pem"}


@only_posix
def test_what_a_living_process_is_writing_is_left_alone(folder):
    theirs = folder / f".key.pem.{os.getppid()}.mailgrant-part"
    theirs.write_bytes(b"half")

    write_private(folder / "key.pem", b"one")

    assert theirs.exists()


def test_places_are_reached_in_order_around_a_write(folder):
    reached: list[str] = []
    failpoint.set_hook(reached.append)
    try:
        write_private(folder / "key.pem", b"one")
    finally:
        failpoint.set_hook(None)
    write_private(folder / "key.pem", b"two")

    assert reached == [f"write key.pem: {place}" for place in ("before", "filled", "after")]


# ---- what icacls says, as Windows in two languages prints it ----

ENGLISH = """\
C:\\Users\\ann\\key.pem NT AUTHORITY\\SYSTEM:(F)
                     DESKTOP-1\\ann:(F)

Successfully processed 1 files; Failed processing 0 files
"""
GERMAN_INHERITED = """\
C:\\Users\\ann\\key.pem NT-AUTORIT?T\\SYSTEM:(I)(F)
                     DESKTOP-1\\ann:(I)(F)

1 Dateien erfolgreich verarbeitet, bei 0 Dateien ist ein Verarbeitungsfehler aufgetreten.
"""
ONE_MORE = ENGLISH.replace("ann:(F)\n", "ann:(F)\n                     BUILTIN\\Users:(RX)\n")
FOLDER = ENGLISH.replace(":(F)", ":(OI)(CI)(F)")


@pytest.mark.parametrize(
    ("listing", "private"),
    [(ENGLISH, True), (FOLDER, True), (GERMAN_INHERITED, False), (ONE_MORE, False), ("", False)],
)
def test_an_access_list_is_private_when_only_its_two_holders_stand_on_it(listing, private):
    assert only_full_rights(listing, holders=2) is private
