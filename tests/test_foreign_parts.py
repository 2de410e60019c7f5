"""What others have on an application and in a group that mailgrant was given survives everything."""

import pytest

from tests.conftest import CommandLine, Ended
from tests.crowding import CLIENT, DISPLAY, EXISTING, crowd, foreign
from tests.set_up import FEMKE, MAIN, METTE

INSIDE = "room.b101@northbridge.example"
GIVEN = ("--adopt", CLIENT, "--set", f"group={EXISTING}", "--set", f"inside={INSIDE}")
BY_FILTER = ("--adopt", CLIENT, "--set", "mailboxes_by=filter", "--set", "colours=yes")


@pytest.fixture
def crowded(mailgrant: CommandLine) -> CommandLine:
    crowd(mailgrant.practice)
    return mailgrant


def well(ended: Ended, code: int = 0) -> Ended:
    assert ended.code == code, ended.err
    return ended


def test_every_command_leaves_the_parts_of_others_as_they_are(crowded: CommandLine):
    before, digest = foreign(crowded.practice), crowded.digest()

    def go(*line: str, code: int = 0) -> Ended:
        ended = well(crowded(*line), code)
        assert foreign(crowded.practice) == before, line
        return ended

    go("setup", MAIN, "--yes", *GIVEN)
    go("apply", MAIN, "--yes", *GIVEN)
    go("apply", MAIN, "--yes", *BY_FILTER)
    go("apply", MAIN, "--yes", *GIVEN, "--set", "colours=yes")
    stopped = go("stop", DISPLAY, "--yes", "--json").json["run"]
    go("undo", stopped, "--yes")
    retired = go("retire", DISPLAY, "--yes", "--json", code=75).json["run"]
    go("undo", retired, "--yes")
    while go("undo", DISPLAY, "--yes", "--json").json["outcome"] == "undone":
        pass
    assert crowded.digest() == digest
    assert not list((crowded.home / "keep").glob("*.pem"))


def test_members_come_and_go_beside_those_of_others(crowded: CommandLine):
    digest, parts = crowded.digest(), foreign(crowded.practice)
    well(crowded("apply", MAIN, "--yes", *GIVEN))
    there = well(crowded("members", "list", DISPLAY, "--json")).json["members"]
    file = crowded.home / "list.txt"
    file.write_text("\n".join((*there, METTE)), encoding="utf-8")
    changes = [
        ("add", DISPLAY, FEMKE),
        ("sync", DISPLAY, "--file", str(file)),
        ("remove", DISPLAY, METTE),
    ]
    runs = []
    for change in changes:
        assert crowded("members", *change, "--yes").code == 1, "a group of others"
        line = ("members", *change, "--yes", "--insist", "--wait", "3h", "--json")
        runs.append(well(crowded(*line)).json["run"])
    assert well(crowded("members", "list", DISPLAY, "--json")).json["members"] == there
    well(crowded("undo", runs[-1], "--yes"))
    assert METTE in well(crowded("members", "list", DISPLAY, "--json")).json["members"]

    for run in reversed(runs[:-1]):
        well(crowded("undo", run, "--yes"))
    well(crowded("undo", DISPLAY, "--yes"))

    assert crowded.digest() == digest
    assert foreign(crowded.practice) == parts


def test_a_retired_application_of_others_is_given_back(crowded: CommandLine):
    digest, parts = crowded.digest(), foreign(crowded.practice)
    well(crowded("apply", MAIN, "--yes", *GIVEN))
    well(crowded("retire", DISPLAY, "--yes", "--after", "0s"))

    assert foreign(crowded.practice) == parts
    assert crowded.digest() == digest
