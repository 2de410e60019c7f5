import base64
import ssl
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from toolkit.practice import control
from toolkit.practice.passwords import known_secret
from toolkit.practice.seed.entries import app_id

CHECKER = Path(__file__).resolve().parents[4] / "shared" / "contracts" / "check_traffic.py"
GRAPH = "00000003-0000-0000-c000-000000000000"
CALENDARS = "ef54d2bf-783f-4e0f-bca1-3210c0444d99"
METTE = "mette.jansen@northbridge.example"
EVENTUAL = {"ConsistencyLevel": "eventual"}
LISTS = (
    "/applications",
    "/servicePrincipals?$top=999",
    "/users?$top=20",
    "/users?$select=id,mail,assignedLicenses,department&$top=20",
    "/groups",
    "/directory/administrativeUnits",
    "/oauth2PermissionGrants",
    "/subscribedSkus",
    "/organization",
    "/domains",
    "/directoryRoles",
    "/roleManagement/directory/roleAssignments?$expand=roleDefinition",
    "/roleManagement/directory/roleDefinitions",
    "/roleManagement/directory/roleEligibilitySchedules",
    "/roleManagement/directory/roleEligibilitySchedules/filterByCurrentUser(on='principal')",
    "/identity/conditionalAccess/policies",
    "/policies/defaultAppManagementPolicy",
    "/policies/appManagementPolicies",
    "/policies/identitySecurityDefaultsEnforcementPolicy",
    "/policies/authorizationPolicy",
    "/directory/deletedItems/microsoft.graph.application",
    "/directory/deletedItems/microsoft.graph.servicePrincipal",
    f"/users/{METTE}",
    f"/users/{METTE}/memberOf",
    f"/users/{METTE}/transitiveMemberOf",
    f"/users/{METTE}/licenseDetails",
    f"/users/{METTE}/calendar?$select=id",
)


class Tour:
    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def __call__(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        names = {key.replace("_", "-"): value for key, value in headers.items()}
        url = f"/v1.0{path}"
        answer = self.client.request(method, url, json=body, headers=names)
        assert answer.status_code < 500
        return answer.json() if answer.status_code in {200, 201} and "$count" not in path else None


def apps(ask: Tour, base: str) -> None:
    body = {"displayName": "T", "tags": ["a"], "web": {"redirectUris": ["https://a.example"]}}
    app = ask("PATCH", "/applications(uniqueName='t')", body, Prefer="create-if-missing")
    url = f"/applications/{app['id']}"
    end = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    secret = {"passwordCredential": {"displayName": "s", "endDateTime": end}}
    key = ask("POST", f"{url}/addPassword", secret)
    ask("POST", f"{url}/removePassword", {"keyId": key["keyId"]})
    principal = ask("POST", "/servicePrincipals", {"appId": app["appId"]})
    resource = ask("GET", f"/servicePrincipals(appId='{GRAPH}')?$select=id,appRoles")
    one = f"/servicePrincipals/{principal['id']}"
    role = {"principalId": principal["id"], "resourceId": resource["id"], "appRoleId": CALENDARS}
    ask("POST", f"{one}/appRoleAssignments", role)
    ask("GET", f"{one}/appRoleAssignments")
    ask("GET", f"/servicePrincipals/{resource['id']}/appRoleAssignedTo?$top=5")
    grant = {"clientId": principal["id"], "consentType": "AllPrincipals"}
    ask("POST", "/oauth2PermissionGrants", grant | {"resourceId": resource["id"], "scope": "User.Read"})  # fmt: skip
    person = ask("GET", f"/users/{METTE}")["id"]
    reference = {"@odata.id": f"{base}/v1.0/directoryObjects/{person}"}
    ask("POST", f"{url}/owners/$ref", reference)
    ask("GET", f"{url}?$expand=owners")
    ask("GET", f"{url}/owners/$ref")
    federated = {"name": "pipeline", "issuer": "https://i.example", "subject": "s"}
    ask("POST", f"{url}/federatedIdentityCredentials", federated | {"audiences": ["api://a"]})
    ask("GET", f"{url}/federatedIdentityCredentials")
    ask("POST", "/directoryObjects/getByIds", {"ids": [person, app["id"], principal["id"]]})
    ask("DELETE", url)
    ask("POST", f"/directory/deletedItems/{app['id']}/restore")
    ask("DELETE", url)
    ask("DELETE", f"/directory/deletedItems/{app['id']}")


def people(ask: Tour, base: str) -> None:
    password = base64.b64encode(b"Practice-1!").decode()
    names = {"displayName": "T", "mailNickname": "t", "userPrincipalName": "t@northbridge.example"}
    body = names | {"accountEnabled": True, "passwordProfile": {"password": password}}
    person = ask("POST", "/users", body | {"usageLocation": "NL"})
    url = f"/users/{person['id']}"
    sku = {"skuId": "6fd2c87f-b296-42f0-b197-1e91e994b900", "disabledPlans": []}
    ask("POST", f"{url}/assignLicense", {"addLicenses": [sku], "removeLicenses": []})
    ask("GET", f"{url}/licenseDetails")
    group = {"displayName": "G", "mailEnabled": False, "mailNickname": "g", "securityEnabled": True}
    bound = {"members@odata.bind": [f"{base}/v1.0/users/{person['id']}"]}
    made = ask("POST", "/groups", group | bound)
    ask("GET", f"/groups/{made['id']}/members")
    ask("GET", f"/groups/{made['id']}/members/microsoft.graph.user?$count=true", **EVENTUAL)
    ask("GET", f"/groups/{made['id']}/members/$count", **EVENTUAL)
    ask("POST", f"{url}/getMemberGroups", {"securityEnabledOnly": False})
    ask("POST", f"{url}/checkMemberGroups", {"groupIds": [made["id"]]})
    ask("PATCH", url, {"displayName": "U"})
    ask("DELETE", f"/groups/{made['id']}")
    ask("DELETE", url)


def events(ask: Tour) -> None:
    times = {name: {"dateTime": "2026-12-01T10:00:00", "timeZone": "UTC"} for name in ("start", "end")}  # fmt: skip
    for place in (f"/users/{METTE}", f"/users/{METTE}/calendar"):
        made = ask("POST", f"{place}/events", {"subject": "x", "categories": ["Red"]} | times)
        ask("GET", f"{place}/events?$top=5&$select=subject,start")
        ask("GET", f"{place}/calendarView?startDateTime=2026-12-01&endDateTime=2026-12-02")
        ask("PATCH", f"{place}/events/{made['id']}", {"showAs": "free"})
        ask("GET", f"{place}/events/{made['id']}")
        ask("DELETE", f"{place}/events/{made['id']}")


def test_recorded_traffic_agrees_with_the_published_descriptions(
    folder: Path, tmp_path: Path
) -> None:
    if not CHECKER.exists():
        pytest.skip("The published descriptions and their checker are not beside this checkout.")
    record = tmp_path / "traffic.jsonl"
    with control.serve(folder, record=record) as practice:
        control.add_fault(folder, "lag off")
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
            ask = Tour(client)
            for path in LISTS:
                ask("GET", path)
            apps(ask, practice.url)
            people(ask, practice.url)
            entry = {"client_id": app_id("mytimetable-old"), "client_secret": known_secret("mytimetable-old")}  # fmt: skip
            token = client.post(
                f"/{practice.tenant_id}/oauth2/v2.0/token", data=form | entry
            ).json()
            client.headers["authorization"] = f"Bearer {token['access_token']}"
            events(ask)
    ran = subprocess.run(
        [sys.executable, str(CHECKER), str(record)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )

    assert ran.returncode == 0, ran.stdout
