"""A request for a company's authority goes out, and what it sends back comes to its key."""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from toolkit import keystores
from toolkit.cli.certificates import certificates
from toolkit.errors import HomeError, MailgrantError, UsageError
from toolkit.secret import Secret

WORD = "Korrekt-Pferd-9"
NOW = datetime.now(UTC)
ROOT = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ROOT_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Northbridge CA")])
only_posix = pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    tmp_path.chmod(0o700)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MAILGRANT_PASSPHRASE", raising=False)


def run(*line: str, **variables: str) -> Result:
    return CliRunner().invoke(certificates, line, env=variables)


def done(*line: str, **variables: str) -> Result:
    result = run(*line, **variables)
    assert result.exit_code == 0, result.output or result.exception
    return result


def refused(*line: str) -> MailgrantError:
    error = run(*line).exception
    assert isinstance(error, MailgrantError), error
    assert error.fix
    return error


def ask(*more: str, out: str = "it.csr", **variables: str) -> Result:
    line = ("new", "MyTimetable-prod", "--csr", "--key-size", "2048", "--out", out)
    return done(*line, *more, **variables)


def certified(name: x509.Name, public: object, *, authority: bool) -> x509.Certificate:
    assert isinstance(public, rsa.RSAPublicKey)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(ROOT_NAME)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=300))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .sign(ROOT, hashes.SHA256())
    )


def answer() -> list[x509.Certificate]:
    """Answer the request as an authority does, its own certificate first, as Windows may."""
    request = x509.load_pem_x509_csr(Path("it.csr").read_bytes())
    assert request.is_signature_valid
    return [
        certified(ROOT_NAME, ROOT.public_key(), authority=True),
        certified(request.subject, request.public_key(), authority=False),
    ]


ANSWERS = {
    "p7b": lambda held: pkcs7.serialize_certificates(held, Encoding.DER),
    "p7b as text": lambda held: pkcs7.serialize_certificates(held, Encoding.PEM),
    "pem": lambda held: b"".join(one.public_bytes(Encoding.PEM) for one in held),
    "der": lambda held: held[1].public_bytes(Encoding.DER),
}


def test_a_request_names_what_an_application_needs_and_is_signed_by_its_key():
    ask()

    request = x509.load_pem_x509_csr(Path("it.csr").read_bytes())
    key = serialization.load_pem_private_key(Path("it.key").read_bytes(), None)
    assert request.is_signature_valid
    assert request.subject.rfc4514_string() == "CN=MyTimetable-prod"
    assert request.public_key() == key.public_key()
    usage = request.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_its_key_has_3072_bits_unless_said_otherwise():
    done("new", "x", "--csr", "--out", "it.csr")

    request = x509.load_pem_x509_csr(Path("it.csr").read_bytes())
    public = request.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    assert public.key_size == 3072


@only_posix
def test_its_key_is_for_its_owner_only_and_the_request_for_anybody():
    ask("--key-out", "elsewhere.pem")

    assert Path("elsewhere.pem").stat().st_mode & 0o777 == 0o600
    assert b"PRIVATE" not in Path("it.csr").read_bytes()


def test_the_files_are_told_as_data_and_the_way_back_in_words():
    result = ask("--json")

    assert json.loads(result.stdout) == {"request": "it.csr", "key": "it.key"}
    assert 'convert ANSWER.p7b --key "it.key" --to pfx' in result.stderr


@pytest.mark.parametrize("form", ANSWERS)
@pytest.mark.parametrize("to", ["pem", "pfx", "jks"])
def test_the_answer_comes_to_its_key_with_its_chain(form, to):
    ask()
    held = answer()
    Path("answer").write_bytes(ANSWERS[form](held))

    line = ("convert", "answer", "--key", "it.key", "--to", to, "--out", "whole")
    done(*line, MAILGRANT_PASSPHRASE=WORD)

    word = None if to == "pem" else Secret(WORD)
    opened = keystores.open_file(Path("whole").read_bytes(), name="it", passphrase=word)
    assert opened.certificates == tuple(reversed(held))[: 1 if form == "der" else 2]
    assert opened.key is not None
    assert opened.key.public_key() == held[1].public_key()


def test_a_key_that_was_made_with_a_passphrase_is_opened_by_it():
    ask(MAILGRANT_PASSPHRASE=WORD)
    Path("answer").write_bytes(ANSWERS["p7b"](answer()))
    line = ("convert", "answer", "--key", "it.key", "--to", "pfx", "--out", "whole.pfx")

    assert b"ENCRYPTED" in Path("it.key").read_bytes()
    assert "no terminal" in refused(*line).message
    done(*line, MAILGRANT_PASSPHRASE=WORD)


def test_the_answer_to_another_request_is_refused():
    ask()
    Path("answer").write_bytes(ANSWERS["p7b"](answer()))
    ask("--key-out", "other.key", out="other.csr")

    error = refused("convert", "answer", "--key", "other.key", "--to", "pem", "--out", "whole")

    assert "belongs to no certificate in answer" in error.message
    assert not Path("whole").exists()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (("--days", "365"), "said by the authority"),
        (("--pfx",), "isn't a key store"),
        (("--compat",), "isn't a key store"),
        (("--alias", "a"), "isn't a key store"),
        (("--key-out", "it.csr"), "can't be one file"),
        (("--key-out", "there.key"), "already there"),
        (("--key-size", "1024"), "1024 bits"),
    ],
)
def test_a_request_is_refused_in_a_sentence_before_anything_is_written(line, sentence):
    Path("there.key").write_bytes(b"mine")

    error = refused("new", "x", "--csr", "--out", "it.csr", *line)

    assert sentence in error.message
    assert isinstance(error, UsageError)
    assert sorted(path.name for path in Path().iterdir()) == ["there.key"]


def test_neither_request_nor_key_is_overwritten_unless_forced():
    ask()
    before = Path("it.key").read_bytes()

    assert "it.csr is already there" in refused("new", "x", "--csr", "--out", "it.csr").message
    Path("it.csr").unlink()
    assert "it.key is already there" in refused("new", "x", "--csr", "--out", "it.csr").message
    assert Path("it.key").read_bytes() == before

    ask("--force")
    assert Path("it.key").read_bytes() != before


def test_a_folder_that_is_not_there_is_told_in_a_sentence():
    error = refused("new", "x", "--csr", "--key-size", "2048", "--out", "nowhere/it.csr")

    assert isinstance(error, HomeError)
    assert "no such file or folder" in error.message
