"""The cmdlets that make, change and remove mail-enabled groups."""

import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from toolkit.practice.exchange import group_names, recipients
from toolkit.practice.exchange.cmdlet_call import (
    RECIPIENT_TASK,
    Call,
    Cmdlet,
    CmdletError,
    Result,
    no_such_reference,
)
from toolkit.practice.exchange.recipient_cmdlets import distribution_group
from toolkit.practice.exchange.recipients import ATTRIBUTES, GROUPS, SECURITY_GROUP
from toolkit.practice.store import Body

SYNCED = "Microsoft.Exchange.Configuration.Tasks.InvalidObjectOperationException"
DENIED = "Microsoft.Exchange.Management.RecipientTasks.OperationRequiresGroupManagerException"
UNMODIFIED = "The command completed successfully but no settings of '{}' have been modified."
MANAGERS = recipients.MAILBOXES | recipients.MAIL_USERS | {SECURITY_GROUP}
PLAIN_SETTINGS = (
    *("HiddenFromAddressListsEnabled", "MailTip", "MemberDepartRestriction"),
    *("MemberJoinRestriction", "RequireSenderAuthenticationEnabled"),
    *ATTRIBUTES,
)


def new_distribution_group(call: Call) -> Result:
    """Answer New-DistributionGroup; Entra shows the group too, read-only."""
    world = call.world
    policy = "" if call.flag("IgnoreNamingPolicy") else world.store.setting("naming_policy", "")
    name = group_names.by_policy(policy, call.text("Name").strip())
    alias = call.text("Alias") or re.sub(r"[^A-Za-z0-9._-]", "", call.text("Name"))
    address = call.text("PrimarySmtpAddress") or f"{alias}@{group_names.default_domain(world)}"
    managers = _managers(call)
    members = [recipient_named(call, identity)["id"] for identity in call.texts("Members")]
    group_names.check_name(world, name)
    group_names.check_alias(world, alias)
    group_names.check_address(world, address)
    if call.flag("CopyOwnerToMember"):
        members = [*managers, *members]
    key = world.new_id()
    display_name = group_names.by_policy(policy, call.text("DisplayName") or call.text("Name"))
    body = _new_body(call, key, display_name)
    body |= group_names.addresses_of(
        [f"SMTP:{address}", *group_names.initial_address(world, alias, address)]
    )
    body |= {"mailNickname": alias, "_members": list(dict.fromkeys(members)), "_owners": managers}
    body["_exchange"] |= group_names.names(world, name) | {"ManagedBy": managers}
    if not call.flag("WhatIf"):
        world.put("group", key, body)
    return Result(rows=[] if call.flag("WhatIf") else [distribution_group(world, body)])


def set_distribution_group(call: Call) -> Result:
    """Answer Set-DistributionGroup."""
    group = managed_group(call)
    before = _copy(group)
    exchange = group["_exchange"]
    exchange |= {
        name: "" if call.given[name] is None else call.given[name]
        for name in PLAIN_SETTINGS
        if name in call.given
    }
    if "Name" in call.given:
        _rename(call, group)
    if "DisplayName" in call.given:
        group["displayName"] = call.text("DisplayName")
    if "Description" in call.given:
        group["description"] = "\n".join(call.texts("Description")) or None
    _set_addresses(call, group)
    _set_managers(call, group)
    return _saved(call, before, group)


def set_group(call: Call) -> Result:
    """Answer Set-Group: display name, notes and owners."""
    group = managed_group(call)
    before = _copy(group)
    if "DisplayName" in call.given:
        group["displayName"] = call.text("DisplayName")
    if "Notes" in call.given:
        group["_exchange"]["Notes"] = call.text("Notes")
    _set_managers(call, group)
    return _saved(call, before, group)


def remove_distribution_group(call: Call) -> Result:
    """Answer Remove-DistributionGroup: there is no recycle bin."""
    group = managed_group(call)
    if not call.flag("WhatIf"):
        call.world.remove("group", group["id"])
    return Result()


def managed_group(call: Call) -> Body:
    """Find the group that the caller may change, as it really is."""
    shown = recipients.find(call.world, call.text("Identity"), GROUPS)
    group = call.world.store.get("group", shown["id"]) if shown else None
    if group is None:
        raise call.missing()
    if group.get("onPremisesSyncEnabled"):
        raise CmdletError(
            SYNCED,
            f'The operation on mailbox "{recipients.name(group)}" failed because it\'s out of'
            f" the current user's write scope. The action '{call.cmdlet}', 'Identity', can't be"
            f" performed on the object '{recipients.name(group)}' because the object is being"
            " synchronized from your on-premises organization. This action should be performed"
            " on the object in your on-premises organization.",
        )
    managed = call.caller.user_id in group["_exchange"].get("ManagedBy", ())
    bypassed = call.flag("BypassSecurityGroupManagerCheck")
    if recipients.kind_of(group) == SECURITY_GROUP and not managed and not bypassed:
        raise CmdletError(
            DENIED,
            "You don't have sufficient permissions. This operation can only be performed by a"
            " manager of the group.",
        )
    return group


def recipient_named(call: Call, identity: str) -> Body:
    """Find a recipient that another parameter than -Identity names."""
    body = recipients.find(call.world, identity)
    if body is None:
        raise no_such_reference(identity)
    return body


def _managers(call: Call) -> list[str]:
    """Resolve -ManagedBy; without it the current user owns the group, whom an app hasn't got."""
    named = call.texts("ManagedBy")
    if not named and call.caller.user_id:
        return [call.caller.user_id]
    if not named:
        raise CmdletError(
            RECIPIENT_TASK,
            "The group must have at least one owner, and there is no current user who could be"
            " it. Specify a value for the ManagedBy parameter.",
        )
    return _manager_ids(call, named)


def _manager_ids(call: Call, named: Iterable[str]) -> list[str]:
    found = [(one, recipients.find(call.world, one)) for one in named]
    for identity, body in found:
        if body is None or recipients.kind_of(body) not in MANAGERS:
            raise no_such_reference(identity)
    return list(dict.fromkeys(body["id"] for _, body in found if body))


def _set_managers(call: Call, group: Body) -> None:
    if "ManagedBy" not in call.given:
        return
    wanted = call.given["ManagedBy"]
    owners: list[str] = group["_exchange"].get("ManagedBy") or []
    if isinstance(wanted, dict):
        gone = _manager_ids(call, wanted.get("Remove", ()))
        owners = [key for key in owners if key not in gone]
        owners = list(dict.fromkeys([*owners, *_manager_ids(call, wanted.get("Add", ()))]))
    else:
        owners = _manager_ids(call, wanted or ())
    if not owners:
        raise CmdletError(RECIPIENT_TASK, "The group must have at least one owner.")
    group["_owners"] = group["_exchange"]["ManagedBy"] = owners


def _set_addresses(call: Call, group: Body) -> None:
    if "Alias" in call.given and call.text("Alias").lower() != group["mailNickname"].lower():
        group_names.check_alias(call.world, call.text("Alias"))
        group["mailNickname"] = call.text("Alias")
    addresses = list(group["proxyAddresses"])
    wanted = call.given.get("EmailAddresses")
    if isinstance(wanted, dict):
        gone = {group_names.smtp(one).lower() for one in wanted.get("Remove", ())}
        addresses = [one for one in addresses if one.lower() not in gone]
        addresses += [group_names.smtp(one) for one in wanted.get("Add", ())]
    elif wanted is not None:
        addresses = [group_names.smtp(one) for one in wanted]
    if call.text("PrimarySmtpAddress"):
        first = call.text("PrimarySmtpAddress")
        rest = [f"smtp:{one.partition(':')[2]}" for one in addresses]
        addresses = [f"SMTP:{first}", *(one for one in rest if one[5:].lower() != first.lower())]
    for address in addresses:
        group_names.check_address(call.world, address.partition(":")[2], but=group["id"])
    if sum(one.startswith("SMTP:") for one in addresses) != 1:
        raise CmdletError(group_names.VALIDATION, "There must be exactly one primary SMTP address.")
    group |= group_names.addresses_of(list(dict.fromkeys(addresses)))


def _rename(call: Call, group: Body) -> None:
    if call.text("Name").lower() != recipients.name(group).lower():
        group_names.check_name(call.world, call.text("Name"))
    group["_exchange"] |= {
        name: value
        for name, value in group_names.names(call.world, call.text("Name")).items()
        if name in {"Name", "DistinguishedName"}
    }


def _new_body(call: Call, key: str, display_name: str) -> Body:
    security = call.text("Type") == "Security"
    kind = SECURITY_GROUP if security else "MailUniversalDistributionGroup"
    restriction = "Closed" if security else "Open"
    return {
        "id": key,
        "classification": None,
        "createdDateTime": call.world.stamp(),
        "deletedDateTime": None,
        "description": "\n".join(call.texts("Description")) or None,
        "displayName": display_name,
        "groupTypes": [],
        "isAssignableToRole": None,
        "mailEnabled": True,
        "onPremisesSyncEnabled": None,
        "renewedDateTime": call.world.stamp(),
        "securityEnabled": security,
        "visibility": None,
        "_exchange": {
            "ExternalDirectoryObjectId": key,
            "Guid": str(uuid.uuid4()),
            "HiddenFromAddressListsEnabled": False,
            "MemberDepartRestriction": call.text("MemberDepartRestriction") or restriction,
            "MemberJoinRestriction": call.text("MemberJoinRestriction") or restriction,
            "Notes": call.text("Notes"),
            "RecipientType": kind,
            "RecipientTypeDetails": kind,
            "RequireSenderAuthenticationEnabled": call.given.get(
                "RequireSenderAuthenticationEnabled", True
            ),
        },
    }


def _copy(group: Body) -> dict[str, Any]:
    return group | {"_exchange": dict(group["_exchange"])}


def _saved(call: Call, before: Body, group: Body) -> Result:
    if group == before:
        return Result(warnings=(UNMODIFIED.format(recipients.name(group)),))
    return written(call, group)


def written(call: Call, group: Body) -> Result:
    """Write a group as it is now."""
    if not call.flag("WhatIf"):
        call.world.put("group", group["id"], group)
    return Result()


CMDLETS: Mapping[str, Cmdlet] = {
    "New-DistributionGroup": new_distribution_group,
    "Set-DistributionGroup": set_distribution_group,
    "Set-Group": set_group,
    "Remove-DistributionGroup": remove_distribution_group,
}
