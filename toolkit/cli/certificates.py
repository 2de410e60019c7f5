"""The command `certificates`: make, inspect and convert what applications sign in with."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from toolkit.cli import exports, passphrases, signing_requests
from toolkit.cli.certificate_lines import Found, say, show
from toolkit.cli.expiring import expiring
from toolkit.cli.exports import Target, alias_option, compat_option, force_option
from toolkit.cli.rollover import rollover
from toolkit.clock import SystemClock
from toolkit.errors import MailgrantError, UsageError
from toolkit.secret import Secret

if TYPE_CHECKING:
    from toolkit.certificates import Certificate
    from toolkit.keystores import Contents

FILE = click.Path(path_type=Path)
DAYS = 365
json_option = click.option("--json", "as_json", is_flag=True, help="Print data as JSON.")
out_option = click.option("--out", type=FILE, required=True, metavar="FILE", help="File to write.")


def _example(line: str) -> str:
    return f"\b\nFor instance, in bash and PowerShell alike:\n  mailgrant certificates {line}"


@click.group()
def certificates() -> None:
    """Make, inspect and convert certificates; see which end soon.

    Only `expiring` talks to a tenant. Passphrases are asked for without showing them, or come
    from a file or from MAILGRANT_PASSPHRASE; never from the command line.
    """


@certificates.command(
    epilog=_example(
        "new MyTimetable-prod --out mytimetable.pfx --days 365\n"
        "  mailgrant certificates new MyTimetable-prod --csr --out mytimetable.csr"
    )
)
@click.argument("name")
@out_option
@click.option("--days", type=int, help=f"How long it lasts. [{DAYS}]")
@click.option("--key-size", default=3072, show_default=True, help="Bits of the RSA key.")
@click.option("--pfx", is_flag=True, help="Write a PFX whatever FILE's ending is.")
@compat_option
@alias_option
@click.option(
    "--csr", is_flag=True, help="Write a request (PKCS #10) for your company's authority instead."
)
@click.option(
    "--key-out",
    type=FILE,
    metavar="FILE",
    help="With --csr: where the private key goes (PEM). [beside the request, ending in .key]",
)
@passphrases.option
@force_option
@json_option
def new(
    *,
    name: str,
    out: Path,
    days: int | None,
    key_size: int,
    pfx: bool,
    compat: bool,
    alias: str | None,
    csr: bool,
    key_out: Path | None,
    passphrase_file: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Make a private key and its self-signed certificate, named NAME.

    FILE ends in .pem (key and certificate as text; encrypted only where a passphrase is given in
    a file or in MAILGRANT_PASSPHRASE), in .pfx or .p12, or in .jks (these are always encrypted).
    Only you can read it.
    """
    if csr:
        signing_requests.refuse(days=days, pfx=pfx, compat=compat, alias=alias)
        signing_requests.write(
            name,
            out,
            key_out or out.with_suffix(".key"),
            key_size=key_size,
            passphrase=passphrases.given(passphrase_file),
            force=force,
            as_json=as_json,
        )
        return
    if key_out:
        raise UsageError("--key-out is for requests.", fix="Leave it out, or add --csr.")
    from toolkit import certificates as certificate_files
    from toolkit import keystores

    to = "pfx" if pfx else None
    aim = exports.target(out, to=to, compat=compat, alias=alias, force=force)
    passphrase = exports.passphrase_for(aim, passphrases.given(passphrase_file))
    now, life = SystemClock().now(), DAYS if days is None else days
    pair = certificate_files.make(name, days=life, now=now, key_size=key_size)
    contents = keystores.open_file(pair.pem.reveal_bytes(), name=name)
    for line in exports.write_key(aim, contents, passphrase):
        say(line)
    say(f'For the public part: mailgrant certificates convert "{out}" --to der --out PUBLIC.cer')
    show([(out, [pair.certificate], None)], as_json=as_json)


@certificates.command(epilog=_example("inspect vendor.cer mytimetable.pfx --json"))
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="FILE...")
@passphrases.option
@json_option
@click.pass_context
def inspect(
    context: click.Context, files: tuple[Path, ...], passphrase_file: Path | None, as_json: bool
) -> None:
    """Show which certificates are in FILE, and what is wrong with them.

    Takes PEM, DER, PFX, PKCS #7 and JKS. Private keys stay closed. Exits 1 when a FILE can't be
    read.
    """
    found: list[Found] = []
    for file in files:
        try:
            found.append((file, _inspected(file, passphrase_file), None))
        except MailgrantError as error:
            found.append((file, [], error))
    show(found, as_json=as_json)
    if any(error for *_, error in found):
        context.exit(1)


@certificates.command(
    epilog=_example(
        "convert mytimetable.pfx --to der --out mytimetable.cer\n"
        "  mailgrant certificates convert answer.p7b --key mytimetable.key --to pfx --out mytimetable.pfx"
    )
)
@click.argument("file", type=FILE, metavar="FILE")
@click.option(
    "--to", type=click.Choice(["pem", "der", "pfx", "jks"]), required=True, help="Format."
)
@out_option
@click.option(
    "--key",
    "key_file",
    type=FILE,
    metavar="FILE",
    help="The private key that FILE answers the request of.",
)
@click.option(
    "--with-key/--certificate-only",
    default=None,
    help="With the private key or without. PFX and JKS have it, a DER never has, a PEM when you"
    " say so or name a --key.",
)
@compat_option
@alias_option
@passphrases.option
@click.option(
    "--new-passphrase-file",
    type=FILE,
    metavar="FILE",
    help="The same for the file to write, where its passphrase is to be another one.",
)
@force_option
@json_option
def convert(
    *,
    file: Path,
    to: str,
    out: Path,
    key_file: Path | None,
    with_key: bool | None,
    compat: bool,
    alias: str | None,
    passphrase_file: Path | None,
    new_passphrase_file: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Convert FILE to PEM, DER, PFX or JKS, with its chain.

    Takes PEM, DER, PFX, PKCS #7 and JKS. A PEM with its key is encrypted only where a new
    passphrase is given in a file.
    """
    from toolkit import certificates as certificate_files
    from toolkit import packing

    key_wanted = _key_wanted(to, with_key=True if key_file and with_key is None else with_key)
    if key_file and not key_wanted:
        raise UsageError("--key is there to be written.", fix="Leave out --certificate-only.")
    aim = exports.target(out, to=to, compat=compat, alias=alias, force=force)
    given = passphrases.given(passphrase_file)
    contents = _joined(file, key_file, given, with_key=key_wanted)
    if key_wanted:
        fresh = _fresh(aim, given, new_passphrase_file)
        for line in exports.write_key(aim, contents, fresh):
            say(line)
    else:
        exports.write_public(out, packing.pack(contents, to, with_key=False))
        say(f"Wrote {out}, without a private key.")
    held = certificate_files.inspect(packing.pem(contents, with_key=False))
    show([(out, held, None)], as_json=as_json)


def _joined(
    file: Path, key_file: Path | None, given: Secret | None, *, with_key: bool
) -> "Contents":
    """Open a file, and put it to the key that lies in another one."""
    from toolkit import keystores

    if key_file is None:
        return _opened(file, given, with_key=with_key)
    key = _opened(key_file, given, with_key=True).key
    answer = _opened(file, given, with_key=False)
    return keystores.joined(answer, key, name=str(file), key_name=str(key_file))


def _opened(file: Path, given: Secret | None, *, with_key: bool) -> "Contents":
    from toolkit import keystores

    data = passphrases.load(file)
    if given is None and keystores.is_locked(data, with_key=with_key):
        given = passphrases.asked(f"Passphrase of {file}")
    return keystores.open_file(data, name=str(file), passphrase=given, with_key=with_key)


def _fresh(aim: Target, given: Secret | None, file: Path | None) -> Secret | None:
    """Tell the passphrase of a file to write; a PEM has one only where it is given for it."""
    if file:
        return passphrases.from_file(file)
    return exports.passphrase_for(aim, given if aim.to in exports.LOCKED else None)


def _key_wanted(to: str, *, with_key: bool | None) -> bool:
    if to == "der" and with_key:
        raise UsageError(
            "A DER file here is a certificate alone.", fix="Take --to pem, pfx or jks."
        )
    if to in exports.LOCKED and with_key is False:
        raise UsageError(
            f"A {to.upper()} is there for its private key.",
            fix="Take --to der for the certificate alone.",
        )
    return to in exports.LOCKED or bool(with_key)


def _inspected(file: Path, passphrase_file: Path | None) -> "list[Certificate]":
    from toolkit import certificates as certificate_files
    from toolkit import keystores

    data = passphrases.load(file)
    passphrase = None
    if keystores.is_locked(data, with_key=False):
        passphrase = passphrases.given(passphrase_file) or passphrases.asked(
            f"Passphrase of {file}"
        )
    return certificate_files.inspect(data, passphrase, name=str(file))


certificates.add_command(expiring)
certificates.add_command(rollover)
