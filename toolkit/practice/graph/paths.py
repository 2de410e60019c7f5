"""Takes a Graph path apart and finds the route that serves it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from toolkit.practice.graph.errors import GraphError, no_segment, not_modelled

SEGMENT = re.compile(r"/((?:[^/()]|\((?:[^()']|'(?:[^']|'')*')*\))+)")
NAMED = re.compile(r"(?P<name>[\w.$]+)\((?P<inside>.*)\)", re.DOTALL)
KEY = re.compile(r"(?:(?P<name>\w+)=)?'(?P<value>(?:[^']|'')*)'")
# Which other keys than the id a collection may be addressed by.
ALTERNATE = {
    "applications": {"appId", "uniqueName"},
    "servicePrincipals": {"appId"},
    "users": {"userPrincipalName"},
    "groups": {"uniqueName"},
    "federatedIdentityCredentials": {"name"},
    "directoryRoles": {"roleTemplateId"},
    "filterByCurrentUser": {"on"},
}
# First segments that exist in the real service and have no counterpart here.
ELSEWHERE = frozenset(
    [
        "admin",
        "chats",
        "communications",
        "contacts",
        "contracts",
        "datapolicyoperations",
        "devices",
        "deviceManagement",
        "directoryRoleTemplates",
        "drives",
        "education",
        "external",
        "identity",
        "identityGovernance",
        "identityProtection",
        "invitations",
        "permissionGrants",
        "places",
        "planner",
        "reports",
        "schemaExtensions",
        "security",
        "sites",
        "subscriptions",
        "teams",
        "tenantRelationships",
    ]
)


@dataclass(frozen=True)
class Key:
    """What an object is addressed by: its id, or another property."""

    value: str
    name: str = "id"


@dataclass(frozen=True, kw_only=True)
class Route:
    """One thing that may be asked: how, where, who serves it, which permissions open it.

    `takes` is the type of the request's body (a name of the schema, or a tuple of action
    parameters), `answers` how the query options are read: list, one or nothing. `beta` says that
    version 1.0 hasn't got it.
    """

    method: str
    pattern: str
    serve: Callable[..., Any]
    who: str
    takes: str | None = None
    answers: str = "nothing"
    beta: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        """The pattern, segment by segment."""
        return tuple(self.pattern.strip("/").split("/"))


@dataclass(frozen=True, kw_only=True)
class Place:
    """A path that was taken apart."""

    segments: tuple[str | Key, ...]
    cast: str | None = None
    counted: bool = False


def take_apart(path: str) -> Place:
    """Split a path into names and keys; a type cast and /$count at its end are marks.

    The SDK really sends `/v1.0//users`, so empty segments don't count.
    """
    segments: list[str | Key] = []
    for text in SEGMENT.findall(re.sub(r"/{2,}", "/", path)):
        segments.extend(_segment(text))
    counted = bool(segments) and segments[-1] == "$count"
    if counted:
        segments.pop()
    cast = None
    last = segments[-1] if segments else None
    if (
        len(segments) > 1
        and isinstance(last, str)
        and last.startswith(("microsoft.graph.", "graph."))
    ):
        cast = last.rpartition(".")[2]
        if cast[0].islower() and cast not in ACTIONS:
            segments.pop()
        else:
            segments[-1], cast = cast, None
    return Place(segments=tuple(segments), cast=cast, counted=counted)


# Actions may be called by their qualified name too, which isn't a cast.
ACTIONS = frozenset(
    [
        "addPassword",
        "removePassword",
        "addKey",
        "removeKey",
        "getByIds",
        "getMemberGroups",
        "getMemberObjects",
        "checkMemberGroups",
        "checkMemberObjects",
        "assignLicense",
        "revokeSignInSessions",
        "restore",
    ]
)


def _segment(text: str) -> list[str | Key]:
    match = NAMED.fullmatch(text)
    if match is None:
        return [text]
    name, inside = match["name"], match["inside"]
    if not inside:
        return [f"{name}()"]
    key = KEY.fullmatch(inside)
    if key is None:
        raise no_segment(text)
    value = key["value"].replace("''", "'")
    if key["name"] is None:
        return [name, Key(value)]
    for proper in ALTERNATE.get(name, ()):
        if proper.lower() == key["name"].lower():
            return [name, Key(value, proper)]
    raise no_segment(text)


class Table:
    """All routes, looked up by the number of their segments."""

    def __init__(self, routes: list[Route]) -> None:
        self._by_length: dict[int, list[tuple[tuple[str, ...], Route]]] = {}
        self.first = {route.parts[0].lower() for route in routes}
        for route in routes:
            self._by_length.setdefault(len(route.parts), []).append((route.parts, route))

    def find(self, method: str, place: Place) -> tuple[Route, dict[str, Key]]:
        """Find the route for a path, or refuse it as Graph does."""
        other = False
        best: tuple[int, Route, dict[str, Key]] | None = None
        for parts, route in self._by_length.get(len(place.segments), ()):
            found = _match(parts, place.segments)
            if found is None:
                continue
            if route.method != method:
                other = True
            elif best is None or len(found) < best[0]:
                best = (len(found), route, found)
        if best is not None:
            return best[1], best[2]
        if other:
            raise GraphError(
                405,
                "Request_BadRequest",
                "Specified HTTP method is not allowed for the request target.",
            )
        raise self._nowhere(place)

    def _nowhere(self, place: Place) -> GraphError:
        names = [segment for segment in place.segments if isinstance(segment, str)]
        first = names[0] if names else ""
        if first.lower() not in self.first and first not in ELSEWHERE:
            return no_segment(first)
        return not_modelled("/" + "/".join(names))


def _match(parts: tuple[str, ...], segments: tuple[str | Key, ...]) -> dict[str, Key] | None:
    keys: dict[str, Key] = {}
    for part, segment in zip(parts, segments, strict=True):
        if part.startswith("{"):
            if isinstance(segment, str) and (segment.startswith("$") or segment.endswith("()")):
                return None
            keys[part[1:-1]] = segment if isinstance(segment, Key) else Key(segment)
        elif not isinstance(segment, str) or segment.lower() != part.lower():
            return None
    return keys


__all__ = ["Key", "Mapping", "Place", "Route", "Table", "take_apart"]
