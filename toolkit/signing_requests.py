"""Asks a company's certification authority for a certificate: a private key, and the request to send."""

from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from toolkit.certificates import SIGNS_IN, check_wishes
from toolkit.keystores import Contents


@dataclass(frozen=True, kw_only=True)
class SigningRequest:
    """A request for a certificate (PKCS #10, PEM), and the private key that stays here."""

    pem: bytes
    contents: Contents


def make(name: str, *, key_size: int = 3072) -> SigningRequest:
    """Make an RSA key and the request for its certificate; how long that lasts is the CA's to say."""
    check_wishes(name, key_size=key_size)
    key = rsa.generate_private_key(public_exponent=65537, key_size=key_size)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    for extension, critical in SIGNS_IN:
        builder = builder.add_extension(extension, critical=critical)
    request = builder.sign(key, hashes.SHA256())
    return SigningRequest(
        pem=request.public_bytes(serialization.Encoding.PEM),
        contents=Contents(certificates=(), key=key),
    )
