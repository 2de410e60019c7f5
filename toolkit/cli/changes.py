"""What the commands of the days after share: find the set-up, have the change agreed, carry it out, tell."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from toolkit import days, playbook, rebuilding, renewing, setups, story
from toolkit import plan as planning
from toolkit.book import DAYS
from toolkit.cli.apply import EXITS, UNPROVED
from toolkit.cli.connect import Session
from toolkit.cli.options import print_json
from toolkit.errors import NotFoundError, RefusedError, UsageError
from toolkit.home import Run
from toolkit.plan import Plan
from toolkit.playbook import Playbook
from toolkit.setups import SetUp, Target
from toolkit.steps.base import Mark
from toolkit.verdicts import Verdict

PENDING = 75


def set_up_of(here: Session, name: str, given: Mapping[str, Any]) -> SetUp:
    """Find a set-up by run, application or unique name; here, or by its marks in the tenant.

    One that this home doesn't know is looked at, and not recorded here. A playbook's file stands
    for the set-up that was made by it.
    """
    book, name = _by_file(name, given)
    run = setups.run_here(here.home, here.tenant, name)
    if run is not None and run.set_up[1] in DAYS:
        run = _changed_by(here, run)
    if run is not None and run.state != "undone":
        story.same_tenant(run, here.tenant)
        return setups.look(run, here.tenant, here.terminal.working)
    principal = setups.marked_as(here.tenant, name)
    if principal is None:
        if run is not None:
            raise NotFoundError(
                f"Run {run.id} was undone, and nothing in the tenant bears its mark.",
                fix="`mailgrant setup` sets it up again.",
            )
        raise _unknown(name)
    known = here.home.runs_of(
        here.tenant.id, principal["mark"].playbook, principal["mark"].instance
    )
    mine = [each for each in known if setups.stands(each)]
    if mine and not given:
        return setups.look(mine[-1], here.tenant, here.terminal.working)
    ask = here.terminal.ask if here.terminal.can_ask else None
    return setups.look_by_marks(
        principal, here.tenant, given, ask, here.terminal.working, book=book
    )


def _by_file(name: str, given: Mapping[str, Any]) -> tuple[Playbook | None, str]:
    if not name.lower().endswith((".yaml", ".yml")):
        return None, name
    book = playbook.load(name)
    return book, Mark(book.name, str(given.get("instance", "prod"))).name


def target_of(here: Session, name: str) -> Target:
    """Find a set-up's application without looking at anything else of it: a stop can't wait."""
    run = setups.run_here(here.home, here.tenant, name)
    if run is not None and run.set_up[1] in DAYS:
        run = _changed_by(here, run)
    if run is not None and run.state != "undone":
        story.same_tenant(run, here.tenant)
        return setups.target_of(run)
    found = setups.marked_as(here.tenant, name)
    if found is None:
        raise _unknown(name)
    shown = str(found.get("displayName") or found["mark"].name)
    return Target(mark=found["mark"], client_id=found["appId"], name=shown)


def _unknown(name: str) -> NotFoundError:
    return NotFoundError(
        f"Nothing in this home or this tenant is called {name!r} and bears mailgrant's mark.",
        fix="`mailgrant runs` lists what this home set up, `verify --all` what the tenant shows.",
    )


def lock_name(here: Session, target: Target) -> str:
    """Name the lock of a set-up."""
    return f"{here.tenant.id}-{target.mark.playbook}-{target.mark.instance}"


def _changed_by(here: Session, run: Run) -> Run:
    """Find the set-up's own run behind a change of it."""
    wanted = run.plan()["answers"]["set_up"]
    mine = [
        each
        for each in here.home.runs()
        if each.set_up[0] == run.set_up[0] and "-".join(each.set_up[1:]) == wanted
    ]
    return ([each for each in mine if each.state != "undone"] or mine or [run])[-1]


def run_of(here: Session, name: str, given: Mapping[str, Any]) -> Run:
    """Find a set-up's run, or record in this home what the tenant shows of it."""
    run = setups.run_here(here.home, here.tenant, _by_file(name, given)[1])
    if run is not None and run.state != "undone":
        return run
    if run is not None and setups.marked_as(here.tenant, _by_file(name, given)[1]) is None:
        return run
    return recorded(here, set_up_of(here, name, given))


def recorded(here: Session, found: SetUp) -> Run:
    """Give a set-up's run; one of another computer's is recorded here first."""
    if found.run is not None:
        return found.run
    with here.home.lock(story.lock_name(here.tenant, found.plan.book, found.plan.answers)):
        run = rebuilding.rebuild(found, here.home)
    here.terminal.say(
        f"This home didn't know {found.name}. Recorded from its marks in the tenant: run {run.id}.",
        "note",
    )
    return run


def agree(here: Session, drawn: Plan, *, yes: bool, saying: tuple[str, ...] = ()) -> None:
    """Show a change and have it agreed; raises UsageError where nobody does."""
    from toolkit import render

    here.terminal.still()
    if not here.settings.as_json:
        here.terminal.lines(render.plan_lines(drawn))
    for words in saying:
        here.terminal.say(words, "note")
    if yes:
        return
    if not here.terminal.can_ask:
        raise UsageError(
            "Nobody is there to agree to the plan.", fix="Add --yes, or run it at a terminal."
        )
    if not here.terminal.confirm(f"Do this in {here.tenant.name} ({here.tenant.domain})?"):
        raise RefusedError("Nothing was changed.", fix="Run it again when you mean it.")


def begin(here: Session, drawn: Plan, run: Run | None) -> Run:
    """Make the run of a change, or go on in the one that was begun."""
    if run is None:
        here.home.prepare()
        run = here.home.new_run(drawn.as_json())
    else:
        here.terminal.say(f"Carrying on run {run.id}.", "note")
    here.settings.state["run"] = run.id
    here.settings.state["resume"] = here.line(f"runs resume {run.id}")
    return run


def carry(
    here: Session,
    drawn: Plan,
    run: Run,
    *,
    wait: timedelta,
    more: Mapping[str, Any] | None = None,
) -> int:
    """Carry out a change of a set-up in its run, and say how it ended; `more` goes into the JSON."""
    verdict = days.carry_out(drawn, run, here.tenant, here.terminal, wait=wait)
    renewing.trace(here.home, drawn, run)
    here.settings.state.pop("resume", None)
    return tell(here, drawn, run, verdict, more)


def tell(
    here: Session,
    drawn: Plan,
    run: Run | None,
    verdict: Verdict | None,
    more: Mapping[str, Any] | None = None,
) -> int:
    """Say how a change ended, as words or JSON, and give back the exit code."""
    outcome = "nothing" if run is None else "done"
    if verdict is not None and verdict.word == "pending":
        outcome = "pending"
    words = {
        "nothing": "Nothing to change.",
        "done": "Done.",
        "pending": "Changed; not yet proved.",
    }
    missed = UNPROVED.get(verdict.word) if verdict else None
    here.terminal.say((missed or words[outcome]) + (f" Run {run.id}." if run else ""), "title")
    if run is not None and outcome == "pending":
        until = verdict.until if verdict else None
        clock = "tenant time" if here.tenant.practice else "UTC"
        when = f" at {until:%H:%M} {clock} or later" if until else ""
        here.terminal.exact(f"Look again{when}:  {here.line(f'runs resume {run.id}')}")
    elif run is not None:
        here.terminal.exact(f"Take it back with:  {here.line(f'undo {run.id}')}")
    if here.settings.as_json:
        print_json(
            {
                "practice": here.tenant.practice,
                "tenant": planning.describe(here.tenant),
                "run": run.id if run else None,
                "outcome": outcome,
                "set_up": drawn.answers["set_up"],
                "added": list(_listed(drawn, "add")),
                "removed": list(_listed(drawn, "remove")),
                "proof": verdict.as_json() if verdict else None,
                "requests": dict(here.tenant.meter.counts),
                **(more or {}),
            }
        )
    return EXITS[verdict.word] if verdict else 0


def _listed(drawn: Plan, name: str) -> tuple[str, ...]:
    value = drawn.answers.get(name, ())
    return value if isinstance(value, tuple) else ()
