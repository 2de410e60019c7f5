"""How many requests a set-up takes, its re-run and its plan, where nothing has to be waited for."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.answers import every_value
from tests.conftest import CommandLine, called, set_options
from toolkit import certificates, playbook

CALM = ("lag off", "sts-lag off", "cache off")
CASES = every_value(playbook.names())
FIRST, AGAIN, PLAN = 40, 25, 15
LONGER = {"jadu-xfp": (55, 25, 15), "mytimetable-outlook-rest": (85, 25, 20)}
"""What takes more: Jadu makes a secret and proves it; the other has two goes, each with its own proof."""
MORE = {
    ("graph-application", "mailboxes-group-directory"): 43,
    ("graph-application", "mailboxes-groups-directory"): 41,
}
"""What takes more with the certificate of a vendor: groups, admin consent and a key for the proof in one."""


def asked_by(name: str) -> set[str]:
    return {each.name for each in playbook.load(name).questions}


def requests(mailgrant: CommandLine, *words: str) -> int:
    """Run a command and tell how many requests the practice tenant saw, parts of batches included."""
    before = seen(mailgrant)
    ended = mailgrant(*words, "--yes", "--json")
    assert ended.code == 0, ended.err
    return seen(mailgrant) - before


def seen(mailgrant: CommandLine) -> int:
    counts: dict[str, int] = mailgrant.status()["requests"]
    return sum(counts.values())


def of_a_set_up(mailgrant: CommandLine, name: str, *options: str) -> tuple[int, int, int]:
    """Count the first set-up, its re-run, and its plan."""
    mailgrant.switch(*CALM)
    accept = "--accept-every-mailbox"
    first = requests(mailgrant, "setup", name, accept, *options)
    again = requests(mailgrant, "setup", name, accept, *options)
    return first, again, requests(mailgrant, "plan", name, *options)


@pytest.mark.parametrize(("name", "combination"), CASES)
def test_a_set_up_stays_within_40_requests_its_re_run_within_25_and_its_plan_within_15(
    mailgrant: CommandLine, name: str, combination: dict[str, Any]
):
    most = LONGER.get(name, (FIRST, AGAIN, PLAN))

    took = of_a_set_up(mailgrant, name, *set_options(combination))

    assert [a <= b for a, b in zip(took, most, strict=True)] == [True] * 3, took


@pytest.mark.parametrize(
    ("name", "combination"),
    every_value(n for n in playbook.names() if "certificate_file" in asked_by(n)),
)
def test_so_it_does_with_the_certificate_of_a_vendor(
    mailgrant: CommandLine, tmp_path: Path, name: str, combination: dict[str, Any]
):
    pair = certificates.make("vendor", days=300, now=datetime.now(UTC))
    (tmp_path / "vendor.cer").write_bytes(pair.certificate.der)
    first, again, plan = LONGER.get(name, (FIRST, AGAIN, PLAN))
    most = (MORE.get((name, called(combination)), first), again, plan)

    took = of_a_set_up(
        mailgrant,
        name,
        *set_options(combination),
        "--set",
        f"certificate_file={tmp_path / 'vendor.cer'}",
    )

    assert [a <= b for a, b in zip(took, most, strict=True)] == [True] * 3, took


def test_what_a_set_up_says_of_its_requests_is_what_the_tenant_saw(mailgrant: CommandLine):
    ended = mailgrant("setup", "mytimetable-graph", "--yes", "--json")

    assert sum(ended.json["requests"].values()) == seen(mailgrant)


@pytest.mark.parametrize("name", playbook.names())
def test_waiting_for_replicas_adds_polls_and_nothing_else(mailgrant: CommandLine, name: str):
    ended = mailgrant("setup", name, "--yes", "--json")

    assert ended.json["requests"]["poll"] > 0
    assert ended.json["requests"]["request"] <= LONGER.get(name, (FIRST,))[0]
