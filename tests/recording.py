"""Reads what the practice tenant recorded, counts it again, and has it checked by others' contracts."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

Exchange = dict[str, Any]

CONTRACTS = Path(__file__).resolve().parents[2] / "shared" / "contracts"
CHECKER = CONTRACTS / "check_traffic.py"
MUTATING = {"POST", "PUT", "PATCH", "DELETE"}
# What the project promises to count as reads though it travels by POST.
READING_POSTS = ("/getByIds", "/$batch")
READING_CMDLETS = ("Get-", "Test-")


def read(path: Path) -> list[Exchange]:
    """Read a recording, one exchange a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def path_of(exchange: Exchange) -> str:
    """Tell the path and query that a request went to."""
    return "/" + str(exchange["url"]).split("/", 3)[3]


def cmdlet_of(exchange: Exchange) -> tuple[str, dict[str, Any]] | None:
    """Tell which cmdlet a request runs, and with which parameters."""
    body = exchange["request_body"]
    if not isinstance(body, dict) or "CmdletInput" not in body:
        return None
    return body["CmdletInput"]["CmdletName"], body["CmdletInput"].get("Parameters", {})


def recount(recording: list[Exchange]) -> dict[str, int]:
    """Count reads, writes, sign-ins and parts of batches by the promise, not by the server's code."""
    found = Counter(one for exchange in recording for one in _counted(exchange))
    return {name: found[name] for name in ("read", "write", "sign_in", "parts")}


def _counted(exchange: Exchange) -> Iterator[str]:
    path, _, _ = path_of(exchange).partition("?")
    if path.endswith("/$batch"):
        yield from ["parts"] * len(exchange["request_body"]["requests"])
    if path.endswith(("/token", "/openid-configuration")):
        yield "sign_in"
        return
    cmdlet = cmdlet_of(exchange)
    reading = cmdlet[0].startswith(READING_CMDLETS) if cmdlet else path.endswith(READING_POSTS)
    yield "write" if exchange["method"] in MUTATING and not reading else "read"


def check(path: Path) -> list[str]:
    """Check a recording against what Microsoft publishes; list every finding, warnings too."""
    if not CHECKER.is_file():
        pytest.skip("the contracts and their checker are not beside this repository")
    line = [sys.executable, str(CHECKER), str(path), "--strict", "--json"]
    ended = subprocess.run(line, capture_output=True, text=True, encoding="utf-8", check=False)
    assert ended.returncode in {0, 1}, ended.stderr
    findings = [each for each in ended.stdout.splitlines() if each.startswith("{")]
    summary = next(each for each in ended.stdout.splitlines() if " exchanges (" in each)
    assert summary.startswith(f"{len(read(path))} exchanges"), summary
    assert "unknown" not in summary, summary
    assert (ended.returncode == 1) == bool(findings), ended.stdout
    return findings
