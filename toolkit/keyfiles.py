"""Tells what a certificate or key file is by its bytes, and why it won't do."""

import base64
import binascii
import codecs
import re
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from toolkit.errors import AnswerError

LARGEST = 1_000_000
PEM_LABEL = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----")
PEM_REST = rb"-----(?:(?!-----).)*-----END \1-----"
PEM_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)" + PEM_REST, re.DOTALL)
PEM_BLOCK_OF_KEY = re.compile(rb"-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)" + PEM_REST, re.DOTALL)
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Kind(StrEnum):
    """What a file is."""

    CERTIFICATE = "certificate"
    KEY = "private key"
    PFX = "PFX"
    PKCS7 = "PKCS #7"
    REQUEST = "certificate request"
    PUBLIC_KEY = "public key"
    JKS = "Java key store"
    JCEKS = "Java key store of the kind JCEKS"
    BKS = "key store of Bouncy Castle"
    NOTHING = "nothing"
    JUNK = "junk"


# The more dangerous first: one private key makes the whole file one.
LABELS = (
    (b"PRIVATE KEY", Kind.KEY),
    (b"CERTIFICATE", Kind.CERTIFICATE),
    (b"PKCS7", Kind.PKCS7),
    (b"CMS", Kind.PKCS7),
    (b"CERTIFICATE REQUEST", Kind.REQUEST),
    (b"PUBLIC KEY", Kind.PUBLIC_KEY),
)
# How the contents of the outermost ASN.1 sequence begin. Source: RFC 5208, 5652, 5915, 7292, 8017.
BEGINNINGS = (
    (bytes.fromhex("020103"), Kind.PFX),
    (bytes.fromhex("020100"), Kind.KEY),
    (bytes.fromhex("020101"), Kind.KEY),
    (bytes.fromhex("06092a864886f70d010702"), Kind.PKCS7),
)
ENCRYPTED_KEY = (bytes.fromhex("06092a864886f70d0105"), bytes.fromhex("060a2a864886f70d010c01"))
# How key stores of Java begin; Bouncy Castle's by version and the length of its salt. Source:
# github.com/openjdk/jdk, JavaKeyStore.java and JceKeyStore.java; github.com/bcgit/bc-java, BcKeyStoreSpi.java.
STARTS = (
    (bytes.fromhex("feedfeed"), Kind.JKS),
    (bytes.fromhex("cececece"), Kind.JCEKS),
    (bytes.fromhex("0000000100000014"), Kind.BKS),
    (bytes.fromhex("0000000200000014"), Kind.BKS),
)

UNREADABLE = {
    Kind.NOTHING: ("{name} is empty.", "Ask for the file again, or check how it was saved."),
    Kind.JCEKS: (
        "{name} is a Java key store of the kind JCEKS, which isn't read here.",
        "Make a .p12 of it: keytool -importkeystore -srckeystore {name} -srcstoretype JCEKS -destkeystore ONE.p12 -deststoretype PKCS12",
    ),
    Kind.BKS: (
        "{name} is a key store of Bouncy Castle (BKS or UBER), which isn't read here.",
        "Have whoever made it export a .p12.",
    ),
    Kind.REQUEST: (
        "{name} is a request for a certificate (CSR), not yet a certificate.",
        "Have it signed by a certification authority and use what that sends back.",
    ),
    Kind.PUBLIC_KEY: (
        "{name} is a bare public key, without a certificate around it.",
        "Ask for the certificate (.cer, .crt or .pem) of that key.",
    ),
    Kind.JUNK: (
        "{name} isn't a certificate or key file that mailgrant can read.",
        "Use a .cer, .crt, .der, .pem, .pfx, .p12 or .jks file, and check that it is undamaged.",
    ),
}


def kind_of(data: bytes) -> Kind:
    """Tell what a file is by looking at it; its name means nothing."""
    data = plain(data)
    if not data.strip():
        return Kind.NOTHING
    if len(data) > LARGEST:
        return Kind.JUNK
    labels = set(PEM_LABEL.findall(data))
    if data.startswith(b"PuTTY-User-Key-File"):
        return Kind.KEY
    if labels:
        found = (kind for end, kind in LABELS if any(label.endswith(end) for label in labels))
        return next(found, Kind.JUNK)
    return _kind_of_der(data)


def refusal(table: dict[Kind, tuple[str, str]], kind: Kind, name: str) -> AnswerError:
    """Make the error that says why a file of this kind won't do."""
    sentence, fix = table[kind]
    return AnswerError(sentence.format(name=name), fix=fix.format(name=name))


def plain(data: bytes) -> bytes:
    """Undo what editors, PowerShell and mail do: byte order marks, UTF-16, base64 without frame."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            data = data.decode(encoding, "replace").encode()
    if data.lstrip().startswith(b"MII"):
        try:
            return base64.b64decode(b"".join(data.split()), validate=True)
        except binascii.Error:
            return data
    return data


def _kind_of_der(data: bytes) -> Kind:
    for start, kind in STARTS:
        if data.startswith(start):
            return kind
    inner = _inside(data)
    if is_encrypted_key(data):
        return Kind.KEY
    for beginning, kind in BEGINNINGS:
        if inner.startswith(beginning):
            return kind
    for load, kind in (
        (x509.load_der_x509_certificate, Kind.CERTIFICATE),
        (x509.load_der_x509_csr, Kind.REQUEST),
        (serialization.load_der_public_key, Kind.PUBLIC_KEY),
    ):
        try:
            load(data)
        except (ValueError, UnsupportedAlgorithm):
            continue
        return kind
    return Kind.JUNK


def _inside(data: bytes) -> bytes:
    """Step over the tag and length of an ASN.1 sequence; nothing where it isn't one."""
    if data[:1] != b"\x30" or len(data) < 2:  # noqa: PLR2004  tag and length
        return b""
    length = data[1]
    return data[2 + (length & 0x7F if length & 0x80 else 0) :]


def is_encrypted_key(data: bytes) -> bool:
    """Tell whether the private key in it is encrypted (PEM, or PKCS #8 DER)."""
    if block := PEM_BLOCK_OF_KEY.search(data):
        return b"ENCRYPTED" in block[0]
    return _inside(_inside(data)).startswith(ENCRYPTED_KEY)
