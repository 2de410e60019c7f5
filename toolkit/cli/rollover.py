"""The command `certificates rollover`: a new certificate beside the old one, which goes when the new one is in use."""

from pathlib import Path

import click

from toolkit import renewing, story
from toolkit.cli import changes
from toolkit.cli.apply import carry, expected
from toolkit.cli.connect import session
from toolkit.cli.options import (
    expect_option,
    json_option,
    settings_of,
    wait_of,
    wait_option,
    yes_option,
)
from toolkit.story import Agreed


@click.command(
    epilog="\b\nFor instance:\n  mailgrant certificates rollover MyTimetable-prod\n  mailgrant runs resume RUN --confirmed"
)
@click.argument("app", metavar="APP")
@click.option(
    "--file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The new certificate the vendor sent; without it one is made here.",
)
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    default=365,
    show_default=True,
    help="How long it lasts.",
)
@click.option(
    "--replaces",
    multiple=True,
    metavar="THUMBPRINT",
    help="A certificate to take away in the end, in place of mailgrant's own; may be repeated.",
)
@click.option("--change", default="", metavar="NUMBER", help="Ticket or change number.")
@yes_option
@wait_option
@expect_option
@json_option
def rollover(
    *,
    app: str,
    file: Path | None,
    days: int,
    replaces: tuple[str, ...],
    change: str,
    yes: bool,
    wait: str | None,
    expect_domain: str | None,
    as_json: bool,
) -> int:
    """Add a new certificate, prove it, hand it over, wait for a person's word, retire the old one.

    At no moment is there no working key. APP is a run, or an application by its name or client id.
    The same line goes on where it was; the word is `runs resume RUN --confirmed`.
    """
    settings = settings_of(as_json=as_json)
    with session(settings) as here:
        expected(here, expect_domain, yes=yes, saved=False)
        found, book = changes.target_of(here, app), renewing.book()
        begun = renewing.unfinished(here.home, here.tenant, found)
        given = (
            dict(story.plan_of(begun).answers)
            if begun
            else renewing.answers(
                found,
                here.tenant,
                file=str(file.absolute()) if file else "",
                days=days,
                replaces=replaces,
                change=change,
            )
        )
        with here.home.lock(story.lock_name(here.tenant, book, given)):
            agreed = (
                Agreed(plan=story.plan_of(begun), run=begun)
                if begun
                else story.draw_or_resume(
                    here.home, here.tenant, book, given, here.terminal.working
                )
            )
            patience = wait_of(wait, practice=here.tenant.practice)
            return carry(here, agreed, yes=yes, wait=patience, accept=False)
