"""The cmdlets about management scopes: filters over recipients, under a name."""

from collections.abc import Mapping

from toolkit.practice.exchange import configuration_objects, opath
from toolkit.practice.exchange.cmdlet_call import Call, Cmdlet, CmdletError, Result
from toolkit.practice.exchange.recipients import FILTER_ERROR, FILTERABLE

KIND = "managementScope"
ASSIGNMENT = "managementRoleAssignment"
IN_USE = "Microsoft.Exchange.Management.RbacTasks.ScopeInUseException"


def get_management_scope(call: Call) -> Result:
    """Answer Get-ManagementScope."""
    listed = configuration_objects.asked(call, call.world.all_seen(KIND))
    if call.given.get("Exclusive") is not None:
        listed = [one for one in listed if one["Exclusive"] == call.given["Exclusive"]]
    if call.flag("Orphan"):
        used = {one.get("CustomResourceScope") for one in call.world.store.all(ASSIGNMENT)}
        listed = [one for one in listed if one["Name"] not in used]
    return Result(rows=listed)


def new_management_scope(call: Call) -> Result:
    """Answer New-ManagementScope; whether the filter fits anybody isn't asked."""
    written = _filter(call)
    name = configuration_objects.free_name(call.world, KIND, call.text("Name"))
    body = {
        "Exclusive": call.flag("Exclusive"),
        "Guid": call.world.new_id(),
        "Identity": name,
        "Name": name,
        "RecipientFilter": written,
        "RecipientRoot": "",
        "ScopeRestrictionType": "RecipientScope",
        "WhenCreated": call.world.stamp(),
    }
    return configuration_objects.make(call, KIND, body)


def set_management_scope(call: Call) -> Result:
    """Answer Set-ManagementScope: assignments follow a scope that gets another name."""
    world = call.world
    before = configuration_objects.true_one(call, KIND)
    after = dict(before)
    if "RecipientRestrictionFilter" in call.given:
        after["RecipientFilter"] = _filter(call)
    name = call.text("Name")
    if name and name != before["Name"]:
        after["Name"] = after["Identity"] = configuration_objects.free_name(world, KIND, name)
        for user in world.store.find(ASSIGNMENT, CustomResourceScope=before["Name"]):
            follower = user | {"CustomResourceScope": name}
            configuration_objects.change(call, ASSIGNMENT, user, follower)
    return configuration_objects.change(call, KIND, before, after)


def remove_management_scope(call: Call) -> Result:
    """Answer Remove-ManagementScope: not while an assignment uses it."""
    scope = configuration_objects.true_one(call, KIND)
    if call.world.store.find(ASSIGNMENT, CustomResourceScope=scope["Name"]):
        raise CmdletError(
            IN_USE,
            f"The management scope '{scope['Name']}' can't be removed because it's associated"
            " with one or more management role assignments.",
        )
    return configuration_objects.remove(call, KIND, scope)


def _filter(call: Call) -> str:
    """Check the filter, and write it the way Exchange shows it from then on."""
    try:
        opath.parse(call.text("RecipientRestrictionFilter"), FILTERABLE)
        return opath.shown(call.text("RecipientRestrictionFilter"), FILTERABLE)
    except opath.OpathError as error:
        raise CmdletError(
            FILTER_ERROR, f"The recipient restriction filter isn't valid. {error}"
        ) from error


CMDLETS: Mapping[str, Cmdlet] = {
    "Get-ManagementScope": get_management_scope,
    "New-ManagementScope": new_management_scope,
    "Set-ManagementScope": set_management_scope,
    "Remove-ManagementScope": remove_management_scope,
}
