import base64
import subprocess
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs7,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from toolkit import certificates
from toolkit.errors import AnswerError
from toolkit.secret import Secret

NOW = datetime(2026, 11, 20, 12, 0, 30, 999, tzinfo=UTC)
VENDOR = "vendor.cer"


@cache
def rsa_key(size: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=size)


def issue(  # an authority's or a vendor's certificate, as strange as asked for
    key=None, *, name="vendor", issuer=None, signer=None, start=NOW, days=90, signed=None, ca=False
) -> x509.Certificate:
    key = key or rsa_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer or name)]))
        .public_key(key.public_key())
        .serial_number(0xABCDEF)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    ed = isinstance(key, ed25519.Ed25519PrivateKey)
    return builder.sign(signer or key, None if ed else signed or hashes.SHA256())


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def private(key=None, encoding=Encoding.PEM, form=PrivateFormat.PKCS8, lock=None) -> bytes:
    return (key or rsa_key()).private_bytes(encoding, form, lock or NoEncryption())


def public(encoding: Encoding) -> bytes:
    return rsa_key().public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)


def request() -> x509.CertificateSigningRequest:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "asked")])
    return (
        x509.CertificateSigningRequestBuilder().subject_name(name).sign(rsa_key(), hashes.SHA256())
    )


GOOD = {
    "PEM": pem,
    "DER": der,
    "PEM with text around": lambda one: b"Bag Attributes\n  x: 1\n" + pem(one) + b"\nbye\n",
    "PEM with Windows line ends": lambda one: pem(one).replace(b"\n", b"\r\n"),
    "PEM in UTF-16": lambda one: pem(one).decode().encode("utf-16"),
    "PEM after a mark": lambda one: b"\xef\xbb\xbf" + pem(one),
    "base64 without a frame": lambda one: base64.encodebytes(der(one)),
    "the same twice": lambda one: pem(one) * 2,
}


@pytest.mark.parametrize("written", GOOD.values(), ids=GOOD)
def test_a_good_certificate_is_read_however_it_was_written(written):
    certificate = certificates.read(written(issue()), VENDOR, now=NOW)

    assert certificate.subject == "CN=vendor"
    assert certificate.serial == "ABCDEF"
    assert certificate.thumbprint == issue().fingerprint(hashes.SHA1()).hex().upper()
    assert certificate.der == der(issue())
    assert certificate.pem == pem(issue())
    assert certificate.warnings == ()


def chain() -> list[x509.Certificate]:
    root = issue(name="root", ca=True)
    leaf = issue(rsa_key(2056), name="leaf", issuer="root", signer=rsa_key())
    return [root, leaf]


@pytest.mark.parametrize("order", [1, -1])
def test_of_a_chain_the_leaf_is_read_and_that_is_said(order):
    certificate = certificates.read(b"".join(map(pem, chain()[::order])), VENDOR, now=NOW)

    assert certificate.subject == "CN=leaf"
    assert certificate.issuer == "CN=root"
    assert not certificate.self_signed
    assert certificate.warnings == ("vendor.cer holds 2 certificates; the one for CN=leaf is used",)


def test_an_issuer_of_the_same_name_with_another_key_is_no_issuer():
    impostor = issue(rsa_key(2064), name="root", ca=True)

    with pytest.raises(AnswerError, match="2 certificates that don't belong"):
        certificates.read(pem(impostor) + pem(chain()[1]), VENDOR, now=NOW)


def pfx(password: bytes | None) -> bytes:
    lock = BestAvailableEncryption(password) if password else NoEncryption()
    return pkcs12.serialize_key_and_certificates(b"x", rsa_key(), issue(), None, lock)


LOCK = BestAvailableEncryption(b"passphrase")
EC_KEY = ec.generate_private_key(ec.SECP256R1())
BAD = {
    "empty": (b"", "is empty"),
    "white": (b" \r\n\t", "is empty"),
    "UTF-16 mark only": (b"\xff\xfe", "is empty"),
    "key PEM": (private(), "private key"),
    "key with its certificate": (pem(issue()) + private(), "private key"),
    "key PKCS #1": (private(form=PrivateFormat.TraditionalOpenSSL), "private key"),
    "key DER": (private(encoding=Encoding.DER), "private key"),
    "key PKCS #1 DER": (
        private(None, Encoding.DER, PrivateFormat.TraditionalOpenSSL),
        "private key",
    ),
    "key encrypted": (private(lock=LOCK), "private key"),
    "key encrypted DER": (private(encoding=Encoding.DER, lock=LOCK), "private key"),
    "key OpenSSH": (private(form=PrivateFormat.OpenSSH), "private key"),
    "key EC": (private(EC_KEY, form=PrivateFormat.TraditionalOpenSSL), "private key"),
    "key EC DER": (private(EC_KEY, Encoding.DER, PrivateFormat.TraditionalOpenSSL), "private key"),
    "key PuTTY": (b"PuTTY-User-Key-File-3: ssh-rsa\n", "private key"),
    "key in UTF-16": (private().decode().encode("utf-16"), "private key"),
    "PFX": (pfx(b"passphrase"), "PFX"),
    "PFX open": (pfx(None), "PFX"),
    "P7B": (pkcs7.serialize_certificates([issue()], Encoding.DER), "PKCS #7"),
    "P7B PEM": (pkcs7.serialize_certificates([issue()], Encoding.PEM), "PKCS #7"),
    "CSR": (request().public_bytes(Encoding.PEM), "request"),
    "CSR DER": (request().public_bytes(Encoding.DER), "request"),
    "public key": (public(Encoding.PEM), "bare public key"),
    "public key DER": (public(Encoding.DER), "bare public key"),
    "JKS": (bytes.fromhex("feedfeed00000002"), "Java key store"),
    "junk": (b"hello", "isn't a certificate"),
    "HTML": (b"<html>Sign in</html>", "isn't a certificate"),
    "ASN.1 junk": (b"\x30\x03\x02\x01\x07", "isn't a certificate"),
    "one byte": (b"\x30", "isn't a certificate"),
    "cut DER": (der(issue())[:-9], "isn't a certificate"),
    "cut PEM": (pem(issue())[:-40], "damaged"),
    "no base64": (b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n", "damaged"),
    "too big": (b"x" * 1_000_001, "isn't a certificate"),
    "other PEM": (b"-----BEGIN X509 CRL-----\nAA==\n-----END X509 CRL-----", "isn't a certificate"),
    "EC": (pem(issue(EC_KEY)), "no RSA key [(]EC[)]"),
    "Ed25519": (pem(issue(ed25519.Ed25519PrivateKey.generate())), "no RSA key [(]Ed25519[)]"),
    "DSA": (pem(issue(dsa.generate_private_key(2048))), "no RSA key [(]DSA[)]"),
    "short": (pem(issue(rsa_key(1024))), "1024 bits"),
    "expired": (pem(issue(start=NOW - timedelta(days=91))), "ended on 2026-11-19"),
    "early": (pem(issue(start=NOW + timedelta(hours=1))), "valid from 2026-11-20 13:00 UTC"),
    "two of a kind": (pem(issue()) + pem(issue(rsa_key(2072))), "don't belong to one chain"),
}


@pytest.mark.parametrize(("data", "sentence"), BAD.values(), ids=BAD)
def test_what_will_not_do_is_refused_in_a_sentence_with_a_remedy(data, sentence):
    with pytest.raises(AnswerError, match=sentence) as refusal:
        certificates.read(data, VENDOR, now=NOW)

    assert refusal.value.message.startswith(VENDOR)
    assert refusal.value.message.endswith(".")
    assert refusal.value.fix
    assert "MII" not in refusal.value.message


def test_a_million_bytes_of_broken_frames_are_refused_in_no_time():
    data = b"-----BEGIN CERTIFICATE-----\n" * 35_000

    started = datetime.now(UTC)
    with pytest.raises(AnswerError):
        certificates.read(data, VENDOR, now=NOW)

    assert datetime.now(UTC) - started < timedelta(seconds=5)


def test_a_name_can_not_move_the_cursor_of_a_terminal():
    certificate = certificates.read(pem(issue(name="x\x1b[2J\u202ey")), VENDOR, now=NOW)

    assert certificate.subject == "CN=x\\x1b[2J\\x202ey"


def test_a_weak_signature_is_read_and_warned_of(tmp_path):
    openssl_can(
        tmp_path, "req -x509 -newkey rsa:2048 -nodes -sha1 -days 9 -subj /CN=old -keyout k -out c"
    )

    certificate = certificates.read(
        (tmp_path / "c").read_bytes(), VENDOR, now=datetime.now(UTC) + timedelta(minutes=1)
    )

    assert certificate.signature_hash == "sha1"
    assert certificate.warnings == (
        "is signed with sha1, which is broken; Entra doesn't look at it",
    )


def openssl_can(folder, line: str) -> None:
    try:
        done = subprocess.run(
            ["openssl", *line.split()], cwd=folder, capture_output=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("no openssl on this computer to make such a certificate with")
    if done.returncode:
        pytest.skip("this openssl refuses to make such a certificate")


def test_the_computer_s_clock_judges_when_no_other_is_given():
    with pytest.raises(AnswerError, match="ended on 2020-01-11"):
        certificates.read(pem(issue(start=datetime(2020, 1, 1, tzinfo=UTC), days=10)), VENDOR)


# ---- inspect: any file ----


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    "written",
    [
        lambda held: b"".join(map(pem, held)),
        lambda held: private(lock=LOCK) + b"".join(map(pem, held)),
        lambda held: pkcs7.serialize_certificates(held, Encoding.DER),
        lambda held: pkcs7.serialize_certificates(held, Encoding.PEM),
    ],
    ids=["PEM", "PEM with a locked key", "P7B", "P7B PEM"],
)
def test_everything_in_a_file_is_listed_with_the_leaf_first(written, order):
    found = certificates.inspect(written(chain()[::order]))

    assert [one.subject for one in found] == ["CN=leaf", "CN=root"]


def test_a_pfx_is_inspected_with_its_passphrase_only():
    assert certificates.inspect(pfx(b"passphrase"), Secret("passphrase"))[0].subject == "CN=vendor"
    assert certificates.inspect(pfx(None))[0].subject == "CN=vendor"
    with pytest.raises(AnswerError, match="needs a passphrase"):
        certificates.inspect(pfx(b"passphrase"))
    with pytest.raises(AnswerError, match="passphrase doesn't open"):
        certificates.inspect(pfx(b"passphrase"), Secret("Passphrase"))


def test_a_key_alone_is_told_apart_from_a_damaged_file():
    with pytest.raises(AnswerError, match="private key and no certificate"):
        certificates.inspect(private())
    with pytest.raises(AnswerError, match="damaged"):
        certificates.inspect(pem(issue())[:-40])
