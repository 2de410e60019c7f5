"""The command `practice`: the practice tenant as a server, its state, its faults, its clock."""

import signal
import sys
import threading
from pathlib import Path
from typing import Any

import click

from toolkit import inputs
from toolkit.cli import Settings
from toolkit.cli.connect import home_path, terminal_of
from toolkit.cli.options import json_option, print_json, settings_of
from toolkit.errors import UsageError
from toolkit.profiles import PRACTICE


def _folder(settings: Settings) -> Path:
    return home_path(settings) / PRACTICE


@click.group()
def practice() -> None:
    """Serve and set the practice tenant: a university on this machine."""


@practice.command(epilog="\b\nFor instance:\n  mailgrant practice start --port 8443")
@click.option("--port", default=0, show_default="any free one", help="Port on 127.0.0.1.")
@click.option(
    "--speed", default=60.0, show_default=True, help="Tenant seconds that pass in one second."
)
@click.option(
    "--record",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write every exchange into FILE, one JSON line each.",
)
@json_option
def start(*, port: int, speed: float, record: Path | None, as_json: bool) -> None:
    """Serve the practice tenant to any client until Ctrl-C."""
    from toolkit.practice import control as tenant

    settings = settings_of(as_json=as_json)
    terminal = terminal_of(settings, practice=True)
    stop = threading.Event()
    folder = _folder(settings)
    with tenant.serve(folder, port=port, speed=speed, record=record, open_to_all=True) as world:
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        if settings.as_json:
            print_json({"practice": True, **tenant.status(folder)})
            sys.stdout.flush()  # whoever reads it through a pipe waits for it
        terminal.exact(f"The practice tenant answers at {world.url}", "note")
        terminal.exact(f"Its own authority, for clients to trust: {world.ca_file}")
        terminal.say("Ctrl-C stops it.")
        try:
            while not stop.wait(0.2):
                pass
        except KeyboardInterrupt:
            terminal.say("Stopped. Its world is kept.", "note")


@practice.command(epilog="\b\nFor instance:\n  mailgrant practice status --json")
@json_option
def status(*, as_json: bool) -> None:
    """Show where it answers, who administers it, what was asked of it, and a digest of its world."""
    from toolkit.practice import control as tenant

    settings = settings_of(as_json=as_json)
    found: dict[str, Any] = tenant.status(_folder(settings))
    if settings.as_json:
        print_json({"practice": True, **found})
        return
    for name, value in found.items():
        if name not in {"admin", "people", "vendors"}:
            click.echo(f"{name:<10} {value}")
    for person in found["people"]:
        held = [*person["roles"], *(f"{one} (eligible)" for one in person["eligible"])]
        click.echo(f"{'person':<10} {person['user']}: {', '.join(held) or 'no role'}")
    for address in found["vendors"].values():
        click.echo(f"{'vendor':<10} {address}")
    click.echo(f"{'password':<10} {found['people'][0]['password']} (for each of them)")
    click.echo(f"{'admin':<10} client id {found['admin']['client_id']} (its secret: --json)")


@practice.command(epilog="\b\nFor instance:\n  mailgrant practice reset")
@click.option("--counters", is_flag=True, help="Only set the request counters to zero.")
def reset(*, counters: bool) -> None:
    """Put the world back to its seed."""
    from toolkit.practice import control as tenant

    settings = settings_of(as_json=False)
    if counters:
        tenant.reset_counters(_folder(settings))
    else:
        tenant.reset(_folder(settings))
    terminal_of(settings).say(
        "Counters are at zero." if counters else "The practice tenant is as new.", "note"
    )


@practice.command(
    epilog='\b\nFor instance:\n  mailgrant practice fault "on POST /applications #1 after-commit status 503"\n  mailgrant practice fault "lag reads=3"'
)
@click.argument("words", nargs=-1, metavar="[LINE]")
@click.option("--clear", is_flag=True, help="Remove all faults.")
@json_option
def fault(*, words: tuple[str, ...], clear: bool, as_json: bool) -> None:
    """Add a fault or a switch of the world, list them, or clear them."""
    from toolkit.practice import control as tenant

    settings = settings_of(as_json=as_json)
    if clear:
        tenant.clear_faults(_folder(settings))
    if words:
        tenant.add_fault(_folder(settings), " ".join(words))
    faults = tenant.status(_folder(settings))["faults"]
    if settings.as_json:
        print_json({"practice": True, "faults": faults})
        return
    for each in faults:
        click.echo(f"{each['line']}  (matched {each['matched']}, fired {each['fired']})")


@practice.command(epilog="\b\nFor instance:\n  mailgrant practice time +3h")
@click.argument("move", required=False, metavar="[+DURATION]")
@json_option
def time(*, move: str | None, as_json: bool) -> None:
    """Show the tenant's own clock, or move it on."""
    from toolkit.practice import control as tenant

    settings = settings_of(as_json=as_json)
    if move:
        try:
            seconds = inputs.seconds(move.lstrip("+"))
        except ValueError as error:
            raise UsageError(
                f"{error}.", fix="For instance: mailgrant practice time +3h"
            ) from error
        tenant.move(_folder(settings), seconds)
    clock = tenant.status(_folder(settings))["clock"]
    if settings.as_json:
        print_json({"practice": True, "clock": clock})
    else:
        click.echo(clock)
