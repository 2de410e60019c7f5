import base64
import hashlib
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CertificateCredential, ClientSecretCredential
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from toolkit.practice import control
from toolkit.practice.control import Practice
from toolkit.practice.entra.tokens import DEFAULT_WID, caller_of, decode, encode
from toolkit.practice.passwords import known_secret
from toolkit.practice.world import World

JWT = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
Ask = Callable[..., httpx.Response]


@dataclass(frozen=True)
class KeyPair:
    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def sha1(self) -> bytes:
        return hashlib.sha1(self.der).digest()

    @property
    def pem(self) -> bytes:
        key = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return key + self.certificate.public_bytes(Encoding.PEM)


def make_pair(days: int = 30, ago: int = 1) -> KeyPair:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=ago))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, SHA256())
    )
    return KeyPair(key, certificate)


@pytest.fixture(scope="module")
def pair() -> KeyPair:
    return make_pair()


@pytest.fixture
def ask(practice: Practice, client: httpx.Client) -> Ask:
    def post(
        tenant: str = practice.tenant_id, version: str = "/v2.0", **form: Any
    ) -> httpx.Response:
        whole = {
            "grant_type": "client_credentials",
            "client_id": practice.client_id,
            "client_secret": practice.client_secret,
            "scope": practice.cloud.graph_scope,
            **form,
        }
        sent = {key: value for key, value in whole.items() if value is not None}
        return client.post(f"/{tenant}/oauth2{version}/token", data=sent)

    return post


def refusal(answer: httpx.Response) -> tuple[int, int, str]:
    body = answer.json()
    assert body["error_description"].startswith(f"AADSTS{body['error_codes'][0]}: ")
    assert {"timestamp", "trace_id", "correlation_id", "error_uri"} < body.keys()
    return answer.status_code, body["error_codes"][0], body["error"]


def claims(answer: httpx.Response) -> dict[str, Any]:
    text = answer.json()["access_token"].split(".")[1]
    read: dict[str, Any] = json.loads(decode(text))
    return read


def upload(admin: httpx.Client, world: World, pair: KeyPair, **entry: Any) -> str:
    """Put a certificate on the administrator's own app, through Graph, without any lag."""
    client_id: str = world.store.setting("admin")["client_id"]
    key = {
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
        "key": base64.b64encode(pair.der).decode(),
        **entry,
    }
    answer = admin.patch(f"/v1.0/applications(appId='{client_id}')", json={"keyCredentials": [key]})
    assert answer.status_code == 204, answer.text
    return client_id


def assertion(practice: Practice, pair: KeyPair, **changes: Any) -> str:
    now = int(time.time())
    head = {"alg": "RS256", "typ": "JWT", "x5t": encode(pair.sha1)} | changes.pop("head", {})
    body = {
        "aud": f"{practice.url}/{practice.tenant_id}/oauth2/v2.0/token",
        "iss": practice.client_id,
        "sub": practice.client_id,
        "jti": str(uuid.uuid4()),
        "nbf": now,
        "exp": now + 600,
    } | changes
    kept = {key: value for key, value in body.items() if value is not None}
    text = ".".join(encode(json.dumps(part).encode()) for part in (head, kept))
    pss = padding.PSS(padding.MGF1(SHA256()), SHA256.digest_size)
    how = pss if head["alg"] == "PS256" else padding.PKCS1v15()
    return f"{text}.{encode(pair.key.sign(text.encode(), how, SHA256()))}"


@pytest.fixture
def ask_by_key(ask: Ask) -> Ask:
    def post(text: str, **form: Any) -> httpx.Response:
        proof = {"client_assertion": text, "client_assertion_type": JWT, "client_secret": None}
        return ask(**(proof | form))

    return post


# ---- discovery ----


@pytest.mark.parametrize("name", ["{tenant}", "northbridge.example", "northbridge.onmicrosoft.com"])
def test_discovery_answers_for_the_tenant_by_any_of_its_names(
    practice: Practice, client: httpx.Client, name: str
) -> None:
    name = name.format(tenant=practice.tenant_id)
    for version, token in (("/v2.0", "oauth2/v2.0/token"), ("", "oauth2/token")):
        body = client.get(f"/{name}{version}/.well-known/openid-configuration").json()

        assert body["token_endpoint"] == f"{practice.url}/{practice.tenant_id}/{token}"
        assert client.get(body["jwks_uri"]).json()["keys"][0]["kty"] == "RSA"


@pytest.mark.parametrize("name", ["common", "organizations"])
def test_shared_discovery_leaves_the_tenant_open(client: httpx.Client, name: str) -> None:
    body = client.get(f"/{name}/v2.0/.well-known/openid-configuration").json()

    assert body["issuer"].endswith("/{tenantid}/v2.0")
    assert body["token_endpoint"].endswith(f"/{name}/oauth2/v2.0/token")


def test_an_unknown_tenant_is_refused_in_discovery_and_for_tokens(
    client: httpx.Client, ask: Ask
) -> None:
    unknown = client.get("/elsewhere.example/v2.0/.well-known/openid-configuration")

    assert refusal(unknown) == (400, 90002, "invalid_tenant")
    assert refusal(ask(tenant="elsewhere.example")) == (400, 90002, "invalid_tenant")


def test_instance_discovery_knows_only_itself(practice: Practice, client: httpx.Client) -> None:
    path = "/common/discovery/instance?api-version=1.1&authorization_endpoint="
    own = client.get(f"{path}{practice.url}/common/oauth2/v2.0/authorize")
    other = client.get(f"{path}https://login.example/common/oauth2/v2.0/authorize")

    assert own.json()["metadata"][0]["aliases"] == [practice.url.removeprefix("https://")]
    assert refusal(other) == (400, 50049, "invalid_instance")


def test_home_realm_says_whose_address_it_is(client: httpx.Client) -> None:
    ours = client.get("/common/userrealm/mette.jansen@northbridge.example?api-version=1.0").json()
    other = client.get("/common/userrealm/somebody@elsewhere.example?api-version=1.0").json()

    assert (ours["account_type"], other["account_type"]) == ("Managed", "Unknown")


# ---- secrets ----


def test_the_right_secret_gets_a_token_with_what_is_granted(practice: Practice, ask: Ask) -> None:
    graph = claims(ask())
    exchange = claims(ask(scope=practice.cloud.exchange_scope))

    assert "Application.ReadWrite.All" in graph["roles"]
    assert graph["aud"] == practice.url
    assert exchange["roles"] == ["Exchange.ManageAsApp"]
    assert exchange["aud"] == practice.cloud.exchange
    assert {"29232cdf-9323-42fd-ade2-1d097af3e4de", DEFAULT_WID} < set(graph["wids"])
    assert (graph["tid"], graph["idtyp"]) == (practice.tenant_id, "app")
    assert 3500 < graph["exp"] - time.time() < 3700


@pytest.mark.parametrize(
    ("name", "audience"),
    [
        ("https://graph.microsoft.com", ""),
        ("https://graph.microsoft.com/", ""),
        ("00000003-0000-0000-c000-000000000000", ""),
        ("https://outlook.office365.com", "/exchange"),
        ("https://management.core.windows.net/", "/arm"),
        ("{base}/arm/", "/arm"),
    ],
)
def test_a_resource_is_known_by_each_of_its_identifiers(
    practice: Practice, ask: Ask, name: str, audience: str
) -> None:
    resource = name.format(base=practice.url)

    assert claims(ask(scope=f"{resource}/.default"))["aud"] == practice.url + audience
    old = ask(version="", scope=None, resource=resource)
    assert claims(old)["aud"] == practice.url + audience
    assert old.json()["expires_in"] == "3599"


def test_a_secret_in_the_authorization_header_does_too(
    practice: Practice, client: httpx.Client
) -> None:
    form = {"grant_type": "client_credentials", "scope": practice.cloud.graph_scope}
    path = f"/{practice.tenant_id}/oauth2/v2.0/token"
    right = (practice.client_id, practice.client_secret)

    assert client.post(path, data=form, auth=right).status_code == 200
    assert refusal(client.post(path, data=form, auth=(right[0], "wrong")))[1] == 7000215


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"client_secret": "wrong"}, (401, 7000215, "invalid_client")),
        ({"client_secret": None}, (401, 7000218, "invalid_client")),
        ({"client_id": str(uuid.uuid4())}, (400, 700016, "unauthorized_client")),
        ({"client_id": None}, (400, 900144, "invalid_request")),
        ({"grant_type": None}, (400, 900144, "invalid_request")),
        ({"grant_type": "magic"}, (400, 70003, "unsupported_grant_type")),
        ({"grant_type": "password"}, (400, 900144, "invalid_request")),
        ({"scope": None}, (400, 900144, "invalid_request")),
        ({"scope": "User.Read"}, (400, 70011, "invalid_scope")),
        ({"scope": "a/.default b/.default"}, (400, 70011, "invalid_scope")),
        ({"scope": "https://nowhere.example/.default"}, (400, 500011, "invalid_resource")),
        ({"tenant": "common"}, (400, 50059, "invalid_request")),
    ],
)
def test_a_wrong_request_gets_its_own_code(
    ask: Ask, form: dict[str, Any], expected: tuple[int, int, str]
) -> None:
    assert refusal(ask(**form)) == expected


def test_an_expired_secret_and_a_disabled_app_get_codes_of_their_own(
    world: World, ask: Ask
) -> None:
    def entry(name: str, key: str) -> dict[str, str]:
        (app,) = world.store.find("application", displayName=name)
        return {"client_id": app["appId"], "client_secret": known_secret(key)}

    expired = ask(**entry("Survey Mailer", "survey"))
    disabled = ask(**entry("Old Exam Portal", "exams"))
    assert refusal(expired) == (401, 7000222, "invalid_client")
    assert refusal(disabled) == (400, 7000112, "unauthorized_client")


def test_a_secret_ends_by_the_tenants_clock(practice: Practice, ask: Ask, world: World) -> None:
    (app,) = world.store.find("application", displayName="Mail Archiver")
    entry = {"client_id": app["appId"], "client_secret": known_secret("archiver")}
    assert ask(**entry).status_code == 200
    practice.clock.sleep(91 * 86400)
    assert refusal(ask(**entry))[1] == 7000222


def test_a_new_secret_and_a_new_app_reach_the_token_service_later(
    practice: Practice, admin: httpx.Client, ask: Ask
) -> None:
    control.add_fault(practice.path, "lag off")
    app = admin.post("/v1.0/applications", json={"displayName": "New"}).json()
    admin.post("/v1.0/servicePrincipals", json={"appId": app["appId"]}).raise_for_status()
    assert refusal(ask(client_id=app["appId"]))[1] == 700016
    practice.clock.sleep(11)
    end = (practice.clock.now() + timedelta(days=90)).isoformat()
    wanted = {"passwordCredential": {"endDateTime": end}}
    made = admin.post(f"/v1.0/applications/{app['id']}/addPassword", json=wanted).json()
    entry = {"client_id": app["appId"], "client_secret": made["secretText"]}

    assert refusal(ask(**entry))[1] == 7000215
    practice.clock.sleep(3)
    assert refusal(ask(**entry))[1] == 7000215
    practice.clock.sleep(8)
    assert "roles" not in claims(ask(**entry))


def test_a_new_secret_is_good_on_one_node_and_not_yet_on_another(
    practice: Practice, admin: httpx.Client, ask: Ask
) -> None:
    for line in ("lag off", "sts-lag 18s"):
        control.add_fault(practice.path, line)
    end = (practice.clock.now() + timedelta(days=90)).isoformat()
    wanted = {"passwordCredential": {"endDateTime": end}}
    path = f"/v1.0/applications(appId='{practice.client_id}')/addPassword"
    secret = admin.post(path, json=wanted).json()["secretText"]

    def answers() -> list[bool]:
        return [ask(client_secret=secret).status_code == 200 for _ in range(5)]

    assert answers() == [False] * 5
    practice.clock.sleep(13)
    mixed = answers()
    assert [True, False, True] in [mixed[at : at + 3] for at in range(3)]
    practice.clock.sleep(6)
    assert answers() == [True] * 5


def test_another_write_does_not_hurry_a_new_key(
    practice: Practice, admin: httpx.Client, world: World, ask_by_key: Ask, pair: KeyPair
) -> None:
    control.add_fault(practice.path, "lag off")
    client_id = upload(admin, world, pair)
    path = f"/v1.0/applications(appId='{client_id}')"
    admin.patch(path, json={"notes": "again"}).raise_for_status()

    assert refusal(ask_by_key(assertion(practice, pair)))[1] == 700027
    practice.clock.sleep(11)
    assert ask_by_key(assertion(practice, pair)).status_code == 200


# ---- certificates ----


@pytest.fixture
def with_key(practice: Practice, admin: httpx.Client, world: World, pair: KeyPair) -> KeyPair:
    for line in ("lag off", "sts-lag off"):
        control.add_fault(practice.path, line)
    upload(admin, world, pair)
    return pair


@pytest.mark.parametrize("algorithm", ["RS256", "PS256"])
@pytest.mark.parametrize("naming", ["x5t", "x5t in hex", "x5t#S256", "kid"])
def test_a_signed_assertion_signs_in_however_the_key_is_named(
    practice: Practice, with_key: KeyPair, ask_by_key: Ask, algorithm: str, naming: str
) -> None:
    names: dict[str, dict[str, Any]] = {
        "x5t": {"x5t": encode(with_key.sha1)},
        "x5t in hex": {"x5t": with_key.sha1.hex()},
        "x5t#S256": {"x5t": None, "x5t#S256": encode(hashlib.sha256(with_key.der).digest())},
        "kid": {"x5t": None, "kid": with_key.sha1.hex().upper()},
    }
    text = assertion(practice, with_key, head={"alg": algorithm, **names[naming]})

    assert "roles" in claims(ask_by_key(text))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"aud": "https://login.microsoftonline.com/common/oauth2/v2.0/token"}, 700023),
        ({"iss": "somebody-else"}, 700021),
        ({"sub": None}, 700021),
        ({"exp": int(time.time()) - 400}, 700024),
        ({"exp": None}, 700024),
        ({"nbf": int(time.time()) + 4000}, 700024),
        ({"head": {"alg": "none"}}, 50027),
        ({"head": {"alg": "HS256"}}, 50027),
        ({"head": {"x5t": "AAAA"}}, 700027),
    ],
)
def test_an_assertion_that_says_something_wrong_is_refused(
    practice: Practice, with_key: KeyPair, ask_by_key: Ask, changes: dict[str, Any], code: int
) -> None:
    assert refusal(ask_by_key(assertion(practice, with_key, **changes)))[1] == code


def test_a_few_minutes_of_skew_are_forgiven(
    practice: Practice, with_key: KeyPair, ask_by_key: Ask
) -> None:
    ahead = assertion(practice, with_key, nbf=int(time.time()) + 200)

    assert ask_by_key(ahead).status_code == 200


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "e30.e30.e30", "W10.W10.AAAA", "é.é.é"])
def test_something_that_is_no_assertion_is_refused(ask_by_key: Ask, text: str) -> None:
    assert refusal(ask_by_key(text))[1] in {50027, 7000218}


def test_a_forged_assertion_is_refused(
    practice: Practice, with_key: KeyPair, ask_by_key: Ask
) -> None:
    forger = make_pair()
    forged = assertion(practice, forger, head={"x5t": encode(with_key.sha1)})
    answer = ask_by_key(forged)

    assert refusal(answer) == (401, 700027, "invalid_client")
    assert "use of the key to verify the signature failed" in answer.json()["error_description"]


def test_a_certificate_that_was_never_uploaded_is_refused(
    practice: Practice, with_key: KeyPair, ask_by_key: Ask
) -> None:
    answer = ask_by_key(assertion(practice, make_pair()))

    assert refusal(answer) == (401, 700027, "invalid_client")
    assert "The key was not found." in answer.json()["error_description"]


def test_an_expired_certificate_is_refused_by_the_computers_clock(
    practice: Practice, world: World, ask_by_key: Ask
) -> None:
    control.add_fault(practice.path, "sts-lag off")
    expired = make_pair(days=-1, ago=30)
    (app,) = world.store.find("application", appId=practice.client_id)
    app["keyCredentials"] = [
        {
            "keyId": str(uuid.uuid4()),
            "key": base64.b64encode(expired.der).decode(),
            "startDateTime": "2020-01-01T00:00:00Z",
            "endDateTime": "2099-01-01T00:00:00Z",
        }
    ]
    world.put("application", app["id"], app, lag=False)

    answer = ask_by_key(assertion(practice, expired))
    assert "The key used is expired." in answer.json()["error_description"]
    practice.clock.sleep(-10 * 86400)
    assert refusal(ask_by_key(assertion(practice, expired)))[1] == 700027


# ---- tokens ----


def test_a_new_grant_comes_into_tokens_when_the_replicas_agree(
    practice: Practice, admin: httpx.Client, ask: Ask, world: World
) -> None:
    control.add_fault(practice.path, "role remove Policy.Read.All")
    assert "Policy.Read.All" not in claims(ask())["roles"]
    control.add_fault(practice.path, "lag seconds=60")
    (graph,) = world.store.find("servicePrincipal", appId="00000003-0000-0000-c000-000000000000")
    (me,) = world.store.find("servicePrincipal", appId=practice.client_id)
    role = next(one["id"] for one in graph["appRoles"] if one["value"] == "Policy.Read.All")
    body = {"principalId": me["id"], "resourceId": graph["id"], "appRoleId": role}
    admin.post(
        f"/v1.0/servicePrincipals/{me['id']}/appRoleAssignments", json=body
    ).raise_for_status()

    assert "Policy.Read.All" not in claims(ask())["roles"]
    practice.clock.sleep(61)
    assert "Policy.Read.All" in claims(ask())["roles"]


def test_only_our_own_whole_and_current_tokens_are_believed(
    practice: Practice, ask: Ask, world: World
) -> None:
    token = ask().json()["access_token"]
    head, body, signature = token.split(".")
    better = json.loads(decode(body)) | {"roles": ["Everything.All"]}
    forged = f"{head}.{encode(json.dumps(better).encode())}.{signature}"

    assert caller_of(world, {"authorization": f"Bearer {token}"}) is not None
    for bad in (forged, f"{head}.{body}.", "x", "", token + "x", f"{head}.{body}"):
        assert caller_of(world, {"authorization": f"Bearer {bad}"}) is None
    assert caller_of(world, {"authorization": f"Basic {token}"}) is None
    assert caller_of(world, {}) is None


# ---- the real client libraries ----


def real(practice: Practice) -> dict[str, Any]:
    return {
        "authority": practice.cloud.login,
        "connection_verify": str(practice.ca_file),
        "disable_instance_discovery": True,
        "retry_total": 0,
    }


def test_azure_identity_signs_in_by_secret_by_tenant_id_or_domain(practice: Practice) -> None:
    for tenant in (practice.tenant_id, practice.domain):
        with ClientSecretCredential(
            tenant, practice.client_id, practice.client_secret, **real(practice)
        ) as credential:
            assert credential.get_token(practice.cloud.exchange_scope).token


def test_azure_identity_signs_in_by_certificate_and_only_by_the_right_one(
    practice: Practice, with_key: KeyPair
) -> None:
    def token(pair: KeyPair) -> str:
        with CertificateCredential(
            practice.tenant_id,
            practice.client_id,
            certificate_data=pair.pem,
            **real(practice),
        ) as credential:
            return credential.get_token(practice.cloud.graph_scope).token

    assert token(with_key)
    with pytest.raises(ClientAuthenticationError, match="AADSTS700027"):
        token(make_pair())


def test_azure_cli_finds_a_tenant_without_subscriptions(
    practice: Practice, client: httpx.Client, ask: Ask
) -> None:
    token = ask(scope=f"{practice.url}/arm//.default").json()["access_token"]
    headers = {"authorization": f"Bearer {token}"}

    tenants = client.get("/arm/tenants?api-version=2022-12-01", headers=headers).json()
    assert [one["tenantId"] for one in tenants["value"]] == [practice.tenant_id]
    listed = client.get("/arm/subscriptions?api-version=2022-12-01", headers=headers).json()
    assert listed["value"] == []
    cloud = client.get("/arm/metadata/endpoints?api-version=2022-09-01").json()
    assert cloud["authentication"]["loginEndpoint"] == cloud["graph"] == practice.url
    assert client.get("/arm/tenants?api-version=2022-12-01").status_code == 401
    assert client.get("/arm/tenants", headers=headers).status_code == 400
    assert client.get("/arm/vaults?api-version=1", headers=headers).status_code == 501
