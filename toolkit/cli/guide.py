"""The command `guide`: the same set-up by hand."""

import sys
from pathlib import Path

import click

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


@click.command(
    epilog="\b\nFor instance:\n  mailgrant --tenant practice guide mytimetable-graph --yes --format ps1 > by-hand.ps1"
)
@click.argument("name", metavar="PLAYBOOK")
@answers_option
@set_option
@adopt_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["md", "html", "ps1", "json"]),
    default="md",
    show_default=True,
    help="Steps with boxes to tick and the script (md, html), or the script alone.",
)
@yes_option
@json_option
def guide(
    *,
    name: str,
    answers_file: Path | None,
    given: tuple[str, ...],
    adopt: str | None,
    form: str,
    yes: bool,
    as_json: bool,
) -> None:
    """Write the same set-up by hand: today's portal paths and one PowerShell script.

    The names in it are those mailgrant looks for, so that `verify` then proves what was made by
    hand. Nothing is sent, and no secret is in it.
    """
    from toolkit import guide_pages
    from toolkit.guide import guide_of

    settings = settings_of(as_json=as_json)
    book = book_of(name)
    with session(settings, online=False) as here:
        answers = answers_of(here, book, given_answers(answers_file, given), yes=yes, adopt=adopt)
        made = guide_of(book, answers, here.tenant)
    if settings.as_json or form == "json":
        print_json(guide_pages.as_json(made))
        return
    ways = {"md": guide_pages.markdown, "html": guide_pages.html, "ps1": guide_pages.script}
    text = ways[form](made)
    sys.stdout.write(text if text.endswith("\n") else text + "\n")
