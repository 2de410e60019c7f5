"""The command `setup`: the guided set-up."""

from pathlib import Path

import click

from toolkit import playbook, story
from toolkit.cli.apply import carry, expected
from toolkit.cli.connect import Session, session
from toolkit.cli.options import (
    answers_of,
    applying_options,
    book_of,
    given_answers,
    settings_of,
    wait_of,
)
from toolkit.errors import UsageError
from toolkit.playbook import Playbook


@click.command(
    epilog="\b\nFor instance:\n  mailgrant --tenant practice setup mytimetable-graph --yes\n  mailgrant setup"
)
@click.argument("name", metavar="[PLAYBOOK]", required=False)
@applying_options
def setup(
    *,
    name: str | None,
    yes: bool,
    answers_file: Path | None,
    given: tuple[str, ...],
    adopt: str | None,
    wait: str | None,
    accept_every_mailbox: bool,
    expect_domain: str | None,
    as_json: bool,
) -> int:
    """Set an application up, guided: ask, plan, confirm, apply with progress, prove, hand over.

    Without PLAYBOOK it helps to choose one. Run again, it goes on where it was stopped.
    """
    settings = settings_of(as_json=as_json)
    book = book_of(name) if name else None
    with session(settings) as here:
        expected(here, expect_domain, yes=yes, saved=False)
        _greet(here)
        book = book or _choose(here)
        _introduce(here, book)
        answers = answers_of(here, book, given_answers(answers_file, given), yes=yes, adopt=adopt)
        with here.home.lock(story.lock_name(here.tenant, book, answers)):
            agreed = story.draw_or_resume(
                here.home, here.tenant, book, answers, here.terminal.working
            )
            here.terminal.still()
            return carry(
                here,
                agreed,
                yes=yes,
                wait=wait_of(wait, practice=here.tenant.practice),
                accept=accept_every_mailbox,
            )


def _greet(here: Session) -> None:
    tenant = here.tenant
    if tenant.practice:
        here.terminal.say(
            f"Practice tenant {tenant.name} ({tenant.domain}): nothing here is real.", "note"
        )


def _introduce(here: Session, book: Playbook) -> None:
    here.terminal.say(book.title, "title")
    if book.about:
        here.terminal.say(book.about)
    for each in book.obsolete:
        here.terminal.say(f"  The vendor's page says: {each['says']}")
        here.terminal.say(f"  Instead: {each['instead']}", "note")
    here.terminal.say()


def _choose(here: Session) -> Playbook:
    """Let the person choose a playbook by number."""
    names = playbook.names()
    if not here.terminal.can_ask:
        raise UsageError("Which playbook?", fix=f"Name one: {', '.join(names)}.")
    for number, name in enumerate(names, 1):
        here.terminal.say(f"  {number}  {name}: {playbook.load(name).title}")
    return playbook.load(here.terminal.choose("Which one (number or name)", names))
