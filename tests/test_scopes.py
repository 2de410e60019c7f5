"""Scopes that fit a university: who is inside is said before yes, a scope moves as agreed, nonsense is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CommandLine
from toolkit.practice.seed.people import user_id
from toolkit.practice.seed.units import HISTORIANS, TIMETABLED, unit_id

MAIN = "mytimetable-graph"
METTE = "mette.jansen@northbridge.example"
RECTOR = "rector@northbridge.example"
EXISTING = "existing-calendars@northbridge.example"
FILTER = "Department -eq 'History'"
BY_FILTER = ("--set", "mailboxes_by=filter")
BY_UNIT = ("--set", "mailboxes_by=administrative_unit")
BY_GROUPS = ("--set", "mailboxes_by=groups")


def plan(mailgrant: CommandLine, *words: str) -> dict[str, Any]:
    ended = mailgrant("plan", MAIN, "--yes", "--json", *words)
    assert ended.code == 0, ended.err
    data: dict[str, Any] = ended.json
    return {change["as"]: change for change in data["changes"]}


def apply(mailgrant: CommandLine, *words: str) -> Any:
    ended = mailgrant("apply", MAIN, "--yes", "--json", *words)
    assert ended.code == 0, ended.err
    return ended.json


def assignments(mailgrant: CommandLine) -> list[dict[str, Any]]:
    with mailgrant.world() as world:
        found = world.store.all("managementRoleAssignment")
    return [one for one in found if one["Name"].startswith("mailgrant-mytimetable")]


def member(mailgrant: CommandLine, group: str = EXISTING) -> str:
    """Name the first direct member of a group."""
    with mailgrant.world() as world:
        found = world.store.get("user", world.store.find("group", mail=group)[0]["_members"][0])
    return str((found or {})["mail"])


def scopes(mailgrant: CommandLine) -> list[dict[str, Any]]:
    with mailgrant.world() as world:
        return world.store.all("managementScope")


# ---- who is inside ----


def test_a_plan_counts_who_fits_the_filter_and_names_twenty(mailgrant: CommandLine):
    reach = plan(mailgrant, *BY_FILTER)["scope"]["reach"]

    with mailgrant.world() as world:
        history = [u["mail"] for u in world.store.all("user") if u["department"] == "History"]
    assert len(reach["samples"]) == 20
    assert 20 < reach["count"] < len(history)  # those on-premises have no mailbox here


def test_the_plan_says_it_in_words_too(mailgrant: CommandLine):
    text = mailgrant("plan", MAIN, "--yes", *BY_FILTER).out
    page = mailgrant("plan", MAIN, "--yes", "--format", "html", *BY_FILTER).out
    sheet = mailgrant("plan", MAIN, "--yes", "--format", "md", *BY_FILTER).out

    said = " ".join(text.split())
    assert f"in the mailboxes that fit the filter {FILTER}, and in no others" in said
    for form in (said, page, sheet):
        assert "mailboxes, for instance" in form


def test_a_new_group_lets_in_who_will_be_put_in(mailgrant: CommandLine):
    assert plan(mailgrant)["scope"]["reach"] == {"count": 1, "samples": [METTE], "remarks": []}


def test_members_of_nested_groups_are_counted_as_missing(mailgrant: CommandLine):
    nested = "nested-calendars@northbridge.example"
    inside = member(mailgrant, nested)
    words = ("--set", f"group={nested}", "--set", f"inside={inside}")
    reach = plan(mailgrant, *words)["scope"]["reach"]

    assert (reach["count"], reach["samples"]) == (1, [inside])
    (remark,) = reach["remarks"]
    assert "4 mailboxes stay outside (faculty-calendars@northbridge.example)" in remark


def test_a_synced_group_is_recognised(mailgrant: CommandLine):
    synced = "synced-staff@northbridge.example"
    inside = member(mailgrant, synced)
    words = ("--set", f"group={synced}", "--set", f"inside={inside}")

    assert any("on-premises" in one for one in plan(mailgrant, *words)["scope"]["reach"]["remarks"])
    refused = mailgrant("plan", MAIN, "--yes", "--set", f"group={synced}")
    assert refused.code == 1
    assert "managed on-premises" in refused.err


def test_the_naming_policy_is_shown_and_not_ignored(mailgrant: CommandLine):
    mailgrant.switch("naming-policy GRP_<GroupName>_Staff")
    reach = plan(mailgrant)["scope"]["reach"]
    apply(mailgrant)

    assert any("GRP_<GroupName>_Staff" in remark for remark in reach["remarks"])
    with mailgrant.world() as world:
        group = world.store.find("group", mail="timetable-mailboxes@northbridge.example")[0]
    assert group["displayName"] == "GRP_timetable-mailboxes_Staff"


# ---- moving ----


def test_changed_answers_move_the_scope_as_the_plan_says(mailgrant: CommandLine):
    first = apply(mailgrant)
    moved = ("--set", "mailboxes_by=filter")
    change = plan(mailgrant, *moved)["scope"]
    assert (change["verb"], change["before"]["filter"]) == ("change", "")
    assert change["after"]["filter"] == FILTER
    assert change["after"]["group"] == ""

    second = apply(mailgrant, *moved)
    assert second["proof"]["verdict"] == "proved"
    (assignment,) = assignments(mailgrant)
    (scope,) = scopes(mailgrant)
    assert assignment["CustomResourceScope"] == scope["Name"]
    assert assignment["RecipientGroupScope"] is None

    back = mailgrant("undo", second["run"], "--yes", "--json")
    assert back.code == 0, back.err
    (assignment,) = assignments(mailgrant)
    assert assignment["RecipientGroupScope"]
    assert scopes(mailgrant) == []
    assert mailgrant("undo", first["run"], "--yes").code == 0
    assert assignments(mailgrant) == []


def test_another_address_makes_another_group_and_undo_gives_the_first_one_back(
    mailgrant: CommandLine,
):
    apply(mailgrant)
    before, other = mailgrant.digest(), "other-mailboxes@northbridge.example"
    moved = apply(mailgrant, "--set", f"group={other}")

    with mailgrant.world() as world:
        (group,) = world.store.find("group", mail=other)
    assert [one["RecipientGroupScope"] for one in assignments(mailgrant)] == [group["id"]]
    assert mailgrant("undo", moved["run"], "--yes").code == 0
    assert mailgrant.digest() == before


def test_a_move_away_from_a_filter_is_taken_back_to_the_letter(mailgrant: CommandLine):
    apply(mailgrant)
    apply(mailgrant, *BY_FILTER)
    before = mailgrant.digest()
    moved = apply(mailgrant)

    back = mailgrant("undo", moved["run"], "--yes", "--json")

    assert back.code == 0, back.err
    assert mailgrant.digest() == before


def test_a_filter_that_changes_leaves_no_old_scope(mailgrant: CommandLine):
    apply(mailgrant, *BY_FILTER, "--set", "colours=yes")
    other = "Department -eq 'History' -or Department -eq 'Law'"
    apply(mailgrant, *BY_FILTER, "--set", "colours=yes", "--set", f"filter={other}")

    (scope,) = scopes(mailgrant)
    assert "Law" in scope["RecipientFilter"]
    assert {one["CustomResourceScope"] for one in assignments(mailgrant)} == {scope["Name"]}


def test_the_plan_shows_which_group_it_moves_from(mailgrant: CommandLine):
    apply(mailgrant)
    inside = ("--set", f"inside={member(mailgrant)}")
    text = mailgrant("plan", MAIN, "--yes", "--set", f"group={EXISTING}", *inside).out

    assert f"timetable-mailboxes@northbridge.example -> {EXISTING}" in " ".join(text.split())


def test_an_edited_scope_is_seen_and_mended(mailgrant: CommandLine):
    apply(mailgrant, *BY_FILTER)
    with mailgrant.world() as world:
        (scope,) = world.store.all("managementScope")
        wide = scope | {"RecipientFilter": "(Department -ne 'Board')"}
        world.put("managementScope", scope["Guid"], wide, lag=False)

    assert mailgrant("verify", MAIN).code == 1
    apply(mailgrant, *BY_FILTER)

    (scope,) = scopes(mailgrant)
    assert "History" in scope["RecipientFilter"]


# ---- nonsense ----


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((*BY_FILTER, "--set", "filter=Department -eq 'Alchemy'"), 1, "No mailbox fits the filter"),
        ((*BY_FILTER, "--set", "filter=Department = 'Law'"), 2, "can't be read"),
        ((*BY_FILTER, "--set", "filter=ShoeSize -eq '44'"), 2, "isn't a recognized filterable"),
        ((*BY_UNIT, "--set", "administrative_unit=Historians"), 2, "Units of this name have the ids"),
        ((*BY_UNIT, "--set", f"administrative_unit={user_id('rector')}"), 2, "no administrative unit"),
        ((*BY_GROUPS, "--set", "groups=nobody@northbridge.example"), 2, "There is no group"),
        ((*BY_GROUPS, "--set", "groups=Existing Calendars"), 2, "'existing calendars' is no mail address"),
        ((*BY_GROUPS, "--set", "groups=all-lecturers@northbridge.example"), 1, "a distribution list"),
        ((*BY_GROUPS, "--set", "groups=course-team@northbridge.example"), 1, "a Microsoft 365 group"),
    ],
)  # fmt: skip
def test_a_scope_that_cannot_be_meant_is_refused_before_anything_is_written(
    mailgrant: CommandLine, words: tuple[str, ...], code: int, said: str
):
    ended = mailgrant("apply", MAIN, "--yes", *words)

    assert ended.code == code, ended.err
    assert said in " ".join(ended.err.split())
    assert mailgrant.status()["requests"]["write"] == 0


def test_a_filter_that_fits_everybody_is_an_alarm_that_wants_a_second_yes(mailgrant: CommandLine):
    everybody = (*BY_FILTER, "--set", "filter=Alias -ne $null")
    change = plan(mailgrant, *everybody)["scope"]
    refused = mailgrant("apply", MAIN, "--yes", *everybody)

    assert "EVERY mailbox" in change["alarm"]
    assert refused.code == 1
    assert mailgrant.status()["requests"]["write"] == 0


def test_a_rule_without_its_licence_is_refused(mailgrant: CommandLine):
    unit = (*BY_UNIT, "--set", f"administrative_unit={unit_id(HISTORIANS)}")
    assert plan(mailgrant, *unit)["scope"]["reach"]["count"] > 10

    mailgrant.switch("entra-p1 off")
    refused = mailgrant("plan", MAIN, "--yes", *unit)

    assert refused.code == 1
    assert "no Microsoft Entra ID P1" in " ".join(refused.err.split())
    by_hand = (*BY_UNIT, "--set", f"administrative_unit={unit_id(TIMETABLED)}")
    assert plan(mailgrant, *by_hand)["scope"]["reach"]["count"] == 7


def test_a_group_that_vanishes_between_plan_and_apply_stops_it(
    mailgrant: CommandLine, tmp_path: Path
):
    file, inside = tmp_path / "plan.json", member(mailgrant)
    words = ("--set", f"group={EXISTING}", "--set", f"inside={inside}")
    assert mailgrant("plan", MAIN, "--yes", "--out", str(file), *words).code == 0
    with mailgrant.world() as world:
        world.remove("group", world.store.find("group", mail=EXISTING)[0]["id"], lag=False)

    ended = mailgrant("apply", str(file), "--yes")

    assert ended.code == 1
    assert "The tenant has changed since the plan was drawn" in " ".join(ended.err.split())
    assert mailgrant.status()["requests"]["write"] == 0


# ---- lists of members ----


def listed(tmp_path: Path, *lines: str) -> tuple[str, ...]:
    path = tmp_path / "members.csv"
    path.write_text("name;mail\n" + "\n".join(lines), encoding="utf-8")
    return ("--set", f"members_file={path}")


def people(mailgrant: CommandLine, count: int) -> list[str]:
    with mailgrant.world() as world:
        users = world.store.all("user")
    found = [u["mail"] for u in users if (u.get("_exchange") or {}).get("RecipientTypeDetails") == "UserMailbox"]  # fmt: skip
    return sorted(set(found) - {RECTOR})[:count]


def members(mailgrant: CommandLine) -> set[str]:
    with mailgrant.world() as world:
        group = world.store.find("group", mail="timetable-mailboxes@northbridge.example")[0]
        found = [world.store.get("user", key) for key in group["_members"]]
    return {str(one["mail"]) for one in found if one}


def test_a_list_of_many_is_put_in_and_counted_before(mailgrant: CommandLine, tmp_path: Path):
    many = people(mailgrant, 130)
    lines = [f"Somebody;{address}" for address in (*many, many[0].upper(), "")]
    words = listed(tmp_path, *lines)
    reach = plan(mailgrant, *words)["scope"]["reach"]

    assert reach["count"] == len({*many, METTE})
    assert len(reach["samples"]) == 20
    run = apply(mailgrant, *words)["run"]
    assert members(mailgrant) == {*many, METTE}
    journal = [json.dumps(line) for line in mailgrant.journal()]
    assert journal
    assert mailgrant("undo", run, "--yes").code == 0


def test_a_longer_list_adds_and_a_shorter_one_takes_nobody_out(
    mailgrant: CommandLine, tmp_path: Path
):
    six = people(mailgrant, 6)
    apply(mailgrant, *listed(tmp_path, *(f";{one}" for one in six[:4])))
    apply(mailgrant, *listed(tmp_path, *(f";{one}" for one in six[2:])))

    assert members(mailgrant) == {*six, METTE}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((f";{METTE}", ";somebody@elsewhere.example"), "are of other domains: somebody@elsewhere.example"),
        ((f";{METTE}", ";nobody@northbridge.example"), "are no mailbox in Exchange Online: nobody@"),
        ((f";{METTE}", ";jan.onprem@northbridge.example"), "are no mailbox in Exchange Online: jan.onprem"),
        ((f";{METTE}", ";not an address"), "line 3 'not an address'"),
        ((), "holds no address"),
    ],
)  # fmt: skip
def test_a_list_with_strangers_is_refused_before_anything_is_written(
    mailgrant: CommandLine, tmp_path: Path, lines: tuple[str, ...], said: str
):
    ended = mailgrant("apply", MAIN, "--yes", *listed(tmp_path, *lines))

    assert ended.code == 2
    assert said in " ".join(ended.err.split())
    assert mailgrant.status()["requests"]["write"] == 0
