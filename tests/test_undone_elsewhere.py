"""Every kind of set-up can be undone on a computer that knows nothing of it: the world is as it was before."""

from pathlib import Path

import pytest

from tests.conftest import CommandLine
from tests.crowding import CLIENT, crowd, foreign
from tests.set_up import APP, MAIN, METTE, RECTOR, colleague
from tests.test_adoption import VENDOR
from toolkit.practice.seed.entries import app_id

COLOURS = ("--set", "colours=yes")
SET_UPS = {
    "a group": (MAIN, *COLOURS),
    "groups": (MAIN, *COLOURS, "--set", "mailboxes_by=groups"),
    "a filter": (MAIN, *COLOURS, "--set", "mailboxes_by=filter"),
    "a unit": (MAIN, *COLOURS, "--set", "mailboxes_by=administrative_unit"),
    "every mailbox": (MAIN, *COLOURS, "--set", "every_mailbox=yes", "--accept-every-mailbox"),
    "an adopted application": (MAIN, "--adopt", CLIENT),
}


@pytest.mark.parametrize("title", SET_UPS)
def test_a_set_up_is_undone_where_nothing_is_known_of_it(
    mailgrant: CommandLine, tmp_path: Path, title: str
):
    before = mailgrant.digest()
    done = mailgrant("apply", *SET_UPS[title], "--yes", "--json")
    assert done.code == 0, done.err
    other = colleague(mailgrant.home, tmp_path)

    undone = other("undo", f"mailgrant-{MAIN}-prod", "--yes", "--delete", "--json")

    assert undone.code == 0, undone.err
    assert {step["stays"] for step in undone.json["steps"]} == {""}
    assert other.digest() == before


def test_an_adopted_application_on_which_others_noted_something_is_undone_with_the_answers(
    mailgrant: CommandLine, tmp_path: Path
):
    crowd(mailgrant.practice)
    before, parts = mailgrant.digest(), foreign(mailgrant.practice)
    by_filter = ("--set", "mailboxes_by=filter")
    done = mailgrant("apply", MAIN, "--yes", "--adopt", CLIENT, *by_filter)
    assert done.code == 0, done.err
    other = colleague(mailgrant.home, tmp_path)

    name = f"mailgrant-{MAIN}-prod"
    unanswered = other("undo", name, "--yes", "--delete")
    assert (unanswered.code, "What to do:" in unanswered.err) == (2, True)
    said = (*by_filter, "--set", "filter=Department -eq 'History'")
    proof = ("--set", f"inside={METTE}", "--set", f"outside={RECTOR}")
    undone = other("undo", name, "--yes", "--delete", *said, *proof)

    assert undone.code == 0, undone.err
    assert other.digest() == before
    assert foreign(other.practice) == parts


def test_what_a_playbook_of_ones_own_set_up_is_undone_by_its_file(
    mailgrant: CommandLine, tmp_path: Path
):
    before, client = mailgrant.digest(), app_id("panels")
    file = tmp_path / "vendor.yaml"
    file.write_text(VENDOR, encoding="utf-8")
    assert mailgrant("apply", str(file), "--yes", "--set", f"client={client}").code == 75
    other = colleague(mailgrant.home, tmp_path)

    refused = other("undo", client, "--yes")
    assert refused.code == 1
    assert "a playbook that doesn't come with mailgrant" in " ".join(refused.err.split())
    assert "vendor.yaml" in refused.err
    undone = other("undo", str(file), "--yes", "--delete")

    assert undone.code == 0, undone.err
    assert other.digest() == before
    assert other("undo", APP, "--yes").code == 1
