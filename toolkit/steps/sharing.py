"""What others hang on a group or an application: whoever deletes it takes that along."""

from toolkit.state import State
from toolkit.steps import names
from toolkit.steps.base import Mark
from toolkit.systems.tenant import Tenant


def scopes_of_others(tenant: Tenant, group: State, mark: Mark) -> str:
    """Say which scopes of others point to a group; empty where none do."""
    said = {str(group[key]) for key in ("id", "name", "address", "called")}
    rows = tenant.exchange.run("Get-ManagementRoleAssignment", RoleAssigneeType="ServicePrincipal")
    others = sorted(
        str(row["Name"])
        for row in rows
        if said & {str(row.get("RecipientGroupScope")), str(row.get("CustomResourceScope"))}
        and not names.is_assignment_of(row, mark)
    )
    return f"others are scoped to it: {', '.join(others)}" if others else ""


def roles_of_others(tenant: Tenant, app: State, mark: Mark) -> list[str]:
    """List Exchange's role assignments of others to an application: they would go with it."""
    mine = {app["service_principal"], app["client_id"]}
    rows = tenant.exchange.run("Get-ManagementRoleAssignment", RoleAssigneeType="ServicePrincipal")
    return [
        f"the role assignment {row['Name']}"
        for row in rows
        if (row.get("App") or row.get("RoleAssignee")) in mine
        and not names.is_assignment_of(row, mark)
    ]
