"""Ctrl-C: at any point it is over within two seconds, and the same line goes on from there."""

import contextlib
import json
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import CommandLine
from toolkit.clock import SystemClock
from toolkit.journal import Journal
from toolkit.practice import control

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs SIGINT")

ROOT = Path(__file__).parent.parent
APPLY = ("apply", "mytimetable-graph", "--yes")
PROGRAM = (
    "import runpy, signal;"
    "signal.signal(signal.SIGINT, signal.default_int_handler);"  # a shell in the background ignores it
    "runpy.run_module('toolkit', run_name='__main__')"
)
PATIENCE = 60
AT_ONCE = 2.0
MADE = {
    "application": {"uniqueName": "mailgrant-mytimetable-graph-prod"},
    "servicePrincipal": {"displayName": "MyTimetable-prod"},
    "group": {"mail": "timetable-mailboxes@northbridge.example"},
    "managementRoleAssignment": {"Name": "mailgrant-mytimetable-graph-prod-calendars-readwrite"},
}


@dataclass
class Running:
    """mailgrant as a process of its own."""

    process: "subprocess.Popen[str]"
    lines: "queue.Queue[str]"
    said: list[str]

    def hears(self, words: str) -> None:
        """Wait for a line on stderr."""
        while words not in (line := self.lines.get(timeout=PATIENCE)):
            assert line, f"it ended before saying {words!r}: {self.said}"

    def interrupt(self) -> float:
        """Press Ctrl-C; tell how long it took to end."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=PATIENCE)
        return time.monotonic() - begun

    def hammer(self) -> float:
        """Press Ctrl-C again and again until it ends; tell how long it took."""
        begun = time.monotonic()
        while self.process.poll() is None and time.monotonic() < begun + PATIENCE:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.send_signal(signal.SIGINT)
                self.process.wait(timeout=0.03)
        return time.monotonic() - begun


@contextlib.contextmanager
def running(mailgrant: CommandLine, *arguments: str) -> Iterator[Running]:
    line = ["--tenant", "practice", "--home", str(mailgrant.home), *arguments]
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *line],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    lines: queue.Queue[str] = queue.Queue()
    said: list[str] = []
    assert process.stderr is not None
    stream = process.stderr

    def listen() -> None:
        for text in stream:
            said.append(text)
            lines.put(text)
        lines.put("")

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    with process:
        try:
            yield Running(process, lines, said)
            listener.join(PATIENCE)
        finally:
            process.kill()


def strikes(mailgrant: CommandLine, running: Running) -> None:
    """Wait until the fault has struck, and leave the process the time to come there."""
    deadline = time.monotonic() + PATIENCE
    with mailgrant.world() as world:
        while world.store.execute("select fired from fault order by id")[0] == (0,):
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.process.wait(timeout=0.03)
                pytest.fail(f"it ended before: {running.said}")
            assert time.monotonic() < deadline


def is_whole(mailgrant: CommandLine) -> bool:
    """Tell whether every journal there is can be read to its last line."""
    paths = list((mailgrant.home / "runs").glob("*/journal.jsonl"))
    for path in paths:
        lines = path.read_text(encoding="utf-8").splitlines()
        assert Journal(path, SystemClock()).head == json.loads(lines[-1])["hash"]
    return bool(paths)


def completes(mailgrant: CommandLine) -> None:
    control.clear_faults(mailgrant.practice)
    ended = mailgrant(*APPLY, "--json")

    assert ended.code == 0, ended.err
    assert ended.json["proof"]["verdict"] == "proved"
    with mailgrant.world() as world:
        assert {
            kind: len(world.store.find(kind, **what)) for kind, what in MADE.items()
        } == dict.fromkeys(MADE, 1)


# The n-th request: 1 discovery, 2 the first token, then reading, then writing, then the proof.
@pytest.mark.parametrize(
    "number",
    [
        *(1, 2, 5, 12, 18, 26, 40),
        *(pytest.param(number, marks=pytest.mark.matrix) for number in (3, 8, 15, 21, 30, 34, 48)),
    ],
)
def test_while_any_request_hangs(mailgrant: CommandLine, number: int):
    mailgrant.switch(f"on * #{number} before hang 60")
    with running(mailgrant, *APPLY) as run:
        strikes(mailgrant, run)
        took = run.interrupt()

    said = "".join(run.said)
    assert run.process.returncode == 130, said
    assert took < AT_ONCE
    assert "Interrupted." in said
    assert "Traceback" not in said
    assert ("Nothing is lost. Go on with:" in said) is is_whole(mailgrant)
    completes(mailgrant)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_while_a_token_request_hangs(mailgrant: CommandLine, number: int):
    mailgrant.switch(f"on token #{number} before hang 60")
    with running(mailgrant, *APPLY) as run:
        strikes(mailgrant, run)
        took = run.interrupt()

    said = "".join(run.said)
    assert run.process.returncode == 130, said
    assert took < AT_ONCE
    assert "Traceback" not in said
    assert ("runs resume" in said) is is_whole(mailgrant)


def test_while_waiting_because_the_service_asked_to(mailgrant: CommandLine):
    mailgrant.switch("on POST /servicePrincipals before status 429 retry-after 500")
    with running(mailgrant, *APPLY) as run:
        run.hears("trying again in 500 s")
        took = run.interrupt()

    said = "".join(run.said)
    assert run.process.returncode == 130, said
    assert took < AT_ONCE
    assert "runs resume" in said
    assert is_whole(mailgrant)
    completes(mailgrant)


@pytest.mark.parametrize(
    "fault",
    [
        "on token #3 before hang 60",
        "on New-DistributionGroup before hang 60",
        "on POST /servicePrincipals before status 429 retry-after 500",
    ],
)
def test_pressed_again_and_again(mailgrant: CommandLine, fault: str):
    mailgrant.switch(fault)
    with running(mailgrant, *APPLY) as run:
        strikes(mailgrant, run)
        took = run.hammer()

    said = "".join(run.said)
    assert run.process.returncode == 130, said
    assert took < AT_ONCE
    assert "Traceback" not in said
    assert is_whole(mailgrant)
    completes(mailgrant)


def test_undo_goes_on_too(mailgrant: CommandLine):
    before = mailgrant.digest()
    name = mailgrant(*APPLY, "--json").json["run"]
    mailgrant.switch("on DELETE /applications/* before hang 60")
    with running(mailgrant, "undo", name, "--yes") as run:
        strikes(mailgrant, run)
        took = run.interrupt()

    said = "".join(run.said)
    assert run.process.returncode == 130, said
    assert took < AT_ONCE
    assert f"undo {name}" in said or f"runs resume {name}" in said
    assert is_whole(mailgrant)
    control.clear_faults(mailgrant.practice)
    assert mailgrant("undo", name, "--yes").code == 0
    assert mailgrant.digest() == before
