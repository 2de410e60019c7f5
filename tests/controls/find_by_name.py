"""A bad client: finds everything by its name, posts what it doesn't find, keeps ids in memory."""

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from tests.controls.client import THERE, Client, RefusedError, connect

NAME = "Scripted Timetable"
ALIAS = "scripted-timetable"
DOMAIN = "northbridge.example"
GRAPH = "00000003-0000-0000-c000-000000000000"
CALENDARS = "ef54d2bf-783f-4e0f-bca1-3210c0444d99"


def run(folder: Path, kept: Path) -> None:
    """Set an application up as a pasted script does, and keep its secret at the very end."""
    with connect(folder) as client:
        app = client.find("applications", NAME) or client.post(
            "/applications", {"displayName": NAME}
        )
        principal = client.find("servicePrincipals", NAME) or client.post(
            "/servicePrincipals", {"appId": app["appId"]}
        )
        _grant(client, principal["id"])
        password = client.post(
            f"/applications/{app['id']}/addPassword",
            {"passwordCredential": {"displayName": "script", "endDateTime": _half_a_year(client)}},
        )
        _policy(client, app["appId"])
        kept.write_text(password["keyId"], encoding="utf-8")


def _grant(client: Client, principal: str) -> None:
    listed = client.patiently_get(f"/servicePrincipals/{principal}/appRoleAssignments")["value"]
    if any(one["appRoleId"] == CALENDARS for one in listed):
        return
    graph = client.graph("GET", f"/servicePrincipals(appId='{GRAPH}')?$select=id")["id"]
    body = {"principalId": principal, "resourceId": graph, "appRoleId": CALENDARS}
    with _already_there():
        client.post(f"/servicePrincipals/{principal}/appRoleAssignments", body)


def _policy(client: Client, app_id: str) -> None:
    groups = client.cmdlet("Get-DistributionGroup", ResultSize="Unlimited")
    if not any(one["Name"] == ALIAS for one in groups):
        with _already_there():
            client.cmdlet(
                "New-DistributionGroup",
                Name=ALIAS,
                Type="Security",
                PrimarySmtpAddress=f"{ALIAS}@{DOMAIN}",
                ManagedBy=[f"exchange.admin@{DOMAIN}"],
            )
    if any(one["AppId"] == app_id for one in client.cmdlet("Get-ApplicationAccessPolicy")):
        return
    client.cmdlet(
        "New-ApplicationAccessPolicy",
        AppId=[app_id],
        AccessRight="RestrictAccess",
        PolicyScopeGroupId=f"{ALIAS}@{DOMAIN}",
        Description=NAME,
    )


@contextlib.contextmanager
def _already_there() -> Iterator[None]:
    try:
        yield
    except RefusedError as error:
        if THERE not in str(error):
            raise


def _half_a_year(client: Client) -> str:
    return (client.practice.clock.now() + timedelta(days=170)).strftime("%Y-%m-%dT%H:%M:%SZ")
