"""Applications that a question may mean, found in the tenant: those that hold permissions on dead APIs."""

from dataclasses import dataclass

from toolkit import setups
from toolkit.permissions import EXCHANGE_ONLINE, EXCHANGE_ONLINE_NAME, is_dead
from toolkit.steps.base import Mark
from toolkit.systems import graph_assignments
from toolkit.systems.tenant import Tenant

DEAD_API = "dead_api"
"""What a question says (`find:`) that means one of them."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """An application, and why it may be the one: what it holds, or that it was set up before."""

    client_id: str
    name: str
    why: str


def on_dead_apis(tenant: Tenant) -> list[Candidate]:
    """List the applications that were granted permissions of the Outlook REST API, which is dead."""
    service = tenant.graph.resource(EXCHANGE_ONLINE)
    values = {role["id"]: str(role.get("value")) for role in service["appRoles"]}
    held: dict[str, set[str]] = {}
    for each in graph_assignments.assigned(tenant.graph, service["id"]):
        value = values.get(str(each.get("appRoleId")), "")
        if is_dead(EXCHANGE_ONLINE_NAME, value):
            held.setdefault(str(each["principalId"]), set()).add(value)
    found = []
    for principal, permissions in held.items():
        app = tenant.graph.principal_by_id(principal)
        if app:
            why = f"holds {', '.join(sorted(permissions))} on {EXCHANGE_ONLINE_NAME}"
            found.append(
                Candidate(client_id=app["appId"], name=str(app.get("displayName")), why=why)
            )
    return sorted(found, key=lambda each: (each.name, each.client_id))


def set_up_before(tenant: Tenant, mark: Mark) -> Candidate | None:
    """Find the application that an earlier run of this very set-up took."""
    found = setups.marked_as(tenant, mark.name)
    if found is None:
        return None
    name = str(found.get("displayName"))
    return Candidate(client_id=found["appId"], name=name, why="set up by mailgrant before")
