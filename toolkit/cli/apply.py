"""The command `apply`, and what `setup` and `runs resume` share with it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from toolkit import gate, story
from toolkit import plan as planning
from toolkit.cli import colleague
from toolkit.cli.connect import Session, session
from toolkit.cli.options import (
    answers_of,
    applying_options,
    book_of,
    given_answers,
    print_json,
    settings_of,
    wait_of,
)
from toolkit.cli.plan import saved_plan
from toolkit.errors import LackingRightError, RefusedError, UsageError
from toolkit.home import Run
from toolkit.plan import Plan
from toolkit.story import Agreed, Told
from toolkit.systems.sign_in import SignInError

EXITS = {"proved": 0, "pending": 75, "failed": 1, "unknown": 1}
UNPROVED = {"failed": "Set up, and the proof FAILED.", "unknown": "Set up; not proved."}
"""What to say in place of done."""


@click.command(
    epilog="\b\nFor instance:\n  mailgrant --tenant practice apply mytimetable-graph --yes\n  mailgrant --tenant practice apply plan.json --yes"
)
@click.argument("what", metavar="PLAYBOOK|PLANFILE")
@applying_options
def apply(
    *,
    what: str,
    yes: bool,
    answers_file: Path | None,
    given: tuple[str, ...],
    adopt: str | None,
    wait: str | None,
    accept_every_mailbox: bool,
    expect_domain: str | None,
    as_json: bool,
) -> int:
    """Carry out a playbook, or exactly a saved plan, and prove it.

    Killed or stopped at any moment, the same line goes on where it was.
    """
    settings = settings_of(as_json=as_json)
    with session(settings) as here:
        expected(here, expect_domain, yes=yes, saved=what.endswith(".json"))
        if what.endswith(".json"):
            agreed = saved_plan(Path(what))
            with here.home.lock(story.lock_name(here.tenant, agreed.book, agreed.answers)):
                again = _agreed_again(here, agreed)
                return carry(
                    here,
                    again,
                    yes=yes,
                    wait=wait_of(wait, practice=here.tenant.practice),
                    accept=accept_every_mailbox,
                )
        book = book_of(what)
        answers = answers_of(here, book, given_answers(answers_file, given), yes=yes, adopt=adopt)
        with here.home.lock(story.lock_name(here.tenant, book, answers)):
            again = story.draw_or_resume(
                here.home, here.tenant, book, answers, here.terminal.working
            )
            return carry(
                here,
                again,
                yes=yes,
                wait=wait_of(wait, practice=here.tenant.practice),
                accept=accept_every_mailbox,
            )


def expected(here: Session, domain: str | None, *, yes: bool, saved: bool) -> None:
    """Refuse the wrong tenant, and --yes on a real tenant without saying which."""
    if domain and domain.lower() != here.tenant.domain.lower():
        raise RefusedError(
            f"This is {here.tenant.domain}, not {domain}.",
            fix="Choose the right tenant with --tenant.",
        )
    if yes and not here.tenant.practice and not (domain or saved):
        raise UsageError(
            "On a real tenant --yes needs a saved plan, or --expect-domain.",
            fix=f"Add --expect-domain {here.tenant.domain} if that is the tenant you mean.",
        )


def _agreed_again(here: Session, agreed: Plan) -> Agreed:
    """Take a saved plan if the tenant is still as it was, or the open run that began it."""
    if agreed.tenant["id"] != here.tenant.id:
        planning.refuse_difference(
            agreed, Plan(**{**agreed.__dict__, "tenant": planning.describe(here.tenant)})
        )
    try:
        again = story.draw_or_resume(
            here.home,
            here.tenant,
            agreed.book,
            agreed.answers,
            here.terminal.working,
            saved=agreed,
        )
    except LackingRightError as error:  # half the rights: do that half
        here.terminal.say(
            f"{error.message} So each step is compared with the plan when its turn comes.", "wait"
        )
        return Agreed(plan=agreed)
    if again.run is None:
        planning.refuse_difference(agreed, again.plan)
        colleague.refuse_second_key(here, agreed, again.found)
        if again.plan.needed:
            return Agreed(plan=agreed)
    elif again.plan.digest != agreed.digest:
        raise RefusedError(
            f"Run {again.run.id} is open with another plan.",
            fix=f"Carry it on (runs resume {again.run.id}), or take it back (undo {again.run.id}).",
        )
    return again


def carry(here: Session, agreed: Agreed, *, yes: bool, wait: timedelta, accept: bool) -> int:
    """Show a plan, have it agreed, carry it out, prove it, and say how it ended."""
    from toolkit import render

    plan, run = agreed.plan, agreed.run
    here.settings.state |= {"steps": [], "proof": None}
    here.terminal.still()
    if not here.settings.as_json:
        here.terminal.lines(render.plan_lines(plan))
    if run is not None:
        here.terminal.say(f"Carrying on run {run.id}.", "note")
    else:
        colleague.tell_second_key(here, plan, agreed.found)
    if run is None and plan.needed and not yes:
        if not here.terminal.can_ask:
            raise UsageError(
                "Nobody is there to agree to the plan.", fix="Add --yes, or run it at a terminal."
            )
        if not here.terminal.confirm(f"Apply this to {here.tenant.name} ({here.tenant.domain})?"):
            here.terminal.say("Nothing was changed.", "note")
            return 1
        here.tenant.memory.forget()
    _accepted(here, plan, accept=accept)
    try:
        told = story.carry_out(
            agreed,
            here.home,
            here.tenant,
            here.terminal,
            wait=wait,
            begun=lambda r: _begun(here, r),
        )
    except (LackingRightError, SignInError):
        colleague.point_out(here, plan)
        raise
    _hand_over(here, told)
    return tell(here, told, plan)


def _accepted(here: Session, plan: Plan, *, accept: bool) -> None:
    """Have what the plan says in red accepted by itself: what opens every mailbox, or locks people out."""
    if not plan.alarms or accept:
        return
    for alarm in plan.alarms:
        here.terminal.say(alarm, "alarm")
    if here.terminal.can_ask and here.terminal.confirm("Do you really mean that?"):
        return
    raise RefusedError(
        f"Nobody accepted in so many words: {' '.join(dict.fromkeys(plan.alarms))}",
        fix="Answer otherwise (a group instead of every mailbox), or add --accept-every-mailbox.",
    )


def _begun(here: Session, run: Run) -> None:
    here.settings.state["run"] = run.id
    here.settings.state["resume"] = here.line(f"runs resume {run.id}")


def _hand_over(here: Session, told: Told) -> None:
    from toolkit.cli.handover import write_pages

    if told.result.outcome in ("done", "pending", "nothing"):
        here.settings.state["pages"] = [str(path) for path in write_pages(told.run)]


def tell(here: Session, told: Told, plan: Plan) -> int:
    """Say how a run ended, as words or JSON, and give back the exit code."""
    result, terminal = told.result, here.terminal
    waits = not gate.passed(plan, told.run)
    data: dict[str, Any] = {
        "practice": here.tenant.practice,
        "tenant": planning.describe(here.tenant),
        "run": told.run.id,
        "outcome": result.outcome,
        "steps": [step.as_json() for step in result.steps],
        "proof": result.verdict.as_json() if result.verdict else None,
        "handover": here.settings.state.get("pages", []),
        "requests": dict(here.tenant.meter.counts),
    }
    here.settings.state.pop("resume", None)
    words = {
        "done": "Done.",
        "nothing": "Nothing to change.",
        "pending": "The first go is done." if waits else "Set up; the proof is pending.",
        "stopped": "Stopped.",
    }
    missed = UNPROVED.get(result.verdict.word) if result.verdict else None
    terminal.say(f"{missed or words[result.outcome]} Run {told.run.id}.", "title")
    if missed and result.outcome != "pending":
        terminal.exact(f"Look again once that is mended:  {here.line(f'verify {told.run.id}')}")
    if result.outcome == "pending":
        until = result.verdict.until if result.verdict else None
        when = (
            f" at {until:%H:%M} {'tenant time' if here.tenant.practice else 'UTC'} or later"
            if until
            else ""
        )
        said = " --confirmed" if gate.awaits(plan, told.run) else ""
        lead = "Once they have said yes" if said else f"Look again{when}"
        terminal.exact(f"{lead}:  {here.line(f'runs resume {told.run.id}{said}')}")
    for page in data["handover"]:
        terminal.exact(f"  {page}")
    if result.outcome != "pending":
        terminal.exact(f"Take it back with:  {here.line(f'undo {told.run.id}')}")
    if missed and plan.comes_again and not waits:
        terminal.exact(
            f"Give back only what the second go took away:  {here.line(f'undo {told.run.id} --second-go')}"
        )
    if here.settings.as_json:
        print_json(data)
    if result.verdict is None and result.outcome == "pending":
        return 75
    return EXITS[result.verdict.word] if result.verdict else 0
