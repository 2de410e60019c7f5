"""Set-ups that others made a part of, or that another computer knows: killed, and carried on or taken back."""

import shutil
from pathlib import Path

import pytest

from tests.crowding import CLIENT, crowd
from tests.killing import Scene, execute, kinds, objects
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
    regretting,
    taking_back,
    undoing,
    world,
)
from tests.set_up import APP, LOTTE
from tests.test_adoption import VENDOR
from toolkit.practice.seed.entries import app_id

NAME = f"mailgrant-{MAIN}-prod"
ADOPTING = (MAIN, "--adopt", CLIENT, "--set", "mailboxes_by=filter")


@pytest.fixture(scope="module")
def home(fresh_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home before anything was set up, whose world has an application full of others' things."""
    start = Path(shutil.copytree(fresh_home, tmp_path_factory.mktemp("crowded") / "home"))
    crowd(start / "practice")
    (start / "panels.yaml").write_text(VENDOR, encoding="utf-8")
    return start


def forget(home: Path) -> None:
    """Make a home another computer's: the same tenant, and no run of it here."""
    shutil.rmtree(home / "runs")


def elsewhere(home: Path, *words: str) -> Path:
    """Set something up, and go to a computer that knows nothing of it; give back how it was before."""
    before = copy_of(home)
    done(home, "apply", *words, "--yes", "--json")
    forget(home)
    shutil.rmtree(home / "keep")
    return before


# ---- by the marks ----


def rebuilt_and_undone(home: Path) -> Scene:
    before = elsewhere(home, MAIN)
    return taking_back(home, ("undo", NAME, "--yes", "--delete"), before)


def rebuilt_and_retired(home: Path) -> Scene:
    before = elsewhere(home, MAIN)
    return taking_back(home, ("retire", NAME, "--yes", "--after", "0s"), before)


def rebuilt_and_changed(home: Path) -> Scene:
    elsewhere(home, MAIN)
    return as_if_never_killed(home, ("members", "add", APP, LOTTE, "--yes"), code=1)


def rebuilt_and_stopped(home: Path) -> Scene:
    elsewhere(home, MAIN)
    return as_if_never_killed(home, ("stop", APP, "--yes"))


# ---- what others made ----


def adopting_regretted(home: Path) -> Scene:
    return regretting(home, *ADOPTING)


def adopting_undone(home: Path) -> Scene:
    return undoing(home, *ADOPTING)


def vendors(home: Path) -> tuple[str, ...]:
    words = ("--set", f"client={app_id('panels')}")
    return ("apply", str(home / "panels.yaml"), *words, "--yes", "--json")


def vendors_application(home: Path) -> Scene:
    return as_if_never_killed(home, vendors(home), code=75)


def vendors_application_undone(home: Path) -> Scene:
    before = copy_of(home)
    run = done(home, *vendors(home), code=75)
    return taking_back(home, ("undo", run, "--yes"), before)


# ---- a plan carried on by a colleague ----


def carried_on_by_a_colleague(home: Path) -> Scene:
    """The plan and the key go to another computer; both take back what they did, the colleague first."""
    before, plan = copy_of(home), home / "plan.json"
    done_plan = ("plan", MAIN, "--yes", "--out", str(plan))
    assert execute(home, done_plan)[0] == 0
    clean = Path(shutil.copytree(home, home.with_name("clean")))
    command = ("apply", str(plan), "--yes", "--json")
    done(clean, *command)
    wanted = kinds(objects(clean))

    def colleague(now: Path) -> tuple[str, ...]:
        if (now / "runs").is_dir():
            (now / "runs").rename(now / "theirs")
        return command

    def check(end: Path) -> None:
        assert kinds(objects(end)) == wanted
        _undo_all(end)
        if (end / "theirs").is_dir():
            shutil.rmtree(end / "runs")
            (end / "theirs").rename(end / "runs")
            _undo_all(end)
        assert world(end) == world(before)

    return Scene(home, command, check, colleague)


def _undo_all(home: Path) -> None:
    for run in (home / "runs").glob("[!.]*"):
        code, said = execute(home, ("undo", run.name, "--yes", "--delete"))
        assert code == 0, said


SCENES: Scenes = {
    "undo by marks": rebuilt_and_undone,
    "retire by marks": rebuilt_and_retired,
    "members add by marks": rebuilt_and_changed,
    "stop by marks": rebuilt_and_stopped,
    "adopt, regretted": adopting_regretted,
    "undo of adopt": adopting_undone,
    "vendor's application": vendors_application,
    "undo of vendor's application": vendors_application_undone,
    "a plan carried on by a colleague": carried_on_by_a_colleague,
}


@pytest.mark.parametrize("title", SCENES)
def test_it_survives_kills(home: Path, tmp_path: Path, title: str):
    assert killed(home, tmp_path, SCENES, title, LAG, size=2) == []


@pytest.mark.matrix
@pytest.mark.parametrize("lag", LAGS)
@pytest.mark.parametrize("title", SCENES)
def test_it_survives_every_kill(home: Path, tmp_path: Path, title: str, lag: int):
    assert killed_everywhere(home, tmp_path, SCENES, title, lag) == []
