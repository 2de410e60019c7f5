"""Names begin as the profile says, and are found again by whoever's profile says otherwise."""

import pytest

from tests.conftest import CommandLine, Ended
from toolkit.steps import names
from toolkit.steps.base import Mark

MAIN, APP = "mytimetable-graph", "mailgrant-mytimetable-graph-prod"
BEGIN = {"apps": "UT ", "groups": "ut-", "assignments": "ut_"}


def profile(mailgrant: CommandLine, name: str, **begins: str) -> None:
    admin = mailgrant.status()["admin"]
    secret = mailgrant.home.parent / "secret.txt"
    secret.write_text(admin["client_secret"], encoding="utf-8")
    line = ["--sign-in", "secret", "--client", admin["client_id"], "--key", str(secret)]
    line += [word for key, begin in begins.items() for word in (f"--{key}", begin)]
    added = mailgrant("tenants", "add", name, "--practice", *line)
    assert added.code == 0, added.err


def by(mailgrant: CommandLine, name: str, *arguments: str) -> Ended:
    return mailgrant("--tenant", name, *arguments, "--yes", "--json")


def called(mailgrant: CommandLine) -> dict[str, set[str]]:
    with mailgrant.world() as world:
        return {
            "apps": {a["displayName"] for a in world.store.all("application")},
            "groups": {g["displayName"] for g in world.store.all("group")},
            "assignments": {str(r["Name"]) for r in world.store.all("managementRoleAssignment")},
        }


def test_what_is_made_begins_as_the_profile_says_and_a_colleague_finds_it(mailgrant: CommandLine):
    profile(mailgrant, "ut", **BEGIN)
    profile(mailgrant, "other", apps="XX ", groups="xx-", assignments="xx-")
    before, world = called(mailgrant), mailgrant.digest()

    made = by(mailgrant, "ut", "setup", MAIN, "--set", "colours=yes")

    assert made.code == 0, made.err
    new = {key: found - before[key] for key, found in called(mailgrant).items()}
    assert new["apps"] == {"UT MyTimetable-prod"}
    assert new["groups"] == {"ut-timetable-mailboxes"}
    assert {name[:3] for name in new["assignments"]} == {"ut_"}
    for who in ("other", "practice"):
        again = by(mailgrant, who, "apply", MAIN, "--set", "colours=yes")
        assert (again.code, again.json["outcome"]) == (0, "nothing"), again.err
    (mailgrant.home / "runs").rename(mailgrant.home / "runs-of-somebody-else")
    undone = by(mailgrant, "other", "undo", APP, "--delete")
    assert undone.code == 0, undone.err
    assert not [step for step in undone.json["steps"] if step["stays"]]
    assert mailgrant.digest() == world


@pytest.mark.parametrize("begin", ["mailgrant-x", "a" * 17, "-x", "ut|", "ut:"])
def test_what_cannot_begin_a_name_is_refused(mailgrant: CommandLine, begin: str):
    ended = mailgrant("tenants", "add", "x", "--practice", "--apps", begin)

    assert ended.code == 2
    assert "can't begin a name" in ended.err
    assert mailgrant("tenants", "list", "--json").json == {"tenants": []}


def test_no_name_of_an_assignment_is_too_long_and_each_is_known_again():
    mark = Mark("mytimetable-outlook-rest", "production-2026-abcd")
    for begin in ("", "ut-", "a" * 16):
        name = names.assignment(mark, "Application MailboxSettings.ReadWrite", begin)
        row = {"Name": name, "Role": "Application MailboxSettings.ReadWrite"}
        assert len(name) <= names.LONGEST
        assert names.is_assignment_of(row, mark)
        assert not names.is_assignment_of(row, Mark(mark.playbook, "production-2026-abcx"))
