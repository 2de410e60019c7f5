"""Who may use an application, on Microsoft Graph: names, groups, sign-ins, and signing people out."""

import json
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from toolkit.systems import graph_assignments
from toolkit.systems.graph_query import query, text
from toolkit.systems.graph_shapes import LOOKED_UP, SIGNED_IN, SIGNED_OUT_SINCE
from toolkit.systems.graph_wire import Body, GraphError, unfit
from toolkit.systems.retry import Kind
from toolkit.systems.shapes import Shape, misfit, names

if TYPE_CHECKING:
    from toolkit.systems.graph import Graph

GOOD = 200
AT_ONCE, IN_BATCH = 1000, 20
"""How many objects `getByIds` takes, and how many requests a batch.

Source: learn.microsoft.com/graph/api/directoryobject-getbyids and /graph/json-batching
"""
SIGN_INS = "AuditLog.Read.All"
"""What a person is asked for to read sign-ins, which takes Entra ID P1 as well.

Source: learn.microsoft.com/graph/api/signin-list
"""
NEWEST = 999
LOOKING = graph_assignments.READING
"""What a person is asked for to look people up (learn.microsoft.com/graph/api/user-list)."""
COUNTS = {"responses": [{"id": str, "status": int}]}


def named(graph: "Graph", ids: Iterable[str]) -> dict[str, Body]:
    """Fetch directory objects of any kind by their ids; those that are gone are left out."""
    graph.identity.ask_for(*LOOKING)
    found: dict[str, Body] = {}
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), AT_ONCE):
        body = {"ids": wanted[start : start + AT_ONCE]}
        what = "read who has access"
        answer = _looked_up(graph, "directoryObjects/getByIds", body, what, {"value": [LOOKED_UP]})
        found |= {str(each["id"]): each for each in answer["value"]}
    return found


def members_of(graph: "Graph", groups: Collection[str]) -> dict[str, int]:
    """Count the people who are direct members of groups; one that can't be counted is left out."""
    counted: dict[str, int] = {}
    wanted = sorted(groups)
    for start in range(0, len(wanted), IN_BATCH):
        parts = [
            {
                "id": group,
                "method": "GET",
                "url": f"/groups/{group}/members/microsoft.graph.user/$count",
                "headers": {"ConsistencyLevel": "eventual"},
            }
            for group in wanted[start : start + IN_BATCH]
        ]
        counted |= {
            str(each["id"]): int(str(each["body"]))
            for each in _batch(graph, parts)
            if each["status"] == GOOD and str(each.get("body")).isdecimal()
        }
    return counted


def groups_of(graph: "Graph", person: str) -> frozenset[str]:
    """List the groups that somebody is a direct member of; assignment counts no other."""
    graph.identity.ask_for(*LOOKING)
    builder = graph.sdk.users.by_user_id(person).member_of.graph_group
    request = builder.to_get_request_information(
        query(builder, select=["id"], top=graph_assignments.PAGE)
    )
    found = graph.read_all(request, "read whose member somebody is", {"id": str})
    return frozenset(str(each["id"]) for each in found)


def last_sign_ins(graph: "Graph", client_id: str) -> dict[str, str] | None:
    """Tell who signed in to an application when (ISO time), by object id; None where nobody may read that.

    Entra keeps sign-ins for 30 days; the newest page is looked at, and interactive ones only.
    Source: learn.microsoft.com/graph/api/signin-list
    """
    graph.identity.ask_for(SIGN_INS)
    wanted = f"$filter=appId eq {text(client_id)}&$top={NEWEST}"
    answer = graph.request("GET", f"/v1.0/auditLogs/signIns?{wanted}")
    if answer.status != GOOD or misfit(answer.body, {"value": [SIGNED_IN]}):
        return None
    last: dict[str, str] = {}
    for each in answer.body["value"]:
        if not each["status"]["errorCode"]:
            last[each["userId"]] = max(each["createdDateTime"], last.get(each["userId"], ""))
    return last


# ---- signing out ----


def signed_out(graph: "Graph", people: Collection[str]) -> dict[str, str]:
    """Tell since when each person's earlier sign-ins count no more (ISO time; empty where they always do)."""
    graph.identity.ask_for(*LOOKING)
    builder = graph.sdk.users
    found: dict[str, str] = {}
    for few in graph_assignments.few(sorted(people)):
        options = query(
            builder, filter=f"userPrincipalName in ({few})", select=names(SIGNED_OUT_SINCE)
        )
        request = builder.to_get_request_information(options)
        for each in graph.read_all(request, "read sign-ins that were revoked", SIGNED_OUT_SINCE):
            since = each.get("signInSessionsValidFromDateTime")
            found[str(each["userPrincipalName"]).lower()] = str(since or "")
    return found


def sign_out(graph: "Graph", person: str) -> None:
    """Make all that was signed in with in somebody's name be of no use any more, in every application.

    Source: learn.microsoft.com/graph/api/user-revokesigninsessions
    """
    url = f"{graph.base}/users/{quote(person, safe='')}/revokeSignInSessions"
    graph.write(lambda: graph.raw("POST", url), "sign somebody out everywhere")


def _batch(graph: "Graph", parts: list[dict[str, Any]]) -> list[Body]:
    """Send reads together, and give back their answers."""
    body, what = {"requests": parts}, "count the members of groups"
    answer = _looked_up(graph, "$batch", body, what, COUNTS)
    return [dict(each) for each in answer["responses"]]


def _looked_up(graph: "Graph", path: str, body: Body, what: str, shape: Shape) -> Body:
    """Read by a POST, which changes nothing."""
    request = graph.raw("POST", f"{graph.base}/{path}", json.dumps(body).encode())
    answer = graph.send(request, kind=Kind.READ, what=what)
    if answer.status != GOOD:
        raise GraphError(what, answer)
    if words := misfit(answer.body, shape):
        raise unfit(what, words)
    return dict(answer.body)
