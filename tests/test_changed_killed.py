"""A set-up that is run again with other answers, killed anywhere: what they drop goes once, or comes back."""

import shutil
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
    undo_what_began,
)

WIDE = ("--set", "every_mailbox=yes", "--accept-every-mailbox")
AGAIN = ("apply", MAIN, "--yes")


@pytest.fixture(scope="module")
def home(fresh_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set-up that may enter every mailbox and give colours."""
    made = Path(shutil.copytree(fresh_home, tmp_path_factory.mktemp("made") / "home"))
    done(made, *AGAIN, "--set", "colours=yes", *WIDE)
    return made


def dropping(home: Path) -> Scene:
    return as_if_never_killed(home, AGAIN)


def dropping_regretted(home: Path) -> Scene:
    (first,) = (run.name for run in (home / "runs").glob("[!.]*"))
    return taking_back(home, AGAIN, copy_of(home), lambda now: undo_what_began(now, but=first))


def dropping_undone(home: Path) -> Scene:
    before = copy_of(home)
    run = done(home, *AGAIN)
    return taking_back(home, ("undo", run, "--yes"), before)


SCENES: Scenes = {
    "a grant is dropped for a scope": dropping,
    "dropped, and regretted": dropping_regretted,
    "undo of what was dropped": dropping_undone,
}


@pytest.mark.parametrize("title", SCENES)
def test_changed_answers_survive_kills(home: Path, tmp_path: Path, title: str):
    assert killed(home, tmp_path, SCENES, title, LAG, size=2) == []


@pytest.mark.matrix
@pytest.mark.parametrize("lag", LAGS)
@pytest.mark.parametrize("title", SCENES)
def test_changed_answers_survive_every_kill(home: Path, tmp_path: Path, title: str, lag: int):
    assert killed_everywhere(home, tmp_path, SCENES, title, lag) == []
