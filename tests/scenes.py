"""Scenes for the kill matrix: a home to begin with, a command that dies, and what must be true at the end."""

import json
import random
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.killing import (
    After,
    Objects,
    Point,
    Scene,
    execute,
    kinds,
    matrix,
    nameless,
    objects,
    points,
)
from toolkit import certificates, playbook
from toolkit.book import Gate
from toolkit.practice import control
from toolkit.practice.store import Store

MAIN = "mytimetable-graph"
LAGS = (0, 3, 8)
LAG = 3
"""How many reads see the old world after a write, where not all of LAGS are played."""
SAMPLE = 3
"""How many places of a scene are played always, where not one of each kind is."""
PENDING = 75
HEARD = 1000
"""So many reads ago: no replica lags as far as that."""
Scenes = dict[str, Callable[[Path], Scene]]
"""Scenes by their names; each is made of a home."""


def slow(home: Path, folder: Path, lag: int) -> Path:
    """Copy a home whose replicas lag behind, and whose other waits are switched off.

    Of what is there already every replica has heard.
    """
    home = Path(shutil.copytree(home, folder))
    store = Store(home / "practice" / control.FILE)
    with store.transaction():
        store.execute("update object set reads = ?", (HEARD,))
    store.close()
    for switch in (f"lag reads={lag}", "sts-lag off", "cache off"):
        control.add_fault(home / "practice", switch)
    return home


def copy_of(home: Path) -> Path:
    """Copy a home as it is now, for comparison."""
    return Path(shutil.copytree(home, home.with_name("before")))


def done(home: Path, *command: str, code: int = 0) -> str:
    """Run a command that must end well, and give back the newest run's name."""
    ended, said = execute(home, command)
    assert ended == code, said
    runs = [each for each in (home / "runs").iterdir() if (each / "journal.jsonl").exists()]
    return max(runs, key=_begun).name


def _begun(run: Path) -> str:
    with (run / "journal.jsonl").open(encoding="utf-8") as journal:
        return str(json.loads(journal.readline())["begun"])


def by_kinds(found: list[Point], seed: str) -> list[Point]:
    """Order places by lot, one of each kind first."""
    met: Counter[tuple[str, str]] = Counter()
    turns: list[tuple[int, Point]] = []
    for point in random.Random(seed).sample(found, len(found)):
        turns.append((met[kind(point)], point))
        met[kind(point)] += 1
    return [point for _, point in sorted(turns, key=lambda turn: turn[0])]


def kind(point: Point) -> tuple[str, str]:
    """Name what happens at a place, whoever it is about; both sides of what only reads are one."""
    matters = point.kind == "local" or point.name.startswith("write ")
    return (point.kind if matters else "reads", nameless(point.name))


def sampled(scene: Scene, folder: Path, seed: str, size: int = SAMPLE) -> list[str]:
    """Play places around what is written in the tenant, and places of what is written here."""
    folder.mkdir(parents=True)
    found = by_kinds(points(scene, folder), seed)
    here = [each for each in found if each.kind == "local"]
    there = [each for each in found if kind(each)[0] not in {"local", "reads"}]
    return matrix(scene, there[: size - size // 2] + here[: size // 2], folder)


def every_kind(scene: Scene, folder: Path, seed: str) -> list[str]:
    """Play one place of each kind."""
    folder.mkdir(parents=True)
    found = points(scene, folder)
    return matrix(scene, by_kinds(found, seed)[: len({kind(each) for each in found})], folder)


def everywhere(scene: Scene, folder: Path) -> list[str]:
    """Play every place."""
    folder.mkdir(parents=True)
    return matrix(scene, points(scene, folder), folder)


def killed(
    home: Path, folder: Path, scenes: Scenes, title: str, lag: int, *, size: int = SAMPLE
) -> list[str]:
    """Play a sample of one of these scenes, on a copy of a home whose replicas lag."""
    scene = scenes[title](slow(home, folder / "home", lag))
    return sampled(scene, folder / "sample", f"{title} {lag}", size)


def killed_everywhere(home: Path, folder: Path, scenes: Scenes, title: str, lag: int) -> list[str]:
    """Play the whole of one of these scenes."""
    scene = scenes[title](slow(home, folder / "home", lag))
    return everywhere(scene, folder / "everywhere")


# ---- what must be true at the end ----


def world(home: Path) -> str:
    """Give the digest of a home's practice world."""
    return str(control.status(home / "practice")["world"])


def runs(home: Path) -> Counter[tuple[str, ...]]:
    """Count the runs of a home by what they are of, and by how their journals end; undone ones don't count."""
    code, said = execute(home, ("runs", "--json"))
    assert code == 0, said
    listed = json.loads(said[said.index("{") :])["runs"]
    standing = [run for run in listed if run["state"] != "undone"]
    return Counter((run["playbook"], run["instance"], run["state"]) for run in standing)


def as_if_never_killed(home: Path, command: tuple[str, ...], code: int = 0) -> Scene:
    """Compare with a clean run of the same command: the world, the runs, what lies in keep."""
    clean = Path(shutil.copytree(home, home.with_name("clean")))
    done(clean, *command, code=code)
    wanted = runs(clean)

    def check(end: Path) -> None:
        _alike(end, clean)
        assert runs(end) == wanted, f"{runs(end)} in place of {wanted}"

    return Scene(home, command, check, code=code)


def taking_back(
    home: Path, command: tuple[str, ...], before: Path, after: After = None, *, code: int = 0
) -> Scene:
    """Expect the world, and what lies in keep, as they were in an earlier home."""

    def check(end: Path) -> None:
        _alike(end, before)

    return Scene(home, command, check, after, code)


def _kept(home: Path) -> list[str]:
    """List what lies in keep."""
    return sorted(path.name for path in (home / "keep").glob("mailgrant-*"))


def _alike(end: Path, wanted: Path) -> None:
    """Compare two worlds by what they mean, and what lies in keep; say where they differ."""
    kept = [_kept(home) for home in (end, wanted)]
    assert kept[0] == kept[1], f"keep: {kept[0]} in place of {kept[1]}"
    if world(end) != world(wanted):
        here, there = objects(end), objects(wanted)
        differing = [key for key in {**here, **there} if here.get(key) != there.get(key)]
        told = [f"{key}: {here.get(key)} in place of {there.get(key)}" for key in differing]
        raise AssertionError("\n".join(told))


# ---- a playbook ----


def ending(name: str) -> int:
    """Tell how a clean apply of a playbook ends: some wait for a person before their second go."""
    return PENDING if playbook.load(name).gate.confirm else 0


def applying(home: Path, *words: str) -> Scene:
    """Apply a playbook; a clean apply tells how many of each kind there must be."""
    before, clean = objects(home), Path(shutil.copytree(home, home.with_name("clean")))
    command, code = ("apply", *words, "--yes", "--json"), ending(words[0])
    done(clean, *command, code=code)
    wanted = objects(clean)
    credentials = len(_credentials(wanted))
    changed = [key for key in before if wanted.get(key) != before[key]]
    assert not changed or playbook.load(words[0]).gate != Gate(), changed

    def check(end: Path) -> None:
        after = objects(end)
        assert kinds(after) == kinds(wanted)
        assert [key for key in before if after.get(key) != before[key]] == changed
        _keys_kept(before, after, end)
        assert len(_credentials(after)) == credentials
        (run,) = [each for each in (end / "runs").iterdir() if (each / "journal.jsonl").exists()]
        events = [json.loads(line) for line in (run / "journal.jsonl").read_text().splitlines()]
        ended = [e["event"] for e in events if e["event"] in ("finished", "pending")]
        assert ended[-1] == ("pending" if code else "finished")
        proved = "interim" if code else "verdict"
        assert [e for e in events if e["event"] == proved][-1]["verdict"] == "proved"

    return Scene(home, command, check, code=code)


def confirming(home: Path, *words: str) -> Scene:
    """Say yes to a run's second go, where it waits for a person."""
    run = done(home, "apply", *words, "--yes", "--json", code=PENDING)
    return as_if_never_killed(home, ("runs", "resume", run, "--confirmed", "--json"))


def giving_back(home: Path, *words: str) -> Scene:
    """Take back a run's second go alone."""
    run = done(home, "apply", *words, "--yes", "--json", code=PENDING)
    before = copy_of(home)
    done(home, "runs", "resume", run, "--confirmed", "--json")
    return taking_back(home, ("undo", run, "--second-go", "--yes", "--json"), before)


def undoing(home: Path, *words: str) -> Scene:
    """Undo a playbook that was applied."""
    before, code = copy_of(home), ending(words[0])
    run = done(home, "apply", *words, "--yes", "--json", code=code)
    if code:
        done(home, "runs", "resume", run, "--confirmed", "--json")
    return taking_back(home, ("undo", run, "--yes", "--json"), before)


def regretting(home: Path, *words: str) -> Scene:
    """Apply a playbook, and take it back in place of carrying it on."""
    before = copy_of(home)
    command, code = ("apply", *words, "--yes", "--json"), ending(words[0])
    return taking_back(home, command, before, undo_what_began, code=code)


def undo_what_began(home: Path, but: str = "") -> tuple[str, ...] | None:
    """Undo the newest run, if there is one and it isn't that one."""
    found = sorted((home / "runs").glob("[!.]*"), key=_begun)
    begun = found and found[-1].name != but
    return ("undo", found[-1].name, "--yes", "--delete") if begun else None


def _keys_kept(before: Objects, after: Objects, home: Path) -> None:
    """Each new certificate and secret has its other half in keep, and keep holds no other."""
    keep = home / "keep"
    kept = [path.stem.rsplit("-", 1)[1].upper() for path in keep.glob("*.pem")]
    values = [json.loads(path.read_bytes())["key_id"] for path in keep.glob("*.json")]
    assert sorted(_credentials(after) - _credentials(before)) == sorted(kept + values)
    assert list(keep.glob("*.asked")) == []


def _credentials(found: Objects) -> set[str]:
    """List the thumbprints and the ids of secrets on all applications."""
    apps = [body for (kind, _), body in found.items() if kind == "application"]
    keys = [key for body in apps for key in body["keyCredentials"]]
    secrets = [secret for body in apps for secret in body["passwordCredentials"]]
    thumbprints = {certificates.thumbprint_of(key["customKeyIdentifier"]) for key in keys}
    return thumbprints | {secret["keyId"] for secret in secrets}
