"""The command `doctor`: whether a set-up can work from here, and if not, what to do."""

import sys
from collections.abc import Mapping
from typing import Any

import click

from toolkit.cli import Settings
from toolkit.cli.connect import profile_of, profiles_of, session
from toolkit.cli.options import (
    book_of,
    given_answers,
    json_option,
    print_json,
    set_option,
    settings_of,
    wait_of,
    yes_option,
)
from toolkit.errors import UsageError
from toolkit.playbook import Playbook
from toolkit.profiles import ENVIRONMENT, PRACTICE
from toolkit.systems.clouds import CLOUDS, Cloud

STYLES = {"ok": "good", "FAIL": "bad", "unknown": "wait"}


@click.command(
    epilog="\b\nFor instance:\n  mailgrant --tenant practice doctor mytimetable-graph\n  mailgrant --tenant contoso doctor --script > connectivity.ps1"
)
@click.argument("playbook", required=False, metavar="[PLAYBOOK]")
@click.option(
    "--script",
    is_flag=True,
    help="Print the connectivity part as PowerShell, for the vendor's server.",
)
@click.option(
    "--customize",
    is_flag=True,
    help="Customize the Exchange organization, once and for all; asks first.",
)
@set_option
@yes_option
@json_option
def doctor(
    *,
    playbook: str | None,
    script: bool,
    customize: bool,
    given: tuple[str, ...],
    yes: bool,
    as_json: bool,
) -> int:
    """Look at network, clock, sign-in and rights, one line each; say what to do. Changes nothing.

    With PLAYBOOK it compares the rights with what that playbook takes with the answers it suggests,
    or with those of --set. --customize alone writes.
    """
    settings = settings_of(as_json=as_json)
    answers = given_answers(None, given)
    if (customize and (playbook or script or answers)) or (script and answers):
        raise UsageError(
            "--customize and --script each stand alone.", fix="Run one after the other."
        )
    book = book_of(playbook) if playbook else None
    if answers and book is None:
        raise UsageError("--set answers a playbook.", fix="Name the playbook.")
    if script:
        _print_script(settings)
        return 0
    if customize:
        return _customize(settings, yes=yes)
    return _examine(settings, book, answers)


def _examine(settings: Settings, book: Playbook | None, answers: Mapping[str, Any]) -> int:
    """Look at one thing after the other, and tell each at once."""
    from toolkit import doctor as looking

    with session(settings, online=False) as here:
        findings = []
        needed = looking.needed_by(book, answers, practice=here.tenant.practice)
        for finding in looking.examine(here.tenant, needed):
            findings.append(finding)
            here.terminal.still()
            if not settings.as_json:
                lines = [
                    (STYLES[finding.word], f"{finding.word:<7} {finding.name}: {finding.text}")
                ]
                if finding.remedy:
                    lines.append(("", f"        {finding.remedy}"))
                here.terminal.lines(lines, to_stdout=True)
        bad = [finding for finding in findings if not finding.passes]
        if settings.as_json:
            print_json(
                {
                    "practice": here.tenant.practice,
                    "tenant": {"profile": here.tenant.profile, "id": here.tenant.id},
                    "who": here.tenant.who,
                    "well": not bad,
                    "checks": [finding.as_json() for finding in findings],
                }
            )
        words = f"{len(bad)} of {len(findings)} need attention." if bad else "All is well."
        here.terminal.say(words, "bad" if bad else "good")
    return 1 if bad else 0


def _customize(settings: Settings, *, yes: bool) -> int:
    """Let Exchange have roles and scopes of the tenant's own, after a yes of its own."""
    from toolkit import days
    from toolkit.cli import changes

    with session(settings) as here, here.home.lock(f"{here.tenant.id}-organization-tenant"):
        drawn = days.plan_to_customize(here.tenant)
        run = days.open_run(here.home, drawn, here.tenant)
        if run is None and not drawn.needed:
            here.terminal.say("The Exchange organization is customized already.", "note")
            return changes.tell(here, drawn, None, None)
        if run is None:
            changes.agree(here, drawn, yes=yes)
        run = changes.begin(here, drawn, run)
        wait = wait_of(None, practice=here.tenant.practice)
        return changes.carry(here, drawn, run, wait=wait)


def _print_script(settings: Settings) -> None:
    """Print the script for the cloud of the tenant that is meant; nothing is asked of anybody."""
    from toolkit import doctor_script
    from toolkit.systems import reachability

    cloud = _cloud(settings)
    sys.stdout.write(doctor_script.script(reachability.hosts(cloud), cloud.login))


def _cloud(settings: Settings) -> Cloud:
    name = profile_of(settings)
    if name == ENVIRONMENT:
        return CLOUDS["global"]
    if name != PRACTICE and not profiles_of(settings).get(name).practice:
        return CLOUDS[profiles_of(settings).get(name).cloud]
    with session(settings, online=False) as here:
        return here.tenant.cloud
