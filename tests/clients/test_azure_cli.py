"""Microsoft's own Azure CLI, pointed at the practice tenant as a cloud of its own."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import Served, contradictions

AZ = os.environ.get("MAILGRANT_AZ") or shutil.which("az")
pytestmark = pytest.mark.skipif(
    AZ is None,
    reason="Azure CLI isn't here: install azure-cli from PyPI into a virtual environment of its"
    " own, and name its az in MAILGRANT_AZ",
)
GRAPH = "00000003-0000-0000-c000-000000000000"
READ_ALL = "df021288-bdef-4463-88db-98f22de89214=Role"
READ_OWN = "e1fe6dd8-ba31-4d61-89e7-88639da4683d=Scope"
METTE = "mette.jansen@northbridge.example"
SOON = ("--end-date", "2027-02-01")
PASSWORD = "Sup3r!Secret9"


@dataclass(frozen=True)
class Cli:
    """Azure CLI with a configuration of its own."""

    served: Served
    folder: Path

    def environment(self) -> dict[str, str]:
        return {
            **{key: text for key, text in os.environ.items() if not key.startswith("AZURE_")},
            "HOME": str(self.folder),  # where it writes the keys it makes
            "USERPROFILE": str(self.folder),
            "AZURE_CONFIG_DIR": str(self.folder),
            "AZURE_CORE_COLLECT_TELEMETRY": "no",
            "AZURE_CORE_INSTANCE_DISCOVERY": "false",
            "AZURE_CORE_ONLY_SHOW_ERRORS": "yes",
            "AZURE_CORE_OUTPUT": "json",
            "REQUESTS_CA_BUNDLE": str(self.served.ca_file),
        }

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        line = [str(AZ), *arguments]
        return subprocess.run(
            line, env=self.environment(), capture_output=True, text=True, check=False
        )

    def __call__(self, *arguments: str) -> Any:
        ended = self.run(*arguments)
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout) if ended.stdout.strip() else None

    def refused(self, *arguments: str) -> str:
        ended = self.run(*arguments)
        assert ended.returncode != 0, ended.stdout
        assert "Traceback" not in ended.stderr
        return ended.stderr

    def register(self) -> None:
        """Tell it of the practice tenant by the one address of its resource manager."""
        address = self.served.url.replace("localhost", "127.0.0.1")
        self("cloud", "register", "-n", "practice", "--endpoint-resource-manager", f"{address}/arm")
        self("cloud", "set", "-n", "practice")

    def login(self, client: str, *proof: str, tenant: str | None = None) -> list[str]:
        return [
            "login",
            "--service-principal",
            *("-u", client, *proof),
            *("--tenant", tenant or self.served.tenant_id),
            "--allow-no-subscriptions",
        ]


@pytest.fixture(scope="module")
def az(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """Azure CLI, signed in as the practice administrator."""
    found = Cli(served, tmp_path_factory.mktemp("azure"))
    found.register()
    found(*found.login(served.client_id, "-p", served.client_secret))
    return found


@pytest.fixture
def another(served: Served, tmp_path: Path) -> Cli:
    """Azure CLI where nobody has signed in yet."""
    found = Cli(served, tmp_path)
    found.register()
    return found


@pytest.fixture
def app(az: Cli, request: pytest.FixtureRequest) -> Iterator[str]:
    name = request.node.name
    made = az("ad", "app", "create", "--display-name", name, "--sign-in-audience", "AzureADMyOrg")
    yield str(made["appId"])
    az("ad", "app", "delete", "--id", made["appId"])


# ---- signing in ----


def test_a_secret_signs_in_and_the_tenant_is_the_account(az: Cli, served: Served) -> None:
    account = az("account", "show")

    assert account["tenantId"] == served.tenant_id
    assert account["user"] == {"name": served.client_id, "type": "servicePrincipal"}
    assert az("account", "get-access-token", "--resource-type", "ms-graph")["tokenType"] == "Bearer"


def test_a_certificate_that_azure_cli_made_signs_in(az: Cli, another: Cli, app: str) -> None:
    az("ad", "sp", "create", "--id", app)
    made = az("ad", "app", "credential", "reset", "--id", app, "--append", "--create-cert", *SOON)
    file = made["fileWithCertAndPrivateKey"]

    (account,) = another(*another.login(app, "--certificate", file))
    assert account["user"]["name"] == app
    assert "Insufficient privileges" in another.refused("ad", "app", "list")
    another("logout")
    assert "az login" in another.refused("account", "show")


def test_a_secret_of_the_service_principal_signs_in_too(az: Cli, another: Cli, app: str) -> None:
    az("ad", "sp", "create", "--id", app)
    secret = az("ad", "sp", "credential", "reset", "--id", app, *SOON)["password"]

    assert another(*another.login(app, "-p", secret, tenant="northbridge.example"))


@pytest.mark.parametrize(
    ("client", "tenant", "code"),
    [
        (None, None, "AADSTS7000215: Invalid client secret provided."),
        ("11111111-1111-4111-8111-111111111111", None, "AADSTS700016: Application with identifier"),
        (None, "nowhere.example", "AADSTS90002: Tenant 'nowhere.example' not found."),
    ],
)
def test_why_a_sign_in_is_refused_reaches_the_user(
    another: Cli, served: Served, client: str | None, tenant: str | None, code: str
) -> None:
    line = another.login(client or served.client_id, "-p", "wrong", tenant=tenant)

    assert code in another.refused(*line)


# ---- apps ----


def test_an_app_is_made_found_changed_and_deleted(az: Cli) -> None:
    redirect = ("--web-redirect-uris", "https://app.northbridge.example/back")
    made = az("ad", "app", "create", "--display-name", "By Azure CLI", *redirect)
    key = ("--id", made["appId"])
    role = {
        "allowedMemberTypes": ["Application"],
        "description": "Reads",
        "displayName": "Reader",
        "isEnabled": True,
        "value": "Reader",
    }
    az("ad", "app", "update", *key, "--app-roles", json.dumps([role]))
    az("ad", "app", "update", *key, "--identifier-uris", f"api://{made['appId']}")
    az("ad", "app", "update", *key, "--display-name", "Renamed", "--set", "notes=mine")
    shown = az("ad", "app", "show", "--id", f"api://{made['appId']}")

    assert shown["web"]["redirectUris"] == [redirect[1]]
    assert (shown["displayName"], shown["notes"]) == ("Renamed", "mine")
    assert [one["value"] for one in shown["appRoles"]] == ["Reader"]
    assert [one["id"] for one in az("ad", "app", "list", "--display-name", "Renamed")] == [
        made["id"]
    ]
    az("ad", "app", "delete", *key)
    assert "does not exist" in az.refused("ad", "app", "show", *key)


def test_owners_of_an_app_come_and_go(az: Cli, app: str) -> None:
    mette = az("ad", "user", "show", "--id", METTE)["id"]
    owners, one = ("ad", "app", "owner"), ("--id", app, "--owner-object-id", mette)
    before = az(*owners, "list", "--id", app)
    az(*owners, "add", *one)
    between = az(*owners, "list", "--id", app)
    az(*owners, "remove", *one)

    assert [person["userPrincipalName"] for person in between if person not in before] == [METTE]
    assert az(*owners, "list", "--id", app) == before


def test_secrets_and_certificates_of_an_app_live_side_by_side(az: Cli, app: str) -> None:
    keys, of = ("ad", "app", "credential"), ("--id", app)
    first = az(*keys, "reset", *of, "--append", "--display-name", "first", *SOON)
    az(*keys, "reset", *of, "--append", "--display-name", "second", *SOON)
    az(*keys, "reset", *of, "--append", "--create-cert", *SOON)
    secrets = az(*keys, "list", *of)
    (certificate,) = az(*keys, "list", *of, "--cert")
    az(*keys, "delete", *of, "--key-id", secrets[0]["keyId"])
    az(*keys, "delete", *of, "--cert", "--key-id", certificate["keyId"])

    assert len(first["password"]) == 40
    assert [one["displayName"] for one in secrets] == ["first", "second"]
    assert [one["displayName"] for one in az(*keys, "list", *of)] == ["second"]
    assert az(*keys, "list", *of, "--cert") == []


def test_a_secret_that_lives_longer_than_the_tenant_allows_is_refused(az: Cli, app: str) -> None:
    line = ("ad", "app", "credential", "reset", "--id", app, "--append", "--years", "1")

    assert "Credential lifetime exceeds the max value allowed" in az.refused(*line)


def test_permissions_are_asked_for_and_granted(az: Cli, app: str) -> None:
    az("ad", "sp", "create", "--id", app)
    rights, of = ("ad", "app", "permission"), ("--id", app)
    az(*rights, "add", *of, "--api", GRAPH, "--api-permissions", READ_ALL, READ_OWN)
    (asked,) = az(*rights, "list", *of)
    az(*rights, "grant", *of, "--api", GRAPH, "--scope", "User.Read")
    az(*rights, "grant", *of, "--api", GRAPH, "--scope", "User.Read Mail.Read")
    (granted,) = az(*rights, "list-grants", *of, "--show-resource-name")
    az(*rights, "delete", *of, "--api", GRAPH, "--api-permissions", READ_OWN.partition("=")[0])
    (left,) = az(*rights, "list", *of)

    assert (asked["resourceAppId"], len(asked["resourceAccess"])) == (GRAPH, 2)
    assert (granted["scope"], granted["resourceDisplayName"]) == (
        "User.Read Mail.Read",
        "Microsoft Graph",
    )
    assert [f"{one['id']}={one['type']}" for one in left["resourceAccess"]] == [READ_ALL]


def test_admin_consent_of_azure_cli_is_for_the_public_cloud_only(az: Cli, app: str) -> None:
    line = ("ad", "app", "permission", "admin-consent", "--id", app)

    assert "not yet supported on sovereign clouds" in az.refused(*line)


@pytest.mark.matrix
def test_federated_credentials_of_an_app_come_and_go(az: Cli, app: str) -> None:
    base, of = ("ad", "app", "federated-credential"), ("--id", app)
    given = {
        "name": "actions",
        "issuer": "https://token.actions.githubusercontent.com",
        "subject": "repo:o/r:ref:refs/heads/main",
        "audiences": ["api://AzureADTokenExchange"],
    }
    az(*base, "create", *of, "--parameters", json.dumps(given))
    one = (*of, "--federated-credential-id", "actions")
    changed = {key: text for key, text in given.items() if key != "name"}
    changed["subject"] = "repo:o/r:ref:refs/heads/next"
    az(*base, "update", *one, "--parameters", json.dumps(changed))

    assert az(*base, "show", *one)["subject"] == changed["subject"]
    assert [entry["name"] for entry in az(*base, "list", *of)] == ["actions"]
    az(*base, "delete", *one)
    assert az(*base, "list", *of) == []


# ---- service principals ----


def test_a_service_principal_is_made_found_changed_and_deleted(az: Cli, app: str) -> None:
    made, of = az("ad", "sp", "create", "--id", app), ("--id", app)
    again = az.refused("ad", "sp", "create", *of)
    az("ad", "sp", "update", *of, "--set", 'tags=["seen"]')
    shown = az("ad", "sp", "show", "--id", made["id"])
    listed = az("ad", "sp", "list", "--filter", f"appId eq '{app}'")
    az("ad", "sp", "delete", *of)

    assert "already in use" in again
    assert shown["tags"] == ["seen"]
    assert [one["id"] for one in listed] == [made["id"]]
    assert "does not exist" in az.refused("ad", "sp", "show", *of)


@pytest.mark.matrix
def test_secrets_and_certificates_of_a_service_principal_come_and_go(az: Cli, app: str) -> None:
    az("ad", "sp", "create", "--id", app)
    keys, of = ("ad", "sp", "credential"), ("--id", app)
    az(*keys, "reset", *of, "--append", "--display-name", "own", *SOON)
    az(*keys, "reset", *of, "--append", "--create-cert", *SOON)
    (secret,) = az(*keys, "list", *of)
    (certificate,) = az(*keys, "list", *of, "--cert")
    az(*keys, "delete", *of, "--key-id", secret["keyId"])
    az(*keys, "delete", *of, "--cert", "--key-id", certificate["keyId"])

    assert secret["displayName"] == "own"
    assert (az(*keys, "list", *of), az(*keys, "list", *of, "--cert")) == ([], [])


@pytest.mark.matrix
def test_an_app_ready_to_sign_in_is_made_by_one_line(az: Cli, another: Cli, served: Served) -> None:
    line = ("ad", "sp", "create-for-rbac", "-n", "Ready")
    limited = az.refused(*line)
    served.practice("fault", "policy secrets=allow")
    made = az(*line)
    again = az(*line, "--years", "1")
    by_certificate = az("ad", "sp", "create-for-rbac", "-n", "Ready too", "--create-cert")
    served.practice("fault", "policy secrets=max=180d")
    file = by_certificate["fileWithCertAndPrivateKey"]

    assert "Credential lifetime exceeds" in limited
    assert again["appId"] == made["appId"]  # it goes by the name, and puts new keys in place
    assert "AADSTS7000215" in another.refused(*another.login(made["appId"], "-p", made["password"]))
    assert another(*another.login(made["appId"], "-p", again["password"]))
    assert another(*another.login(by_certificate["appId"], "--certificate", file))


# ---- people and groups ----


def test_a_user_is_made_found_changed_and_deleted(az: Cli) -> None:
    name = "ada.lovelace@northbridge.example"
    line = ("ad", "user", "create", "--display-name", "Ada", "--user-principal-name")
    made = az(*line, name, "--password", PASSWORD, "--force-change-password-next-sign-in", "true")
    az(
        "ad",
        "user",
        "update",
        "--id",
        name,
        "--display-name",
        "Ada L",
        "--account-enabled",
        "false",
    )

    assert az("ad", "user", "show", "--id", made["id"])["displayName"] == "Ada L"
    assert [one["id"] for one in az("ad", "user", "list", "--upn", name)] == [made["id"]]
    assert "verified domain names" in az.refused(*line, "ada@nowhere.example", "--password", PASSWORD)  # fmt: skip
    assert "password complexity" in az.refused(*line, f"b{name}", "--password", "weak")
    az("ad", "user", "delete", "--id", name)
    assert "does not exist" in az.refused("ad", "user", "show", "--id", name)


def test_a_group_and_its_members_come_and_go(az: Cli) -> None:
    name, mette = "By Azure CLI", az("ad", "user", "show", "--id", METTE)["id"]
    az("ad", "group", "create", "--display-name", name, "--mail-nickname", "by-azure-cli")
    members, of = ("ad", "group", "member"), ("--group", name)
    az(*members, "add", *of, "--member-id", mette)
    twice = az.refused(*members, "add", *of, "--member-id", mette)
    inside = az(*members, "check", *of, "--member-id", mette)
    listed = az(*members, "list", *of)
    mine = az("ad", "user", "get-member-groups", "--id", METTE)
    az(*members, "remove", *of, "--member-id", mette)
    outside = az(*members, "check", *of, "--member-id", mette)

    assert "already exist" in twice
    assert (inside, outside) == ({"value": True}, {"value": False})
    assert [one["userPrincipalName"] for one in listed] == [METTE]
    assert name in [one["displayName"] for one in mine]
    assert [one["displayName"] for one in az("ad", "group", "list", "--display-name", name)] == [
        name
    ]
    az("ad", "group", "delete", *of)
    assert "No group matches" in az.refused("ad", "group", "show", *of)


@pytest.mark.matrix
def test_owners_of_a_group_come_and_all_but_one_go(az: Cli) -> None:
    people = [az("ad", "user", "show", "--id", one)["id"] for one in (METTE, "rector@northbridge.example")]  # fmt: skip
    az("ad", "group", "create", "--display-name", "Owned", "--mail-nickname", "owned")
    owners, of = ("ad", "group", "owner"), ("--group", "Owned")
    for person in people:
        az(*owners, "add", *of, "--owner-object-id", person)
    az(*owners, "remove", *of, "--owner-object-id", people[0])

    assert [one["id"] for one in az(*owners, "list", *of)] == people[1:]
    assert "at least one owner" in az.refused(*owners, "remove", *of, "--owner-object-id", people[1])  # fmt: skip
    az("ad", "group", "delete", *of)


def test_a_group_that_is_exchanges_own_is_only_shown(az: Cli) -> None:
    (group,) = az("ad", "group", "list", "--filter", "mail eq 'existing-calendars@northbridge.example'")  # fmt: skip
    mette = az("ad", "user", "show", "--id", METTE)["id"]
    line = ("ad", "group", "member", "add", "--group", group["id"], "--member-id", mette)

    assert "Cannot Update a mail-enabled security groups" in az.refused(*line)


# ---- whatever else ----


def test_az_rest_reaches_graph_and_hears_what_it_refuses(az: Cli, served: Served) -> None:
    get = ("rest", "--method", "get", "--url")

    (organization,) = az(*get, f"{served.url}/v1.0/organization")["value"]
    assert organization["id"] == served.tenant_id
    assert "Resource not found for the segment" in az.refused(*get, f"{served.url}/v1.0/nonsense")
    body = json.dumps({"displayName": "By az rest", "nonsense": 1})
    line = ("rest", "--method", "post", "--url", f"{served.url}/v1.0/applications", "--body", body)
    assert "Invalid property 'nonsense'" in az.refused(*line)


def test_azure_itself_has_no_subscription_and_says_so(az: Cli) -> None:
    assert az("account", "list", "--all")[0]["name"] == "N/A(tenant level account)"
    assert "(NotImplemented)" in az.refused("group", "list")


def test_nothing_that_azure_cli_was_answered_contradicts_the_published_shapes(
    az: Cli, served: Served
) -> None:
    az("ad", "app", "list", "--all")

    assert contradictions(served) == []
