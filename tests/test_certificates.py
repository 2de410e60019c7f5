import base64
import json
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from toolkit import certificates
from toolkit.certificates import KeyPair, thumbprint_of
from toolkit.errors import AnswerError

NOW = datetime(2026, 11, 20, 12, 0, 30, 999, tzinfo=UTC)


@cache
def made(days: int = 365) -> KeyPair:
    return certificates.make("MyTimetable-prod", days=days, now=NOW, key_size=2048)


def test_a_made_certificate_is_what_an_app_needs_and_no_more():
    certificate = x509.load_der_x509_certificate(made().certificate.der)

    extensions = certificate.extensions
    assert certificate.subject.rfc4514_string() == "CN=MyTimetable-prod"
    assert certificate.issuer == certificate.subject
    assert extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    usage = extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert not usage.key_cert_sign
    assert list(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [
        ExtendedKeyUsageOID.CLIENT_AUTH
    ]
    assert extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert certificate.version is x509.Version.v3


def test_a_made_certificate_tells_what_openssl_would():
    certificate = made().certificate

    assert certificate.thumbprint == certificate.thumbprint.upper()
    assert len(certificate.thumbprint) == 40
    assert len(certificate.sha256) == 64
    assert (certificate.key_kind, certificate.key_size) == ("RSA", 2048)
    assert certificate.signature_hash == "sha256"
    assert certificate.self_signed
    assert certificate.subject == certificate.issuer == "CN=MyTimetable-prod"


def test_the_whole_life_is_the_days_asked_for_and_begins_five_minutes_back():
    certificate = made().certificate

    assert certificate.not_before == NOW.replace(microsecond=0) - timedelta(minutes=5)
    assert certificate.not_after - certificate.not_before == timedelta(days=365)
    assert certificate.days_left(NOW) == 364
    assert certificate.days_left(certificate.not_after) == 0
    assert certificate.days_left(certificate.not_after + timedelta(seconds=1)) == -1


def test_local_time_is_turned_into_utc():
    local = NOW.astimezone(tz=None)

    certificate = certificates.make("x", days=1, now=local, key_size=2048).certificate

    assert certificate.not_before == NOW.replace(microsecond=0) - timedelta(minutes=5)


def test_keys_are_of_3072_bits_unless_said_otherwise():
    assert certificates.make("x", days=1, now=NOW).certificate.key_size == 3072


def test_no_two_keys_are_the_same():
    assert certificates.make("x", days=1, now=NOW, key_size=2048) != made()


def test_the_private_key_belongs_to_the_certificate_and_shows_itself_nowhere():
    pair = made()

    key = serialization.load_pem_private_key(pair.private_key.reveal_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    certificate = x509.load_pem_x509_certificate(pair.certificate.pem)
    signed = key.sign(b"data", padding.PKCS1v15(), hashes.SHA256())
    certificate.public_key().verify(signed, b"data", padding.PKCS1v15(), hashes.SHA256())  # type: ignore[union-attr,call-arg,arg-type]
    assert "PRIVATE" not in repr(pair)
    with pytest.raises(TypeError):
        json.dumps(vars(pair), default=dict)


@pytest.mark.parametrize(
    "wish",
    [
        {"name": ""},
        {"name": "x" * 65},
        {"name": "ü" * 33},
        {"name": "two\nlines"},
        {"name": " x"},
        {"days": 0},
        {"days": 3651},
        {"key_size": 1024},
        {"key_size": 3000},
    ],
)
def test_wishes_that_make_no_sense_are_refused_with_a_remedy(wish):
    wishes = {"name": "x", "days": 1, "key_size": 2048} | wish

    with pytest.raises(AnswerError) as refusal:
        certificates.make(now=NOW, **wishes)

    assert refusal.value.fix


# ---- thumbprints ----

THUMBPRINT = made().certificate.thumbprint
RAW = bytes.fromhex(THUMBPRINT)


@pytest.mark.parametrize(
    "identifier",
    [
        THUMBPRINT,
        THUMBPRINT.lower(),
        f" {THUMBPRINT}\n",
        base64.b64encode(RAW).decode(),
        base64.urlsafe_b64encode(RAW).decode().rstrip("="),
        base64.b64encode(THUMBPRINT.encode()).decode(),
        base64.b64encode(THUMBPRINT.lower().encode()).decode(),
    ],
    ids=["hex", "small", "spaces", "base64", "base64url", "hex-base64", "small-base64"],
)
def test_every_spelling_of_a_thumbprint_comes_out_the_same(identifier):
    assert thumbprint_of(identifier) == THUMBPRINT


def test_both_letters_of_base64url_are_understood():
    data = bytes.fromhex("fbffbf" * 6 + "fbff")

    assert thumbprint_of(base64.urlsafe_b64encode(data).decode()) == data.hex().upper()
    assert thumbprint_of(base64.b64encode(data).decode()) == data.hex().upper()


@pytest.mark.parametrize("identifier", ["", "x", "my key", "ö", "AAAA", "f" * 39, "f" * 41])
def test_an_identifier_of_another_kind_is_no_thumbprint(identifier):
    assert thumbprint_of(identifier) == ""


def test_azure_identity_signs_in_with_a_made_pair_and_with_the_thumbprint_we_say():
    from azure.identity import CertificateCredential

    credential = CertificateCredential(
        "contoso.example", "client", certificate_data=made().pem.reveal_bytes()
    )

    signs_with = credential._client_credential
    assert isinstance(signs_with, dict)
    assert signs_with["thumbprint"].upper() == THUMBPRINT
