"""An Exchange organization that was never customized: refused before the first write, then mended."""

import pytest

from tests.conftest import CommandLine
from tests.set_up import MAIN


@pytest.fixture
def dehydrated(mailgrant: CommandLine) -> CommandLine:
    mailgrant.switch("dehydrated on")
    return mailgrant


def test_a_set_up_is_refused_before_anything_is_written_and_says_what_to_run(
    dehydrated: CommandLine,
):
    ended = dehydrated("setup", MAIN, "--yes", "--json")
    assert ended.code == 1
    assert "doctor --customize" in ended.json["error"]["fix"]
    assert dehydrated.status()["requests"]["write"] == 0


def test_it_is_customized_by_a_step_of_its_own_that_undo_leaves(dehydrated: CommandLine):
    said = dehydrated("doctor", "--customize")
    assert said.code == 2
    assert "Nobody is there to agree" in said.err
    assert dehydrated.status()["requests"]["write"] == 0

    done = dehydrated("doctor", "--customize", "--yes", "--json")
    assert (done.code, done.json["outcome"]) == (0, "done"), done.err
    again = dehydrated("doctor", "--customize", "--yes", "--json")
    assert (again.code, again.json["outcome"]) == (0, "nothing")
    undone = dehydrated("undo", done.json["run"], "--yes", "--json")
    assert "no way back" in undone.json["steps"][0]["stays"]
    assert dehydrated("setup", MAIN, "--yes", "--json").json["proof"]["verdict"] == "proved"


def test_the_plan_of_it_says_that_there_is_no_way_back(dehydrated: CommandLine):
    said = dehydrated("doctor", "--customize", "--yes")
    assert "no way back" in said.err


def test_a_customized_organization_is_left_alone(mailgrant: CommandLine):
    ended = mailgrant("doctor", "--customize", "--yes", "--json")
    assert (ended.code, ended.json["outcome"]) == (0, "nothing")
    assert mailgrant.status()["requests"]["write"] == 0


@pytest.mark.parametrize(
    "words", [(MAIN, "--customize"), ("--customize", "--script"), ("--script", "--set", "a=b")]
)
def test_what_does_not_go_together_is_refused(mailgrant: CommandLine, words: tuple[str, ...]):
    ended = mailgrant("doctor", *words, "--yes")
    assert ended.code == 2
    assert "stand alone" in ended.err
    assert mailgrant.status()["requests"]["write"] == 0
