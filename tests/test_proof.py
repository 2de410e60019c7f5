"""The proof clock: no call too early, silence after a refusal, and a verdict only for what was seen."""

from datetime import datetime, timedelta

import pytest

from tests.conftest import CommandLine, Ended
from toolkit.practice import control

MAIN = "mytimetable-graph"
METTE, RECTOR = "mette.jansen@northbridge.example", "rector@northbridge.example"
CALENDAR = "on GET /users/*/calendar every 1 before status {}"


def applied(mailgrant: CommandLine, *arguments: str) -> Ended:
    return mailgrant("apply", MAIN, "--yes", "--json", *arguments)


def calls_as_the_app(mailgrant: CommandLine) -> int:
    with mailgrant.world() as world:
        rows = world.store.execute("select count(*) from request where path like '%/calendar'")
    return int(rows[0][0])


def fired(mailgrant: CommandLine) -> int:
    return int(mailgrant.status()["faults"][0]["fired"])


def test_refused_once_it_is_silent_for_half_an_hour_and_then_proves_both_ways(
    mailgrant: CommandLine,
):
    ended = applied(mailgrant)

    assert ended.code == 0, ended.err
    assert calls_as_the_app(mailgrant) == 3
    refused = [r for r in mailgrant.journal() if r["event"] == "refused"]
    verdict = [r for r in mailgrant.journal() if r["event"] == "verdict"][-1]
    quiet = datetime.fromisoformat(verdict["at"]) - datetime.fromisoformat(refused[0]["at"])
    assert len(refused) == 1
    assert quiet >= timedelta(minutes=30)
    live = [check for check in ended.json["proof"]["checks"] if check["layer"] == "live"]
    assert [(c["mailbox"], c["found"], c["status"]) for c in live] == [
        (METTE, "open", 200),
        (RECTOR, "closed", 403),
    ]


def test_not_waiting_means_pending_and_a_look_before_its_time_calls_nobody(mailgrant: CommandLine):
    ended = applied(mailgrant, "--wait", "1m")
    assert (ended.code, ended.json["outcome"], ended.json["proof"]["verdict"]) == (
        75,
        "pending",
        "pending",
    )
    assert "Look again at" in ended.err
    calls = calls_as_the_app(mailgrant)
    (row,) = mailgrant("runs", "--json").json["runs"]
    assert (row["state"], row["until"]) == ("pending", ended.json["proof"]["until"])
    assert mailgrant("runs", "resume", "--due", "--json").code == 0

    early = mailgrant("runs", "resume", "--wait", "1m", "--json")
    assert (early.code, early.json["outcome"]) == (75, "pending")
    assert calls_as_the_app(mailgrant) == calls

    control.move(mailgrant.practice, 31 * 60)
    due = mailgrant("runs", "resume", "--due", "--json")
    assert (due.code, due.json["outcome"], due.json["proof"]["verdict"]) == (0, "done", "proved"), (
        due.err
    )


def test_two_quiet_hours_of_refusals_are_a_failure(mailgrant: CommandLine):
    mailgrant.switch(CALENDAR.format(403))
    ended = applied(mailgrant)

    assert (ended.code, ended.json["proof"]["verdict"]) == (1, "failed")
    assert "two quiet hours" in ended.json["proof"]["why"]
    assert fired(mailgrant) == 5


@pytest.mark.parametrize("status", [404, 401, 400, 410])
def test_any_other_answer_proves_neither_open_nor_closed(mailgrant: CommandLine, status: int):
    mailgrant.switch(f"on GET /users/{RECTOR}/calendar every 1 before status {status}")
    ended = applied(mailgrant)

    assert (ended.code, ended.json["proof"]["verdict"]) == (1, "unknown"), ended.err
    assert fired(mailgrant) == (2 if status == 401 else 1)  # a 401 renews the token once
    outside = [c for c in ended.json["proof"]["checks"] if c["layer"] == "live"][-1]
    assert (outside["found"], outside["status"]) == ("unknown", status)


def test_an_outside_mailbox_that_answers_is_a_failure(mailgrant: CommandLine):
    assert applied(mailgrant).code == 0
    with mailgrant.world() as world, world.store.transaction():
        group = next(
            g for g in world.store.all("group") if str(g["mail"]).startswith("timetable-mailboxes@")
        )
        rector = next(u for u in world.store.all("user") if u["userPrincipalName"] == RECTOR)
        world.put(
            "group",
            group["id"],
            {**group, "_members": [*group["_members"], rector["id"]]},
            lag=False,
        )

    ended = mailgrant("verify", MAIN, "--json")

    assert (ended.code, ended.json["proof"]["verdict"]) == (1, "failed")
    assert "must stay closed" in ended.json["proof"]["why"]


def test_a_leftover_tenant_wide_grant_is_the_union_trap(mailgrant: CommandLine):
    ended = applied(mailgrant)
    run = ended.json["run"]
    app = next(r for r in mailgrant.journal() if r["event"] == "confirmed" and r["step"] == "app")[
        "seen"
    ]
    with mailgrant.world() as world, world.store.transaction():
        graph = next(
            p
            for p in world.store.all("servicePrincipal")
            if p["appId"] == "00000003-0000-0000-c000-000000000000"
        )
        role = next(r for r in graph["appRoles"] if r["value"] == "Calendars.ReadWrite")
        grant = {
            "id": "trap",
            "principalId": app["service_principal"],
            "resourceId": graph["id"],
            "appRoleId": role["id"],
        }
        world.put(
            "appRoleAssignment", "trap", {**grant, "principalType": "ServicePrincipal"}, lag=False
        )

    for command in (("verify", run), ("apply", MAIN, "--yes"), ("plan", MAIN, "--yes")):
        ended = mailgrant(*command)
        assert ended.code == 1
        assert "union trap" in ended.err
        assert "Calendars.ReadWrite (Microsoft Graph)" in ended.err
    proof = mailgrant("verify", run, "--json").json["proof"]
    assert (proof["verdict"], proof["checks"]) == ("failed", [])
    assert "Calendars.ReadWrite (Microsoft Graph)" in proof["why"]


def test_a_tenant_wide_grant_for_users_is_no_trap(mailgrant: CommandLine):
    ended = mailgrant("apply", "graph-application", "--yes", "--json", "--set", "directory=yes")
    assert (ended.code, ended.json["proof"]["verdict"]) == (0, "proved"), ended.err


@pytest.mark.parametrize(
    "role",
    ["Application Mail.Read", "Application MailboxSettings.Read", "Application Contacts.Read"],
)
def test_other_rights_are_tried_by_what_they_allow(mailgrant: CommandLine, role: str):
    ended = mailgrant("apply", "graph-application", "--yes", "--json", "--set", f"roles={role}")
    assert (ended.code, ended.json["proof"]["verdict"]) == (0, "proved"), ended.err


def test_what_cannot_be_tried_by_reading_is_unknown(mailgrant: CommandLine):
    ended = mailgrant(
        "apply", "graph-application", "--yes", "--json", "--set", "roles=Application Mail.Send"
    )
    assert (ended.code, ended.json["proof"]["verdict"]) == (1, "unknown"), ended.err
