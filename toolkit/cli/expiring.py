"""The command `certificates expiring`: what ends soon, whose it is, and what to do."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from toolkit import inputs
from toolkit import plan as planning
from toolkit.cli import exports
from toolkit.cli.connect import Session, session
from toolkit.cli.options import json_option, print_json, settings_of
from toolkit.errors import UsageError

if TYPE_CHECKING:
    from toolkit.expiring import Ending

FOUND = 3
"""Exit code where something ends."""


@click.command(
    epilog="\b\nFor instance, in bash and PowerShell alike:\n  mailgrant certificates expiring --within 90d\n  mailgrant certificates expiring --all --ics expiring.ics"
)
@click.option(
    "--within",
    default="60d",
    show_default=True,
    metavar="DURATION",
    help="How far ahead to look: 36h, 60d. What has ended is listed in any case.",
)
@click.option("--all", "every", is_flag=True, help="Every application of the tenant.")
@click.option(
    "--ics",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write calendar reminders, thirty days ahead; importing them again changes the same ones.",
)
@exports.force_option
@json_option
def expiring(*, within: str, every: bool, ics: Path | None, force: bool, as_json: bool) -> int:
    """List certificates and secrets that end soon or have ended.

    Those of mailgrant's set-ups, or of every application. The first to end comes first, with its
    owner where that was noted, and the next move. Exits 3 when there is any, 0 when there is none. On the practice tenant secrets end by its own clock,
    and certificates by this computer's, as signing in with them does.
    """
    ahead = _ahead(within)
    if force and ics is None:
        raise UsageError("--force is about the file of --ics.", fix="Leave it out.")
    if ics is not None:
        exports.check_free(ics, force=force)
    from toolkit import expiring as endings

    settings = settings_of(as_json=as_json)
    with session(settings, reading=True) as here:
        found = endings.soon(here.tenant, ahead, every=every)
        here.terminal.still()
        if ics is not None:
            _write(ics, found, here)
        if settings.as_json:
            print_json(
                {
                    "practice": here.tenant.practice,
                    "tenant": planning.describe(here.tenant),
                    "within_days": ahead / timedelta(days=1),
                    "every_application": every,
                    "endings": [one.as_json() for one in found],
                }
            )
        else:
            _show(found, here, within, every=every)
    return FOUND if found else 0


def _ahead(within: str) -> timedelta:
    try:
        return timedelta(seconds=inputs.seconds(within))
    except ValueError as error:
        raise UsageError(f"--within: {error}.", fix="For instance --within 60d") from error


def _write(ics: Path, found: "list[Ending]", here: Session) -> None:
    from toolkit import expiring as endings
    from toolkit import reminders

    now = here.tenant.clock.now()
    made = endings.remind(found, here.tenant.id, now)
    exports.write_public(ics, reminders.calendar(made, now))
    here.terminal.say(f"Wrote {ics}: {len(made)} reminders.", "note")


def _show(found: "list[Ending]", here: Session, within: str, *, every: bool) -> None:
    for one in found:
        what = f"{one.kind} {one.name or one.key_id}"
        thumbprint = f" ({one.thumbprint})" if one.thumbprint else ""
        owner = f", owner {one.owner}" if one.owner else ""
        click.echo(f"{_when(one)}  {one.application}: {what}{thumbprint}{owner}")
        click.echo(f"  next: {here.line(one.command) if one.command else one.advice}")
    whose = "any application" if every else "mailgrant's set-ups"
    here.terminal.say(
        f"{len(found)} of {whose}: ended, or ending within {within}."
        if found
        else f"Nothing of {whose} has ended or ends within {within}.",
        "note",
    )


def _when(one: "Ending") -> str:
    if one.ends is None or one.days is None:
        return "end unknown"
    if one.days < 0:
        return f"ended {one.ends:%Y-%m-%d}, {_days(-one.days)} ago"
    return f"ends {one.ends:%Y-%m-%d}, in {_days(one.days)}"


def _days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"
