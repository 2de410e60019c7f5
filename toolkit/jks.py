"""Reads and writes Java key stores of the old kind (JKS): what Java 8 makes, and every Java reads.

Source: github.com/openjdk/jdk, sun/security/provider/JavaKeyStore.java (the file) and
KeyProtector.java (the keys in it). Damage raises ValueError.
"""

import hashlib
import hmac
import io
import secrets
from dataclasses import dataclass
from datetime import datetime

from toolkit.secret import Secret

MAGIC = 0xFEEDFEED
VERSIONS = (1, 2)  # the first doesn't say of what kind a certificate is
KEY, TRUSTED = 1, 2
KIND = "X.509"
WHITENER = b"Mighty Aphrodite"
DIGEST = 20
PROTECTOR = bytes.fromhex("060a2b060104012a02110101")  # Sun's own, 1.3.6.1.4.1.42.2.17.1.1
NO_PARAMETERS = bytes.fromhex("0500")
SEQUENCE, OCTETS = 0x30, 0x04
SHORT = 0x80


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Certificates under a name, as DER, the leaf first; where it has a key, that is protected."""

    alias: str
    chain: tuple[bytes, ...]
    protected: bytes = b""


def write(
    alias: str, key: bytes, chain: tuple[bytes, ...], *, passphrase: Secret, made: datetime
) -> bytes:
    """Write a store of one key (PKCS #8) and its chain; one passphrase opens store and key."""
    word, protected = _wide(passphrase), _protect(key, _wide(passphrase))
    parts = [
        *(_number(MAGIC), _number(VERSIONS[-1]), _number(1), _number(KEY), _text(alias)),
        _number(int(made.timestamp() * 1000), 8),
        _sized(protected),
        _number(len(chain)),
        *(_text(KIND) + _sized(certificate) for certificate in chain),
    ]
    body = b"".join(parts)
    return body + _seal(word, body)


def read(data: bytes) -> list[Entry]:
    """Read what is in a store; keys stay protected, so that this takes no passphrase."""
    file = _File(data[:-DIGEST])
    if file.number() != MAGIC or (version := file.number()) not in VERSIONS:
        raise ValueError("it is no JKS, or of a version that isn't known")
    return [_entry(file, version) for _ in range(file.number())]


def opens(data: bytes, passphrase: Secret) -> bool:
    """Tell whether the passphrase is the store's, and the store undamaged."""
    body, seal = data[:-DIGEST], data[-DIGEST:]
    return hmac.compare_digest(_seal(_wide(passphrase), body), seal)


def key_of(entry: Entry, passphrase: Secret) -> bytes | None:
    """Take out the key (PKCS #8); None where it has another passphrase than the store."""
    word, held = _wide(passphrase), _File(_File(entry.protected).inside(SEQUENCE))
    if not held.inside(SEQUENCE).startswith(PROTECTOR):
        raise ValueError("its key is protected in a way that isn't known")
    octets = held.inside(OCTETS)
    salt, hidden, check = octets[:DIGEST], octets[DIGEST:-DIGEST], octets[-DIGEST:]
    key = _mixed(hidden, word, salt)
    return key if hmac.compare_digest(_digest(word + key), check) else None


# ---- keys ----


def _protect(key: bytes, word: bytes) -> bytes:
    salt = secrets.token_bytes(DIGEST)
    octets = salt + _mixed(key, word, salt) + _digest(word + key)
    return _der(SEQUENCE, _der(SEQUENCE, PROTECTOR + NO_PARAMETERS) + _der(OCTETS, octets))


def _mixed(text: bytes, word: bytes, salt: bytes) -> bytes:
    """Hide a text, or show a hidden one: each block of the stream is the digest of the one before."""
    stream, block = b"", salt
    while len(stream) < len(text):
        block = _digest(word + block)
        stream += block
    return bytes(one ^ other for one, other in zip(text, stream, strict=False))


def _wide(passphrase: Secret) -> bytes:
    return passphrase.reveal().encode("utf-16-be")


def _digest(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()  # the format knows no other


def _seal(word: bytes, body: bytes) -> bytes:
    return _digest(word + WHITENER + body)


# ---- bytes ----


class _File(io.BytesIO):
    """A store, read from its beginning."""

    def take(self, length: int) -> bytes:
        found = self.read(length)
        if len(found) < length:
            raise ValueError("it ends too early")
        return found

    def number(self, size: int = 4) -> int:
        return int.from_bytes(self.take(size))

    def inside(self, tag: int) -> bytes:
        """Take what an ASN.1 value holds."""
        if self.number(1) != tag:
            raise ValueError("its key is damaged")
        length = self.number(1)
        return self.take(length if length < SHORT else self.number(length - SHORT))

    def text(self) -> str:
        # Java's own UTF-8 writes NUL as two bytes, and what UTF-16 writes in two as two of three.
        wide = (
            self.take(self.number(2)).replace(b"\xc0\x80", b"\0").decode("utf-8", "surrogatepass")
        )
        return wide.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _entry(file: _File, version: int) -> Entry:
    tag, alias, _made = file.number(), file.text(), file.number(8)
    if tag not in (KEY, TRUSTED):
        raise ValueError("it holds something that isn't known")
    protected = file.take(file.number()) if tag == KEY else b""
    chain = []
    for _ in range(file.number() if tag == KEY else 1):
        if version == VERSIONS[-1] and file.text() != KIND:
            raise ValueError("it holds a certificate that isn't X.509")
        chain.append(file.take(file.number()))
    return Entry(alias=alias, chain=tuple(chain), protected=protected)


def _number(value: int, size: int = 4) -> bytes:
    return value.to_bytes(size)


def _text(value: str) -> bytes:
    data = value.encode("ascii")  # where Java's own UTF-8 is everybody's
    return _number(len(data), 2) + data


def _sized(data: bytes) -> bytes:
    return _number(len(data)) + data


def _der(tag: int, content: bytes) -> bytes:
    length = len(content)
    digits = _number(length, (length.bit_length() + 7) // 8)
    head = bytes([length]) if length < SHORT else bytes([SHORT + len(digits)]) + digits
    return bytes([tag]) + head + content
