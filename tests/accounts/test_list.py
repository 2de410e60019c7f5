"""Who may use a delegated application is listed, by what lets them in."""

import json

from tests.conftest import CommandLine
from tests.desk import (
    APP,
    METTE,
    PERSONAL_APP,
    RECTOR,
    SCOPES,
    done,
    said,
)
from toolkit.systems.graph_assignments import AT_ONCE

AUTHORIZE = ("accounts", "authorize")


def test_everybody_groups_and_people_are_listed_by_what_lets_them_in(mailgrant: CommandLine):
    done(mailgrant, *AUTHORIZE, APP, RECTOR, "--no-browser")
    found = mailgrant("accounts", "list", APP, "--json").json
    listed = {row["who"]: row for row in found["accounts"]}

    assert found["assignment_required"] is True
    assert list(listed) == ["everybody who is assigned", "History Calendars", METTE, RECTOR]
    assert listed["everybody who is assigned"]["since"] is None
    assert listed["History Calendars"]["members"] > 0
    assert listed[RECTOR]["how"] == ["assigned directly"]
    assert listed[RECTOR]["since"].startswith("20")


def test_own_consent_is_listed_with_its_permissions(one_by_one: CommandLine):
    (row,) = one_by_one("accounts", "list", PERSONAL_APP, "--json").json["accounts"]
    assert (row["who"], row["how"], row["since"]) == (METTE, ["own consent"], None)
    assert set(row["scopes"]) == set(SCOPES.split())


def test_any_application_is_listed_by_its_client_id_and_nothing_is_written(mailgrant: CommandLine):
    before = mailgrant.digest()
    graph_tools = "14d82eec-204b-4c2f-b7e8-296a70dab67e"
    ended = mailgrant("accounts", "list", graph_tools, "--json")
    assert (ended.code, ended.json["client_id"]) == (0, graph_tools)
    assert mailgrant.digest() == before
    unknown = mailgrant("accounts", "list", "11111111-2222-3333-4444-555555555555")
    assert (unknown.code, "no enterprise application" in said(unknown.err)) == (1, True)


def test_sign_ins_that_nobody_paid_for_are_said_to_be_unreadable(mailgrant: CommandLine):
    assert mailgrant("accounts", "list", APP, "--json").json["sign_ins_readable"] is True
    mailgrant.switch("entra-p1 off")
    ended = mailgrant("accounts", "list", APP)
    assert (ended.code, "Last sign-ins: not readable" in said(ended.err)) == (0, True)


def test_a_list_takes_no_more_requests_for_more_people(mailgrant: CommandLine):
    few = mailgrant("accounts", "list", APP, "--json").json["requests"]
    with mailgrant.world() as world:
        people = [
            u["userPrincipalName"]
            for u in world.store.all("user")
            if "#" not in u["userPrincipalName"]
        ]
    done(mailgrant, *AUTHORIZE, APP, *people[: 2 * AT_ONCE + 1], "--no-browser")
    many = mailgrant("accounts", "list", APP, "--json").json
    assert len(many["accounts"]) > 2 * AT_ONCE
    assert many["requests"] == few


def test_nothing_secret_lies_in_the_journal(mailgrant: CommandLine):
    let_in = done(mailgrant, *AUTHORIZE, APP, RECTOR, "--no-browser")
    folder = mailgrant.home / "runs" / let_in["run"]
    text = (folder / "journal.jsonl").read_text(encoding="utf-8")
    assert [json.loads(line)["event"] for line in text.splitlines()][-1] == "finished"
    assert "eyJ" not in text
