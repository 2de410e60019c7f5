"""The days after, killed around what they write and run again, or taken back: as if nothing had cut them."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.killing import Scene
from tests.scenes import (
    LAG,
    LAGS,
    MAIN,
    Scenes,
    as_if_never_killed,
    copy_of,
    done,
    killed,
    killed_everywhere,
    taking_back,
)
from tests.set_up import APP, FEMKE, LOTTE, METTE

START = "start"


@pytest.fixture(scope="module")
def home(fresh_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set-up with two members; beside it the home before anything was set up."""
    folder = tmp_path_factory.mktemp("made")
    shutil.copytree(fresh_home, folder / START)
    made = Path(shutil.copytree(fresh_home, folder / "home"))
    done(made, "apply", MAIN, "--yes")
    done(made, "members", "add", APP, FEMKE, "--yes")
    (folder / "home" / "list.txt").write_text(f"{METTE}\n{LOTTE}\n", encoding="utf-8")
    return made


@pytest.fixture
def place(home: Path, tmp_path: Path) -> Path:
    """Where a scene is played: beside the home before anything was set up."""
    shutil.copytree(home.with_name(START), tmp_path / START)
    return tmp_path


def adding(home: Path) -> Scene:
    return as_if_never_killed(home, ("members", "add", APP, LOTTE, "--yes"))


def removing(home: Path) -> Scene:
    return as_if_never_killed(home, ("members", "remove", APP, FEMKE, "--yes", "--wait", "3h"))


def sync(home: Path) -> tuple[str, ...]:
    return ("members", "sync", APP, "--file", str(home / "list.txt"), "--yes", "--insist", "--wait", "3h")  # fmt: skip


def syncing(home: Path) -> Scene:
    return as_if_never_killed(home, sync(home))


def regretted(home: Path, command: tuple[str, ...], code: int = 0) -> Scene:
    """Cut a day after, and take back what began of it."""
    known = {run.name for run in (home / "runs").iterdir()}

    def after(now: Path) -> tuple[str, ...] | None:
        begun = {run.name for run in (now / "runs").glob("[!.]*")} - known
        return ("undo", *begun, "--yes") if begun else None

    return taking_back(home, command, copy_of(home), after, code=code)


def sync_regretted(home: Path) -> Scene:
    return regretted(home, sync(home))


def sync_undone(home: Path) -> Scene:
    before = copy_of(home)
    run = done(home, *sync(home))
    return taking_back(home, ("undo", run, "--yes"), before)


def stopping(home: Path) -> Scene:
    return as_if_never_killed(home, ("stop", APP, "--yes"))


def stop_regretted(home: Path) -> Scene:
    return regretted(home, ("stop", APP, "--yes"))


def stop_undone(home: Path) -> Scene:
    before = copy_of(home)
    run = done(home, "stop", APP, "--yes")
    return taking_back(home, ("undo", run, "--yes"), before)


def retiring_begun(home: Path) -> Scene:
    return as_if_never_killed(home, ("retire", APP, "--yes"), code=75)


def retiring_at_once(home: Path) -> Scene:
    return as_if_never_killed(home, ("retire", APP, "--yes", "--after", "0s"))


def retiring_due(home: Path) -> Scene:
    done(home, "retire", APP, "--yes", code=75)
    done(home, "practice", "time", "+31d")
    return as_if_never_killed(home, ("runs", "resume", "--due"))


def retiring_regretted(home: Path) -> Scene:
    return regretted(home, ("retire", APP, "--yes"), code=75)


def whole_set_up_undone_after(command: tuple[str, ...]) -> Callable[[Path], Scene]:
    """Cut one of the days after, and take the whole set-up back in place of carrying it on."""

    def scene(home: Path) -> Scene:
        start = home.with_name(START)
        return taking_back(home, command, start, lambda _: ("undo", APP, "--yes", "--delete"))

    return scene


SCENES: Scenes = {
    "members add": adding,
    "members remove": removing,
    "members sync": syncing,
    "members sync, regretted": sync_regretted,
    "undo of members sync": sync_undone,
    "stop": stopping,
    "stop, regretted": stop_regretted,
    "undo of stop": stop_undone,
    "retire": retiring_begun,
    "retire, regretted": retiring_regretted,
    "retire at once": retiring_at_once,
    "retire when due": retiring_due,
    "members add, then undo of all": whole_set_up_undone_after(
        ("members", "add", APP, LOTTE, "--yes")
    ),
    "stop, then undo of all": whole_set_up_undone_after(("stop", APP, "--yes")),
}


@pytest.mark.parametrize("title", SCENES)
def test_a_day_after_survives_kills(home: Path, place: Path, title: str):
    assert killed(home, place, SCENES, title, LAG, size=2) == []


@pytest.mark.matrix
@pytest.mark.parametrize("lag", LAGS)
@pytest.mark.parametrize("title", SCENES)
def test_a_day_after_survives_every_kill(home: Path, place: Path, title: str, lag: int):
    assert killed_everywhere(home, place, SCENES, title, lag) == []
