"""The command `retire`: disable an application, wait, take it away in order, write the closing sheet."""

from datetime import datetime
from pathlib import Path

import click

from toolkit import inputs, retiring, story
from toolkit import plan as planning
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
from toolkit.errors import NotFoundError, UsageError
from toolkit.home import Run
from toolkit.plan import Plan
from toolkit.secret import write_private
from toolkit.setups import Target
from toolkit.steps.base import Mark

AFTER = "30d"


@click.command(
    epilog="\b\nFor instance:\n  mailgrant --tenant practice retire MyTimetable-prod\n  mailgrant --tenant practice runs resume --due"
)
@click.argument("app", metavar="APP")
@click.option(
    "--after",
    default=AFTER,
    show_default=True,
    metavar="DURATION",
    help="How long it stays disabled before it is taken away.",
)
@yes_option
@set_option
@json_option
def retire(*, app: str, after: str, yes: bool, given: tuple[str, ...], as_json: bool) -> int:
    """Disable an application now, and take it away later: scope, group, keys, application.

    Until then `undo` of this run enables it again. A group that other scopes point to stays. Stopped
    at any moment, the same line goes on.
    """
    settings = settings_of(as_json=as_json)
    _duration(after)
    with session(settings) as here:
        run = retiring.begun(here.home, here.tenant, app)
        if run is None or (retiring.is_closed(run) and _is_there(here, app, run)):
            return _begin(here, app, after, given, yes=yes)
        drawn = story.plan_of(run)
        with here.home.lock(story.lock_name(here.tenant, drawn.book, drawn.answers)):
            return carry(here, drawn, changes.begin(here, drawn, run))


def _is_there(here: Session, app: str, run: Run) -> bool:
    """Tell whether a set-up of that name was made again; a replica may still show the old one."""
    try:
        again = changes.target_of(here, app)
    except NotFoundError:
        return False
    known = retiring.runs_that_made(here.home, again, here.tenant)
    return bool(known) or again.client_id != run.plan()["answers"]["client_id"]


def _begin(here: Session, app: str, after: str, given: tuple[str, ...], *, yes: bool) -> int:
    target = changes.target_of(here, app)
    if not retiring.runs_that_made(here.home, target, here.tenant):
        _record(here, app, given)
    with here.home.lock(changes.lock_name(here, target)):
        drawn = retiring.draw_up(target, here.tenant, after=after)
        changes.agree(here, drawn, yes=yes, saying=_says(here, target, after))
        return carry(here, drawn, changes.begin(here, drawn, None))


def _duration(text: str) -> None:
    try:
        inputs.seconds(text)
    except ValueError as error:
        raise UsageError(f"--after: {error}.", fix="For instance --after 30d") from error


def _record(here: Session, app: str, given: tuple[str, ...]) -> None:
    """Record here, before anything is disabled, what another computer set up."""
    changes.run_of(here, app, given_answers(None, given))


def _says(here: Session, target: Target, after: str) -> tuple[str, ...]:
    runs = retiring.runs_that_made(here.home, target, here.tenant)
    lines = [f"  - {title}" for title in retiring.what_goes(runs)]
    return (f"After {after}, when `runs resume --due` is run, it takes away:", *lines)


def carry(here: Session, drawn: Plan, run: Run) -> int:
    """Disable, or take away what is due, and say how far it got."""
    target = Target(
        mark=_mark(drawn),
        client_id=str(drawn.answers["client_id"]),
        name=str(drawn.answers["name"]),
    )
    closing = retiring.go_on(
        drawn,
        run,
        home=here.home,
        tenant=here.tenant,
        show=here.terminal,
        made_by=lambda: retiring.runs_that_made(here.home, target, here.tenant),
    )
    here.settings.state.pop("resume", None)
    pages = [] if closing is None else _write(closing, run)
    here.terminal.still()
    if closing is None:
        end = retiring.until(drawn, run)
        here.terminal.say(f"{target.name} is disabled. Run {run.id}.", "title")
        here.terminal.exact(f"Taken away on {_day(end)} by:  {here.line('runs resume --due')}")
        here.terminal.exact(f"Take it back until then:  {here.line(f'undo {run.id}')}")
    else:
        here.terminal.say(f"{target.name} is retired. Run {run.id}.", "title")
        for line in closing.lines:
            here.terminal.say(f"  {line.title}: {line.became}")
        for page in pages:
            here.terminal.exact(f"  {page}")
    if here.settings.as_json:
        print_json(
            {
                "practice": here.tenant.practice,
                "tenant": planning.describe(here.tenant),
                "run": run.id,
                "outcome": "pending" if closing is None else "done",
                "until": retiring.until(drawn, run).isoformat(),
                "closing": closing.as_json() if closing else None,
                "pages": [str(page) for page in pages],
            }
        )
    return changes.PENDING if closing is None else 0


def _mark(drawn: Plan) -> Mark:
    name, instance = str(drawn.answers["set_up"]), str(drawn.answers["instance"])
    return Mark(name.removesuffix(f"-{instance}"), instance)


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _write(closing: retiring.Closing, run: Run) -> list[Path]:
    from toolkit import render

    pages = {
        "closing.html": render.closing_html(closing),
        "closing.md": render.closing_markdown(closing),
    }
    for name, text in pages.items():
        write_private(run.folder / name, text.encode())
    return [run.folder / name for name in pages]
