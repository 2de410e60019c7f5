"""What docs/clients.md shows of other clients really works."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import CommandLine
from toolkit.practice import control

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "clients.md").read_text(encoding="utf-8")
# Read now: in a test no variable of ours is left.
AZURE_CLI = os.environ.get("MAILGRANT_AZ") or shutil.which("az")


def block(heading: str) -> str:
    """Find the code below a heading."""
    found = re.search(rf"^## {heading}\n.*?```\w+\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.fixture
def beside(mailgrant: CommandLine, tmp_path: Path) -> Iterator[Path]:
    """A folder with practice.json, while the practice tenant is served."""
    with control.serve(mailgrant.practice, open_to_all=True):
        (tmp_path / "practice.json").write_text(json.dumps(mailgrant.status()), encoding="utf-8")
        yield tmp_path


def run(line: list[str], folder: Path, **environment: str) -> str:
    done = subprocess.run(
        line,
        cwd=folder,
        env={**os.environ, **environment},
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_sdk_page_lists_people(beside: Path):
    said = run([sys.executable, "-c", block("msgraph-sdk")], beside)
    assert re.fullmatch(r"\['.+', '.+', '.+'\]\n", said)


def test_the_curl_page_lists_people(beside: Path):
    bash, curl = shutil.which("bash"), shutil.which("curl")
    if not (bash and curl):
        pytest.skip("bash or curl isn't installed")
    said = json.loads(run([bash, "-euo", "pipefail", "-c", block("curl")], beside))
    assert len(said["value"]) == 3
    assert {frozenset(person) for person in said["value"]} == {frozenset({"displayName"})}


def test_the_azure_cli_page_lists_applications(beside: Path):
    bash = shutil.which("bash")
    if not (bash and AZURE_CLI):
        pytest.skip("bash or Azure CLI (its path in MAILGRANT_AZ) isn't here")
    value = block("curl").partition("\n")[0]
    script = f'{value}\naz() {{ "{AZURE_CLI}" "$@"; }}\n{block("Azure CLI")}'
    said = run([bash, "-euo", "pipefail", "-c", script], beside)
    assert "MyTimetable" in said
