"""What somebody may do is what the app was granted and what the person's roles allow: both."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.practice.entra.browsing import ANNA, METTE
from tests.practice.entra.conftest import Client
from toolkit.practice.control import Practice
from toolkit.practice.seed.entries import principal_id
from toolkit.practice.seed.first_party import EXCHANGE_POWERSHELL, GRAPH_COMMAND_LINE
from toolkit.practice.seed.people import user_id
from toolkit.practice.seed.permissions import EXCHANGE, GRAPH, role_id

Switch = Callable[..., None]
APPS = "admin.apps@northbridge.example"
ELKE = "admin.exchange@northbridge.example"
PIET = "admin.pim@northbridge.example"
READER = "reader.gl@northbridge.example"
GUEST = "anna.guest@partner.example"
ALL_SCOPES = (
    "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "Directory.Read.All",
    "Group.ReadWrite.All",
    "LicenseAssignment.ReadWrite.All",
    "Policy.Read.All",
    "RoleManagement.Read.Directory",
    "User.ReadWrite.All",
)
NEW = {"displayName": "Made by a person"}


@pytest.fixture
def headers(app: Client) -> Callable[..., dict[str, str]]:
    """Sign somebody in to an app that the whole organisation has consented to."""
    app.open(*ALL_SCOPES).sign_in(ANNA).press("Accept", everybody="yes")
    app.browser.arrived = {}

    def signed(who: str) -> dict[str, str]:
        return app.bearer(*ALL_SCOPES, who=who)

    return signed


def refused(answer: httpx.Response) -> bool:
    if answer.status_code != 403:
        return False
    return bool(answer.json()["error"]["code"] == "Authorization_RequestDenied")


@pytest.mark.parametrize(
    ("who", "may"),
    [(ANNA, True), (APPS, True), (ELKE, False), (READER, False), (METTE, False), (PIET, False)],
)
def test_the_scope_alone_makes_no_application(
    client: httpx.Client, headers: Callable[..., dict[str, str]], who: str, may: bool
) -> None:
    answer = client.post("/v1.0/applications", json=NEW, headers=headers(who))

    assert answer.status_code == 201 if may else refused(answer)


def test_the_role_alone_makes_no_application(client: httpx.Client, app: Client) -> None:
    assert refused(client.post("/v1.0/applications", json=NEW, headers=app.bearer("User.Read")))


@pytest.mark.parametrize(
    ("who", "resource", "value", "may"),
    [
        (APPS, GRAPH, "Calendars.Read", False),
        (ANNA, GRAPH, "Calendars.Read", True),
        (APPS, EXCHANGE, "full_access_as_app", True),
        (ELKE, EXCHANGE, "full_access_as_app", False),
    ],
)
def test_who_may_consent_to_application_permissions(
    client: httpx.Client,
    headers: Callable[..., dict[str, str]],
    who: str,
    resource: str,
    value: str,
    may: bool,
) -> None:
    principal = principal_id("archiver")
    body = {
        "principalId": principal,
        "resourceId": principal_id(resource),
        "appRoleId": role_id(resource, value),
    }
    path = f"/v1.0/servicePrincipals/{principal}/appRoleAssignments"
    answer = client.post(path, json=body, headers=headers(who))

    assert answer.status_code == 201 if may else refused(answer)


@pytest.mark.parametrize(
    ("path", "who", "may"),
    [
        ("/users?$top=1", METTE, True),
        ("/users?$top=1", GUEST, False),
        ("/organization", GUEST, True),
        ("/me", GUEST, True),
        ("/policies/identitySecurityDefaultsEnforcementPolicy", METTE, True),
        ("/identity/conditionalAccess/policies", READER, True),
        ("/identity/conditionalAccess/policies", METTE, False),
        ("/identity/conditionalAccess/policies", APPS, False),
        ("/roleManagement/directory/roleEligibilitySchedules", READER, True),
        ("/roleManagement/directory/roleEligibilitySchedules", PIET, False),
    ],
)
def test_what_one_may_read(
    client: httpx.Client,
    headers: Callable[..., dict[str, str]],
    path: str,
    who: str,
    may: bool,
) -> None:
    answer = client.get(f"/v1.0{path}", headers=headers(who))

    assert answer.status_code == 200 if may else refused(answer)


def test_everybody_may_see_the_own_eligible_roles(
    client: httpx.Client, headers: Callable[..., dict[str, str]]
) -> None:
    path = (
        "/v1.0/roleManagement/directory/roleEligibilitySchedules"
        "/filterByCurrentUser(on='principal')"
    )

    def mine(who: str) -> list[str]:
        found = client.get(path, headers=headers(who)).json()["value"]
        assert {one["principalId"] for one in found} <= {user_id("admin.pim")}
        return [one["roleDefinitionId"] for one in found]

    assert len(mine(PIET)) == 3
    assert mine(ANNA) == []


def test_an_eligible_role_counts_after_activation_and_a_new_sign_in(
    client: httpx.Client, headers: Callable[..., dict[str, str]], switch: Switch
) -> None:
    old = headers(PIET)
    assert refused(client.post("/v1.0/applications", json=NEW, headers=old))
    switch(f"pim active {PIET}")
    assert refused(client.post("/v1.0/applications", json=NEW, headers=old))

    assert client.post("/v1.0/applications", json=NEW, headers=headers(PIET)).status_code == 201


def test_policies_that_stand_in_the_way_can_be_read(
    client: httpx.Client, headers: Callable[..., dict[str, str]], switch: Switch
) -> None:
    signed = headers(READER)

    def states() -> dict[str, str]:
        found = client.get("/v1.0/identity/conditionalAccess/policies", headers=signed).json()
        return {one["displayName"]: one["state"] for one in found["value"]}

    assert set(states().values()) == {"disabled"}
    switch("ca block=device_code")
    assert states() == {"Block device code flow": "enabled", "Block all sign-ins": "disabled"}
    path = "/v1.0/policies/identitySecurityDefaultsEnforcementPolicy"
    assert client.get(path, headers=signed).json()["isEnabled"] is False
    switch("security-defaults on")
    assert client.get(path, headers=signed).json()["isEnabled"] is True


def test_consent_can_be_taken_back_through_graph(
    admin: httpx.Client, app: Client, switch: Switch
) -> None:
    switch("lag off")
    tokens = app.tokens("Directory.Read.All")
    key = principal_id(GRAPH_COMMAND_LINE)
    path = f"/v1.0/servicePrincipals/{key}/oauth2PermissionGrants"
    (grant,) = admin.get(path).json()["value"]
    admin.delete(f"/v1.0/oauth2PermissionGrants/{grant['id']}").raise_for_status()

    scope = app.scope("Directory.Read.All")
    assert app.refresh(tokens["refresh_token"], scope).json()["error_codes"] == [65001]


# ---- Exchange ----


@pytest.fixture
def run(app: Client, client: httpx.Client, practice: Practice) -> Callable[..., httpx.Response]:
    """Sign somebody in to Exchange PowerShell's client, and run a cmdlet."""
    app.client_id = EXCHANGE_POWERSHELL

    def ask(who: str, cmdlet: str, anchor: str = "UPN:{who}", **parameters: Any) -> httpx.Response:
        page = app.browser.open(app.address(practice.cloud.exchange_scope, prompt="login"))
        page.sign_in(who)
        token = app.redeem().json()["access_token"]
        page.arrived = {}
        body = {"CmdletInput": {"CmdletName": cmdlet, "Parameters": parameters}}
        given = {"authorization": f"Bearer {token}", "x-anchormailbox": anchor.format(who=who)}
        path = f"/exchange/adminapi/beta/{practice.tenant_id}/InvokeCommand"
        return client.post(path, json=body, headers=given)

    return ask


GROUP = {"Name": "By a person", "Type": "Security"}


@pytest.mark.parametrize(
    ("who", "cmdlet", "status"),
    [
        (ANNA, "New-DistributionGroup", 200),
        (ELKE, "New-DistributionGroup", 200),
        (READER, "Get-ManagementScope", 200),
        (READER, "New-DistributionGroup", 400),
        (APPS, "Get-ManagementScope", 403),
        (METTE, "Get-ManagementScope", 403),
        (PIET, "Get-ManagementScope", 403),
    ],
)
def test_exchange_judges_the_role_of_who_signed_in(
    run: Callable[..., httpx.Response], who: str, cmdlet: str, status: int
) -> None:
    parameters = GROUP if cmdlet.startswith("New-") else {}
    answer = run(who, cmdlet, **parameters)

    assert answer.status_code == status, answer.text
    if status == 403:
        assert ("x-ms-diagnostics" in answer.headers) == (who != PIET)


def test_people_are_sent_to_a_mailbox_of_their_own_and_to_no_systems(
    run: Callable[..., httpx.Response],
) -> None:
    system = "APP:SystemMailbox{{bb558c35-97f1-4cb9-8ff7-d53741dc928c}}@northbridge.example"

    assert run(ANNA, "Get-ManagementScope", anchor=system).status_code == 400
    assert (
        run(ANNA, "Get-ManagementScope", anchor="UPN:nobody@northbridge.example").status_code == 400
    )


def test_a_role_made_active_needs_a_new_token_for_exchange_too(
    run: Callable[..., httpx.Response], switch: Switch
) -> None:
    assert run(PIET, "Get-ManagementScope").status_code == 403
    switch(f"pim active {PIET}")
    assert run(PIET, "Get-ManagementScope").status_code == 200


def test_a_token_without_the_permission_is_refused_by_name(
    app: Client, client: httpx.Client, practice: Practice
) -> None:
    scope = f"{practice.cloud.exchange}/User.Read {app.scope()}"
    app.browser.open(app.address(scope)).sign_in().press("Accept")
    token = app.redeem().json()["access_token"]
    given = {"authorization": f"Bearer {token}", "x-anchormailbox": f"UPN:{ANNA}"}
    body = {"CmdletInput": {"CmdletName": "Get-ManagementScope", "Parameters": {}}}
    path = f"/exchange/adminapi/beta/{practice.tenant_id}/InvokeCommand"
    answer = client.post(path, json=body, headers=given)

    assert answer.status_code == 403
    assert "Exchange.Manage" in answer.headers["x-ms-diagnostics"]
