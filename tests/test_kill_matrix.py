"""Killed at any point and run again: one of each thing, nothing orphaned, nothing lost, no traceback.

All points of mytimetable-graph run always, apply and undo, and twenty seeded ones of every other
playbook that ships; every point of every playbook and combination of answers with `-m matrix`.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import PLAYBOOKS, called, set_options
from tests.killing import Scene
from tests.scenes import (
    LAG,
    LAGS,
    MAIN,
    SAMPLE,
    Scenes,
    applying,
    everywhere,
    killed,
    regretting,
    slow,
    undoing,
)
from toolkit import playbook

SCENES: dict[str, Callable[..., Scene]] = {
    "apply": applying,
    "apply, regretted": regretting,
    "undo": undoing,
}
SIZES = dict.fromkeys(playbook.names(), 20)
"""How many points are played of a playbook always; of those that are here for the tests, a few."""
COMBINATIONS = [
    pytest.param(name, flags, id=f"{Path(name).stem}-{called(flags)}")
    for name in PLAYBOOKS
    for flags in playbook.combinations(playbook.load(name))
]


def scenes(*words: str) -> Scenes:
    """Put the scenes of one playbook, with these answers, into a table."""

    def of(kind: Callable[..., Scene]) -> Callable[[Path], Scene]:
        return lambda home: kind(home, *words)

    return {title: of(kind) for title, kind in SCENES.items()}


@pytest.mark.parametrize("title", SCENES)
@pytest.mark.parametrize("name", PLAYBOOKS, ids=lambda name: Path(name).stem)
def test_a_playbook_survives_kills(fresh_home: Path, tmp_path: Path, name: str, title: str):
    size = SIZES.get(name, SAMPLE)
    assert killed(fresh_home, tmp_path, scenes(name), title, LAG, size=size) == []


@pytest.mark.parametrize("lag", [0, LAG])
@pytest.mark.parametrize("title", ["apply", "undo"])
def test_the_main_playbook_survives_every_kill(
    fresh_home: Path, tmp_path: Path, title: str, lag: int
):
    scene = scenes(MAIN)[title](slow(fresh_home, tmp_path / "home", lag))
    assert everywhere(scene, tmp_path / "everywhere") == []


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
