"""What every route works with: the call, and the objects it names, as a replica or the truth has them."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from toolkit.practice.graph.bodies import GUID
from toolkit.practice.graph.errors import bad, denied, missing
from toolkit.practice.graph.paths import Key
from toolkit.practice.graph.query import Options, Row
from toolkit.practice.store import Body
from toolkit.practice.wire import Answer, Ask, Caller
from toolkit.practice.world import World

# The kinds of the store that are directory objects, in the order in which an id is looked up.
DIRECTORY_KINDS = ("user", "group", "servicePrincipal", "application")
# The kinds that have owners; what hangs on one of them is judged with it.
OWNABLE = frozenset({"application", "servicePrincipal", "group"})
TYPES = {
    "oauth2PermissionGrant": "oAuth2PermissionGrant",
    "directoryRoleAssignment": "unifiedRoleAssignment",
}
REFERENCE = re.compile(r"https://[^/]+/(?:v1\.0|beta)/(?:\w+)/([^/]+)")
POLICY = re.compile(r"https://[^/]+/(?:v1\.0|beta)/policies/appManagementPolicies/([^/]+)")
TYPED_KEY = re.compile(r"(\w+)\('([^']+)'\)")


DONE = Answer(status=204)


@dataclass(frozen=True, kw_only=True)
class Rows:
    """What a list route found, and the type that its query options are judged by.

    `after` gives the same rows from the one after an id on, where they come ordered by id.
    """

    type_name: str
    rows: Iterable[Row]
    after: Callable[[str], Iterable[Row]] | None = None


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request that found its route: what it names, asks and brings.

    `limited` says that the caller's rights end at what it owns.
    """

    world: World
    ask: Ask
    caller: Caller
    keys: Mapping[str, Key] = field(default_factory=dict)
    options: Options = field(default_factory=Options)
    body: Body = field(default_factory=dict)
    cast: str | None = None
    counted: bool = False
    limited: bool = False

    @property
    def actor(self) -> str:
        """The directory object that calls: a person, or an app's service principal."""
        return self.caller.user_id or self.caller.object_id


def row(kind: str, body: Body) -> Row:
    """Pair an object of the store with its type in Graph."""
    return Row(type_name=TYPES.get(kind, kind), body=body)


def identify(world: World, kind: str, key: Key) -> str | None:
    """Find the id that a key stands for; a user may go by its user principal name too."""
    if key.name == "id":
        if kind != "user" or GUID.fullmatch(key.value):
            return key.value.lower() if GUID.fullmatch(key.value) else key.value
        key = Key(key.value, "userPrincipalName")
    value = key.value.lower() if GUID.fullmatch(key.value) else key.value
    found = world.store.find(kind, **{key.name: value})
    if not found and kind == "user":
        low = key.value.lower()
        found = [one for one in world.store.all(kind) if one["userPrincipalName"].lower() == low]
    return str(found[0]["id"]) if found else None


def seen(call: Call, kind: str, key: Key) -> Body:
    """Fetch an object as the replica that answers has it, or say that it isn't there."""
    found = identify(call.world, kind, key)
    body = call.world.seen(kind, found) if found else None
    if body is None:
        raise missing(key.value)
    return body


def truth(call: Call, kind: str, key: Key) -> Body:
    """Fetch an object to change it: refused while the replica doesn't know it, or isn't owned."""
    body = call.world.store.get(kind, seen(call, kind, key)["id"])
    if body is None:
        raise missing(key.value)
    if call.limited and kind in OWNABLE and not owned(call, kind, body):
        raise denied()
    return body


def check_writable(kind: str, body: Body) -> None:
    """Refuse changes to a group that is mastered elsewhere: in Exchange, or on premises."""
    if kind == "administrativeUnit" and body.get("membershipType") == "Dynamic":
        raise bad("Members of an administrative unit with a dynamic membership rule can't be changed by hand.")  # fmt: skip
    if kind != "group":
        return
    if body.get("mailEnabled") and "Unified" not in body.get("groupTypes", ()):
        raise bad("Cannot Update a mail-enabled security groups and or distribution list.")
    if body.get("onPremisesSyncEnabled"):
        raise bad(
            "Unable to update the specified properties for on-premises mastered Directory Sync"
            " objects or objects currently undergoing migration."
        )


def owned(call: Call, kind: str, body: Body) -> bool:
    """Tell whether the caller owns an object; a service principal also through its application."""
    if call.actor in body.get("_owners", ()):
        return True
    if kind != "servicePrincipal":
        return False
    apps = call.world.store.find("application", appId=body["appId"])
    return any(call.actor in app.get("_owners", ()) for app in apps)


def save(call: Call, kind: str, body: Body) -> None:
    """Write an object; replicas learn of it in their own time."""
    call.world.put(kind, body["id"], body)


def directory_object(world: World, key: str, *, true: bool = False) -> Row | None:
    """Find a directory object of any kind by its id."""
    read = world.store.get if true else world.seen
    for kind in DIRECTORY_KINDS:
        body = read(kind, key.lower())
        if body is not None:
            return row(kind, body)
    return None


def referenced(call: Call, data: Any) -> str:
    """Read `{"@odata.id": address}` and tell the id it points at."""
    address = data.get("@odata.id") if isinstance(data, dict) else None
    extra = [name for name in data if name != "@odata.id"] if isinstance(data, dict) else []
    if extra:
        raise bad(f"Invalid property '{extra[0]}'.")
    if not isinstance(address, str):
        raise bad("Invalid URL was specified in the property '@odata.id'. A reference is expected.")
    return resolve(call, address)


def resolve(call: Call, address: str) -> str:
    """Tell the id of the directory object that an address names; it must be known by now."""
    plain = TYPED_KEY.sub(r"\1/\2", unquote(address))
    match = REFERENCE.fullmatch(plain)
    if match is None:
        raise bad(f"Invalid URL format specified in payload: '{address}'.")
    found = directory_object(call.world, match[1])
    if found is None and not GUID.fullmatch(match[1]):
        name = identify(call.world, "user", Key(match[1]))
        found = directory_object(call.world, name) if name else None
    if found is None:
        raise missing(match[1])
    return str(found.body["id"])


def referenced_policy(call: Call, data: Any) -> str:
    """Read a reference to an app management policy."""
    address = data.get("@odata.id") if isinstance(data, dict) else None
    match = POLICY.fullmatch(address) if isinstance(address, str) else None
    if match is None:
        raise bad(f"Invalid URL format specified in payload: '{address}'.")
    if call.world.seen("appManagementPolicy", match[1].lower()) is None:
        raise missing(match[1])
    return match[1].lower()
