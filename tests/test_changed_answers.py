"""A set-up run again with other answers: what they don't ask for any more is taken back, as planned."""

import json
from pathlib import Path

import pytest

from tests.conftest import CommandLine
from tests.set_up import APP, MAIN, colleague, copied, made

COLOURS = "mailgrant-mytimetable-graph-prod-mailboxsettings-readwrite"
CALENDARS = "mailgrant-mytimetable-graph-prod-calendars-readwrite"
WIDE = "--accept-every-mailbox"


def assignments(mailgrant: CommandLine) -> set[str]:
    with mailgrant.world() as world:
        found = {row["Name"] for row in world.store.all("managementRoleAssignment")}
    return {name for name in found if name.startswith(("mailgrant-my", "mailgrant-graph"))}


def grants(mailgrant: CommandLine, name: str = APP) -> int:
    with mailgrant.world() as world:
        (principal,) = [
            p["id"] for p in world.store.all("servicePrincipal") if p["displayName"] == name
        ]
        return sum(
            1 for each in world.store.all("appRoleAssignment") if each["principalId"] == principal
        )


def apply(mailgrant: CommandLine, *answers: str, book: str = MAIN) -> tuple[str, dict[str, str]]:
    given = [word for answer in answers for word in ("--set", answer)]
    ended = mailgrant("apply", book, "--yes", "--json", WIDE, *given)
    assert ended.code == 0, ended.err
    assert ended.json["proof"]["verdict"] == "proved"
    return ended.json["run"], {step["as"]: step["verb"] for step in ended.json["steps"]}


@pytest.fixture(scope="module")
def coloured(fresh_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(fresh_home, tmp_path_factory.mktemp("coloured"), "--set", "colours=yes")


def test_a_right_that_is_not_asked_for_any_more_is_taken_back_and_given_again_by_undo(
    coloured: Path, tmp_path: Path, fresh_home: Path
):
    mailgrant = copied(coloured, tmp_path)
    before = mailgrant.digest()
    assert assignments(mailgrant) == {CALENDARS, COLOURS}
    planned = mailgrant("plan", MAIN, "--yes", "--json").json["changes"]
    assert [(c["title"], c["verb"]) for c in planned if c["verb"] == "remove"] == [
        ("mailboxes of the group only: Application MailboxSettings.ReadWrite", "remove")
    ]

    second, verbs = apply(mailgrant)
    assert verbs.pop("app") == "change"
    assert sorted(set(verbs.values())) == ["keep", "remove"]
    assert assignments(mailgrant) == {CALENDARS}
    assert apply(mailgrant)[1].get("app") == "keep"

    assert mailgrant("undo", second, "--yes").code == 0
    assert assignments(mailgrant) == {CALENDARS, COLOURS}
    assert mailgrant.digest() == before
    assert mailgrant("undo", APP, "--yes").code == 0
    assert mailgrant.digest() == CommandLine(fresh_home).digest()


def test_from_every_mailbox_to_a_group_the_grant_goes_and_no_union_trap_is_left(
    mailgrant: CommandLine,
):
    fresh = mailgrant.digest()
    apply(mailgrant, "every_mailbox=yes")
    assert (grants(mailgrant), assignments(mailgrant)) == (1, set())

    second, verbs = apply(mailgrant)
    assert "remove" in verbs.values()
    assert (grants(mailgrant), assignments(mailgrant)) == (0, {CALENDARS})

    assert mailgrant("undo", second, "--yes").code == 0
    assert (grants(mailgrant), assignments(mailgrant)) == (1, set())
    assert mailgrant("undo", APP, "--yes").code == 0
    assert mailgrant.digest() == fresh


def test_from_a_group_to_every_mailbox_the_scope_goes(coloured: Path, tmp_path: Path):
    mailgrant = copied(coloured, tmp_path)
    apply(mailgrant, "every_mailbox=yes")
    assert (grants(mailgrant), assignments(mailgrant)) == (1, set())


def test_a_shorter_list_of_roles_takes_the_others_back(mailgrant: CommandLine):
    apply(
        mailgrant,
        "roles=Application Calendars.Read,Application Contacts.Read,Application Mail.Read",
        book="graph-application",
    )
    apply(mailgrant, "roles=Application Calendars.Read", book="graph-application")
    assert assignments(mailgrant) == {"mailgrant-graph-application-prod-calendars-read"}


def test_what_somebody_else_granted_stays(mailgrant: CommandLine):
    apply(mailgrant, book="graph-application")
    name = "Course Mirror-prod"
    with mailgrant.world() as world:
        (principal,) = [p for p in world.store.all("servicePrincipal") if p["displayName"] == name]
        (graph,) = [
            p
            for p in world.store.all("servicePrincipal")
            if p["appId"] == "00000003-0000-0000-c000-000000000000"
        ]
        (role,) = [r["id"] for r in graph["appRoles"] if r["value"] == "User.ReadBasic.All"]
        world.put(
            "appRoleAssignment",
            "somebody-elses",
            {
                "id": "somebody-elses",
                "principalId": principal["id"],
                "principalType": "ServicePrincipal",
                "principalDisplayName": name,
                "resourceId": graph["id"],
                "resourceDisplayName": graph["displayName"],
                "appRoleId": role,
                "createdDateTime": "2026-11-01T00:00:00Z",
            },
            lag=False,
        )
    apply(
        mailgrant,
        "directory=yes",
        "permissions=User.ReadBasic.All,Group.Read.All",
        book="graph-application",
    )
    assert grants(mailgrant, name) == 2
    apply(mailgrant, book="graph-application")
    with mailgrant.world() as world:
        left = [
            each["id"]
            for each in world.store.all("appRoleAssignment")
            if each["principalId"] == principal["id"]
        ]
    assert left == ["somebody-elses"]


def test_a_colleague_whose_computer_knows_nothing_of_it_takes_back_the_same(
    coloured: Path, tmp_path: Path
):
    other = colleague(coloured, tmp_path)
    planned = other("plan", MAIN, "--yes", "--json").json["changes"]
    assert [c["do"] for c in planned if c["verb"] == "remove"] == ["mailbox_scope"]


def test_a_saved_plan_takes_back_the_same_on_another_computer(coloured: Path, tmp_path: Path):
    mailgrant = copied(coloured, tmp_path)
    file = tmp_path / "plan.json"
    assert mailgrant("plan", MAIN, "--yes", "--out", str(file)).code == 0
    agreed = [c["as"] for c in json.loads(file.read_bytes())["changes"] if c["dropped"]]
    other = colleague(mailgrant.home, tmp_path)
    (mailgrant.home / "keep").rename(other.home / "keep")
    applied = other("apply", str(file), "--yes", "--json")
    assert applied.code == 0, applied.err
    assert [s["verb"] for s in applied.json["steps"] if s["as"] in agreed] == ["remove"]
    assert assignments(other) == {CALENDARS}


def test_retiring_never_gives_back_what_was_taken_away(mailgrant: CommandLine):
    apply(mailgrant, "every_mailbox=yes")
    apply(mailgrant)
    assert mailgrant("retire", APP, "--after", "1d", "--yes").code == 75
    mailgrant("practice", "time", "+2d")
    assert mailgrant("runs", "resume", "--due").code == 0
    with mailgrant.world() as world:
        paths = [
            (row[0], row[1])
            for row in world.store.execute("select method, path from request order by id")
        ]
    granted = [path for method, path in paths if method == "POST" and "appRole" in path]
    assert len(granted) == 1


def test_an_older_run_is_not_pulled_out_from_under_a_later_one(coloured: Path, tmp_path: Path):
    mailgrant = copied(coloured, tmp_path)
    (first,) = [run["run"] for run in mailgrant("runs", "--json").json["runs"]]
    second, _ = apply(mailgrant)
    before = mailgrant.digest()

    refused = mailgrant("undo", first, "--yes", "--json")

    assert refused.code == 1
    assert f"undo {second}" in refused.json["error"]["fix"]
    assert mailgrant.digest() == before


def test_what_was_taken_away_is_not_given_again_where_the_application_is_gone(
    coloured: Path, tmp_path: Path
):
    mailgrant = copied(coloured, tmp_path)
    second, _ = apply(mailgrant)
    with mailgrant.world() as world:
        for kind in ("application", "servicePrincipal"):
            (gone,) = [each["id"] for each in world.store.all(kind) if each["displayName"] == APP]
            world.remove(kind, gone, lag=False)

    undone = mailgrant("undo", second, "--yes", "--json")

    assert undone.code == 0, undone.err
    stays = {step["do"]: step["stays"] for step in undone.json["steps"]}
    assert "isn't there any more" in stays["mailbox_scope"]


def test_a_colleague_needs_no_more_than_the_answers_of_now_where_notes_were_too_short(
    coloured: Path, tmp_path: Path
):
    other = colleague(coloured, tmp_path)
    with other.world() as world:
        (principal,) = [p for p in world.store.all("servicePrincipal") if p["displayName"] == APP]
        noted = json.loads(principal["notes"])
        del noted["group"], noted["inside"]
        principal["notes"] = json.dumps(noted)
        world.put("servicePrincipal", principal["id"], principal, lag=False)

    planned = other("plan", MAIN, "--yes", "--json")

    assert planned.code == 0, planned.err
    assert [c["do"] for c in planned.json["changes"] if c["verb"] == "remove"] == ["mailbox_scope"]


def test_a_policy_that_shortens_certificates_makes_no_new_one_with_each_run(mailgrant: CommandLine):
    mailgrant.switch("policy certificates=max=90d")
    assert mailgrant("apply", MAIN, "--yes").code == 0

    again = mailgrant("apply", MAIN, "--yes", "--json")

    assert (again.code, again.json["outcome"]) == (0, "nothing"), again.err
    assert len(list((mailgrant.home / "keep").glob("*.pem"))) == 1
