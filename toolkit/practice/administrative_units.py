"""Who is in an administrative unit: those who were put in, or those whom its rule fits."""

from typing import Any

from toolkit.practice.exchange import opath
from toolkit.practice.store import Body
from toolkit.practice.world import World

KIND = "administrativeUnit"
DYNAMIC = "Dynamic"
# Microsoft Entra ID P1: learn.microsoft.com/entra/identity/users/licensing-service-plan-reference
ENTRA_P1 = "41781fb2-bc02-4b7c-bd55-b576c07bb09d"
# learn.microsoft.com/entra/identity/users/groups-dynamic-membership, those this tenant can judge.
RULED = ("accountEnabled", "department", "jobTitle", "mail", "usageLocation", "userPrincipalName")
FILTERABLE = {f"user.{name}".lower(): name for name in RULED}


def members(world: World, unit: Body) -> list[str]:
    """List the ids of the members; a rule is judged anew unless it is paused or not paid for."""
    if not is_dynamic(unit) or unit["membershipRuleProcessingState"] != "On" or not paid_for(world):
        return list(unit["_members"])
    fits = opath.parse(unit["membershipRule"], FILTERABLE)
    return [user["id"] for user in world.store.all("user") if fits(_ruled(user))]


def is_dynamic(unit: Body) -> bool:
    """Tell whether a rule says who is in it."""
    return unit.get("membershipType") == DYNAMIC


def paid_for(world: World) -> bool:
    """Tell whether the tenant has the licence that rules take."""
    return any(
        plan["servicePlanId"] == ENTRA_P1
        for sku in world.store.all("subscribedSku")
        for plan in sku["servicePlans"]
        if sku["capabilityStatus"] == "Enabled"
    )


def _ruled(user: Body) -> dict[str, Any]:
    return {name: user.get(name) for name in RULED}
