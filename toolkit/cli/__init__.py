"""The command line: one file a command; what is heavy is imported when a command runs."""

import importlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from toolkit import __version__

COMMANDS = {
    "playbooks": ("playbooks", "List the playbooks, show one, check one of your own."),
    "setup": ("setup", "Guided set-up: ask, plan, confirm, apply, prove, hand over."),
    "plan": ("plan", "Show what a set-up would change; changes nothing."),
    "apply": ("apply", "Carry out a playbook or a saved plan."),
    "verify": ("verify", "Prove a set-up again."),
    "undo": ("undo", "Take back what a run did, and nothing else."),
    "runs": ("runs", "List runs, show one, carry one on."),
    "handover": ("handover", "Write the vendor's sheet and the mail to send."),
    "members": ("members", "Who is inside: list, add, remove, make equal to a list."),
    "accounts": ("accounts", "People who use a delegated application: let in, list, let out."),
    "stop": ("stop", "Disable an application at once; undo enables it again."),
    "retire": ("retire", "Disable, wait, take away in order, write the closing sheet."),
    "guide": ("guide", "The same set-up by hand: portal paths and one PowerShell script."),
    "certificates": ("certificates", "Make, inspect, convert certificates; see which end soon."),
    "secrets": ("secrets", "Have a new client secret made, and keep it."),
    "request": ("request", "Send one request to Microsoft Graph as the application of a run."),
    "tenants": ("tenants", "The tenants you work in: add, list, show, use, remove."),
    "doctor": ("doctor", "See whether network, sign-in and rights will do."),
    "completion": ("completion", "Complete commands with Tab: powershell, bash, zsh, fish."),
    "practice": ("practice", "The practice tenant: start, status, reset, fault, time."),
}
"""Command: its module here, and its line in the help."""


@dataclass
class Settings:
    """What the options before the command say."""

    tenant: str | None = None
    home: Path | None = None
    verbose: bool = False
    as_json: bool = False
    no_color: bool = False
    device_code: bool = False
    insist: bool = False
    state: dict[str, Any] = field(default_factory=dict)


class Lazy(click.Group):
    """A group that knows its commands by name and loads one when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """List the commands in the order an administrator meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002  click's signature
        """Load a command."""
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"toolkit.cli.{COMMANDS[name][0]}")
        command: click.Command = getattr(module, name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  click's signature
        """Show the table without loading any command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.command(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--tenant",
    metavar="NAME",
    envvar="MAILGRANT_TENANT",
    help="Which tenant: a profile, practice, or env for AZURE_* variables.",
)
@click.option(
    "--home",
    metavar="DIR",
    type=click.Path(path_type=Path),
    envvar="MAILGRANT_HOME",
    help="Where runs, keys and the practice world lie.",
)
@click.option("-v", "--verbose", is_flag=True, help="Tell on stderr what is sent.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print the result as JSON (also after the command)."
)
@click.option("--no-color", is_flag=True, help="No colours (NO_COLOR does the same).")
@click.option(
    "--device-code",
    is_flag=True,
    help="Sign in by a code typed in elsewhere; many tenants block it.",
)
@click.option("--insist", is_flag=True, help="Go on as a guest or a partner's administrator.")
@click.version_option(__version__, prog_name="mailgrant")
@click.pass_context
def mailgrant(
    ctx: click.Context,
    *,
    tenant: str | None,
    home: Path | None,
    verbose: bool,
    as_json: bool,
    no_color: bool,
    device_code: bool,
    insist: bool,
) -> None:
    r"""Give an application the mailboxes it needs and no others, and prove it.

    \b
    Example, on the practice tenant that comes along:
      mailgrant --tenant practice setup mytimetable-graph --yes
    """
    settings: Settings = ctx.ensure_object(Settings)
    settings.tenant, settings.home = tenant, home
    settings.verbose, settings.as_json, settings.no_color = verbose, as_json, no_color
    settings.device_code, settings.insist = device_code, insist
