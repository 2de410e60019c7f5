"""People sign in by the command line: two windows, somebody declines, closes one, or is somebody else."""

import pytest

from tests.conftest import CommandLine
from tests.practice.entra.browsing import ANNA, Browser
from tests.signing_in import by, of_tools
from tests.windows import accept, windows
from toolkit.systems.people import EXCHANGE_TOOLS, GRAPH_TOOLS, READING

MAIN = "mytimetable-graph"


def test_a_person_plans_sets_up_proves_and_undoes_in_two_windows(person: CommandLine):
    before = person.digest()
    with windows(person.home, accept()) as browser:
        ended = by(person, "setup", MAIN, "--yes", "--json")

    assert ended.code == 0, ended.err
    assert ended.json["proof"]["verdict"] == "proved"
    assert ended.json["tenant"]["who"] == f"{ANNA} by Microsoft's own clients"
    assert [url.split("client_id=")[1][:36] for url in browser.seen] == [
        GRAPH_TOOLS,
        EXCHANGE_TOOLS,
        GRAPH_TOOLS,
    ]
    assert "window 1 of 2" in ended.err
    assert "window 2 of 2" in ended.err
    with windows(person.home, accept()):
        undone = by(person, "undo", ended.json["run"], "--yes", "--json")
    assert undone.code == 0, undone.err
    assert not [step for step in undone.json["steps"] if step["stays"]]
    assert before != person.digest()  # consent stays until it is taken back


def test_somebody_who_declines_is_told_and_nothing_is_granted(person: CommandLine):
    def decline(browser: Browser) -> None:
        browser.sign_in()
        browser.press("Cancel").press("Continue")

    with windows(person.home, decline):
        ended = by(person, "plan", MAIN, "--yes")

    assert ended.code == 1
    assert "was refused" in ended.err
    assert not of_tools(person) & set(READING)


def test_a_window_that_is_closed_ends_it(person: CommandLine, monkeypatch: pytest.MonkeyPatch):
    from toolkit.systems import people

    monkeypatch.setattr(people, "PATIENCE", 0.5)
    with windows(person.home, lambda _page: None):
        ended = by(person, "plan", MAIN, "--yes")

    assert ended.code == 1
    assert "Nobody finished signing in" in ended.err
    assert "Traceback" not in ended.err


def test_two_people_in_two_windows_are_refused(person: CommandLine):
    who = iter([ANNA, "admin.exchange@northbridge.example"])

    def visit(page: Browser) -> None:
        accept(next(who))(page)

    with windows(person.home, visit):
        ended = by(person, "plan", MAIN, "--yes")

    assert ended.code == 1
    assert "Two people signed in" in ended.err
