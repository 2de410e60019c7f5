"""Groups: security groups and Microsoft 365 groups made and changed, Exchange's own only shown.

Sources: learn.microsoft.com/graph/api/group-post-groups, group-update and groups-overview.
"""

from typing import Any

from toolkit.practice.graph import schema
from toolkit.practice.graph.bodies import judge, read_json, require
from toolkit.practice.graph.deleted import bury
from toolkit.practice.graph.directory import check_reference
from toolkit.practice.graph.errors import bad
from toolkit.practice.graph.objects import (
    DONE,
    Call,
    check_writable,
    directory_object,
    resolve,
    row,
    save,
    truth,
)
from toolkit.practice.graph.paths import Route
from toolkit.practice.graph.query import Row
from toolkit.practice.store import Body
from toolkit.practice.wire import Answer
from toolkit.practice.world import World

MOST_REFERENCES = 20
LONGEST_NICKNAME = 64
FORBIDDEN_IN_NICKNAME = set('@()\\[]";:<>, ')
GROUP_TYPES = {"Unified", "DynamicMembership"}


def routes() -> list[Route]:
    """List the routes of this module."""
    group = "groups/{object}"

    def route(method: str, pattern: str, serve: Any, who: str, takes: str | None = None) -> Route:
        return Route(method=method, pattern=pattern, serve=serve, who=who, takes=takes)

    return [
        route("POST", "groups", _create, "groups.create", "group"),
        route("PATCH", group, _patch, "groups.write", "raw"),
        route("DELETE", group, _delete, "groups.delete"),
    ]


def _create(call: Call) -> Row:
    given, world = call.body, call.world
    require(given, "displayName", "mailEnabled", "mailNickname", "securityEnabled")
    types = set(given.get("groupTypes", ()))
    _check(given, types)
    owners = _bound(call, given, "owners")
    members = _bound(call, given, "members")
    body = schema.empty("group") | {
        "id": world.new_id(),
        "createdDateTime": world.stamp(),
        "renewedDateTime": world.stamp(),
        "isAssignableToRole": given.get("isAssignableToRole"),
        "_owners": owners or [call.caller.user_id] if call.caller.user_id else owners,
        "_members": members,
    }
    body |= {name: value for name, value in given.items() if value is not None}
    if "Unified" in types:
        body |= _mailbox(world, body)
    save(call, "group", body)
    return row("group", body)


def _check(given: Body, types: set[str]) -> None:
    if types - GROUP_TYPES:
        raise bad("Invalid value specified for property 'groupTypes' of resource 'Group'.")
    if "DynamicMembership" in types:
        raise bad("Dynamic membership groups need a licence that this tenant doesn't have.")
    if given["mailEnabled"] and "Unified" not in types:
        raise bad("Cannot Create a mail-enabled security groups and or distribution list.")
    if not given["mailEnabled"] and not given["securityEnabled"]:
        raise bad("The group must be mail-enabled, security-enabled or both.")
    if "Unified" in types and not given["mailEnabled"]:
        raise bad("Invalid value specified for property 'mailEnabled' of resource 'Group'.")
    _check_nickname(given["mailNickname"])


def _check_nickname(name: str) -> None:
    wrong = set(name) & FORBIDDEN_IN_NICKNAME
    if wrong or len(name) > LONGEST_NICKNAME or not name.isascii():
        raise bad("Invalid value specified for property 'mailNickname' of resource 'Group'.")


def _bound(call: Call, given: Body, name: str) -> list[str]:
    addresses = given.pop(f"{name}@odata.bind", [])
    if len(addresses) > MOST_REFERENCES:
        raise bad(f"The number of references in '{name}@odata.bind' exceeds the limit of 20.")
    keys = [resolve(call, address) for address in addresses]
    for key in keys:
        check_reference("group", f"_{name}", directory_object(call.world, key, true=True))
    return list(dict.fromkeys(keys))


def _mailbox(world: World, body: Body) -> Body:
    domain = next(one["id"] for one in world.store.all("domain") if one.get("isDefault"))
    address = f"{body['mailNickname']}@{domain}"
    for kind in ("group", "user"):
        if any((one.get("mail") or "").lower() == address.lower() for one in world.store.all(kind)):
            raise bad("Another object with the same value for property mailNickname already exists.", "ObjectConflict")  # fmt: skip
    exchange = {
        "Name": f"{body['mailNickname']}_{body['id'][:8]}",
        "Alias": body["mailNickname"],
        "DisplayName": body["displayName"],
        "PrimarySmtpAddress": address,
        "EmailAddresses": [f"SMTP:{address}"],
        "ExternalDirectoryObjectId": body["id"],
        "Guid": world.new_id(),
        "RecipientType": "MailUniversalDistributionGroup",
        "RecipientTypeDetails": "GroupMailbox",
        "HiddenFromAddressListsEnabled": False,
    }
    return {
        "mail": address,
        "proxyAddresses": [f"SMTP:{address}"],
        "visibility": body.get("visibility") or "Public",
        "_exchange": exchange,
    }


def _patch(call: Call) -> Answer:
    given = judge("group", read_json(call.ask), creating=False)
    body = truth(call, "group", call.keys["object"])
    check_writable("group", body)
    for name in ("mailEnabled", "groupTypes"):
        if name in given and given[name] != body.get(name):
            raise bad(f"Property '{name}' cannot be changed once it is set.")
    for name in ("displayName", "mailNickname"):
        if name in given:
            require(given, name)
    if "mailNickname" in given:
        _check_nickname(given["mailNickname"])
    for name in ("members", "owners"):
        added = _bound(call, given, name)
        again = set(added) & set(body.get(f"_{name}", ()))
        if again:
            raise bad(
                "One or more added object references already exist for the following modified"
                f" properties: '{name}'."
            )
        body[f"_{name}"] = [*body.get(f"_{name}", ()), *added]
    save(call, "group", body | given)
    return DONE


def _delete(call: Call) -> Answer:
    body, world = truth(call, "group", call.keys["object"]), call.world
    check_writable("group", body)
    for one in world.store.all("group"):
        if body["id"] in one.get("_members", ()):
            one["_members"].remove(body["id"])
            save(call, "group", one)
    for assignment in world.store.find("appRoleAssignment", principalId=body["id"]):
        world.remove("appRoleAssignment", assignment["id"])
    if "Unified" in body.get("groupTypes", ()):
        bury(world, "group", body)
    else:  # security groups can't be restored: learn.microsoft.com/graph/api/directory-deleteditems-restore
        world.remove("group", body["id"])
    return DONE
