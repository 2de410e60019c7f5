"""Each kind of scope, and a move from one to another, killed around its writes: nothing doubled, nothing left."""

import random
import sys
from pathlib import Path

import pytest

from tests.conftest import PLAYBOOKS
from tests.killing import Scene, execute, kinds, matrix, objects, points
from tests.test_kill_matrix import LAGS, MAIN, applying, lagging_home, regretting, undoing, warm

__all__ = ["lagging_home", "warm"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")

SCOPES = [name for name in PLAYBOOKS if "/scope-" in name]
SAMPLE = 12
MOVED = ("--set", "mailboxes_by=filter")


def sampled(scene: Scene, folder: Path, seed: str) -> list[str]:
    """Kill around a sample of the writes to Exchange, and of what is written here."""
    folder.mkdir()
    found = [p for p in points(scene, folder) if "write POST" in p.name or p.kind == "local"]
    chosen = random.Random(seed).sample(found, min(SAMPLE, len(found)))
    return matrix(scene, chosen, folder)


def moving(home: Path) -> Scene:
    """Move a set-up from a group to a filter; it ends with one assignment on one scope."""
    code, said = execute(home, ("apply", MAIN, "--yes", "--json"))
    assert code == 0, said
    before = kinds(objects(home))

    def check(done: Path) -> None:
        after = objects(done)
        wanted = before + type(before)({"managementScope": 1})
        assert kinds(after) == wanted
        (scope,) = [body for (kind, _), body in after.items() if kind == "managementScope"]
        ours = [b for (k, _), b in after.items() if k == "managementRoleAssignment" and b["Name"].startswith("mailgrant-my")]  # fmt: skip
        assert [one["CustomResourceScope"] for one in ours] == [scope["Name"]]

    return Scene(home, ("apply", MAIN, "--yes", "--json", *MOVED), check)


def back(home: Path) -> Scene:
    """Move it back to the group; no management scope is left."""
    for words in ((), MOVED):
        code, said = execute(home, ("apply", MAIN, "--yes", "--json", *words))
        assert code == 0, said

    def check(done: Path) -> None:
        after = objects(done)
        assert kinds(after)["managementScope"] == 0
        ours = [b for (k, _), b in after.items() if k == "managementRoleAssignment" and b["Name"].startswith("mailgrant-my")]  # fmt: skip
        assert [bool(one["RecipientGroupScope"]) for one in ours] == [True]

    return Scene(home, ("apply", MAIN, "--yes", "--json"), check)


@pytest.mark.parametrize("lag", LAGS)
@pytest.mark.parametrize("name", SCOPES, ids=lambda name: Path(name).stem)
def test_each_kind_of_scope_survives_kills(lagging_home: Path, tmp_path: Path, lag: int, name: str):
    seed = f"{Path(name).stem} {lag}"
    assert sampled(applying(lagging_home, name, tmp_path), tmp_path / "apply", seed) == []
    assert sampled(regretting(lagging_home, name), tmp_path / "regret", seed) == []
    assert sampled(undoing(lagging_home, name), tmp_path / "undo", seed) == []


@pytest.mark.parametrize("lag", LAGS)
@pytest.mark.parametrize("scene_of", [moving, back])
def test_a_move_survives_kills(lagging_home: Path, tmp_path: Path, lag: int, scene_of):
    assert sampled(scene_of(lagging_home), tmp_path / "move", f"{lag}") == []
