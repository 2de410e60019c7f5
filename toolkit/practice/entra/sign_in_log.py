"""Who signed in to which app at a browser: what Entra's sign-in log holds of it, for thirty days.

Source: learn.microsoft.com/graph/api/resources/signin. Only sign-ins that ended with a token are
written down here; the real log holds refused ones too.
"""

from toolkit.practice.entra.clients import Client
from toolkit.practice.seed.people import TENANT_ID
from toolkit.practice.store import Body
from toolkit.practice.world import World

KIND = "signIn"
DAYS = 30
"""How long a tenant with Entra ID P1 keeps them (entra/identity/monitoring-health/reference-reports-data-retention)."""
SECONDS_A_DAY = 86_400


def note(world: World, user: Body, client: Client, resource: Body) -> None:
    """Write down that somebody has signed in to an app."""
    key = world.new_id()
    body = {
        "id": key,
        "appDisplayName": client.name,
        "appId": client.app_id,
        "clientAppUsed": "Browser",
        "conditionalAccessStatus": "notApplied",
        "correlationId": world.new_id(),
        "createdDateTime": world.stamp(),
        "homeTenantId": TENANT_ID,
        "ipAddress": "127.0.0.1",
        "isInteractive": True,
        "resourceDisplayName": resource.get("displayName"),
        "resourceId": resource["appId"],
        "resourceTenantId": TENANT_ID,
        "riskDetail": "none",
        "riskLevelAggregated": "none",
        "riskLevelDuringSignIn": "none",
        "riskState": "none",
        "status": {"errorCode": 0, "failureReason": None, "additionalDetails": None},
        "userDisplayName": user["displayName"],
        "userId": user["id"],
        "userPrincipalName": user["userPrincipalName"].lower(),
        "_at": world.at(),
    }
    world.put(KIND, key, body, lag=False)


def newest_first(world: World) -> list[Body]:
    """List what is kept."""
    since = world.at() - DAYS * SECONDS_A_DAY
    kept = [one for one in world.store.all(KIND) if one["_at"] >= since]
    return sorted(kept, key=lambda one: float(one["_at"]), reverse=True)
