"""Applications: registered, upserted, changed and deleted.

Sources: learn.microsoft.com/graph/api/application-post-applications, application-upsert
and application-update.
"""

import copy
from typing import Any

from toolkit.practice.graph import policies, redirects, schema
from toolkit.practice.graph.bodies import GUID, judge, read_json, require
from toolkit.practice.graph.credentials import new_password, replace_keys
from toolkit.practice.graph.deleted import bury, deleted
from toolkit.practice.graph.errors import bad, denied
from toolkit.practice.graph.objects import (
    DONE,
    Call,
    identify,
    owned,
    resolve,
    row,
    save,
    truth,
)
from toolkit.practice.graph.paths import Key, Route
from toolkit.practice.graph.principals import bury_principal, follow
from toolkit.practice.graph.query import Row
from toolkit.practice.store import Body
from toolkit.practice.wire import Answer
from toolkit.practice.world import World

MOST_RESOURCES = 50
MOST_PERMISSIONS = 400
LONGEST_NAME = 256
LONGEST_TAG = 256


def routes() -> list[Route]:
    """List the routes of this module."""
    app = "applications/{object}"

    def route(method: str, pattern: str, serve: Any, who: str, takes: str | None = None) -> Route:
        return Route(method=method, pattern=pattern, serve=serve, who=who, takes=takes)

    return [
        route("POST", "applications", _create, "apps.create", "application"),
        route("PATCH", app, _patch, "apps.write", "raw"),
        route("DELETE", app, _delete, "apps.write"),
    ]


# ---- applications ----


def _create(call: Call) -> Row:
    return row("application", new_application(call, call.body))


def new_application(call: Call, given: Body) -> Body:
    """Make an application of what a client sent; a made secret's text is in what is answered."""
    require(given, "displayName")
    world = call.world
    body = schema.empty("application") | {
        "id": world.new_id(),
        "appId": world.new_id(),
        "createdDateTime": world.stamp(),
        "publisherDomain": _default_domain(world),
        "_owners": _first_owners(call, given),
        "_secrets": {},
    }
    passwords = given.pop("passwordCredentials", [])
    _apply(call, body, given)
    shown = [new_password(world, "application", body, one) for one in passwords]
    save(call, "application", body)
    return body | ({"passwordCredentials": shown} if shown else {})


def _default_domain(world: World) -> str:
    return next(str(one["id"]) for one in world.store.all("domain") if one.get("isDefault"))


def _first_owners(call: Call, given: Body) -> list[str]:
    owners = [resolve(call, address) for address in given.pop("owners@odata.bind", [])]
    caller = call.caller
    # A person owns what they register; an app only where its right is to manage what it owns.
    own_only = not caller.roles & {"Application.ReadWrite.All"}
    if (caller.user_id or own_only) and call.actor not in owners:
        owners.append(call.actor)
    return owners


def _patch(call: Call) -> Row | Answer:
    key = call.keys["object"]
    prefers = call.ask.headers.get("prefer", "").lower()
    creating = key.name == "uniqueName" and "create-if-missing" in prefers
    given = judge("application", read_json(call.ask), creating=creating)
    if creating and identify(call.world, "application", key) is None:
        if given.get("uniqueName") not in {None, key.value}:
            raise bad("The uniqueName of the address and of the body differ.")
        made = new_application(call, given | {"uniqueName": key.value})
        return Row(type_name="application", body=made)
    # An upsert is decided where the name is kept unique, not by a replica.
    body = _by_name(call, key) if creating else truth(call, "application", key)
    before = copy.deepcopy(body)
    if given.get("uniqueName") in {None, body.get("uniqueName")}:
        given.pop("uniqueName", None)
    elif body.get("uniqueName"):
        raise bad("Property 'uniqueName' is read-only and cannot be set.")
    if "passwordCredentials" in given and given["passwordCredentials"] != []:
        raise bad("Updates to passwordCredentials are not supported: use addPassword and removePassword.")  # fmt: skip
    if given.pop("passwordCredentials", None) == []:
        body["passwordCredentials"], body["_secrets"] = [], {}
    _apply(call, body, given)
    save(call, "application", body)
    follow(call, before, body)
    return DONE


def _by_name(call: Call, key: Key) -> Body:
    body = call.world.store.find("application", uniqueName=key.value)[0]
    if call.limited and not owned(call, "application", body):
        raise denied()
    return body


def _apply(call: Call, body: Body, given: Body) -> None:
    _check_application(call.world, body, given)
    keys = given.pop("keyCredentials", None)
    for name, value in given.items():
        part = schema.TYPES["application"].get(name)
        if (
            isinstance(value, dict)
            and isinstance(body.get(name), dict)
            and part
            and part.type in schema.TYPES
        ):
            body[name] = _merged(body[name], value)
        else:
            body[name] = value
    if keys is not None:
        replace_keys(call.world, "application", body, keys)


def _merged(old: Body, new: Body) -> Body:
    # A complex property is patched property by property, at any depth.
    merged = dict(old)
    for name, value in new.items():
        both = isinstance(value, dict) and isinstance(old.get(name), dict)
        merged[name] = _merged(old[name], value) if both else value
    return merged


def _check_application(world: World, body: Body, given: Body) -> None:
    if "displayName" in given:
        require(given, "displayName")
        if len(given["displayName"]) > LONGEST_NAME:
            raise bad(
                "Invalid value specified for property 'displayName' of resource 'Application'."
            )
    if any(not tag or len(tag) > LONGEST_TAG for tag in given.get("tags", ())):
        raise bad("Invalid value specified for property 'tags' of resource 'Application'.")
    if given.get("uniqueName") is not None:
        _check_unique_name(world, given["uniqueName"])
    _check_resource_access(given.get("requiredResourceAccess", ()))
    redirects.check(body, given)
    added = [one for one in given.get("identifierUris", ()) if one not in body["identifierUris"]]
    policies.check_identifier_uris(world, body | given, added)
    for uri in added:
        if any(uri in one["identifierUris"] for one in world.store.all("application")):
            raise bad("Another object with the same value for property identifierUris already exists.", "Request_BadRequest")  # fmt: skip
    api, scopes = body.get("api") or {}, "oauth2PermissionScopes"
    _check_ids("appRoles", given.get("appRoles"), body.get("appRoles", ()))
    _check_ids(scopes, (given.get("api") or {}).get(scopes), api.get(scopes, ()))


def _check_unique_name(world: World, name: str) -> None:
    gone = [one["body"] for one in deleted(world) if one["kind"] == "application"]
    live = world.store.find("application", uniqueName=name)
    if live or any(one.get("uniqueName") == name for one in gone):
        raise bad("Another object with the same value for property uniqueName already exists.")


def _check_resource_access(wanted: Any) -> None:
    count = sum(len(one.get("resourceAccess", ())) for one in wanted)
    if len(wanted) > MOST_RESOURCES or count > MOST_PERMISSIONS:
        raise bad(
            "The required resource access exceeds the limit of 50 resources or 400 permissions."
        )
    for one in wanted:
        require(one, "resourceAppId", "resourceAccess")
        if not GUID.fullmatch(one["resourceAppId"]):
            raise bad(
                f"Cannot convert the literal '{one['resourceAppId']}' to the expected type 'Edm.Guid'."
            )
        for access in one["resourceAccess"]:
            require(access, "id", "type")


def _check_ids(name: str, wanted: Any, existing: Any) -> None:
    if wanted is None:
        return
    ids = [one.get("id") for one in wanted]
    if None in ids or len(set(ids)) != len(ids):
        raise bad(f"Invalid value specified for property '{name}' of resource 'Application'.")
    on = {one["id"] for one in existing if one.get("isEnabled", True)}
    if on - set(ids):
        raise bad("Permission (scope or role) cannot be deleted or updated unless disabled first.", "CannotDeleteOrUpdateEnabledEntitlement")  # fmt: skip


def _delete(call: Call) -> Answer:
    body = truth(call, "application", call.keys["object"])
    for principal in call.world.store.find("servicePrincipal", appId=body["appId"]):
        bury_principal(call.world, principal)
    bury(call.world, "application", body)
    return DONE
