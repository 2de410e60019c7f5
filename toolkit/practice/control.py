"""Serves a practice world, and looks at it and sets it from outside."""

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toolkit.errors import LockedError, UsageError
from toolkit.practice import faults, ownership, seed, switches, tls, traffic
from toolkit.practice.clock import PracticeClock
from toolkit.practice.digest import digest
from toolkit.practice.entra import tokens
from toolkit.practice.graph.role_names import ROLE_NAMES
from toolkit.practice.loopback import listen
from toolkit.practice.passwords import PRACTICE_PASSWORD
from toolkit.practice.seed.administrators import ELIGIBLE, HELD
from toolkit.practice.seed.people import DOMAIN, INITIAL_DOMAIN, ORGANIZATION, TENANT_ID
from toolkit.practice.server import serve as serve_world
from toolkit.practice.store import Store
from toolkit.practice.vendors import addresses
from toolkit.practice.world import World
from toolkit.secret import make_private_folder
from toolkit.systems.clouds import Cloud

FILE = "world.db"
RECORD_VARIABLE = "MAILGRANT_PRACTICE_RECORD"
SEEDS = ("northbridge",)
MAKING = 30


@dataclass(frozen=True, kw_only=True)
class Practice:
    """A practice tenant that is being served, as a client needs to know it."""

    url: str
    ca_file: Path
    client_id: str
    client_secret: str = field(repr=False)
    clock: PracticeClock
    embedded: bool
    path: Path
    tenant_id: str = TENANT_ID
    domain: str = DOMAIN
    organization: str = ORGANIZATION

    @property
    def cloud(self) -> Cloud:
        """The practice tenant as just another cloud."""
        return Cloud(
            name="practice",
            login=self.url,
            graph=self.url,
            exchange=f"{self.url}{traffic.EXCHANGE_PREFIX}",
            initial_domain=INITIAL_DOMAIN,
            ca_file=self.ca_file,
            tested=True,
        )


@contextlib.contextmanager
def serve(
    folder: Path,
    *,
    port: int = 0,
    speed: float = 1.0,
    record: Path | None = None,
    patience: float = 10,
    open_to_all: bool | None = None,
) -> Iterator[Practice]:
    """Serve the world in a folder for as long as the context lasts, making it on first use.

    Where `practice start` serves it already, that server is used. A world that is served
    `open_to_all` (said, or by choosing a port) may be used by others beside; otherwise they wait
    for `patience` seconds and are told who has it.
    """
    shared = port != 0 if open_to_all is None else open_to_all
    record = record or _recorded()
    make_private_folder(folder)
    deadline = time.monotonic() + patience
    while True:
        with ownership.owning(folder) as free:
            if free:
                with _own(folder, port, speed, record, shared=shared) as practice:
                    yield practice
                return
        holder = ownership.owner(folder)
        if holder and holder.open_to_all and holder.url:
            if shared:
                raise LockedError(
                    f"The practice tenant is served already, at {holder.url}, by {holder}.",
                    fix="Use that one, or stop it with Ctrl-C.",
                )
            with _known(folder, holder.url, embedded=False) as practice:
                yield practice
            return
        if not ownership.until(deadline):
            raise ownership.locked(folder)


def status(folder: Path) -> dict[str, Any]:
    """Tell how the world in a folder stands, whether it is served or not."""
    with _opened(folder) as world:
        holder = ownership.owner(folder)
        store = world.store
        lines = store.execute("select line, matched, fired from fault order by id")
        return {
            "running": holder is not None,
            "url": holder.url if holder else None,
            "ca_file": str(folder / "ca.pem"),
            "tenant_id": TENANT_ID,
            "domain": DOMAIN,
            "admin": store.setting("admin"),
            "people": _people(world),
            "vendors": addresses(holder.url) if holder and holder.url else {},
            "requests": traffic.totals(store),
            "world": digest(store),
            "clock": world.now().isoformat(timespec="seconds"),
            "speed": world.clock.speed,
            "lag": store.setting("lag"),
            "faults": [
                {"line": line, "matched": matched, "fired": fired} for line, matched, fired in lines
            ],
            "path": str(folder),
        }


def _people(world: World) -> list[dict[str, Any]]:
    """List who is worth naming, with the practice password and the roles of the moment."""
    listed = []
    everyone = world.store.all("user", shared=True)
    for name in world.store.setting("people", ()):
        (user,) = (one for one in everyone if name in {one["userPrincipalName"], one["mail"]})
        found = {
            word: sorted(
                ROLE_NAMES[one["roleDefinitionId"]][0]
                for one in world.store.find(kind, principalId=user["id"])
            )
            for word, kind in (("roles", HELD), ("eligible", ELIGIBLE))
        }
        listed.append({"user": name, "password": PRACTICE_PASSWORD, **found})
    return listed


def reset(folder: Path, seed_name: str | None = None) -> None:
    """Bring the world back to its seed, at once, while it is served too; keys stay."""
    if seed_name not in {None, *SEEDS}:
        raise UsageError(
            f"There is no seed called '{seed_name}'.", fix=f"Known: {', '.join(SEEDS)}"
        )
    with _opened(folder) as world, world.store.transaction():
        speed = world.clock.speed
        for table in ("object", "setting", "fault", "request"):
            world.store.execute(f"delete from {table}")  # noqa: S608  our own names
        world.store.set_setting("clock", (time.time(), time.time(), speed))
        seed.plant(world)


def reset_counters(folder: Path) -> None:
    """Count requests from nought again."""
    with _opened(folder) as world, world.store.transaction():
        world.store.execute("delete from request")


def add_fault(folder: Path, line: str) -> None:
    """Add a fault, or turn a switch of the world; a line that can't be read is refused."""
    text = " ".join(line.split())
    with _opened(folder) as world, world.store.transaction():
        if switches.is_switch(text):
            switches.turn(world, text)
        else:
            faults.parse(text)
            world.store.execute("insert into fault (line) values (?)", (text,))


def clear_faults(folder: Path) -> None:
    """Take all faults away; switches stay as they are."""
    with _opened(folder) as world, world.store.transaction():
        world.store.execute("delete from fault")


def move(folder: Path, seconds: float) -> None:
    """Move the tenant's clock."""
    with _opened(folder) as world, world.store.transaction():
        world.clock.sleep(seconds)


def make(folder: Path) -> None:
    """Make the world, its keys and its authority where they aren't there yet: whole, or not.

    Only who owns the folder may call it.
    """
    make_private_folder(folder)
    tls.ensure(folder)
    tokens.ensure_key(folder)
    path = folder / FILE
    if path.exists():
        return
    part = folder / f"{FILE}.part"
    for old in (
        part,
        *(folder / f"{name}-{end}" for name in (FILE, part.name) for end in ("wal", "shm")),
    ):
        old.unlink(missing_ok=True)
    store = Store(part)
    try:
        seed.fill(World(store=store, clock=PracticeClock(store), base=""))
    finally:
        store.close()
    part.replace(path)


@contextlib.contextmanager
def _own(
    folder: Path, port: int, speed: float, record: Path | None, *, shared: bool
) -> Iterator[Practice]:
    ownership.note(folder)
    make(folder)
    sockets = listen(port)
    url = f"https://localhost:{sockets[0].getsockname()[1]}"
    with _opened(folder, url) as world:
        world.clock.run_at(speed)
        context = serve_world(
            world, tls.ensure(folder), sockets, record=record, embedded=not shared
        )
        try:
            with context, _known(folder, url, embedded=not shared) as practice:
                ownership.note(folder, url=url, open_to_all=shared)
                yield practice
        finally:
            world.clock.run_at(1.0)


@contextlib.contextmanager
def _known(folder: Path, url: str, *, embedded: bool) -> Iterator[Practice]:
    with _opened(folder, url) as world:
        admin = world.store.setting("admin")
        yield Practice(
            url=url,
            ca_file=folder / "ca.pem",
            client_id=admin["client_id"],
            client_secret=admin["client_secret"],
            clock=world.clock,
            embedded=embedded,
            path=folder,
        )


@contextlib.contextmanager
def _opened(folder: Path, base: str = "") -> Iterator[World]:
    _make_once(folder)
    store = Store(folder / FILE)
    try:
        yield World(store=store, clock=PracticeClock(store), base=base)
    finally:
        store.close()


def _make_once(folder: Path) -> None:
    """Make the world unless it is there, or somebody else is making it just now."""
    make_private_folder(folder)
    deadline = time.monotonic() + MAKING
    while not (folder / FILE).exists():
        with ownership.owning(folder) as free:
            if free:
                make(folder)
        if not ownership.until(deadline):
            raise ownership.locked(folder)


def _recorded() -> Path | None:
    text = os.environ.get(RECORD_VARIABLE)
    return Path(text) if text else None
