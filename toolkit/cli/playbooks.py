"""The command `playbooks`: list, show, check, begin a new one, print the schema."""

from pathlib import Path
from typing import Any

import click

from toolkit import playbook
from toolkit.cli.options import json_option, print_json, settings_of
from toolkit.errors import UsageError
from toolkit.playbook import Playbook


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def playbooks(context: click.Context, *, as_json: bool) -> None:
    r"""List the playbooks; show one; check one of your own.

    \b
    For instance:
      mailgrant playbooks
      mailgrant playbooks show mytimetable-graph
    """
    settings = settings_of(as_json=as_json)
    if context.invoked_subcommand is not None:
        return
    books = [playbook.load(name) for name in playbook.names()]
    if settings.as_json:
        print_json(
            {
                "playbooks": [
                    {"name": b.name, "title": b.title, "audience": b.audience} for b in books
                ]
            }
        )
        return
    for book in books:
        click.echo(f"{book.name:<28} {book.title}")


@playbooks.command(epilog="\b\nFor instance:\n  mailgrant playbooks show mytimetable-graph")
@click.argument("name", metavar="PLAYBOOK")
@json_option
def show(*, name: str, as_json: bool) -> None:
    """Show what a playbook asks and does, what it replaces, and the rights it takes."""
    settings = settings_of(as_json=as_json)
    book = playbook.load(name)
    if settings.as_json:
        print_json(_as_json(book))
        return
    click.echo(f"{book.name}: {book.title}\nFor: {book.audience}")
    click.echo(
        f"Source: {', '.join(f'{k} {v}' for k, v in book.source.items())}\n\n{book.about}\n\nAsks:"
    )
    for question in book.questions:
        condition = (
            f" (if {question.when})"
            if question.when
            else f" (unless {question.unless})"
            if question.unless
            else ""
        )
        click.echo(f"  {question.name:<18} {question.ask}{condition}")
    click.echo("\nDoes:")
    for entry in book.entries:
        conditions = [f"if {name}" for name in entry.when] + [
            f"unless {name}" for name in entry.unless
        ]
        click.echo(
            f"  {entry.do:<18} {entry.because}"
            + (f" ({', '.join(conditions)})" if conditions else "")
        )
    click.echo("\nTakes these Entra roles, active:")
    for role, why in _rights(book).items():
        click.echo(f"  {role}, {why}")
    if book.obsolete:
        click.echo("\nThe vendor's page says / mailgrant does instead:")
    for each in book.obsolete:
        click.echo(f"  - {each['says']}\n    {each['instead']}")


@playbooks.command(epilog="\b\nFor instance:\n  mailgrant playbooks check my-vendor.yaml")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def check(*, file: Path, as_json: bool) -> None:
    """Check a playbook of your own, without any tenant."""
    settings = settings_of(as_json=as_json)
    book = playbook.load(str(file))
    combinations = len(list(playbook.combinations(book)))
    if settings.as_json:
        print_json(
            {
                "file": str(file),
                "good": True,
                "questions": len(book.questions),
                "steps": len(book.entries),
            }
        )
        return
    click.echo(
        f"{file}: good ({len(book.questions)} questions, {len(book.entries)} steps, {combinations} combinations of answers)"
    )


@playbooks.command(epilog="\b\nFor instance:\n  mailgrant playbooks new my-vendor.yaml")
@click.argument("file", type=click.Path(path_type=Path))
def new(*, file: Path) -> None:
    """Write a playbook to begin with, every part explained; a file that is there stays."""
    from toolkit import shelf

    playbook.name_of(file)
    text = (shelf.templates() / "playbook.yaml").read_text(encoding="utf-8")
    try:
        with file.open("x", encoding="utf-8", newline="\n") as made:
            made.write(text)
    except OSError as error:
        raise UsageError(
            f"{file} can't be written: {error.strerror or error}.",
            fix="Choose another file name, ending in .yaml.",
        ) from error
    click.echo(f"{file}: change it, then judge it with: mailgrant playbooks check {file}", err=True)


@playbooks.command(epilog="\b\nFor instance:\n  mailgrant playbooks schema > playbook.schema.json")
def schema() -> None:
    """Print the JSON Schema of playbooks, for editors."""
    from toolkit import playbook_schema

    print_json(playbook_schema.schema())


def _rights(book: Playbook) -> dict[str, str]:
    return {right.role: right.why for entry in book.entries for right in entry.kind.needs}


def _as_json(book: Playbook) -> dict[str, Any]:
    return {
        "name": book.name,
        "title": book.title,
        "audience": book.audience,
        "about": book.about,
        "source": dict(book.source),
        "digest": book.digest,
        "questions": [
            {"name": q.name, "ask": q.ask, "kind": q.kind, "default": q.default}
            for q in book.questions
        ],
        "steps": [{"as": e.name, "do": e.do, "because": e.because} for e in book.entries],
        "rights": _rights(book),
        "obsolete": [dict(each) for each in book.obsolete],
    }
