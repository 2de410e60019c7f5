"""The Get- cmdlets about recipients."""

from collections.abc import Callable, Iterable, Mapping

from toolkit.practice.exchange import recipients
from toolkit.practice.exchange.cmdlet_call import Call, Cmdlet, Result
from toolkit.practice.exchange.recipients import (
    GROUPS,
    MAIL_USERS,
    MAILBOXES,
    RECIPIENT_TYPES,
    UNIFIED_GROUP,
)
from toolkit.practice.store import Body
from toolkit.practice.world import World

EVERY_TYPE = frozenset(RECIPIENT_TYPES)
PEOPLE = MAILBOXES | MAIL_USERS


def get_recipient(call: Call) -> Result:
    """Answer Get-Recipient; -RecipientPreviewFilter previews a scope over recipients of any type."""
    preview = call.text("RecipientPreviewFilter")
    bodies = recipients.chosen(call, EVERY_TYPE)
    if preview:
        groups = recipients.seen(call.world, "group")
        bodies = recipients.matching(call.world, preview, bodies, groups)
    types = call.texts("RecipientType")
    if types:
        bodies = [body for body in bodies if RECIPIENT_TYPES[recipients.kind_of(body)] in types]
    result = _listed(bodies, lambda body: recipients.row(call.world, body))
    wanted = {name.lower() for name in call.texts("Properties")}
    if not wanted:
        return result
    rows = [{name: row[name] for name in row if name.lower() in wanted} for row in result.rows]
    return Result(rows=rows, warnings=result.warnings)


def get_mailbox(call: Call) -> Result:
    """Answer Get-Mailbox: mailboxes in the cloud, of people, rooms and shares."""
    bodies = recipients.chosen(call, MAILBOXES, "user")
    return _listed(bodies, lambda body: _mailbox(call.world, body))


def get_cas_mailbox(call: Call) -> Result:
    """Answer Get-CASMailbox: which protocols a mailbox may be opened with."""
    bodies = recipients.chosen(call, MAILBOXES, "user")
    return _listed(bodies, lambda body: _protocols(call.world, body))


def get_mail_user(call: Call) -> Result:
    """Answer Get-MailUser: guests, and people whose mailbox is somewhere else."""
    bodies = recipients.chosen(call, MAIL_USERS, "user")
    return _listed(bodies, lambda body: _mail_user(call.world, body))


def get_user(call: Call) -> Result:
    """Answer Get-User."""
    bodies = recipients.chosen(call, PEOPLE, "user")
    return _listed(bodies, lambda body: _user(call.world, body))


def get_group(call: Call) -> Result:
    """Answer Get-Group: mail-enabled groups with their notes."""
    bodies = recipients.chosen(call, GROUPS | {UNIFIED_GROUP}, "group")
    return _listed(bodies, lambda body: _group(call.world, body))


def get_distribution_group(call: Call) -> Result:
    """Answer Get-DistributionGroup: lists and mail-enabled security groups."""
    bodies = recipients.chosen(call, GROUPS, "group")
    if call.text("ManagedBy"):
        manager = recipients.find(call.world, call.text("ManagedBy"))
        key = manager["id"] if manager else None
        bodies = [body for body in bodies if key in (body["_exchange"].get("ManagedBy") or ())]

    def write(body: Body) -> Body:
        row = distribution_group(call.world, body)
        if call.flag("IncludeManagedByWithDisplayNames"):
            row["ManagedByWithDisplayNames"] = managers_with_names(call.world, body)
        return row

    return _listed(bodies, write)


def get_distribution_group_member(call: Call) -> Result:
    """Answer Get-DistributionGroupMember: direct members; nobody for a Microsoft 365 group."""
    group = recipients.find(call.world, call.text("Identity"), GROUPS | {UNIFIED_GROUP})
    if group is None:
        raise call.missing()
    keys = [] if recipients.kind_of(group) == UNIFIED_GROUP else group.get("_members") or []
    return _listed(_members(call.world, keys), lambda body: member(call, body))


def get_unified_group(call: Call) -> Result:
    """Answer Get-UnifiedGroup: Microsoft 365 groups."""
    bodies = recipients.chosen(call, frozenset({UNIFIED_GROUP}), "group")
    return _listed(bodies, lambda body: _unified_group(call.world, body))


def get_unified_group_links(call: Call) -> Result:
    """Answer Get-UnifiedGroupLinks: who is a member or an owner of a Microsoft 365 group."""
    group = recipients.find(call.world, call.text("Identity"), frozenset({UNIFIED_GROUP}))
    if group is None:
        raise call.missing()
    keys = group.get({"Members": "_members", "Owners": "_owners"}.get(call.text("LinkType"), ""))
    return _listed(_members(call.world, keys or []), lambda one: member(call, one))


def _listed(bodies: Iterable[Body], write: Callable[[Body], Body]) -> Result:
    return Result(rows=[write(body) for body in bodies])


def _members(world: World, keys: list[str]) -> list[Body]:
    found = [world.store.get("user", key) or world.store.get("group", key) for key in keys]
    return [body for body in found if body and body.get("_exchange")]


def member(call: Call, body: Body) -> Body:
    """Write a member of a group: any recipient."""
    return recipients.row(call.world, body)


def distribution_group(world: World, body: Body) -> Body:
    """Write a group as Get-DistributionGroup does; its notes are Get-Group's to tell."""
    exchange = body["_exchange"]
    security = body.get("securityEnabled") is True
    return recipients.row(world, body) | {
        "GroupType": "Universal, SecurityEnabled" if security else "Universal",
        "ManagedBy": recipients.names_of(world, exchange.get("ManagedBy") or ()),
        "MemberJoinRestriction": exchange.get("MemberJoinRestriction", "Closed"),
        "MemberDepartRestriction": exchange.get("MemberDepartRestriction", "Closed"),
        "RequireSenderAuthenticationEnabled": exchange.get(
            "RequireSenderAuthenticationEnabled", True
        ),
        "Description": [body["description"]] if body.get("description") else [],
        "MailTip": exchange.get("MailTip"),
    }


def managers_with_names(world: World, body: Body) -> list[str]:
    """Write a group's owners as id and display name."""
    found = [world.store.get("user", key) for key in body["_exchange"].get("ManagedBy") or ()]
    return [f"{{{one['id']}:{one['displayName']}}}" for one in found if one]


def _group(world: World, body: Body) -> Body:
    row = distribution_group(world, body)
    kept = ("GroupType", "ManagedBy", "Description")
    return (
        recipients.row(world, body)
        | {name: row[name] for name in kept}
        | {
            "WindowsEmailAddress": row["PrimarySmtpAddress"],
            "Notes": body["_exchange"].get("Notes") or "",
            "Members": recipients.names_of(world, body.get("_members") or ()),
        }
    )


def _unified_group(world: World, body: Body) -> Body:
    return recipients.row(world, body) | {
        "AccessType": body.get("visibility") or "Public",
        "GroupMemberCount": len(body.get("_members") or ()),
        "ManagedBy": recipients.names_of(world, body.get("_owners") or ()),
        "Notes": body.get("description") or "",
    }


def _mailbox(world: World, body: Body) -> Body:
    kind = recipients.kind_of(body)
    return recipients.row(world, body) | {
        "AccountDisabled": body.get("accountEnabled") is False,
        "ExchangeGuid": body["_exchange"].get("ExchangeGuid") or recipients.guid(body),
        "IsMailboxEnabled": True,
        "IsResource": kind in {"RoomMailbox", "EquipmentMailbox"},
        "IsShared": kind == "SharedMailbox",
        "Languages": [body["_exchange"].get("Language") or "en-US"],
        "UserPrincipalName": body.get("userPrincipalName"),
        "WhenMailboxCreated": body.get("createdDateTime"),
    }


def _protocols(world: World, body: Body) -> Body:
    row = recipients.row(world, body)
    kept = ("Identity", "Name", "DisplayName", "PrimarySmtpAddress", "Guid", "DistinguishedName")
    protocols: Mapping[str, object] = {
        **dict.fromkeys(("ActiveSyncEnabled", "ImapEnabled", "MAPIEnabled", "OWAEnabled"), True),
        "EwsEnabled": body["_exchange"].get("EwsEnabled"),
        "ExternalDirectoryObjectId": body["id"],
        "PopEnabled": True,
    }
    return {name: row[name] for name in kept} | dict(protocols)


def _mail_user(world: World, body: Body) -> Body:
    return recipients.row(world, body) | {
        "ExternalEmailAddress": body["_exchange"].get("ExternalEmailAddress") or "",
        "UserPrincipalName": body.get("userPrincipalName"),
    }


def _user(world: World, body: Body) -> Body:
    row = recipients.row(world, body)
    kept = (
        *("Identity", "Id", "Name", "DisplayName", "RecipientType", "RecipientTypeDetails"),
        *("Guid", "ExternalDirectoryObjectId", "DistinguishedName", "IsDirSynced", "WhenCreated"),
    )
    return {name: row[name] for name in kept} | {
        "AccountDisabled": body.get("accountEnabled") is False,
        "Department": body.get("department") or "",
        "FirstName": body.get("givenName") or "",
        "LastName": body.get("surname") or "",
        "Title": body.get("jobTitle") or "",
        "UserPrincipalName": body.get("userPrincipalName"),
        "WindowsEmailAddress": body.get("mail") or "",
    }


CMDLETS: Mapping[str, Cmdlet] = {
    "Get-Recipient": get_recipient,
    "Get-Mailbox": get_mailbox,
    "Get-CASMailbox": get_cas_mailbox,
    "Get-MailUser": get_mail_user,
    "Get-User": get_user,
    "Get-Group": get_group,
    "Get-DistributionGroup": get_distribution_group,
    "Get-DistributionGroupMember": get_distribution_group_member,
    "Get-UnifiedGroup": get_unified_group,
    "Get-UnifiedGroupLinks": get_unified_group_links,
}
