"""The sign-in log, which a tenant without Entra ID P1 can't read by Graph.

Sources: learn.microsoft.com/graph/api/signin-list; the refusal is the one reported in
github.com/microsoftgraph/microsoft-graph-docs-contrib/issues/7276 and msgraph-sdk-dotnet/issues/1006.
"""

from toolkit.practice.administrative_units import paid_for
from toolkit.practice.entra import sign_in_log
from toolkit.practice.graph.errors import GraphError
from toolkit.practice.graph.objects import Call, Rows
from toolkit.practice.graph.paths import Route
from toolkit.practice.graph.query import Row


def routes() -> list[Route]:
    """List the routes of this module."""
    path, who = "auditLogs/signIns", "reports.sign_ins"
    return [Route(method="GET", pattern=path, serve=_list, who=who, answers="list")]


def _list(call: Call) -> Rows:
    if not paid_for(call.world):
        raise GraphError(
            403,
            "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
            "Neither tenant is B2C or tenant doesn't have premium license",
        )
    kept = sign_in_log.newest_first(call.world)
    rows = [Row(type_name=sign_in_log.KIND, body=body) for body in kept]
    return Rows(type_name=sign_in_log.KIND, rows=rows)
