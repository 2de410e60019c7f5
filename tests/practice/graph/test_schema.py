import json
import re
from pathlib import Path
from typing import Any

import pytest

from toolkit.practice.graph import answering, schema
from toolkit.practice.graph.access import TABLE
from toolkit.practice.graph.paths import Route

Json = dict[str, Any]
CONTRACTS = Path(__file__).resolve().parents[4] / "shared" / "contracts"
# Ours, in the words of the published metadata: type, format.
PRIMITIVES: dict[str, set[tuple[str | None, str | None]]] = {
    "string": {("string", None)},
    "bool": {("boolean", None)},
    "int": {("integer", "int32"), ("integer", None), ("integer", "int64")},
    "guid": {("string", "uuid")},
    "time": {("string", "date-time")},
    "date": {("string", "date")},
    "clock": {("string", "time")},
    "duration": {("string", "duration")},
    "bytes": {("string", "base64url")},
}
# Left out on purpose: answered nowhere here, or a stream.
LEFT_OUT = {
    ("application", "logo"),
    ("servicePrincipal", "customSecurityAttributes"),
    ("user", "customSecurityAttributes"),
    ("user", "print"),
}
# Values the service knows and the published enumeration doesn't (yet).
NEWER = {("keyCredentialConfiguration", "restrictionType")}
# Permissions that open a route although the published map doesn't say so, with reasons.
READING = {
    "Application.Read.All": "reads applications and what hangs on them",
    "Application.ReadWrite.OwnedBy": "includes reading",
    "DelegatedPermissionGrant.Read.All": "reads grants, as its name says",
    "Directory.Read.All": "reads every directory object",
    "Directory.ReadWrite.All": "includes Directory.Read.All",
    "Group.Read.All": "reads groups and their members",
    "Group.ReadBasic.All": "reads groups, as its name says",
    "Group.ReadWrite.All": "includes Group.Read.All",
    "GroupMember.Read.All": "reads members, as its name says",
    "GroupMember.ReadBasic.All": "reads members, as its name says",
    "GroupMember.ReadWrite.All": "includes GroupMember.Read.All",
    "Organization.Read.All": "the map of this path names only device management",
    "Organization.ReadWrite.All": "includes Organization.Read.All",
    "User.Read.All": "reads what a user is in",
    "User.ReadWrite.All": "includes User.Read.All",
}
ASKING = {"directory.read", "memberships.check"}
WRITING = {
    "assignments.write": {"Directory.ReadWrite.All"},  # reads the resource, the second half
    "policies.apply": {"Application.ReadWrite.All", "Application.ReadWrite.OwnedBy"},  # likewise
    "deleted.write": {  # the map names only the right for users; the others judge by kind
        "Application.ReadWrite.All",
        "Application.ReadWrite.OwnedBy",
        "Directory.ReadWrite.All",
        "Group.ReadWrite.All",
    },
}
ROUTES = [route for rows in answering.ROUTES._by_length.values() for _, route in rows]


def contract(name: str) -> Json:
    path = CONTRACTS / name
    if not path.exists():
        pytest.skip("The published descriptions are not beside this checkout.")
    data: Json = json.loads(path.read_text(encoding="utf-8"))
    return data


def described() -> Json:
    """Describe all types: those of version 1.0, and beta's own."""
    beta: Json = contract("graph-beta.json")["schemas"]
    one: Json = contract("graph-v1.0.json")["schemas"]
    return beta | one


def published(schemas: Json, name: str) -> Json:
    own = schemas[name]
    base = published(schemas, own["base"]) if own.get("base") else {}
    properties: Json = base | own.get("properties", {})
    return properties


def test_every_property_has_the_published_name_and_type() -> None:
    schemas = described()
    wrong = []
    for type_name, properties in schema.TYPES.items():
        if type_name not in schemas:
            continue  # parameters of actions have no published type name
        known = published(schemas, type_name)
        for prop in properties.values():
            theirs = known.get(prop.name)
            if theirs is None or not same(schemas, type_name, prop, theirs):
                wrong.append(f"{type_name}.{prop.name}: {theirs}")

    assert not wrong


def same(schemas: Json, type_name: str, prop: schema.Property, theirs: Json) -> bool:
    if bool(theirs.get("array")) != prop.many:
        return False
    if prop.type in PRIMITIVES:
        return (theirs.get("type"), theirs.get("format")) in PRIMITIVES[prop.type]
    if prop.names:
        enum = schemas.get(str(theirs.get("ref")), {}).get("enum") or theirs.get(
            "documented_values"
        )
        if enum is None:
            return bool(theirs.get("type") == "string")
        return set(prop.names) <= set(enum) or (type_name, prop.name) in NEWER
    return bool(theirs.get("ref") == prop.type)


# Not in the slice of the contract; of events there is what a timetable sends.
UNPUBLISHED = {"directoryObject", "event", "contact"}


@pytest.mark.parametrize("name", sorted(schema.ENTITY_NAMES - UNPUBLISHED))
def test_no_published_property_of_an_entity_is_unknown(name: str) -> None:
    schemas = described()
    plain = {key for key, prop in published(schemas, name).items() if not prop.get("nav")}
    ours = {prop.name for prop in schema.properties_of(name).values()}
    left_out = {prop for type_name, prop in LEFT_OUT if type_name == name}

    assert {key for key in plain - ours - left_out if not key.startswith("@")} <= {
        "deletedDateTime"
    }


def test_published_read_only_properties_cannot_be_written() -> None:
    schemas = described()
    settable = {"uniqueName", "roleDefinitionId"}  # documented as read-only, set while creating
    for name in ("application", "servicePrincipal", "user", "group"):
        for key, theirs in published(schemas, name).items():
            ours = schema.find(name, key)
            if theirs.get("readonly") and ours is not None and key not in settable:
                assert "R" in ours.marks, f"{name}.{key}"


def shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path.strip("/").replace("graph.", ""))


def least(route: Route, table: Json) -> tuple[set[str], set[str]] | None:
    for path, methods in table.items():
        if shape(path) == shape(route.pattern) and route.method in methods:
            rights = methods[route.method].get("application") or {}
            return set(rights.get("least") or ()), set(rights.get("higher") or ())
    return None


def test_each_route_opens_to_what_is_published_and_to_nothing_else() -> None:
    table = contract("permissions.json")["least_privilege"]
    judged = [(route, least(route, table)) for route in ROUTES if route.who != "mailbox"]
    closed, wide = [], []
    for route, rights in judged:
        if rights is None:
            continue  # nothing is published for this path
        known = {name for line in TABLE[route.who] for name in line.split()}
        reads = route.method == "GET" or route.who in ASKING
        beyond = set(READING) if reads else WRITING.get(route.who, set())
        if not known & (rights[0] | rights[1]):
            closed.append(route)
        if not known - rights[0] - rights[1] <= beyond:
            wide.append(route)

    assert len([rights for _, rights in judged if rights]) > 80
    assert (closed, wide) == ([], [])
