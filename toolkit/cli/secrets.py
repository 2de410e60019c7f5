"""The command `secrets`: a new client secret for an application that is set up."""

import click

from toolkit import days, renewing, story
from toolkit.cli import changes
from toolkit.cli.connect import session
from toolkit.cli.options import json_option, settings_of, wait_of, wait_option, yes_option
from toolkit.steps.client_secret import MOST_DAYS


@click.group()
def secrets() -> None:
    r"""Client secrets of an application that mailgrant set up.

    \b
    For instance:
      mailgrant --tenant practice secrets new Tray-prod --days 180
    """


@secrets.command(
    epilog="\b\nFor instance:\n  mailgrant --tenant practice secrets new Tray-prod --days 180\n  mailgrant handover Tray-prod --key secret.txt"
)
@click.argument("app", metavar="APP")
@click.option(
    "--days",
    "lifetime",
    type=click.IntRange(1, MOST_DAYS),
    default=365,
    show_default=True,
    help="How long it is good; the tenant's policy may shorten it.",
)
@yes_option
@wait_option
@json_option
def new(*, app: str, lifetime: int, yes: bool, wait: str | None, as_json: bool) -> int:
    """Have Entra make one more client secret, keep its value, and sign in with it.

    The secrets that are there go on working; `undo` of this run removes the new one.
    """
    settings = settings_of(as_json=as_json)
    with session(settings) as here:
        found = changes.target_of(here, app)
        with here.home.lock(changes.lock_name(here, found)):
            beside = renewing.secret_in_use(found, here.tenant)
            going_on = days.unfinished(here.home, "secrets", found, here.tenant)
            drawn = (
                days.plan("secrets", found, here.tenant, days=lifetime, beside=beside)
                if going_on is None
                else story.plan_of(going_on)
            )
            if going_on is None:
                changes.agree(here, drawn, yes=yes)
            run = changes.begin(here, drawn, going_on)
            code = changes.carry(
                here, drawn, run, wait=wait_of(wait, practice=here.tenant.practice)
            )
        here.terminal.say("Its value is in keep, and goes to the vendor by a safe way:", "note")
        here.terminal.exact(f"  {here.line(f'handover {found.name} --key FILE')}")
        return code
