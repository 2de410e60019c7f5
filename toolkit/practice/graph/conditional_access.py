"""Conditional Access policies, as far as a client may read them; `ca block=…` switches them.

Source: learn.microsoft.com/graph/api/resources/conditionalaccesspolicy
"""

from typing import Any

from toolkit.practice.graph.errors import missing
from toolkit.practice.graph.objects import Call, Rows
from toolkit.practice.graph.paths import Route
from toolkit.practice.graph.query import Row
from toolkit.practice.seed.people import known_id
from toolkit.practice.store import Body

KIND = "conditionalAccessPolicy"
# Name, what the switch has to say for it to be enabled, and what it adds to "everybody, every app".
POLICIES: tuple[tuple[str, str, Body], ...] = (
    (
        "Block device code flow",
        "device_code",
        {"authenticationFlows": {"transferMethods": "deviceCodeFlow"}},
    ),
    ("Block all sign-ins", "all", {}),
)


def routes() -> list[Route]:
    """List the routes of this module."""
    path, who = "identity/conditionalAccess/policies", "policies.conditional"
    return [
        Route(method="GET", pattern=path, serve=_list, who=who, answers="list"),
        Route(method="GET", pattern=f"{path}/{{object}}", serve=_one, who=who, answers="one"),
    ]


def _list(call: Call) -> Rows:
    return Rows(type_name=KIND, rows=_policies(call))


def _one(call: Call) -> Row:
    key = call.keys["object"].value.lower()
    for one in _policies(call):
        if one.body["id"] == key:
            return one
    raise missing(key)


def _policies(call: Call) -> list[Row]:
    blocks: str = call.world.store.setting("ca_block", "none")
    return [
        Row(type_name=KIND, body=_policy(name, more, enabled=blocks == word))
        for name, word, more in POLICIES
    ]


def _policy(name: str, more: Body, *, enabled: bool) -> dict[str, Any]:
    conditions = {
        "applications": {"excludeApplications": [], "includeApplications": ["All"]},
        "clientAppTypes": ["all"],
        "signInRiskLevels": [],
        "userRiskLevels": [],
        "users": {"excludeUsers": [], "includeUsers": ["All"]},
    }
    return {
        "id": known_id(f"conditionalAccess/{name}"),
        "conditions": conditions | more,
        "createdDateTime": "2025-02-14T09:00:00Z",
        "deletedDateTime": None,
        "description": None,
        "displayName": name,
        "grantControls": {
            "builtInControls": ["block"],
            "customAuthenticationFactors": [],
            "operator": "OR",
            "termsOfUse": [],
        },
        "modifiedDateTime": None,
        "sessionControls": None,
        "state": "enabled" if enabled else "disabled",
        "templateId": None,
    }
