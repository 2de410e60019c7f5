"""A set-up is known on any computer, by its marks in the tenant."""

import json
from pathlib import Path

import pytest

from tests.killing import objects
from tests.set_up import APP, FEMKE, MAIN, METTE, colleague, copied, made
from toolkit import marks


@pytest.fixture(scope="module")
def home(fresh_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(fresh_home, tmp_path_factory.mktemp("made"))


def test_the_answers_are_noted_on_the_enterprise_application(home: Path, tmp_path: Path):
    mailgrant = copied(home, tmp_path)
    with mailgrant.world() as world:
        (found,) = [
            p for p in world.store.all("servicePrincipal") if f"mailgrant:{MAIN}:prod" in p["tags"]
        ]
    answers = marks.answers_in(found["notes"])
    assert answers is not None
    assert (answers["instance"], answers["inside"]) == ("prod", METTE)


def test_what_names_a_file_of_this_computer_is_not_noted_and_too_much_is_left_out():
    noted = marks.noted({"file": r"D:\keys\key.cer", "other": "/srv/keys/key.cer", "short": "x"})
    assert json.loads(noted) == {"mailgrant": 1, "short": "x"}
    long = marks.noted({"short": "x", "long": ("a" * 300,) * 9})
    assert marks.answers_in(long) == {"short": "x"}


@pytest.mark.parametrize(
    "notes", ["", "[]", "{}", "Belongs to Anna", '{"mailgrant":2}', "[" * 9999]
)
def test_notes_of_others_tell_nothing(notes: str):
    assert marks.answers_in(notes) is None


def test_a_colleague_sees_the_set_up_and_that_its_key_is_elsewhere(home: Path, tmp_path: Path):
    other = colleague(home, tmp_path)
    writes = other.status()["requests"]["write"]
    for name in (APP, f"mailgrant-{MAIN}-prod"):
        seen = other("verify", name, "--json")
        assert (seen.code, seen.json["proof"]["verdict"]) == (1, "unknown"), seen.err
        assert {step["verb"] for step in seen.json["steps"]} == {"keep"}
        assert "isn't in keep on this computer" in seen.json["proof"]["why"]
    assert other.status()["requests"]["write"] == writes
    assert not (other.home / "runs").exists()


def test_a_colleague_hands_over_the_same_values(home: Path, tmp_path: Path):
    mine = copied(home, tmp_path)("handover", APP, "--json").json
    theirs = colleague(home, tmp_path)("handover", APP, "--json")
    assert theirs.code == 0, theirs.err
    assert theirs.json["fields"] == mine["fields"]


def test_a_colleague_undoes_it_and_nothing_else(home: Path, tmp_path: Path, fresh_home: Path):
    other = colleague(home, tmp_path)
    undone = other("undo", APP, "--yes", "--delete", "--json")
    assert undone.code == 0, undone.err
    assert [step["stays"] for step in undone.json["steps"]] == [""] * 4
    assert objects(other.home) == objects(fresh_home)


def test_what_a_colleague_worked_on_is_still_as_it_was_set_up(home: Path, tmp_path: Path):
    other = colleague(home, tmp_path)
    added = other("members", "add", APP, FEMKE, "--yes", "--json")
    assert (added.code, added.json["proof"]["verdict"]) == (1, "unknown")  # its key is elsewhere
    seen = other("verify", APP, "--json")
    assert {step["verb"] for step in seen.json["steps"]} == {"keep"}, seen.err
    assert "isn't in keep on this computer" in seen.json["proof"]["why"]


def test_what_a_stranger_added_stays_when_a_colleague_undoes(home: Path, tmp_path: Path):
    other = colleague(home, tmp_path)
    with other.world() as world:
        (app,) = [
            a for a in world.store.all("application") if a["uniqueName"] == f"mailgrant-{MAIN}-prod"
        ]
        app["tags"] = [*app["tags"], "finance"]
        world.put("application", app["id"], app, lag=False)
    undone = other("undo", APP, "--yes", "--delete", "--json")
    stays = {step["do"]: step["stays"] for step in undone.json["steps"]}
    assert "finance" in stays["app"]


def test_every_set_up_is_on_one_page_wherever_it_was_made(home: Path, tmp_path: Path):
    mine, other = copied(home, tmp_path), colleague(home, tmp_path)
    ended = mine("verify", "--all", "--json")
    assert (ended.code, ended.json["verdict"]) == (0, "proved")
    theirs = other("verify", "--all", "--json")
    assert (theirs.code, theirs.json["verdict"]) == (1, "unknown")
    (one,) = theirs.json["set_ups"]
    assert (one["set_up"], one["here"], one["drift"]) == (f"mailgrant-{MAIN}-prod", False, [])
    page = mine("verify", "--all", "--format", "html")
    assert page.code == 0
    assert "1 looked at: 1 proved" in page.out
    assert "<script" not in page.out


def test_verify_wants_to_know_what(home: Path, tmp_path: Path):
    mailgrant = copied(home, tmp_path)
    assert mailgrant("verify").code == 2
    assert mailgrant("verify", APP, "--all").code == 2


def test_what_was_made_by_hand_under_these_names_is_found_by_its_playbook(
    home: Path, tmp_path: Path
):
    other = colleague(home, tmp_path)
    seen = other("verify", MAIN, "--json", "--set", "instance=prod")
    assert {step["verb"] for step in seen.json["steps"]} == {"keep"}, seen.err
    assert seen.json["proof"]["verdict"] == "unknown"  # its key is elsewhere
