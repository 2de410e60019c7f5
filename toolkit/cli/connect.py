"""Turns what the command line says into a home and a tenant."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from toolkit.cli import Settings
from toolkit.cli.identities import AS_POWERFUL, added, identity_of, notes_of, tell, who
from toolkit.clock import Clock, SystemClock
from toolkit.errors import RefusedError, UsageError
from toolkit.home import Home
from toolkit.inputs import BEGINS
from toolkit.profiles import ENVIRONMENT, PRACTICE, Profile, Profiles
from toolkit.secret import Secret, guard_logging
from toolkit.systems.clouds import CLOUDS
from toolkit.systems.sign_in import Identity
from toolkit.systems.tenant import Tenant
from toolkit.systems.wire import Meter
from toolkit.terminal import Terminal


def home_path(settings: Settings) -> Path:
    """Find the home folder."""
    if settings.home is not None:
        return settings.home.expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_data_dir("mailgrant", appauthor=False, roaming=False))


def home_of(settings: Settings, clock: Clock | None = None) -> Home:
    """Open the home folder."""
    return Home(home_path(settings), clock or SystemClock())


def profiles_of(settings: Settings) -> Profiles:
    """Open the profiles of the home."""
    return Profiles(home_path(settings))


def profile_of(settings: Settings) -> str:
    """Tell which tenant is meant: the one said, the default one, or the practice tenant.

    The last only at a terminal and as long as there is no real profile, so that no scheduled job
    can ever report about a practice world.
    """
    if settings.tenant:
        return settings.tenant
    known = profiles_of(settings).all()
    default = next((profile.name for profile in known if profile.default), None)
    if default:
        return default
    if [profile for profile in known if not profile.practice]:
        raise UsageError(
            "Which tenant? There are profiles, and none is the default.",
            fix=f"Add --tenant {known[0].name}, or choose one: mailgrant tenants use {known[0].name}",
        )
    if sys.stdin.isatty() and sys.stderr.isatty():
        return PRACTICE
    raise UsageError(
        "Which tenant? Nobody is at a terminal to see that it would be the practice tenant.",
        fix="Add --tenant practice (or a profile, or env), or set MAILGRANT_TENANT.",
    )


def practice_place() -> tuple[str, str]:
    """Tell the practice tenant's id and domain."""
    from toolkit.practice.seed import people

    return people.TENANT_ID, people.DOMAIN


def terminal_of(settings: Settings, *, practice: bool = False) -> Terminal:
    """Make the terminal as the options want it."""
    return Terminal(no_color=settings.no_color, verbose=settings.verbose, practice=practice)


@dataclass(frozen=True)
class Session:
    """A tenant, a home and a terminal for one command; `profile` is None for practice and env."""

    tenant: Tenant
    home: Home
    terminal: Terminal
    settings: Settings
    profile: Profile | None = None

    @property
    def begins(self) -> dict[str, str]:
        """Tell how names of what is made begin, where the profile says so."""
        profile = self.profile
        said = (profile.apps, profile.groups, profile.assignments) if profile else ()
        return {name: begin for name, begin in zip(BEGINS, said, strict=False) if begin}

    def line(self, command: str) -> str:
        """Write a mailgrant line as the person would type it, for this tenant and home."""
        home = f" --home {_quoted(self.settings.home)}" if self.settings.home else ""
        return f"mailgrant --tenant {self.tenant.profile}{home} {command}"


@contextmanager
def session(
    settings: Settings,
    *,
    online: bool = True,
    reading: bool = False,
    profile: Profile | None = None,
) -> Iterator[Session]:
    """Connect to the tenant that is meant, and close everything at the end.

    `online=False` doesn't ask the tenant who it is. `reading` signs in as the identity that may
    only read, where the profile has one. `profile` is one that isn't written, or soon no more: its
    caller speaks of what a person's consent added.
    """
    guard_logging()
    with ExitStack() as stack:
        opened = _opened(settings, profile, stack, reading=reading)
        stack.callback(opened.tenant.close)
        stack.callback(opened.terminal.still)
        settings.state["practice"] = opened.tenant.practice
        if profile is None:
            settings.state["consented"] = lambda: list(_fresh(opened))
            stack.callback(_tell_consent, opened)
        if online:
            _introduce(opened)
        yield opened


def _opened(
    settings: Settings, profile: Profile | None, stack: ExitStack, *, reading: bool
) -> Session:
    name = profile.name if profile else profile_of(settings)
    if name == ENVIRONMENT:
        return _environment(settings, os.environ)
    if name == PRACTICE:
        return stack.enter_context(_practice(settings, None))
    profile = profile or profiles_of(settings).get(name)
    if profile.practice:
        return stack.enter_context(_practice(settings, profile, reading=reading))
    return _real(settings, profile, reading=reading)


@contextmanager
def _practice(
    settings: Settings, profile: Profile | None, *, reading: bool = False
) -> Iterator[Session]:
    from toolkit.practice import control

    path = home_path(settings)
    with control.serve(path / PRACTICE) as world:
        meter, terminal = Meter(), terminal_of(settings, practice=True)
        home = home_of(settings, world.clock)
        cloud, tenant_id = world.cloud, world.tenant_id
        if profile is None:
            secret = Secret(world.client_secret)
            identity = Identity(cloud, tenant_id, world.client_id, secret=secret, meter=meter)
        else:
            identity = identity_of(
                profile, cloud, home.keep, terminal, settings, meter=meter, reading=reading
            )
        tenant = Tenant(
            profile=profile.name if profile else PRACTICE,
            id=profile.tenant if profile else tenant_id,
            domain=profile.domain if profile else world.domain,
            name=world.organization,
            cloud=cloud,
            identity=identity,
            keep=home.keep,
            practice=True,
            clock=world.clock,
            prompts=terminal,
            meter=meter,
            who=who(identity, profile, reading=reading) if profile else "Practice Administrator",
            notes=notes_of(profile, reading=reading),
        )
        yield Session(tenant, home, terminal, settings, profile)


def _real(settings: Settings, profile: Profile, *, reading: bool) -> Session:
    meter, terminal, home = Meter(), terminal_of(settings), home_of(settings)
    cloud = CLOUDS[profile.cloud]
    identity = identity_of(
        profile, cloud, home.keep, terminal, settings, meter=meter, reading=reading
    )
    tenant = Tenant(
        profile=profile.name,
        id=profile.tenant,
        domain=profile.domain,
        name=profile.domain,
        cloud=cloud,
        identity=identity,
        keep=home.keep,
        prompts=terminal,
        meter=meter,
        who=who(identity, profile, reading=reading),
        notes=notes_of(profile, reading=reading),
    )
    return Session(tenant, home, terminal, settings, profile)


def _environment(settings: Settings, environment: Mapping[str, str]) -> Session:
    """Connect by the variables that Azure's own tools use."""
    missing = [name for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID") if not environment.get(name)]
    secret, path = (
        environment.get("AZURE_CLIENT_SECRET"),
        environment.get("AZURE_CLIENT_CERTIFICATE_PATH"),
    )
    if missing or not (secret or path):
        missing += (
            [] if secret or path else ["AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH"]
        )
        raise UsageError(
            f"The environment lacks {', '.join(missing)}.",
            fix="Set them, then run the same line again.",
        )
    name = environment.get("MAILGRANT_CLOUD", "global")
    if name not in CLOUDS:
        raise UsageError(f"There is no cloud {name!r}.", fix=f"Known: {', '.join(CLOUDS)}.")
    cloud = CLOUDS[name]
    meter, terminal = Meter(), terminal_of(settings)
    key = Secret(Path(path).read_bytes()) if path and not secret else None
    identity = Identity(
        cloud,
        environment["AZURE_TENANT_ID"],
        environment["AZURE_CLIENT_ID"],
        meter=meter,
        secret=Secret(secret) if secret else None,
        key=key,
    )
    tenant = Tenant(
        profile=ENVIRONMENT,
        id=environment["AZURE_TENANT_ID"],
        domain="",
        name="",
        cloud=cloud,
        identity=identity,
        keep=home_of(settings).keep,
        prompts=terminal,
        meter=meter,
        who=identity.title,
        notes=(AS_POWERFUL,),
    )
    return Session(tenant, home_of(settings), terminal, settings)


def _introduce(here: Session) -> None:
    """Ask the tenant who it is, which is the first line of every plan, and whether it is the one meant."""
    tenant = here.tenant
    organization = tenant.graph.organization()
    domains = organization.get("verifiedDomains") or ()
    names = {str(each["name"]).lower() for each in domains}
    here_id = str(organization.get("id") or tenant.id)
    if here.profile and (
        here_id != here.profile.tenant
        or (here.profile.domain and here.profile.domain.lower() not in names)
    ):
        raise RefusedError(
            f"Profile {here.profile.name} says {here.profile.domain or here.profile.tenant}, and this is "
            f"{organization.get('displayName')} ({here_id}; {', '.join(sorted(names))}).",
            fix="Make the profile anew: mailgrant tenants add. Nothing was changed.",
        )
    tenant.id = here_id
    tenant.name = str(organization.get("displayName") or tenant.name)
    tenant.domain = next((d["name"] for d in domains if d.get("isDefault")), tenant.domain)
    if tenant.identity.user:
        tenant.who = tenant.identity.title


def _fresh(here: Session) -> tuple[str, ...]:
    """List what a person's consent has added that the profile doesn't know yet."""
    known = here.profile.consented if here.profile else ()
    return tuple(sorted(set(added(here.tenant.identity)) - set(known)))


def _tell_consent(here: Session) -> None:
    """Say what a person's consent has added, and remember it in the profile."""
    profile, fresh = here.profile, _fresh(here)
    if profile is None or not fresh:
        return
    with here.home.lock("tenants"):
        current = profiles_of(here.settings).get(profile.name)
        consented = tuple(sorted({*current.consented, *fresh}))
        profiles_of(here.settings).put(replace(current, consented=consented))
    tell(here.terminal, profile, here.tenant.identity.user, fresh)


def _quoted(path: Path | None) -> str:
    text = str(path)
    return f'"{text}"' if " " in text else text
