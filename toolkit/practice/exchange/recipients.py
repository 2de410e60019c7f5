"""Recipients as Exchange sees them: users and groups of Entra, by Exchange's names and identities."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from toolkit.practice.exchange import opath
from toolkit.practice.exchange.cmdlet_call import Call, CmdletError, ambiguous
from toolkit.practice.store import Body
from toolkit.practice.world import World

MAILBOXES = frozenset({"UserMailbox", "SharedMailbox", "RoomMailbox", "EquipmentMailbox"})
MAIL_USERS = frozenset({"MailUser", "GuestMailUser"})
SECURITY_GROUP = "MailUniversalSecurityGroup"
GROUPS = frozenset({SECURITY_GROUP, "MailUniversalDistributionGroup"})
UNIFIED_GROUP = "GroupMailbox"
DYNAMIC_GROUP = "DynamicDistributionGroup"
RECIPIENT_TYPES = {
    **dict.fromkeys(MAILBOXES, "UserMailbox"),
    **dict.fromkeys(MAIL_USERS, "MailUser"),
    **{kind: kind for kind in GROUPS},
    UNIFIED_GROUP: "MailUniversalDistributionGroup",
    DYNAMIC_GROUP: DYNAMIC_GROUP,
}
ATTRIBUTES = tuple(f"CustomAttribute{number}" for number in range(1, 16))
# learn.microsoft.com/powershell/exchange/recipientfilter-properties, those this tenant holds.
FILTERABLE: Mapping[str, str] = {
    name.lower(): name
    for name in (
        *("Alias", "Department", "DisplayName", "DistinguishedName", "EmailAddresses"),
        *("ExternalDirectoryObjectId", "FirstName", "Guid", "HiddenFromAddressListsEnabled"),
        *("IsDirSynced", "LastName", "MemberOfGroup", "Name", "PrimarySmtpAddress"),
        *("RecipientType", "RecipientTypeDetails", "Title", "UserPrincipalName"),
        *ATTRIBUTES,
    )
}
FILTER_ERROR = "Microsoft.Exchange.Data.ParsingException"


def kind_of(body: Body) -> str:
    """Tell the RecipientTypeDetails, empty for what Exchange doesn't know."""
    return str((body.get("_exchange") or {}).get("RecipientTypeDetails", ""))


def seen(world: World, *kinds: str) -> list[Body]:
    """List the recipients as a lagging replica shows them, to be looked at only."""
    listed = [body for kind in kinds or ("user", "group") for body in world.looked_at(kind)]
    return [body for body in listed if body.get("_exchange")]


def true(world: World, *kinds: str) -> list[Body]:
    """List the recipients as they really are, to be looked at only."""
    kinds = kinds or ("user", "group")
    listed = [body for kind in kinds for body in world.store.all(kind, shared=True)]
    return [body for body in listed if body.get("_exchange")]


def find(world: World, identity: str, types: frozenset[str] | None = None) -> Body | None:
    """Resolve an identity as a lagging replica would; None where nothing fits.

    The names that are unique by themselves come first, the display name last.
    Source: the -Identity texts of the cmdlet reference ("any value that uniquely identifies").
    """
    bodies = [body for body in _candidates(world, identity) if not types or kind_of(body) in types]
    wanted = identity.lower()
    for names in (_unique_names, _display_names):
        found = [body for body in bodies if wanted in {str(name).lower() for name in names(body)}]
        if len(found) > 1:
            raise ambiguous(identity)
        if found:
            return found[0]
    return None


def _candidates(world: World, identity: str) -> list[Body]:
    try:
        key = str(uuid.UUID(identity))
    except ValueError:
        return seen(world)
    by_key = [world.seen(kind, key) for kind in ("user", "group")]
    return [body for body in by_key if body and body.get("_exchange")] or seen(world)


def _unique_names(body: Body) -> list[str]:
    exchange = body["_exchange"]
    addresses = [address.partition(":")[2] for address in body.get("proxyAddresses") or ()]
    own = [exchange.get("DistinguishedName"), body.get("mail"), body.get("userPrincipalName")]
    known = [one for one in own if one]
    return [body["id"], guid(body), name(body), alias(body), *addresses, *known]


def _display_names(body: Body) -> list[str]:
    return [body.get("displayName") or ""]


def guid(body: Body) -> str:
    """Tell the Guid that Exchange keeps beside Entra's id."""
    own = body["_exchange"].get("Guid")
    return str(own or uuid.uuid5(uuid.NAMESPACE_OID, body["id"]))


def name(body: Body) -> str:
    """Tell the Name, which is what Exchange prints when it points to a recipient."""
    return str(body["_exchange"].get("Name") or body["id"])


def alias(body: Body) -> str:
    """Tell the Alias."""
    return str(body.get("mailNickname") or body["_exchange"].get("Alias") or "")


def distinguished_name(world: World, body: Body) -> str:
    """Tell the DistinguishedName; a group that was just made has none yet."""
    if "groupTypes" in body and body.get("createdDateTime"):
        made = datetime.fromisoformat(body["createdDateTime"])
        if world.now() < made + timedelta(seconds=2 * world.lag().seconds):
            return ""
    return str(body["_exchange"].get("DistinguishedName") or "")


def names_of(world: World, keys: Iterable[str]) -> list[str]:
    """Turn ids into what Exchange prints for them."""
    found = [world.store.get("user", key) or world.store.get("group", key) for key in keys]
    return [name(body) if body.get("_exchange") else body["id"] for body in found if body]


def row(world: World, body: Body) -> Body:
    """Write what Exchange tells of every recipient."""
    exchange = body["_exchange"]
    kind = kind_of(body)
    return {
        "Identity": name(body),
        "Id": name(body),
        "Name": name(body),
        "DisplayName": body.get("displayName"),
        "Alias": alias(body),
        "PrimarySmtpAddress": body.get("mail") or "",
        "EmailAddresses": list(body.get("proxyAddresses") or ()),
        "RecipientType": RECIPIENT_TYPES.get(kind, kind),
        "RecipientTypeDetails": kind,
        "Guid": guid(body),
        "ExternalDirectoryObjectId": body["id"],
        "DistinguishedName": distinguished_name(world, body),
        "HiddenFromAddressListsEnabled": bool(exchange.get("HiddenFromAddressListsEnabled")),
        "IsDirSynced": body.get("onPremisesSyncEnabled") is True,
        "WhenCreated": body.get("createdDateTime"),
        **{attribute: exchange.get(attribute) or "" for attribute in ATTRIBUTES},
    }


def matching(world: World, text: str, bodies: Iterable[Body], groups: Iterable[Body]) -> list[Body]:
    """List the recipients that a filter fits; `groups` say who is a direct member of what."""
    try:
        test = opath.parse(text, FILTERABLE)
    except opath.OpathError as error:
        raise CmdletError(
            FILTER_ERROR, f"Cannot bind parameter 'Filter' to the target. {error}"
        ) from error
    memberships: dict[str, list[str]] = defaultdict(list)
    for group in groups:
        for member in group.get("_members") or ():
            memberships[member].append(str(group["_exchange"].get("DistinguishedName") or ""))
    return [
        body for body in bodies if test(_filter_row(world, body, memberships.get(body["id"], [])))
    ]


def _filter_row(world: World, body: Body, member_of: list[str]) -> Mapping[str, Any]:
    return row(world, body) | {
        "Department": body.get("department"),
        "FirstName": body.get("givenName"),
        "LastName": body.get("surname"),
        "MemberOfGroup": member_of,
        "Title": body.get("jobTitle"),
        "UserPrincipalName": body.get("userPrincipalName"),
    }


def chosen(call: Call, types: frozenset[str], *kinds: str) -> list[Body]:
    """List what a Get- cmdlet was asked for: one by -Identity, or all of these types by filters."""
    if call.text("Identity"):
        body = find(call.world, call.text("Identity"), types)
        if body is None:
            raise call.missing()
        bodies = [body]
    else:
        bodies = [body for body in seen(call.world, *kinds) if kind_of(body) in types]
    asked = call.texts("RecipientTypeDetails")
    if asked:
        bodies = [body for body in bodies if kind_of(body) in asked]
    if call.text("Filter"):
        bodies = matching(call.world, call.text("Filter"), bodies, seen(call.world, "group"))
    return bodies
