"""Java and OpenSSL open the key stores written here, and find the same key in them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from toolkit import keystores
from toolkit.cli.certificates import certificates
from toolkit.secret import Secret

WORD = "Korrekt Pferd 9"
UMLAUTS = "Grüße 9 über"
FORMS = {"jks": (), "pfx": (), "compat": ("--compat",)}
needs_keytool = pytest.mark.skipif(
    shutil.which("keytool") is None,
    reason="no keytool of Java on this computer to cross-check with",
)
needs_openssl = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="no openssl on this computer to cross-check with"
)


@pytest.fixture(params=FORMS)
def form(request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make a key as PEM, and a store of it in one of the forms."""
    tmp_path.chmod(0o700)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAILGRANT_PASSPHRASE", WORD)
    for file, word in (("word", WORD), ("umlauts", UMLAUTS)):
        Path(file).write_text(f"{word}\n", encoding="utf-8")
    run("new", "MyTimetable-prod", "--key-size", "2048", "--out", "key.pem")
    to = "jks" if request.param == "jks" else "pfx"
    run("convert", "key.pem", "--to", to, "--out", "store", *FORMS[request.param])
    return str(request.param)


def run(*line: str) -> str:
    result = CliRunner().invoke(certificates, line)
    assert result.exit_code == 0, result.output or result.exception
    return result.stderr


def program(*line: str) -> str:
    """Run a program that takes passphrases from files and variables alone."""
    assert not [word for word in line if WORD in word or UMLAUTS in word]
    environment = os.environ | {"WORD": WORD, "LC_ALL": "C.UTF-8"}
    ran = subprocess.run(line, capture_output=True, encoding="utf-8", check=False, env=environment)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout + ran.stderr


def keytool(*line: str) -> str:
    """Run keytool, which reads a file's passphrase as the locale says before Java 18."""
    return program("keytool", "-J-Dfile.encoding=UTF-8", *line)


def plain(key: object) -> bytes:
    assert isinstance(key, keystores.Key)
    return key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def ours() -> bytes:
    data = Path("key.pem").read_bytes()
    return plain(keystores.open_file(data, name="it", passphrase=Secret(WORD)).key)


@needs_keytool
def test_keytool_reads_it_and_the_private_key_comes_back_equal(form):
    told = keytool("-list", "-v", "-keystore", "store", "-storepass:file", "word")
    assert "Alias name: mytimetable-prod\n" in told
    assert "Entry type: PrivateKeyEntry" in told

    keytool(
        *("-importkeystore", "-srckeystore", "store", "-srcstorepass:file", "word"),
        *("-destkeystore", "java.p12", "-deststoretype", "PKCS12", "-deststorepass:file", "word"),
    )

    made = pkcs12.load_pkcs12(Path("java.p12").read_bytes(), WORD.encode())
    assert plain(made.key) == ours()
    assert made.cert is not None
    assert made.cert.certificate.subject.rfc4514_string() == "CN=MyTimetable-prod"


@needs_keytool
def test_keytools_own_jks_is_read_here_and_the_private_key_is_equal(form):
    keytool(
        *("-importkeystore", "-srckeystore", "store", "-srcstorepass:file", "word"),
        *("-destkeystore", "java.jks", "-deststoretype", "JKS", "-deststorepass:file", "word"),
    )

    run("convert", "java.jks", "--to", "pem", "--with-key", "--out", "back.pem")

    back = keystores.open_file(Path("back.pem").read_bytes(), name="it").key
    assert plain(back) == ours()


@needs_openssl
def test_openssl_reads_both_kinds_of_pfx_and_the_private_key_is_equal(form):
    if form == "jks":
        pytest.skip("openssl reads no JKS")

    program("openssl", "pkcs12", "-in", "store", "-passin", "env:WORD", "-nodes", "-out", "all.pem")

    opened = keystores.open_file(Path("all.pem").read_bytes(), name="it")
    assert plain(opened.key) == ours()
    assert len(opened.certificates) == 1


@needs_keytool
def test_umlauts_in_a_passphrase_open_a_jks_in_java_and_no_pfx_as_is_said(form):
    to = "jks" if form == "jks" else "pfx"
    line = ("convert", "key.pem", "--to", to, "--new-passphrase-file", "umlauts")

    told = run(*line, "--out", "other", *FORMS[form])

    look = ("-list", "-keystore", "other", "-storepass:file", "umlauts")
    if form == "jks":
        assert "PrivateKeyEntry" in keytool(*look)
        assert "beyond ASCII" not in told
    else:
        with pytest.raises(AssertionError, match="password was incorrect"):
            keytool(*look)
        assert "Java opens no PFX whose passphrase has letters beyond ASCII" in told
