"""The command `runs`: what was done, and carrying on with it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import click

from toolkit import gate, retiring, story
from toolkit import plan as planning
from toolkit.cli.apply import carry
from toolkit.cli.connect import Session, home_of, session, terminal_of
from toolkit.cli.options import json_option, print_json, settings_of, wait_of, wait_option
from toolkit.cli.undo import take_back
from toolkit.errors import NotFoundError, RefusedError, UsageError
from toolkit.home import Run
from toolkit.plan import Plan
from toolkit.story import Agreed


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def runs(context: click.Context, *, as_json: bool) -> None:
    r"""List the runs of this home; show one; carry one on.

    \b
    For instance:
      mailgrant runs
      mailgrant --tenant practice runs resume
    """
    settings = settings_of(as_json=as_json)
    if context.invoked_subcommand is not None:
        return
    found = [_row(run) for run in home_of(settings).runs()]
    if settings.as_json:
        print_json({"runs": found})
        return
    if not found:
        terminal_of(settings).say("No runs yet. `mailgrant setup` begins one.", "note")
    for row in found:
        until = f" until {row['until'][11:16]}" if row["until"] else ""
        until = " for a person" if row["awaits"] else until
        practice = "  (practice)" if row["practice"] else ""
        click.echo(f"{row['state'] + until:<20} {row['run']}{practice}")


@runs.command(epilog="\b\nFor instance:\n  mailgrant runs show MyTimetable-prod")
@click.argument("run", metavar="RUN")
@json_option
def show(*, run: str, as_json: bool) -> None:
    """Show what a run did, line by line."""
    settings = settings_of(as_json=as_json)
    found = home_of(settings).run(run)
    if settings.as_json:
        print_json(
            {
                **_row(found),
                "head": found.journal.head,
                "torn": found.journal.torn,
                "journal": list(found.journal),
            }
        )
        return
    click.echo(f"{found.id}: {found.state}")
    for record in found.journal:
        words = record.get("title") or record.get("why") or record.get("step") or ""
        click.echo(f"  {record['at'][:19]}  {record['event']:<10} {words}".rstrip())
    click.echo(f"  journal head {found.journal.head}")
    for words in _harm(found):
        terminal_of(settings).say(words, "bad")


def _harm(run: Run) -> Iterator[str]:
    """Say what of a run's journal can't be read."""
    if run.journal.torn:
        yield (
            f"The last {run.journal.torn} bytes of {run.journal.path} can't be read: a line was cut, or somebody "
            "changed it. What is shown stands before it; carrying the run on puts the rest aside."
        )
    for record in run.journal:
        if record["event"] == "damaged":
            yield (
                f"At {record['at'][:19]} the journal's last {record['bytes']} bytes couldn't be read; "
                f"they lie beside it in {record['aside']}."
            )


@runs.command(epilog="\b\nFor instance:\n  mailgrant --tenant practice runs resume --due")
@click.argument("run", metavar="[RUN]", required=False)
@click.option("--due", is_flag=True, help="All whose time has come, for a scheduler.")
@click.option(
    "--confirmed", is_flag=True, help="Say yes to what the run waits for a person to confirm."
)
@wait_option
@json_option
def resume(*, run: str | None, due: bool, confirmed: bool, wait: str | None, as_json: bool) -> int:
    """Carry on the open run, or the one named, or all that are due."""
    settings = settings_of(as_json=as_json)
    if due and confirmed:
        raise UsageError(
            "--confirmed is one person's word on one run.", fix="Name the run, without --due."
        )
    with session(settings) as here:
        found = _which(here, run, due=due)
        codes = [_resume(here, each, wait, confirmed=confirmed) for each in found]
    return max(codes, default=0)


def _which(here: Session, name: str | None, *, due: bool) -> list[Run]:
    if name:
        return [here.home.run(name)]
    mine = [
        run
        for run in here.home.runs()
        if run.state in ("open", "pending") and story.is_in(run, here.tenant)
    ]
    retired = retiring.taken_away(mine)
    mine = [run for run in mine if run.id not in retired]
    if due:
        now = here.tenant.clock.now()
        return [r for r in mine if (r.until is None or r.until <= now) and not _awaits(r)]
    if not mine:
        raise NotFoundError(
            "There is no open run.", fix="`mailgrant runs` lists all; `mailgrant setup` begins one."
        )
    if len(mine) > 1:
        raise RefusedError(
            "More than one run is open.", fix=f"Name one: {', '.join(run.id for run in mine)}."
        )
    return mine


def _awaits(run: Run) -> bool:
    """Tell whether a run is pending for want of a person's word alone."""
    pending = run.state == "pending" and run.until is None
    return pending and gate.awaits(story.plan_of(run), run)


def _resume(here: Session, run: Run, wait: str | None, *, confirmed: bool) -> int:
    story.same_tenant(run, here.tenant)
    plan = planning.from_saved(run.plan(), str(run.plan_file))
    if confirmed and not plan.book.gate.confirm:
        raise UsageError(
            f"Run {run.id} waits for nobody's word.",
            fix="Leave --confirmed out; it goes on by itself.",
        )
    with here.home.lock(story.lock_name(here.tenant, plan.book, plan.answers)):
        if run.undoing:
            return take_back(here, run, yes=True, force=False, delete=False)
        if run.state == "undone":
            raise RefusedError(
                f"Run {run.id} is undone.", fix="`mailgrant setup` sets it up again."
            )
        if run.state == "done":
            here.terminal.say(f"Run {run.id} is done; `mailgrant verify` proves it again.", "note")
            return 0
        _confirm(here, plan, run, confirmed=confirmed)
        if plan.book.day:
            return _day(here, plan, run, wait_of(wait, practice=here.tenant.practice))
        return carry(
            here,
            Agreed(plan=plan, run=run),
            yes=True,
            wait=wait_of(wait, practice=here.tenant.practice),
            accept=True,
        )


def _confirm(here: Session, plan: Plan, run: Run, *, confirmed: bool) -> None:
    """Have a person say yes to what a run waits for, by --confirmed or at the terminal."""
    if not gate.awaits(plan, run) or run.state != "pending":
        return
    if confirmed or (here.terminal.can_ask and here.terminal.confirm(plan.book.gate.confirm)):
        gate.confirm(run, here.tenant.who)


def _day(here: Session, plan: Plan, run: Run, wait: timedelta) -> int:
    """Carry on a change of a set-up."""
    from toolkit.cli import changes, retire

    if plan.book.name == "probe":
        return take_back(here, run, yes=True, force=False, delete=False)
    changes.begin(here, plan, run)
    if plan.book.name == "retire":
        return retire.carry(here, plan, run)
    return changes.carry(here, plan, run, wait=wait)


def _row(run: Run) -> dict[str, Any]:
    first = next(iter(run.journal), {})
    return {
        "run": run.id,
        "state": run.state,
        "until": run.until.isoformat() if run.until else None,
        "awaits": _awaits(run),
        "playbook": first.get("playbook"),
        "instance": first.get("instance"),
        "tenant": first.get("tenant"),
        "practice": first.get("practice", False),
        "begun": first.get("at"),
        "undoing": run.undoing,
    }
