"""The cmdlets about Exchange's pointers to service principals."""

from collections.abc import Iterable, Mapping

from toolkit.practice.exchange import application_roles, configuration_objects, recipients
from toolkit.practice.exchange.application_roles import ROLES
from toolkit.practice.exchange.cmdlet_call import (
    Call,
    Cmdlet,
    CmdletError,
    Result,
    no_such_reference,
)
from toolkit.practice.exchange.configuration_objects import EXISTS
from toolkit.practice.store import Body
from toolkit.practice.world import World

KIND = "exchangeServicePrincipal"


def get_service_principal(call: Call) -> Result:
    """Answer Get-ServicePrincipal."""
    return Result(rows=configuration_objects.asked(call, seen(call.world), names))


def new_service_principal(call: Call) -> Result:
    """Answer New-ServicePrincipal: -ObjectId is the enterprise app's, not the registration's."""
    world = call.world
    app_id, object_id = call.text("AppId").lower(), call.text("ObjectId").lower()
    principal = world.seen("servicePrincipal", object_id)
    if principal is None or principal["appId"].lower() != app_id:
        raise no_such_reference(f"AppId={app_id}, ObjectId={object_id}")
    for pointer in application_roles.pointers(world):
        if app_id == pointer["AppId"].lower() or object_id == pointer["ObjectId"]:
            raise CmdletError(
                EXISTS,
                f"The service principal with AppId '{app_id}' and ObjectId '{object_id}' already"
                " exists.",
            )
    body = {
        "AppId": principal["appId"],
        "DisplayName": call.text("DisplayName") or principal["displayName"],
        "Guid": world.new_id(),
        "Identity": principal["id"],
        "Name": principal["id"],
        "ObjectId": principal["id"],
        "OrganizationId": world.store.all("organization")[0]["id"],
    }
    return configuration_objects.make(call, KIND, body)


def set_service_principal(call: Call) -> Result:
    """Answer Set-ServicePrincipal: only the display name can be changed."""
    before = configuration_objects.true_one(call, KIND, names)
    name = call.text("DisplayName") if "DisplayName" in call.given else before["DisplayName"]
    return configuration_objects.change(call, KIND, before, before | {"DisplayName": name})


def remove_service_principal(call: Call) -> Result:
    """Answer Remove-ServicePrincipal: the pointer and its assignments go, the scopes remain."""
    pointer = configuration_objects.true_one(call, KIND, names)
    for assignment in application_roles.assignments(call.world, pointer["ObjectId"]):
        configuration_objects.remove(call, "managementRoleAssignment", assignment)
    return configuration_objects.remove(call, KIND, pointer)


def test_service_principal_authorization(call: Call) -> Result:
    """Answer Test-ServicePrincipalAuthorization: what is configured, past every cache.

    Source: learn.microsoft.com/powershell/module/exchange/test-serviceprincipalauthorization
    """
    world = call.world
    pointer = configuration_objects.one(call, application_roles.pointers(world), names)
    resource = recipients.find(world, call.text("Resource")) if call.text("Resource") else None
    if call.text("Resource") and resource is None:
        raise no_such_reference(call.text("Resource"))
    user = resource["id"] if resource else None
    listed = application_roles.assignments(world, pointer["ObjectId"])
    return Result(rows=[_reach(world, one, user) for one in listed if one["Enabled"]])


def _reach(world: World, assignment: Body, user: str | None) -> Body:
    grant = application_roles.grant(world, assignment)
    return {
        "RoleName": assignment["Role"],
        "GrantedPermissions": ",".join(ROLES.get(assignment["Role"], ())),
        "AllowedResourceScope": _scope_name(world, assignment),
        "ScopeType": assignment["RecipientWriteScope"],
        "InScope": grant.reaches(user) if user else "Not Run",
    }


def _scope_name(world: World, assignment: Body) -> str:
    key = assignment.get("RecipientGroupScope")
    group = world.store.get("group", key) if key else None
    return str(
        assignment.get("CustomResourceScope")
        or assignment.get("RecipientAdministrativeUnitScope")
        or (recipients.name(group) if group else key)
        or "Organization"
    )


def seen(world: World) -> list[Body]:
    """List the pointers as a lagging replica does; one dies with its service principal."""
    listed = world.all_seen(KIND)
    return [one for one in listed if world.store.get("servicePrincipal", one["ObjectId"])]


def names(pointer: Body) -> Iterable[str]:
    """Tell the identities of a pointer."""
    return (pointer[name] for name in ("ObjectId", "AppId", "Guid", "DisplayName"))


CMDLETS: Mapping[str, Cmdlet] = {
    "Get-ServicePrincipal": get_service_principal,
    "New-ServicePrincipal": new_service_principal,
    "Set-ServicePrincipal": set_service_principal,
    "Remove-ServicePrincipal": remove_service_principal,
    "Test-ServicePrincipalAuthorization": test_service_principal_authorization,
}
