"""One set-up made through the front door, copied for each test."""

import shutil
from pathlib import Path

from tests.conftest import CommandLine

MAIN = "mytimetable-graph"
APP = "MyTimetable-prod"
METTE = "mette.jansen@northbridge.example"
RECTOR = "rector@northbridge.example"
FEMKE = "femke.bakker@northbridge.example"
LOTTE = "lotte.mulder@northbridge.example"
GROUP = "timetable-mailboxes@northbridge.example"


def made(fresh_home: Path, folder: Path, *arguments: str) -> Path:
    """Make a home in which the main playbook was applied and proved."""
    home = Path(shutil.copytree(fresh_home, folder / "home"))
    ended = CommandLine(home)("apply", MAIN, "--yes", *arguments)
    assert ended.code == 0, ended.err
    return home


def copied(home: Path, folder: Path) -> CommandLine:
    """Give a test its own copy."""
    return CommandLine(Path(shutil.copytree(home, folder / "home")))


def colleague(home: Path, folder: Path) -> CommandLine:
    """Give a colleague's computer: the same tenant, and a home without runs or keys."""
    place = folder / "colleague"
    shutil.copytree(home / "practice", place / "practice")
    return CommandLine(place)


def inside(mailgrant: CommandLine) -> list[str]:
    """List who is inside, as mailgrant says."""
    return list(mailgrant("members", "list", APP, "--json").json["members"])
