"""Writes a request for a certificate and its private key, and says how the answer comes back."""

import json
from pathlib import Path

import click

from toolkit.cli import exports
from toolkit.cli.certificate_lines import say
from toolkit.cli.options import settings_of
from toolkit.errors import UsageError
from toolkit.secret import Secret, write_private


def refuse(*, days: int | None, pfx: bool, compat: bool, alias: str | None) -> None:
    """Refuse what was said of a certificate or key store where only a request is made."""
    if days is not None:
        raise UsageError(
            "How long the certificate lasts is said by the authority.", fix="Leave --days out."
        )
    if pfx or compat or alias is not None:
        raise UsageError(
            "A request isn't a key store.",
            fix="Leave --pfx, --compat and --alias out; they are for when the answer is converted.",
        )


def write(
    name: str,
    out: Path,
    key_out: Path,
    *,
    key_size: int,
    passphrase: Secret | None,
    force: bool,
    as_json: bool,
) -> None:
    """Write a request and its key, and say how the authority's answer comes back."""
    from toolkit import packing, signing_requests

    if key_out == out:
        raise UsageError(
            "Request and key can't be one file.", fix="Name another one with --key-out."
        )
    for path in (out, key_out):
        exports.check_free(path, force=force)
    asked = signing_requests.make(name, key_size=key_size)
    # The key first: a request without it would be answered for nothing.
    packed = packing.pem(asked.contents, with_key=True, passphrase=passphrase)
    write_private(key_out.absolute(), packed)
    exports.write_public(out, asked.pem)
    say(f"Wrote {key_out}: the private key, readable by you alone. It stays on this computer.")
    say(f"Wrote {out}: the request for its certificate. Send it to your certification authority.")
    say(
        f'When the answer is here: mailgrant certificates convert ANSWER.p7b --key "{key_out}"'
        " --to pfx --out KEY.pfx"
    )
    if settings_of(as_json=as_json).as_json:
        click.echo(json.dumps({"request": str(out), "key": str(key_out)}, indent=2))
