"""How a vendor proves who it is at the token endpoint: by its secret, or by its certificate.

Source: learn.microsoft.com/entra/identity-platform/certificate-credentials
"""

import hashlib
import json
import time
import uuid

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from toolkit import keystores, packing
from toolkit.errors import AnswerError
from toolkit.practice.entra.assertions import TYPE
from toolkit.practice.entra.tokens import encode
from toolkit.practice.store import Body
from toolkit.redaction import Secret

LIFETIME = 600


def take_key(data: bytes, passphrase: str) -> Body:
    """Read the key that somebody gave to the vendor; AnswerError says why it won't do."""
    secret = Secret(passphrase) if passphrase else None
    contents = keystores.open_file(data, name="What was given", passphrase=secret)
    if not contents.certificates or not isinstance(contents.key, rsa.RSAPrivateKey):
        raise AnswerError("A certificate together with its RSA key is needed.")
    packed = packing.pem(contents, with_key=True).decode()
    return {"key": packed, "thumbprint": _thumbprint(contents.certificates[0]).hex().upper()}


def of(settings: Body, endpoint: str) -> dict[str, str]:
    """Tell the parameters that prove the client: its key where it has one, or else its secret."""
    if not settings.get("key"):
        return {"client_secret": str(settings.get("client_secret") or "")}
    assertion = _signed(settings, endpoint)
    return {"client_assertion_type": TYPE, "client_assertion": assertion}


def _signed(settings: Body, endpoint: str) -> str:
    contents = keystores.open_file(settings["key"].encode(), name="The vendor's key")
    key, now, client = contents.key, int(time.time()), settings["client_id"]
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("Only RSA keys are kept.")
    head = {"alg": "RS256", "typ": "JWT", "x5t": encode(_thumbprint(contents.certificates[0]))}
    claims = {
        "aud": endpoint,
        "iss": client,
        "sub": client,
        "jti": str(uuid.uuid4()),
        "nbf": now,
        "exp": now + LIFETIME,
    }
    text = ".".join(encode(json.dumps(part).encode()) for part in (head, claims))
    return f"{text}.{encode(key.sign(text.encode(), padding.PKCS1v15(), SHA256()))}"


def _thumbprint(certificate: x509.Certificate) -> bytes:
    der = certificate.public_bytes(Encoding.DER)
    return hashlib.sha1(der).digest()  # noqa: S324  Entra's own thumbprint
