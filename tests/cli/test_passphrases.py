import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from toolkit.cli.certificates import certificates

WORD = "Korrekt-Pferd-9"
only_posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and terminals of POSIX")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    tmp_path.chmod(0o700)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MAILGRANT_PASSPHRASE", raising=False)
    Path("word.txt").write_text(f"{WORD}\nnot this line\n", encoding="utf-8")


def run(*line: str, **variables: str) -> Result:
    return CliRunner().invoke(certificates, line, env=variables)


def done(*line: str, **variables: str) -> Result:
    result = run(*line, **variables)
    assert result.exit_code == 0, result.output or result.exception
    return result


def new(out: str, *more: str, **variables: str) -> Result:
    return done("new", "MyTimetable", "--key-size", "2048", "--out", out, *more, **variables)


def facts(file: str, **variables: str) -> dict[str, object]:
    found = json.loads(done("inspect", file, "--json", **variables).stdout)
    certificate: dict[str, object] = found["files"][0]["certificates"][0]
    return certificate


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_passphrase_file_may_come_from_any_editor_or_powershell(encoding):
    Path("typed.txt").write_bytes(f"{WORD}\r\n".encode(encoding))

    new("key.pfx", "--passphrase-file", "typed.txt")

    assert facts("key.pfx", MAILGRANT_PASSPHRASE=WORD)["subject"] == "CN=MyTimetable"


def test_there_is_no_option_that_takes_a_passphrase():
    for command in certificates.commands.values():
        options = [flag for one in command.params for flag in one.opts if "pass" in flag]
        assert all(flag.endswith("-file") for flag in options), options


TERMINAL = "from toolkit.cli.certificates import certificates; certificates()"


def at_a_terminal(line: list[str], *typed: str, code: str = TERMINAL) -> tuple[int, str]:
    """Run a line at a terminal of its own, typing an answer at each prompt."""
    ours, theirs = os.openpty()  # type: ignore[attr-defined,unused-ignore]
    program = [sys.executable, "-c", code, *line]
    root = Path(__file__).parents[2]
    running = subprocess.Popen(
        program,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": str(root)},
    )
    os.close(theirs)
    shown, answers = b"", list(typed)
    while True:
        try:
            part = os.read(ours, 1000)
        except OSError:  # Linux's way of saying that the other side has gone
            part = b""
        if not part:
            break
        shown += part
        if part.rstrip().endswith(b":") and answers:
            os.write(ours, answers.pop(0).encode() + b"\n")
    os.close(ours)
    return running.wait(), shown.decode()


@only_posix
@pytest.mark.parametrize("out", ["key.pfx", "key.jks"])
def test_at_a_terminal_a_new_passphrase_is_asked_twice_and_never_shown(out):
    line = ["new", "MyTimetable", "--key-size", "2048", "--out", out]

    code, shown = at_a_terminal(line, WORD, "typing error", WORD, WORD)

    assert code == 0, shown
    assert WORD not in shown
    assert "do not match" in shown
    assert facts(out, MAILGRANT_PASSPHRASE=WORD)["subject"] == "CN=MyTimetable"


@only_posix
def test_at_a_terminal_the_passphrase_of_a_file_is_asked_once_when_it_needs_one():
    new("key.pfx", MAILGRANT_PASSPHRASE=WORD)

    code, shown = at_a_terminal(["inspect", "key.pfx"], WORD)

    assert code == 0, shown
    assert "CN=MyTimetable" in shown
