import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from toolkit import keystores, packing
from toolkit.cli.certificates import certificates
from toolkit.errors import AnswerError, MailgrantError, UsageError

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


@pytest.mark.parametrize("middle", ["pem", "pfx", "jks"])
def test_a_pair_survives_the_way_through_another_format(middle):
    new("key.pem")
    with_key = ["--with-key"] if middle == "pem" else []

    done("convert", "key.pem", "--to", middle, "--out", "m", *with_key, MAILGRANT_PASSPHRASE=WORD)
    done("convert", "m", "--to", "pem", "--with-key", "--out", "end.pem", MAILGRANT_PASSPHRASE=WORD)

    assert Path("end.pem").read_bytes() == Path("key.pem").read_bytes()


def test_a_jks_says_its_alias_and_that_it_protects_weakly():
    new("key.pem")
    line = ("convert", "key.pem", "--to", "jks", "--passphrase-file", "word.txt")

    told = done(*line, "--out", "a.jks").stderr
    named = done(*line, "--out", "b.jks", "--alias", "Timetable").stderr

    assert "protects weakly" in told
    assert "A .p12 is better" in told
    assert "alias is mytimetable;" in told
    assert "another way than the file" in told
    assert "alias is timetable;" in named


def test_a_weaker_pfx_is_made_with_its_reason_and_a_strong_one_names_the_weaker():
    new("key.pem")
    line = ("convert", "key.pem", "--to", "pfx", "--passphrase-file", "word.txt")

    strong = done(*line, "--out", "a.pfx").stderr
    weak = done(*line, "--out", "b.pfx", "--compat").stderr

    old = "Windows Server 2016, Windows 10 before 1709, and Java before 8u301 and 11.0.12"
    assert f"{old}, call its passphrase wrong: make it with --compat" in strong
    assert f"3DES and SHA-1, which protect weakly. The reason: {old}" in weak


def test_a_key_that_entra_does_not_take_goes_into_a_jks_with_a_warning():
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "elliptic")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2046, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    pair = keystores.Contents(certificates=(certificate,), key=key)
    Path("ec.pem").write_bytes(packing.pem(pair, with_key=True))

    result = done("convert", "ec.pem", "--to", "jks", "--out", "ec.jks", MAILGRANT_PASSPHRASE=WORD)

    assert "it has no RSA key (EC); Microsoft's libraries sign in with RSA only" in result.stdout
    assert facts("ec.jks")["key_kind"] == "EC"


@pytest.mark.parametrize("to", ["pem", "der"])
def test_the_public_part_comes_without_the_key_unless_asked_for(to):
    new("key.pfx", MAILGRANT_PASSPHRASE=WORD)

    done("convert", "key.pfx", "--to", to, "--out", "public", MAILGRANT_PASSPHRASE=WORD)

    assert b"PRIVATE" not in Path("public").read_bytes()
    assert facts("public") == facts("key.pfx", MAILGRANT_PASSPHRASE=WORD)


@only_posix
def test_a_converted_file_with_a_key_is_for_its_owner_only():
    new("key.pem")

    done("convert", "key.pem", "--to", "pem", "--with-key", "--out", "copy.pem")
    done("convert", "key.pem", "--to", "pfx", "--out", "copy.pfx", MAILGRANT_PASSPHRASE=WORD)

    assert {Path(name).stat().st_mode & 0o777 for name in ("copy.pem", "copy.pfx")} == {0o600}


def test_a_new_passphrase_replaces_the_old_one():
    new("key.pfx", MAILGRANT_PASSPHRASE="the old one")

    done(
        *("convert", "key.pfx", "--to", "pfx", "--out", "again.pfx"),
        *("--new-passphrase-file", "word.txt"),
        MAILGRANT_PASSPHRASE="the old one",
    )

    assert facts("again.pfx", MAILGRANT_PASSPHRASE=WORD)["subject"] == "CN=MyTimetable"
    result = run("inspect", "again.pfx", MAILGRANT_PASSPHRASE="the old one")
    assert "doesn't open" in result.stderr


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (("key.pem", "--to", "der", "--with-key"), "certificate alone"),
        (("key.pem", "--to", "pfx", "--certificate-only"), "for its private key"),
        (("key.pem", "--to", "pem", "--compat"), "about PFX"),
        (("key.pem", "--to", "jks", "--compat", "--passphrase-file", "word.txt"), "about PFX"),
        (("key.pem", "--to", "jks", "--certificate-only"), "for its private key"),
        (("key.pem", "--to", "jks"), "no terminal to ask at"),
        (("key.pem", "--to", "jks", "--alias", "Größe!"), "can't be an alias"),
        (("key.pem", "--to", "pem", "--alias", "a"), "about JKS and PFX"),
        (("public.cer", "--to", "jks", "--passphrase-file", "word.txt"), "no private key"),
        (("public.cer", "--to", "der", "--key", "key.pem"), "certificate alone"),
        (("public.cer", "--to", "pem", "--key", "key.pem", "--certificate-only"), "to be written"),
        (("public.cer", "--to", "pem", "--key", "other.pem"), "belongs to no certificate"),
        (("public.cer", "--to", "pem", "--key", "public.cer"), "holds no private key"),
        (("public.cer", "--to", "pem", "--key", "none"), "can't be read"),
        (("key.pem", "--to", "pfx"), "no terminal to ask at"),
        (("public.cer", "--to", "pfx", "--passphrase-file", "word.txt"), "no private key"),
        (("public.cer", "--to", "pem", "--with-key"), "no private key"),
        (("only.key", "--to", "der"), "no certificate"),
        (("mixed.pem", "--to", "pfx", "--passphrase-file", "word.txt"), "another certificate"),
        (("none", "--to", "der"), "can't be read"),
        (("word.txt", "--to", "der"), "isn't a certificate"),
    ],
)
def test_convert_refuses_in_a_sentence_and_writes_nothing(line, sentence):
    new("key.pem")
    new("other.pem")
    done("convert", "key.pem", "--to", "der", "--out", "public.cer")
    key, frame, rest = Path("key.pem").read_text(encoding="ascii").partition("-----BEGIN CERT")
    other = Path("other.pem").read_text(encoding="ascii").partition("-----BEGIN CERT")[0]
    Path("only.key").write_text(key, encoding="ascii")
    Path("mixed.pem").write_text(other + frame + rest, encoding="ascii")

    error = refused("convert", *line, "--out", "out")

    assert sentence in error.message
    assert isinstance(error, UsageError | AnswerError)
    assert not Path("out").exists()
