"""Consent: what an app may do in somebody's name, who may say yes, and what a yes writes.

Source: learn.microsoft.com/entra/identity/enterprise-apps/user-admin-consent-overview
"""

import base64
import uuid

from toolkit.practice.entra.clients import Client
from toolkit.practice.entra.people import roles_of
from toolkit.practice.entra.scopes import Wish
from toolkit.practice.entra.token_refusal import TokenRefusal
from toolkit.practice.seed.permissions import GRAPH
from toolkit.practice.store import Body
from toolkit.practice.world import World

KIND = "oauth2PermissionGrant"
# Global, Application, Cloud Application and Privileged Role Administrator.
MAY_CONSENT = frozenset(
    {
        "62e90394-69f5-4237-9190-012177145e10",
        "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
        "158c047a-c907-4556-b7ef-446551a6b5f7",
        "e8611ab8-c189-46e8-94e1-60213ab1f814",
    }
)
# Who may consent to application permissions of Microsoft Graph: Global and Privileged Role
# Administrator (learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent).
PRIVILEGED = frozenset(
    {"62e90394-69f5-4237-9190-012177145e10", "e8611ab8-c189-46e8-94e1-60213ab1f814"}
)
# What Microsoft's own policy for users' consent holds back since 2025, beside what needs an
# administrator anyway.
HELD_BACK = (
    *("Calendars.", "Chat.", "Contacts.", "Files.", "Mail.", "MailboxFolder.", "MailboxItem."),
    *("MailboxSettings.", "People.", "Sites.", "Tasks.", "EWS.", "EAS.", "IMAP.", "POP.", "SMTP."),
)


def granted(world: World, client: Client, resource: Body, user: Body) -> frozenset[str]:
    """Tell what the app may do on a resource in somebody's name."""
    found = set(client.preauthorised.get(resource["appId"], "").split())
    for one in world.all_seen(KIND):
        ends = (one["clientId"], one["resourceId"]) == (client.principal["id"], resource["id"])
        if ends and one.get("principalId") in {None, user["id"]}:
            found |= set(one["scope"].split())
    return frozenset(found)


def lacking(world: World, client: Client, wish: Wish, user: Body) -> list[Body]:
    """List the permissions that were asked for and that nobody has consented to yet."""
    held = granted(world, client, wish.resource, user)
    if wish.default and held:
        return []  # whatever was granted already is what it gets
    known = {one["value"]: one for one in wish.resource["oauth2PermissionScopes"]}
    return [known[value] for value in sorted(wish.permissions - held)]


def is_administrator(world: World, user: Body) -> bool:
    """Tell whether somebody may consent for everybody."""
    return bool(MAY_CONSENT.intersection(roles_of(world, user)))


def check(world: World, client: Client, wanted: list[Body], user: Body) -> None:
    """Refuse where somebody may not consent to what is asked."""
    mode = world.store.setting("consent", "users")
    needs = mode != "users" or user.get("userType") == "Guest"
    needs = needs or any(one["type"] == "Admin" for one in wanted)
    needs = needs or any(one["value"].startswith(HELD_BACK) for one in wanted)
    if not needs or is_administrator(world, user):
        return
    code = 90095 if mode == "requests" else 90094
    raise TokenRefusal(
        code,
        "access_denied" if code == 90095 else "consent_required",  # noqa: PLR2004  the code's own name
        f"Admin consent is required for the permissions requested by application"
        f" '{client.app_id}'.",
        suberror="consent_required",
    )


def required(client: Client) -> TokenRefusal:
    """Refuse a token for what nobody has consented to."""
    return TokenRefusal(
        65001,
        "invalid_grant",
        "The user or administrator has not consented to use the application with ID"
        f" '{client.app_id}' named '{client.name}'. Send an interactive authorization request for"
        " this user and resource.",
        suberror="consent_required",
    )


def give(
    world: World, client: Client, wish: Wish, user: Body, *, values: set[str], everybody: bool
) -> None:
    """Write a consent down: for one person, or for the organisation."""
    key = {
        "clientId": client.principal["id"],
        "consentType": "AllPrincipals" if everybody else "Principal",
        "principalId": None if everybody else user["id"],
        "resourceId": wish.resource["id"],
    }
    if wish.resource["appId"] == GRAPH:
        values = values | wish.open_id
    known = world.store.find(KIND, clientId=key["clientId"], resourceId=key["resourceId"])
    for one in known:
        if one.get("principalId") == key["principalId"]:
            old = one["scope"].split()
            scope = " ".join([*old, *sorted(values - set(old))])
            world.put(KIND, one["id"], one | {"scope": scope}, lag=False)
            return
    body = {"id": link_id(), **key, "scope": " ".join(sorted(values))}
    world.put(KIND, body["id"], body, lag=False)


def link_id() -> str:
    """Make the id of a grant as Entra does: base64url, of nothing that a client could tell."""
    raw = uuid.uuid4().bytes + uuid.uuid4().bytes
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
