"""An application and a group full of what others put there: owners, keys, addresses, permissions, members."""

from pathlib import Path
from typing import Any

from toolkit.practice import control
from toolkit.practice.clock import PracticeClock
from toolkit.practice.seed.apps import App, assignment
from toolkit.practice.seed.entries import add_foreign_certificate, add_secret, app_id, principal_id
from toolkit.practice.seed.groups import group_id
from toolkit.practice.seed.people import known_id, user_id
from toolkit.practice.seed.permissions import GRAPH, role_id, scope_id
from toolkit.practice.store import Body, Store
from toolkit.practice.world import World

DISPLAY = "Library Room Display"
KEY = "room-display"
CLIENT = app_id(KEY)
EXISTING = "existing-calendars@northbridge.example"
MARK = "mailgrant"
ROLE = known_id("crowding/role")
SCOPE = known_id("crowding/scope")
FLEETING = {"permissionCache", "signInActivity", "signInReplica", "deletedItem"}
"""What the services remember for themselves; nobody's object."""
CHANGED_ON_PURPOSE = ("accountEnabled",)
"""What `stop` and `retire` switch."""


def crowd(folder: Path) -> None:
    """Let others put on an application and into a group whatever can be put there."""
    store = Store(folder / control.FILE)
    world = World(store=store, clock=PracticeClock(store), base="")
    with store.transaction():
        for kind, key, change in (
            ("application", None, _on_application),
            ("servicePrincipal", principal_id(KEY), _on_enterprise_app),
            ("group", group_id("existing-calendars"), _in_group),
        ):
            found = store.find(kind, appId=CLIENT) if key is None else store.find(kind, id=key)
            (body,) = found
            change(world, body)
            world.put(kind, body["id"], body, lag=False)
        for kind, body in _grants(world):
            world.put(kind, body["id"], body, lag=False)
    store.close()


def _on_application(world: World, app: Body) -> None:
    add_secret(world, app, "a-secret-of-the-library", name="library", days=200)
    add_foreign_certificate(app, "second.library.example", start=2024, end=2040)
    app["api"]["oauth2PermissionScopes"] = [_scope()]
    app["web"]["redirectUris"] = ["https://library.example/signed-in"]
    app["web"]["homePageUrl"] = "https://library.example"
    app["spa"]["redirectUris"] = ["https://library.example/page"]
    app["publicClient"]["redirectUris"] = ["http://localhost"]
    app |= {
        "_owners": [user_id("rector"), user_id("exchange.admin")],
        "appRoles": [_role()],
        "identifierUris": ["api://library"],
        "notes": "Belongs to the library. Ask Kim before you touch it.",
        "requiredResourceAccess": [
            {
                "resourceAppId": GRAPH,
                "resourceAccess": [
                    {"id": role_id(GRAPH, "User.Read.All"), "type": "Role"},
                    {"id": scope_id(GRAPH, "User.Read"), "type": "Scope"},
                ],
            }
        ],
        "tags": ["facilities", "cost-centre:4711"],
    }


def _on_enterprise_app(_world: World, principal: Body) -> None:
    principal |= {
        "_owners": [user_id("rector")],
        "appRoles": [_role()],
        "oauth2PermissionScopes": [_scope()],
        "homepage": "https://library.example",
        "notes": "Paid by the library.",
        "replyUrls": ["https://library.example/signed-in"],
        "servicePrincipalNames": [CLIENT, "api://library"],
        "tags": [*principal["tags"], "facilities"],
    }


def _in_group(_world: World, group: Body) -> None:
    group["_members"] = [*group["_members"], group_id("faculty-calendars"), user_id("lotte.mulder")]
    group["_owners"] = [*group["_owners"], user_id("rector")]


def _grants(world: World) -> list[tuple[str, Body]]:
    display = App(name=DISPLAY, key=KEY)
    scope: Body = {
        "id": known_id("crowding/delegated"),
        "clientId": principal_id(KEY),
        "consentType": "AllPrincipals",
        "principalId": None,
        "resourceId": principal_id(GRAPH),
        "scope": "User.Read",
    }
    role = assignment(world, display, GRAPH, "User.Read.All")
    return [("appRoleAssignment", role), ("oauth2PermissionGrant", scope)]


def _role() -> Body:
    return {
        "allowedMemberTypes": ["User"],
        "description": "Sees every display",
        "displayName": "Display manager",
        "id": ROLE,
        "isEnabled": True,
        "origin": "Application",
        "value": "Displays.Manage",
    }


def _scope() -> Body:
    return {
        "adminConsentDescription": "See displays",
        "adminConsentDisplayName": "See displays",
        "id": SCOPE,
        "isEnabled": True,
        "type": "Admin",
        "userConsentDescription": None,
        "userConsentDisplayName": None,
        "value": "Displays.Read",
    }


def foreign(folder: Path) -> dict[tuple[str, str], Any]:
    """Tell everything of a world that isn't mailgrant's: on what others made, too."""
    store = Store(folder / control.FILE)
    kinds = [str(kind) for (kind,) in store.execute("select distinct kind from object")]
    found = {
        (kind, _key(body)): _without_ours(body)
        for kind in kinds
        if kind not in FLEETING
        for body in store.all(kind)
        if not _made_by_us(body)
    }
    store.close()
    return found


def _key(body: Body) -> str:
    return str(body.get("id") or body.get("Guid"))


def _made_by_us(body: Body) -> bool:
    return str(body.get("Name") or body.get("DisplayName") or "").startswith(f"{MARK}-")


def _without_ours(body: Body) -> Body:
    kept = {name: value for name, value in body.items() if name not in CHANGED_ON_PURPOSE}
    if isinstance(kept.get("tags"), list):
        kept["tags"] = sorted(tag for tag in kept["tags"] if not tag.startswith(MARK))
    if isinstance(kept.get("keyCredentials"), list):
        keys = kept["keyCredentials"]
        kept["keyCredentials"] = [k for k in keys if not str(k["displayName"]).startswith(MARK)]
    return kept
