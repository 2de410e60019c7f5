"""Who may use an application: assigned beside others, locked out only after a yes, given back by undo."""

from typing import Any

import pytest

from tests.conftest import CommandLine
from tests.crowding import CLIENT, ROLE, crowd
from tests.practice.entra.browsing import METTE
from tests.test_delegated import ACCEPT, FEMKE, done, given, refused
from toolkit.practice.seed.entries import app_id
from toolkit.practice.seed.groups import group_id
from toolkit.practice.seed.people import user_id

BOOK = "graph-delegated"
GROUP = "history-calendars@northbridge.example"


def assigned(mailgrant: CommandLine, client: str) -> dict[str, str]:
    """Tell who is assigned, and by which role."""
    with mailgrant.world() as world:
        (principal,) = world.store.find("servicePrincipal", appId=client)
        rows = world.store.find("appRoleAssignment", resourceId=principal["id"])
    return {row["principalId"]: row["appRoleId"] for row in rows}


def principal(mailgrant: CommandLine, client: str) -> dict[str, Any]:
    with mailgrant.world() as world:
        (found,) = world.store.find("servicePrincipal", appId=client)
    return dict(found)


def ours(mailgrant: CommandLine) -> str:
    with mailgrant.world() as world:
        (found,) = world.store.find("application", displayName="Desk Calendar-prod")
    return str(found["appId"])


def test_people_and_groups_are_assigned_and_nobody_else_may_sign_in(mailgrant: CommandLine):
    done(mailgrant, "apply", BOOK)

    client = ours(mailgrant)
    assert principal(mailgrant, client)["appRoleAssignmentRequired"] is True
    none = "00000000-0000-0000-0000-000000000000"
    assert assigned(mailgrant, client) == {
        user_id("mette.jansen"): none,
        group_id("history-calendars"): none,
    }


def test_object_ids_will_do_for_people_and_groups(mailgrant: CommandLine):
    people = f"{user_id('mette.jansen')},{group_id('history-calendars')}"
    done(mailgrant, "apply", BOOK, *given(f"people={people}"))

    assert set(assigned(mailgrant, ours(mailgrant))) == set(people.split(","))


def test_an_application_that_is_there_locks_nobody_out_without_a_yes_of_its_own(
    mailgrant: CommandLine,
):
    planner = app_id("planner")
    line = ("apply", BOOK, "--adopt", planner)
    said = refused(mailgrant, *line, code=1, says="nobody can sign in to it but who is assigned")
    assert "Nobody accepted in so many words" in said

    before = mailgrant.digest()
    first = done(mailgrant, *line, ACCEPT)
    assert principal(mailgrant, planner)["appRoleAssignmentRequired"] is True
    done(mailgrant, "undo", first["run"])
    assert mailgrant.digest() == before


def test_its_own_role_is_given_where_an_application_has_one(mailgrant: CommandLine):
    crowd(mailgrant.practice)
    done(mailgrant, "apply", BOOK, "--adopt", CLIENT, ACCEPT)

    assert assigned(mailgrant, CLIENT)[user_id("mette.jansen")] == ROLE


def test_nobody_guesses_which_of_several_roles_is_meant(mailgrant: CommandLine):
    crowd(mailgrant.practice)
    with mailgrant.world() as world:
        (found,) = world.store.find("servicePrincipal", appId=CLIENT)
        another = found["appRoles"][0] | {"id": user_id("another"), "value": "Displays.See"}
        body = found | {"appRoles": [*found["appRoles"], another]}
        world.put("servicePrincipal", found["id"], body, lag=False)

    line = ("apply", BOOK, "--adopt", CLIENT, ACCEPT)
    refused(mailgrant, *line, code=1, says="several roles")


def test_an_assignment_of_somebody_else_stays(mailgrant: CommandLine):
    planner = app_id("planner")
    with mailgrant.world() as world:
        (found,) = world.store.find("servicePrincipal", appId=planner)
        row = {
            "id": "of-others",
            "principalId": user_id("rector"),
            "resourceId": found["id"],
            "appRoleId": "00000000-0000-0000-0000-000000000000",
            "principalDisplayName": "The rector",
            "principalType": "User",
            "resourceDisplayName": found["displayName"],
        }
        world.put("appRoleAssignment", row["id"], row, lag=False)
    before = mailgrant.digest()
    first = done(mailgrant, "apply", BOOK, "--adopt", planner, ACCEPT)
    assert user_id("rector") in assigned(mailgrant, planner)

    done(mailgrant, "undo", first["run"])

    assert set(assigned(mailgrant, planner)) == {user_id("rector")}
    assert mailgrant.digest() == before


def test_who_is_not_named_any_more_is_taken_out_and_the_door_stays_shut(mailgrant: CommandLine):
    done(mailgrant, "apply", BOOK, *given(f"people={METTE},{FEMKE}"))
    client = ours(mailgrant)
    second = done(mailgrant, "apply", BOOK, *given(f"people={METTE}"))

    assert {step["verb"] for step in second["steps"]} >= {"keep", "remove"}
    assert set(assigned(mailgrant, client)) == {user_id("mette.jansen")}
    assert principal(mailgrant, client)["appRoleAssignmentRequired"] is True
    done(mailgrant, "undo", second["run"])
    assert set(assigned(mailgrant, client)) == {user_id("mette.jansen"), user_id("femke.bakker")}


def test_letting_everybody_in_is_said_in_red(mailgrant: CommandLine):
    done(mailgrant, "apply", BOOK)
    answers = given("only_assigned=no")
    refused(mailgrant, "apply", BOOK, *answers, code=1, says="everybody of the tenant can sign in")

    done(mailgrant, "apply", BOOK, *answers, ACCEPT)

    assert principal(mailgrant, ours(mailgrant))["appRoleAssignmentRequired"] is False
    assert assigned(mailgrant, ours(mailgrant)) == {}


@pytest.mark.parametrize(
    ("people", "code", "says"),
    [
        ("nobody@northbridge.example", 2, "Nobody signs in by nobody@northbridge.example"),
        ("all-lecturers@northbridge.example", 1, "is no security group"),
        ("", 2, "an answer is needed"),
    ],
)
def test_who_cannot_be_assigned_is_refused(
    mailgrant: CommandLine, people: str, code: int, says: str
):
    refused(mailgrant, "apply", BOOK, *given(f"people={people}"), code=code, says=says)


def test_a_group_takes_entra_p1(mailgrant: CommandLine):
    mailgrant.switch("entra-p1 off")
    refused(mailgrant, "apply", BOOK, code=1, says="takes Microsoft Entra ID P1")

    done(mailgrant, "apply", BOOK, *given(f"people={METTE}"))


def test_a_plan_says_who_in_a_group_stays_outside(mailgrant: CommandLine):
    answers = given("people=nested-calendars@northbridge.example")
    said = " ".join(mailgrant("plan", BOOK, "--yes", *answers).out.split())

    assert "Members of groups inside nested-calendars@northbridge.example are not assigned" in said
    assert "Faculty Calendars" in said
