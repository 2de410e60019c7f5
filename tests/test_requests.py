"""How many requests a set-up takes, its re-run and its plan, where nothing has to be waited for."""

import pytest

from tests.conftest import CommandLine
from toolkit import playbook

CALM = ("lag off", "sts-lag off", "cache off")


def requests(mailgrant: CommandLine, *words: str) -> int:
    """Run a command and tell how many requests the practice tenant saw, parts of batches included."""
    before = seen(mailgrant)
    ended = mailgrant(*words, "--yes", "--json")
    assert ended.code == 0, ended.err
    return seen(mailgrant) - before


def seen(mailgrant: CommandLine) -> int:
    counts: dict[str, int] = mailgrant.status()["requests"]
    return sum(counts.values())


@pytest.mark.parametrize("name", playbook.names())
def test_a_set_up_stays_within_40_requests_its_re_run_within_25_and_its_plan_within_15(
    mailgrant: CommandLine, name: str
):
    mailgrant.switch(*CALM)

    assert requests(mailgrant, "setup", name) <= 40
    assert requests(mailgrant, "setup", name) <= 25
    assert requests(mailgrant, "plan", name) <= 15


def test_what_a_set_up_says_of_its_requests_is_what_the_tenant_saw(mailgrant: CommandLine):
    ended = mailgrant("setup", "mytimetable-graph", "--yes", "--json")

    assert sum(ended.json["requests"].values()) == seen(mailgrant)


@pytest.mark.parametrize("name", playbook.names())
def test_waiting_for_replicas_adds_polls_and_nothing_else(mailgrant: CommandLine, name: str):
    ended = mailgrant("setup", name, "--yes", "--json")

    assert ended.json["requests"]["poll"] > 0
    assert ended.json["requests"]["request"] <= 40
