"""Takes certificates and keys out of PEM, DER, PFX and PKCS #7 files, and packs them again."""

from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs7, pkcs12

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


def pack(
    contents: Contents,
    to: str,
    *,
    with_key: bool,
    passphrase: Secret | None = None,
    compat: bool = False,
) -> bytes:
    """Pack as `pem`, `der` (the leaf's certificate alone) or `pfx` (always with its key)."""
    if not contents.certificates:
        raise AnswerError("There is no certificate in it.", fix="Add it: key and certificate.")
    if to == "der":
        return der(contents)
    if to == "pem" and not with_key:
        return pem(contents, with_key=False)
    _check_key(contents)
    if to == "pem":
        return pem(contents, with_key=True, passphrase=passphrase)
    if passphrase is None:
        raise AnswerError("A PFX needs a passphrase.", fix=GIVE)
    return pfx(contents, passphrase=passphrase, compat=compat)


def pem(contents: Contents, *, with_key: bool, passphrase: Secret | None = None) -> bytes:
    """Pack as PEM; a private key comes first, encrypted where a passphrase is given."""
    parts = [one.public_bytes(serialization.Encoding.PEM) for one in contents.certificates]
    if with_key and contents.key is not None:
        parts.insert(
            0,
            contents.key.private_bytes(
                serialization.Encoding.PEM, PrivateFormat.PKCS8, _encryption(passphrase)
            ),
        )
    return b"".join(parts)


def der(contents: Contents) -> bytes:
    """Pack the leaf alone as DER: the .cer that Windows and Entra take."""
    return contents.certificates[0].public_bytes(serialization.Encoding.DER)


def pfx(contents: Contents, *, passphrase: Secret, compat: bool = False) -> bytes:
    """Pack as PFX (PKCS #12), encrypted with AES-256 and SHA-256.

    `compat` takes 3DES and SHA-1 instead, for Windows before 10 1709 and Server 2019, which call
    the better one a wrong password, and for Java before 8u301 and 11.0.12.
    Source: learn.microsoft.com, PKCS12_PBES2_EXPORT_PARAMS; bugs.java.com, JDK-8267701.
    """
    ciphers = (
        (pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC, hashes.SHA1())  # noqa: S303  what they can read
        if compat
        else (pkcs12.PBES.PBESv2SHA256AndAES256CBC, hashes.SHA256())
    )
    encryption = (
        PrivateFormat.PKCS12.encryption_builder()
        .key_cert_algorithm(ciphers[0])
        .hmac_hash(ciphers[1])
        .build(passphrase.reveal_bytes())
    )
    leaf, *others = contents.certificates
    label = leaf.subject.rfc4514_string().encode()
    return pkcs12.serialize_key_and_certificates(label, contents.key, leaf, others, encryption)


def _check_key(contents: Contents) -> None:
    if contents.key is None:
        raise AnswerError(
            "There is no private key in it.",
            fix="Name the file that holds key and certificate, or leave the key out"
            " (--to pem or der with --certificate-only).",
        )
    if contents.certificates[0].public_key() != contents.key.public_key():
        raise AnswerError(
            "The private key in it belongs to another certificate.",
            fix="Put the key together with the certificate that was made with it.",
        )


def _damaged(kind: Kind, name: str) -> AnswerError:
    return AnswerError(
        f"{name} is a {kind}, but damaged, or made in a way that isn't known here.",
        fix="Ask for the file again. A PFX can be exported anew on Windows, with AES256-SHA256.",
    )


def _encryption(passphrase: Secret | None) -> serialization.KeySerializationEncryption:
    if passphrase is None:
        return serialization.NoEncryption()
    return serialization.BestAvailableEncryption(passphrase.reveal_bytes())


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
