"""Killed at any point and run again: one of each thing, nothing orphaned, nothing lost, no traceback.

Always, mytimetable-graph dies once around each kind of request and at each local place, in apply and
in undo; every other playbook at a few seeded places around writes. Every point of every playbook, and
every combination of answers, with `-m matrix`.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.answers import only_in_the_matrix
from tests.conftest import PLAYBOOKS, set_options
from tests.killing import Scene
from tests.scenes import (
    LAG,
    LAGS,
    MAIN,
    Scenes,
    applying,
    every_kind,
    everywhere,
    killed,
    regretting,
    slow,
    undoing,
)

SCENES: dict[str, Callable[..., Scene]] = {
    "apply": applying,
    "apply, regretted": regretting,
    "undo": undoing,
}
COMBINATIONS = only_in_the_matrix(PLAYBOOKS)


def scenes(*words: str) -> Scenes:
    """Put the scenes of one playbook, with these answers, into a table."""

    def of(kind: Callable[..., Scene]) -> Callable[[Path], Scene]:
        return lambda home: kind(home, *words)

    return {title: of(kind) for title, kind in SCENES.items()}


@pytest.mark.parametrize("title", ["apply", "undo"])
def test_the_main_playbook_survives_a_kill_of_every_kind(
    fresh_home: Path, tmp_path: Path, title: str
):
    scene = scenes(MAIN)[title](slow(fresh_home, tmp_path / "home", LAG))
    assert every_kind(scene, tmp_path / "kinds", title) == []


@pytest.mark.parametrize("title", SCENES)
@pytest.mark.parametrize("name", PLAYBOOKS, ids=lambda name: Path(name).stem)
def test_a_playbook_survives_kills(fresh_home: Path, tmp_path: Path, name: str, title: str):
    lag = 0 if name == MAIN else LAG  # the main one's lag is played above
    assert killed(fresh_home, tmp_path, scenes(name), title, lag) == []


@pytest.mark.matrix
@pytest.mark.parametrize("title", SCENES)
@pytest.mark.parametrize("lag", LAGS)
@pytest.mark.parametrize("name", PLAYBOOKS, ids=lambda name: Path(name).stem)
def test_a_playbook_survives_every_kill(
    fresh_home: Path, tmp_path: Path, name: str, lag: int, title: str
):
    scene = scenes(name)[title](slow(fresh_home, tmp_path / "home", lag))
    assert everywhere(scene, tmp_path / "everywhere") == []


@pytest.mark.matrix
@pytest.mark.parametrize("title", SCENES)
@pytest.mark.parametrize(("name", "flags"), COMBINATIONS)
def test_every_combination_of_answers_survives_kills(
    fresh_home: Path, tmp_path: Path, name: str, flags: dict[str, object], title: str
):
    words = (name, *set_options(flags), "--accept-every-mailbox")
    assert killed(fresh_home, tmp_path, scenes(*words), title, LAG, size=20) == []
