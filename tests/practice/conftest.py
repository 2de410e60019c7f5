"""A practice tenant for each test, and clients that talk to it over TLS as any client would."""

import shutil
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from toolkit.practice import control
from toolkit.practice.clock import PracticeClock
from toolkit.practice.control import Practice
from toolkit.practice.store import Store
from toolkit.practice.world import World

SignIn = Callable[..., dict[str, str]]


@pytest.fixture(scope="session")
def fresh_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fresh") / "practice"
    control.make(folder)
    return folder


@pytest.fixture
def folder(fresh_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(fresh_folder, tmp_path / "practice"))


@pytest.fixture
def practice(folder: Path) -> Iterator[Practice]:
    with control.serve(folder) as served:
        yield served


@pytest.fixture
def world(practice: Practice) -> Iterator[World]:
    store = Store(practice.path / control.FILE)
    yield World(store=store, clock=PracticeClock(store), base=practice.url)
    store.close()


@pytest.fixture
def client(practice: Practice) -> Iterator[httpx.Client]:
    with connect(practice) as opened:
        yield opened


@pytest.fixture
def sign_in(practice: Practice, client: httpx.Client, world: World) -> SignIn:
    def headers(who: str = "admin", scope: str | None = None) -> dict[str, str]:
        form = {
            **world.store.setting(who),
            "grant_type": "client_credentials",
            "scope": scope or practice.cloud.graph_scope,
        }
        answer = client.post(f"/{practice.tenant_id}/oauth2/v2.0/token", data=form)
        assert answer.status_code == 200, answer.text
        return {"authorization": f"Bearer {answer.json()['access_token']}"}

    return headers


@pytest.fixture
def admin(client: httpx.Client, sign_in: SignIn) -> httpx.Client:
    client.headers.update(sign_in())
    return client


def connect(practice: Practice) -> httpx.Client:
    trust = ssl.create_default_context(cafile=str(practice.ca_file))
    return httpx.Client(base_url=practice.url, verify=trust)
