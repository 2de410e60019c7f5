"""A mailbox of the proof on the wrong side of the fence is refused before anything is written."""

import pytest

from tests.conftest import CommandLine, set_options
from tests.set_up import MAIN, METTE, RECTOR

EVERY_PERSON = {"mailboxes_by": "filter", "filter": "RecipientTypeDetails -eq 'UserMailbox'"}
HISTORIANS = {"mailboxes_by": "filter", "filter": "Department -eq 'History'"}


@pytest.mark.parametrize(
    ("answers", "mailbox", "question"),
    [
        (EVERY_PERSON, RECTOR, "outside"),
        ({**HISTORIANS, "inside": RECTOR, "outside": METTE}, RECTOR, "inside"),
        ({"mailboxes_by": "groups", "inside": RECTOR, "outside": METTE}, RECTOR, "inside"),
        (
            {"mailboxes_by": "administrative_unit", "inside": RECTOR, "outside": METTE},
            RECTOR,
            "inside",
        ),
    ],
)
def test_it_is_named_and_nothing_is_written(
    mailgrant: CommandLine, answers: dict[str, str], mailbox: str, question: str
):
    ended = mailgrant("setup", MAIN, "--yes", "--json", *set_options(answers))

    assert ended.code in (1, 2)
    assert mailbox in ended.json["error"]["message"]
    assert question in ended.json["error"]["fix"]
    assert mailgrant.status()["requests"]["write"] == 0


def test_a_member_of_a_group_that_is_there_can_not_be_outside(mailgrant: CommandLine):
    group = "history-calendars@northbridge.example"
    seen = mailgrant("plan", MAIN, "--yes", "--json", "--set", f"group={group}")
    assert seen.code == 0, seen.err
    (reach,) = [c["reach"] for c in seen.json["changes"] if c["do"] == "mailbox_scope"]
    other = next(each for each in reach["samples"] if each != METTE)

    ended = mailgrant(
        "plan", MAIN, "--yes", "--json", *set_options({"group": group, "outside": other})
    )

    assert ended.code == 2
    assert f"{other} must stay closed" in ended.json["error"]["message"]
