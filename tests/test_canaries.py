"""No secret leaves: not to the screen, a log at any level, a journal, a plan, a page or a recording."""

import base64
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from tests.conftest import CommandLine, Ended
from toolkit.clock import SystemClock
from toolkit.practice import control
from toolkit.secret import guard_logging

MAIN = "mytimetable-graph"


class Memory(logging.Handler):
    """Keeps what was logged, as a log file would."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
        self.text: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.text.append(self.format(record))


@pytest.fixture
def log() -> Iterator[Memory]:
    memory = Memory()
    root = logging.getLogger()
    before = root.level
    root.addHandler(memory)
    root.setLevel(logging.DEBUG)
    guard_logging()
    yield memory
    root.removeHandler(memory)
    root.setLevel(before)


def encodings(secret: bytes) -> set[bytes]:
    """Write a secret in every way in which one has been found in a log."""
    text = secret.decode("utf-8")
    wide = text.encode("utf-16-le")
    return {
        secret,
        wide,
        secret.hex().encode(),
        secret.hex().upper().encode(),
        base64.b64encode(secret),
        base64.urlsafe_b64encode(secret),
        base64.b64encode(wide),
        quote(text, safe="").encode(),
        quote_plus(text).encode(),
        json.dumps(text)[1:-1].encode(),
        repr(text)[1:-1].encode(),
    }


def files(home: Path) -> dict[str, bytes]:
    """Read what a command leaves behind, but the two places where secrets belong."""
    return {
        str(path.relative_to(home)): path.read_bytes()
        for path in home.rglob("*")
        if path.is_file() and path.relative_to(home).parts[0] not in ("keep", "practice")
    }


def secrets(mailgrant: CommandLine) -> list[bytes]:
    """List the administrator's secret, and each line of each private key."""
    found = [str(mailgrant.status()["admin"]["client_secret"]).encode()]
    for path in (mailgrant.home / "keep").glob("*.pem"):
        pem = path.read_text(encoding="ascii")
        key = pem.partition("-----END")[0]
        found += [line.encode() for line in key.splitlines() if not line.startswith("-----")]
    return [secret for secret in found if len(secret) > 8]


def assert_clean(mailgrant: CommandLine, log: Memory, *ended: Ended) -> None:
    known = secrets(mailgrant)
    said = {
        "log": "\n".join(log.text).encode(),
        "stdout": "\n".join(one.out for one in ended).encode(),
        "stderr": "\n".join(one.err for one in ended).encode(),
        **files(mailgrant.home),
    }
    assert len(known) > 1
    for place, content in said.items():
        for secret in known:
            assert not [form for form in encodings(secret) if form in content], place
        assert b"PRIVATE KEY" not in content, place
        assert b"Bearer ey" not in content, place
        for part in content.split(b"eyJ")[1:]:
            assert b"." not in part[:200], f"{place}: {part[:40]!r} looks like a token"


def test_a_whole_set_up_and_undo_leaves_no_secret_anywhere(mailgrant: CommandLine, log: Memory):
    plan = mailgrant("-v", "plan", MAIN, "--json", "--out", str(mailgrant.home / "plan.json"))
    applied = mailgrant("-v", "setup", MAIN, "--yes", "--json")
    again = mailgrant("-v", "apply", MAIN, "--yes", "--json")
    sheet = mailgrant("-v", "handover", applied.json["run"], "--format", "html")
    assert [one.code for one in (plan, applied, again, sheet)] == [0, 0, 0, 0]
    assert "httpx" in "\n".join(log.text)

    assert_clean(mailgrant, log, plan, applied, again, sheet)

    undone = mailgrant("-v", "undo", applied.json["run"], "--yes", "--json")
    assert undone.code == 0
    assert_clean_of_admin(mailgrant, log, undone)


def assert_clean_of_admin(mailgrant: CommandLine, log: Memory, ended: Ended) -> None:
    secret = str(mailgrant.status()["admin"]["client_secret"]).encode()
    content = "\n".join([ended.out, ended.err, *log.text]).encode()
    assert not [form for form in encodings(secret) if form in content]


@pytest.mark.parametrize(
    "fault",
    [
        "on token before status 401",
        "on token after-commit html",
        "on token before reset",
        "on GET /users/* before status 500",
        "on PATCH /applications/* before status 400",
        "on New-DistributionGroup before status 403",
    ],
)
def test_no_failure_lets_a_secret_out(
    mailgrant: CommandLine, log: Memory, monkeypatch: pytest.MonkeyPatch, fault: str
):
    monkeypatch.setattr(SystemClock, "sleep", lambda clock, seconds: None)
    mailgrant.switch(fault)

    ended = mailgrant("-v", "apply", MAIN, "--yes", "--json")

    assert control.status(mailgrant.practice)["faults"][0]["fired"] > 0
    assert ended.code != 0
    assert_clean_of_admin(mailgrant, log, ended)
    for name, content in files(mailgrant.home).items():
        assert b"PRIVATE KEY" not in content, name
