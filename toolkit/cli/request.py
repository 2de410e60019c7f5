"""The command `request`: one request to Microsoft Graph as the application of a run."""

import json
import sys
from pathlib import Path
from urllib.parse import unquote

import click

from toolkit import story
from toolkit.cli.connect import session
from toolkit.cli.options import json_option, settings_of, yes_option
from toolkit.errors import NotFoundError, UsageError
from toolkit.home import Home, Run
from toolkit.terminal import Terminal

METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")


@click.command(
    epilog="\b\nFor instance:\n  mailgrant --tenant practice request GET /users/mette.jansen@northbridge.example/calendar"
)
@click.argument("method", type=click.Choice(METHODS, case_sensitive=False))
@click.argument("path")
@click.option("--run", "name", metavar="RUN|APP", help="Whose application to be. [the newest run]")
@click.option(
    "--body", type=click.Path(exists=True, path_type=Path), metavar="FILE", help="JSON to send."
)
@yes_option
@json_option
def request(
    *, method: str, path: str, name: str | None, body: Path | None, yes: bool, as_json: bool
) -> int:
    """Send one raw request to Microsoft Graph as the application that a run set up.

    It signs in with the key or secret in keep and prints Graph's own answer. PATH lies within Graph,
    such as /users/ADDRESS/calendar. Anything but GET asks first and is written into the run's journal.
    """
    settings = settings_of(as_json=as_json)
    with session(settings, online=False) as here:
        run = here.home.run(name) if name else _newest(here.home)
        story.same_tenant(run, here.tenant)
        path = _within(path, here.tenant.cloud.graph)
        content = _content(body)
        question = f"Send {method.upper()} {path} as the application of {run.id}?"
        if method.upper() != "GET" and not (yes or _agreed(here.terminal, question)):
            raise UsageError(
                "Nothing was sent: nobody agreed.", fix="Add --yes, or run it at a terminal."
            )
        run.journal.add("request", method=method.upper(), path=path)
        client_id, credential = story.signs_in_with(run)
        graph = credential.enter(here.tenant, client_id)
        answer = graph.request(method, path, content, any_body=True)
        here.terminal.still()
        here.terminal.say(f"HTTP {answer.status}", "good" if answer.status < 400 else "bad")  # noqa: PLR2004  HTTP
        if answer.body not in ("", None):
            sys.stdout.write(
                (
                    json.dumps(answer.body, indent=1, ensure_ascii=True)
                    if not isinstance(answer.body, str)
                    else answer.body
                )
                + "\n"
            )
    return 0 if answer.status < 400 else 1  # noqa: PLR2004  HTTP


def _within(path: str, graph: str) -> str:
    """Take a path of this cloud's Graph, or a whole address of it; refuse every other one unsent."""
    inner = path.removeprefix(f"{graph}/") if path.startswith(f"{graph}/") else path
    plain = unquote(inner.partition("?")[0]).replace("\\", "/")
    elsewhere = "://" in plain or plain.startswith("//") or not plain.strip("/")
    if elsewhere or {".", ".."} & set(plain.split("/")):
        raise UsageError(
            f"{path!r} is no path within Microsoft Graph; nothing was sent.",
            fix="Give what follows the version, for instance /users/ADDRESS/calendar, or /beta/...",
        )
    return inner


def _agreed(terminal: Terminal, question: str) -> bool:
    return terminal.can_ask and terminal.confirm(question)


def _newest(home: Home) -> Run:
    runs = [run for run in home.runs() if run.state in ("done", "pending")]
    if not runs:
        raise NotFoundError("No run has set an application up yet.", fix="`mailgrant setup` does.")
    return runs[-1]


def _content(body: Path | None) -> bytes | None:
    if body is None:
        return None
    data = body.read_bytes()
    try:
        json.loads(data)
    except ValueError as error:
        raise UsageError(f"{body} is no JSON.", fix="Correct it; nothing was sent.") from error
    return data
