"""Letting people in and out, and trying the way in, killed around what is written and run again, or taken back."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import CommandLine
from tests.desk import (
    APP,
    BOOK,
    LOTTE,
    METTE,
    PERSONAL_APP,
    RECTOR,
    addresses,
    done,
    personal,
)
from tests.killing import Scene
from tests.scenes import (
    LAG,
    LAGS,
    Scenes,
    as_if_never_killed,
    copy_of,
    killed,
    killed_everywhere,
    taking_back,
)
from tests.scenes import done as run_of
from tests.test_days_killed import regretted

LET_IN = ("accounts", "authorize", PERSONAL_APP, RECTOR, LOTTE, "--yes", "--no-browser")
OUT = ("accounts", "revoke", PERSONAL_APP, METTE, "--yes", "--sign-out-everywhere")
PROBE = ("accounts", "authorize", APP, "--probe", METTE, "--yes", "--no-browser", "--wait", "0s")
UNPROVED = 1


@pytest.fixture(scope="module")
def home(fresh_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Path(shutil.copytree(fresh_home, tmp_path_factory.mktemp("made") / "home"))
    done(CommandLine(made), "apply", BOOK)
    personal(CommandLine(made), "only_assigned=yes")
    return made


def letting_in(home: Path) -> Scene:
    return as_if_never_killed(home, LET_IN)


def letting_in_regretted(home: Path) -> Scene:
    return regretted(home, LET_IN)


def letting_in_undone(home: Path) -> Scene:
    before = copy_of(home)
    return taking_back(home, ("undo", run_of(home, *LET_IN), "--yes"), before)


def letting_out(home: Path) -> Scene:
    return as_if_never_killed(home, OUT)


def letting_out_regretted(home: Path) -> Scene:
    return regretted(home, OUT)


def letting_out_undone(home: Path) -> Scene:
    before = copy_of(home)
    return taking_back(home, ("undo", run_of(home, *OUT), "--yes"), before)


def trying(home: Path) -> Scene:
    return taking_back(home, PROBE, copy_of(home), code=UNPROVED)


def trying_regretted(home: Path) -> Scene:
    return regretted(home, PROBE, code=UNPROVED)


SCENES: Scenes = {
    "authorize": letting_in,
    "authorize, regretted": letting_in_regretted,
    "undo of authorize": letting_in_undone,
    "revoke": letting_out,
    "revoke, regretted": letting_out_regretted,
    "undo of revoke": letting_out_undone,
    "probe": trying,
    "probe, regretted": trying_regretted,
}


@pytest.mark.parametrize("title", SCENES)
def test_accounts_survive_kills(home: Path, tmp_path: Path, title: str):
    assert killed(home, tmp_path, SCENES, title, LAG) == []


@pytest.mark.matrix
@pytest.mark.parametrize("lag", LAGS)
@pytest.mark.parametrize("title", SCENES)
def test_accounts_survive_every_kill(home: Path, tmp_path: Path, title: str, lag: int):
    assert killed_everywhere(home, tmp_path, SCENES, title, lag) == []


@pytest.fixture
def waiting(home: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A probe in a process of its own, which waits for somebody at a browser."""
    place = Path(shutil.copytree(home, tmp_path / "home"))
    line = ["--tenant", "practice", "--home", str(place), *PROBE[:-2]]
    command = [sys.executable, "-m", "toolkit", *line]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for said in process.stderr:
            if "signs in in the browser" in said:
                break
        assert any("localhost" in each for each in addresses(CommandLine(place), APP))
        yield process
        process.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signals")
def test_ctrl_c_takes_the_address_away(waiting: subprocess.Popen[str], tmp_path: Path):
    waiting.send_signal(signal.SIGINT)
    _, said = waiting.communicate(timeout=60)
    assert waiting.returncode == 130, said
    assert addresses(CommandLine(tmp_path / "home"), APP) == [
        "https://desk.northbridge.example/signed-in"
    ]


@pytest.mark.parametrize("line", [("runs", "resume"), PROBE])
def test_what_a_probe_left_that_was_killed_is_taken_away_by_the_next_line(
    waiting: subprocess.Popen[str], tmp_path: Path, line: tuple[str, ...]
):
    mailgrant = CommandLine(tmp_path / "home")
    waiting.kill()
    waiting.wait(timeout=60)
    assert any("localhost" in each for each in addresses(mailgrant, APP))
    ended = mailgrant(*line)
    assert ended.code == (0 if line[0] == "runs" else UNPROVED), ended.err
    assert addresses(mailgrant, APP) == ["https://desk.northbridge.example/signed-in"]
    assert "undone" in mailgrant("runs").out
