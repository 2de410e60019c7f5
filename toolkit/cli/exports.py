"""Writes certificates and keys to the file a person names: its ending decides, and it is never overwritten."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from toolkit.cli import passphrases
from toolkit.errors import HomeError, UsageError
from toolkit.secret import Secret, write_private

if TYPE_CHECKING:
    from toolkit.keystores import Contents

FORMATS = {".pem": "pem", ".pfx": "pfx", ".p12": "pfx", ".jks": "jks"}
TEXT = ".txt"
"""The ending of a file for the value of a client secret, and for nothing else."""
LOCKED = ("pfx", "jks")
"""Formats that always have a passphrase."""

force_option = click.option("--force", is_flag=True, help="Overwrite FILE when it is there.")
compat_option = click.option(
    "--compat",
    is_flag=True,
    help="A PFX in 3DES and SHA-1, weaker: for Windows Server 2016 and Java before 8u301, which"
    " can't open the AES-256 one and call its passphrase wrong.",
)
alias_option = click.option(
    "--alias", metavar="NAME", help="What Java calls the key in a JKS or PFX. [made of its name]"
)


@dataclass(frozen=True, kw_only=True)
class Target:
    """A file that is to be written, in which format, and how."""

    out: Path
    to: str
    compat: bool = False
    alias: str = ""


def target(
    out: Path, *, to: str | None = None, compat: bool, alias: str | None, force: bool
) -> Target:
    """Take what was said of the file to write, before anything is done; raises UsageError."""
    to = to or FORMATS.get(out.suffix.lower(), "")
    if not to:
        raise UsageError(
            f"{out} ends in none of {', '.join(FORMATS)}.",
            fix="Give it the ending of what the receiver takes; .pfx and .p12 are the same.",
        )
    if compat and to != "pfx":
        raise UsageError("--compat is about PFX files.", fix="Leave it out, or write a PFX.")
    if alias is not None and to not in LOCKED:
        raise UsageError(
            "--alias is about JKS and PFX files.", fix="Leave it out, or write one of these."
        )
    check_free(out, force=force)
    if alias is None:
        return Target(out=out, to=to, compat=compat)
    from toolkit.packing import checked_alias

    return Target(out=out, to=to, compat=compat, alias=checked_alias(alias))


def target_of_key(
    key_file: Path | None,
    *,
    compat: bool,
    alias: str | None,
    force: bool,
    passphrase_file: Path | None,
) -> Target | None:
    """Take --key and what is said of its file; raises UsageError where there is no such file."""
    if key_file is not None and key_file.suffix.lower() == TEXT:
        if compat or alias is not None or passphrase_file:
            raise UsageError(
                "A client secret is written as it is, without a passphrase.",
                fix="Leave --compat, --alias and --passphrase-file out.",
            )
        check_free(key_file, force=force)
        return Target(out=key_file, to="text")
    if key_file is not None:
        return target(key_file, compat=compat, alias=alias, force=force)
    if compat or force or alias is not None or passphrase_file:
        raise UsageError(
            "--compat, --alias, --force and --passphrase-file are about the file of a key.",
            fix="Add --key FILE, or leave them out.",
        )
    return None


def check_free(out: Path, *, force: bool) -> None:
    """Refuse a file that is there already."""
    if os.path.lexists(out) and not force:
        raise UsageError(f"{out} is already there.", fix="Name another file, or add --force.")


def passphrase_for(aim: Target, given: Secret | None) -> Secret | None:
    """Take the passphrase that was given, or ask for one twice where the format needs one."""
    if given is None and aim.to in LOCKED:
        return passphrases.asked(f"Passphrase for {aim.out}", twice=True)
    return given


def write_key(aim: Target, contents: "Contents", passphrase: Secret | None) -> list[str]:
    """Write certificate and private key, readable by this account alone; tells what to know."""
    from toolkit import packing

    packed = packing.pack(
        contents,
        aim.to,
        with_key=True,
        passphrase=passphrase,
        compat=aim.compat,
        alias=aim.alias,
    )
    write_private(aim.out.absolute(), packed)
    known = packing.about(
        contents, aim.to, passphrase=passphrase, compat=aim.compat, alias=aim.alias
    )
    return [f"Wrote {aim.out}: certificate and private key, readable by you alone.", *known]


def write_public(out: Path, data: bytes) -> None:
    """Write what anybody may read."""
    try:
        out.write_bytes(data)
    except OSError as error:
        raise HomeError(
            f"{out} can't be written: {error.strerror}.", fix="Choose another folder."
        ) from error
