"""A practice tenant in a process of its own, as `practice start` serves it to any client."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHECKER = ROOT.parent / "shared" / "contracts" / "check_traffic.py"


@dataclass(frozen=True)
class Served:
    """A practice tenant that another process serves, and where everything passing is recorded."""

    home: Path
    status: dict[str, Any]
    recording: Path

    @property
    def url(self) -> str:
        return str(self.status["url"])

    @property
    def ca_file(self) -> Path:
        return Path(self.status["ca_file"])

    @property
    def tenant_id(self) -> str:
        return str(self.status["tenant_id"])

    @property
    def client_id(self) -> str:
        return str(self.status["admin"]["client_id"])

    @property
    def client_secret(self) -> str:
        return str(self.status["admin"]["client_secret"])

    def practice(self, *arguments: str) -> Any:
        """Run `mailgrant practice ... --json` beside the server."""
        line = mailgrant(self.home, "practice", *arguments, "--json")
        ended = subprocess.run(line, cwd=ROOT, capture_output=True, check=True)
        return json.loads(ended.stdout)


def mailgrant(home: Path, *arguments: str) -> list[str]:
    options = ("--tenant", "practice", "--home", str(home))
    return [sys.executable, "-m", "toolkit", *options, *arguments]


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """Start the practice tenant, without lag, until the context ends."""
    home, recording = folder / "home", folder / "recording.jsonl"
    words = ("practice", "start", "--port", "0", "--record", str(recording), "--json")
    environment = {name: text for name, text in os.environ.items() if name != "MAILGRANT_TENANT"}
    with (folder / "talk.txt").open("wb") as talk:
        server = subprocess.Popen(
            mailgrant(home, *words), cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=talk
        )
        try:
            served = Served(home, _status(server), recording)
            for switch in ("lag off", "sts-lag off"):
                served.practice("fault", switch)
            yield served
        finally:
            server.terminate()
            server.communicate(timeout=20)


def _status(server: "subprocess.Popen[bytes]") -> dict[str, Any]:
    """Read what it says first: how it stands, as JSON over several lines."""
    if server.stdout is None:
        raise AssertionError("The server was started without a pipe.")
    text = ""
    for line in server.stdout:
        text += line.decode()
        with contextlib.suppress(ValueError):
            status: dict[str, Any] = json.loads(text)
            return status
    raise AssertionError(f"The practice tenant ended before it said where it answers: {text}")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("served")) as started:
        yield started


def contradictions(served: Served) -> list[str]:
    """Let Microsoft's own descriptions judge what the practice tenant answered so far."""
    if not CHECKER.exists():
        pytest.skip("the published descriptions are not beside this checkout")
    line = [sys.executable, str(CHECKER), str(served.recording)]
    said = subprocess.run(line, capture_output=True, check=False).stdout.decode()
    assert " exchanges " in said
    return [text for text in said.splitlines() if "error" in text and ": response" in text]
