"""The command `undo`: take back what a run did, and nothing else."""

import click

from toolkit import days, renewing, story
from toolkit import undo as taking_back
from toolkit.book import DAYS
from toolkit.cli import changes
from toolkit.cli.connect import Session, session
from toolkit.cli.options import (
    given_answers,
    json_option,
    print_json,
    set_option,
    settings_of,
    yes_option,
)
from toolkit.errors import RefusedError, UsageError
from toolkit.home import Run
from toolkit.plan import Plan

RENEWING = ("secrets", renewing.ROLLOVER)
"""The runs that give a set-up another key or secret."""


@click.command(
    epilog="\b\nFor instance:\n  mailgrant --tenant practice undo MyTimetable-prod --yes"
)
@click.argument("what", metavar="RUN|APP")
@yes_option
@click.option(
    "--force",
    is_flag=True,
    help="Remove what this run made even where somebody else has changed it since.",
)
@click.option(
    "--delete",
    is_flag=True,
    help="Delete an application that has signed in since, instead of disabling it.",
)
@click.option(
    "--second-go",
    is_flag=True,
    help="Give back only what the run's second go took away; the first go stands.",
)
@set_option
@json_option
def undo(
    *,
    what: str,
    yes: bool,
    force: bool,
    delete: bool,
    second_go: bool,
    given: tuple[str, ...],
    as_json: bool,
) -> int:
    """Take back what a run did, newest first, and nothing else.

    What somebody else added stays, and is named. Stopped at any moment, the same line goes on. A
    set-up that another computer made is found by its marks in the tenant; --set gives what they
    don't tell.
    """
    settings = settings_of(as_json=as_json)
    with session(settings) as here:
        run = changes.run_of(here, what, given_answers(None, given))
        plan = story.plan_of(run)
        with here.home.lock(story.lock_name(here.tenant, plan.book, plan.answers)):
            if second_go:
                return give_back(here, run, plan, yes=yes)
            return take_back(here, run, yes=yes, force=force, delete=delete)


def give_back(here: Session, run: Run, plan: Plan, *, yes: bool) -> int:
    """Undo a run's second go after a yes; the run then waits for it again."""
    story.same_tenant(run, here.tenant)
    second = {planned.name for planned in plan.changes if planned.second}
    names = [name for name in run.journal.steps() if name in second]
    if not names:
        here.terminal.say(f"Run {run.id} has no second go to take back.", "note")
        _json(here, run, "nothing", [])
        return 0
    _refuse_older(here, run)
    _agree(here, run, names, yes=yes)
    here.settings.state["run"] = run.id
    here.settings.state["resume"] = here.line(f"undo {run.id} --second-go")
    results = taking_back.undo_some(run, names, here.tenant, here.terminal)
    here.settings.state.pop("resume")
    here.terminal.say(f"The second go of run {run.id} is taken back.", "title")
    here.terminal.exact(f"Go there again with:  {here.line(f'runs resume {run.id}')}")
    _json(here, run, "second go undone", [result.as_json() for result in results])
    return 0


def take_back(here: Session, run: Run, *, yes: bool, force: bool, delete: bool) -> int:
    """Undo a run after a yes, and say what stays."""
    story.same_tenant(run, here.tenant)
    if run.state == "undone" or not run.journal.steps():
        here.terminal.say(f"Run {run.id}: nothing to take back.", "note")
        if run.state != "undone":
            run.journal.add("undo", force=force, delete=delete)
            run.journal.add("undone run", stays=[])
        _json(here, run, "nothing", [])
        return 0
    _refuse_older(here, run, force=force)
    _agree(here, run, run.journal.steps(), yes=yes)
    here.settings.state["run"] = run.id
    here.settings.state["resume"] = here.line(f"undo {run.id}")
    days.own_traces(here.home, run)
    results = taking_back.undo(run, here.tenant, here.terminal, force=force, delete=delete)
    days.close_after(here.home, run, *DAYS, renewing.ROLLOVER)
    renewing.untrace(here.home, story.plan_of(run), run)
    here.settings.state.pop("resume")
    stays = [result for result in results if result.stays]
    here.terminal.say(
        f"Undone: run {run.id}." + (f" {len(stays)} left in place, as said." if stays else ""),
        "title",
    )
    _json(
        here,
        run,
        "undone",
        [result.as_json() for result in results],
    )
    return 0


def _refuse_older(here: Session, run: Run, *, force: bool = False) -> None:
    """Refuse to pull a run out from under a later one of the same set-up, or one that gave it a new key."""
    runs = here.home.runs_of(*run.set_up)
    places = {each.id: place for place, each in enumerate(runs)}
    later = [
        each
        for each in runs[places[run.id] + 1 :]
        if each.state != "undone" and each.journal.steps()
    ]
    if not force:
        later += [r for r in days.runs_after(here.home, run, *RENEWING) if r.journal.steps()]
    if later:
        raise RefusedError(
            f"Run {later[-1].id} of the same set-up came later and builds on this one.",
            fix=f"Undo that first: {here.line(f'undo {later[-1].id}')}",
        )


def _agree(here: Session, run: Run, names: list[str], *, yes: bool) -> None:
    here.terminal.say(
        f"Undo run {run.id} in {here.tenant.name} ({here.tenant.domain}), newest first:", "title"
    )
    for name in reversed(names):
        record = run.journal.announced(name) or {}
        here.terminal.say(f"  - {record.get('title', name)}")
    if yes:
        return
    if not here.terminal.can_ask:
        raise UsageError("Nobody is there to agree.", fix="Add --yes, or run it at a terminal.")
    if not here.terminal.confirm("Take this back?"):
        raise UsageError("Nothing was changed.", fix="Run it again when you mean it.")


def _json(here: Session, run: Run, outcome: str, steps: list[dict[str, str]]) -> None:
    if here.settings.as_json:
        print_json(
            {
                "practice": here.tenant.practice,
                "run": run.id,
                "outcome": outcome,
                "steps": steps,
                "requests": dict(here.tenant.meter.counts),
            }
        )
