import asyncio
import json
import os
import socket
import ssl
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median

import httpx
import pytest
from azure.identity import ClientSecretCredential
from cryptography import x509
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph import GraphRequestAdapter, GraphServiceClient

from toolkit.errors import UsageError
from toolkit.practice import control, tls
from toolkit.practice.control import Practice
from toolkit.practice.seed.people import user_id
from toolkit.practice.world import World

CHECKER = Path(__file__).parents[3] / "shared" / "contracts" / "check_traffic.py"
METTE = "/v1.0/users/mette.jansen@northbridge.example"


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "recorded" / "traffic.jsonl"
    monkeypatch.setenv(control.RECORD_VARIABLE, str(path))
    return path


def lines(path: Path) -> Iterator[dict[str, object]]:
    for text in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(text)


# ---- TLS ----


def test_only_who_trusts_the_authority_of_this_world_can_connect(practice: Practice) -> None:
    with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
        httpx.get(practice.url)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_it_answers_on_each_name_of_the_loopback(practice: Practice, host: str) -> None:
    port = practice.url.rpartition(":")[2]
    if host == "[::1]":
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            pytest.skip("this machine has no IPv6 loopback")
    trust = ssl.create_default_context(cafile=str(practice.ca_file))

    assert httpx.get(f"https://{host}:{port}/common/discovery/keys", verify=trust).is_success


def test_the_authority_can_sign_for_nothing_below_it_and_the_server_for_loopback_only(
    folder: Path,
) -> None:
    made = tls.ensure(folder)
    ca = x509.load_pem_x509_certificate(made.ca.read_bytes())
    server = x509.load_pem_x509_certificate(made.certificate.read_bytes())
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    limits = ca.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (limits.ca, limits.path_length) == (True, 0)
    assert [str(name.value) for name in names] == ["localhost", "127.0.0.1", "::1"]
    life = server.not_valid_after_utc - server.not_valid_before_utc
    assert life <= timedelta(days=826)


@pytest.mark.skipif(os.name == "nt", reason="Windows has access lists, which secret.py tests")
def test_keys_and_world_are_for_their_owner_only(practice: Practice) -> None:
    assert stat.S_IMODE(practice.path.stat().st_mode) == 0o700
    for name in ("ca.key", "server.key", "signing.key"):
        assert stat.S_IMODE((practice.path / name).stat().st_mode) == 0o600


# ---- answers ----


def test_an_unknown_path_is_refused_loudly(client: httpx.Client) -> None:
    for method, path in (("GET", "/"), ("POST", "/favicon.ico"), ("GET", "/v9.0/users")):
        answer = client.request(method, path)

        assert answer.status_code == 501
        assert answer.json()["error"]["code"] == "NotImplemented"


def test_every_answer_says_which_request_it_answers(client: httpx.Client) -> None:
    answer = client.get("/v1.0/users", headers={"client-request-id": "mine"})

    assert answer.headers["client-request-id"] == "mine"
    assert answer.headers["request-id"] == answer.json()["error"]["innerError"]["request-id"]
    assert answer.headers["date"].endswith("GMT")
    assert answer.headers["content-type"].startswith("application/json;odata.metadata=minimal")
    assert "ServerInfo" in json.loads(answer.headers["x-ms-ags-diagnostic"])


def test_without_a_token_no_service_answers(client: httpx.Client, practice: Practice) -> None:
    path = f"/exchange/adminapi/beta/{practice.tenant_id}/InvokeCommand"

    assert client.get("/v1.0/users").json()["error"]["code"] == "InvalidAuthenticationToken"
    assert client.post(path, json={"CmdletInput": {"CmdletName": "Get-Mailbox"}}).status_code == 401


def test_the_path_that_the_sdk_really_sends_is_understood(admin: httpx.Client) -> None:
    assert admin.get("/v1.0//users?$top=1").status_code == 200


def test_requests_cost_a_few_milliseconds_and_no_delayed_acknowledgement(
    admin: httpx.Client,
) -> None:
    took = []
    for _ in range(25):
        start = time.perf_counter()
        admin.get("/v1.0/organization").raise_for_status()
        took.append(time.perf_counter() - start)

    assert median(took) < 0.03


def test_a_mistake_in_the_world_is_a_500_that_leaves_nothing_half_done(
    admin: httpx.Client, world: World
) -> None:
    with world.store.transaction():
        world.store.execute(
            "update object set body = 'broken', before = null where kind = 'organization'"
        )
    answer = admin.get("/v1.0/organization")

    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "InternalServerError")
    log = (world.store.path.parent / "errors.log").read_text(encoding="utf-8")
    assert "GET /v1.0/organization" in log
    assert "Traceback" in log
    assert admin.get("/v1.0/users?$top=1").status_code == 200


def test_what_was_answered_is_there_after_a_restart(folder: Path) -> None:
    with control.serve(folder) as first:
        note(first, "before the restart")
        keys = first.ca_file.read_bytes()
    with control.serve(folder) as second:
        assert second.ca_file.read_bytes() == keys
        assert second.tenant_id == first.tenant_id
    assert control.status(folder)["requests"]["write"] == 1


def note(practice: Practice, text: str) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": practice.client_id,
        "client_secret": practice.client_secret,
        "scope": practice.cloud.graph_scope,
    }
    trust = ssl.create_default_context(cafile=str(practice.ca_file))
    with httpx.Client(base_url=practice.url, verify=trust) as client:
        token = client.post(f"/{practice.tenant_id}/oauth2/v2.0/token", data=form).json()
        client.headers["authorization"] = f"Bearer {token['access_token']}"
        path = f"/v1.0/applications(appId='{practice.client_id}')"
        client.patch(path, json={"notes": text}).raise_for_status()


def test_a_stopped_server_has_let_go_of_its_port(folder: Path) -> None:
    with control.serve(folder) as practice:
        port = int(practice.url.rpartition(":")[2])
    with control.serve(folder, port=port, open_to_all=False) as again:
        assert again.url == practice.url


def test_a_port_that_is_taken_is_said_in_a_sentence(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with (
            pytest.raises(UsageError, match=f"Port {port} can't be used"),
            control.serve(folder, port=port),
        ):
            pass


# ---- counting ----


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", "/v1.0/users", "read"),
        ("POST", "/v1.0/applications", "write"),
        ("PATCH", "/v1.0/applications/nowhere", "write"),
        ("DELETE", "/v1.0/applications/nowhere", "write"),
        ("POST", "/v1.0/directoryObjects/getByIds", "read"),
        ("POST", "/v1.0/directoryObjects/microsoft.graph.getByIds", "read"),
        ("POST", "/v1.0/users/x/checkMemberGroups", "read"),
        ("GET", "/common/discovery/keys", "sign_in"),
        ("POST", "/common/oauth2/v2.0/token", "sign_in"),
        ("Get-Mailbox", "", "read"),
        ("Test-ServicePrincipalAuthorization", "", "read"),
        ("New-DistributionGroup", "", "write"),
        ("Remove-ManagementRoleAssignment", "", "write"),
    ],
)
def test_requests_are_counted_by_what_they_are_whatever_came_of_them(
    practice: Practice, client: httpx.Client, method: str, path: str, kind: str
) -> None:
    if "-" in method:
        body = {"CmdletInput": {"CmdletName": method}}
        client.post(f"/exchange/adminapi/beta/{practice.tenant_id}/InvokeCommand", json=body)
    else:
        client.request(method, path)

    counted = control.status(practice.path)["requests"]
    assert {name: number for name, number in counted.items() if number} == {kind: 1}


def test_a_batch_is_one_read_and_its_parts_are_counted_as_parts(
    practice: Practice, admin: httpx.Client
) -> None:
    control.reset_counters(practice.path)
    parts = [{"id": str(number), "method": "GET", "url": "/organization"} for number in range(3)]
    admin.post("/v1.0/$batch", json={"requests": parts}).raise_for_status()

    counted = control.status(practice.path)["requests"]
    assert counted == {"read": 1, "write": 0, "sign_in": 0, "parts": 3}


# ---- recording ----


def test_the_recording_has_every_exchange_and_no_secret(
    record: Path, practice: Practice, admin: httpx.Client
) -> None:
    token = admin.headers["authorization"].removeprefix("Bearer ")
    admin.get(METTE)
    control.add_fault(practice.path, "on GET /users before reset")
    with pytest.raises(httpx.TransportError):
        admin.get("/v1.0/users?$top=1")

    found = list(lines(record))
    assert [(line["method"], line["status"]) for line in found] == [
        ("POST", 200),
        ("GET", 200),
        ("GET", None),
    ]
    assert found[1]["response_body"]["id"] == user_id("mette.jansen")  # type: ignore[index]
    assert str(found[2]["url"]) == f"{practice.url}/v1.0/users?$top=1"
    text = record.read_text(encoding="utf-8")
    for secret in (practice.client_secret, token, token.split(".")[1]):
        assert secret not in text
    assert "client_id=" + practice.client_id in str(found[0]["request_body"])


@pytest.mark.skipif(not CHECKER.exists(), reason="the published contracts aren't beside this tree")
def test_recorded_sign_ins_are_as_published(
    record: Path, practice: Practice, admin: httpx.Client
) -> None:
    admin.get(f"/{practice.tenant_id}/v2.0/.well-known/openid-configuration")
    admin.get("/common/discovery/instance?authorization_endpoint=https://elsewhere.example/")
    admin.post(f"/{practice.tenant_id}/oauth2/v2.0/token", data={"grant_type": "password"})
    admin.get(METTE)
    checked = subprocess.run(
        [sys.executable, str(CHECKER), str(record), "--ignore", "token-request"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert len(list(lines(record))) == 5
    assert checked.returncode == 0, checked.stdout


@pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:This class is deprecated:DeprecationWarning")
def test_the_real_sdk_reads_a_person(practice: Practice) -> None:
    assert asyncio.run(read_by_sdk(practice)) == "Mette Jansen"


async def read_by_sdk(practice: Practice) -> str | None:
    cloud = practice.cloud
    trust = ssl.create_default_context(cafile=str(practice.ca_file))
    with ClientSecretCredential(
        practice.tenant_id,
        practice.client_id,
        practice.client_secret,
        authority=cloud.login,
        connection_verify=str(practice.ca_file),
        disable_instance_discovery=True,
    ) as credential:
        signer = AzureIdentityAuthenticationProvider(
            credential, scopes=[cloud.graph_scope], allowed_hosts=["localhost"]
        )
        async with httpx.AsyncClient(verify=trust) as http:
            adapter = GraphRequestAdapter(signer, client=http)
            adapter.base_url = f"{cloud.graph}/v1.0"
            graph = GraphServiceClient(request_adapter=adapter)
            user = await graph.users.by_user_id("mette.jansen@northbridge.example").get()
    return user.display_name if user else None
