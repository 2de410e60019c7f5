"""Service principals: what an application is in this tenant, made, changed and deleted.

Source: learn.microsoft.com/graph/api/serviceprincipal-post-serviceprincipals
"""

from toolkit.practice.graph import schema
from toolkit.practice.graph.bodies import GUID, judge, read_json, require
from toolkit.practice.graph.credentials import replace_keys
from toolkit.practice.graph.deleted import bury
from toolkit.practice.graph.errors import GraphError, bad, denied
from toolkit.practice.graph.objects import DONE, Call, owned, resolve, row, save, truth
from toolkit.practice.graph.paths import Route
from toolkit.practice.graph.query import Row
from toolkit.practice.store import Body
from toolkit.practice.wire import Answer
from toolkit.practice.world import World

# What a service principal takes from its application only; clients can't set it.
DERIVED = frozenset(
    [
        "appDisplayName",
        "appDescription",
        "appOwnerOrganizationId",
        "resourceSpecificApplicationPermissions",
        "verifiedPublisher",
        "oauth2PermissionScopes",
        "appRoles",
        "servicePrincipalType",
    ]
)


def routes() -> list[Route]:
    """List the routes of this module."""
    one, who = "servicePrincipals/{object}", "principals.write"
    return [
        Route(
            method="POST",
            pattern="servicePrincipals",
            serve=_create,
            who=who,
            takes="servicePrincipal",
        ),
        Route(method="PATCH", pattern=one, serve=_patch, who=who, takes="raw"),
        Route(method="DELETE", pattern=one, serve=_delete, who=who),
    ]


def reflected(app: Body) -> Body:
    """Tell what a service principal shows of its application."""
    web, api = app.get("web") or {}, app.get("api") or {}
    return {
        "appDisplayName": app.get("displayName"),
        "displayName": app.get("displayName"),
        "appDescription": app.get("description"),
        "appRoles": app.get("appRoles", []),
        "homepage": web.get("homePageUrl"),
        "info": app.get("info"),
        "logoutUrl": web.get("logoutUrl"),
        "oauth2PermissionScopes": api.get("oauth2PermissionScopes", []),
        "replyUrls": web.get("redirectUris", []),
        "servicePrincipalNames": [app["appId"], *app.get("identifierUris", ())],
        "signInAudience": app.get("signInAudience"),
        "verifiedPublisher": app.get("verifiedPublisher"),
    }


def follow(call: Call, before: Body, app: Body) -> None:
    """Let the service principal show what has changed on its application."""
    old, new = reflected(before), reflected(app)
    changes = {name: value for name, value in new.items() if old[name] != value}
    for principal in call.world.store.find("servicePrincipal", appId=app["appId"]):
        if changes:
            save(call, "servicePrincipal", principal | changes)


def _create(call: Call) -> Row:
    given, world = call.body, call.world
    require(given, "appId")
    key = given["appId"].lower()
    if not GUID.fullmatch(key):
        raise bad(f"Cannot convert the literal '{given['appId']}' to the expected type 'Edm.Guid'.")
    # One in the recycle bin doesn't count: the portal makes a second one beside it, and the first
    # can't be restored until that one is gone (github.com/MicrosoftDocs/azure-docs/issues/99117).
    if world.store.find("servicePrincipal", appId=key):
        raise GraphError(
            409,
            "Request_MultipleObjectsWithSameKeyValue",
            "The service principal cannot be created, updated, or restored because the service"
            f" principal name {key} is already in use.",
        )
    apps = world.store.find("application", appId=key)
    if not apps or world.seen("application", apps[0]["id"]) is None:
        if call.limited and not apps:
            raise denied("When using this permission, the backing application of the service principal being created must in the local tenant")  # fmt: skip
        raise bad(f"The appId '{key}' of the service principal does not reference a valid application object.", "Request_BadRequest")  # fmt: skip
    if call.limited and not owned(call, "application", apps[0]):
        raise denied()
    body = _principal(call, apps[0], given)
    save(call, "servicePrincipal", body)
    return row("servicePrincipal", body)


def _principal(call: Call, app: Body, given: Body) -> Body:
    _refuse_derived(given)
    owners = [resolve(call, address) for address in given.pop("owners@odata.bind", [])]
    person = call.caller.user_id
    body = schema.empty("servicePrincipal") | {
        "id": call.world.new_id(),
        "appId": app["appId"],
        "appOwnerOrganizationId": call.world.store.all("organization")[0]["id"],
        "createdDateTime": call.world.stamp(),
        "_owners": owners or ([call.actor] if person or call.limited else []),
        "_secrets": {},
    }
    body |= reflected(app)
    keys = given.pop("keyCredentials", None)
    body |= {name: value for name, value in given.items() if name != "appId" and value is not None}
    if keys:
        replace_keys(call.world, "servicePrincipal", body, keys)
    return body


def _refuse_derived(given: Body) -> None:
    for name in DERIVED & set(given):
        if given[name] not in (None, []):
            raise bad(f"Property '{name}' is read-only and cannot be set.")
    if given.get("passwordCredentials"):
        raise bad(
            "Updates to passwordCredentials are not supported: use addPassword and removePassword."
        )


def _patch(call: Call) -> Answer:
    given = judge("servicePrincipal", read_json(call.ask), creating=False)
    body = truth(call, "servicePrincipal", call.keys["object"])
    if "appId" in given and given["appId"] != body["appId"]:
        raise bad("Property 'appId' is read-only and cannot be set.")
    _refuse_derived(given)
    keys = given.pop("keyCredentials", None)
    given.pop("passwordCredentials", None)
    body |= given
    if keys is not None:
        replace_keys(call.world, "servicePrincipal", body, keys)
    save(call, "servicePrincipal", body)
    return DONE


def _delete(call: Call) -> Answer:
    bury_principal(call.world, truth(call, "servicePrincipal", call.keys["object"]))
    return DONE


def bury_principal(world: World, body: Body) -> None:
    """Delete a service principal with what it was granted; both come back together."""
    granted: list[Body] = []
    ends = (
        ("appRoleAssignment", "principalId"),
        ("appRoleAssignment", "resourceId"),
        ("oauth2PermissionGrant", "clientId"),
        ("oauth2PermissionGrant", "resourceId"),
    )
    for kind, prop in ends:
        for one in world.store.find(kind, **{prop: body["id"]}):
            granted.append({"kind": kind, "body": one})
            world.remove(kind, one["id"])
    for one in world.store.find("directoryRoleAssignment", principalId=body["id"]):
        world.remove("directoryRoleAssignment", one["id"])
    for group in world.store.all("group"):
        if body["id"] in group.get("_members", ()):
            group["_members"].remove(body["id"])
            world.put("group", group["id"], group)
    bury(world, "servicePrincipal", body, granted=granted)
