"""What an application holds tenant-wide on mailboxes: Exchange adds its scopes to that (the union trap)."""

from toolkit.permissions import APIS, permission, reaches_mailboxes
from toolkit.systems.tenant import Tenant


def wide(tenant: Tenant, principal: str) -> list[str]:
    """List the permissions on mailboxes that are granted for the whole tenant.

    Source: learn.microsoft.com/exchange/permissions-exo/application-rbac ("union").
    """
    grants = tenant.graph.granted_roles(principal)
    unknown, found = {grant["resourceId"] for grant in grants}, []
    for name, app_id in APIS.items():
        if not unknown:
            break
        service = tenant.graph.resource(app_id)
        unknown.discard(service["id"])
        values = {role["id"]: role["value"] for role in service["appRoles"]}
        held = [g["appRoleId"] for g in grants if g["resourceId"] == service["id"]]
        granted = [values.get(role, "") for role in held]
        found += [permission(name, value) for value in granted if reaches_mailboxes(name, value)]
    return sorted(found)
