"""Who signs in for a tenant profile, and what is said about it."""

from pathlib import Path

from toolkit.cli import Settings
from toolkit.errors import NotFoundError, UsageError
from toolkit.profiles import Profile
from toolkit.secret import Keep, Secret
from toolkit.systems.clouds import Cloud
from toolkit.systems.people import Person
from toolkit.systems.sign_in import Identity
from toolkit.systems.wire import Meter
from toolkit.terminal import Terminal

AS_POWERFUL = (
    "Sign-in: app-only. Who signs in is an application with Exchange.ManageAsApp: as powerful as an Exchange "
    "administrator, for whoever has its key."
)
WINDOWS = {
    "quick": "Sign-in: quick. A person signs in by Microsoft's own clients, in two windows.",
    "own": "Sign-in: own. A person signs in by an app of the tenant's own, in one window.",
}


KINDS = {".pem": "a private key and its certificate (PEM)", ".secret": "a client secret"}


def identity_of(
    profile: Profile,
    cloud: Cloud,
    keep: Keep,
    terminal: Terminal,
    settings: Settings,
    *,
    meter: Meter,
    reading: bool = False,
) -> Identity:
    """Make who signs in for a profile."""
    reads = reading and bool(profile.reader)
    if profile.by_person and not reads:
        return Person(
            cloud,
            profile.tenant,
            profile.client if profile.sign_in == "own" else "",
            meter=meter,
            prompts=terminal,
            by_code=settings.device_code,
            insist=settings.insist,
        )
    client, kept = (
        (profile.reader, profile.reader_kept) if reads else (profile.client, profile.kept)
    )
    held = keep.get(kept)
    if held is None:
        raise NotFoundError(
            f"{kept}, with which profile {profile.name} signs in, isn't in keep on this computer.",
            fix=f"Make the profile here anew: mailgrant tenants add {profile.name} ...",
        )
    if kept.endswith(".pem"):
        return Identity(cloud, profile.tenant, client, key=Secret(held), meter=meter)
    return Identity(
        cloud, profile.tenant, client, secret=Secret(held.decode().strip()), meter=meter
    )


def notes_of(profile: Profile | None, *, reading: bool = False) -> tuple[str, ...]:
    """Say in every plan by which way somebody signs in: quick, own, or as an application."""
    if profile is None:
        return ()
    way = WINDOWS.get(profile.sign_in, AS_POWERFUL)
    return (f"Carrying it out is another's. {way}" if reading and profile.reader else way,)


def who(identity: Identity, profile: Profile, *, reading: bool = False) -> str:
    """Name who signs in, in the first line of every plan."""
    reads = ", which is meant to read only" if reading and profile.reader else ""
    return f"{identity.title}{reads}"


def key_kind(path: Path, *kinds: str) -> str:
    """Tell a certificate with its key (.pem) from a secret (.secret) by what is in the file."""
    data = path.read_bytes()
    if b"PRIVATE KEY" in data and b"BEGIN CERTIFICATE" in data:
        found = ".pem"
    else:
        found = ".secret" if len(data.split()) == 1 and b"-----" not in data else ""
    if found in kinds:
        return found
    wanted = " or ".join(KINDS[kind] for kind in kinds)
    raise UsageError(
        f"{path} doesn't hold {wanted}.",
        fix="`mailgrant certificates convert` makes one PEM file of both. Nothing was changed.",
    )


def added(identity: Identity) -> tuple[str, ...]:
    """List what a person was asked for, and has allowed Microsoft's own client."""
    if not isinstance(identity, Person) or identity.own:
        return ()
    return tuple(sorted(identity.asked & identity.allowed))


def tell(terminal: Terminal, profile: Profile, user: str, consented: tuple[str, ...]) -> None:
    """Say what Microsoft remembers of a person's consent."""
    if consented:
        terminal.say(
            f"Microsoft Graph Command Line Tools may now do for {user}: {', '.join(consented)}. "
            f"`mailgrant tenants remove {profile.name}` offers to take that back.",
            "note",
        )
