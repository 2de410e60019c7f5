from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.homes import StandingClock, made, plan, tree
from toolkit import failpoint
from toolkit.errors import HomeError, NotFoundError
from toolkit.home import Home


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def home(tmp_path: Path, clock: StandingClock) -> Home:
    home = Home(tmp_path / "home", clock)
    home.prepare()
    return home


def test_a_new_run_lies_whole_in_its_own_folder(home):
    run = home.new_run(plan())

    assert run.id.startswith("2026-11-20-graph-prod-")
    assert run.plan() == plan()
    assert (run.opening["tenant"], run.opening["playbook"], run.opening["instance"]) == run.set_up
    assert tree(home.path) == [
        "runs",
        f"runs/{run.id}",
        f"runs/{run.id}/journal.jsonl",
        f"runs/{run.id}/plan.json",
    ]


def test_a_plan_may_hold_whatever_a_tenant_answers(home):
    strange = {**plan(), "title": "\ud800 \u2028 🔒"}

    assert home.new_run(strange).plan() == strange


def test_runs_are_listed_in_the_order_they_were_begun_whatever_the_tenants_clock_says(home, clock):
    begun = []
    for day in (20, 25, 1, 3):
        clock.time = datetime(2026, 11, day, tzinfo=UTC)
        begun.append(home.new_run(plan()).id)

    assert [run.id for run in home.runs()] == begun


def test_a_home_without_runs_lists_none_and_makes_nothing(tmp_path, clock):
    assert Home(tmp_path / "none", clock).runs() == []
    assert tree(tmp_path) == []


def test_what_else_lies_among_the_runs_is_no_run(home):
    run = home.new_run(plan())
    (home.runs_folder / "notes.txt").write_text("x", encoding="utf-8")
    (home.runs_folder / ".DS_Store").write_bytes(b"\0")
    (home.runs_folder / "empty").mkdir()
    (home.runs_folder / "odd" / "journal.jsonl").mkdir(parents=True)

    assert [each.id for each in home.runs()] == [run.id]


def test_a_run_is_found_by_its_id(home):
    first, second = home.new_run(plan()), home.new_run(plan("test"))

    assert home.run(first.id).id == first.id
    assert home.run(second.id).id == second.id


@pytest.mark.parametrize("name", ["c-1", "C-1", "o-1", "MyTimetable-prod", "mytimetable-PROD"])
def test_a_run_is_found_by_its_application(home, name):
    run = made(home.new_run(plan()), client_id="c-1", id="o-1", name="MyTimetable-prod")
    made(home.new_run(plan("test")), client_id="c-2", id="o-2", name="MyTimetable-test")

    assert home.run(name).id == run.id


def test_an_application_leads_to_the_newest_run_of_its_set_up_even_if_that_kept_the_application(
    home,
):
    made(home.new_run(plan()), client_id="c-1")
    later = home.new_run(plan())
    home.new_run(plan(tenant="t-2"))

    assert home.run("c-1").id == later.id


def test_an_application_leads_to_what_is_there_before_what_was_undone(home):
    first = made(home.new_run(plan()), client_id="c-1")
    second = made(home.new_run(plan()), client_id="c-1")

    second.journal.add("undone run")
    assert home.run("c-1").id == first.id
    first.journal.add("undone run")
    assert home.run("c-1").id == second.id
    assert home.run(first.id).id == first.id


def test_an_application_that_was_removed_by_a_run_is_no_trouble(home):
    run = home.new_run(plan())
    run.journal.add("confirmed", step="app", do="app", seen=None)

    with pytest.raises(NotFoundError):
        home.run("c-1")


def test_an_unknown_run_is_answered_with_the_newest_and_the_one_that_was_meant(home):
    run = home.new_run(plan())
    wrong = run.id[:-1] + ("0" if run.id[-1] != "0" else "1")

    with pytest.raises(NotFoundError, match=wrong) as refused:
        home.run(wrong)

    assert refused.value.fix == f"Did you mean {run.id}? The newest runs: {run.id}."


def test_an_empty_home_says_that_there_is_none_yet(home):
    with pytest.raises(NotFoundError) as refused:
        home.run("x")

    assert refused.value.fix == "The newest runs: none yet."


def test_the_runs_of_a_set_up_are_of_one_tenant_playbook_and_instance(home):
    run = home.new_run(plan())
    for other in (plan("test"), plan(tenant="t-2"), plan(playbook="ews")):
        home.new_run(other)

    assert [each.id for each in home.runs_of("t-1", "graph", "prod")] == [run.id]


def test_two_set_ups_whose_names_run_together_stay_apart(home):
    one = home.new_run(plan("b-c", playbook="a"))
    other = home.new_run(plan("c", playbook="a-b"))

    assert [each.id for each in home.runs_of("t-1", "a", "b-c")] == [one.id]
    assert [each.id for each in home.runs_of("t-1", "a-b", "c")] == [other.id]


# ---- what a run is ----

UNTIL = "2026-11-20T12:00:00+00:00"
STORIES = [
    ([], "open", False),
    (["announced", "refused", "verdict"], "open", False),
    (["pending"], "pending", False),
    (["pending", "announced"], "pending", False),
    (["pending", "finished"], "done", False),
    (["finished"], "done", False),
    (["finished", "pending"], "pending", False),
    (["finished", "undo"], "open", True),
    (["finished", "undo", "undoing", "undone"], "open", True),
    (["pending", "undo", "undone run"], "undone", False),
    (["finished", "undo", "undone run", "damaged"], "undone", False),
    (["undo", "undone run", "undo"], "open", True),
]


@pytest.mark.parametrize(("story", "state", "undoing"), STORIES)
def test_a_run_is_what_the_last_word_of_its_journal_says(home, story, state, undoing):
    run = home.new_run(plan())
    for event in story:
        run.journal.add(event, step="app", until=UNTIL)

    again = home.run(run.id)
    assert (again.state, again.undoing) == (state, undoing)
    assert again.until == (datetime.fromisoformat(UNTIL) if state == "pending" else None)


def test_a_pending_run_may_not_know_until_when(home):
    run = home.new_run(plan())
    run.journal.add("pending", until=None)

    assert (run.state, run.until) == ("pending", None)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000])
def test_a_damaged_plan_is_a_sentence_that_leads_out(home, data):
    run = home.new_run(plan())
    run.plan_file.write_bytes(data)

    with pytest.raises(HomeError, match=f"The plan of run {run.id} can't be read") as refused:
        run.plan()

    assert str(run.folder) in refused.value.fix


def test_a_plan_that_is_gone_is_a_sentence(home):
    run = home.new_run(plan())
    run.plan_file.unlink()

    with pytest.raises(HomeError, match="can't be read"):
        run.plan()


# ---- killed while a run begins ----


class Killed(BaseException):
    pass


def places(home: Home) -> list[str]:
    seen: list[str] = []
    failpoint.set_hook(seen.append)
    try:
        home.new_run(plan("dry"))
    finally:
        failpoint.set_hook(None)
    return seen


def test_cut_short_at_any_place_a_run_is_not_there_and_the_next_one_sweeps_up(home):
    reached = places(home)
    assert len(reached) >= 8
    runs = len(home.runs())
    for number in range(len(reached)):
        seen: list[str] = []

        def cut(name: str, seen: list[str] = seen, last: int = number) -> None:
            seen.append(name)
            if len(seen) > last:
                raise Killed

        failpoint.set_hook(cut)
        try:
            with pytest.raises(Killed):
                home.new_run(plan("prod"))
        finally:
            failpoint.set_hook(None)
        assert len(home.runs()) == runs, reached[number]

        home.new_run(plan("prod"))
        runs += 1
        assert len(home.runs()) == runs == len(list(home.runs_folder.iterdir()))


def test_what_another_set_up_is_just_making_is_not_swept_away(home):
    failpoint.set_hook(lambda name: (_ for _ in ()).throw(Killed) if "journal" in name else None)
    try:
        with pytest.raises(Killed):
            home.new_run(plan(tenant="t-2"))
    finally:
        failpoint.set_hook(None)
    half = tree(home.runs_folder)

    home.new_run(plan())

    assert half
    assert set(half) <= set(tree(home.runs_folder))
