"""The app of the dead Outlook REST API: found, fenced in, and only then relieved of what it holds."""

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CommandLine
from tests.scenes import LAG, Scenes, as_if_never_killed, copy_of, done, killed, taking_back
from tests.set_up import RECTOR, copied
from toolkit.practice.seed.entries import app_id, principal_id

BOOK = "mytimetable-outlook-rest"
OLD = app_id("outlook-rest")
LATER = ("--wait", "1m")
ONE = "holds Calendars.ReadWrite.All on Office 365 Exchange Online"


def held(mailgrant: CommandLine, key: str = "outlook-rest") -> tuple[int, list[str], int]:
    """Count what an app holds: grants, the scopes of its consents, and what it declares."""
    with mailgrant.world() as world:
        grants = world.store.find("appRoleAssignment", principalId=principal_id(key))
        consents = world.store.find("oauth2PermissionGrant", clientId=principal_id(key))
        (app,) = world.store.find("application", appId=app_id(key))
    declared = [each for block in app["requiredResourceAccess"] for each in block["resourceAccess"]]
    return len(grants), [each["scope"] for each in consents], len(declared)


def opened(mailgrant: CommandLine, run: str) -> int:
    """Tell what the rector's calendar answers the application."""
    path = f"/users/{RECTOR}/calendar?$select=id"
    answer = mailgrant("request", "GET", path, "--run", run)
    return int(answer.err.split("HTTP ")[1][:3])


@pytest.fixture(scope="module")
def waiting(fresh_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose run has fenced the app in, and stands for two hours now."""
    mailgrant = copied(fresh_home, tmp_path_factory.mktemp("waiting"))
    ended = mailgrant("apply", BOOK, "--yes", *LATER)
    assert ended.code == 75, ended.err
    return mailgrant.home


@pytest.fixture
def ready(waiting: Path, tmp_path: Path) -> CommandLine:
    return copied(waiting, tmp_path)


def run_of(mailgrant: CommandLine) -> dict[str, Any]:
    (run,) = mailgrant("runs", "--json").json["runs"]
    return dict(run)


def test_both_apps_of_that_api_are_found_and_named(mailgrant: CommandLine):
    planned = mailgrant("plan", BOOK, "--yes")

    said = " ".join(planned.err.split())
    assert f"MyTimetable (Outlook REST), client id {OLD}: {ONE}" in said
    assert f"Timetable 2019, client id {app_id('rest')}: {ONE}" in said


def test_one_that_is_left_is_suggested(mailgrant: CommandLine):
    mailgrant("apply", BOOK, "--yes", "--set", f"old_app={app_id('rest')}", "--set", "instance=old")

    planned = mailgrant("plan", BOOK, "--yes", "--json")

    assert planned.json["answers"]["old_app"] == OLD


def test_until_two_hours_have_gone_by_nothing_is_taken_away(ready: CommandLine):
    assert held(ready) == (2, ["User.Read"], 3)
    run = run_of(ready)
    assert (run["state"], run["awaits"]) == ("pending", False)

    assert ready("runs", "resume", "--due").code == 0
    assert held(ready)[0] == 2
    assert opened(ready, run["run"]) == 200  # the union trap: it still opens every mailbox

    ready("practice", "time", "+2h")
    assert ready("runs", "resume", "--due").code == 0
    assert held(ready) == (0, [], 0)
    assert opened(ready, run["run"]) == 403


def test_only_that_app_loses_only_what_is_dead_or_replaced(mailgrant: CommandLine):
    before = held(mailgrant, "rest"), held(mailgrant, "mytimetable"), held(mailgrant, "planner")

    ended = mailgrant("apply", BOOK, "--yes", "--json")

    assert (ended.code, ended.json["proof"]["verdict"]) == (0, "proved"), ended.err
    assert held(mailgrant) == (0, [], 0)
    after = held(mailgrant, "rest"), held(mailgrant, "mytimetable"), held(mailgrant, "planner")
    assert after == before


def test_no_verdict_is_given_while_the_tenant_wide_grant_stands(ready: CommandLine):
    journal = ready.journal()

    assert [r["verdict"] for r in journal if r["event"] == "interim"] == ["proved"]
    assert [r["verdict"] for r in journal if r["event"] == "verdict"] == ["pending"]
    sheet = ready("handover", run_of(ready)["run"], "--format", "json").json
    assert sheet["proof"]["verdict"] == "pending"


def test_the_second_go_is_given_back_whole(mailgrant: CommandLine):
    before = held(mailgrant)
    run = mailgrant("apply", BOOK, "--yes", "--json").json["run"]

    assert mailgrant("undo", run, "--second-go", "--yes").code == 0
    assert held(mailgrant) == before
    assert run_of(mailgrant)["state"] == "pending"
    assert mailgrant("runs", "resume", run).code == 0
    assert held(mailgrant) == (0, [], 0)


def test_a_fence_that_fails_is_told_with_the_way_to_give_back(ready: CommandLine):
    """Somebody grants the whole tenant anew while the run stands, so that the outside stays open."""
    ready("practice", "time", "+2h")
    ready.switch(f"on GET /users/{RECTOR}/calendar before status 500")

    ended = ready("runs", "resume", run_of(ready)["run"], "--wait", "5h")

    assert ended.code == 1, ended.err
    assert "undo" in ended.err
    assert "--second-go" in ended.err


def test_the_plan_shows_what_comes_later_and_after_what(mailgrant: CommandLine):
    text = " ".join(mailgrant("plan", BOOK, "--yes").out.split())
    page = mailgrant("plan", BOOK, "--yes", "--format", "html").out

    assert "Second go, once this is proved and it has stood for 2h" in text
    assert "takes out Calendars.ReadWrite (Microsoft Graph)" in text
    assert "it has stood for 2h" in page


@pytest.mark.parametrize(
    ("old", "words"),
    [
        ("11111111-2222-3333-4444-555555555555", "There is no application"),
        (app_id("exams"), "can't sign in"),
    ],
)
def test_an_app_that_won_t_do_is_refused_before_anything_is_written(
    mailgrant: CommandLine, old: str, words: str
):
    ended = mailgrant("apply", BOOK, "--yes", "--set", f"old_app={old}")

    assert ended.code == 1
    assert words in ended.err
    assert mailgrant.status()["requests"]["write"] == 0


# ---- the power cut ----


def second_go(home: Path) -> Any:
    """Take away what is dead, once two hours have gone by."""

    run = done(home, "apply", BOOK, "--yes", *LATER, code=75)
    done(home, "practice", "time", "+2h")
    return as_if_never_killed(home, ("runs", "resume", run, "--json"))


def regretted(home: Path) -> Any:
    """Take the whole run back in place of carrying its second go on."""

    before = copy_of(home)
    run = done(home, "apply", BOOK, "--yes", *LATER, code=75)
    done(home, "practice", "time", "+2h")
    return taking_back(home, ("runs", "resume", run), before, lambda _: ("undo", run, "--yes"))


SCENES: Scenes = {"second go": second_go, "second go, regretted": regretted}


@pytest.mark.parametrize("title", SCENES)
def test_the_second_go_survives_kills(fresh_home: Path, tmp_path: Path, title: str):
    assert killed(fresh_home, tmp_path, SCENES, title, LAG) == []
