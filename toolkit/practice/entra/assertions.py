"""Checks a client assertion: a JWT that the app's own certificate has signed."""

import base64
import binascii
import hashlib
import json
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from toolkit.practice.entra import replicas
from toolkit.practice.entra.token_refusal import TokenRefusal, bad_client, missing
from toolkit.practice.entra.tokens import decode
from toolkit.practice.seed.people import TENANT_ID
from toolkit.practice.store import Body
from toolkit.practice.wire import Ask
from toolkit.practice.world import World

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LEEWAY = 300
PADDINGS: dict[str, padding.AsymmetricPadding] = {
    "RS256": padding.PKCS1v15(),
    "PS256": padding.PSS(padding.MGF1(SHA256()), SHA256.digest_size),
}


@dataclass(frozen=True, kw_only=True)
class Assertion:
    """A parsed assertion; nothing in it is believed yet."""

    head: Body
    claims: Body
    signed: bytes
    signature: bytes

    @property
    def thumbprint(self) -> tuple[str, bytes]:
        """The key that the client says it used: which hash, and its value.

        x5t is base64url of SHA-1, though some clients send hex; x5t#S256 is of SHA-256; and kid
        of some is the SHA-1 in hex.
        """
        if text := self.head.get("x5t#S256"):
            return "sha256", decode(str(text))
        text = str(self.head.get("x5t") or self.head.get("kid") or "")
        if re.fullmatch("[0-9A-Fa-f]{40}", text):
            return "sha1", bytes.fromhex(text)
        return "sha1", decode(text)


def check(world: World, form: dict[str, str], application: Body, ask: Ask) -> None:
    """Refuse an assertion unless a current key of the application has really signed it.

    Source: learn.microsoft.com/entra/identity-platform/certificate-credentials.
    """
    if "client_assertion_type" not in form:
        raise missing("client_assertion_type")
    if form["client_assertion_type"] != TYPE:
        raise _malformed("client_assertion_type isn't that of a JWT.")
    assertion = _parse(form["client_assertion"])
    _check_claims(world, assertion.claims, form["client_id"], ask)
    _check_signature(world, assertion, application)


def _parse(text: str) -> Assertion:
    signed, _, signature = text.rpartition(".")
    head, _, claims = signed.partition(".")
    try:
        parsed = Assertion(
            head=json.loads(decode(head)),
            claims=json.loads(decode(claims)),
            signed=signed.encode(),
            signature=decode(signature),
        )
        _ = parsed.thumbprint
    except (ValueError, AttributeError):
        raise _malformed("it can't be read.") from None
    if not isinstance(parsed.claims, dict):
        raise _malformed("its claims aren't an object.")
    if parsed.head.get("alg") not in PADDINGS:
        raise _malformed(f"'{parsed.head.get('alg')}' is not a supported signature algorithm.")
    return parsed


def _malformed(why: str) -> TokenRefusal:
    return TokenRefusal(50027, "invalid_request", f"JWT token is invalid or malformed: {why}")


def _check_claims(world: World, claims: Body, client: str, ask: Ask) -> None:
    if not client == claims.get("iss") == claims.get("sub"):
        raise bad_client(
            700021,
            "Client assertion application identifier doesn't match 'client_id' parameter.",
        )
    tenants = {TENANT_ID, ask.path.split("/")[1]}
    ends = ("oauth2/v2.0/token", "oauth2/token", "v2.0")
    if claims.get("aud") not in {f"{world.base}/{one}/{end}" for one in tenants for end in ends}:
        raise bad_client(
            700023,
            "Client assertion audience claim does not match Realm issuer. Review the documentation"
            " at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .",
        )
    now = time.time()
    start, end = (_number(claims.get(name)) for name in ("nbf", "exp"))
    if end is None or not (start or 0) - LEEWAY <= now <= end + LEEWAY:
        raise bad_client(
            700024,
            "Client assertion is not within its valid time range. Current time:"
            f" {_moment(now)}, assertion valid from {_moment(start)},"
            f" expiry time of assertion {_moment(end)}.",
        )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _moment(seconds: float | None) -> str:
    return datetime.fromtimestamp(seconds or 0, UTC).strftime("%Y-%m-%dT%H:%M:%S.0000000Z")


def _check_signature(world: World, assertion: Assertion, application: Body) -> None:
    algorithm, thumbprint = assertion.thumbprint
    app = application["appId"]
    for entry in application.get("keyCredentials", ()):
        der = _der(entry)
        if hashlib.new(algorithm, der).digest() != thumbprint:
            continue
        if not replicas.knows_key(world, app, entry["keyId"]):
            break
        return _check_key(assertion, entry, der, app)
    raise _refused("The key was not found.", thumbprint, app)


def _der(entry: Body) -> bytes:
    # Uploads come as base64 of DER or of PEM; Entra takes both.
    data = base64.b64decode(entry["key"])
    if data.startswith(b"-----"):
        return base64.b64decode(b"".join(data.strip().splitlines()[1:-1]))
    return data


def _check_key(assertion: Assertion, entry: Body, der: bytes, app: str) -> None:
    certificate = x509.load_der_x509_certificate(der)
    public = certificate.public_key()
    _, thumbprint = assertion.thumbprint
    found = f" Found key 'Start={entry['startDateTime']}, End={entry['endDateTime']}',"
    if not isinstance(public, rsa.RSAPublicKey):
        raise _refused("The key isn't an RSA key.", thumbprint, app, found)
    try:
        public.verify(
            assertion.signature, assertion.signed, PADDINGS[assertion.head["alg"]], SHA256()
        )
    except InvalidSignature:
        why = "Key was found, but use of the key to verify the signature failed."
        raise _refused(why, thumbprint, app, found) from None
    now = datetime.now(UTC)
    if now >= min(datetime.fromisoformat(entry["endDateTime"]), certificate.not_valid_after_utc):
        raise _refused("The key used is expired.", thumbprint, app, found)
    if now < certificate.not_valid_before_utc:
        raise _refused("The key used is not yet valid.", thumbprint, app, found)


def _refused(why: str, thumbprint: bytes, app: str, found: str = "") -> TokenRefusal:
    text = binascii.hexlify(thumbprint).decode().upper()
    return bad_client(
        700027,
        "Client assertion failed signature validation."
        f" [Reason - {why}, Thumbprint of key used by client: '{text}',{found} Please visit the"
        " Azure Portal, Graph Explorer or directly use MS Graph to see configured keys for app Id"
        f" '{app}'.]",
    )
