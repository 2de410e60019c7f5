"""Whom mailgrant talks to: the hosts of one cloud, by the authorities of its record, and nobody else."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.systems.conftest import Patient
from tests.systems.liar import TENANT, TOKEN, Heard, Liar, Says, says
from toolkit.errors import MailgrantError, RefusedError, UnreachableError
from toolkit.practice import control
from toolkit.systems.clouds import CLOUDS
from toolkit.systems.tenant import Tenant

Send = Callable[[Tenant], object]
ENVIRONMENT = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy")


def by_graph(tenant: Tenant) -> object:
    return tenant.graph.organization()


def by_exchange(tenant: Tenant) -> object:
    return tenant.exchange.run("Get-Recipient", Identity="rector@northbridge.example")


BOTH = pytest.mark.parametrize("send", [by_graph, by_exchange])


@pytest.fixture(scope="module")
def other_authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("other") / "practice"
    control.make(folder)
    return folder


@pytest.fixture
def stranger(other_authority: Path) -> Iterator[Liar]:
    server = Liar(other_authority)
    yield server
    server.stop()


@pytest.fixture
def second(fresh_home: Path) -> Iterator[Liar]:
    server = Liar(fresh_home / "practice")
    yield server
    server.stop()


# ---- trust ----


@BOTH
def test_the_environment_turns_nothing_on_the_practice_cloud(
    tenant: Tenant,
    stranger: Liar,
    other_authority: Path,
    monkeypatch: pytest.MonkeyPatch,
    send: Send,
):
    for name in ENVIRONMENT:
        monkeypatch.setenv(name, str(other_authority / "ca.pem"))
    for name in PROXIES:
        monkeypatch.setenv(name, stranger.url)

    send(tenant)

    assert stranger.heard == []


@BOTH
@pytest.mark.parametrize("cloud", ["practice", "global"])
@pytest.mark.parametrize("known", [False, True], ids=["unknown", "in the environment"])
def test_a_server_of_another_authority_is_told_nothing(
    believer: Tenant,
    stranger: Liar,
    other_authority: Path,
    patient: Patient,
    monkeypatch: pytest.MonkeyPatch,
    send: Send,
    cloud: str,
    known: bool,
):
    for name in ENVIRONMENT if known else ():
        monkeypatch.setenv(name, str(other_authority / "ca.pem"))
    record = believer.cloud if cloud == "practice" else CLOUDS[cloud]
    believer.cloud = replace(record, graph=stranger.url, exchange=f"{stranger.url}/exchange")

    with pytest.raises(UnreachableError, match="its certificate is none that this") as caught:
        send(believer)

    assert "sent it nothing" in caught.value.fix
    assert stranger.heard == []
    assert patient.slept == []


def test_a_token_service_of_another_authority_gets_no_secret(
    believer: Tenant,
    stranger: Liar,
    other_authority: Path,
    patient: Patient,
    monkeypatch: pytest.MonkeyPatch,
):
    for name in ENVIRONMENT:
        monkeypatch.setenv(name, str(other_authority / "ca.pem"))
    believer.identity.cloud = replace(believer.cloud, login=stranger.url)

    with pytest.raises(UnreachableError, match="its certificate is none that this cloud"):
        by_graph(believer)

    assert stranger.heard == []
    assert patient.slept == []


# ---- hosts ----


@BOTH
def test_a_link_to_another_host_is_refused_before_anything_is_sent_there(
    believer: Tenant, liar: Liar, second: Liar, send: Send
):
    link = f"{second.url}/v1.0/organization?$skiptoken=2"
    row = {"id": "1", "ExternalDirectoryObjectId": "1", "RecipientTypeDetails": "UserMailbox"}
    liar.answer = lambda heard: says({"value": [row], "@odata.nextLink": link})

    with pytest.raises(RefusedError, match="link to another host") as caught:
        send(believer)

    assert caught.value.fix.startswith("Nothing was sent there")
    assert second.heard == []
    assert len(liar.asked()) == 1


@pytest.mark.parametrize(
    "link",
    [
        "https://localhost:{port}@example.org/v1.0/x",
        "https://localhost.example.org:{port}/v1.0/x",
        "http://localhost:{port}/v1.0/x",
        "//example.org/v1.0/x",
        "https://localhost:1/v1.0/x",
        "https://localhost:{port}\n.example.org/",
        "x",
        "https://[",
    ],
)
@BOTH
def test_links_that_only_look_like_ours_are_refused(
    believer: Tenant, liar: Liar, send: Send, link: str
):
    there = link.format(port=liar.url.rpartition(":")[2])
    row = {"id": "1", "ExternalDirectoryObjectId": "1", "RecipientTypeDetails": "UserMailbox"}
    liar.answer = lambda heard: says({"value": [row], "@odata.nextLink": there})

    with pytest.raises(RefusedError, match="link to another host"):
        send(believer)

    assert len(liar.asked()) == 1


@BOTH
def test_a_list_without_end_is_noticed(believer: Tenant, liar: Liar, send: Send):
    row = {"id": "1", "ExternalDirectoryObjectId": "1", "RecipientTypeDetails": "UserMailbox"}
    liar.answer = lambda heard: says({"value": [row], "@odata.nextLink": f"{liar.url}/v1.0/again"})

    with pytest.raises(UnreachableError, match="in circles"):
        send(believer)

    assert len(liar.asked()) == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@BOTH
def test_a_redirect_is_not_followed(
    believer: Tenant, liar: Liar, second: Liar, send: Send, status: int
):
    liar.answer = lambda heard: Says(status, b"", {"location": f"{second.url}/v1.0/organization"})

    with pytest.raises(MailgrantError):
        send(believer)

    assert second.heard == []
    assert len(liar.asked()) == 1


def test_a_token_request_is_not_redirected(believer: Tenant, liar: Liar, second: Liar):
    liar.token = lambda heard: Says(307, b"", {"location": second.url + heard.path})

    with pytest.raises(UnreachableError):
        by_graph(believer)

    assert second.heard == []


def test_a_discovery_that_names_another_host_gets_no_secret(
    believer: Tenant, liar: Liar, second: Liar
):
    at = f"{second.url}/{TENANT}"
    document = {
        "token_endpoint": at + TOKEN,
        "authorization_endpoint": at,
        "issuer": f"{liar.url}/{TENANT}/v2.0",
    }
    liar.discovery = lambda heard: says(document)

    with pytest.raises(RefusedError, match="link to another host"):
        by_graph(believer)

    assert second.heard == []
    assert liar.asked(tokens=True) == []


def test_a_token_travels_to_its_own_service_only(believer: Tenant, liar: Liar):
    def token(heard: Heard) -> Says:
        scope = "exchange" if b"exchange" in heard.body else "graph"
        return says({"token_type": "Bearer", "expires_in": 3599, "access_token": f"for-{scope}"})

    liar.token = token
    liar.answer = lambda heard: says({"value": []})

    by_graph(believer)
    by_exchange(believer)

    sent = {one.path.split("/")[1]: one.headers["authorization"] for one in liar.asked()}
    assert sent == {"v1.0": "Bearer for-graph", "exchange": "Bearer for-exchange"}
    assert all("authorization" not in one.headers for one in liar.asked(tokens=True))


@pytest.mark.parametrize(
    "path",
    [
        "//example.org/x",
        "https://example.org/x",
        "/v1.0/../../x",
        "/v1.0/users/a#b",
        "/v1.0/@example.org",
    ],
)
def test_a_raw_request_stays_on_its_host(believer: Tenant, liar: Liar, path: str):
    liar.answer = lambda heard: says({"path": heard.path})

    answer = believer.graph.request("GET", path)

    assert answer.status == 200
    assert len(liar.asked()) == 1
    assert liar.asked()[0].headers["host"] == liar.url.removeprefix("https://")
