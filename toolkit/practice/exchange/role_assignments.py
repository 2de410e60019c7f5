"""The cmdlets about management roles and who holds them: RBAC for Applications."""

from collections.abc import Callable, Mapping

from toolkit.practice.exchange import (
    application_roles,
    configuration_objects,
    recipients,
    service_principals,
)
from toolkit.practice.exchange.application_roles import ROLES
from toolkit.practice.exchange.cmdlet_call import (
    Call,
    Cmdlet,
    CmdletError,
    Result,
    no_such_reference,
)
from toolkit.practice.exchange.configuration_objects import LONGEST_NAME
from toolkit.practice.store import Body
from toolkit.practice.world import World

KIND = "managementRoleAssignment"
COMBINATION = "Microsoft.Exchange.Management.RbacTasks.InvalidScopeCombinationException"
GROUPS = recipients.GROUPS | {recipients.UNIFIED_GROUP}
ADMINISTRATORS = "Organization Management"
# The three ways to limit an assignment, and what RecipientWriteScope says then.
WAYS = {
    "CustomResourceScope": "CustomRecipientScope",
    "RecipientGroupScope": "Group",
    "RecipientAdministrativeUnitScope": "AdministrativeUnit",
}


def get_management_role(call: Call) -> Result:
    """Answer Get-ManagementRole: the application roles. They can't be copied: none has children."""
    rows: list[Body] = [
        {
            "Name": role,
            "Identity": role,
            "RoleType": role.translate({ord(mark): None for mark in " .-"}),
            "IsRootRole": True,
            "IsEndUserRole": False,
        }
        for role in ROLES
    ]
    rows = configuration_objects.asked(call, rows, lambda row: (row["Name"],))
    return Result(rows=[] if call.flag("GetChildren") else rows)


def get_management_role_assignment(call: Call) -> Result:
    """Answer Get-ManagementRoleAssignment; administrators' own assignments are in the list too."""
    living = {one["ObjectId"] for one in application_roles.pointers(call.world)}
    found = [one for one in call.world.all_seen(KIND) if one["App"] in living]
    rows = configuration_objects.asked(call, [*map(_row, found), *_delegating()])
    for name, wanted in _wanted(call).items():
        rows = [one for one in rows if one[name] in wanted]
    return Result(rows=rows)


def new_management_role_assignment(call: Call) -> Result:
    """Answer New-ManagementRoleAssignment for an app; without any scope it reaches everybody."""
    role = _role(call.text("Role"))
    key = _service_principal(call.world, call.text("App"))
    scope = _scope(call)
    wanted = call.text("Name") or f"{role}-{key}"[:LONGEST_NAME]
    name = configuration_objects.free_name(call.world, KIND, wanted)
    body = {
        "App": key,
        "AssignmentMethod": "Direct",
        "Enabled": True,
        "Guid": call.world.new_id(),
        "Identity": name,
        "Name": name,
        "RecipientWriteScope": "Organization",
        "Role": role,
        "RoleAssignee": key,
        "RoleAssigneeName": key,
        "RoleAssigneeType": "ServicePrincipal",
        "WhenCreated": call.world.stamp(),
        **dict.fromkeys(WAYS),
        **scope,
    }
    return Result(rows=[_row(one) for one in configuration_objects.make(call, KIND, body).rows])


def set_management_role_assignment(call: Call) -> Result:
    """Answer Set-ManagementRoleAssignment: another scope, or switched off and on."""
    before = configuration_objects.true_one(call, KIND)
    scope = _scope(call)
    after = before | ({**dict.fromkeys(WAYS), **scope} if scope else {})
    if call.given.get("Enabled") is not None:
        after["Enabled"] = call.given["Enabled"]
    return configuration_objects.change(call, KIND, before, after)


def remove_management_role_assignment(call: Call) -> Result:
    """Answer Remove-ManagementRoleAssignment."""
    return configuration_objects.remove(call, KIND, configuration_objects.true_one(call, KIND))


def _wanted(call: Call) -> dict[str, list[object]]:
    """Turn the filters that were given into the values a row may have."""
    wanted: dict[str, list[object]] = {}
    for name in ("AssignmentMethod", "Enabled", "RecipientWriteScope", "RoleAssigneeType"):
        value = call.given.get(name)
        if value is not None:
            wanted[name] = list(value) if isinstance(value, list) else [value]
    for name, resolve in _RESOLVE.items():
        if call.text(name) and name != "CustomResourceScope":
            wanted[name] = [resolve(call.world, call.text(name))]
    if call.text("Role"):
        wanted["Role"] = [_role(call.text("Role"))]
    if call.text("RoleAssignee"):
        wanted["RoleAssignee"] = [_assignee(call.world, call.text("RoleAssignee"))]
    if call.given.get("Delegating") is not None:
        kind = "DelegatingOrgWide" if call.flag("Delegating") else "Regular"
        wanted["RoleAssignmentDelegationType"] = [kind]
    if call.flag("Exclusive"):
        wanted["RecipientWriteScope"] = ["ExclusiveRecipientScope"]
    return wanted


def _scope(call: Call) -> Body:
    """Resolve the scope that was given; there may be one at most."""
    given = [name for name in WAYS if call.text(name)]
    if len(given) > 1:
        raise CmdletError(
            COMBINATION, f"The parameters {' and '.join(given)} can't be used at the same time."
        )
    return {
        key: value
        for name in given
        for key, value in (
            (name, _RESOLVE[name](call.world, call.text(name))),
            ("RecipientWriteScope", WAYS[name]),
        )
    }


def _management_scope(world: World, identity: str) -> str:
    scope = configuration_objects.fitting(world.all_seen("managementScope"), identity)
    # An exclusive scope doesn't hold for apps; Exchange won't take it here.
    if scope is None or scope["Exclusive"]:
        raise no_such_reference(identity)
    return str(scope["Name"])


def _group(world: World, identity: str) -> str:
    group = recipients.find(world, identity, GROUPS)
    if group is None:
        raise no_such_reference(identity)
    return str(group["id"])


def _administrative_unit(world: World, identity: str) -> str:
    unit = configuration_objects.fitting(
        world.all_seen("administrativeUnit"), identity, lambda one: (one["id"], one["displayName"])
    )
    if unit is None:
        raise no_such_reference(identity)
    return str(unit["id"])


_RESOLVE: dict[str, Callable[[World, str], str]] = {
    "CustomResourceScope": _management_scope,
    "RecipientGroupScope": _group,
    "RecipientAdministrativeUnitScope": _administrative_unit,
}


def _role(identity: str) -> str:
    for role in ROLES:
        if role.lower() == identity.lower():
            return role
    raise no_such_reference(identity)


def _service_principal(world: World, identity: str) -> str:
    listed = service_principals.seen(world)
    pointer = configuration_objects.fitting(listed, identity, service_principals.names)
    if pointer is None:
        raise no_such_reference(identity)
    return str(pointer["ObjectId"])


def _assignee(world: World, identity: str) -> str:
    if identity.lower() == ADMINISTRATORS.lower():
        return ADMINISTRATORS
    return _service_principal(world, identity)


def _row(assignment: Body) -> Body:
    return assignment | {
        "CustomRecipientWriteScope": None,
        "EffectiveUserName": "All Service Principals",
        "RecipientReadScope": "Organization",
        "RoleAssignmentDelegationType": "Regular",
        "User": assignment["App"],
    }


def _delegating() -> list[Body]:
    """Write what lets Organization Management give these roles away: every tenant has them."""
    return [
        {
            **dict.fromkeys((*WAYS, "App", "CustomRecipientWriteScope", "Guid", "WhenCreated")),
            "AssignmentMethod": "Direct",
            "EffectiveUserName": "All Group Members",
            "Enabled": True,
            "Identity": f"{role}-{ADMINISTRATORS}-Delegating",
            "Name": f"{role}-{ADMINISTRATORS}-Delegating",
            "RecipientReadScope": "Organization",
            "RecipientWriteScope": "Organization",
            "Role": role,
            "RoleAssignee": ADMINISTRATORS,
            "RoleAssigneeName": ADMINISTRATORS,
            "RoleAssigneeType": "RoleGroup",
            "RoleAssignmentDelegationType": "DelegatingOrgWide",
            "User": ADMINISTRATORS,
        }
        for role in ROLES
    ]


CMDLETS: Mapping[str, Cmdlet] = {
    "Get-ManagementRole": get_management_role,
    "Get-ManagementRoleAssignment": get_management_role_assignment,
    "New-ManagementRoleAssignment": new_management_role_assignment,
    "Set-ManagementRoleAssignment": set_management_role_assignment,
    "Remove-ManagementRoleAssignment": remove_management_role_assignment,
}
