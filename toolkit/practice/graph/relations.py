"""How directory objects hang together: members, owners, memberships, assignments and grants."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from toolkit.practice import administrative_units
from toolkit.practice.graph.objects import directory_object, row
from toolkit.practice.graph.query import Row
from toolkit.practice.graph.role_names import ROLE_NAMES
from toolkit.practice.store import Body
from toolkit.practice.world import World

Find = Callable[[World, Body], Iterator[Row]]


@dataclass(frozen=True)
class Relation:
    """A navigation property: how its objects are found, their type, whether it is one or many."""

    find: Find
    type_name: str
    many: bool = True


def listed(property_name: str) -> Find:
    """Follow a list of ids that an object keeps."""

    def find(world: World, body: Body) -> Iterator[Row]:
        for key in body.get(property_name, ()):
            found = directory_object(world, key)
            if found is not None:
                yield found

    return find


def matching(kind: str, property_name: str) -> Find:
    """Follow the objects of a kind that name this one."""

    def find(world: World, body: Body) -> Iterator[Row]:
        for one in world.all_seen(kind):
            if one.get(property_name) == body["id"]:
                yield row(kind, one)

    return find


def groups_of(world: World, key: str) -> list[Body]:
    """List the groups that an object is a direct member of."""
    return [group for group in world.all_seen("group") if key in group.get("_members", ())]


def units_of(world: World, key: str) -> Iterator[Row]:
    """List the administrative units that an object is in."""
    for unit in world.all_seen("administrativeUnit"):
        if key in administrative_units.members(world, unit):
            yield row("administrativeUnit", unit)


def members_of_unit(world: World, body: Body) -> Iterator[Row]:
    """List the members of an administrative unit."""
    for key in administrative_units.members(world, body):
        found = directory_object(world, key)
        if found is not None:
            yield found


def roles_of(world: World, key: str) -> Iterator[Row]:
    """List the directory roles that an object holds for the whole tenant."""
    for one in world.all_seen("directoryRoleAssignment"):
        if one["principalId"] == key and one.get("directoryScopeId", "/") == "/":
            yield directory_role(one["roleDefinitionId"])


def directory_role(template: str) -> Row:
    """Make the directory role of a template, as a tenant has it once somebody holds it."""
    name, description = ROLE_NAMES.get(template, (template, ""))
    body = {
        "id": str(uuid.uuid5(uuid.UUID(template), "directoryRole")),
        "displayName": name,
        "description": description,
        "roleTemplateId": template,
    }
    return Row(type_name="directoryRole", body=body)


def memberships(world: World, body: Body) -> Iterator[Row]:
    """List what an object is directly in."""
    for group in groups_of(world, body["id"]):
        yield row("group", group)
    yield from units_of(world, body["id"])
    yield from roles_of(world, body["id"])


def all_memberships(world: World, body: Body) -> Iterator[Row]:
    """List what an object is in, through other groups too."""
    groups = world.all_seen("group")
    reached: dict[str, Body] = {}
    waiting = [body["id"]]
    while waiting:
        key = waiting.pop()
        for group in groups:
            if key in group.get("_members", ()) and group["id"] not in reached:
                reached[group["id"]] = group
                waiting.append(group["id"])
    for group in reached.values():
        yield row("group", group)
    yield from units_of(world, body["id"])
    yield from roles_of(world, body["id"])


def all_members(world: World, body: Body) -> Iterator[Row]:
    """List the members of a group, through other groups too."""
    found: dict[str, Row] = {}
    waiting = list(body.get("_members", ()))
    while waiting:
        key = waiting.pop(0)
        member = None if key in found else directory_object(world, key)
        if member is not None:
            found[key] = member
            waiting.extend(member.body.get("_members", ()))
    yield from found.values()


def owned_objects(world: World, body: Body) -> Iterator[Row]:
    """List what an object owns."""
    for kind in ("application", "servicePrincipal", "group"):
        for one in world.all_seen(kind):
            if body["id"] in one.get("_owners", ()):
                yield row(kind, one)


def manager(world: World, body: Body) -> Iterator[Row]:
    """Follow a person to the manager."""
    found = directory_object(world, body["_manager"]) if body.get("_manager") else None
    if found is not None:
        yield found


def direct_reports(world: World, body: Body) -> Iterator[Row]:
    """List the people whose manager this is."""
    for one in world.all_seen("user"):
        if one.get("_manager") == body["id"]:
            yield row("user", one)


def grants(property_name: str) -> Find:
    """Follow the delegated grants of a client, or those for a person."""
    return matching("oauth2PermissionGrant", property_name)


def licence_details(world: World, body: Body) -> Iterator[Row]:
    """List what a person's licences contain."""
    held = {licence["skuId"]: licence for licence in body.get("assignedLicenses", ())}
    for sku in world.all_seen("subscribedSku"):
        if sku["skuId"] in held:
            off = set(held[sku["skuId"]].get("disabledPlans", ()))
            plans = [
                plan | {"provisioningStatus": "Disabled"} if plan["servicePlanId"] in off else plan
                for plan in sku["servicePlans"]
            ]
            body_ = {"id": sku["id"], "skuId": sku["skuId"], "skuPartNumber": sku["skuPartNumber"]}
            yield Row(type_name="licenseDetails", body=body_ | {"servicePlans": plans})


def policies(world: World, body: Body) -> Iterator[Row]:
    """List the app management policies that are assigned to an application."""
    for key in body.get("_policies", ()):
        policy = world.seen("appManagementPolicy", key)
        if policy is not None:
            yield row("appManagementPolicy", policy)


def principal(world: World, body: Body) -> Iterator[Row]:
    """Follow a role assignment to whoever holds the role."""
    found = directory_object(world, body["principalId"])
    if found is not None:
        yield found


def role_definition(_world: World, body: Body) -> Iterator[Row]:
    """Follow a role assignment to the role."""
    yield definition(body["roleDefinitionId"])


def definition(template: str) -> Row:
    """Write a built-in role as role management shows it."""
    name, description = ROLE_NAMES.get(template, (template, ""))
    body = {
        "id": template,
        "displayName": name,
        "description": description,
        "isBuiltIn": True,
        "isEnabled": True,
        "resourceScopes": ["/"],
        "rolePermissions": [],
        "templateId": template,
        "version": "1",
    }
    return Row(type_name="unifiedRoleDefinition", body=body)


def nothing(_world: World, _body: Body) -> Iterator[Row]:
    """List nothing: this tenant has none of it."""
    yield from ()


OBJECTS = "directoryObject"
COMMON = {
    "memberOf": Relation(memberships, OBJECTS),
    "transitiveMemberOf": Relation(all_memberships, OBJECTS),
    "appRoleAssignments": Relation(
        matching("appRoleAssignment", "principalId"), "appRoleAssignment"
    ),
}
RELATIONS: dict[str, dict[str, Relation]] = {
    "application": {
        "owners": Relation(listed("_owners"), OBJECTS),
        "federatedIdentityCredentials": Relation(
            matching("federatedIdentityCredential", "_application"), "federatedIdentityCredential"
        ),
        "extensionProperties": Relation(
            matching("extensionProperty", "_application"), "extensionProperty"
        ),
        "appManagementPolicies": Relation(policies, "appManagementPolicy"),
    },
    "servicePrincipal": COMMON
    | {
        "owners": Relation(listed("_owners"), OBJECTS),
        "ownedObjects": Relation(owned_objects, OBJECTS),
        "createdObjects": Relation(nothing, OBJECTS),
        "appRoleAssignedTo": Relation(
            matching("appRoleAssignment", "resourceId"), "appRoleAssignment"
        ),
        "oauth2PermissionGrants": Relation(grants("clientId"), "oAuth2PermissionGrant"),
    },
    "user": COMMON
    | {
        "manager": Relation(manager, OBJECTS, many=False),
        "directReports": Relation(direct_reports, OBJECTS),
        "ownedObjects": Relation(owned_objects, OBJECTS),
        "oauth2PermissionGrants": Relation(grants("principalId"), "oAuth2PermissionGrant"),
        "licenseDetails": Relation(licence_details, "licenseDetails"),
    },
    "group": COMMON
    | {
        "members": Relation(listed("_members"), OBJECTS),
        "owners": Relation(listed("_owners"), OBJECTS),
        "transitiveMembers": Relation(all_members, OBJECTS),
    },
    "administrativeUnit": {"members": Relation(members_of_unit, OBJECTS)},
    "unifiedRoleAssignment": {
        "principal": Relation(principal, OBJECTS, many=False),
        "roleDefinition": Relation(role_definition, "unifiedRoleDefinition", many=False),
    },
}
