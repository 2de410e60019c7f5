"""A fork server for the kill matrix: everything is loaded once, each case runs in children of its own.

A case copies a home, runs a command that dies by SIGKILL at one named point, runs the same command
again, and looks at what is there.
"""

import contextlib
import io
import json
import os
import re
import shutil
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from toolkit import failpoint
from toolkit.__main__ import run
from toolkit.practice import control
from toolkit.practice.store import Store

skip: Callable[..., object] = pytest.skip
if sys.platform == "win32":
    skip("there is no fork and no SIGKILL on Windows", allow_module_level=True)
posix: Any = os  # what Windows lacks isn't missed: nothing below runs there
SIGKILL = getattr(signal, "SIGKILL", signal.SIGTERM)

FLEETING = {"permissionCache", "signInActivity", "signInReplica", "deletedItem"}
"""What the services remember for themselves; nobody's object."""
Objects = dict[tuple[str, str], Any]
After = Callable[[Path], tuple[str, ...] | None] | None


@dataclass(frozen=True)
class Point:
    """Where a case dies: around the commit of the n-th request, or at the n-th local effect."""

    kind: str
    number: int
    name: str

    def __str__(self) -> str:
        return f"{self.kind} #{self.number} ({self.name})"


@dataclass(frozen=True)
class Scene:
    """A home to begin with, a command, and what must be true at the end (it raises otherwise).

    `after` is the command that follows the cut; the same one unless said otherwise. Given the
    home, it may also be none. `code` is how the command ends when nothing
    cuts it, and how it ends in the end.
    """

    home: Path
    command: tuple[str, ...]
    check: Callable[[Path], None]
    after: After = None
    code: int = 0

    def next(self, home: Path) -> tuple[str, ...] | None:
        return self.after(home) if self.after else self.command


def execute(home: Path, command: tuple[str, ...]) -> tuple[int, str]:
    """Run a command in this process and give back its exit code and what it said."""
    said = io.StringIO()
    line = ["--tenant", "practice", "--home", str(home), *command]
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = run(line)
    return code, said.getvalue()


def in_child(work: Callable[[], None]) -> int:
    """Do work in a fork of this process; give back its wait status."""
    child = posix.fork()
    if child:
        return os.waitpid(child, 0)[1]
    code = 1
    try:
        work()
        code = 0
    except BaseException:  # noqa: BLE001  a child has nobody to raise to
        traceback.print_exc()
    finally:
        os._exit(code)


def points(scene: Scene, folder: Path) -> list[Point]:
    """Run the command once, unharmed, and list every place where it could die."""
    home = _copy(scene.home, folder / "dry")
    control.reset_counters(home / "practice")
    log = folder / "dry.json"

    def dry() -> None:
        reached: list[str] = []
        failpoint.set_hook(reached.append)
        code, said = execute(home, scene.command)
        assert code == scene.code, said
        log.write_text(json.dumps(reached), encoding="utf-8")

    assert in_child(dry) == 0, "the unharmed run failed"
    if scene.after is None:
        scene.check(home)
    store = Store(home / "practice" / control.FILE)
    requests = store.execute("select kind, method, path from request order by id")
    store.close()
    found = [
        Point(when, number, " ".join(request))
        for number, request in enumerate(requests, 1)
        for when in ("before", "after-commit")
    ]
    return found + [
        Point("local", n, name) for n, name in enumerate(json.loads(log.read_text()), 1)
    ]


def cut_at(scene: Scene, point: Point, folder: Path) -> tuple[Path, str]:
    """Let a command die at one place; give back the home that is left, and what is wrong, or nothing."""
    folder.mkdir(exist_ok=True)
    home = _copy(scene.home, folder)
    witness = folder / "witness"
    if point.kind != "local":
        control.add_fault(home / "practice", f"on * #{point.number} {point.kind} kill-client")
    status = in_child(lambda: _die(home, scene.command, point, witness))
    if not posix.WIFSIGNALED(status) or posix.WTERMSIG(status) != SIGKILL:
        return home, f"{point}: it did not die there (wait status {status})"
    if point.kind == "local":
        reached = witness.read_text(encoding="utf-8")
        if nameless(reached) != nameless(point.name):
            return home, f"{point}: it died at {reached}"
    else:
        fired = [fault["fired"] for fault in control.status(home / "practice")["faults"]]
        if fired != [1]:
            return home, f"{point}: the fault fired {fired}"
        control.clear_faults(home / "practice")
    return home, ""


def kill_at(scene: Scene, point: Point, folder: Path) -> str:
    """Play one case; give back what is wrong, or nothing."""
    home, wrong = cut_at(scene, point, folder)
    return wrong or _again(scene, point, home, folder / "said")


def _die(home: Path, command: tuple[str, ...], point: Point, witness: Path) -> None:
    left = point.number

    def hook(name: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            witness.write_text(name, encoding="utf-8")
            os.kill(os.getpid(), SIGKILL)

    failpoint.set_hook(hook if point.kind == "local" else None)
    execute(home, command)


def _again(scene: Scene, point: Point, home: Path, said: Path) -> str:
    def work() -> None:
        command = scene.next(home)
        code, text = execute(home, command) if command else (0, "")
        said.write_text(text, encoding="utf-8")
        assert code == (0 if scene.after else scene.code), f"exit {code}"
        assert "Traceback" not in text
        assert "unexpected" not in text
        scene.check(home)

    status = in_child(lambda: _telling(work, said))
    return "" if status == 0 else f"{point}: {said.read_text(encoding='utf-8')[-1500:]}"


def _telling(work: Callable[[], None], said: Path) -> None:
    try:
        work()
    except BaseException:
        before = said.read_text(encoding="utf-8") if said.exists() else ""
        said.write_text(before + traceback.format_exc(), encoding="utf-8")
        raise


def matrix(scene: Scene, chosen: list[Point], folder: Path) -> list[str]:
    """Play many cases, two at a time, and list what is wrong."""
    wrong: list[str] = []
    running: dict[int, Path] = {}
    for number, point in enumerate(chosen):
        if len(running) >= (os.cpu_count() or 1):
            wrong += _reap(running)
        place = folder / f"case{number}"
        place.mkdir()
        child = posix.fork()
        if not child:
            _case(scene, point, place)
        running[child] = place
    while running:
        wrong += _reap(running)
    return wrong


def _case(scene: Scene, point: Point, place: Path) -> None:
    try:
        result = kill_at(scene, point, place)
    except BaseException:  # noqa: BLE001  a child has nobody to raise to
        result = f"{point}: {traceback.format_exc()}"
    (place / "result").write_text(result, encoding="utf-8")
    os._exit(0)


def _reap(running: dict[int, Path]) -> list[str]:
    child, _ = posix.wait()
    place = running.pop(child)
    result = (place / "result").read_text(encoding="utf-8")
    shutil.rmtree(place)
    return [result] if result else []


def objects(home: Path) -> Objects:
    """List every live object of the world that is somebody's."""
    store = Store(home / "practice" / control.FILE)
    rows = store.execute("select kind, id, body from object where not deleted")
    store.close()
    return {(kind, key): json.loads(body) for kind, key, body in rows if kind not in FLEETING}


def kinds(found: Objects) -> Counter[str]:
    """Count objects by kind."""
    return Counter(kind for kind, _ in found)


def nameless(name: str) -> str:
    """Name a place apart from what differs from run to run: ids, thumbprints, nonces, the run's own name."""
    return re.sub(
        r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{40}|(?<=-)[0-9a-f]{8}(?=\.)|[0-9a-f]{4}$",
        "*",
        name,
    )


def _copy(home: Path, folder: Path) -> Path:
    return Path(shutil.copytree(home, folder / "home"))


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep what is said inside to itself."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield
