"""The kill switch: at once, with nothing else touched, and taken back by undo."""

from pathlib import Path

import pytest

from tests.conftest import CommandLine
from tests.set_up import APP, MAIN, colleague, copied, made


@pytest.fixture(scope="module")
def home(fresh_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(fresh_home, tmp_path_factory.mktemp("made"))


@pytest.fixture
def mailgrant(home: Path, tmp_path: Path) -> CommandLine:
    return copied(home, tmp_path)


def test_a_stopped_application_gets_no_token_and_undo_lets_it_in_again(mailgrant: CommandLine):
    before = mailgrant.digest()
    stopped = mailgrant("stop", APP, "--yes", "--json")
    assert stopped.code == 0, stopped.err
    assert "60 to 90 minutes" in " ".join(stopped.err.split())
    assert "AADSTS7000112" in mailgrant("request", "GET", "/organization", "--run", APP).err
    assert mailgrant("verify", APP).code == 1

    assert mailgrant("undo", stopped.json["run"], "--yes").code == 0
    assert mailgrant.digest() == before
    assert mailgrant("verify", APP).code == 0


def test_stopping_twice_writes_once(mailgrant: CommandLine):
    assert mailgrant("stop", APP, "--yes").code == 0
    writes = mailgrant.status()["requests"]["write"]
    again = mailgrant("stop", APP, "--yes", "--json")
    assert (again.code, again.json["outcome"]) == (0, "nothing")
    assert mailgrant.status()["requests"]["write"] == writes


def test_a_stop_waits_for_nothing_that_is_broken(mailgrant: CommandLine):
    with mailgrant.world() as world:
        for group in world.store.all("group"):
            if group.get("mail") == "timetable-mailboxes@northbridge.example":
                world.remove("group", group["id"])
    assert mailgrant("verify", APP).code == 1
    assert mailgrant("stop", APP, "--yes").code == 0


def test_a_colleague_stops_it_from_another_computer(home: Path, tmp_path: Path):
    other = colleague(home, tmp_path)
    for name in (APP, f"mailgrant-{MAIN}-prod"):
        assert other("stop", name, "--yes").code == 0
    unknown = other("stop", "Nothing-like-it", "--yes")
    assert unknown.code == 1
    assert "bears mailgrant's mark" in " ".join(unknown.err.split())


def test_a_set_up_that_was_stopped_is_undone_whole_without_starting_it(mailgrant: CommandLine):
    assert mailgrant("stop", APP, "--yes").code == 0
    undone = mailgrant("undo", APP, "--yes", "--json")
    assert undone.code == 0, undone.err
    assert [step["stays"] for step in undone.json["steps"]] == [""] * 4


def test_a_replica_that_lags_hides_nothing_from_a_stop_and_its_undo(mailgrant: CommandLine):
    before = mailgrant.digest()
    mailgrant.switch("lag reads=3")
    stopped = mailgrant("stop", APP, "--yes", "--json")
    assert stopped.code == 0, stopped.err
    assert mailgrant("undo", stopped.json["run"], "--yes").code == 0
    assert mailgrant.digest() == before


def test_a_replica_that_lags_hides_nothing_from_an_undo(mailgrant: CommandLine, fresh_home: Path):
    mailgrant.switch("lag reads=3")
    undone = mailgrant("undo", APP, "--yes", "--json")
    assert undone.code == 0, undone.err
    assert [step["stays"] for step in undone.json["steps"]] == [""] * 4
    assert mailgrant.digest() == CommandLine(fresh_home).digest()
    assert not list((mailgrant.home / "keep").glob("*.pem"))
