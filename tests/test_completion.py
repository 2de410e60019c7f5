"""Tab completes commands, and editors know playbooks."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # its stubs are a package of their own
import pytest

from tests.conftest import CommandLine
from tests.test_guide import broken
from toolkit import playbook, shelf, strict_yaml
from toolkit.playbook_schema import schema


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_own_lines(mailgrant: CommandLine, shell: str):
    ended = mailgrant("completion", shell)
    assert ended.code == 0
    assert f"_MAILGRANT_COMPLETE={shell}_complete" in ended.out


def test_powershell_gets_lines_that_parse(mailgrant: CommandLine):
    ended = mailgrant("completion", "powershell")
    assert ended.code == 0
    assert broken(ended.out) == []
    assert "Register-ArgumentCompleter -Native -CommandName 'mailgrant'" in ended.out


def completed(*words: str, incomplete: str = "") -> list[str]:
    """Ask as the PowerShell lines do."""
    environment = {
        **os.environ,
        "_MAILGRANT_COMPLETE": "fish_complete",
        "COMP_WORDS": " ".join(words),
        "COMP_CWORD": incomplete,
    }
    done = subprocess.run(
        [sys.executable, "-c", "from toolkit.__main__ import main; main()"],
        cwd=Path(__file__).resolve().parent.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [line.split(",", 1)[1].split("\t")[0] for line in done.stdout.splitlines() if line]


def test_commands_and_their_parts_are_completed():
    assert {"members", "stop", "retire", "guide"} <= set(completed("mailgrant"))
    assert completed("mailgrant", "members", incomplete="re") == ["remove"]


def test_a_new_playbook_is_good_and_never_overwritten(mailgrant: CommandLine, tmp_path: Path):
    file = tmp_path / "my-vendor.yaml"
    assert mailgrant("playbooks", "new", str(file)).code == 0
    assert mailgrant("playbooks", "check", str(file)).code == 0
    assert mailgrant("plan", str(file), "--yes", "--check").code == 3
    file.write_text("mine", encoding="utf-8")
    assert mailgrant("playbooks", "new", str(file)).code == 2
    assert file.read_text(encoding="utf-8") == "mine"
    assert mailgrant("playbooks", "new", str(tmp_path / "Not A Name.yaml")).code == 2


@pytest.mark.parametrize("name", playbook.names())
def test_every_playbook_that_ships_fits_the_schema(name: str):
    text = (shelf.playbooks() / f"{name}.yaml").read_text(encoding="utf-8")
    jsonschema.Draft202012Validator(schema()).validate(_plain(text))


def test_the_schema_refuses_what_check_refuses():
    jsonschema.Draft202012Validator.check_schema(schema())
    good = _plain((shelf.templates() / "playbook.yaml").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema())
    validator.validate(good)
    for change in ({"titel": "x"}, {"steps": [{"do": "nothing"}]}, {"questions": [{"name": "x"}]}):
        with pytest.raises(jsonschema.ValidationError):
            validator.validate({**good, **change})


def _plain(text: str) -> dict[str, Any]:
    """Read a playbook's lines as plain data."""
    return dict(_bare(strict_yaml.parse(text, "a playbook")))


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _bare(each) for key, each in value.items()}
    return [_bare(each) for each in value] if isinstance(value, list) else value
