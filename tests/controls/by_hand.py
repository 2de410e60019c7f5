"""What an administrator types by hand: an application in the mailboxes of one group."""

from dataclasses import dataclass
from datetime import timedelta

from tests.controls.client import Client

OWNER = "exchange.admin@northbridge.example"
INSIDE = "mette.jansen@northbridge.example"
OUTSIDE = "rector@northbridge.example"
GRAPH = "00000003-0000-0000-c000-000000000000"
CALENDARS = "ef54d2bf-783f-4e0f-bca1-3210c0444d99"


@dataclass(frozen=True)
class Scoped:
    """An application, its service principal, and a secret it signs in with."""

    client_id: str
    principal: str
    secret: str


def scope(client: Client, name: str = "By hand") -> Scoped:
    """Register an application and let it into the mailboxes of a new group."""
    app = client.post("/applications", {"displayName": name})
    principal = client.post("/servicePrincipals", {"appId": app["appId"]})
    end = in_ninety_days(client)
    password = client.post(
        f"/applications/{app['id']}/addPassword", {"passwordCredential": {"endDateTime": end}}
    )
    alias = name.lower().replace(" ", "-")
    address = f"{alias}@northbridge.example"
    client.cmdlet(
        "New-DistributionGroup",
        Name=alias,
        Type="Security",
        PrimarySmtpAddress=address,
        ManagedBy=[OWNER],
        Members=[INSIDE],
    )
    client.cmdlet(
        "New-ServicePrincipal", AppId=app["appId"], ObjectId=principal["id"], DisplayName=name
    )
    client.cmdlet(
        "New-ManagementRoleAssignment",
        Name=alias,
        App=principal["id"],
        Role="Application Calendars.ReadWrite",
        RecipientGroupScope=address,
    )
    client.sleep(60)
    return Scoped(app["appId"], principal["id"], password["secretText"])


def in_ninety_days(client: Client) -> str:
    """Tell when a credential may end that policy allows."""
    return (client.practice.clock.now() + timedelta(days=90)).strftime("%Y-%m-%dT%H:%M:%SZ")


def grant_everything(client: Client, principal: str) -> None:
    """Press "Grant admin consent": every calendar of the tenant."""
    graph = client.graph("GET", f"/servicePrincipals(appId='{GRAPH}')?$select=id")["id"]
    body = {"principalId": principal, "resourceId": graph, "appRoleId": CALENDARS}
    client.post(f"/servicePrincipals/{principal}/appRoleAssignments", body)
    client.sleep(60)
