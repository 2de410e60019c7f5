import base64
import hashlib
import json
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from toolkit.practice.control import Practice
from toolkit.practice.world import World

SignIn = Callable[..., dict[str, str]]
Json = dict[str, Any]
AUDIENCE = "00000002-0000-0000-c000-000000000000"


class Certificate:
    def __init__(self, days: int = 200) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "timetable")])
        now = datetime.now(UTC)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now)
            .not_valid_after(now + timedelta(days=days))
            .sign(self.key, SHA256())
        )
        self.der = self.certificate.public_bytes(Encoding.DER)

    def entry(self, encoding: Encoding = Encoding.DER, **more: object) -> Json:
        key = base64.b64encode(self.certificate.public_bytes(encoding)).decode()
        return {"type": "AsymmetricX509Cert", "usage": "Verify", "key": key, **more}

    def thumbprint(self) -> bytes:
        return hashlib.sha1(self.der).digest()

    def proof(self, issuer: str, **claims: object) -> str:
        now = int(time.time())
        body = {"aud": AUDIENCE, "iss": issuer, "nbf": now, "exp": now + 600, **claims}
        signed = f"{url64({'alg': 'RS256', 'typ': 'JWT'})}.{url64(body)}"
        signature = self.key.sign(signed.encode(), padding.PKCS1v15(), SHA256())
        return f"{signed}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def url64(data: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")


@pytest.fixture(scope="session")
def certificates() -> list[Certificate]:
    return [Certificate(), Certificate()]


@pytest.fixture
def graph(practice: Practice, world: World, sign_in: SignIn) -> Iterator[httpx.Client]:
    world.store.set_setting("lag", {})
    trust = ssl.create_default_context(cafile=str(practice.ca_file))
    with httpx.Client(base_url=f"{practice.url}/v1.0", verify=trust, headers=sign_in()) as client:
        yield client


@pytest.fixture
def url(graph: httpx.Client) -> str:
    return f"/applications/{graph.post('/applications', json={'displayName': 'T'}).json()['id']}"


def keys(graph: httpx.Client, url: str) -> list[Json]:
    found: list[Json] = graph.get(f"{url}?$select=keyCredentials").json()["keyCredentials"]
    return found


def code(answer: httpx.Response) -> str:
    assert answer.status_code == 400, answer.text
    return str(answer.json()["error"]["code"])


@pytest.mark.parametrize("encoding", [Encoding.DER, Encoding.PEM])
def test_a_certificate_brings_its_own_dates_and_thumbprint(
    graph: httpx.Client, url: str, certificates: list[Certificate], encoding: Encoding
) -> None:
    one = certificates[0]
    graph.patch(url, json={"keyCredentials": [one.entry(encoding)]})
    [found] = keys(graph, url)
    end = one.certificate.not_valid_after_utc

    assert base64.b64decode(found["key"]) == one.der
    assert found["endDateTime"] == end.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert found["customKeyIdentifier"] in {
        one.thumbprint().hex().upper(),
        base64.b64encode(one.thumbprint()).decode(),
    }


def test_thumbprints_are_written_both_ways_by_app(
    graph: httpx.Client, certificates: list[Certificate]
) -> None:
    lengths = set()
    for number in range(20):
        made = graph.post("/applications", json={"displayName": f"T{number}"}).json()
        one = f"/applications/{made['id']}"
        graph.patch(one, json={"keyCredentials": [certificates[0].entry()]})
        lengths.add(len(keys(graph, one)[0]["customKeyIdentifier"]))

    assert lengths == {28, 40}


def test_a_key_is_shown_only_when_selected_on_one_object(
    graph: httpx.Client, url: str, certificates: list[Certificate]
) -> None:
    graph.patch(url, json={"keyCredentials": [certificates[0].entry()]})
    listed = graph.get("/applications?$select=id,keyCredentials&$top=999").json()["value"]

    assert keys(graph, url)[0]["key"] is not None
    assert graph.get(url).json()["keyCredentials"][0]["key"] is None
    assert [entry["key"] for one in listed for entry in one["keyCredentials"] if entry["key"]] == []


def test_the_whole_array_is_replaced(
    graph: httpx.Client, url: str, certificates: list[Certificate]
) -> None:
    first, second = certificates
    graph.patch(url, json={"keyCredentials": [first.entry()]})
    graph.patch(url, json={"keyCredentials": [second.entry()]})
    [found] = keys(graph, url)

    assert base64.b64decode(found["key"]) == second.der


def test_an_entry_goes_back_with_its_id_and_no_key(
    graph: httpx.Client, url: str, certificates: list[Certificate]
) -> None:
    first, second = certificates
    graph.patch(url, json={"keyCredentials": [first.entry()]})
    old = graph.get(url).json()["keyCredentials"]
    graph.patch(url, json={"keyCredentials": [*old, second.entry()]})
    found = keys(graph, url)

    assert [base64.b64decode(one["key"]) for one in found] == [first.der, second.der]
    assert found[0]["keyId"] == old[0]["keyId"]


def test_an_existing_entry_cannot_be_given_another_key(
    graph: httpx.Client, url: str, certificates: list[Certificate]
) -> None:
    first, second = certificates
    graph.patch(url, json={"keyCredentials": [first.entry()]})
    [old] = keys(graph, url)
    answer = graph.patch(url, json={"keyCredentials": [second.entry(keyId=old["keyId"])]})

    assert "is not allowed" in answer.json()["error"]["message"]
    assert keys(graph, url) == [old]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"key": None}, "Request_BadRequest"),
        ({"key": "not base64!"}, "Request_BadRequest"),
        ({"key": "bm8gY2VydGlmaWNhdGU="}, "KeyCredentialsInvalidCertificate"),
        ({"type": "Certificate"}, "Request_BadRequest"),
        ({"usage": "Read"}, "Request_BadRequest"),
        ({"endDateTime": "2099-01-01T00:00:00Z"}, "KeyCredentialsInvalidEndDate"),
        ({"endDateTime": "next year"}, "Request_BadRequest"),
        ({"keyId": "one"}, "Request_BadRequest"),
        ({"thumbprint": "x"}, "Request_BadRequest"),
    ],
)
def test_a_wrong_certificate_entry_is_refused_and_changes_nothing(
    graph: httpx.Client,
    url: str,
    certificates: list[Certificate],
    change: Json,
    expected: str,
) -> None:
    entry = certificates[0].entry() | change

    assert code(graph.patch(url, json={"keyCredentials": [entry]})) == expected
    assert keys(graph, url) == []


def test_a_certificate_may_live_no_longer_than_the_policy_says(
    graph: httpx.Client, url: str
) -> None:
    long_lived = graph.patch(url, json={"keyCredentials": [Certificate(days=800).entry()]})

    assert code(long_lived) == "CredentialInvalidLifetimeAsPerAppPolicy"


def test_a_secret_is_told_once(graph: httpx.Client, url: str, world: World) -> None:
    end = world.stamp(timedelta(days=90))
    body = {"passwordCredential": {"displayName": "nonce", "endDateTime": end}}
    made = graph.post(f"{url}/addPassword", json=body).json()
    [shown] = graph.get(url).json()["passwordCredentials"]

    assert made["secretText"][3:6] == "8Q~"
    assert made["hint"] == made["secretText"][:3]
    assert (shown["secretText"], shown["keyId"], shown["endDateTime"]) == (
        None,
        made["keyId"],
        end,
    )
    assert graph.post(f"{url}/removePassword", json={"keyId": made["keyId"]}).status_code == 204
    assert graph.post(f"{url}/removePassword", json={"keyId": made["keyId"]}).status_code == 400
    assert graph.get(url).json()["passwordCredentials"] == []


def test_a_secret_cannot_be_patched_nor_chosen(graph: httpx.Client, url: str) -> None:
    entry = {"displayName": "x"}
    chosen = {"passwordCredential": {"displayName": "x", "secretTextt": "mine"}}

    assert code(graph.patch(url, json={"passwordCredentials": [entry]})) == "Request_BadRequest"
    assert code(graph.post(f"{url}/addPassword", json=chosen)) == "Request_BadRequest"


def test_policies_limit_and_forbid_secrets(graph: httpx.Client, url: str, world: World) -> None:
    action = f"{url}/addPassword"
    too_long = {"passwordCredential": {"endDateTime": world.stamp(timedelta(days=365))}}
    limited = code(graph.post(action, json=too_long))
    policy = world.store.get("appManagementPolicy", "default")
    assert policy is not None
    for rule in policy["applicationRestrictions"]["passwordCredentials"]:
        rule["state"] = "enabled"
    with world.store.transaction():
        world.put("appManagementPolicy", "default", policy)
    soon = {"passwordCredential": {"endDateTime": world.stamp(timedelta(days=1))}}

    assert limited == "CredentialInvalidLifetimeAsPerAppPolicy"
    assert code(graph.post(action, json=soon)) == "CredentialTypeNotAllowedAsPerAppPolicy"


def test_a_key_is_added_and_removed_by_whoever_holds_a_valid_one(
    graph: httpx.Client, url: str, certificates: list[Certificate]
) -> None:
    first, second = certificates
    graph.patch(url, json={"keyCredentials": [first.entry()]})
    issuer = url.rpartition("/")[2]
    body = {"keyCredential": second.entry(), "passwordCredential": None}
    added = graph.post(f"{url}/addKey", json=body | {"proof": first.proof(issuer)})
    [old, _] = keys(graph, url)
    removal = {"keyId": old["keyId"], "proof": second.proof(issuer)}
    removed = graph.post(f"{url}/removeKey", json=removal)
    [left] = keys(graph, url)

    assert (added.status_code, removed.status_code) == (200, 204)
    assert base64.b64decode(left["key"]) == second.der


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://graph.microsoft.com"},
        {"iss": "somebody"},
        {"nbf": int(time.time()) - 7200, "exp": int(time.time()) - 6600},
        {"exp": int(time.time()) + 7200},
        {"nbf": None},
    ],
)
def test_a_proof_that_says_the_wrong_thing_proves_nothing(
    graph: httpx.Client, url: str, certificates: list[Certificate], claims: Json
) -> None:
    first, second = certificates
    graph.patch(url, json={"keyCredentials": [first.entry()]})
    proof = first.proof(url.rpartition("/")[2], **claims)
    body = {"keyCredential": second.entry(), "passwordCredential": None, "proof": proof}

    assert graph.post(f"{url}/addKey", json=body).status_code == 401
    assert len(keys(graph, url)) == 1


@pytest.mark.parametrize("forged", [True, False])
def test_a_proof_by_a_stranger_proves_nothing(
    graph: httpx.Client, url: str, certificates: list[Certificate], *, forged: bool
) -> None:
    first, stranger = certificates
    if forged:
        graph.patch(url, json={"keyCredentials": [first.entry()]})
    proof = stranger.proof(url.rpartition("/")[2])
    body = {"keyCredential": stranger.entry(), "passwordCredential": None, "proof": proof}

    assert graph.post(f"{url}/addKey", json=body).status_code == 401
    assert graph.post(f"{url}/addKey", json=body | {"proof": "a.b"}).status_code == 401
