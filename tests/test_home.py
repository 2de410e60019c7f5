import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.homes import StandingClock, tree
from toolkit.errors import HomeError, LockedError
from toolkit.home import ROOM, Home

only_posix = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has access lists instead of modes, and no tmpfs"
)


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def home(tmp_path: Path, clock: StandingClock) -> Home:
    home = Home(tmp_path / "home", clock)
    home.prepare()
    return home


# ---- can it be written? ----


def test_a_home_is_prepared_for_its_owner_and_leaves_no_trace_of_the_trial(home):
    assert tree(home.path) == ["runs"]
    if sys.platform != "win32":
        assert {path.stat().st_mode & 0o777 for path in (home.path, home.runs_folder)} == {0o700}


def test_a_home_that_is_a_file_is_a_sentence(tmp_path, clock):
    (tmp_path / "home").write_text("x", encoding="utf-8")
    home = Home(tmp_path / "home", clock)

    for attempt in (home.prepare, home.lock("x").__enter__):
        with pytest.raises(HomeError, match="home") as refused:
            attempt()
        assert refused.value.fix


def is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


def mounted(path: Path, options: str) -> bool:
    """Mount a disk; only root may, and not everywhere."""
    if not is_root():
        return False
    line = ["mount", "-t", "tmpfs", "-o", options, "mailgrant-test", str(path)]
    return subprocess.run(line, check=False, capture_output=True).returncode == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes, of which 64 kilobytes are free."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if not mounted(disk, "size=2m"):
        pytest.skip("only root may mount a small disk, and not everywhere")
    (disk / "full").write_bytes(b"\0" * (2 * 1024 * 1024 - 65536))
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk_is_found_before_anything_is_written(small_disk, clock):
    home = Home(small_disk / "home", clock)

    with pytest.raises(HomeError, match="No space left") as refused:
        home.prepare()

    assert "nothing was sent" in refused.value.fix
    assert tree(small_disk) == ["full", "home", "home/runs"]


def test_a_disk_without_a_single_byte_is_a_sentence_for_the_lock_too(small_disk, clock):
    with (small_disk / "more").open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 4096):
                pass
        except OSError:
            pass
    home = Home(small_disk, clock)

    with pytest.raises(HomeError, match="can't be") as refused, home.lock("t-1-graph-prod"):
        pytest.fail("the lock can't have been written")

    assert refused.value.fix


@only_posix
def test_a_disk_that_can_only_be_read_is_a_sentence(tmp_path, clock):
    disk = tmp_path / "disk"
    disk.mkdir()
    if not mounted(disk, "ro"):
        pytest.skip("only root may mount a disk, and not everywhere")
    home = Home(disk / "home", clock)
    try:
        for attempt in (home.prepare, home.lock("x").__enter__):
            with pytest.raises(HomeError, match=r"only be read|[Rr]ead-only") as refused:
                attempt()
            assert refused.value.fix
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


LIMITED = """
import resource, sys
from pathlib import Path
from toolkit.clock import SystemClock
from toolkit.errors import HomeError
from toolkit.home import Home
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    Home(Path(sys.argv[1]), SystemClock()).prepare()
except HomeError as error:
    sys.exit(f"{error.message} {error.fix}")
"""


@only_posix
@pytest.mark.parametrize(("size", "room"), [(ROOM, True), (ROOM - 1, False), (0, False)])
def test_a_limit_on_files_counts_as_no_room(tmp_path, size, room):
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path / "home"), str(size)],
        check=False,
        capture_output=True,
        text=True,
    )

    assert (done.returncode == 0) is room, done.stderr
    assert room or "File too large" in done.stderr
    assert "Traceback" not in done.stderr


# ---- one at a time ----

HOLD = """
import sys
from pathlib import Path
from toolkit.clock import SystemClock
from toolkit.home import Home
with Home(Path(sys.argv[1]), SystemClock()).lock("t-1-graph-prod"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(home: Home) -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stdout.readline().strip() == b"held"
        yield process
        process.kill()


def test_a_set_up_that_somebody_else_works_on_is_refused_with_who_where_and_since_when(
    home, holder
):
    with pytest.raises(LockedError) as refused, home.lock("t-1-graph-prod"):
        pytest.fail("two have the lock")

    assert f"process {holder.pid} on {socket.gethostname()}, since 20" in refused.value.message
    assert refused.value.fix


def test_another_set_up_is_free_meanwhile(home, holder):
    with home.lock("t-1-graph-test"):
        pass


@only_posix
def test_a_lock_dies_with_the_process_that_was_killed(home, holder):
    holder.kill()
    assert holder.wait(30) == -9

    with home.lock("t-1-graph-prod"):
        (text,) = [path.read_text("utf-8") for path in (home.path / "locks").iterdir()]
        assert json.loads(text)["pid"] == os.getpid()


def test_a_lock_is_given_back_after_a_failure_too(home):
    for _ in range(3):
        with pytest.raises(KeyError), home.lock("x"):
            raise KeyError

    with home.lock("x"), pytest.raises(LockedError, match=f"process {os.getpid()} on"):
        home.lock("x").__enter__()


@pytest.mark.parametrize("text", ["", "x", "[]", "{}", "5", '{"pid": 1}', "\0" * 5000])
def test_a_holder_that_has_not_signed_is_another_process(home, text):
    with home.lock("x"):
        (home.path / "locks" / "x.lock").write_text(text, encoding="utf-8")
        with pytest.raises(LockedError, match="worked on by another process"):
            home.lock("x").__enter__()


def test_a_lock_that_is_a_folder_is_a_sentence(home):
    (home.path / "locks" / "x.lock").mkdir(parents=True)

    with pytest.raises(HomeError, match="can't be taken") as refused, home.lock("x"):
        pytest.fail("a folder is no lock")

    assert refused.value.fix
