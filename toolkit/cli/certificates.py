"""The command `certificates`: make, inspect and convert what applications sign in with."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from toolkit.cli import passphrases
from toolkit.cli.rollover import rollover
from toolkit.clock import SystemClock
from toolkit.errors import HomeError, MailgrantError, UsageError
from toolkit.secret import write_private

if TYPE_CHECKING:
    from toolkit.certificates import Certificate

PFX_ENDINGS = (".pfx", ".p12")

FILE = click.Path(path_type=Path)
json_option = click.option("--json", "as_json", is_flag=True, help="Print data as JSON.")
out_option = click.option("--out", type=FILE, required=True, metavar="FILE", help="File to write.")
force_option = click.option("--force", is_flag=True, help="Overwrite FILE when it is there.")
Found = tuple[Path, "list[Certificate]", MailgrantError | None]  # a file, what it holds, or why not


def _example(line: str) -> str:
    return f"\b\nFor instance, in bash and PowerShell alike:\n  mailgrant certificates {line}"


@click.group()
def certificates() -> None:
    """Make, inspect and convert certificates.

    Nothing here talks to a tenant. Passphrases are asked for without showing them, or come from a
    file or from MAILGRANT_PASSPHRASE; never from the command line.
    """


@certificates.command(epilog=_example("new MyTimetable-prod --out mytimetable.pfx --days 365"))
@click.argument("name")
@out_option
@click.option("--days", default=365, show_default=True, help="How long it lasts.")
@click.option("--key-size", default=3072, show_default=True, help="Bits of the RSA key.")
@click.option("--pfx", is_flag=True, help="Write a PFX whatever FILE's ending is.")
@passphrases.option
@force_option
@json_option
def new(
    *,
    name: str,
    out: Path,
    days: int,
    key_size: int,
    pfx: bool,
    passphrase_file: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Make a private key and its self-signed certificate, named NAME.

    FILE ends in .pem (key and certificate as text; encrypted only where a passphrase is given in
    a file or in MAILGRANT_PASSPHRASE) or in .pfx or .p12 (always encrypted). Only you can read it.
    """
    from toolkit import certificates as certificate_files
    from toolkit import keystores

    to = "pfx" if pfx or out.suffix.lower() in PFX_ENDINGS else "pem"
    if to == "pem" and out.suffix.lower() != ".pem":
        raise UsageError(
            f"{out} ends neither in .pem nor in .pfx.", fix="Give it such an ending, or --pfx."
        )
    _check_free(out, force=force)
    passphrase = passphrases.given(passphrase_file)
    if to == "pfx" and passphrase is None:
        passphrase = passphrases.asked(f"Passphrase for {out}", twice=True)
    pair = certificate_files.make(name, days=days, now=SystemClock().now(), key_size=key_size)
    contents = keystores.open_file(pair.pem.reveal_bytes(), name=name)
    packed = keystores.pack(contents, to, with_key=True, passphrase=passphrase)
    _write(out, packed, secret=True)
    _say(f"Wrote {out}: certificate and private key, readable by you alone.")
    _say(f'For the public part: mailgrant certificates convert "{out}" --to der --out PUBLIC.cer')
    _show([(out, [pair.certificate], None)], as_json=as_json)


@certificates.command(epilog=_example("inspect vendor.cer mytimetable.pfx --json"))
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="FILE...")
@passphrases.option
@json_option
@click.pass_context
def inspect(
    context: click.Context, files: tuple[Path, ...], passphrase_file: Path | None, as_json: bool
) -> None:
    """Show which certificates are in FILE, and what is wrong with them.

    Takes PEM, DER, PFX and PKCS #7. Private keys stay closed. Exits 1 when a FILE can't be read.
    """
    found: list[Found] = []
    for file in files:
        try:
            found.append((file, _inspected(file, passphrase_file), None))
        except MailgrantError as error:
            found.append((file, [], error))
    _show(found, as_json=as_json)
    if any(error for *_, error in found):
        context.exit(1)


@certificates.command(epilog=_example("convert mytimetable.pfx --to der --out mytimetable.cer"))
@click.argument("file", type=FILE, metavar="FILE")
@click.option("--to", type=click.Choice(["pem", "der", "pfx"]), required=True, help="Format.")
@out_option
@click.option(
    "--with-key/--certificate-only",
    default=None,
    help="With the private key or without. A PFX has it, a DER never has, a PEM when you say so.",
)
@click.option(
    "--compat",
    is_flag=True,
    help="A PFX in 3DES and SHA-1, weaker: for Windows Server 2016 and Java before 8u301, which"
    " can't open the AES-256 one and call its passphrase wrong.",
)
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
    with_key: bool | None,
    compat: bool,
    passphrase_file: Path | None,
    new_passphrase_file: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Convert FILE to PEM, DER (.cer) or PFX (.p12).

    Takes PEM, DER, PFX and PKCS #7. A PEM with its key is encrypted only where a new passphrase
    is given in a file.
    """
    from toolkit import certificates as certificate_files
    from toolkit import keystores

    key_wanted = _key_wanted(to, with_key=with_key, compat=compat)
    _check_free(out, force=force)
    data = passphrases.load(file)
    given = passphrases.given(passphrase_file)
    opening = given
    if given is None and keystores.is_locked(data, with_key=key_wanted):
        opening = passphrases.asked(f"Passphrase of {file}")
    contents = keystores.open_file(data, name=str(file), passphrase=opening, with_key=key_wanted)
    fresh = passphrases.from_file(new_passphrase_file) if new_passphrase_file else None
    if to == "pfx" and fresh is None:
        fresh = given or passphrases.asked(f"Passphrase for {out}", twice=True)
    packed = keystores.pack(contents, to, with_key=key_wanted, passphrase=fresh, compat=compat)
    _write(out, packed, secret=key_wanted)
    _say(f"Wrote {out}, {'readable by you alone' if key_wanted else 'without a private key'}.")
    held = certificate_files.inspect(keystores.pem(contents, with_key=False))
    _show([(out, held, None)], as_json=as_json)


def _key_wanted(to: str, *, with_key: bool | None, compat: bool) -> bool:
    if compat and to != "pfx":
        raise UsageError("--compat is about PFX files.", fix="Leave it out, or take --to pfx.")
    if to == "der" and with_key:
        raise UsageError("A DER file here is a certificate alone.", fix="Take --to pem or pfx.")
    if to == "pfx" and with_key is False:
        raise UsageError(
            "A PFX is there for its private key.", fix="Take --to der for the certificate alone."
        )
    return to == "pfx" or bool(with_key)


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


# ---- files ----


def _check_free(out: Path, *, force: bool) -> None:
    if os.path.lexists(out) and not force:
        raise UsageError(f"{out} is already there.", fix="Name another file, or add --force.")


def _write(out: Path, data: bytes, *, secret: bool) -> None:
    if secret:
        write_private(out, data)
        return
    try:
        out.write_bytes(data)
    except OSError as error:
        raise HomeError(
            f"{out} can't be written: {error.strerror}.", fix="Choose another folder."
        ) from error


# ---- what is shown ----


def _say(sentence: str) -> None:
    click.echo(sentence, err=True)


def _show(found: "list[Found]", *, as_json: bool) -> None:
    if as_json or click.get_current_context().find_root().params.get("as_json"):
        click.echo(json.dumps({"files": [_as_data(*one) for one in found]}, indent=2))
        return
    for file, held, error in found:
        for certificate in held:
            _show_one(file, certificate)
        if error:
            _say(f"{error.message}\n  {error.fix}")


def _as_data(file: Path, held: "list[Certificate]", error: MailgrantError | None) -> dict[str, Any]:
    told = error and {"message": error.message, "fix": error.fix}
    return {"file": str(file), "certificates": [_fields(one) for one in held], "error": told}


def _fields(one: "Certificate") -> dict[str, Any]:
    from toolkit.certificates import flaws_of

    now = SystemClock().now()
    plain = {field: value for field, value in vars(one).items() if field not in {"der", "pem"}}
    times = {
        field: plain[field].strftime("%Y-%m-%dT%H:%M:%SZ") for field in ("not_before", "not_after")
    }
    return plain | times | {"days_left": one.days_left(now), "warnings": flaws_of(one, now)}


def _show_one(file: Path, one: "Certificate") -> None:
    fields = _fields(one)
    issuer = "itself" if one.self_signed else one.issuer
    click.echo(f"{file}: {one.subject or '(no name)'}")
    for label, value in (
        ("issued by", issuer),
        (
            "valid",
            f"{one.not_before:%Y-%m-%d} to {one.not_after:%Y-%m-%d}, {fields['days_left']} days left",
        ),
        ("thumbprint", one.thumbprint),
        ("SHA-256", one.sha256),
        (
            "key",
            f"{one.key_kind} {one.key_size or ''}, signed with {one.signature_hash or 'its own'}",
        ),
        *(("warning", f"it {flaw}") for flaw in fields["warnings"]),
    ):
        click.echo(f"  {label:<11} {value}")


certificates.add_command(rollover)
