"""The command `plan`: what a set-up would change."""

import json
import sys
from pathlib import Path

import click

from toolkit import plan as planning
from toolkit import story
from toolkit import survey as surveying
from toolkit.cli import colleague
from toolkit.cli.connect import session
from toolkit.cli.options import (
    adopt_option,
    answers_of,
    answers_option,
    book_of,
    given_answers,
    json_option,
    print_json,
    set_option,
    settings_of,
    yes_option,
)
from toolkit.errors import HomeError, UsageError
from toolkit.plan import Plan

LARGEST = 5_000_000


@click.command(
    epilog="\b\nFor instance:\n  mailgrant --tenant practice plan mytimetable-graph --out plan.json\n  mailgrant --tenant practice plan mytimetable-graph --format html > approval.html"
)
@click.argument("name", metavar="PLAYBOOK")
@answers_option
@set_option
@adopt_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Save the plan, to be approved and applied as it is.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "html", "md", "json"]),
    default="text",
    show_default=True,
    help="How to print it; html is the approval sheet.",
)
@click.option("--check", is_flag=True, help="Exit 3 when something would change.")
@yes_option
@json_option
def plan(
    *,
    name: str,
    answers_file: Path | None,
    given: tuple[str, ...],
    adopt: str | None,
    out: Path | None,
    form: str,
    check: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Show what a set-up would change. Reads only; writes nothing in the tenant."""
    settings = settings_of(as_json=as_json)
    form = "json" if settings.as_json else form
    book = book_of(name)
    with session(settings, reading=True) as here:
        answers = answers_of(here, book, given_answers(answers_file, given), yes=yes, adopt=adopt)
        found = story.look(here.home, here.tenant, book, answers, here.terminal.working)
        drawn = surveying.plan_of(found, book, answers, here.tenant)
        here.terminal.still()
        if out is not None:
            save(drawn, out)
            here.terminal.say(
                f"Saved to {out}. Apply exactly this with:  {here.line(f'apply {out}')}", "note"
            )
        _print(drawn, form, here.terminal)
        colleague.tell_second_key(here, drawn, found)
    return 3 if check and drawn.needed else 0


def _print(drawn: Plan, form: str, terminal: "object") -> None:
    from toolkit import render
    from toolkit.terminal import Terminal

    if form == "json":
        print_json(drawn.as_json())
    elif form == "text" and isinstance(terminal, Terminal):
        terminal.lines(render.plan_lines(drawn), to_stdout=True)
    else:
        text = render.plan_html(drawn) if form == "html" else render.plan_markdown(drawn)
        sys.stdout.write(text if text.endswith("\n") else text + "\n")


def save(drawn: Plan, path: Path) -> None:
    """Save a plan with its digest."""
    try:
        path.write_text(
            json.dumps(drawn.as_json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
    except OSError as error:
        raise HomeError(
            f"The plan can't be written to {path}: {error.strerror or error}.",
            fix="Choose another file.",
        ) from error


def saved_plan(path: Path) -> Plan:
    """Read a saved plan; raises UsageError where it is none, or was changed."""
    try:
        if path.stat().st_size > LARGEST:
            raise UsageError(
                f"{path} is too large to be a plan.", fix="Check that this is the file you meant."
            )
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageError(
            f"{path} can't be read: {error.strerror or error}.", fix="Check the path."
        ) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{path} is no JSON.", fix="Make a plan: mailgrant plan PLAYBOOK --out plan.json"
        ) from error
    if not isinstance(data, dict):
        raise UsageError(
            f"{path} is no plan.", fix="Make one: mailgrant plan PLAYBOOK --out plan.json"
        )
    return planning.from_saved(data, str(path))
