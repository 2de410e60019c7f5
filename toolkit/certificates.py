"""Certificates an application signs in with: made, read, judged and converted; no network."""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from toolkit import keystores
from toolkit.clock import SystemClock
from toolkit.errors import AnswerError
from toolkit.keyfiles import UNREADABLE, Kind, kind_of, refusal
from toolkit.secret import Secret

LONGEST_NAME = 64  # of a common name; source: RFC 5280, ub-common-name
KEY_SIZES = (2048, 3072, 4096)
SMALLEST_KEY = 2048
MOST_DAYS = 3650
BACKDATED = timedelta(minutes=5)  # for clocks that run behind ours
WEAK_HASHES = ("md2", "md4", "md5", "sha1")
SHA1_BYTES = 20
STANDARD = str.maketrans("-_", "+/")
THUMBPRINT = re.compile(r"[0-9A-Fa-f]{40}")

# Kinds of files that can't be what a vendor sends.
NOT_PUBLIC = UNREADABLE | {
    Kind.KEY: (
        "{name} is or holds a private key.",
        "Ask for the certificate (.cer) alone, and of a new key: a private key is never sent.",
    ),
    Kind.PFX: (
        "{name} is a PFX file, which holds a private key; only the public part is wanted here.",
        'Ask for the .cer, or: mailgrant certificates convert "{name}" --to der --out PUBLIC.cer',
    ),
    Kind.JKS: (
        "{name} is a Java key store, which may hold a private key; only the public part is wanted here.",
        'Ask for the .cer, or: mailgrant certificates convert "{name}" --to der --out PUBLIC.cer',
    ),
    Kind.PKCS7: (
        "{name} is a PKCS #7 file (.p7b), which Entra doesn't take.",
        'Take it out: mailgrant certificates convert "{name}" --to der --out PUBLIC.cer',
    ),
}


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """A certificate, without its private key.

    `thumbprint` is SHA-1 in upper-case hex, as Entra and Windows show it; `sha256` likewise.
    """

    pem: bytes
    der: bytes
    thumbprint: str
    sha256: str
    subject: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    key_kind: str
    key_size: int
    signature_hash: str
    self_signed: bool
    warnings: tuple[str, ...] = ()

    def days_left(self, now: datetime) -> int:
        """Count the whole days until it ends; negative when it is over."""
        return (self.not_after - now).days


@dataclass(frozen=True, kw_only=True)
class KeyPair:
    """A certificate and its private key, as unencrypted PEM (PKCS #8)."""

    certificate: Certificate
    private_key: Secret

    @property
    def pem(self) -> Secret:
        """Both in one text, as azure-identity takes them and the keep holds them."""
        return Secret(self.private_key.reveal_bytes() + self.certificate.pem)


@dataclass(frozen=True, kw_only=True)
class Flaw:
    """A reason why a certificate is refused, or only warned of."""

    found: Callable[[Certificate, datetime], bool]
    sentence: str
    fix: str
    refused: bool = True


FLAWS = (
    Flaw(
        found=lambda one, _: one.key_kind != "RSA",
        sentence="has no RSA key ({one.key_kind}); Microsoft's libraries sign in with RSA only",
        fix="Ask for a certificate with an RSA key of 2048 bits or more.",
    ),
    Flaw(
        found=lambda one, _: one.key_kind == "RSA" and one.key_size < SMALLEST_KEY,
        sentence="has a key of {one.key_size} bits; less than 2048 is too weak",
        fix="Ask for a certificate with an RSA key of 2048 bits or more.",
    ),
    Flaw(
        found=lambda one, now: one.not_after < now,
        sentence="ended on {one.not_after:%Y-%m-%d}",
        fix="Ask for a new certificate.",
    ),
    Flaw(
        found=lambda one, now: one.not_before > now,
        sentence="is valid from {one.not_before:%Y-%m-%d %H:%M} UTC only",
        fix="Check this computer's clock, wait, or ask for another certificate.",
    ),
    Flaw(
        found=lambda one, _: one.signature_hash in WEAK_HASHES,
        sentence="is signed with {one.signature_hash}, which is broken; Entra doesn't look at it",
        fix="",
        refused=False,
    ),
)

# What the certificate of an application is for: signing, as a client, and nothing else.
SIGNS_IN: tuple[tuple[x509.ExtensionType, bool], ...] = (
    (x509.BasicConstraints(ca=False, path_length=None), True),
    (x509.KeyUsage(True, *[False] * 8), True),  # digitalSignature stands first
    (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False),
)


def make(name: str, *, days: int, now: datetime, key_size: int = 3072) -> KeyPair:
    """Make a self-signed certificate whose whole life is `days`; `now` is protocol time.

    The life counts from `not_before`, because a tenant's policy (asymmetricKeyLifetime) measures
    it from there.
    """
    check_wishes(name, key_size=key_size, days=days)
    key = rsa.generate_private_key(public_exponent=65537, key_size=key_size)
    start = now.astimezone(UTC).replace(microsecond=0) - BACKDATED
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    for extension, critical in SIGNS_IN:
        builder = builder.add_extension(extension, critical=critical)
    certificate = builder.sign(key, hashes.SHA256())
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return KeyPair(certificate=_describe(certificate), private_key=Secret(pem))


def read(data: bytes, name: str, *, now: datetime | None = None) -> Certificate:
    """Read the certificate that a vendor sent, or refuse it in a sentence.

    `now` is protocol time: the computer's, unless given.
    RSA only: azure-identity signs assertions with RS256 and refuses other keys
    (azure-identity 1.27, CertificateCredential).
    """
    now = now or SystemClock().now()
    kind = kind_of(data)
    if kind in NOT_PUBLIC:
        raise refusal(NOT_PUBLIC, kind, name)
    held = keystores.open_file(data, name=name).certificates
    if len(keystores.leaves(held)) > 1:
        raise AnswerError(
            f"{name} holds {len(held)} certificates that don't belong to one chain.",
            fix="Put the one that the application signs in with into a file by itself.",
        )
    certificate = _described(held[0], name)
    for flaw in FLAWS:
        if flaw.refused and flaw.found(certificate, now):
            raise AnswerError(f"{name} {flaw.sentence.format(one=certificate)}.", fix=flaw.fix)
    chain = f"{name} holds {len(held)} certificates; the one for {certificate.subject} is used"
    said = (chain,) if len(held) > 1 else ()
    return replace(certificate, warnings=said + flaws_of(certificate, now))


def inspect(
    data: bytes, passphrase: Secret | None = None, *, name: str = "The file"
) -> list[Certificate]:
    """List the certificates of any file there is, the leaf first; private keys stay closed."""
    held = keystores.open_file(data, name=name, passphrase=passphrase, with_key=False).certificates
    if not held:
        raise AnswerError(
            f"{name} holds a private key and no certificate.",
            fix="Name the certificate's file. Keep this one to yourself.",
        )
    return [_described(one, name) for one in held]


def flaws_of(certificate: Certificate, now: datetime) -> tuple[str, ...]:
    """List what is wrong with a certificate, each as the end of a sentence."""
    return tuple(
        flaw.sentence.format(one=certificate) for flaw in FLAWS if flaw.found(certificate, now)
    )


def thumbprint_of(custom_key_identifier: str) -> str:
    """Turn Entra's customKeyIdentifier into an upper-case thumbprint; empty when it is none.

    The service answers it as 40 hex digits or as base64 of the SHA-1 bytes, and some tools store
    base64 of the hex digits. Other people's keys may carry anything at all.
    """
    text = custom_key_identifier.strip()
    if THUMBPRINT.fullmatch(text):
        return text.upper()
    padded = (text + "=" * (-len(text) % 4)).translate(STANDARD)
    try:
        data = base64.b64decode(padded, validate=True)
    except (binascii.Error, ValueError):
        return ""
    digits = data.hex() if len(data) == SHA1_BYTES else data.decode("ascii", "replace")
    return digits.upper() if THUMBPRINT.fullmatch(digits) else ""


def check_wishes(name: str, *, key_size: int, days: int = MOST_DAYS) -> None:
    """Refuse what can't be the name, the key or the life of a certificate."""
    length = len(name.encode(errors="replace"))  # cryptography counts bytes
    if not 1 <= length <= LONGEST_NAME or not name.isprintable() or name != name.strip():
        raise AnswerError(
            f"A certificate can't be named {name!r}.",
            fix="Give a name of 1 to 64 printable characters; those beyond a-z count twice or more.",
        )
    if not 1 <= days <= MOST_DAYS:
        raise AnswerError(
            f"A certificate can't last {days} days here.",
            fix=f"Give 1 to {MOST_DAYS} days; 365 is what most tenants allow.",
        )
    if key_size not in KEY_SIZES:
        raise AnswerError(
            f"A key of {key_size} bits isn't made here.", fix="Take 2048, 3072 or 4096."
        )


def _described(certificate: x509.Certificate, name: str) -> Certificate:
    try:
        return _describe(certificate)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise AnswerError(
            f"{name} holds a certificate that breaks the rules for certificates.",
            fix="Ask for a new certificate.",
        ) from error


def _describe(certificate: x509.Certificate) -> Certificate:
    kind, size = _key_of(certificate)
    signed_with = certificate.signature_hash_algorithm
    issuer, subject = _text(certificate.issuer), _text(certificate.subject)
    return Certificate(
        pem=certificate.public_bytes(serialization.Encoding.PEM),
        der=certificate.public_bytes(serialization.Encoding.DER),
        thumbprint=certificate.fingerprint(hashes.SHA1()).hex().upper(),  # noqa: S303  its name
        sha256=certificate.fingerprint(hashes.SHA256()).hex().upper(),
        subject=subject,
        issuer=issuer,
        serial=f"{certificate.serial_number:X}",
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        key_kind=kind,
        key_size=size,
        signature_hash=signed_with.name if signed_with else "",
        self_signed=keystores.issued(certificate, certificate),
    )


def _key_of(certificate: x509.Certificate) -> tuple[str, int]:
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return "unknown", 0
    kind = type(key).__name__.removesuffix("PublicKey")
    return {"EllipticCurve": "EC"}.get(kind, kind), getattr(key, "key_size", 0)


def _text(name: x509.Name) -> str:
    """Write a name so that it can't move the cursor: who made the certificate chose it."""
    text = name.rfc4514_string()
    return "".join(one if one.isprintable() else f"\\x{ord(one):02x}" for one in text)
