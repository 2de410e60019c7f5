"""Directory objects of any kind: looked up by id, asked what they are in, and the roles they hold.

Sources: learn.microsoft.com/graph/api/resources/directoryobject and directoryrole.
"""

from collections.abc import Callable
from typing import Any

from toolkit.practice.graph.errors import bad, missing
from toolkit.practice.graph.objects import Call, Rows, directory_object, seen
from toolkit.practice.graph.paths import Route
from toolkit.practice.graph.query import Row
from toolkit.practice.graph.relations import all_memberships, directory_role
from toolkit.practice.store import Body
from toolkit.practice.wire import Answer
from toolkit.practice.world import World

MOST_IDS = 1000
MOST_CHECKED = 20
PATHS = (
    ("users", "user"),
    ("groups", "group"),
    ("servicePrincipals", "servicePrincipal"),
    ("directoryObjects", ""),
)


def routes() -> list[Route]:
    """List the routes of this module."""
    return [route for path, kind in PATHS for route in _memberships(path, kind)] + [
        _get("directoryObjects/{object}", _any_object, "directory.read", "one"),
        Route(
            method="POST",
            pattern="directoryObjects/getByIds",
            serve=_by_ids,
            who="directory.read",
            takes="getByIds",
            answers="rows",
        ),
        _get("directoryRoles", _directory_roles, "roles.read", "list"),
        _get("directoryRoles/{object}", _directory_role, "roles.read", "one"),
        _get("directoryRoles/{object}/members", _role_members, "roles.read", "list"),
    ]


def _get(pattern: str, serve: Callable[[Call], Any], who: str, answers: str) -> Route:
    return Route(method="GET", pattern=pattern, serve=serve, who=who, answers=answers)


def _memberships(path: str, kind: str) -> list[Route]:
    actions = (
        ("getMemberGroups", "memberGroups", _groups_of(kind)),
        ("getMemberObjects", "memberGroups", _objects_of(kind)),
        ("checkMemberGroups", "checkMemberGroups", _check(kind, "groupIds")),
        ("checkMemberObjects", "checkMemberObjects", _check(kind, "ids")),
    )
    return [
        Route(
            method="POST",
            pattern=f"{path}/{{object}}/{name}",
            serve=serve,
            who="memberships.check",
            takes=takes,
        )
        for name, takes, serve in actions
    ]


def _subject(call: Call, kind: str) -> Body:
    key = call.keys["object"]
    if kind:
        return seen(call, kind, key)
    found = directory_object(call.world, key.value)
    if found is None:
        raise missing(key.value)
    return found.body


def _collection(call: Call, ids: list[str]) -> Answer:
    context = f"{call.world.base}/v1.0/$metadata#Collection(Edm.String)"
    return Answer(body={"@odata.context": context, "value": ids})


def _ids(world: World, body: Body, *, secure: bool, roles: bool) -> list[str]:
    return [
        str(one.body["id"])
        for one in all_memberships(world, body)
        if (one.type_name == "group" or roles)
        and (not secure or one.type_name != "group" or one.body.get("securityEnabled"))
    ]


def _groups_of(kind: str) -> Any:
    def serve(call: Call) -> Answer:
        secure = bool(call.body.get("securityEnabledOnly"))
        if secure and kind == "group":
            secure = False  # ignored for groups: learn.microsoft.com/graph/api/directoryobject-getmembergroups
        return _collection(call, _ids(call.world, _subject(call, kind), secure=secure, roles=False))

    return serve


def _objects_of(kind: str) -> Any:
    def serve(call: Call) -> Answer:
        secure = bool(call.body.get("securityEnabledOnly"))
        return _collection(call, _ids(call.world, _subject(call, kind), secure=secure, roles=True))

    return serve


def _check(kind: str, parameter: str) -> Any:
    def serve(call: Call) -> Answer:
        wanted = call.body[parameter]
        if not 1 <= len(wanted) <= MOST_CHECKED:
            raise bad("Too many object identifiers specified in the request: the limit is 20.")
        found = set(_ids(call.world, _subject(call, kind), secure=False, roles=parameter == "ids"))
        return _collection(call, [key for key in wanted if key.lower() in found])

    return serve


def _any_object(call: Call) -> Row:
    found = directory_object(call.world, call.keys["object"].value)
    if found is None:
        raise missing(call.keys["object"].value)
    return found


def _by_ids(call: Call) -> Rows:
    ids, types = call.body["ids"], call.body.get("types")
    if len(ids) > MOST_IDS:
        raise bad("Too many object identifiers specified in the request: the limit is 1000.")
    found = [one for key in dict.fromkeys(ids) if (one := directory_object(call.world, key))]
    if types:
        wanted = {name.lower() for name in types}
        found = [
            one for one in found if one.type_name.lower() in wanted or "directoryobject" in wanted
        ]
    return Rows(type_name="directoryObject", rows=found)


def _active_roles(call: Call) -> list[Row]:
    held = call.world.all_seen("directoryRoleAssignment")
    return [directory_role(one) for one in sorted({one["roleDefinitionId"] for one in held})]


def _directory_roles(call: Call) -> Rows:
    return Rows(type_name="directoryRole", rows=_active_roles(call))


def _directory_role(call: Call) -> Row:
    key = call.keys["object"]
    for one in _active_roles(call):
        if one.body[key.name] == key.value.lower():
            return one
    raise missing(key.value)


def _role_members(call: Call) -> Rows:
    template = _directory_role(call).body["roleTemplateId"]
    held = call.world.store.find("directoryRoleAssignment", roleDefinitionId=template)
    found = [directory_object(call.world, one["principalId"]) for one in held]
    return Rows(type_name="directoryObject", rows=[one for one in found if one is not None])
