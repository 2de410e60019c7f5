"""The command `handover`: the vendor's sheet, the mail to send, the key for export."""

import sys
from pathlib import Path

import click

from toolkit import story
from toolkit.cli import Settings, changes, exports, passphrases
from toolkit.cli.connect import home_of, session, terminal_of
from toolkit.cli.exports import Target, alias_option, compat_option, force_option
from toolkit.cli.options import (
    given_answers,
    json_option,
    print_json,
    set_option,
    settings_of,
)
from toolkit.errors import NotFoundError, UsageError
from toolkit.home import Run
from toolkit.secret import Secret, write_private

FORMS = ("md", "html", "mail", "json")


@click.command(
    epilog="\b\nFor instance:\n  mailgrant handover MyTimetable-prod --format mail\n  mailgrant handover MyTimetable-prod --key mytimetable.pem\n  mailgrant handover MyTimetable-prod --key mytimetable.jks --alias mytimetable"
)
@click.argument("what", metavar="RUN|APP")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMS),
    default="md",
    show_default=True,
    help="The sheet as Markdown, HTML or JSON, or the mail text.",
)
@click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Export the private key with its certificate, readable by you alone; the ending"
    " decides: .pem, .pfx, .p12 or .jks; .txt for the value of a client secret.",
)
@compat_option
@alias_option
@force_option
@passphrases.option
@set_option
@json_option
def handover(
    *,
    what: str,
    form: str,
    key_file: Path | None,
    compat: bool,
    alias: str | None,
    force: bool,
    passphrase_file: Path | None,
    given: tuple[str, ...],
    as_json: bool,
) -> None:
    """Print the vendor's sheet of a run, without any secret in it.

    Works without a connection; only what another computer set up is looked for in the tenant.
    """
    from toolkit import handover as sheets
    from toolkit import render

    settings = settings_of(as_json=as_json)
    aim = exports.target_of_key(
        key_file, compat=compat, alias=alias, force=force, passphrase_file=passphrase_file
    )
    run = _run(what, given, settings)
    if aim is not None:
        _export(aim, run, passphrases.given(passphrase_file), settings)
        return
    sheet = sheets.sheet_of(run)
    if settings.as_json or form == "json":
        print_json(sheet.as_json())
        return
    text = {"md": render.handover_markdown, "html": render.handover_html, "mail": render.mail_text}[
        form
    ](sheet)
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def _export(aim: Target, run: Run, given: Secret | None, settings: Settings) -> None:
    """Write the key or the secret of a run to a file, and say what the vendor must know of it."""
    from toolkit import keystores
    from toolkit.steps.certificate import kept_key
    from toolkit.steps.client_secret import kept_secret

    keep = home_of(settings).keep
    _, credential = story.signs_in_with(run)
    held = credential.secret_id if aim.to == "text" else credential.thumbprint
    if not held:
        raise UsageError(
            f"This set-up signs in with a {credential.what}.",
            fix="Let FILE end in .txt."
            if credential.secret_id
            else "Let FILE end in .pem, .pfx or .jks.",
        )
    if aim.to == "text":
        value = kept_secret(keep, held)
        write_private(aim.out.absolute(), value.reveal_bytes())
        lines = [f"Wrote {aim.out}: the client secret's value, readable by you alone."]
    else:
        contents = keystores.open_file(kept_key(keep, held), name=held)
        lines = exports.write_key(aim, contents, exports.passphrase_for(aim, given))
    for line in (*lines, "Hand it over by another channel than the sheet."):
        terminal_of(settings).say(line, "note")


def _run(what: str, given: tuple[str, ...], settings: Settings) -> Run:
    """Find the run here; where another computer made it, record it by its marks in the tenant."""
    home = home_of(settings)
    try:
        return home.run(what)
    except NotFoundError:
        if not settings.tenant:
            raise
    with session(settings) as here:
        return changes.run_of(here, what, given_answers(None, given))


def write_pages(run: Run) -> list[Path]:
    """Write sheet and mail into the run's folder."""
    from toolkit import handover as sheets
    from toolkit import render

    sheet = sheets.sheet_of(run)
    pages = {
        "handover.html": render.handover_html(sheet),
        "handover.md": render.handover_markdown(sheet),
        "mail.txt": render.mail_text(sheet),
    }
    for name, text in pages.items():
        write_private(run.folder / name, text.encode())
    return [run.folder / name for name in pages]
