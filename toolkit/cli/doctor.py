"""The command `doctor`: whether a set-up can work from here, and if not, what to do."""

import sys

import click

from toolkit.cli import Settings
from toolkit.cli.connect import profile_of, profiles_of, session
from toolkit.cli.options import book_of, json_option, print_json, settings_of
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
@json_option
def doctor(*, playbook: str | None, script: bool, as_json: bool) -> int:
    """Look at network, clock, sign-in and rights, one line each; say what to do. Changes nothing.

    With PLAYBOOK it compares the rights with what that playbook takes.
    """
    from toolkit import doctor as looking

    settings = settings_of(as_json=as_json)
    book = book_of(playbook) if playbook else None
    if script:
        _print_script(settings)
        return 0
    with session(settings, online=False) as here:
        findings = []
        for finding in looking.examine(here.tenant, book):
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
