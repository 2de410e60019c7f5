"""The command `members`: who is inside a set-up's group; some come in, some go out, with proof."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from toolkit import days, story
from toolkit import members as lists
from toolkit.cli import changes
from toolkit.cli.connect import Session, session
from toolkit.cli.options import (
    json_option,
    print_json,
    settings_of,
    wait_of,
    wait_option,
    yes_option,
)
from toolkit.errors import RefusedError
from toolkit.setups import SetUp
from toolkit.state import texts

MOST_GONE = 20
"""Percent of the members that `sync` takes out without being told twice."""

app_argument = click.argument("app", metavar="APP")
insist_option = click.option(
    "--insist",
    is_flag=True,
    help="Do it in a group mailgrant didn't make, or take out more than usual.",
)


def change_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what every change of members takes."""
    for option in (json_option, wait_option, yes_option, insist_option):
        command = option(command)
    return command


@click.group()
def members() -> None:
    r"""Who is inside: list, add, remove, or make it equal to a list.

    APP is a run, or an application by its name, client id or unique name.

    \b
    For instance:
      mailgrant --tenant practice members add MyTimetable-prod anna.smit@northbridge.example
    """


@members.command(
    "list", epilog="\b\nFor instance:\n  mailgrant --tenant practice members list MyTimetable-prod"
)
@app_argument
@json_option
def list_(*, app: str, as_json: bool) -> None:
    """List the direct members of the group: the mailboxes the application may enter."""
    settings = settings_of(as_json=as_json)
    with session(settings) as here:
        found = changes.set_up_of(here, app, {})
        group = days.group_of(found, insist=True)
        inside = sorted(texts(group, "members"))
        here.terminal.still()
        if settings.as_json:
            print_json(
                {
                    "practice": here.tenant.practice,
                    "set_up": found.mark.name,
                    "group": group["address"],
                    "ours": bool(group.get("ours")),
                    "members": inside,
                }
            )
            return
        for address in inside:
            click.echo(address)
        here.terminal.say(f"{len(inside)} direct members of {group['address']}.", "note")


@members.command(
    epilog="\b\nFor instance:\n  mailgrant --tenant practice members add MyTimetable-prod anna.smit@northbridge.example"
)
@app_argument
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@change_options
def add(
    *,
    app: str,
    addresses: tuple[str, ...],
    insist: bool,
    yes: bool,
    wait: str | None,
    as_json: bool,
) -> int:
    """Let mailboxes in, and prove it on one of them."""
    settings = settings_of(as_json=as_json)
    with session(settings) as here:
        found = changes.set_up_of(here, app, {})
        came = frozenset(days.resolve(addresses, here.tenant).values())
        return _change(here, found, add=came, remove=frozenset(), insist=insist, yes=yes, wait=wait)


@members.command(
    epilog="\b\nFor instance:\n  mailgrant --tenant practice members remove MyTimetable-prod anna.smit@northbridge.example"
)
@app_argument
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@change_options
def remove(
    *,
    app: str,
    addresses: tuple[str, ...],
    insist: bool,
    yes: bool,
    wait: str | None,
    as_json: bool,
) -> int:
    """Shut mailboxes out, and prove it on one of them."""
    settings = settings_of(as_json=as_json)
    with session(settings) as here:
        found = changes.set_up_of(here, app, {})
        inside = texts(days.group_of(found, insist=True), "members")
        named = {address.strip().lower() for address in addresses}
        others = named - inside  # an alias, perhaps; who is listed needs no mailbox any more
        went = (named & inside) | set(days.resolve(sorted(others), here.tenant).values())
        return _change(
            here, found, add=frozenset(), remove=frozenset(went), insist=insist, yes=yes, wait=wait
        )


@members.command(
    epilog="\b\nFor instance:\n  mailgrant --tenant practice members sync MyTimetable-prod --file timetable.csv"
)
@app_argument
@click.option(
    "--file",
    "file",
    type=click.Path(path_type=Path),
    required=True,
    metavar="CSV",
    help="One address a line, or a CSV with a column address, mail or UserPrincipalName.",
)
@click.option(
    "--most-gone",
    type=click.IntRange(0, 100),
    default=MOST_GONE,
    show_default=True,
    metavar="PERCENT",
    help="Stop where more of the members than this would go out.",
)
@change_options
def sync(
    *,
    app: str,
    file: Path,
    most_gone: int,
    insist: bool,
    yes: bool,
    wait: str | None,
    as_json: bool,
) -> int:
    """Make the members equal to a list: shows who comes and who goes, and asks."""
    settings = settings_of(as_json=as_json)
    listed = lists.read(file)
    with session(settings) as here:
        found = changes.set_up_of(here, app, {})
        there = texts(days.group_of(found, insist=insist), "members")
        unknown = sorted(set(listed.addresses) - there)
        wanted = set(listed.addresses) & there
        wanted |= set(days.resolve(unknown, here.tenant).values())
        went = there - wanted
        here.terminal.say(
            f"{file.name}: {len(listed.addresses)} addresses, {listed.repeated} repeated and "
            f"{listed.blank} blank left out; {len(wanted - there)} come in, {len(went)} go out, "
            f"{len(wanted & there)} stay.",
            "note",
        )
        if len(went) * 100 > most_gone * len(there) and not insist:
            raise RefusedError(
                f"{len(went)} of {len(there)} members would go out, more than {most_gone} percent.",
                fix="Check that the list is whole. If you mean it, add --insist; nothing was changed.",
            )
        return _change(
            here,
            found,
            add=frozenset(wanted - there),
            remove=frozenset(went),
            insist=insist,
            yes=yes,
            wait=wait,
        )


def _change(
    here: Session,
    found: SetUp,
    *,
    add: frozenset[str],
    remove: frozenset[str],
    insist: bool,
    yes: bool,
    wait: str | None,
) -> int:
    run = changes.recorded(here, found)
    found = SetUp(plan=found.plan, run=run, survey=found.survey)
    patience = wait_of(wait, practice=here.tenant.practice)
    with here.home.lock(story.lock_name(here.tenant, found.plan.book, found.plan.answers)):
        drawn = days.members_plan(found, here.tenant, add=add, remove=remove, insist=insist)
        going_on = days.open_run(here.home, drawn, here.tenant)
        if going_on is not None:
            drawn = story.plan_of(going_on)
        elif drawn.needed:
            changes.agree(here, drawn, yes=yes)
        else:
            return changes.tell(here, drawn, None, None)
        begun = changes.begin(here, drawn, going_on)
        return changes.carry(here, drawn, begun, wait=patience)
