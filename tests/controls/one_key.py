"""A bad client: sends only its own certificate where Graph replaces the whole list."""

import base64
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from tests.controls.client import Client


def certificate(name: str) -> bytes:
    """Make a certificate (DER); its key is thrown away."""
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        subject, subject, key.public_key(), x509.random_serial_number(), now, now + timedelta(90)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def upload(client: Client, app: str, key: bytes) -> None:
    """Add a certificate the short way."""
    entry = {
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
        "key": base64.b64encode(key).decode(),
        "displayName": "ours",
    }
    client.patch(f"/applications/{app}", {"keyCredentials": [entry]})
