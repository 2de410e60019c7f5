"""Who comes in and who goes out: shown, agreed, proved both ways, taken back exactly."""

from pathlib import Path

import pytest

from tests.conftest import CommandLine
from tests.set_up import APP, FEMKE, GROUP, LOTTE, MAIN, METTE, copied, inside, made


@pytest.fixture(scope="module")
def home(fresh_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(fresh_home, tmp_path_factory.mktemp("made"))


@pytest.fixture
def mailgrant(home: Path, tmp_path: Path) -> CommandLine:
    return copied(home, tmp_path)


def test_who_comes_in_is_proved_open_and_taken_back_by_undo_alone(mailgrant: CommandLine):
    before = mailgrant.digest()
    added = mailgrant("members", "add", APP, FEMKE, "--yes", "--json")

    assert (added.code, added.json["outcome"]) == (0, "done"), added.err
    live = {c["mailbox"]: c for c in added.json["proof"]["checks"] if c["layer"] == "live"}
    assert (live[FEMKE]["found"], live[FEMKE]["status"]) == ("open", 200)
    assert inside(mailgrant) == [FEMKE, METTE]

    undone = mailgrant("undo", added.json["run"], "--yes", "--json")
    assert undone.code == 0, undone.err
    assert mailgrant.digest() == before


def test_who_goes_out_is_closed_by_exchanges_own_test_at_once_and_live_later(
    mailgrant: CommandLine,
):
    assert mailgrant("members", "add", APP, FEMKE, "--yes").code == 0
    went = mailgrant("members", "remove", APP, FEMKE, "--yes", "--wait", "0s", "--json")

    assert (went.code, went.json["outcome"]) == (75, "pending"), went.err
    checks = went.json["proof"]["checks"]
    assert {(c["mailbox"], c["found"], c["layer"]) for c in checks} == {
        (METTE, "open", "configured"),
        (FEMKE, "closed", "configured"),
    }
    assert f"runs resume {went.json['run']}" in went.err

    resumed = mailgrant("runs", "resume", went.json["run"], "--wait", "3h", "--json")
    assert resumed.code == 0, resumed.err
    live = [c for c in resumed.json["proof"]["checks"] if c["layer"] == "live"]
    assert [(c["mailbox"], c["status"]) for c in live] == [(METTE, 200), (FEMKE, 403)]


def test_who_is_inside_already_changes_nothing(mailgrant: CommandLine):
    writes = mailgrant.status()["requests"]["write"]
    ended = mailgrant("members", "add", APP, METTE.upper(), "--yes", "--json")
    assert (ended.code, ended.json["outcome"], ended.json["run"]) == (0, "nothing", None)
    assert mailgrant.status()["requests"]["write"] == writes


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("nobody@northbridge.example", "not in this tenant"),
        ("greta.koehler@northbridge.example", "mail user"),
        (GROUP, "a group"),
        ("not an address", "No mail address"),
    ],
)
def test_what_is_no_mailbox_of_the_tenant_is_refused_before_anything_is_written(
    mailgrant: CommandLine, address: str, why: str
):
    before = mailgrant.digest()
    ended = mailgrant("members", "add", APP, FEMKE, address, "--yes")
    assert ended.code == 2
    assert why in ended.err
    assert mailgrant.digest() == before


def test_without_a_yes_nothing_changes(mailgrant: CommandLine):
    before = mailgrant.digest()
    ended = mailgrant("members", "add", APP, FEMKE)
    assert ended.code == 2
    assert mailgrant.digest() == before


def test_the_list_decides_after_it_was_shown(mailgrant: CommandLine, tmp_path: Path):
    file = tmp_path / "list.csv"
    file.write_text(
        f"Name;Mail\nLotte;{LOTTE.upper()}\nAgain;{LOTTE}\n;\nFemke; {FEMKE} \n",
        encoding="utf-8-sig",
    )
    refused = mailgrant("members", "sync", APP, "--file", str(file), "--yes")
    assert (refused.code, inside(mailgrant)) == (1, [METTE])
    assert "1 of 1 members would go out" in refused.err

    ended = mailgrant("members", "sync", APP, "--file", str(file), "--yes", "--insist", "--json")
    assert ended.code == 0, ended.err
    assert (ended.json["added"], ended.json["removed"]) == ([FEMKE, LOTTE], [METTE])
    assert inside(mailgrant) == [FEMKE, LOTTE]
    live = {c["mailbox"]: c["found"] for c in ended.json["proof"]["checks"]}
    assert (live[FEMKE], live[METTE]) == ("open", "closed")


def test_a_list_of_fifty_thousand_lines_with_strangers_is_refused_whole(
    mailgrant: CommandLine, tmp_path: Path
):
    file = tmp_path / "list.csv"
    lines = [METTE, FEMKE, *(f"person{n % 25000}@elsewhere.example" for n in range(50_000))]
    file.write_text("\n".join(lines), encoding="utf-8")
    before = mailgrant.digest()
    ended = mailgrant("members", "sync", APP, "--file", str(file), "--yes")
    assert ended.code == 2
    assert "and 24980 more" in ended.err
    assert mailgrant.digest() == before


def test_a_group_that_others_made_is_changed_only_when_one_insists(
    fresh_home: Path, tmp_path: Path
):
    mailgrant = copied(fresh_home, tmp_path)
    ended = mailgrant("apply", MAIN, "--yes")
    assert ended.code == 0
    with mailgrant.world() as world:
        (group,) = [g for g in world.store.all("group") if g.get("mail") == GROUP]
        group["_exchange"] |= {"CustomAttribute15": "", "Name": "Timetable"}
        world.put("group", group["id"], group, lag=False)
    refused = mailgrant("members", "add", APP, FEMKE, "--yes")
    assert refused.code == 1
    assert "--insist" in refused.err
    assert mailgrant("members", "add", APP, FEMKE, "--yes", "--insist").code == 0


def test_undo_of_the_set_up_takes_the_group_with_members_that_came_later(mailgrant: CommandLine):
    assert mailgrant("members", "add", APP, FEMKE, "--yes").code == 0
    undone = mailgrant("undo", APP, "--yes", "--json")
    assert undone.code == 0, undone.err
    assert [step["stays"] for step in undone.json["steps"]] == [""] * 4
    states = {row["state"] for row in mailgrant("runs", "--json").json["runs"]}
    assert states == {"undone"}


def test_undo_of_the_set_up_leaves_the_group_with_a_strangers_member(mailgrant: CommandLine):
    assert mailgrant("members", "add", APP, FEMKE, "--yes").code == 0
    with mailgrant.world() as world:
        (group,) = [g for g in world.store.all("group") if g.get("mail") == GROUP]
        (lotte,) = world.store.find("user", userPrincipalName=LOTTE)
        group["_members"] = [*group["_members"], lotte["id"]]
        world.put("group", group["id"], group, lag=False)
    undone = mailgrant("undo", APP, "--yes", "--json")
    (stays,) = [step["stays"] for step in undone.json["steps"] if step["stays"]]
    assert LOTTE in stays
    assert FEMKE not in stays
