"""Shows which certificates are in which file, as lines or as data."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from toolkit.clock import SystemClock
from toolkit.errors import MailgrantError

if TYPE_CHECKING:
    from toolkit.certificates import Certificate

Found = tuple[Path, "list[Certificate]", MailgrantError | None]  # a file, what it holds, or why not


def say(sentence: str) -> None:
    """Talk to the person, beside the data."""
    click.echo(sentence, err=True)


def show(found: list[Found], *, as_json: bool) -> None:
    """Show every file with its certificates, or with what is wrong with it."""
    if as_json or click.get_current_context().find_root().params.get("as_json"):
        click.echo(json.dumps({"files": [_as_data(*one) for one in found]}, indent=2))
        return
    for file, held, error in found:
        for certificate in held:
            _show_one(file, certificate)
        if error:
            say(f"{error.message}\n  {error.fix}")


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
