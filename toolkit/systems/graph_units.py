"""Administrative units of Entra: looked up by id, who is in one, and whether its rule is at work."""

from typing import TYPE_CHECKING

from toolkit.systems.graph_query import query
from toolkit.systems.graph_wire import Body
from toolkit.systems.shapes import names

if TYPE_CHECKING:
    from toolkit.systems.graph import Graph

ENTRA_P1 = "41781fb2-bc02-4b7c-bd55-b576c07bb09d"
"""The service plan that dynamic rules take.

Source: learn.microsoft.com/entra/identity/users/licensing-service-plan-reference
"""
UNIT = {
    "id": str,
    "displayName?": str,
    "membershipType?": str,
    "membershipRule?": str,
    "membershipRuleProcessingState?": str,
}
PERSON = {"id": str, "mail?": str}
SKU = {"capabilityStatus?": str, "servicePlans": [{"servicePlanId": str}]}
PAGE = 999
SCOPES = ("AdministrativeUnit.Read.All", "User.ReadBasic.All")
"""What a person is asked for to see a unit and who is in it; without the second nobody has an address.

Source: learn.microsoft.com/graph/api/administrativeunit-list-members
"""


def unit(graph: "Graph", key: str) -> Body | None:
    """Fetch one administrative unit (GET /directory/administrativeUnits/{id})."""
    graph.identity.ask_for(*SCOPES)
    builder = graph.sdk.directory.administrative_units.by_administrative_unit_id(key)
    request = builder.to_get_request_information(query(builder, select=names(UNIT)))
    return graph.read(request, "read the administrative unit", UNIT)


def units_named(graph: "Graph", name: str) -> list[Body]:
    """List the administrative units of a display name; there may be several."""
    graph.identity.ask_for(*SCOPES)
    builder = graph.sdk.directory.administrative_units
    request = builder.to_get_request_information(query(builder, select=names(UNIT)))
    found = graph.read_all(request, "list the administrative units", UNIT)
    return [each for each in found if str(each.get("displayName")).lower() == name.lower()]


def people_in(graph: "Graph", key: str) -> list[Body]:
    """List the users in an administrative unit; members of groups inside it aren't in it."""
    graph.identity.ask_for(*SCOPES)
    unit = graph.sdk.directory.administrative_units.by_administrative_unit_id(key)
    builder = unit.members.graph_user
    request = builder.to_get_request_information(query(builder, select=names(PERSON), top=PAGE))
    return graph.read_all(request, "list who is in the administrative unit", PERSON)


def pays_for_rules(graph: "Graph") -> bool:
    """Tell whether the tenant has Microsoft Entra ID P1, without which rules stand still."""
    builder = graph.sdk.subscribed_skus
    request = builder.to_get_request_information(query(builder, select=names(SKU)))
    return any(
        plan["servicePlanId"] == ENTRA_P1
        for sku in graph.read_all(request, "list the tenant's licences", SKU)
        for plan in sku["servicePlans"]
        if sku.get("capabilityStatus") in ("Enabled", "Warning")
    )
