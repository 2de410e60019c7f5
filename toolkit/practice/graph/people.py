"""Users: made, changed, deleted; their managers and sessions.

Sources: learn.microsoft.com/graph/api/user-post-users, user-update and user-post-manager.
"""

import re
from typing import Any

from toolkit.practice.graph import schema
from toolkit.practice.graph.bodies import judge, read_json, require
from toolkit.practice.graph.deleted import bury
from toolkit.practice.graph.errors import bad, missing
from toolkit.practice.graph.objects import (
    DONE,
    Call,
    directory_object,
    referenced,
    resolve,
    row,
    save,
    seen,
    truth,
)
from toolkit.practice.graph.paths import Route
from toolkit.practice.graph.query import Row
from toolkit.practice.passwords import hashed
from toolkit.practice.store import Body
from toolkit.practice.wire import Answer
from toolkit.practice.world import World

NAME = re.compile(r"[A-Za-z0-9'._\-!#^~]+")
COUNTRY = re.compile(r"[A-Z]{2}")
SHORTEST_PASSWORD = 8
CHARACTER_CLASSES = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^A-Za-z0-9]")
POLICIES = {"DisableStrongPassword", "DisablePasswordExpiration", "None"}
# What a client can't set on a person, although the metadata doesn't mark it.
FIXED = frozenset(
    ["assignedLicenses", "mailboxSettings", "identityParentId", "licenseAssignmentStates"]
)
# The only right of some apps is to switch accounts on and off, or to manage identities.
NARROW = {
    "User.EnableDisableAccount.All": {"accountEnabled"},
    "User.ManageIdentities.All": {"identities"},
}
WIDE = {"User.ReadWrite.All", "Directory.ReadWrite.All"}


def routes() -> list[Route]:
    """List the routes of this module."""
    person = "users/{object}"

    def route(method: str, pattern: str, serve: Any, who: str, takes: str | None = None) -> Route:
        return Route(method=method, pattern=pattern, serve=serve, who=who, takes=takes)

    return [
        route("POST", "users", _create, "users.write", "user"),
        route("PATCH", person, _patch, "users.patch", "raw"),
        route("DELETE", person, _delete, "users.delete"),
        route("PUT", f"{person}/manager/$ref", _set_manager, "users.write", "$ref"),
        route("DELETE", f"{person}/manager/$ref", _drop_manager, "users.write"),
        route("POST", f"{person}/revokeSignInSessions", _revoke, "users.revoke"),
    ]


def _create(call: Call) -> Row:
    given, world = call.body, call.world
    require(given, "accountEnabled", "displayName", "mailNickname", "userPrincipalName")
    require(given, "passwordProfile")
    _check(world, given)
    password = given.pop("passwordProfile").get("password")
    if not password:
        raise bad("The specified password does not comply with password complexity requirements. Please provide a different password.")  # fmt: skip
    managers = [resolve(call, one) for one in given.pop("manager@odata.bind", [])]
    body = schema.empty("user") | {
        "id": world.new_id(),
        "createdDateTime": world.stamp(),
        "_password": _password(password),
    }
    body |= {name: value for name, value in given.items() if value is not None}
    if managers:
        body["_manager"] = managers[0]
    save(call, "user", body)
    return row("user", body)


def _patch(call: Call) -> Answer:
    given = judge("user", read_json(call.ask), creating=False)
    _narrow(call, given)
    body = truth(call, "user", call.keys["object"])
    if body.get("onPremisesSyncEnabled") and set(given) - {"usageLocation", "passwordPolicies"}:
        raise bad(
            "Unable to update the specified properties for on-premises mastered Directory Sync"
            " objects or objects currently undergoing migration."
        )
    given.pop("manager@odata.bind", None)
    _check(call.world, given, body)
    profile = given.pop("passwordProfile", None)
    if profile and profile.get("password"):
        body["_password"] = _password(profile["password"])
        body["lastPasswordChangeDateTime"] = call.world.stamp()
    body |= given
    save(call, "user", body)
    return DONE


def _narrow(call: Call, given: Body) -> None:
    held = call.caller.scopes if call.caller.user_id else call.caller.roles
    if held & WIDE:
        return
    allowed = {name for right, names in NARROW.items() if right in held for name in names}
    if set(given) - allowed:
        raise bad(
            "Insufficient privileges to complete the operation.", "Authorization_RequestDenied"
        )


def _check(world: World, given: Body, old: Body | None = None) -> None:
    for name in FIXED & set(given):
        raise bad(f"Property '{name}' is read-only and cannot be set.")
    for name in ("displayName", "mailNickname", "userPrincipalName"):
        if name in given:
            require(given, name)
    if "userPrincipalName" in given:
        _check_name(world, given["userPrincipalName"], old)
    location = given.get("usageLocation")
    if location is not None and not COUNTRY.fullmatch(location):
        raise bad("Invalid value specified for property 'usageLocation' of resource 'User'.")
    words = {word.strip() for word in (given.get("passwordPolicies") or "None").split(",")}
    if words - POLICIES:
        raise bad("Invalid value specified for property 'passwordPolicies' of resource 'User'.")


def _check_name(world: World, name: str, old: Body | None) -> None:
    local, _, domain = name.partition("@")
    verified = {one["id"].lower() for one in world.store.all("domain") if one.get("isVerified")}
    if domain.lower() not in verified:
        raise bad("The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain names in your organization.")  # fmt: skip
    if not NAME.fullmatch(local):
        raise bad("Invalid value specified for property 'userPrincipalName' of resource 'User'.")
    for one in world.store.all("user"):
        taken = one["userPrincipalName"].lower() == name.lower()
        if taken and (old is None or one["id"] != old["id"]):
            raise bad(
                "Another object with the same value for property userPrincipalName already exists.",
                "ObjectConflict",
            )


def _password(text: str) -> str:
    classes = sum(bool(re.search(pattern, text)) for pattern in CHARACTER_CLASSES)
    if len(text) < SHORTEST_PASSWORD or classes < 3:  # noqa: PLR2004  three of four, as Entra asks
        raise bad("The specified password does not comply with password complexity requirements. Please provide a different password.")  # fmt: skip
    return hashed(text)


def _delete(call: Call) -> Answer:
    body, world = truth(call, "user", call.keys["object"]), call.world
    for kind in ("application", "servicePrincipal", "group"):
        for one in world.store.all(kind):
            lists = [name for name in ("_owners", "_members") if body["id"] in one.get(name, ())]
            for name in lists:
                one[name].remove(body["id"])
            if lists:
                save(call, kind, one)
    for kind in ("appRoleAssignment", "oauth2PermissionGrant", "directoryRoleAssignment"):
        for one in world.store.find(kind, principalId=body["id"]):
            world.remove(kind, one["id"])
    bury(world, "user", body)
    return DONE


# ---- managers and sessions ----


def _set_manager(call: Call) -> Answer:
    body = truth(call, "user", call.keys["object"])
    key = referenced(call, call.body)
    found = directory_object(call.world, key, true=True)
    if found is None or found.type_name != "user" or key == body["id"]:
        raise bad("Invalid object identifier for the manager of a user.")
    save(call, "user", body | {"_manager": key})
    return DONE


def _drop_manager(call: Call) -> Answer:
    body = truth(call, "user", call.keys["object"])
    if not body.pop("_manager", None):
        raise missing("manager")
    save(call, "user", body)
    return DONE


def _revoke(call: Call) -> Answer:
    seen(call, "user", call.keys["object"])
    body = truth(call, "user", call.keys["object"])
    save(
        call,
        "user",
        body
        | {
            "signInSessionsValidFromDateTime": call.world.stamp(),
            "_sessions_from": call.world.at(),
        },
    )
    context = f"{call.world.base}/v1.0/$metadata#Edm.Boolean"
    return Answer(body={"@odata.context": context, "value": True})
