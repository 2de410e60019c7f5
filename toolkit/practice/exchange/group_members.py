"""The cmdlets that change who is in a mail-enabled group."""

from collections.abc import Mapping

from toolkit.practice.exchange import recipients
from toolkit.practice.exchange.cmdlet_call import (
    RECIPIENT_TASK,
    TASKS,
    Call,
    Cmdlet,
    CmdletError,
    Result,
)
from toolkit.practice.exchange.distribution_groups import managed_group, recipient_named, written
from toolkit.practice.store import Body


def add_distribution_group_member(call: Call) -> Result:
    """Answer Add-DistributionGroupMember."""
    member = _named_member(call)
    group = managed_group(call)
    if member["id"] in group["_members"]:
        raise CmdletError(
            f"{TASKS}.MemberAlreadyExistsException",
            f'The recipient "{recipients.name(member)}" is already a member of the group'
            f' "{recipients.name(group)}".',
        )
    group["_members"] = [*group["_members"], member["id"]]
    return written(call, group)


def remove_distribution_group_member(call: Call) -> Result:
    """Answer Remove-DistributionGroupMember."""
    member = _named_member(call)
    group = managed_group(call)
    if member["id"] not in group["_members"]:
        raise CmdletError(
            f"{TASKS}.MemberNotFoundException",
            f'The recipient "{recipients.name(member)}" isn\'t a member of the group'
            f' "{recipients.name(group)}".',
        )
    group["_members"] = [key for key in group["_members"] if key != member["id"]]
    return written(call, group)


def update_distribution_group_member(call: Call) -> Result:
    """Answer Update-DistributionGroupMember: the whole membership is replaced."""
    group = managed_group(call)
    members = [recipient_named(call, identity)["id"] for identity in call.texts("Members")]
    group["_members"] = list(dict.fromkeys(members))
    return written(call, group)


def _named_member(call: Call) -> Body:
    """Resolve -Member, which the syntax calls optional though nothing can be done without it."""
    if not call.text("Member"):
        raise CmdletError(RECIPIENT_TASK, "Specify a value for the Member parameter.")
    return recipient_named(call, call.text("Member"))


CMDLETS: Mapping[str, Cmdlet] = {
    "Add-DistributionGroupMember": add_distribution_group_member,
    "Remove-DistributionGroupMember": remove_distribution_group_member,
    "Update-DistributionGroupMember": update_distribution_group_member,
}
