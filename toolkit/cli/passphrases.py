"""Takes passphrases from a file, the environment or the terminal; never from the command line."""

import codecs
import os
import sys
from pathlib import Path

import click

from toolkit.errors import AnswerError
from toolkit.secret import Secret

VARIABLE = "MAILGRANT_PASSPHRASE"
LARGEST = 1_000_000

option = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=f"File whose first line is the passphrase. Or set {VARIABLE}; else it is asked for.",
)


def given(file: Path | None) -> Secret | None:
    """Take the passphrase from its file or from the environment."""
    if file:
        return from_file(file)
    value = os.environ.get(VARIABLE)
    return Secret(value) if value else None


def from_file(file: Path, what: str = "passphrase") -> Secret:
    """Take the first line of a file."""
    data = load(file)
    # Windows PowerShell's `>` writes UTF-16, Notepad a mark before UTF-8.
    encoding = "utf-16" if data[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE} else "utf-8-sig"
    try:
        first = data.decode(encoding).partition("\n")[0].rstrip("\r")
    except UnicodeDecodeError as error:
        raise AnswerError(f"{file} isn't text.", fix="Save it as UTF-8.") from error
    if not first:
        raise AnswerError(f"The first line of {file} is empty.", fix=f"Put the {what} there.")
    return Secret(first)


def asked(what: str, *, twice: bool = False) -> Secret:
    """Ask at the terminal, without showing what is typed."""
    from toolkit.keystores import GIVE

    if not sys.stdin.isatty():
        raise AnswerError(f"{what} is missing, and there is no terminal to ask at.", fix=GIVE)
    return Secret(click.prompt(what, hide_input=True, confirmation_prompt=twice, err=True))


def load(file: Path) -> bytes:
    """Read a file, of a certificate's size at most."""
    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST + 1)
    except OSError as error:
        raise AnswerError(
            f"{file} can't be read: {error.strerror}.", fix="Check the path and your rights."
        ) from error
