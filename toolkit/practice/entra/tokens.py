"""Access tokens of the practice tenant: made with the world's own key, and read again."""

import base64
import functools
import hashlib
import json
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from toolkit.practice.seed.people import TENANT_ID
from toolkit.practice.store import Body
from toolkit.practice.wire import Caller
from toolkit.practice.world import World
from toolkit.secret import write_private

LIFETIME = 3599
# Every app-only token of Entra carries this one, whatever roles the app holds.
DEFAULT_WID = "0997a1d0-0d1d-4acb-b408-d5ca73121e90"
KEY_FILE = "signing.key"


def ensure_key(folder: Path) -> None:
    """Make the key that signs tokens, where there is none yet; a reset keeps it."""
    path = folder / KEY_FILE
    if not path.exists():
        key = rsa.generate_private_key(65537, 2048)
        write_private(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def public_keys(world: World) -> Body:
    """Publish the key as a JSON Web Key Set (RFC 7517)."""
    key = _key(_folder(world))
    numbers = key.public_key().public_numbers()
    return {
        "keys": [
            {
                "kty": "RSA",
                "use": "sig",
                "kid": _key_id(key),
                "x5t": _key_id(key),
                "n": encode(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8)),
                "e": encode(numbers.e.to_bytes(3)),
                "issuer": issuer(world),
            }
        ]
    }


def issuer(world: World) -> str:
    """Tell who signs: this tenant."""
    return f"{world.base}/{TENANT_ID}/v2.0"


def issue(world: World, *, principal: Body, resource: Body, audience: str) -> str:
    """Sign an app-only token: roles are what replicas know to be granted on the resource by now.

    Claims as in learn.microsoft.com/entra/identity-platform/access-token-claims-reference.
    """
    now = int(time.time())
    claims: dict[str, Any] = {
        "aud": audience,
        "iss": issuer(world),
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME,
        "appid": principal["appId"],
        "app_displayname": principal["appDisplayName"],
        "azp": principal["appId"],
        "idtyp": "app",
        "oid": principal["id"],
        "sub": principal["id"],
        "tid": TENANT_ID,
        "uti": encode(uuid.uuid4().bytes),
        "ver": "2.0",
        "wids": [*_directory_roles(world, principal), DEFAULT_WID],
    }
    if roles := _roles(world, principal, resource):
        claims["roles"] = roles
    return sign(world, claims)


def sign(world: World, claims: Body) -> str:
    """Sign claims with the world's own key."""
    key = _key(_folder(world))
    head = {"typ": "JWT", "alg": "RS256", "kid": _key_id(key), "x5t": _key_id(key)}
    text = ".".join(encode(json.dumps(part).encode()) for part in (head, claims))
    return f"{text}.{encode(key.sign(text.encode(), padding.PKCS1v15(), SHA256()))}"


def caller_of(world: World, headers: Mapping[str, str]) -> Caller | None:
    """Read who calls from a bearer token; None where it is absent, forged, foreign or over."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    claims = _verified(world, token.strip())
    if claims is None or claims["tid"] != TENANT_ID or claims["exp"] <= time.time():
        return None
    if "appid" not in claims:  # an ID token opens nothing
        return None
    return Caller(
        audience=claims["aud"],
        app_id=claims["appid"],
        object_id=claims["oid"],
        user_id=claims["oid"] if claims["idtyp"] == "user" else None,
        scopes=frozenset(claims.get("scp", "").split()),
        roles=frozenset(claims.get("roles", ())),
        wids=frozenset(claims["wids"]),
    )


def encode(data: bytes) -> str:
    """Write bytes as base64url without padding (RFC 7515)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Read base64url with or without padding; ValueError where it is something else."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _verified(world: World, token: str) -> Body | None:
    text, _, signature = token.rpartition(".")
    public = _key(_folder(world)).public_key()
    try:
        public.verify(decode(signature), text.encode(), padding.PKCS1v15(), SHA256())
        claims: Body = json.loads(decode(text.partition(".")[2]))
    except (InvalidSignature, ValueError):
        return None
    return claims


def _roles(world: World, principal: Body, resource: Body) -> list[str]:
    values = {role["id"]: role["value"] for role in resource["appRoles"]}
    granted = (
        values.get(one["appRoleId"])
        for one in world.all_seen("appRoleAssignment")
        if one["principalId"] == principal["id"] and one["resourceId"] == resource["id"]
    )
    return sorted(value for value in granted if value)


def _directory_roles(world: World, principal: Body) -> list[str]:
    held = world.store.find("directoryRoleAssignment", principalId=principal["id"])
    return sorted(one["roleDefinitionId"] for one in held)


def _folder(world: World) -> Path:
    return world.store.path.parent


@functools.cache
def _key(folder: Path) -> rsa.RSAPrivateKey:
    key = load_pem_private_key((folder / KEY_FILE).read_bytes(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{KEY_FILE} holds another kind of key than the one we write.")
    return key


@functools.cache
def _key_id(key: rsa.RSAPrivateKey) -> str:
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return encode(hashlib.sha256(public).digest()[:20])
