"""The first five laws, for every playbook that ships and those of the tests, with every pair of answers."""

from typing import Any

import pytest

from tests.answers import every_pair
from tests.conftest import PLAYBOOKS, CommandLine, set_options

CASES = every_pair(PLAYBOOKS)


@pytest.fixture
def answers(combination: dict[str, Any]) -> list[str]:
    return set_options(combination)


ACCEPT = "--accept-every-mailbox"


@pytest.mark.parametrize(("name", "combination"), CASES)
def test_plan_writes_nothing(mailgrant: CommandLine, name, combination, answers):
    before = mailgrant.digest()
    ended = mailgrant("plan", name, "--yes", *answers, "--check")

    assert ended.code == 3, ended.err
    assert mailgrant.status()["requests"]["write"] == 0
    assert mailgrant.digest() == before


@pytest.mark.parametrize(("name", "combination"), CASES)
def test_applied_twice_writes_once_verify_agrees_undo_restores_and_it_can_be_applied_again(
    mailgrant: CommandLine, name, combination, answers
):
    before = mailgrant.digest()

    first = mailgrant.carried_out(name, ACCEPT, *answers)
    assert first.code == 0, first.err
    assert first.json["proof"]["verdict"] == "proved"
    after, writes = mailgrant.digest(), mailgrant.status()["requests"]["write"]
    assert writes > 0

    second = mailgrant("apply", name, "--yes", "--json", ACCEPT, *answers)
    assert (second.code, second.json["outcome"]) == (0, "nothing"), second.err
    assert mailgrant.status()["requests"]["write"] == writes
    assert mailgrant.digest() == after

    plan = mailgrant("plan", name, "--yes", "--json", *answers)
    assert {change["verb"] for change in plan.json["changes"]} == {"keep"}
    verified = mailgrant("verify", name, "--json")
    assert verified.code == 0, verified.err
    assert verified.json["proof"]["verdict"] == "proved"
    assert mailgrant.status()["requests"]["write"] == writes

    undone = mailgrant("undo", first.json["run"], "--yes", "--json")
    assert (undone.code, undone.json["outcome"]) == (0, "undone"), undone.err
    assert mailgrant.digest() == before
    assert [step["stays"] for step in undone.json["steps"]] == [""] * len(undone.json["steps"])
    kept = mailgrant.home / "keep"
    assert [each.name for each in kept.glob("*")] in ([], ["README.txt"])

    again = mailgrant.carried_out(name, ACCEPT, *answers)
    assert (again.code, again.json["outcome"]) == (0, "done"), again.err
    assert again.json["run"] != first.json["run"]
    assert again.json["proof"]["verdict"] == "proved"
