"""What is heavy is imported when a command runs, never to say what it would do."""

import json
import subprocess
import sys

import pytest

from toolkit.cli import COMMANDS

HEAVY: tuple[str, ...] = (
    "msgraph",
    "azure",
    "exchangelib",
    "winrm",
    "starlette",
    "httpx",
    "cryptography",
)
HEAVY += ("jinja2", "pydantic")

LOOK = """
import json, sys
from toolkit.__main__ import run
code = run(json.loads(sys.argv[1]))
print(json.dumps([code, sorted({name.split(".")[0] for name in sys.modules})]))
"""
LINES = [[], ["playbooks"], ["playbooks", "show", "mytimetable-graph"], ["--version"]]
LINES += [["playbooks", "--json"], *([command, "--help"] for command in ("", *COMMANDS))]
LINES += [["playbooks", "check", "none.yaml"], ["certificates", "new", "--help"]]
LINES += [["practice", "start", "--help"], ["runs", "resume", "--help"]]


def modules_after(line: list[str]) -> tuple[int, set[str]]:
    done = subprocess.run(
        [sys.executable, "-c", LOOK, json.dumps([word for word in line if word])],
        check=True,
        capture_output=True,
        encoding="utf-8",
    )
    code, names = json.loads(done.stdout.splitlines()[-1])
    return code, set(names)


@pytest.mark.parametrize("line", LINES, ids=" ".join)
def test_talking_about_work_imports_nothing_heavy(line):
    code, names = modules_after(line)

    assert code in ((0,) if "--help" in line or line == ["playbooks"] else (0, 2))
    assert "toolkit" in names
    assert names & set(HEAVY) == set()


def test_looking_at_the_modules_would_find_a_heavy_one():
    _, names = modules_after(["certificates", "inspect", "none.cer"])

    assert "cryptography" in names
