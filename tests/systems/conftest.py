"""The systems as a command uses them: on the practice tenant, or on a server that lies."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.systems.liar import TENANT, Liar
from toolkit.practice import control
from toolkit.practice.control import Practice
from toolkit.secret import Keep, Secret
from toolkit.systems.sign_in import Identity
from toolkit.systems.tenant import Tenant
from toolkit.systems.wire import Meter


@dataclass
class Patient:
    """A clock that waits without anybody noticing, and remembers how long."""

    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=sum(self.slept))

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@dataclass
class Told:
    """What the person at the keyboard is told."""

    worked: list[str] = field(default_factory=list)
    waited: list[str] = field(default_factory=list)

    def working(self, what: str) -> None:
        self.worked.append(what)

    def waiting(self, why: str, until: datetime | None) -> None:
        self.waited.append(why)

    def open_browser(self, url: str, what: str) -> bool:
        return False

    def show_page(self, url: str, what: str, *, opens: bool) -> None:
        self.worked.append(f"{what}: {url}")

    def show_code(self, url: str, code: str, what: str) -> None:
        self.worked.append(f"{what}: {code} at {url}")


@pytest.fixture
def patient() -> Patient:
    return Patient()


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def practice(fresh_home: Path, tmp_path: Path) -> Iterator[Practice]:
    folder = Path(shutil.copytree(fresh_home / "practice", tmp_path / "practice"))
    with control.serve(folder) as served:
        yield served


@pytest.fixture
def tenant(practice: Practice, patient: Patient, told: Told, tmp_path: Path) -> Iterator[Tenant]:
    meter = Meter()
    opened = Tenant(
        profile="practice",
        id=practice.tenant_id,
        domain=practice.domain,
        name=practice.organization,
        cloud=practice.cloud,
        identity=Identity(
            practice.cloud,
            practice.tenant_id,
            practice.client_id,
            secret=Secret(practice.client_secret),
            meter=meter,
        ),
        keep=Keep(tmp_path / "keep"),
        practice=True,
        clock=practice.clock,
        protocol_clock=patient,
        prompts=told,
        meter=meter,
        who="Practice Administrator",
    )
    yield opened
    opened.close()


@pytest.fixture
def liar(fresh_home: Path) -> Iterator[Liar]:
    server = Liar(fresh_home / "practice")
    yield server
    server.stop()


def tenant_of(liar: Liar, told: Told, patient: Patient, keep: Path) -> Tenant:
    """Believe a liar."""
    meter = Meter()
    return Tenant(
        profile="practice",
        id=TENANT,
        domain="northbridge.example",
        name="Northbridge University",
        cloud=liar.cloud,
        identity=Identity(
            liar.cloud, TENANT, "app", secret=Secret("a-secret-worth-keeping"), meter=meter
        ),
        keep=Keep(keep),
        practice=True,
        clock=patient,
        protocol_clock=patient,
        prompts=told,
        meter=meter,
    )


@pytest.fixture
def believer(liar: Liar, told: Told, patient: Patient, tmp_path: Path) -> Iterator[Tenant]:
    opened = tenant_of(liar, told, patient, tmp_path / "keep")
    yield opened
    opened.close()
