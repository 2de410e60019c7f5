"""Killed at any point and run again: one of each thing, nothing orphaned, nothing lost, no traceback.

All points of mytimetable-graph run always, 20 seeded points of every other playbook; the rest with
`-m matrix`.
"""

import json
import random
import shutil
from pathlib import Path

import pytest

from tests.killing import Objects, Scene, execute, kinds, matrix, objects, points
from toolkit import certificates, playbook
from toolkit.practice import control

MAIN = "mytimetable-graph"
OTHERS = [name for name in playbook.names() if name != MAIN]
LAGS = (0, 3)
SAMPLE = 20


@pytest.fixture(scope="module")
def warm(fresh_home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("warm") / "home"
    shutil.copytree(fresh_home, home)
    assert execute(home, ("apply", MAIN, "--yes", "--json"))[0] == 0
    (run,) = (home / "runs").iterdir()
    assert execute(home, ("undo", run.name, "--yes", "--json"))[0] == 0


@pytest.fixture
def lagging_home(fresh_home: Path, tmp_path: Path, lag: int, warm: None) -> Path:
    home = Path(shutil.copytree(fresh_home, tmp_path / "start"))
    for switch in (f"lag reads={lag}", "sts-lag off", "cache off"):
        control.add_fault(home / "practice", switch)
    return home


def applying(home: Path, name: str, folder: Path) -> Scene:
    """Apply a playbook; a clean apply tells how many of each kind there must be."""
    before, clean = objects(home), Path(shutil.copytree(home, folder / "clean"))
    command = ("apply", name, "--yes", "--json")
    code, said = execute(clean, command)
    assert code == 0, said
    wanted = kinds(objects(clean))

    def check(done: Path) -> None:
        after = objects(done)
        assert kinds(after) == wanted
        _foreign_untouched(before, after)
        _keys_kept(before, after, done)
        (run,) = [each for each in (done / "runs").iterdir() if (each / "journal.jsonl").exists()]
        events = [json.loads(line) for line in (run / "journal.jsonl").read_text().splitlines()]
        assert [e for e in events if e["event"] in ("finished", "pending")][-1][
            "event"
        ] == "finished"
        assert [e for e in events if e["event"] == "verdict"][-1]["verdict"] == "proved"

    return Scene(home, command, check)


def undoing(home: Path, name: str) -> Scene:
    """Undo a playbook that was applied."""
    digest = control.status(home / "practice")["world"]
    code, said = execute(home, ("apply", name, "--yes", "--json"))
    assert code == 0, said
    (run,) = (home / "runs").iterdir()

    def check(done: Path) -> None:
        assert control.status(done / "practice")["world"] == digest
        assert not list((done / "keep").glob("*.pem"))

    return Scene(home, ("undo", run.name, "--yes", "--json"), check)


def regretting(home: Path, name: str) -> Scene:
    """Apply a playbook, and take it back in place of carrying it on."""
    digest = control.status(home / "practice")["world"]

    def undo(done: Path) -> tuple[str, ...] | None:
        runs = [run.name for run in (done / "runs").glob("[!.]*")]
        return ("undo", runs[0], "--yes") if runs else None

    def check(done: Path) -> None:
        assert control.status(done / "practice")["world"] == digest
        assert not list((done / "keep").glob("*.pem"))

    return Scene(home, ("apply", name, "--yes", "--json"), check, undo)


def _foreign_untouched(before: Objects, after: Objects) -> None:
    changed = [key for key in before if after.get(key) != before[key]]
    assert changed == []


def _keys_kept(before: Objects, after: Objects, home: Path) -> None:
    """Each certificate on what was made has its private key in keep, and keep holds no other."""
    made = [body for key, body in after.items() if key not in before and key[0] == "application"]
    there = [
        certificates.thumbprint_of(k["customKeyIdentifier"])
        for body in made
        for k in body["keyCredentials"]
    ]
    kept = [path.stem.rsplit("-", 1)[1].upper() for path in (home / "keep").glob("*.pem")]
    assert sorted(there) == sorted(kept)
    assert len(there) == len(made)


@pytest.mark.parametrize("lag", LAGS)
def test_an_apply_killed_anywhere_ends_with_one_of_each(
    lagging_home: Path, tmp_path: Path, lag: int
):
    scene = applying(lagging_home, MAIN, tmp_path)
    everywhere = points(scene, tmp_path)
    assert len(everywhere) > 100

    assert matrix(scene, everywhere, tmp_path) == []


@pytest.mark.parametrize("lag", LAGS)
def test_an_undo_killed_anywhere_ends_where_it_began(lagging_home: Path, tmp_path: Path, lag: int):
    scene = undoing(lagging_home, MAIN)
    everywhere = points(scene, tmp_path)
    assert len(everywhere) > 60

    assert matrix(scene, everywhere, tmp_path) == []


@pytest.mark.parametrize("lag", LAGS)
def test_an_apply_killed_and_undone_leaves_nothing(lagging_home: Path, tmp_path: Path, lag: int):
    scene = regretting(lagging_home, MAIN)
    everywhere = points(scene, tmp_path)
    writes = [p for p in everywhere if p.name.startswith("write ") or p.kind == "local"]
    chosen = random.Random(lag).sample(writes, 2 * SAMPLE)

    assert matrix(scene, chosen, tmp_path) == []


@pytest.mark.parametrize("lag", LAGS)
@pytest.mark.parametrize("name", OTHERS)
def test_other_playbooks_survive_twenty_kills(
    lagging_home: Path, tmp_path: Path, lag: int, name: str
):
    scene = applying(lagging_home, name, tmp_path)
    everywhere = points(scene, tmp_path)
    chosen = random.Random(f"{name} {lag}").sample(everywhere, SAMPLE)

    assert matrix(scene, chosen, tmp_path) == []


@pytest.mark.matrix
@pytest.mark.parametrize("lag", [*LAGS, 8])
@pytest.mark.parametrize("name", [MAIN, *OTHERS])
def test_every_playbook_survives_every_kill(
    lagging_home: Path, tmp_path: Path, lag: int, name: str
):
    scene = applying(lagging_home, name, tmp_path)
    assert matrix(scene, points(scene, tmp_path), tmp_path) == []
    scene = regretting(lagging_home, name)
    (tmp_path / "regret").mkdir()
    assert matrix(scene, points(scene, tmp_path / "regret"), tmp_path / "regret") == []
    scene = undoing(lagging_home, name)
    (tmp_path / "undo").mkdir()
    assert matrix(scene, points(scene, tmp_path / "undo"), tmp_path / "undo") == []
