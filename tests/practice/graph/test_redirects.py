"""Where an application may be answered: what Entra takes as an address, and what it refuses."""

import httpx
import pytest

from toolkit.practice import control
from toolkit.practice.control import Practice
from toolkit.practice.seed.entries import principal_id
from toolkit.practice.seed.groups import group_id

JADU = "https://forms.example/jadu/integrations/office365/callback"
MYTIMETABLE = "https://timetable.example/schedule?zoneview=0&ec_type=o365"
PERSONAL = {"signInAudience": "AzureADandPersonalMicrosoftAccount"}


def registered(admin: httpx.Client, kind: str, *addresses: str, **more: object) -> httpx.Response:
    body = {"displayName": "Vendor", kind: {"redirectUris": list(addresses)}, **more}
    return admin.post("/v1.0/applications", json=body)


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("web", JADU),
        ("web", MYTIMETABLE),
        ("web", "https://localhost:8443/jadu/"),
        ("web", "http://localhost:8080/callback"),
        ("web", "http://127.0.0.1"),
        ("spa", "http://localhost"),
        ("publicClient", "http://localhost"),
        ("publicClient", "msal0000://auth"),
        ("publicClient", "urn:ietf:wg:oauth:2.0:oob"),
    ],
)
def test_an_address_that_entra_takes_is_taken(admin: httpx.Client, kind: str, address: str) -> None:
    answer = registered(admin, kind, address)

    assert answer.status_code == 201, answer.text
    assert answer.json()[kind]["redirectUris"] == [address]


@pytest.mark.parametrize(
    "address",
    [
        "http://vendor.example/callback",
        "http://localhost.vendor.example/callback",
        "https://vendor.example/callback#part",
        "https://vendor.example/(callback)",
        "https://vendor.example/call back",
        "https://somebody@vendor.example/",
        "https:///callback",
        "https://vendor.example:port/",
        "vendor.example/callback",
        "",
        f"https://vendor.example/{'x' * 256}",
    ],
)
def test_an_address_that_entra_refuses_is_refused(admin: httpx.Client, address: str) -> None:
    assert registered(admin, "web", address).status_code == 400


def test_wildcards_and_queries_are_not_for_apps_with_personal_accounts(
    admin: httpx.Client,
) -> None:
    wildcard = "https://*.vendor.example/callback"

    assert registered(admin, "web", wildcard, **PERSONAL).status_code == 400
    assert registered(admin, "web", wildcard).status_code == 501
    assert registered(admin, "web", MYTIMETABLE, **PERSONAL).status_code == 400


def test_an_application_has_256_addresses_of_all_kinds_at_most(
    practice: Practice, admin: httpx.Client
) -> None:
    control.add_fault(practice.path, "lag off")
    many = [f"https://vendor.example/{number}" for number in range(256)]
    app = registered(admin, "web", *many).json()
    path = f"/v1.0/applications(appId='{app['appId']}')"
    more = {"spa": {"redirectUris": ["https://vendor.example/spa"]}}

    assert admin.patch(path, json=more).status_code == 400
    assert admin.patch(path, json={"web": {"redirectUris": many[1:]}} | more).status_code == 204
    assert registered(admin, "web", *many[:101], **PERSONAL).status_code == 400
    assert registered(admin, "web", JADU, JADU).status_code == 400


def test_a_home_page_is_a_whole_address(admin: httpx.Client) -> None:
    for home, status in (("www.jadu.net", 400), ("https://www.jadu.net", 201), (None, 201)):
        body = {"displayName": "Vendor", "web": {"homePageUrl": home}}
        assert admin.post("/v1.0/applications", json=body).status_code == status


def test_a_group_is_assigned_to_an_app_only_where_entra_p1_is_paid_for(
    practice: Practice, admin: httpx.Client
) -> None:
    planner = principal_id("planner")
    path = f"/v1.0/servicePrincipals/{planner}/appRoleAssignedTo"
    body = {
        "principalId": group_id("faculty-calendars"),
        "resourceId": planner,
        "appRoleId": "00000000-0000-0000-0000-000000000000",
    }
    control.add_fault(practice.path, "entra-p1 off")
    refused = admin.post(path, json=body)
    control.add_fault(practice.path, "entra-p1 on")

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "Authorization_RequestDenied")  # fmt: skip
    assert "AAD Premium" in refused.json()["error"]["message"]
    assert admin.post(path, json=body).status_code == 201
