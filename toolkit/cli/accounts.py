"""The command `accounts`: who uses a delegated application; one is let in, one is let out, one tries it."""

from collections.abc import Mapping
from datetime import timedelta

import click

from toolkit import accounts as accounts_story
from toolkit import connecting, days, holders, story
from toolkit.cli import changes, probing
from toolkit.cli.connect import Session, session
from toolkit.cli.options import json_option, print_json, settings_of, yes_option
from toolkit.connecting import Place
from toolkit.errors import RefusedError, UsageError
from toolkit.plan import Plan, describe
from toolkit.setups import SetUp
from toolkit.systems.sign_in import GUID

NOTHING_TO_PROVE = timedelta()


@click.group()
def accounts() -> None:
    r"""People's own access to an application that acts in their names: give, list, take back.

    APP is a run, or an application by its name, client id or unique name. USER is a person, as
    they sign in.

    \b
    For instance:
      mailgrant --tenant practice accounts authorize Desk-prod anna.smit@northbridge.example
    """


app_argument = click.argument("app", metavar="APP")
users_argument = click.argument("users", nargs=-1, metavar="USER...")


@accounts.command(
    epilog="\b\nFor instance:\n  mailgrant --tenant practice accounts authorize Desk-prod anna.smit@northbridge.example\n  mailgrant --tenant practice accounts authorize Desk-prod --probe anna.smit@northbridge.example"
)
@app_argument
@users_argument
@click.option(
    "--connect",
    metavar="URL",
    default="",
    help="The vendor's page where accounts are connected; else the playbook's.",
)
@click.option("--no-browser", is_flag=True, help="Only say which page to open.")
@click.option(
    "--probe",
    "probed",
    metavar="USER",
    help="Sign in as this person through the application, read one calendar, take all back.",
)
@yes_option
@click.option(
    "--wait",
    metavar="DURATION",
    help="With --probe: how long to wait for the person at the browser. [5m]",
)
@json_option
def authorize(
    *,
    app: str,
    users: tuple[str, ...],
    connect: str,
    no_browser: bool,
    probed: str | None,
    yes: bool,
    wait: str | None,
    as_json: bool,
) -> int:
    """Let people use an application in their own names, and open the vendor's connect page.

    Consent in their names is written where nobody consented for everybody, and their assignment
    where one is required. No code is ever redeemed for the vendor: connecting is up to its page.
    """
    if bool(users) == bool(probed):
        raise UsageError(
            "Who is it about?", fix="Name people to let in, or one to try it: --probe USER."
        )
    patience = probing.patience_of(wait, probed)
    settings = settings_of(as_json=as_json)
    with session(settings) as here:
        found = changes.set_up_of(here, app, {})
        scopes = accounts_story.scopes_of(found, here.tenant)
        if probed:
            with here.home.lock(changes.lock_name(here, found.target)):
                return probing.probe(
                    here, found, scopes, probed, yes=yes, wait=patience, opens=not no_browser
                )
        place = connecting.place_of(found, connect)
        names = accounts_story.people(here.tenant, users)
        with here.home.lock(changes.lock_name(here, found.target)):
            code = _let_in(here, found, scopes, names, yes=yes, place=place)
        if place.page:
            connecting.open_page(place, found.name, here.tenant, opens=not no_browser)
        else:
            here.terminal.say(connecting.UNNAMED, "note")
        return code


def _let_in(
    here: Session,
    found: SetUp,
    scopes: tuple[str, ...],
    names: Mapping[str, str],
    *,
    yes: bool,
    place: Place,
) -> int:
    access = accounts_story.look(here.tenant, found.client_id)
    lacking = accounts_story.lacking(access, scopes)
    drawn = days.plan(
        "authorize",
        found.target,
        here.tenant,
        people=tuple(names),
        permissions=lacking,
        consents=bool(lacking),
        assigns=access.required,
    )
    more = {"people": list(names), "connect": place.page or None}
    going_on = days.open_run(here.home, drawn, here.tenant)
    if going_on is None and not drawn.needed:
        if not drawn.changes:
            here.terminal.say(f"{found.name}: {accounts_story.OPEN_ALREADY}", "note")
        return changes.tell(here, drawn, None, None, more)
    if going_on is None:
        changes.agree(here, drawn, yes=yes)
    else:
        drawn = story.plan_of(going_on)
    run = changes.begin(here, drawn, going_on)
    return changes.carry(here, drawn, run, wait=NOTHING_TO_PROVE, more=more)


@accounts.command(
    "list", epilog="\b\nFor instance:\n  mailgrant --tenant practice accounts list Desk-prod"
)
@app_argument
@json_option
def list_(*, app: str, as_json: bool) -> None:
    """List who may use an application in their own name, and by what.

    Any application of the tenant will do by its client id, whoever set it up; nothing is written.
    """
    settings = settings_of(as_json=as_json)
    with session(settings, reading=True) as here:
        client_id = app.strip().lower() if GUID.fullmatch(app.strip()) else ""
        client_id = client_id or changes.target_of(here, app).client_id
        access = accounts_story.look(here.tenant, client_id)
        rows, readable = holders.listed(access)
        here.terminal.still()
        if settings.as_json:
            print_json(
                {
                    "practice": here.tenant.practice,
                    "tenant": describe(here.tenant),
                    "application": access.name,
                    "client_id": access.client_id,
                    "assignment_required": access.required,
                    "sign_ins_readable": readable,
                    "accounts": [row.as_json() for row in rows],
                    "requests": dict(here.tenant.meter.counts),
                }
            )
            return
        for row in rows:
            click.echo(row.line)
        required = "must be assigned" if access.required else "needn't be assigned"
        here.terminal.say(f"{access.name}: whoever uses it {required}.", "note")
        if not rows:
            here.terminal.say("Nobody has consented, and nobody is assigned.", "note")
        if not readable:
            here.terminal.say(holders.UNREADABLE, "note")


@accounts.command(
    epilog="\b\nFor instance:\n  mailgrant --tenant practice accounts revoke Desk-prod anna.smit@northbridge.example"
)
@app_argument
@click.argument("users", nargs=-1, required=True, metavar="USER...")
@click.option(
    "--sign-out-everywhere",
    is_flag=True,
    help="Also end every sign-in of theirs, in ALL applications and on all devices.",
)
@yes_option
@json_option
def revoke(
    *, app: str, users: tuple[str, ...], sign_out_everywhere: bool, yes: bool, as_json: bool
) -> int:
    """Take back people's own consent and assignment; nobody else is concerned.

    `undo` of this run gives both back. What everybody has, or a group, is named and stays.
    """
    settings = settings_of(as_json=as_json)
    with session(settings) as here:
        found = changes.target_of(here, app)
        names = accounts_story.people(here.tenant, users)
        with here.home.lock(changes.lock_name(here, found)):
            access = accounts_story.look(here.tenant, found.client_id)
            drawn = days.plan(
                "revoke",
                found,
                here.tenant,
                people=tuple(names),
                signs_out=sign_out_everywhere,
                since=accounts_story.signed_out_before(here.tenant, names)
                if sign_out_everywhere
                else "",
            )
            going_on = days.open_run(here.home, drawn, here.tenant)
            if going_on is None:
                accounts_story.refuse_strangers(access, names)
                stays = tuple(accounts_story.kept_in(access, names))
                changes.agree(here, drawn, yes=yes, saying=stays)
                _insist(here, drawn, yes=yes)
            else:
                drawn, stays = story.plan_of(going_on), ()
            run = changes.begin(here, drawn, going_on)
            more = {"people": list(names), "stays": list(stays)}
            code = changes.carry(here, drawn, run, wait=NOTHING_TO_PROVE, more=more)
        here.terminal.say(accounts_story.LEFT_OPEN if stays else accounts_story.TOKENS, "note")
        return code


def _insist(here: Session, drawn: Plan, *, yes: bool) -> None:
    """Have accepted in so many words what reaches beyond the application."""
    for words in () if yes else drawn.alarms:
        here.terminal.say(words, "alarm")
        if not here.terminal.confirm("Sign them out everywhere?"):
            raise RefusedError(
                "Nothing was changed.", fix="Leave --sign-out-everywhere out to revoke this alone."
            )
