import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from toolkit.cli.certificates import certificates
from toolkit.errors import HomeError, MailgrantError, UsageError

WORD = "Korrekt-Pferd-9"
needs_openssl = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="no openssl on this computer to cross-check with"
)
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


def refused(*line: str, **variables: str) -> MailgrantError:
    error = run(*line, **variables).exception
    assert isinstance(error, MailgrantError), error
    assert error.fix
    return error


def new(out: str, *more: str, **variables: str) -> Result:
    return done("new", "MyTimetable", "--key-size", "2048", "--out", out, *more, **variables)


def facts(file: str, **variables: str) -> dict[str, object]:
    found = json.loads(done("inspect", file, "--json", **variables).stdout)
    certificate: dict[str, object] = found["files"][0]["certificates"][0]
    return certificate


def openssl(*line: str) -> str:
    ran = subprocess.run(["openssl", *line], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout + ran.stderr


@only_posix
@pytest.mark.parametrize("out", ["key.pem", "key.pfx", "key.p12", "key.jks"])
def test_new_writes_a_pair_for_its_owner_only(out):
    new(out, "--passphrase-file", "word.txt")

    assert Path(out).stat().st_mode & 0o777 == 0o600


def test_new_tells_what_it_made_as_data_on_stdout_and_talks_on_stderr():
    result = new("key.pem", "--days", "30", "--json")

    (file,) = json.loads(result.stdout)["files"]
    certificate = file["certificates"][0]
    assert file["file"] == "key.pem"
    assert certificate["thumbprint"] == facts("key.pem")["thumbprint"]
    assert certificate["subject"] == "CN=MyTimetable"
    assert certificate["days_left"] == 29
    assert certificate["not_after"].endswith("Z")
    assert "readable by you alone" in result.stderr


def test_no_output_ever_holds_the_key_or_the_passphrase():
    shown = [
        new("key.pem"),
        new("key.pfx", "--passphrase-file", "word.txt", "--json"),
        done("inspect", "key.pem"),
        done("convert", "key.pem", "--to", "pem", "--with-key", "--out", "copy.pem", "--json"),
    ]

    body = Path("key.pem").read_text(encoding="ascii").splitlines()[5]
    for result in shown:
        assert body not in result.output
        assert "PRIVATE" not in result.output
        assert WORD not in result.output


@needs_openssl
def test_openssl_agrees_about_the_thumbprint_and_the_key():
    new("key.pem")

    told = openssl("x509", "-in", "key.pem", "-noout", "-fingerprint", "-sha1", "-subject")
    assert str(facts("key.pem")["thumbprint"]) in told.replace(":", "")
    assert "MyTimetable" in told
    public = openssl("x509", "-in", "key.pem", "-noout", "-pubkey")
    assert openssl("pkey", "-in", "key.pem", "-pubout") == public


@needs_openssl
@pytest.mark.parametrize(
    ("more", "cipher"),
    [((), "PBES2, PBKDF2, AES-256-CBC"), (("--compat",), "pbeWithSHA1And3-KeyTripleDES-CBC")],
)
def test_openssl_opens_our_pfx_and_finds_the_cipher_that_was_promised(more, cipher):
    new("key.pem")
    done(
        "convert",
        "key.pem",
        "--to",
        "pfx",
        "--out",
        "k.pfx",
        "--passphrase-file",
        "word.txt",
        *more,
    )

    told = openssl("pkcs12", "-in", "k.pfx", "-passin", f"pass:{WORD}", "-info", "-nodes")

    assert cipher in told
    assert "-----BEGIN PRIVATE KEY-----" in told
    assert "subject=CN = MyTimetable" in told


@needs_openssl
def test_a_pem_is_encrypted_when_a_passphrase_is_given():
    new("key.pem", MAILGRANT_PASSPHRASE=WORD)

    assert b"ENCRYPTED PRIVATE KEY" in Path("key.pem").read_bytes()
    assert "BEGIN PRIVATE" in openssl("pkey", "-in", "key.pem", "-passin", f"pass:{WORD}")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (("new", "x", "--out", "key.txt"), "ends in none of .pem, .pfx, .p12, .jks"),
        (("new", "x", "--out", "word.txt", "--pfx"), "already there"),
        (("new", "x", "--out", "key.pem", "--days", "0"), "0 days"),
        (("new", "x", "--out", "key.pem", "--days", "3651"), "3651 days"),
        (("new", "x", "--out", "key.pem", "--key-out", "x.key"), "--key-out is for requests"),
        (("new", "x", "--out", "key.jks"), "no terminal to ask at"),
        (("new", "x", "--out", "key.jks", "--alias", "a b"), "can't be an alias"),
        (("new", "x", "--out", "key.pem", "--compat"), "about PFX"),
        (("new", "x", "--out", "key.pem", "--key-size", "1024"), "1024 bits"),
        (("new", "x" * 65, "--out", "key.pem"), "can't be named"),
        (("new", "x", "--out", "key.pfx"), "no terminal to ask at"),
        (("new", "x", "--out", "key.pfx", "--passphrase-file", "none"), "can't be read"),
        (("new", "x", "--out", "key.pfx", "--passphrase-file", "empty"), "is empty"),
        (("new", "x", "--out", "key.pfx", "--passphrase-file", "binary"), "isn't text"),
    ],
)
def test_new_refuses_in_a_sentence_before_anything_is_written(line, sentence):
    Path("empty").write_bytes(b"\nsecond line")
    Path("binary").write_bytes(b"\x80\x81\x82")
    before = sorted(Path().iterdir())

    error = refused(*line)

    assert isinstance(error, UsageError)
    assert sentence in error.message
    assert sorted(Path().iterdir()) == before


def test_a_folder_that_is_not_there_is_told_in_a_sentence():
    error = refused("new", "x", "--out", "nowhere/key.pem", "--key-size", "2048")

    assert isinstance(error, HomeError)
    assert "no such file or folder" in error.message


def test_an_existing_file_is_overwritten_only_when_forced():
    new("key.pem")
    before = Path("key.pem").read_bytes()

    assert "already there" in refused("new", "x", "--out", "key.pem").message
    assert Path("key.pem").read_bytes() == before

    new("key.pem", "--force")
    assert Path("key.pem").read_bytes() != before


def test_inspect_shows_every_file_and_exits_1_when_one_can_not_be_read():
    new("key.pem")
    Path("junk.cer").write_bytes(b"hello")

    result = run("inspect", "key.pem", "junk.cer", "none.cer")

    assert result.exit_code == 1
    assert str(facts("key.pem")["thumbprint"]) in result.stdout
    assert "junk.cer isn't a certificate" in result.stderr
    assert "none.cer can't be read" in result.stderr


def test_inspect_as_json_has_the_error_beside_the_rest():
    new("key.pem")

    result = run("inspect", "key.pem", "none.cer", "--json")

    good, bad = json.loads(result.stdout)["files"]
    assert result.exit_code == 1
    assert good["error"] is None
    assert bad["certificates"] == []
    assert bad["error"]["fix"]


@needs_openssl
def test_inspect_warns_of_what_an_app_could_not_use():
    line = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 5 -subj /CN=e"
    openssl(*line.split(), "-keyout", "e.key", "-out", "e.pem")

    result = done("inspect", "e.pem")

    assert "EC 256" in result.stdout
    assert "it has no RSA key" in result.stdout


@needs_openssl
def test_an_old_pfx_of_windows_can_be_read():
    new("key.pem")
    old = "pkcs12 -export -legacy -in key.pem -out old.pfx -passout file:word.txt"
    if subprocess.run(["openssl", *old.split()], capture_output=True, check=False).returncode:
        pytest.skip("this openssl has no legacy provider")

    assert facts("old.pfx", MAILGRANT_PASSPHRASE=WORD) == facts("key.pem")


def test_help_shows_an_example_for_each_command():
    for name in certificates.commands:
        assert f"\n    mailgrant certificates {name} " in done(name, "--help").stdout


def test_the_command_is_known_without_loading_cryptography():
    look = "import sys, toolkit.cli.certificates; print('cryptography' in sys.modules)"
    root = Path(__file__).parents[2]

    ran = subprocess.run(
        [sys.executable, "-c", look], capture_output=True, text=True, check=True, cwd=root
    )

    assert ran.stdout == "False\n"
