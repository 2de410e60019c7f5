"""Bad clients killed and run again: they make twins and lose secrets, or the practice tenant is too kind."""

import functools
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.controls import find_by_name, no_settling
from tests.killing import Objects, in_child, objects
from toolkit.practice import control
from toolkit.practice.store import Store

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")

KILLED = 9
SWITCHES = ("lag reads=3", "sts-lag off", "cache off")


@pytest.fixture
def lagging(fresh_home: Path, tmp_path: Path) -> Path:
    home = Path(shutil.copytree(fresh_home, tmp_path / "start"))
    for switch in SWITCHES:
        control.add_fault(home / "practice", switch)
    control.reset_counters(home / "practice")
    return home


def script(home: Path) -> None:
    find_by_name.run(home / "practice", home / "kept")


def ordinary_harm(home: Path) -> list[str]:
    """List what the script left twice, and the secrets that nobody holds."""
    found = objects(home)
    kept = (home / "kept").read_text(encoding="utf-8") if (home / "kept").exists() else ""
    apps = named(found, "application")
    mine = {app["appId"] for app in apps}
    policies = [body for (kind, _), body in found.items() if kind == "accessPolicy"]
    counts = {
        "applications": len(apps),
        "service principals": len(named(found, "servicePrincipal")),
        "policies": len([one for one in policies if one["AppId"] in mine]),
    }
    held = [key["keyId"] for app in apps for key in app["passwordCredentials"]]
    harm = [f"{number} {what}" for what, number in counts.items() if number != 1]
    return harm + [f"secret {key} that nobody holds" for key in held if key != kept]


def named(found: Objects, wanted: str) -> list[dict[str, Any]]:
    return [
        body
        for (kind, _), body in found.items()
        if kind == wanted and body["displayName"] == find_by_name.NAME
    ]


def requests(home: Path) -> int:
    store = Store(home / "practice" / control.FILE)
    ((number,),) = store.execute("select count(*) from request where kind != 'part'")
    store.close()
    return int(number)


def killed_then_again(home: Path, folder: Path, client: Callable[[Path], None], line: str) -> Path:
    """Run a client that dies by a fault, see that it did, and run it once more."""
    case = Path(shutil.copytree(home, folder))
    control.add_fault(case / "practice", line)
    assert in_child(functools.partial(client, case)) == KILLED
    assert [fault["fired"] for fault in control.status(case / "practice")["faults"]] == [1]
    control.clear_faults(case / "practice")
    in_child(functools.partial(client, case))
    return case


def test_the_ordinary_script_does_well_as_long_as_nobody_kills_it(lagging: Path):
    assert in_child(functools.partial(script, lagging)) == 0
    assert ordinary_harm(lagging) == []


@pytest.mark.parametrize(
    "phases",
    [
        pytest.param(("after-commit",), id="after"),
        pytest.param(("before", "after-commit"), id="both", marks=pytest.mark.matrix),
    ],
)
def test_the_ordinary_script_killed_anywhere_leaves_harm_nearly_everywhere(
    lagging: Path, tmp_path: Path, phases: tuple[str, ...]
):
    dry = Path(shutil.copytree(lagging, tmp_path / "dry"))
    assert in_child(functools.partial(script, dry)) == 0
    points = [(n, when) for n in range(1, requests(dry) + 1) for when in phases]

    harmed = []
    for number, when in points:
        folder = tmp_path / f"{number}-{when}"
        line = f"on * #{number} {when} kill-client"
        harmed.append(ordinary_harm(killed_then_again(lagging, folder, script, line)))
        shutil.rmtree(folder)

    # Before its first write there is nothing to harm.
    touched = harmed[next(n for n, harm in enumerate(harmed) if harm) :]
    assert len([harm for harm in touched if harm]) >= 0.75 * len(touched)
    kinds = Counter(harm.split()[1] for found in harmed for harm in found)
    assert set(kinds) >= {"applications", "policies"}
    assert any("nobody holds" in harm for found in harmed for harm in found)


# ---- settling ----

CREATED = "on POST /applications #1 after-commit kill-client"


def marked(home: Path) -> int:
    bodies = [body for (kind, _), body in objects(home).items() if kind == "application"]
    return len([body for body in bodies if body["displayName"] == no_settling.NAME])


def test_one_look_after_a_kill_makes_a_twin(lagging: Path, tmp_path: Path):
    def once(home: Path) -> None:
        no_settling.run(home / "practice", looks=1, pause=0)

    assert marked(killed_then_again(lagging, tmp_path / "case", once, CREATED)) == 2


def test_five_looks_over_twenty_seconds_make_none(lagging: Path, tmp_path: Path):
    def settled(home: Path) -> None:
        no_settling.run(home / "practice", looks=5, pause=5)

    assert marked(killed_then_again(lagging, tmp_path / "case", settled, CREATED)) == 1
