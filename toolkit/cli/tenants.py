"""The command `tenants`: the tenants you work in, and how you sign in to each."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from toolkit.cli import Settings
from toolkit.cli.connect import (
    home_of,
    home_path,
    practice_place,
    profiles_of,
    terminal_of,
)
from toolkit.cli.consenting import agreed, registered, taken_back, unregistered
from toolkit.cli.identities import key_kind
from toolkit.cli.options import json_option, print_json, settings_of, yes_option
from toolkit.errors import UsageError
from toolkit.profiles import (
    NO_BEGINNING,
    PRACTICE,
    Profile,
    SignIn,
    can_begin,
    checked_name,
)
from toolkit.systems.clouds import CLOUDS

SHOWN = (
    *("tenant", "domain", "cloud", "sign_in", "client", "kept", "reader", "reader_kept"),
    *("apps", "groups", "assignments", "consented", "default"),
)

BEGINS = ("apps", "groups", "assignments")


@click.group()
def tenants() -> None:
    """Keep the tenants you work in: which tenant, which cloud, how you sign in."""


@tenants.command(
    epilog="\b\nFor instance:\n  mailgrant tenants add contoso --domain contoso.com\n  mailgrant tenants add contoso --domain contoso.com --sign-in own --register\n  mailgrant tenants add practice-person --practice"
)
@click.argument("name")
@click.option("--domain", help="A domain of the tenant; its id is looked up.")
@click.option("--id", "tenant_id", metavar="GUID", help="The tenant's id.")
@click.option(
    "--cloud", type=click.Choice(list(CLOUDS)), default="global", show_default=True, help="Where."
)
@click.option("--practice", is_flag=True, help="A way to sign in to the practice tenant.")
@click.option(
    "--sign-in",
    "sign_in",
    type=click.Choice(["quick", "own", "certificate", "secret"]),
    default="quick",
    show_default=True,
    help="A person by Microsoft's clients or by an app of your own; or an app with its key.",
)
@click.option("--register", is_flag=True, help="Make the app of your own (with --sign-in own).")
@click.option(
    "--client", metavar="GUID", default="", help="The client id of the app that signs in."
)
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Its certificate with the key (PEM), or its secret in a file; kept in keep.",
)
@click.option("--reader", metavar="GUID", default="", help="An app that may only read, for plan.")
@click.option(
    "--reader-key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Its certificate with the key (PEM), or its secret in a file; kept in keep.",
)
@click.option("--apps", default="", metavar="PREFIX", help="How names of new apps begin.")
@click.option("--groups", default="", metavar="PREFIX", help="How names of new groups begin.")
@click.option(
    "--assignments",
    default="",
    metavar="PREFIX",
    help="How names of new role assignments begin. What is there keeps its name.",
)
@click.option("--default", is_flag=True, help="Mean this tenant where none is said.")
@yes_option
@json_option
def add(*, name: str, yes: bool, as_json: bool, **given: Any) -> None:
    """Add a tenant, or change one: look it up, keep its key, register its app where asked to."""
    settings = settings_of(as_json=as_json)
    checked_name(name)
    _sensible(given)
    profile = _looked_up(settings, name, given)
    home = home_of(settings)
    with home.lock("tenants"):
        profile = _with_keys(settings, profile, given)
        if given["register"]:
            client, consented = registered(settings, replace(profile, sign_in="quick"), yes=yes)
            profile = replace(profile, client=client, consented=consented)
        home.prepare()
        profile = _remembering(settings, profile)
        profiles_of(settings).put(profile)
    terminal = terminal_of(settings, practice=profile.practice)
    terminal.say(f"Tenant {name}: {profile.domain or profile.tenant} ({profile.tenant}).", "good")
    terminal.exact(f"Look whether all is well:  mailgrant --tenant {name} doctor")
    if settings.as_json:
        print_json(profile.as_json())


def _remembering(settings: Settings, profile: Profile) -> Profile:
    """Keep of an earlier profile of this name what was consented to, and that it is the default."""
    known = [each for each in profiles_of(settings).all() if each.name == profile.name]
    for earlier in known:
        if earlier.tenant == profile.tenant:
            consented = tuple(sorted({*earlier.consented, *profile.consented}))
            profile = replace(profile, consented=consented)
        for file in {earlier.kept, earlier.reader_kept} - {profile.kept, profile.reader_kept, ""}:
            home_of(settings).keep.remove(file)
        profile = replace(profile, default=profile.default or earlier.default)
    return profile


def _sensible(given: dict[str, Any]) -> None:
    """Refuse options that don't go together, before anything is asked of anybody."""
    way: SignIn = given["sign_in"]
    rules = (
        (
            given["practice"] or given["domain"] or given["tenant_id"],
            "Which tenant? Add --domain or --id, or --practice for the practice tenant.",
        ),
        (not given["register"] or way == "own", "--register makes an app for --sign-in own."),
        (
            way != "own" or given["register"] or given["client"],
            "--sign-in own takes --register, or --client with the id of an app that is there.",
        ),
        (
            way in ("quick", "own") or (given["client"] and given["key"]),
            f"--sign-in {way} takes --client and --key.",
        ),
        (
            way not in ("quick", "own") or not given["key"],
            f"--key has no use with --sign-in {way}.",
        ),
        (
            bool(given["reader"]) == bool(given["reader_key"]),
            "--reader and --reader-key belong together.",
        ),
    )
    begins = [(can_begin(given[each]), f"{given[each]!r} {NO_BEGINNING}.") for each in BEGINS]
    for holds, why in (*rules, *begins):
        if not holds:
            raise UsageError(why, fix="See mailgrant tenants add --help. Nothing was changed.")


def _looked_up(settings: Settings, name: str, given: dict[str, Any]) -> Profile:
    """Ask the cloud whose tenant it is."""
    known = {key: given[key] for key in ("sign_in", "client", "apps", "groups", "assignments")}
    if given["practice"]:
        tenant_id, domain = practice_place()
        _same(tenant_id, given["tenant_id"] or tenant_id, "The practice tenant")
        return Profile(
            name=name,
            tenant=tenant_id,
            domain=given["domain"] or domain,
            cloud=PRACTICE,
            default=given["default"],
            **known,
        )
    from toolkit.systems.discovery import discover

    cloud = CLOUDS[given["cloud"]]
    terminal = terminal_of(settings)
    found = discover(cloud, given["domain"] or given["tenant_id"], prompts=terminal).tenant_id
    terminal.still()
    _same(found, given["tenant_id"] or found, str(given["domain"]))
    return Profile(
        name=name,
        tenant=found,
        domain=given["domain"] or "",
        cloud=cloud.name,
        default=given["default"],
        **known,
    )


def _same(found: str, wanted: str, what: str) -> None:
    if found != wanted.lower():
        raise UsageError(
            f"{what} is tenant {found}, not {wanted}.",
            fix="Leave --id out, or correct it. Nothing was changed.",
        )


def _with_keys(settings: Settings, profile: Profile, given: dict[str, Any]) -> Profile:
    """Keep the keys to sign in with; the profile names only their files."""
    keep = home_of(settings).keep
    kinds = {"certificate": (".pem",), "secret": (".secret",)}.get(profile.sign_in, ())
    for option, field, fits in (
        ("key", "kept", kinds),
        ("reader_key", "reader_kept", (".pem", ".secret")),
    ):
        path: Path | None = given[option]
        if path is None:
            continue
        file = f"sign-in-{profile.name}-{option.replace('_', '-')}{key_kind(path, *fits)}"
        keep.remove(file)
        keep.put(file, path.read_bytes())
        named: dict[str, Any] = {field: file}
        profile = replace(profile, **named)
    return replace(profile, reader=given["reader"])


@tenants.command(name="list", epilog="\b\nFor instance:\n  mailgrant tenants list")
@json_option
def list_(*, as_json: bool) -> None:
    """List the tenants; * marks the default one."""
    settings = settings_of(as_json=as_json)
    found = profiles_of(settings).all()
    if settings.as_json:
        print_json({"tenants": [profile.as_json() for profile in found]})
        return
    if not found:
        terminal_of(settings).say("No tenants yet. `mailgrant tenants add` makes one.", "note")
    for profile in found:
        mark = "*" if profile.default else " "
        practice = "  (practice)" if profile.practice else ""
        click.echo(
            f"{mark} {profile.name:<20} {profile.domain or profile.tenant}  {profile.cloud}, {profile.sign_in}{practice}"
        )


@tenants.command(epilog="\b\nFor instance:\n  mailgrant tenants show contoso")
@click.argument("name")
@json_option
def show(*, name: str, as_json: bool) -> None:
    """Show what a profile says. There is no secret in it."""
    settings = settings_of(as_json=as_json)
    profile = profiles_of(settings).get(name)
    if settings.as_json:
        print_json(profile.as_json())
        return
    for key in SHOWN:
        value = getattr(profile, key)
        if value not in ("", (), False):
            shown = ", ".join(value) if isinstance(value, tuple) else value
            click.echo(f"{key:<12} {'yes' if shown is True else shown}")
    click.echo(f"{'file':<12} {profiles_of(settings).path}")


@tenants.command(epilog="\b\nFor instance:\n  mailgrant tenants use contoso")
@click.argument("name")
def use(*, name: str) -> None:
    """Mean this tenant where none is said."""
    settings = settings_of(as_json=False)
    with home_of(settings).lock("tenants"):
        profiles_of(settings).put(replace(profiles_of(settings).get(name), default=True))
    terminal_of(settings).say(f"{name} is meant where no tenant is said.", "good")


@tenants.command(epilog="\b\nFor instance:\n  mailgrant tenants remove contoso --take-back-consent")
@click.argument("name")
@click.option(
    "--take-back-consent/--leave-consent",
    "consent",
    default=None,
    help="Take back what signing in here added to what Microsoft remembers.",
)
@click.option(
    "--delete-app/--leave-app",
    "app",
    default=None,
    help="Delete the app of your own that --register made.",
)
@yes_option
@json_option
def remove(*, name: str, consent: bool | None, app: bool | None, yes: bool, as_json: bool) -> None:
    """Forget a tenant: its profile and the keys kept to sign in to it. Runs and their keys stay.

    It offers to take back, in the tenant, what signing in added: a person's consent for Microsoft's
    own client, or the app that --register made.
    """
    settings = settings_of(as_json=as_json)
    profile = profiles_of(settings).get(name)
    terminal = terminal_of(settings, practice=profile.practice)
    leave = False if yes else None
    taken = taken_back(settings, profile, consent=leave if consent is None else consent)
    deleted = unregistered(settings, profile, app=leave if app is None else app)
    agreed(settings, f"Forget {name} on this computer?", yes=yes)
    with home_of(settings).lock("tenants"):
        profiles_of(settings).remove(name)
        for kept in (profile.kept, profile.reader_kept):
            if kept:
                home_of(settings).keep.remove(kept)
    terminal.say(f"{name} is forgotten. Runs in {home_path(settings)} stay.", "good")
    if settings.as_json:
        print_json({"removed": name, "consent_taken_back": taken, "app_deleted": deleted})
