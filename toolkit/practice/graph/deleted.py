"""Deleted items: listed for 30 days, restored, or gone for good.

Sources: learn.microsoft.com/graph/api/resources/directory and directory-deleteditems-restore.
"""

from datetime import datetime, timedelta
from typing import Any

from toolkit.practice.graph import access
from toolkit.practice.graph.errors import GraphError, bad, denied, missing
from toolkit.practice.graph.objects import Call, Rows, owned, row
from toolkit.practice.graph.paths import Route
from toolkit.practice.graph.query import Row
from toolkit.practice.store import Body
from toolkit.practice.wire import Answer
from toolkit.practice.world import World

KEPT = timedelta(days=30)
# What a caller needs besides, by the kind of what was deleted: to read it, to restore or purge it.
RIGHTS = {
    "application": ("apps.read", "apps.write"),
    "servicePrincipal": ("apps.read", "apps.write"),
    "user": ("users.read", "users.delete"),
    "group": ("groups.read", "groups.delete"),
}
# Kind, property: what no two live objects may share, so that a restore may have to be refused.
UNIQUE = (("user", "userPrincipalName"), ("servicePrincipal", "appId"))


def routes() -> list[Route]:
    """List the routes of this module."""
    base, one = "directory/deletedItems", "directory/deletedItems/{object}"

    def route(method: str, pattern: str, serve: Any, who: str, answers: str = "nothing") -> Route:
        return Route(method=method, pattern=pattern, serve=serve, who=who, answers=answers)

    return [
        route("GET", base, _list, "deleted.read", "list"),
        route("GET", one, _one, "deleted.read", "one"),
        route("DELETE", one, _purge, "deleted.write"),
        route("POST", f"{one}/restore", _restore, "deleted.write"),
    ]


def deleted(world: World) -> list[Body]:
    """List the deleted items that can still be restored."""
    limit = world.now() - KEPT
    return [
        item
        for item in world.store.all("deletedItem")
        if datetime.fromisoformat(item["deletedDateTime"]) > limit
    ]


def bury(world: World, kind: str, body: Body, *, granted: list[Body] | None = None) -> None:
    """Soft-delete an object: it can be restored for 30 days, and its names stay taken."""
    item = {
        "id": body["id"],
        "kind": kind,
        "deletedDateTime": world.stamp(),
        "body": body,
        "granted": granted or [],
    }
    world.remove(kind, body["id"])
    world.put("deletedItem", body["id"], item, lag=False)


def _show(item: Body) -> Row:
    return row(item["kind"], item["body"] | {"deletedDateTime": item["deletedDateTime"]})


def _list(call: Call) -> Rows:
    if call.cast is None:
        raise bad("The type of the deleted items must be given, as in microsoft.graph.application.")
    if call.cast in RIGHTS:
        access.judge(call.caller, RIGHTS[call.cast][0])
    return Rows(type_name="directoryObject", rows=[_show(one) for one in deleted(call.world)])


def _find(call: Call, *, writing: bool = True) -> Body:
    key = call.keys["object"].value.lower()
    for item in deleted(call.world):
        if item["id"] == key:
            limited = access.judge(call.caller, RIGHTS[item["kind"]][writing])
            if writing and limited and not owned(call, item["kind"], item["body"]):
                raise denied()
            return item
    raise missing(key)


def _one(call: Call) -> Row:
    return _show(_find(call, writing=False))


def _purge(call: Call) -> Answer:
    key = _find(call)["id"]
    call.world.remove("deletedItem", key, lag=False)
    for kind in ("federatedIdentityCredential", "extensionProperty"):
        for part in call.world.store.find(kind, _application=key):
            call.world.remove(kind, part["id"], lag=False)
    return Answer(status=204)


def _restore(call: Call) -> Row:
    item, world = _find(call), call.world
    kind, body = item["kind"], item["body"] | {"deletedDateTime": None}
    for unique, name in UNIQUE:
        if kind == unique and world.store.find(kind, **{name: body[name]}):
            raise GraphError(
                409,
                "Request_MultipleObjectsWithSameKeyValue",
                f"The {kind} cannot be created, updated, or restored because its {name}"
                f" {body[name]} is already in use.",
            )
    if kind == "servicePrincipal" and not world.store.find("application", appId=body["appId"]):
        raise bad(
            f"The appId '{body['appId']}' of the service principal does not reference a valid"
            " application object."
        )
    world.remove("deletedItem", item["id"], lag=False)
    world.put(kind, body["id"], body)
    for one in item.get("granted", ()):
        if _ends_live(world, one["body"]):
            world.put(one["kind"], one["body"]["id"], one["body"])
    return row(kind, body)


def _ends_live(world: World, body: Body) -> bool:
    ends = (body.get("resourceId"), body.get("principalId"), body.get("clientId"))
    return all(
        world.store.get("servicePrincipal", end)
        or world.store.get("user", end)
        or world.store.get("group", end)
        for end in ends
        if end
    )
