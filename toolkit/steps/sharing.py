"""Whose scopes point to a group: whoever deletes it closes their mailboxes."""

import re
from typing import Any

from toolkit.state import State
from toolkit.steps.base import Mark
from toolkit.systems.tenant import Tenant

SURE = 55
"""Characters in which a role assignment is named in clear; a hash may follow."""


def scopes_of_others(tenant: Tenant, group: State, mark: Mark) -> str:
    """Say which scopes of others point to a group; empty where none do."""
    names = {str(group[key]) for key in ("id", "name", "address")} | {mark.name[:64]}
    rows = tenant.exchange.run("Get-ManagementRoleAssignment", RoleAssigneeType="ServicePrincipal")
    others = sorted(
        str(row["Name"])
        for row in rows
        if names & {str(row.get("RecipientGroupScope")), str(row.get("CustomResourceScope"))}
        and not _is_of(row, mark)
    )
    return f"others are scoped to it: {', '.join(others)}" if others else ""


def _is_of(row: dict[str, Any], mark: Mark) -> bool:
    """Tell an assignment of this set-up by its name; a replica may still show it."""
    role = str(row.get("Role", "")).removeprefix("Application ").lower()
    name = f"{mark.name}-{re.sub(r'[^a-z0-9]+', '-', role).strip('-')}"
    return str(row["Name"])[:SURE] == name[:SURE]
