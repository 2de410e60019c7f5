"""Conditional Access, judged: which policies meet a sign-in of mailgrant's, and what they ask."""

from typing import Any

import pytest

from toolkit.obstacles import Met, Who, met
from toolkit.permissions import EXCHANGE_ONLINE, GRAPH

ANNA = Who(person="anna", roles=frozenset({"exchange-admin"}))
BY_CODE = Who(person="anna", by_code=True)
GUEST = Who(person="vera", guest=True)
APP = Who(principal="app")
EVERYBODY = {"includeUsers": ["All"]}
EVERYTHING = {"includeApplications": ["All"]}


def policy(asks: tuple[str, ...] = ("block",), **conditions: Any) -> dict[str, Any]:
    more = {"operator": conditions.pop("operator", "OR"), "builtInControls": list(asks)}
    state = conditions.pop("state", "enabled")
    wide = {"users": EVERYBODY, "applications": EVERYTHING, "clientAppTypes": ["all"]}
    return {
        "displayName": "P",
        "state": state,
        "conditions": {**wide, **conditions},
        "grantControls": more,
    }


def users(**said: list[str]) -> dict[str, Any]:
    return {"users": {**EVERYBODY, **said}}


def apps(**said: list[str]) -> dict[str, Any]:
    return {"applications": said}


@pytest.mark.parametrize(
    ("who", "conditions", "sure"),
    [
        (ANNA, {}, True),
        (ANNA, {"state": "disabled"}, None),
        (ANNA, {"state": "enabledForReportingButNotEnforced"}, None),
        (ANNA, users(includeUsers=["none"]), None),
        (ANNA, users(includeUsers=[], includeRoles=["exchange-admin"]), True),
        (ANNA, users(excludeRoles=["exchange-admin"]), None),
        (ANNA, users(excludeUsers=["anna"]), None),
        (ANNA, users(includeUsers=[], includeGroups=["staff"]), False),
        (ANNA, users(excludeGroups=["break-glass"]), False),
        (ANNA, {"locations": {"includeLocations": ["All"]}}, False),
        (ANNA, apps(includeApplications=["Office365"]), True),
        (
            ANNA,
            apps(includeApplications=["Office365"], excludeApplications=[EXCHANGE_ONLINE]),
            None,
        ),
        (ANNA, apps(includeApplications=["All"], excludeApplications=[GRAPH]), True),
        (ANNA, apps(includeApplications=["another"]), None),
        (ANNA, apps(includeUserActions=["urn:user:registersecurityinfo"]), None),
        (ANNA, {"clientAppTypes": ["exchangeActiveSync", "other"]}, None),
        (ANNA, {"authenticationFlows": {"transferMethods": "deviceCodeFlow"}}, None),
        (BY_CODE, {"authenticationFlows": {"transferMethods": "deviceCodeFlow"}}, True),
        (GUEST, users(includeUsers=["GuestsOrExternalUsers"]), True),
        (GUEST, users(excludeUsers=["GuestsOrExternalUsers"]), None),
        (ANNA, users(includeUsers=["GuestsOrExternalUsers"]), None),
        (APP, {}, None),
        (APP, {"clientApplications": {"includeServicePrincipals": ["app"]}}, True),
        (
            APP,
            {
                "clientApplications": {
                    "includeServicePrincipals": ["ServicePrincipalsInMyTenant"],
                    "excludeServicePrincipals": ["app"],
                }
            },
            None,
        ),
    ],
)
def test_a_policy_meets_whom_it_names_and_nobody_it_leaves_out(
    who: Who, conditions: dict[str, Any], sure: bool | None
):
    found = met([policy(**conditions)], who)

    assert found == ([] if sure is None else [Met(name="P", asks="block", sure=sure)])


@pytest.mark.parametrize(
    ("asks", "operator", "word"),
    [
        (("block",), "OR", "block"),
        (("mfa",), "OR", "mfa"),
        (("mfa", "compliantDevice"), "OR", "mfa"),
        (("mfa", "compliantDevice"), "AND", "device"),
        (("compliantDevice", "domainJoinedDevice"), "OR", "device"),
        ((), "OR", "other"),
    ],
)
def test_the_hardest_thing_it_asks_counts(asks: tuple[str, ...], operator: str, word: str):
    (found,) = met([policy(asks, operator=operator)], ANNA)

    assert found.asks == word
