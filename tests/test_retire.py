"""The end of a set-up: disabled, left alone, taken away in order, with a closing sheet."""

from pathlib import Path

import pytest

from tests.conftest import CommandLine
from tests.killing import objects
from tests.set_up import APP, FEMKE, MAIN, colleague, copied, made


@pytest.fixture(scope="module")
def home(fresh_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(fresh_home, tmp_path_factory.mktemp("made"))


@pytest.fixture
def mailgrant(home: Path, tmp_path: Path) -> CommandLine:
    return copied(home, tmp_path)


def test_a_retired_application_is_disabled_now_and_gone_when_its_time_has_come(
    mailgrant: CommandLine, fresh_home: Path
):
    assert mailgrant("members", "add", APP, FEMKE, "--yes").code == 0
    begun = mailgrant("retire", APP, "--yes", "--json")
    assert (begun.code, begun.json["outcome"]) == (75, "pending"), begun.err
    assert "runs resume --due" in begun.err
    assert mailgrant("runs", "resume", "--due").code == 0  # nothing is due yet
    again = mailgrant("retire", APP, "--yes", "--json")
    assert (again.code, again.json["run"]) == (75, begun.json["run"])
    assert len(objects(mailgrant.home)) > len(objects(fresh_home))

    assert mailgrant("practice", "time", "+31d").code == 0
    done = mailgrant("runs", "resume", "--due", "--json")
    assert (done.code, done.json["outcome"]) == (0, "done"), done.err
    assert [line["became"] for line in done.json["closing"]["lines"]] == ["taken away"] * 4
    assert objects(mailgrant.home) == objects(fresh_home)
    assert not list((mailgrant.home / "keep").glob("*.pem"))
    html, text = (Path(page).read_text(encoding="utf-8") for page in done.json["pages"])
    assert "MyTimetable-prod is retired" in html
    assert "<script" not in html
    assert "taken away" in text
    assert {r["state"] for r in mailgrant("runs", "--json").json["runs"]} == {"undone", "done"}


def test_until_then_undo_gives_the_application_back(mailgrant: CommandLine):
    before = mailgrant.digest()
    begun = mailgrant("retire", APP, "--yes", "--json")
    assert mailgrant("undo", begun.json["run"], "--yes").code == 0
    assert mailgrant.digest() == before
    assert mailgrant("verify", APP).code == 0
    assert mailgrant("practice", "time", "+31d").code == 0
    assert mailgrant("runs", "resume", "--due").code == 0
    assert mailgrant("verify", APP).code == 0


def test_a_group_that_another_scope_points_to_stays(mailgrant: CommandLine):
    other = mailgrant(
        *("apply", MAIN, "--yes", "--json", "--set", "instance=test"),
    )
    assert other.code == 0, other.err
    assert mailgrant("retire", APP, "--yes", "--after", "0s", "--json").code in (0, 75)
    done = mailgrant("retire", APP, "--yes", "--after", "0s", "--json")
    stays = [
        run
        for run in mailgrant("runs", "--json").json["runs"]
        if run["state"] == "done" and run["playbook"] == MAIN
    ]
    assert [run["instance"] for run in stays] == ["test"], done.err
    assert mailgrant("verify", "MyTimetable-test").code == 0


def test_a_colleague_retires_it_from_another_computer(home: Path, tmp_path: Path, fresh_home: Path):
    other = colleague(home, tmp_path)
    done = other("retire", APP, "--yes", "--after", "0s", "--json")
    assert done.code == 0, done.err
    assert objects(other.home) == objects(fresh_home)
