"""The address at which an administrator consents for everybody: to what is declared, or to scopes.

Sources: learn.microsoft.com/entra/identity-platform/v2-admin-consent, and for what ends by it
learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent
"""

from collections.abc import Mapping
from dataclasses import dataclass

from toolkit.practice.entra import clients, consent, resources, scopes
from toolkit.practice.entra.clients import Client
from toolkit.practice.entra.people import roles_of
from toolkit.practice.entra.scopes import DEFAULT
from toolkit.practice.entra.token_refusal import TokenRefusal, missing
from toolkit.practice.seed.permissions import GRAPH
from toolkit.practice.store import Body
from toolkit.practice.world import World

ROLE = "appRoleAssignment"
DENIED = TokenRefusal(
    65004,
    "consent_required",
    "The resource owner or authorization server denied the request.",
)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is asked of one resource: delegated permissions, and application permissions."""

    resource: Body
    delegated: tuple[Body, ...]
    application: tuple[Body, ...] = ()


def read(world: World, asked: Mapping[str, str], tenant: str, *, static: bool) -> Body:
    """Read a request into an open sign-in; the older address is `static`: it knows no scopes.

    Raises TokenRefusal where nobody may be sent back.
    """
    if not asked.get("client_id"):
        raise missing("client_id")
    client = clients.find(world, asked["client_id"])
    redirect = asked.get("redirect_uri", "")
    if static and not redirect and client.redirects:
        redirect = client.redirects[0][1]
    client.redirect_kind(redirect)
    return {
        "admin": True,
        "tenant": tenant,
        "client": client.app_id,
        "redirect": redirect,
        "mode": "query",
        "state": asked.get("state"),
        "scope": DEFAULT if static else asked.get("scope", ""),
        "prompt": "select_account",
        "hint": "",
        "user": None,
        "methods": [],
    }


def refusal(world: World, flow: Body) -> TokenRefusal | None:
    """Tell why the client hears of an error at once: its scopes can't be read."""
    try:
        _wanted(world, flow, clients.find(world, flow["client"]))
    except TokenRefusal as refused:
        return refused
    return None


def shown(world: World, flow: Body, client: Client) -> dict[str, object]:
    """Tell what the page shows; refused where who signed in may not consent to it."""
    wanted = _wanted(world, flow, client)
    _check(world, flow, client, wanted)
    sentences = [
        one.get("adminConsentDisplayName") or one["displayName"]
        for part in wanted
        for one in (*part.application, *part.delegated)
    ]
    return {
        "sentences": sentences,
        "administrator": False,
        "publisher": "",
        "for_everybody": True,
    }


def give(world: World, flow: Body, client: Client) -> None:
    """Write the consent down; where all that is declared was asked for, what isn't any more ends.

    That it ends is what Microsoft's page warns of; scopes that were named are added to the old.
    """
    wanted = _wanted(world, flow, client)
    _check(world, flow, client, wanted)
    if scopes.read(world, flow["scope"], client).default:
        _end_others(world, client, wanted)
    for part in wanted:
        _grant(world, client, part)
        for role in part.application:
            _assign(world, client, part.resource, role)
    flow["given"] = " ".join(
        f"{resources.audiences(world).get(part.resource['appId'], part.resource['appId'])}/{one['value']}"
        for part in wanted
        for one in (*part.delegated, *part.application)
    )


def _wanted(world: World, flow: Body, client: Client) -> list[Wanted]:
    """Tell what is asked: all that the application declares, or the scopes that are named."""
    wish = scopes.read(world, flow["scope"], client)
    if wish.default:
        declared = (client.application or {}).get("requiredResourceAccess", ())
        return [_declared(world, one) for one in declared]
    values = wish.permissions | (wish.open_id if wish.resource["appId"] == GRAPH else frozenset())
    known = wish.resource["oauth2PermissionScopes"]
    named = tuple(one for one in known if one["value"] in values)
    return [Wanted(resource=wish.resource, delegated=named)]


def _declared(world: World, needed: Body) -> Wanted:
    resource, _ = resources.find(world, needed["resourceAppId"])
    ids = {kind: {one["id"] for one in needed["resourceAccess"] if one["type"] == kind} for kind in ("Scope", "Role")}  # fmt: skip
    return Wanted(
        resource=resource,
        delegated=tuple(one for one in resource["oauth2PermissionScopes"] if one["id"] in ids["Scope"]),
        application=tuple(one for one in resource["appRoles"] if one["id"] in ids["Role"]),
    )  # fmt: skip


def _check(world: World, flow: Body, client: Client, wanted: list[Wanted]) -> None:
    # The text stands in learn.microsoft.com/entra/identity/enterprise-apps/
    # application-sign-in-unexpected-user-consent-error.
    user = world.store.get("user", flow["user"] or "") or {"id": ""}
    graph = any(one.application and one.resource["appId"] == GRAPH for one in wanted)
    needed = consent.PRIVILEGED if graph else consent.MAY_CONSENT
    if not needed.intersection(roles_of(world, user)):
        raise TokenRefusal(
            90093,
            "access_denied",
            f"{client.name} is requesting one or more permissions that you are not authorized to"
            " grant. Contact an administrator, who can consent to this application on your behalf.",
        )


# ---- what is written ----


def _end_others(world: World, client: Client, wanted: list[Wanted]) -> None:
    kept = {
        (part.resource["id"], role["id"]) for part in wanted for role in part.application
    }  # fmt: skip
    for one in world.store.find(ROLE, principalId=client.principal["id"]):
        if (one["resourceId"], one["appRoleId"]) not in kept:
            world.remove(ROLE, one["id"], lag=False)
    for one in _grants(world, client):
        world.remove(consent.KIND, one["id"], lag=False)


def _grants(world: World, client: Client) -> list[Body]:
    found = world.store.find(consent.KIND, clientId=client.principal["id"])
    return [one for one in found if one["consentType"] == "AllPrincipals"]


def _grant(world: World, client: Client, part: Wanted) -> None:
    if not part.delegated:
        return
    held = [one for one in _grants(world, client) if one["resourceId"] == part.resource["id"]]
    known: Body = held[0] if held else {"id": consent.link_id(), "scope": ""}
    old = known["scope"].split()
    new = [one["value"] for one in part.delegated if one["value"] not in old]
    body = known | {
        "clientId": client.principal["id"],
        "consentType": "AllPrincipals",
        "principalId": None,
        "resourceId": part.resource["id"],
        "scope": " ".join([*old, *new]),
    }
    world.put(consent.KIND, body["id"], body, lag=False)


def _assign(world: World, client: Client, resource: Body, role: Body) -> None:
    principal = client.principal
    key = {"principalId": principal["id"], "resourceId": resource["id"], "appRoleId": role["id"]}
    if world.store.find(ROLE, **key):
        return
    body = key | {
        "id": consent.link_id(),
        "createdDateTime": world.stamp(),
        "deletedDateTime": None,
        "principalDisplayName": principal["displayName"],
        "principalType": "ServicePrincipal",
        "resourceDisplayName": resource["displayName"],
    }
    world.put(ROLE, body["id"], body, lag=False)
