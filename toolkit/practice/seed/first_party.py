"""Microsoft's own public clients, as a tenant shows them once somebody has used them.

Sources: learn.microsoft.com/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in
and what their service principals show in any tenant.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from toolkit.practice.seed.entries import MICROSOFT, service_principal
from toolkit.practice.seed.permissions import AZURE, EXCHANGE, GRAPH
from toolkit.practice.world import World

GRAPH_COMMAND_LINE = "14d82eec-204b-4c2f-b7e8-296a70dab67e"
EXCHANGE_POWERSHELL = "fb78d390-0c51-40cd-8e17-fdbfab77341b"
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"


@dataclass(frozen=True, kw_only=True)
class PublicClient:
    """A client of Microsoft's: where it may be answered, and what it needs no consent for."""

    app_id: str
    name: str
    redirects: tuple[str, ...] = ("http://localhost",)
    preauthorised: Mapping[str, str] = field(default_factory=dict)


PUBLIC_CLIENTS = {
    one.app_id: one
    for one in (
        PublicClient(app_id=GRAPH_COMMAND_LINE, name="Microsoft Graph Command Line Tools"),
        PublicClient(
            app_id=EXCHANGE_POWERSHELL,
            name="Microsoft Exchange REST API Based Powershell",
            preauthorised={EXCHANGE: "Exchange.Manage"},
        ),
        PublicClient(
            app_id=AZURE_CLI,
            name="Microsoft Azure CLI",
            preauthorised={
                AZURE: "user_impersonation",
                GRAPH: "Application.ReadWrite.All AppRoleAssignment.ReadWrite.All"
                " AuditLog.Read.All DelegatedPermissionGrant.ReadWrite.All Group.ReadWrite.All"
                " User.Read.All User.ReadWrite.All",
            },
        ),
    )
}


def fill(world: World) -> None:
    """Put their service principals into the world; their applications are in Microsoft's tenant."""
    for one in PUBLIC_CLIENTS.values():
        body = service_principal(world, one.name, one.app_id, owner=MICROSOFT)
        body |= {"replyUrls": list(one.redirects), "tags": []}
        world.put("servicePrincipal", body["id"], body, lag=False)
