"""Reads of the directory: collections, single objects and what hangs on them; owners and members written."""

from collections.abc import Iterator
from typing import Any

from toolkit.practice.graph.errors import bad, missing
from toolkit.practice.graph.objects import (
    DONE,
    Call,
    Rows,
    check_writable,
    directory_object,
    referenced,
    row,
    save,
    seen,
    truth,
)
from toolkit.practice.graph.paths import Route
from toolkit.practice.graph.query import Row
from toolkit.practice.graph.relations import RELATIONS, Relation
from toolkit.practice.wire import Answer

# Path, kind in the store, permission to read.
COLLECTIONS = (
    ("applications", "application", "apps.read"),
    ("servicePrincipals", "servicePrincipal", "apps.read"),
    ("users", "user", "users.read"),
    ("groups", "group", "groups.read"),
    ("directory/administrativeUnits", "administrativeUnit", "units.read"),
    ("oauth2PermissionGrants", "oauth2PermissionGrant", "grants.read"),
    ("subscribedSkus", "subscribedSku", "licences.read"),
    ("organization", "organization", "organization.read"),
    ("domains", "domain", "domains.read"),
    ("roleManagement/directory/roleAssignments", "directoryRoleAssignment", "roles.read"),
)
RELATION_RIGHTS = {
    ("application", ""): "apps.read",
    ("servicePrincipal", ""): "apps.read",
    ("servicePrincipal", "memberOf"): "principals.memberships",
    ("servicePrincipal", "transitiveMemberOf"): "principals.memberships",
    ("servicePrincipal", "appRoleAssignments"): "assignments.read",
    ("servicePrincipal", "appRoleAssignedTo"): "assignments.read",
    ("servicePrincipal", "oauth2PermissionGrants"): "grants.read",
    ("user", ""): "users.related",
    ("user", "memberOf"): "memberships.read",
    ("user", "transitiveMemberOf"): "memberships.read",
    ("user", "appRoleAssignments"): "assignments.people",
    ("user", "oauth2PermissionGrants"): "grants.read",
    ("user", "licenseDetails"): "licences.user",
    ("administrativeUnit", ""): "units.read",
    ("group", ""): "members.read",
    ("group", "owners"): "owners.groups",
    ("group", "appRoleAssignments"): "assignments.people",
}
# Lists of references that may be written: property, permission, whether people may be in it.
WRITABLE = {
    ("application", "owners"): ("_owners", "apps.write"),
    ("servicePrincipal", "owners"): ("_owners", "principals.write"),
    ("group", "owners"): ("_owners", "groups.write"),
    ("group", "members"): ("_members", "members.write"),
    ("administrativeUnit", "members"): ("_members", "units.write"),
}


def routes() -> list[Route]:
    """List the routes of this module."""
    made = []
    for path, kind, who in COLLECTIONS:
        made += [
            Route(method="GET", pattern=path, serve=_list(kind), who=who, answers="list"),
            Route(method="GET", pattern=f"{path}/{{object}}", serve=_one(kind), who=who, answers="one"),
        ]  # fmt: skip
        for name, relation in RELATIONS.get(kind, {}).items():
            made += _relation_routes(path, kind, name, relation)
    return made


def _relation_routes(path: str, kind: str, name: str, relation: Relation) -> list[Route]:
    who = RELATION_RIGHTS.get((kind, name)) or RELATION_RIGHTS[kind, ""]
    base = f"{path}/{{object}}/{name}"

    def get(method: str, pattern: str, serve: Any, answers: str) -> Route:
        return Route(method=method, pattern=pattern, serve=serve, who=who, answers=answers)

    if not relation.many:
        made = [get("GET", base, _related_one(kind, relation, name), "one")]
    else:
        made = [
            get("GET", base, _related(kind, relation), "list"),
            get("GET", f"{base}/{{item}}", _related_item(kind, relation), "one"),
        ]
    if relation.type_name == "directoryObject" and relation.many:
        made.append(get("GET", f"{base}/$ref", _references(kind, relation), "list"))
    if (kind, name) in WRITABLE:
        prop, writer = WRITABLE[kind, name]
        add, drop = _add_reference(kind, prop), _drop_reference(kind, prop)
        made += [
            Route(method="POST", pattern=f"{base}/$ref", serve=add, who=writer, takes="$ref"),
            Route(method="DELETE", pattern=f"{base}/$ref", serve=drop, who=writer),
            Route(method="DELETE", pattern=f"{base}/{{item}}/$ref", serve=drop, who=writer),
        ]
    return made


# ---- collections and objects ----


def _list(kind: str) -> Any:
    type_name = row(kind, {}).type_name

    def serve(call: Call) -> Rows:
        def after(key: str) -> Iterator[Row]:
            return (row(kind, body) for body in call.world.seen_after(kind, key))

        return Rows(type_name=type_name, rows=after(""), after=after)

    return serve


def _one(kind: str) -> Any:
    return lambda call: row(kind, seen(call, kind, call.keys["object"]))


def _related(kind: str, relation: Relation) -> Any:
    def serve(call: Call) -> Rows:
        body = seen(call, kind, call.keys["object"])
        return Rows(type_name=relation.type_name, rows=relation.find(call.world, body))

    return serve


def _related_one(kind: str, relation: Relation, name: str) -> Any:
    def serve(call: Call) -> Row:
        body = seen(call, kind, call.keys["object"])
        for found in relation.find(call.world, body):
            return found
        raise missing(name)

    return serve


def _related_item(kind: str, relation: Relation) -> Any:
    def serve(call: Call) -> Row:
        body = seen(call, kind, call.keys["object"])
        key = call.keys["item"]
        for found in relation.find(call.world, body):
            own = {str(found.body.get(key.name)).lower()}
            if relation.type_name == "federatedIdentityCredential":
                own.add(found.body["name"].lower())  # its name may stand in the place of its id
            if key.value.lower() in own:
                return found
        raise missing(key.value)

    return serve


def _references(kind: str, relation: Relation) -> Any:
    def serve(call: Call) -> Answer:
        body = seen(call, kind, call.keys["object"])
        base = f"{call.world.base}/v1.0/directoryObjects"
        found = [
            {
                "@odata.id": f"{base}/{one.body['id']}/Microsoft.DirectoryServices.{one.type_name[0].upper()}{one.type_name[1:]}"
            }
            for one in relation.find(call.world, body)
        ]
        context = f"{call.world.base}/v1.0/$metadata#Collection($ref)"
        return Answer(body={"@odata.context": context, "value": found})

    return serve


# ---- references ----


def check_reference(kind: str, prop: str, found: Row | None) -> None:
    """Refuse an owner or member of a kind that can't be one (learn.microsoft.com/graph/api)."""
    allowed = (
        {"user", "servicePrincipal"} if prop == "_owners" else {"user", "group", "servicePrincipal"}
    )
    if found is None or found.type_name not in allowed:
        raise bad("An invalid operation was included in the following modified references: '" + prop.lstrip("_") + f"'. The object can't be one of a {kind}.")  # fmt: skip


def _add_reference(kind: str, prop: str) -> Any:
    def serve(call: Call) -> Answer:
        body = truth(call, kind, call.keys["object"])
        check_writable(kind, body)
        key = referenced(call, call.body)
        check_reference(kind, prop, directory_object(call.world, key, true=True))
        if key in body.setdefault(prop, []):
            raise bad(
                "One or more added object references already exist for the following modified"
                f" properties: '{prop.lstrip('_')}'."
            )
        body[prop].append(key)
        save(call, kind, body)
        return DONE

    return serve


def _drop_reference(kind: str, prop: str) -> Any:
    def serve(call: Call) -> Answer:
        body = truth(call, kind, call.keys["object"])
        check_writable(kind, body)
        if "item" in call.keys:
            key = call.keys["item"].value.lower()
        else:
            key = referenced(call, {"@odata.id": dict(call.ask.query).get("@id")})
        if key not in body.get(prop, ()):
            raise missing(key)
        if prop == "_owners" and kind == "group" and body[prop] == [key]:
            raise bad("The group must have at least one owner, hence this owner cannot be removed.")
        body[prop].remove(key)
        save(call, kind, body)
        return DONE

    return serve
