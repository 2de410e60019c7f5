"""The command `stop`: the kill switch of an application."""

import click

from toolkit import days
from toolkit.cli import changes
from toolkit.cli.connect import session
from toolkit.cli.options import json_option, settings_of, wait_of, yes_option


@click.command(
    epilog="\b\nFor instance:\n  mailgrant --tenant practice stop MyTimetable-prod --yes"
)
@click.argument("app", metavar="APP")
@yes_option
@json_option
def stop(*, app: str, yes: bool, as_json: bool) -> int:
    """Disable an application at once. Nothing is deleted; `undo` of this run enables it again."""
    settings = settings_of(as_json=as_json)
    with session(settings) as here:
        found = changes.target_of(here, app)
        with here.home.lock(changes.lock_name(here, found)):
            drawn = days.plan("stop", found, here.tenant, name=found.name)
            going_on = days.open_run(here.home, drawn, here.tenant)
            if going_on is None and not drawn.needed:
                here.terminal.say(f"{found.name} is stopped already.", "note")
                return changes.tell(here, drawn, None, None)
            if going_on is None:
                changes.agree(here, drawn, yes=yes)
            run = changes.begin(here, drawn, going_on)
            wait = wait_of(None, practice=here.tenant.practice)
            code = changes.carry(here, drawn, run, wait=wait)
        here.terminal.say(days.TOKENS, "note")
        return code
