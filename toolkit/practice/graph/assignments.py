"""App role assignments and delegated grants: what admin consent really writes.

Sources: learn.microsoft.com/graph/api/serviceprincipal-post-approleassignments,
group-post-approleassignments and oauth2permissiongrant-post.
"""

import base64
import uuid
from collections.abc import Callable

from toolkit.practice.administrative_units import paid_for
from toolkit.practice.graph.access import PRIVILEGED
from toolkit.practice.graph.bodies import GUID, require
from toolkit.practice.graph.errors import GraphError, bad, denied, missing
from toolkit.practice.graph.objects import DONE, Call, directory_object, row, save, seen, truth
from toolkit.practice.graph.paths import Route
from toolkit.practice.graph.query import Row
from toolkit.practice.store import Body
from toolkit.practice.wire import Answer

# The role that stands for "may use the app" where the app has no roles of its own.
DEFAULT_ROLE = "00000000-0000-0000-0000-000000000000"
PRINCIPAL_TYPES = {"user": "User", "group": "Group", "servicePrincipal": "ServicePrincipal"}
MEMBER_TYPES = {"user": "User", "group": "User", "servicePrincipal": "Application"}
MICROSOFT_GRAPH = "00000003-0000-0000-c000-000000000000"
LONGEST_SCOPE = 3850
# Path, kind, permission to add, to remove, and which side of an assignment the object is.
PLACES = (
    ("servicePrincipals/{object}/appRoleAssignments", "servicePrincipal", "principalId"),
    ("servicePrincipals/{object}/appRoleAssignedTo", "servicePrincipal", "resourceId"),
    ("users/{object}/appRoleAssignments", "user", "principalId"),
    ("groups/{object}/appRoleAssignments", "group", "principalId"),
)


def routes() -> list[Route]:
    """List the routes of this module."""
    made = []
    for pattern, kind, side in PLACES:
        service = kind == "servicePrincipal"
        made += [
            Route(
                method="POST",
                pattern=pattern,
                serve=_assign(kind, side),
                who="assignments.write" if service else "assignments.delete",
                takes="appRoleAssignment",
            ),
            Route(
                method="DELETE",
                pattern=f"{pattern}/{{item}}",
                serve=_unassign(kind, side),
                who="assignments.delete",
            ),
        ]
    grants = "oauth2PermissionGrants"
    return [
        *made,
        Route(method="POST", pattern=grants, serve=_grant, who="grants.write", takes="oAuth2PermissionGrant"),
        Route(method="PATCH", pattern=f"{grants}/{{object}}", serve=_regrant, who="grants.write", takes="oAuth2PermissionGrant"),
        Route(method="DELETE", pattern=f"{grants}/{{object}}", serve=_ungrant, who="grants.write"),
    ]  # fmt: skip


# ---- app role assignments ----


def _assign(kind: str, side: str) -> Callable[[Call], Row]:
    def serve(call: Call) -> Row:
        given = call.body
        require(given, "principalId", "resourceId", "appRoleId")
        here = seen(call, kind, call.keys["object"])
        if given[side].lower() != here["id"]:
            raise bad(f"The value of '{side}' does not match the resource in the address.")
        principal = directory_object(call.world, given["principalId"])
        resource = call.world.seen("servicePrincipal", given["resourceId"].lower())
        if principal is None or resource is None:
            raise bad("Not a valid reference update.")
        _check_person(call, resource)
        _check_licence(call, principal)
        _check_role(resource, principal, given["appRoleId"].lower())
        return _assigned(call, resource, principal, given["appRoleId"].lower())

    return serve


def _check_person(call: Call, resource: Body) -> None:
    # Application administrators may consent to any API's permissions but Microsoft Graph's:
    # learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent
    person = call.caller.user_id is not None
    if person and resource["appId"] == MICROSOFT_GRAPH and not call.caller.wids & PRIVILEGED:
        raise denied()


def _check_licence(call: Call, principal: Row) -> None:
    # Groups take Entra ID P1: learn.microsoft.com/entra/identity/enterprise-apps/
    # assign-user-or-group-access-portal. The answer is the one that Graph gives to another use of
    # groups (github.com/aztfmod/terraform-azurerm-caf/issues/1026); that it is the same here is
    # from memory.
    if principal.type_name == "group" and not paid_for(call.world):
        raise denied("Only companies who have purchased AAD Premium may perform this operation.")


def _check_role(resource: Body, principal: Row, role: str) -> None:
    roles = {one["id"]: one for one in resource.get("appRoles", ()) if one.get("isEnabled", True)}
    wanted = MEMBER_TYPES.get(principal.type_name)
    if wanted is None:
        raise bad("Not a valid reference update.")
    if role == DEFAULT_ROLE and not any(
        wanted in one["allowedMemberTypes"] for one in roles.values()
    ):
        return
    if role not in roles or wanted not in roles[role]["allowedMemberTypes"]:
        raise bad(f"Permission being assigned was not found on application '{resource['appId']}'.")


def _assigned(call: Call, resource: Body, principal: Row, role: str) -> Row:
    key = {"principalId": principal.body["id"], "resourceId": resource["id"], "appRoleId": role}
    if call.world.store.find("appRoleAssignment", **key):
        raise bad("Permission being assigned already exists on the object")
    body = key | {
        # Entra's link ids are base64url too, and made of nothing that a client could tell.
        "id": _link_id(),
        "createdDateTime": call.world.stamp(),
        "deletedDateTime": None,
        "principalDisplayName": principal.body.get("displayName"),
        "principalType": PRINCIPAL_TYPES[principal.type_name],
        "resourceDisplayName": resource.get("displayName"),
    }
    save(call, "appRoleAssignment", body)
    return row("appRoleAssignment", body)


def _link_id() -> str:
    raw = uuid.uuid4().bytes + uuid.uuid4().bytes
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _unassign(kind: str, side: str) -> Callable[[Call], Answer]:
    def serve(call: Call) -> Answer:
        here = seen(call, kind, call.keys["object"])
        key = call.keys["item"].value
        body = truth(call, "appRoleAssignment", call.keys["item"])
        if body[side] != here["id"]:
            raise missing(key)
        call.world.remove("appRoleAssignment", key)
        return DONE

    return serve


# ---- delegated grants ----


def _grant(call: Call) -> Row:
    given = call.body
    require(given, "clientId", "consentType", "resourceId", "scope")
    principal = given.get("principalId")
    if (given["consentType"] == "Principal") != bool(principal):
        raise bad("Invalid value specified for property 'principalId' of resource 'OAuth2PermissionGrant'.")  # fmt: skip
    for name in ("clientId", "resourceId"):
        if not GUID.fullmatch(given[name]) or not call.world.seen(
            "servicePrincipal", given[name].lower()
        ):
            raise missing(given[name])
    if principal and call.world.seen("user", principal.lower()) is None:
        raise missing(principal)
    resource = call.world.store.get("servicePrincipal", given["resourceId"].lower())
    if resource is None:
        raise missing(given["resourceId"])
    key = {
        "clientId": given["clientId"].lower(),
        "consentType": given["consentType"],
        "principalId": principal.lower() if principal else None,
        "resourceId": resource["id"],
    }
    for one in call.world.store.find("oauth2PermissionGrant", clientId=key["clientId"]):
        if all(one.get(name) == value for name, value in key.items()):
            raise GraphError(
                409, "Request_MultipleObjectsWithSameKeyValue", "Permission entry already exists."
            )
    body = {"id": _link_id(), **key, "scope": _scope(given["scope"])}
    save(call, "oauth2PermissionGrant", body)
    return row("oauth2PermissionGrant", body)


def _scope(text: str) -> str:
    if len(text) > LONGEST_SCOPE:
        raise bad(
            "Invalid value specified for property 'scope' of resource 'OAuth2PermissionGrant'."
        )
    return text


def _regrant(call: Call) -> Answer:
    extra = set(call.body) - {"scope"}
    if extra:
        raise bad(f"Property '{min(extra)}' cannot be changed once it is set.")
    require(call.body, "scope")
    body = truth(call, "oauth2PermissionGrant", call.keys["object"])
    save(call, "oauth2PermissionGrant", body | {"scope": _scope(call.body["scope"])})
    return DONE


def _ungrant(call: Call) -> Answer:
    body = truth(call, "oauth2PermissionGrant", call.keys["object"])
    call.world.remove("oauth2PermissionGrant", body["id"])
    return DONE
