"""Who may use an enterprise application: people and groups assigned to it, on Microsoft Graph.

Source: learn.microsoft.com/graph/api/serviceprincipal-post-approleassignedto
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from toolkit.systems.graph_query import query, text
from toolkit.systems.graph_shapes import ASSIGNED, GROUP, PERSON
from toolkit.systems.graph_wire import Body
from toolkit.systems.shapes import names

if TYPE_CHECKING:
    from toolkit.systems.graph import Graph

NO_ROLE = "00000000-0000-0000-0000-000000000000"
"""The role of an assignment to an application that has none (appRoleAssignment, appRoleId)."""
READING = ("Directory.Read.All",)
"""What a person is asked for to look up people, groups and groups inside them.

Source: learn.microsoft.com/graph/api/user-list, group-list and group-list-members
"""
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
AT_ONCE = 15
"""Values that Graph takes in one `in`.

Source: learn.microsoft.com/graph/filter-query-parameter
"""
PAGE = 999


@dataclass(frozen=True)
class Who:
    """Somebody who can be assigned; `safe` says of a group whether Entra lets it sign in."""

    id: str
    group: bool = False
    safe: bool = True


def assigned(graph: "Graph", principal: str) -> list[Body]:
    """List who is assigned to an enterprise application; nobody where it isn't there (yet)."""
    builder = graph.sdk.service_principals.by_service_principal_id(principal).app_role_assigned_to
    request = builder.to_get_request_information(query(builder, top=PAGE))
    what = "read who is assigned to the application"
    return graph.read_all(request, what, ASSIGNED, missing_is_empty=True)


def assign(graph: "Graph", principal: str, who: str, role: str = NO_ROLE) -> None:
    """Assign a person or a group to an enterprise application."""
    from msgraph.generated.models.app_role_assignment import AppRoleAssignment

    body = AppRoleAssignment(
        principal_id=UUID(who), resource_id=UUID(principal), app_role_id=UUID(role)
    )
    builder = graph.sdk.service_principals.by_service_principal_id(principal).app_role_assigned_to
    graph.write(
        lambda: builder.to_post_request_information(body),
        "assign somebody to the application",
        fine=("already exists",),
    )


def unassign(graph: "Graph", principal: str, assignment: str) -> None:
    """Take an assignment away."""
    every = graph.sdk.service_principals.by_service_principal_id(principal).app_role_assigned_to
    builder = every.by_app_role_assignment_id(assignment)
    graph.write(builder.to_delete_request_information, "take an assignment away", gone_is_fine=True)


def demand(graph: "Graph", principal: str, *, required: bool) -> None:
    """Let in only who is assigned, or everybody."""
    from msgraph.generated.models.service_principal import ServicePrincipal

    builder = graph.sdk.service_principals.by_service_principal_id(principal)
    body = ServicePrincipal(app_role_assignment_required=required)
    what = "say whether the application asks for assignment"
    graph.write(lambda: builder.to_patch_request_information(body), what)


# ---- by name ----


def called(graph: "Graph", said: Collection[str]) -> dict[str, Who]:
    """Find people by the names they sign in with, groups by their mail addresses, both by id; once."""
    graph.identity.ask_for(*READING)
    found: dict[str, Who] = graph.called
    unknown = [each for each in sorted(said) if each.lower() not in found]
    for by_id in (False, True):
        wanted = [each for each in unknown if bool(ID.fullmatch(each.lower())) == by_id]
        key = "id" if by_id else "userPrincipalName"
        found |= {str(each[key]).lower(): Who(each["id"]) for each in _people(graph, key, wanted)}
        rest = [each for each in wanted if each.lower() not in found]
        key = "id" if by_id else "mail"
        for each in _groups(graph, key, rest):
            found[str(each[key]).lower()] = Who(each["id"], True, bool(each.get("securityEnabled")))
    return {each: found[each.lower()] for each in said if each.lower() in found}


def groups_in(graph: "Graph", group: str) -> list[Body]:
    """List the groups that are members of a group."""
    graph.identity.ask_for(*READING)
    builder = graph.sdk.groups.by_group_id(group).members.graph_group
    request = builder.to_get_request_information(query(builder, select=names(GROUP), top=PAGE))
    return graph.read_all(request, "list the groups inside a group", GROUP)


def _people(graph: "Graph", key: str, wanted: Iterable[str]) -> Iterator[Body]:
    builder = graph.sdk.users
    for part in few(wanted):
        options = query(builder, filter=f"{key} in ({part})", select=names(PERSON))
        request = builder.to_get_request_information(options)
        yield from graph.read_all(request, "look people up", PERSON)


def _groups(graph: "Graph", key: str, wanted: Iterable[str]) -> Iterator[Body]:
    builder = graph.sdk.groups
    for part in few(wanted):
        options = query(builder, filter=f"{key} in ({part})", select=names(GROUP))
        request = builder.to_get_request_information(options)
        yield from graph.read_all(request, "look groups up", GROUP)


def few(wanted: Iterable[str]) -> Iterator[str]:
    """Write values for an `in`, as many at once as Graph takes."""
    every = [text(each) for each in wanted]
    for start in range(0, len(every), AT_ONCE):
        yield ",".join(every[start : start + AT_ONCE])
