"""Whole commands while the world misbehaves: one of each thing, the right exit code, a sentence.

The numbers are those of the list of faults that mailgrant is held to.
"""

import json
import shutil
import threading
import time
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CommandLine, Ended
from toolkit.clock import SystemClock
from toolkit.practice import control
from toolkit.practice.seed.entries import principal_id

MAIN = "mytimetable-graph"
NAME = "mailgrant-mytimetable-graph-prod"
PRIVILEGED = "e8611ab8-c189-46e8-94e1-60213ab1f814"
"""The role template of the Privileged Role Administrator, the same in every tenant."""
GROUP = "timetable-mailboxes@northbridge.example"
MADE: dict[str, dict[str, Any]] = {
    "application": {"uniqueName": NAME},
    "servicePrincipal": {"displayName": "MyTimetable-prod"},
    "group": {"mail": GROUP},
    "exchangeServicePrincipal": {"DisplayName": NAME},
    "managementRoleAssignment": {"Name": f"{NAME}-calendars-readwrite"},
}
ONE_OF_EACH = dict.fromkeys(MADE, 1)
NOTHING = dict.fromkeys(MADE, 0)
EVERYBODY = ("--set", "every_mailbox=yes", "--accept-every-mailbox")


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let no test wait for the computer's clock; tell what it would have waited."""
    naps: list[float] = []
    monkeypatch.setattr(SystemClock, "sleep", lambda clock, seconds: naps.append(seconds))
    return naps


def applied(mailgrant: CommandLine, *arguments: str) -> Ended:
    return mailgrant("apply", MAIN, "--yes", "--json", *arguments)


def made(mailgrant: CommandLine) -> dict[str, int]:
    with mailgrant.world() as world:
        return {kind: len(world.store.find(kind, **what)) for kind, what in MADE.items()}


def fired(mailgrant: CommandLine) -> list[int]:
    return [fault["fired"] for fault in mailgrant.status()["faults"]]


def application(mailgrant: CommandLine) -> dict[str, Any]:
    with mailgrant.world() as world:
        return world.store.find("application", uniqueName=NAME)[0]


def put(mailgrant: CommandLine, kind: str, body: dict[str, Any]) -> None:
    with mailgrant.world() as world, world.store.transaction():
        world.put(kind, body["id"], body, lag=False)


def completes(mailgrant: CommandLine, *arguments: str) -> None:
    """Run the same line once more, without faults, to its end."""
    control.clear_faults(mailgrant.practice)
    ended = applied(mailgrant, *arguments)
    assert (ended.code, made(mailgrant)) == (0, ONE_OF_EACH), ended.err
    assert ended.json["proof"]["verdict"] == "proved"
    assert len(application(mailgrant)["keyCredentials"]) == 1


# ---- 7, 9, 49, 56: the answer to a write is lost ----

WRITES = {
    "application": "PATCH /applications(*",
    "enterprise app": "POST /servicePrincipals",
    "certificate": "PATCH /applications/*",
    "group": "New-DistributionGroup",
    "group's marks": "Set-DistributionGroup",
    "pointer": "New-ServicePrincipal",
    "scope": "New-ManagementRoleAssignment",
}


NOTHING_LOST = {("certificate", "truncate 20")}
"""A 204 has no body that could be cut short; only the connection goes, before or after the next request."""


@pytest.mark.parametrize("lost", ["status 504", "reset", "truncate 20"])
@pytest.mark.parametrize("write", WRITES)
def test_a_write_whose_answer_is_lost_is_made_once(
    mailgrant: CommandLine, slept: list[float], write: str, lost: str
):
    mailgrant.switch(f"on {WRITES[write]} #1 after-commit {lost}")

    ended = applied(mailgrant)

    assert (ended.code, fired(mailgrant)) == (0, [1]), ended.err
    assert made(mailgrant) == ONE_OF_EACH
    assert len(application(mailgrant)["keyCredentials"]) == 1
    assert ended.json["proof"]["verdict"] == "proved"
    if (write, lost) not in NOTHING_LOST:
        assert ended.json["requests"]["retry"] >= 1


@pytest.mark.parametrize("write", WRITES)
def test_a_write_that_never_gets_through_stops_the_run_and_loses_nothing(
    mailgrant: CommandLine, slept: list[float], write: str
):
    mailgrant.switch(f"on {WRITES[write]} before status 503")

    ended = applied(mailgrant)

    assert ended.code == 1
    assert fired(mailgrant) == [6]
    assert "answered 503" in ended.err
    assert "6 times in a row" in ended.err
    assert "Go on with:" in ended.err
    assert 10 < sum(slept) < 32
    completes(mailgrant)


# ---- 10, 11, 12, 13, 14: throttled and busy ----


def test_two_seconds_are_waited_and_said(mailgrant: CommandLine, slept: list[float]):
    mailgrant.switch("on POST /servicePrincipals #1 before status 429 retry-after 2")

    ended = applied(mailgrant)

    assert (ended.code, fired(mailgrant)) == (0, [1])
    assert slept == [2]
    assert "trying again in 2 s" in ended.err.replace("\n", " ")


@pytest.mark.parametrize("retry", ["none", "date", "soon", "0", "-3"])
def test_a_header_that_says_little_means_a_short_wait(
    mailgrant: CommandLine, slept: list[float], retry: str
):
    mailgrant.switch(f"on New-DistributionGroup #1 before status 429 retry-after {retry}")

    ended = applied(mailgrant)

    assert (ended.code, fired(mailgrant), made(mailgrant)) == (0, [1], ONE_OF_EACH)
    assert len(slept) == 1
    assert 0 < slept[0] <= 2


@pytest.mark.parametrize(
    ("line", "service"),
    [
        ("GET /organization", "Microsoft Graph answered 429"),
        ("POST /servicePrincipals", "Microsoft Graph answered 429"),
        ("New-DistributionGroup", "Exchange Online answered 429"),
        ("token", "Entra's token service is busy (HTTP 429)"),
    ],
)
def test_an_hour_is_not_slept_through(
    mailgrant: CommandLine, slept: list[float], line: str, service: str
):
    mailgrant.switch(f"on {line} before status 429 retry-after 3600")

    ended = applied(mailgrant)

    assert (ended.code, fired(mailgrant), slept) == (75, [1], [])
    assert f"{service}" in ended.err
    assert "asks to wait until" in ended.err
    assert ended.json["error"]["kind"] == "NotYetError"
    assert "Run the same line again after that" in ended.json["error"]["fix"]
    completes(mailgrant)


@pytest.mark.parametrize("fault", ["status 503", "status 500", "reset", "html"])
def test_a_token_service_in_trouble_is_no_wrong_secret(
    mailgrant: CommandLine, slept: list[float], fault: str
):
    mailgrant.switch(f"on token before {fault}")

    ended = applied(mailgrant)

    assert ended.code == 1
    assert fired(mailgrant)[0] > 1
    assert ended.json["error"]["kind"] == "UnreachableError"
    assert "Entra's token service" in ended.err
    assert "secret" not in ended.err
    completes(mailgrant)


def test_a_token_service_in_passing_trouble_is_waited_for(
    mailgrant: CommandLine, slept: list[float]
):
    mailgrant.switch("on token every 2 before status 503")

    ended = applied(mailgrant)

    assert (ended.code, made(mailgrant)) == (0, ONE_OF_EACH), ended.err
    assert fired(mailgrant)[0] >= 1


# ---- 15 to 19, 42: replicas ----


@pytest.mark.parametrize(
    "lag", ["lag seconds=90", "lag reads=8", "lag reads=8 flip", "lag seconds=90 flip", "lag off"]
)
def test_replicas_that_lag_make_no_twin(mailgrant: CommandLine, slept: list[float], lag: str):
    mailgrant.switch(lag)

    ended = applied(mailgrant)

    assert (ended.code, made(mailgrant)) == (0, ONE_OF_EACH), ended.err
    assert ended.json["proof"]["verdict"] == "proved"
    assert slept == []
    if lag != "lag off":
        assert "waiting:" in ended.err


def test_after_twenty_minutes_it_gives_up_and_deletes_nothing(
    mailgrant: CommandLine, slept: list[float]
):
    mailgrant.switch("lag seconds=1500")
    with mailgrant.world() as world:
        deleted = world.store.all("deletedItem")
    before = datetime.fromisoformat(mailgrant.status()["clock"])

    ended = applied(mailgrant)

    after = datetime.fromisoformat(mailgrant.status()["clock"])
    assert ended.code == 75
    assert timedelta(minutes=20) <= after - before < timedelta(minutes=25)
    assert "after 20 minutes" in ended.err
    assert "runs resume" in ended.err
    with mailgrant.world() as world:
        assert world.store.all("deletedItem") == deleted
    assert made(mailgrant)["application"] == 1
    mailgrant.switch("lag off")
    completes(mailgrant)


# ---- 20 to 23: who else bears the name ----


def test_our_own_is_found_again_without_any_journal(
    mailgrant: CommandLine, slept: list[float], tmp_path: Path
):
    assert applied(mailgrant).code == 0
    elsewhere = CommandLine(tmp_path / "elsewhere")
    shutil.copytree(mailgrant.practice, elsewhere.practice)

    ended = applied(elsewhere)

    assert ended.code == 0, ended.err
    assert made(elsewhere) == ONE_OF_EACH
    verbs = {step["as"]: step["verb"] for step in ended.json["steps"]}
    assert verbs["app"] == verbs["group"] == verbs["scope"] == "keep"
    assert len(application(elsewhere)["keyCredentials"]) == 2  # whose key lies elsewhere is kept


def test_a_name_held_by_somebody_s_deleted_app_is_told(mailgrant: CommandLine, slept: list[float]):
    assert applied(mailgrant).code == 0
    (run,) = mailgrant("runs", "--json").json["runs"]
    assert mailgrant("undo", run["run"], "--yes").code == 0
    with mailgrant.world() as world:
        for item in world.store.all("deletedItem"):
            item["body"] = {**item["body"], "tags": []}
            with world.store.transaction():
                world.put("deletedItem", item["id"], item, lag=False)

    ended = applied(mailgrant)

    assert ended.code == 1
    assert "A deleted application" in ended.err
    assert "Delete it for good" in ended.err
    assert made(mailgrant)["application"] == 0


def test_two_namesakes_are_both_listed(mailgrant: CommandLine, slept: list[float]):
    with mailgrant.world() as world:
        like = world.store.all("application")[0]
    clients = [str(uuid.uuid4()), str(uuid.uuid4())]
    for client in clients:
        theirs = {"id": str(uuid.uuid4()), "appId": client, "uniqueName": None}
        put(mailgrant, "application", {**like, **theirs, "displayName": "MyTimetable-prod"})

    ended = applied(mailgrant)

    assert ended.code == 1
    assert all(client in ended.json["error"]["message"] for client in clients)
    assert made(mailgrant)["application"] == 0


# ---- 24, 25: others at the same time ----


def test_two_changes_that_met_are_made_one_after_the_other(
    mailgrant: CommandLine, slept: list[float]
):
    mailgrant.switch("on PATCH /applications/* #1 before status 409")

    ended = applied(mailgrant)

    assert (ended.code, fired(mailgrant), made(mailgrant)) == (0, [1], ONE_OF_EACH), ended.err


def test_a_certificate_of_somebody_else_that_vanished_is_said_loudly(
    mailgrant: CommandLine, slept: list[float]
):
    mailgrant.switch("lag off")
    assert applied(mailgrant).code == 0
    app = application(mailgrant)
    with mailgrant.world() as world:
        other = next(
            each["keyCredentials"]
            for each in world.store.all("application")
            if each.get("keyCredentials") and each["id"] != app["id"]
        )[:1]
    put(mailgrant, "application", {**app, "keyCredentials": other})
    mailgrant.switch("on PATCH /applications/* #1 after-commit hang 1")

    def overwrite() -> None:
        deadline = time.monotonic() + 30
        while fired(mailgrant) != [1] and time.monotonic() < deadline:
            pass
        now = application(mailgrant)
        ours = [key for key in now["keyCredentials"] if key["keyId"] != other[0]["keyId"]]
        put(mailgrant, "application", {**now, "keyCredentials": ours})

    somebody_else = threading.Thread(target=overwrite)
    somebody_else.start()
    ended = applied(mailgrant)
    somebody_else.join()

    assert fired(mailgrant) == [1]
    assert ended.code == 1, ended.err
    assert "Certificates of others vanished" in ended.json["error"]["message"]
    assert other[0]["displayName"] in ended.json["error"]["message"]
    assert "Tell their owner at once" in ended.json["error"]["fix"]


# ---- 26, 27: what the token service knows later ----


@pytest.mark.parametrize("lag", ["sts-lag 18s", "sts-lag 4m"])
def test_a_key_that_the_token_service_learns_of_later_is_waited_for(
    mailgrant: CommandLine, slept: list[float], lag: str
):
    mailgrant.switch(lag, "cache off", "lag off")

    ended = applied(mailgrant)

    assert (ended.code, ended.json["proof"]["verdict"]) == (0, "proved"), ended.err


def test_consent_for_every_mailbox_is_seen_in_a_fresh_token(
    mailgrant: CommandLine, slept: list[float]
):
    ended = applied(mailgrant, *EVERYBODY)

    assert (ended.code, ended.json["proof"]["verdict"]) == (0, "proved"), ended.err


# ---- 28, 29, 41: rights ----


def test_a_missing_right_to_consent_names_the_role_and_keeps_the_plan(
    mailgrant: CommandLine, slept: list[float]
):
    mailgrant.switch("role remove AppRoleAssignment.ReadWrite.All")
    with mailgrant.world() as world, world.store.transaction():
        holding = {"roleDefinitionId": PRIVILEGED, "principalId": principal_id("admin")}
        (held,) = world.store.find("directoryRoleAssignment", **holding)
        world.remove("directoryRoleAssignment", held["id"], lag=False)

    ended = applied(mailgrant, *EVERYBODY)

    assert ended.code == 75
    assert "Privileged Role Administrator" in ended.json["error"]["fix"]
    assert ended.json["error"]["kind"] == "LackingRightError"
    assert "runs resume" in ended.err
    put(mailgrant, "directoryRoleAssignment", held)
    mailgrant.switch("role add AppRoleAssignment.ReadWrite.All")
    again = applied(mailgrant, *EVERYBODY)
    assert again.code == 0, again.err


def test_a_role_that_is_only_eligible_is_to_be_activated(
    mailgrant: CommandLine, slept: list[float]
):
    mailgrant.switch("pim eligible")

    ended = applied(mailgrant)

    assert ended.code == 75
    assert "activate it in PIM" in ended.json["error"]["fix"]
    assert made(mailgrant) == NOTHING
    mailgrant.switch("pim active")
    completes(mailgrant)


def test_exchange_that_does_not_know_the_permission_yet_is_for_later(
    mailgrant: CommandLine, slept: list[float]
):
    mailgrant.switch("role remove Exchange.ManageAsApp")

    ended = applied(mailgrant)

    assert ended.code == 75
    assert "Exchange.ManageAsApp" in ended.json["error"]["message"]
    assert made(mailgrant) == NOTHING
    mailgrant.switch("role add Exchange.ManageAsApp")
    completes(mailgrant)


# ---- 32, 33, 34, 40: what the tenant allows and has ----


def test_a_certificate_lives_as_long_as_the_policy_allows(
    mailgrant: CommandLine, slept: list[float]
):
    mailgrant.switch("policy certificates=max=30d")

    ended = applied(mailgrant)

    assert ended.code == 0, ended.err
    (key,) = application(mailgrant)["keyCredentials"]
    life = datetime.fromisoformat(key["endDateTime"]) - datetime.fromisoformat(key["startDateTime"])
    assert timedelta(days=29) <= life <= timedelta(days=30)


def test_a_permission_that_the_service_does_not_have_is_named_before_any_write(
    mailgrant: CommandLine, slept: list[float]
):
    with mailgrant.world() as world:
        (graph,) = world.store.find("servicePrincipal", displayName="Microsoft Graph")
    roles = [role for role in graph["appRoles"] if role["value"] != "Calendars.ReadWrite"]
    put(mailgrant, "servicePrincipal", {**graph, "appRoles": roles})

    ended = applied(mailgrant, *EVERYBODY)

    assert ended.code in (1, 2)
    assert "Calendars.ReadWrite" in ended.json["error"]["message"]
    assert made(mailgrant)["application"] == 0


def test_a_tenant_without_exchange_is_told_so_before_any_write(
    mailgrant: CommandLine, slept: list[float]
):
    with mailgrant.world() as world:
        (exchange,) = world.store.find("servicePrincipal", displayName="Office 365 Exchange Online")
        with world.store.transaction():
            world.remove("servicePrincipal", exchange["id"], lag=False)

    ended = applied(mailgrant)

    assert ended.code == 1
    assert "AADSTS500011" in ended.err
    assert "no enterprise application" in ended.json["error"]["fix"]
    assert made(mailgrant) == NOTHING


def test_an_organization_that_was_never_customized_is_told_what_to_do(
    mailgrant: CommandLine, slept: list[float]
):
    mailgrant.switch("dehydrated on")

    ended = applied(mailgrant)

    assert ended.code == 1
    assert "Enable-OrganizationCustomization" in ended.err
    assert made(mailgrant)["managementRoleAssignment"] == 0
    mailgrant.switch("dehydrated off")
    completes(mailgrant)


# ---- 35, 59: others' things stay ----


def test_a_permission_granted_by_somebody_else_survives_undo(
    mailgrant: CommandLine, slept: list[float]
):
    run = applied(mailgrant, *EVERYBODY).json["run"]
    with mailgrant.world() as world:
        (ours,) = world.store.find("servicePrincipal", displayName="MyTimetable-prod")
        (grant,) = world.store.find("appRoleAssignment", principalId=ours["id"])
        (graph,) = world.store.find("servicePrincipal", displayName="Microsoft Graph")
    other = next(role["id"] for role in graph["appRoles"] if role["value"] == "User.Read.All")
    theirs = {**grant, "id": str(uuid.uuid4()), "appRoleId": other}
    put(mailgrant, "appRoleAssignment", theirs)

    ended = mailgrant("undo", run, "--yes", "--json")

    assert ended.code in (0, 1)
    assert "somebody else changed it" in ended.err.replace("\n", " ")
    with mailgrant.world() as world:
        left = world.store.find("appRoleAssignment", principalId=ours["id"])
    assert [each["id"] for each in left] == [theirs["id"]]
    assert made(mailgrant)["application"] == 1


def test_a_group_that_somebody_else_uses_survives_undo(mailgrant: CommandLine, slept: list[float]):
    run = applied(mailgrant).json["run"]
    with mailgrant.world() as world:
        (group,) = world.store.find("group", mail=GROUP)
        guest = world.store.find("user", userPrincipalName="rector@northbridge.example")[0]
    put(mailgrant, "group", {**group, "_members": [*group["_members"], guest["id"]]})

    ended = mailgrant("undo", run, "--yes", "--json")

    assert "rector@northbridge.example" in ended.err.replace("\n", "")
    with mailgrant.world() as world:
        (after,) = world.store.find("group", mail=GROUP)
    assert after["_members"] == [guest["id"]]
    assert made(mailgrant)["managementRoleAssignment"] == 0


# ---- 55, 56: clocks and nonsense ----


@pytest.mark.parametrize("shift", ["clock +7m", "clock +3d"])
def test_the_tenant_s_clock_disturbs_no_token(
    mailgrant: CommandLine, slept: list[float], shift: str
):
    mailgrant.switch(shift)

    assert applied(mailgrant).code == 0


@pytest.mark.parametrize("action", ["html", "truncate 7"])
@pytest.mark.parametrize(
    "target",
    [
        "GET /organization",
        "GET /applications",
        "Get-Recipient",
        "GET *",
        "Get-*",
        "Test-*",
        "token",
    ],
)
def test_nonsense_in_place_of_every_answer_ends_in_a_sentence(
    mailgrant: CommandLine, slept: list[float], target: str, action: str
):
    mailgrant.switch(f"on {target} after-commit {action}")

    ended = applied(mailgrant)

    assert fired(mailgrant)[0] > 0
    assert ended.code == 1, ended.err
    assert json.loads(ended.out)
    assert "What to do:" in ended.err or target == "Test-*"
    assert "Traceback" not in ended.err
    assert "unexpected" not in ended.err
