"""Reports: when service principals last signed in; beta only, as in the real service.

Source: learn.microsoft.com/graph/api/reportroot-list-serviceprincipalsigninactivities
"""

from toolkit.practice.entra import activity
from toolkit.practice.graph.errors import missing
from toolkit.practice.graph.objects import Call, Rows
from toolkit.practice.graph.paths import Route
from toolkit.practice.graph.query import Row

KIND = "servicePrincipalSignInActivity"


def routes() -> list[Route]:
    """List the routes of this module."""
    base, who = "reports/servicePrincipalSignInActivities", "reports.sign_ins"
    return [
        Route(method="GET", pattern=base, serve=_list, who=who, answers="list", beta=True),
        Route(
            method="GET", pattern=f"{base}/{{item}}", serve=_one, who=who, answers="one", beta=True
        ),
    ]


def _list(call: Call) -> Rows:
    rows = [Row(type_name=KIND, body=body) for body in activity.report(call.world)]
    return Rows(type_name=KIND, rows=rows)


def _one(call: Call) -> Row:
    key = call.keys["item"].value
    for body in activity.report(call.world):
        if body["id"] == key:
            return Row(type_name=KIND, body=body)
    raise missing(key)
