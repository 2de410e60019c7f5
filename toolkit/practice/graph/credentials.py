"""Certificates and secrets of applications and service principals.

Sources: learn.microsoft.com/graph/api/application-update, application-addpassword,
application-addkey and resources/keycredential.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from toolkit.practice.graph import policies
from toolkit.practice.graph.bodies import decode
from toolkit.practice.graph.errors import GraphError, bad
from toolkit.practice.graph.objects import Call, save, truth
from toolkit.practice.graph.paths import Route
from toolkit.practice.passwords import hashed, new_secret
from toolkit.practice.store import Body
from toolkit.practice.wire import Answer
from toolkit.practice.world import World

PATHS = (
    ("applications", "application", "credentials.write"),
    ("servicePrincipals", "servicePrincipal", "credentials.write"),
)
TWO_YEARS = timedelta(days=730)
PROOF_AUDIENCE = "00000002-0000-0000-c000-000000000000"
PROOF_LIFE = 600
LEEWAY = 300
PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)
TYPES = {"AsymmetricX509Cert": {"Verify", "Sign"}, "X509CertAndPassword": {"Sign"}, "Symmetric": {"Sign", "Verify"}}  # fmt: skip


def routes() -> list[Route]:
    """List the routes of this module."""
    actions: tuple[tuple[str, Callable[..., Any], str], ...] = (
        ("addPassword", _add_password, "addPassword"),
        ("removePassword", _remove_password, "removePassword"),
        ("addKey", _add_key, "addKey"),
        ("removeKey", _remove_key, "removeKey"),
    )
    return [
        Route(
            method="POST",
            pattern=f"{path}/{{object}}/{name}",
            serve=_bound(serve, kind),
            who=who,
            takes=takes,
        )
        for path, kind, who in PATHS
        for name, serve, takes in actions
    ]


def _bound(serve: Callable[..., Any], kind: str) -> Callable[[Call], Any]:
    return lambda call: serve(call, kind)


# ---- secrets ----


def new_password(world: World, kind: str, body: Body, given: Body | None) -> Body:
    """Put a new secret on an object; the answer shows its text, once."""
    given = given or {}
    policies.check_added(world, kind, body, "passwordAddition")
    now = world.now()
    start = _time(given.get("startDateTime")) or now
    end = _time(given.get("endDateTime")) or start + TWO_YEARS
    if end <= start:
        raise bad("The end date of the credential must be after its start date.")
    policies.check_lifetime(world, kind, body, "passwordLifetime", end - max(start, now))
    secret = new_secret()
    entry = {
        "customKeyIdentifier": given.get("customKeyIdentifier"),
        "displayName": given.get("displayName"),
        "endDateTime": _stamp(end),
        "hint": secret[:3],
        "keyId": world.new_id(),
        "secretText": None,
        "startDateTime": _stamp(start),
    }
    body.setdefault("passwordCredentials", []).append(entry)
    body.setdefault("_secrets", {})[entry["keyId"]] = hashed(secret)
    return entry | {"secretText": secret}


def _add_password(call: Call, kind: str) -> Answer:
    body = truth(call, kind, call.keys["object"])
    given = call.body.get("passwordCredential")
    shown = new_password(call.world, kind, body, given)
    save(call, kind, body)
    context = f"{call.world.base}/v1.0/$metadata#microsoft.graph.passwordCredential"
    return Answer(body={"@odata.context": context, **shown})


def _remove_password(call: Call, kind: str) -> Answer:
    body = truth(call, kind, call.keys["object"])
    key = call.body["keyId"].lower()
    left = [one for one in body.get("passwordCredentials", ()) if one["keyId"].lower() != key]
    if len(left) == len(body.get("passwordCredentials", ())):
        raise bad(f"No password credential found with keyId '{key}'.")
    body["passwordCredentials"] = left
    body.get("_secrets", {}).pop(key, None)
    save(call, kind, body)
    return Answer(status=204)


# ---- certificates ----


def replace_keys(world: World, kind: str, body: Body, wanted: list[Body]) -> None:
    """Put a whole new array of certificates in place of the old one.

    An entry with the keyId of an existing one and no key keeps that one as it is; nothing of an
    existing one can be changed.
    """
    existing = {one["keyId"].lower(): one for one in body.get("keyCredentials", ())}
    result, used = [], set()
    for given in wanted:
        key = (given.get("keyId") or world.new_id()).lower()
        if key in used:
            raise bad(f"Multiple credentials with KeyId '{key}' were found.")
        used.add(key)
        if key in existing:
            result.append(_unchanged(existing[key], given))
        else:
            result.append(new_key(world, kind, body, given | {"keyId": key}))
    body["keyCredentials"] = result


def _unchanged(old: Body, given: Body) -> Body:
    key = given.get("key")
    same = key is None or certificate_bytes(key) == decode("key", old["key"])
    dates = all(
        given.get(name) is None or _time(given[name]) == _time(old[name])
        for name in ("startDateTime", "endDateTime")
    )
    if not same or not dates:
        raise bad(f"Update to existing credential with KeyId '{old['keyId']}' is not allowed.")
    return old


def new_key(world: World, kind: str, body: Body, given: Body) -> Body:
    """Read a new certificate: dates and thumbprint come from it unless they are given."""
    usage, kind_of = given.get("usage"), given.get("type")
    if kind_of not in TYPES or usage not in TYPES[kind_of]:
        raise bad(f"Key credential with type '{kind_of}' and usage '{usage}' is not supported.")
    if given.get("key") is None:
        raise bad(f"New key credentials must have a value: the key of '{given['keyId']}' is null.")
    der = certificate_bytes(given["key"])
    certificate = _certificate(der)
    start = _time(given.get("startDateTime")) or certificate.not_valid_before_utc
    end = _time(given.get("endDateTime")) or certificate.not_valid_after_utc
    if end > certificate.not_valid_after_utc or start < certificate.not_valid_before_utc:
        raise bad("Key credential end date is invalid.", "KeyCredentialsInvalidEndDate")
    if end <= world.now():
        raise bad("Key credential end date is invalid.", "KeyCredentialsInvalidEndDate")
    policies.check_lifetime(world, kind, body, "asymmetricKeyLifetime", end - start)
    return {
        "customKeyIdentifier": given.get("customKeyIdentifier") or _thumbprint(body, der),
        "displayName": given.get("displayName") or certificate.subject.rfc4514_string(),
        "endDateTime": _stamp(end),
        "key": base64.b64encode(der).decode(),
        "keyId": given["keyId"],
        "startDateTime": _stamp(start),
        "type": kind_of,
        "usage": usage,
    }


def certificate_bytes(text: str) -> bytes:
    """Take the certificate out of an uploaded key: base64 of DER, or of PEM."""
    raw = decode("key", text)
    match = PEM.search(raw)
    return decode("key", match[1].decode("ascii", "replace")) if match else raw


def _certificate(der: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError as error:
        raise bad("Key credential certificate is invalid.", "KeyCredentialsInvalidCertificate") from error  # fmt: skip


def _thumbprint(body: Body, der: bytes) -> str:
    digest = hashlib.sha1(der, usedforsecurity=False).digest()
    # Both writings are met in real tenants; here the app's id decides, so each app keeps one.
    if int(body["id"][0], 16) % 2:
        return digest.hex().upper()
    return base64.b64encode(digest).decode()


# ---- addKey and removeKey: the app proves that it holds a certificate it already has ----


def _add_key(call: Call, kind: str) -> Answer:
    body = truth(call, kind, call.keys["object"])
    check_proof(call.world, body, call.body["proof"])
    given = call.body["keyCredential"]
    entry = new_key(call.world, kind, body, given | {"keyId": call.world.new_id()})
    body.setdefault("keyCredentials", []).append(entry)
    save(call, kind, body)
    context = f"{call.world.base}/v1.0/$metadata#microsoft.graph.keyCredential"
    return Answer(body={"@odata.context": context, **entry, "key": None})


def _remove_key(call: Call, kind: str) -> Answer:
    body = truth(call, kind, call.keys["object"])
    check_proof(call.world, body, call.body["proof"])
    key = call.body["keyId"].lower()
    left = [one for one in body.get("keyCredentials", ()) if one["keyId"].lower() != key]
    if len(left) == len(body.get("keyCredentials", ())):
        raise bad(f"No key credential found with keyId '{key}'.")
    body["keyCredentials"] = left
    save(call, kind, body)
    return Answer(status=204)


def check_proof(world: World, body: Body, proof: str) -> None:
    """Verify a proof of possession: a short JWT signed by a certificate of the object that is valid.

    Source: learn.microsoft.com/graph/application-rollkey-prooftoken
    """
    head, claims, signed, signature = _taken_apart(proof)
    if head.get("alg") != "RS256":
        raise _unproved("Only RS256 is accepted.")
    if claims.get("aud") != PROOF_AUDIENCE or claims.get("iss") != body["id"]:
        raise _unproved("Audience or issuer are not as expected.")
    begin, end, now = claims.get("nbf"), claims.get("exp"), datetime.now(UTC).timestamp()
    if not isinstance(begin, int | float) or not isinstance(end, int | float):
        raise _unproved("The token has no lifetime.")
    if end - begin > PROOF_LIFE or not begin - LEEWAY <= now <= end + LEEWAY:
        raise _unproved("The token is not valid now, or longer than ten minutes.")
    for entry in body.get("keyCredentials", ()):
        alive = _time(entry["endDateTime"]) or world.now()
        if alive > world.now() and _signs(decode("key", entry["key"]), signed, signature):
            return
    raise _unproved("No valid certificate of the object has signed the token.")


def _taken_apart(proof: str) -> tuple[Body, Body, bytes, bytes]:
    parts = proof.split(".")
    if len(parts) != 3:  # noqa: PLR2004  a signed JWT has three parts
        raise _unproved("The token is malformed.")
    try:
        head, claims = (json.loads(decode("proof", part)) for part in parts[:2])
    except (ValueError, GraphError) as error:
        raise _unproved("The token is malformed.") from error
    if not isinstance(head, dict) or not isinstance(claims, dict):
        raise _unproved("The token is malformed.")
    return head, claims, ".".join(parts[:2]).encode(), decode("proof", parts[2])


def _signs(der: bytes, signed: bytes, signature: bytes) -> bool:
    public = x509.load_der_x509_certificate(der).public_key()
    if not isinstance(public, rsa.RSAPublicKey):
        return False
    try:
        public.verify(signature, signed, padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def _unproved(why: str) -> GraphError:
    return GraphError(
        401, "Authentication_MissingOrMalformed", f"The proof of possession is not valid. {why}"
    )


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
