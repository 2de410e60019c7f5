"""Turns what the command line says into a home and a tenant."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from toolkit.cli import Settings
from toolkit.clock import Clock, SystemClock
from toolkit.errors import UsageError
from toolkit.home import Home
from toolkit.secret import Secret, guard_logging
from toolkit.systems.clouds import CLOUDS
from toolkit.systems.sign_in import Identity
from toolkit.systems.tenant import Tenant
from toolkit.systems.wire import Meter
from toolkit.terminal import Terminal

PRACTICE = "practice"
ENVIRONMENT = "env"


def home_path(settings: Settings) -> Path:
    """Find the home folder."""
    if settings.home is not None:
        return settings.home.expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_data_dir("mailgrant", appauthor=False, roaming=False))


def home_of(settings: Settings, clock: Clock | None = None) -> Home:
    """Open the home folder."""
    return Home(home_path(settings), clock or SystemClock())


def profile_of(settings: Settings) -> str:
    """Tell which tenant is meant; without a terminal it must be said."""
    if settings.tenant:
        return settings.tenant
    if sys.stdin.isatty() and sys.stderr.isatty():
        return PRACTICE
    raise UsageError(
        "Which tenant? Nobody is at a terminal to see that it would be the practice tenant.",
        fix="Add --tenant practice (or env), or set MAILGRANT_TENANT.",
    )


def terminal_of(settings: Settings, *, practice: bool = False) -> Terminal:
    """Make the terminal as the options want it."""
    return Terminal(no_color=settings.no_color, verbose=settings.verbose, practice=practice)


@dataclass(frozen=True)
class Session:
    """A tenant, a home and a terminal for one command."""

    tenant: Tenant
    home: Home
    terminal: Terminal
    settings: Settings

    def line(self, command: str) -> str:
        """Write a mailgrant line as the person would type it, for this tenant and home."""
        home = f" --home {_quoted(self.settings.home)}" if self.settings.home else ""
        return f"mailgrant --tenant {self.tenant.profile}{home} {command}"


@contextmanager
def session(settings: Settings, *, online: bool = True) -> Iterator[Session]:
    """Connect to the tenant that is meant, and close everything at the end.

    `online=False` doesn't ask the tenant who it is.
    """
    guard_logging()
    profile = profile_of(settings)
    with ExitStack() as stack:
        if profile == PRACTICE:
            opened = stack.enter_context(_practice(settings))
        elif profile == ENVIRONMENT:
            opened = _environment(settings, os.environ)
        else:
            raise UsageError(
                f"There is no tenant profile {profile!r}.",
                fix="Use --tenant practice, or --tenant env with AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET "
                "or AZURE_CLIENT_CERTIFICATE_PATH.",
            )
        stack.callback(opened.tenant.close)
        stack.callback(opened.terminal.still)
        settings.state["practice"] = opened.tenant.practice
        if online:
            _introduce(opened.tenant)
        yield opened


@contextmanager
def _practice(settings: Settings) -> Iterator[Session]:
    from toolkit.practice import control

    path = home_path(settings)
    with control.serve(path / PRACTICE) as world:
        meter, terminal = Meter(), terminal_of(settings, practice=True)
        secret = Secret(world.client_secret)
        tenant = Tenant(
            profile=PRACTICE,
            id=world.tenant_id,
            domain=world.domain,
            name=world.organization,
            cloud=world.cloud,
            identity=Identity(
                world.cloud, world.tenant_id, world.client_id, secret=secret, meter=meter
            ),
            keep=home_of(settings, world.clock).keep,
            practice=True,
            clock=world.clock,
            prompts=terminal,
            meter=meter,
            who="Practice Administrator",
        )
        yield Session(tenant, home_of(settings, world.clock), terminal, settings)


def _environment(settings: Settings, environment: Mapping[str, str]) -> Session:
    """Connect by the variables that Azure's own tools use; people sign in from the next version on."""
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
    cloud = CLOUDS[environment.get("MAILGRANT_CLOUD", "global")]
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
        who=f"application {identity.client_id}",
    )
    return Session(tenant, home_of(settings), terminal, settings)


def _introduce(tenant: Tenant) -> None:
    """Ask the tenant who it is: the first line of every plan."""
    organization = tenant.graph.organization()
    domains = organization.get("verifiedDomains") or ()
    tenant.id = str(organization.get("id") or tenant.id)
    tenant.name = str(organization.get("displayName") or tenant.name)
    tenant.domain = next((d["name"] for d in domains if d.get("isDefault")), tenant.domain)


def _quoted(path: Path | None) -> str:
    text = str(path)
    return f'"{text}"' if " " in text else text
