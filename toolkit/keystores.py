"""Takes certificates and keys out of PEM, DER, PFX, PKCS #7 and JKS files."""

from collections.abc import Iterable
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12

from toolkit import jks
from toolkit.errors import AnswerError
from toolkit.keyfiles import (
    PEM_BLOCK,
    PEM_BLOCK_OF_KEY,
    UNREADABLE,
    Kind,
    is_encrypted_key,
    kind_of,
    plain,
    refusal,
)
from toolkit.secret import Secret
from toolkit.visible import several, visible

Key = (
    rsa.RSAPrivateKey
    | ec.EllipticCurvePrivateKey
    | ed25519.Ed25519PrivateKey
    | ed448.Ed448PrivateKey
    | dsa.DSAPrivateKey
)
GIVE = "Give it at the terminal, by --passphrase-file FILE or by MAILGRANT_PASSPHRASE."
CHECK = "Check its capitals and spaces, or ask who made the file."


@dataclass(frozen=True, kw_only=True)
class Contents:
    """Certificates, the leaf first, and perhaps the private key of the leaf."""

    certificates: tuple[x509.Certificate, ...]
    key: Key | None = None


def is_locked(data: bytes, *, with_key: bool) -> bool:
    """Tell whether a passphrase is needed to read the certificates, or the key as well."""
    kind, data = kind_of(data), plain(data)
    if kind is Kind.PFX:
        try:
            return not any(_opens(data, empty) for empty in (None, b""))
        except UnsupportedAlgorithm:
            return False  # opening it will say why
    if kind is Kind.JKS:
        return with_key  # its certificates can be read by anybody
    return kind is Kind.KEY and with_key and is_encrypted_key(data)


def open_file(
    data: bytes, *, name: str, passphrase: Secret | None = None, with_key: bool = True
) -> Contents:
    """Take out the certificates and, where wanted and there, the private key."""
    kind, data = kind_of(data), plain(data)
    if kind in UNREADABLE:
        raise refusal(UNREADABLE, kind, name)
    try:
        if kind is Kind.PFX:
            contents = _open_pfx(data, name, passphrase)
        elif kind is Kind.JKS:
            contents = _open_jks(data, name, passphrase, with_key=with_key)
        elif kind is Kind.PKCS7:
            contents = Contents(certificates=tuple(_load_pkcs7(data)))
        else:
            key = _load_key(data, name, passphrase) if kind is Kind.KEY and with_key else None
            contents = Contents(certificates=tuple(_load_certificates(data)), key=key)
        contents = _leaf_first(contents)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _damaged(kind, name) from error
    if not contents.certificates and contents.key is None and (with_key or kind is not Kind.KEY):
        raise _damaged(kind, name)
    return contents


def joined(contents: Contents, key: Key | None, *, name: str, key_name: str) -> Contents:
    """Put the certificates that an authority sent to the key they were asked for."""
    if key is None:
        raise AnswerError(
            f"{key_name} holds no private key.",
            fix="Name the file that `mailgrant certificates new --csr` wrote as --key-out.",
        )
    mine = [one for one in contents.certificates if one.public_key() == key.public_key()]
    if not mine:
        raise AnswerError(
            f"The private key in {key_name} belongs to no certificate in {name}.",
            fix="Name the key that was made together with the request this answers.",
        )
    return _leaf_first(Contents(certificates=contents.certificates, key=key))


def chain_of(certificates: tuple[x509.Certificate, ...]) -> tuple[x509.Certificate, ...]:
    """Put the first one's chain in order: who issued it, who issued that, and so on."""
    chain = [certificates[0]]
    while above := [one for one in certificates if one not in chain and issued(chain[-1], one)]:
        chain.append(above[0])
    return tuple(chain)


def leaves(certificates: tuple[x509.Certificate, ...]) -> list[x509.Certificate]:
    """List the certificates that issued none of the others."""
    return [
        one
        for one in certificates
        if not any(issued(other, one) for other in certificates if other is not one)
    ]


def issued(child: x509.Certificate, parent: x509.Certificate) -> bool:
    """Tell whether the parent's key really signed the child."""
    try:
        child.verify_directly_issued_by(parent)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _damaged(kind: Kind, name: str) -> AnswerError:
    return AnswerError(
        f"{name} is a {kind}, but damaged, or made in a way that isn't known here.",
        fix="Ask for the file again. A PFX can be exported anew on Windows, with AES256-SHA256.",
    )


def _load_certificates(data: bytes) -> list[x509.Certificate]:
    if b"-----BEGIN" not in data:
        is_certificate = kind_of(data) is Kind.CERTIFICATE
        return [x509.load_der_x509_certificate(data)] if is_certificate else []
    blocks = [block[0] for block in PEM_BLOCK.finditer(data) if block[1].endswith(b"CERTIFICATE")]
    return list(dict.fromkeys(map(x509.load_pem_x509_certificate, blocks)))


def _load_pkcs7(data: bytes) -> list[x509.Certificate]:
    if b"-----BEGIN" in data:
        return pkcs7.load_pem_pkcs7_certificates(data)
    return pkcs7.load_der_pkcs7_certificates(data)


def _load_key(data: bytes, name: str, passphrase: Secret | None) -> Key:
    locked = is_encrypted_key(data)
    if locked and passphrase is None:
        raise AnswerError(f"The private key in {name} needs a passphrase.", fix=GIVE)
    password = passphrase.reveal_bytes() if locked and passphrase else None
    block = PEM_BLOCK_OF_KEY.search(data)
    load = serialization.load_pem_private_key if block else serialization.load_der_private_key
    try:
        key = load(block[0] if block else data, password)
    except ValueError as error:
        if locked:
            raise AnswerError(f"That passphrase doesn't open {name}.", fix=CHECK) from error
        raise
    return _signing(key)


def _open_pfx(data: bytes, name: str, passphrase: Secret | None) -> Contents:
    for password in (passphrase.reveal_bytes(),) if passphrase else (None, b""):
        if store := _opens(data, password):
            held = [store.cert, *store.additional_certs]
            return Contents(
                certificates=tuple(one.certificate for one in held if one is not None),
                key=None if store.key is None else _signing(store.key),
            )
    if passphrase is None:
        raise AnswerError(f"{name} needs a passphrase.", fix=GIVE)
    raise AnswerError(f"That passphrase doesn't open {name}, or the file is damaged.", fix=CHECK)


def _open_jks(data: bytes, name: str, passphrase: Secret | None, *, with_key: bool) -> Contents:
    entries = jks.read(data)
    if passphrase is not None and not jks.opens(data, passphrase):
        raise AnswerError(
            f"That passphrase doesn't open {name}, or the file is damaged.", fix=CHECK
        )
    keyed = [entry for entry in entries if entry.protected]
    if not with_key or not keyed:
        return _all_of((*keyed, *(entry for entry in entries if not entry.protected)), None)
    if passphrase is None:
        raise AnswerError(f"{name} needs a passphrase.", fix=GIVE)
    if len(keyed) > 1:
        raise AnswerError(
            f"{name} holds {len(keyed)} private keys: {several(visible(one.alias) for one in keyed)}.",
            fix=f"Take one out: keytool -importkeystore -srckeystore {name} -srcalias ALIAS"
            " -destkeystore ONE.p12 -deststoretype PKCS12",
        )
    key = jks.key_of(keyed[0], passphrase)
    if key is None:
        raise AnswerError(
            f"The key in {name} has another passphrase than the store around it.",
            fix=f"Make them the same: keytool -keypasswd -keystore {name} -alias ALIAS",
        )
    return _all_of(keyed, _signing(serialization.load_der_private_key(key, None)))


def _all_of(entries: Iterable[jks.Entry], key: Key | None) -> Contents:
    ders = dict.fromkeys(der for entry in entries for der in entry.chain)
    return Contents(certificates=tuple(map(x509.load_der_x509_certificate, ders)), key=key)


def _signing(key: object) -> Key:
    if not isinstance(key, Key):
        raise TypeError("its key isn't one that certificates are for")
    return key


def _opens(data: bytes, password: bytes | None) -> pkcs12.PKCS12KeyAndCertificates | None:
    try:
        return pkcs12.load_pkcs12(data, password)
    except ValueError:
        return None


def _leaf_first(contents: Contents) -> Contents:
    held, key = contents.certificates, contents.key
    own = [one for one in held if key is not None and one.public_key() == key.public_key()]
    own.sort(key=lambda one: one.not_valid_after_utc, reverse=True)
    first = own or leaves(held)
    rest = [one for one in held if one not in first]
    return Contents(certificates=(*first, *rest), key=key)
