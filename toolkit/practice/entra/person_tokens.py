"""The tokens of people: what they say, and the answer they come in.

Claims: learn.microsoft.com/entra/identity-platform/access-token-claims-reference and
/id-token-claims-reference
"""

import hashlib
import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

from toolkit.practice.entra import activity, consent, scopes, tickets, tokens
from toolkit.practice.entra.clients import Client
from toolkit.practice.entra.people import roles_of
from toolkit.practice.entra.scopes import OPEN_ID, Wish
from toolkit.practice.seed.people import TENANT_ID
from toolkit.practice.store import Body
from toolkit.practice.world import World

# What every member of a tenant carries in the place of a role.
MEMBER_WID = "b79fbf4d-3ef9-4689-8143-76b194e85509"


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """Somebody who has signed in to a client, and how: pwd, mfa."""

    user: Body
    client: Client
    methods: tuple[str, ...]
    nonce: str = ""


def answer(world: World, who: SignedIn, wish: Wish, *, client_info: bool) -> Body:
    """Make the tokens for a wish; refused where nobody has consented to it."""
    if consent.lacking(world, who.client, wish, who.user):
        raise consent.required(who.client)
    granted = consent.granted(world, who.client, wish.resource, who.user)
    body: Body = {
        "token_type": "Bearer",
        "scope": scopes.written(wish, granted - OPEN_ID),
        "expires_in": tokens.LIFETIME,
        "ext_expires_in": tokens.LIFETIME,
        "access_token": tokens.sign(world, _access_claims(world, who, wish, granted)),
    }
    if "offline_access" in wish.open_id:
        kept = {"user": who.user["id"], "client": who.client.app_id, "methods": who.methods}
        body["refresh_token"] = tickets.hand_out(world, "refresh", kept)
    if "openid" in wish.open_id:
        body["id_token"] = tokens.sign(world, _id_claims(world, who, wish))
    if client_info:
        info = {"uid": who.user["id"], "utid": TENANT_ID}
        body["client_info"] = tokens.encode(json.dumps(info).encode())
    activity.note(world, who.client.app_id, wish.resource["appId"], person=True)
    return body


def _access_claims(
    world: World, who: SignedIn, wish: Wish, granted: frozenset[str]
) -> dict[str, Any]:
    user = who.user
    guest = user.get("userType") == "Guest"
    claims = _common(world, who) | {
        "aud": wish.audience,
        "acct": int(guest),
        "amr": list(who.methods),
        "app_displayname": who.client.name,
        "appid": who.client.app_id,
        "appidacr": "0" if who.client.public_flows else "1",
        "azp": who.client.app_id,
        "family_name": user.get("surname"),
        "given_name": user.get("givenName"),
        "idtyp": "user",
        "ipaddr": "127.0.0.1",
        "scp": " ".join(sorted(granted - {"offline_access"})),
        "unique_name": user["userPrincipalName"],
        "upn": user["userPrincipalName"],
        "wids": [*roles_of(world, user), *([] if guest else [MEMBER_WID])],
    }
    if guest:
        claims["idp"] = f"https://sts.windows.net/{_home(user)}/"
    return {name: value for name, value in claims.items() if value is not None}


def _id_claims(world: World, who: SignedIn, wish: Wish) -> dict[str, Any]:
    user = who.user
    claims = _common(world, who) | {"aud": who.client.app_id}
    if "profile" in wish.open_id:
        claims["preferred_username"] = user["userPrincipalName"]
    if "email" in wish.open_id and user.get("mail"):
        claims["email"] = user["mail"]
    return claims | ({"nonce": who.nonce} if who.nonce else {})


def _common(world: World, who: SignedIn) -> dict[str, Any]:
    now, user = int(time.time()), who.user
    pair = f"{user['id']} {who.client.app_id}".encode()
    return {
        "iss": tokens.issuer(world),
        "iat": now,
        "nbf": now,
        "exp": now + tokens.LIFETIME,
        "name": user["displayName"],
        "oid": user["id"],
        # Who somebody is to one client only: learn.microsoft.com/entra/identity-platform/id-tokens
        "sub": tokens.encode(hashlib.sha256(pair).digest()),
        "tid": TENANT_ID,
        "uti": tokens.encode(uuid.uuid4().bytes),
        "ver": "2.0",
    }


def _home(user: Body) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, str(user.get("mail")).rpartition("@")[2]))
