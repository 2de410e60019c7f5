"""The key of a set-up goes to the vendor in the form that its server takes, and never over a file."""

import shutil
import stat
import sys
from pathlib import Path

import pytest

from tests.cli.test_passphrases import at_a_terminal
from tests.conftest import CommandLine
from toolkit import certificates, keystores, packing
from toolkit.keystores import Contents
from toolkit.secret import Secret

APP = "MyTimetable-prod"
WORD = "Korrekt-Pferd-9"
MAILGRANT = "from toolkit.__main__ import main; main()"


@pytest.fixture(scope="module")
def made(fresh_home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Set the main playbook up once, and tell its home and its run."""
    home = Path(shutil.copytree(fresh_home, tmp_path_factory.mktemp("made") / "home"))
    ended = CommandLine(home)("setup", "mytimetable-graph", "--yes", "--json")
    assert ended.code == 0, ended.err
    return home, ended.json["run"]


@pytest.fixture
def handover(made: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    tmp_path.chmod(0o700)
    monkeypatch.chdir(tmp_path)
    Path("word").write_text(f"{WORD}\n", encoding="utf-8")
    home, run = made
    mailgrant = CommandLine(home)
    return lambda *options: mailgrant("handover", run, *options)


@pytest.fixture
def kept(made: tuple[Path, str]) -> bytes:
    (path,) = (made[0] / "keep").glob("*.pem")
    return plain(keystores.open_file(path.read_bytes(), name="kept"))


def plain(contents: Contents) -> bytes:
    return packing.pem(contents, with_key=True)


@pytest.mark.parametrize("name", ["key.pem", "key.pfx", "key.p12", "key.jks", "KEY.JKS"])
def test_the_ending_decides_the_form_and_the_key_in_it_is_the_kept_one(handover, kept, name):
    ended = handover("--key", name, "--passphrase-file", "word")

    assert ended.code == 0, ended.err
    data = Path(name).read_bytes()
    assert keystores.is_locked(data, with_key=True)
    assert plain(keystores.open_file(data, name=name, passphrase=Secret(WORD))) == kept
    if sys.platform != "win32":
        assert stat.S_IMODE(Path(name).stat().st_mode) == 0o600


def test_the_passphrase_may_come_from_the_environment(handover, kept, monkeypatch):
    monkeypatch.setenv("MAILGRANT_PASSPHRASE", WORD)

    assert handover("--key", "key.pfx").code == 0

    data = Path("key.pfx").read_bytes()
    assert plain(keystores.open_file(data, name="it", passphrase=Secret(WORD))) == kept


@pytest.mark.skipif(sys.platform == "win32", reason="terminals of POSIX")
def test_at_a_terminal_the_passphrase_is_asked_twice_and_never_shown(made, handover, kept):
    home, run = made
    line = ["--home", str(home), "--tenant", "practice", "handover", run, "--key", "key.jks"]

    code, shown = at_a_terminal(line, WORD, WORD, code=MAILGRANT)

    assert code == 0, shown
    assert WORD not in shown
    data = Path("key.jks").read_bytes()
    assert plain(keystores.open_file(data, name="it", passphrase=Secret(WORD))) == kept


@pytest.mark.parametrize(
    ("name", "options", "sentences"),
    [
        ("key.pem", (), ("It is text",)),
        ("key.pfx", (), ("AES-256", "make it with --compat", "by the alias")),
        ("key.pfx", ("--compat",), ("3DES", "The reason: Windows Server 2016")),
        ("key.jks", ("--alias", "Timetable"), ("protects weakly", "Its alias is timetable;")),
    ],
)
def test_what_the_vendor_must_know_is_said_beside_the_data(handover, name, options, sentences):
    locked = () if name == "key.pem" else ("--passphrase-file", "word")
    ended = handover("--key", name, *options, *locked)

    told = " ".join(ended.err.split())
    assert ended.code == 0, ended.err
    assert [sentence for sentence in sentences if sentence not in told] == []
    assert "another channel than the sheet" in told
    assert ("another way than the file" in told) is bool(locked)
    assert ended.out == ""
    assert WORD not in ended.err


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        (("--key", "word", "--passphrase-file", "word"), 2, "ends in none of"),
        (("--key", "there.pem"), 2, "there.pem is already there"),
        (("--key", "key.pfx"), 2, "no terminal to ask at"),
        (("--key", "key.pem", "--compat"), 2, "about PFX files"),
        (("--key", "key.pem", "--alias", "a"), 2, "about JKS and PFX"),
        (("--key", "key.jks", "--alias", "a b"), 2, "can't be an alias"),
        (("--key", "key.jks", "--passphrase-file", "none"), 2, "can't be read"),
        (("--key", "nowhere/key.pem"), 1, "no such file or folder"),
        (("--compat",), 2, "about the file of a key"),
        (("--force",), 2, "about the file of a key"),
    ],
)
def test_what_cannot_be_written_is_refused_in_a_sentence_and_nothing_is(
    handover, options, code, sentence
):
    Path("there.pem").write_bytes(b"mine")
    before = sorted(path.name for path in Path().iterdir())

    ended = handover(*options)

    assert ended.code == code, ended.err
    assert sentence in " ".join(ended.err.split())
    assert "What to do:" in ended.err
    assert sorted(path.name for path in Path().iterdir()) == before
    assert Path("there.pem").read_bytes() == b"mine"


def test_a_file_that_is_there_is_overwritten_when_forced(handover, kept):
    Path("there.pem").write_bytes(b"mine")

    assert handover("--key", "there.pem", "--force").code == 0

    assert certificates.inspect(Path("there.pem").read_bytes())[0].subject.startswith("CN=")
    assert plain(keystores.open_file(Path("there.pem").read_bytes(), name="it")) == kept
