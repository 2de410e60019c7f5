"""Packs certificates and keys into PEM, DER, PFX and JKS files, and says what to know about each."""

import re
import unicodedata

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs12
from cryptography.x509.oid import NameOID

from toolkit import jks as java
from toolkit.clock import SystemClock
from toolkit.errors import AnswerError, UsageError
from toolkit.keystores import GIVE, Contents, Key, chain_of
from toolkit.secret import Secret

ALIAS = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
LONGEST = 64
OTHER = re.compile(r"[^a-z0-9._-]+")
UNNAMED = "mailgrant"
NEEDS_PASSPHRASE = {"pfx": "A PFX", "jks": "A Java key store"}

# Source: learn.microsoft.com, PKCS12_PBES2_EXPORT_PARAMS; bugs.java.com, JDK-8267701.
OLD = "Windows Server 2016, Windows 10 before 1709, and Java before 8u301 and 11.0.12"
WHY = {
    "pem": "It is text: the private key (PKCS #8) first, then the certificate.",
    "pfx": f"It is a PFX (PKCS #12) in AES-256 and SHA-256. {OLD}, call its passphrase wrong:"
    " make it with --compat for them.",
    "compat": f"It is a PFX (PKCS #12) in 3DES and SHA-1, which protect weakly. The reason: {OLD},"
    " can't open the AES-256 one and call its passphrase wrong. For anything newer leave --compat"
    " out.",
    # Source: bugs.java.com, JDK-8044445 (PKCS #12 is the default since Java 9).
    "jks": "It is a Java key store (JKS), which protects weakly: who gets hold of the file tries"
    " passphrases fast. A .p12 is better, and what Java itself makes since 9.",
}
# Source: github.com/openjdk/jdk, com/sun/crypto/provider/PBEKey.java ("Password is not ASCII").
NOT_ASCII = (
    "Java opens no PFX whose passphrase has letters beyond ASCII, and this one has: take another"
    " passphrase, or --to jks, where the receiver uses Java."
)
OTHER_WAY = "Its passphrase goes to the receiver by another way than the file."


def pack(
    contents: Contents,
    to: str,
    *,
    with_key: bool,
    passphrase: Secret | None = None,
    compat: bool = False,
    alias: str = "",
) -> bytes:
    """Pack as `pem`, `der` (the leaf's certificate alone), `pfx` or `jks` (always with the key)."""
    if not contents.certificates:
        raise AnswerError("There is no certificate in it.", fix="Add it: key and certificate.")
    if to == "der":
        return der(contents)
    if to == "pem" and not with_key:
        return pem(contents, with_key=False)
    key = _checked_key(contents)
    if to == "pem":
        return pem(contents, with_key=True, passphrase=passphrase)
    if passphrase is None:
        raise AnswerError(f"{NEEDS_PASSPHRASE[to]} needs a passphrase.", fix=GIVE)
    if to == "jks":
        return jks(contents, key, passphrase=passphrase, alias=alias)
    return pfx(contents, passphrase=passphrase, compat=compat, alias=alias)


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


def pfx(contents: Contents, *, passphrase: Secret, compat: bool = False, alias: str = "") -> bytes:
    """Pack as PFX (PKCS #12), encrypted with AES-256 and SHA-256.

    `compat` takes 3DES and SHA-1 instead, for what can't read the better one (OLD).
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
    label = (alias or alias_of(contents)).encode()
    return pkcs12.serialize_key_and_certificates(label, contents.key, leaf, others, encryption)


def jks(contents: Contents, key: Key, *, passphrase: Secret, alias: str = "") -> bytes:
    """Pack as a Java key store: one entry of the key and its chain, one passphrase for both."""
    secret = key.private_bytes(
        serialization.Encoding.DER, PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain = chain_of(contents.certificates)
    return java.write(
        alias or alias_of(contents),
        secret,
        tuple(one.public_bytes(serialization.Encoding.DER) for one in chain),
        passphrase=passphrase,
        made=SystemClock().now(),
    )


def alias_of(contents: Contents) -> str:
    """Make a name for the entry in a key store of the certificate's own name."""
    names = contents.certificates[0].subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    text = str(names[0].value) if names else ""
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return OTHER.sub("-", plain)[:LONGEST].strip("-._") or UNNAMED


def checked_alias(wish: str) -> str:
    """Refuse a name that Java or a command line would stumble over; Java makes all of them small."""
    alias = wish.lower()
    if not ALIAS.fullmatch(alias):
        raise UsageError(
            f"{wish!r} can't be an alias here.",
            fix="Use a-z, 0-9, dots, hyphens and underscores, 64 at most, and begin with a letter or a digit.",
        )
    return alias


def about(
    contents: Contents, to: str, *, passphrase: Secret | None, compat: bool, alias: str
) -> list[str]:
    """Say what the receiver of a file with a key must know; no secret is in it."""
    alias = alias or alias_of(contents)
    said = [WHY["compat" if compat else to]]
    if to == "jks":
        said.append(f"Its alias is {alias}; one passphrase opens store and key.")
    if to == "pfx":
        said.append(f"Java knows it by the alias {alias}.")
    word = passphrase.reveal() if passphrase else ""
    if to == "pfx" and not (word.isascii() and word.isprintable()):
        said.append(NOT_ASCII)
    return [*said, OTHER_WAY] if passphrase else said


def _checked_key(contents: Contents) -> Key:
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
    return contents.key


def _encryption(passphrase: Secret | None) -> serialization.KeySerializationEncryption:
    if passphrase is None:
        return serialization.NoEncryption()
    return serialization.BestAvailableEncryption(passphrase.reveal_bytes())
