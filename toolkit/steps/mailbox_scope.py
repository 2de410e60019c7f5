"""Which mailboxes the application may enter: RBAC for Applications in Exchange Online."""

import hashlib
import re
from dataclasses import dataclass
from typing import Any, ClassVar

from toolkit.errors import RefusedError, UnionTrapError
from toolkit.permissions import APIS, ROLES, reaches_mailboxes
from toolkit.state import Change, State, has_later
from toolkit.steps.base import Right, Step, settled
from toolkit.steps.security_group import EXCHANGE_ADMINISTRATOR
from toolkit.systems.tenant import Tenant

LONGEST_NAME = 64
SERVICE_PRINCIPAL = "ServicePrincipal"


@dataclass(frozen=True, kw_only=True)
class MailboxScope(Step):
    """Exchange's application roles, for the direct members of one group.

    Source: learn.microsoft.com/exchange/permissions-exo/application-rbac. These roles *add* to
    what Entra grants: a tenant-wide grant beside them makes the fence void, so one stops the run.
    """

    do: ClassVar[str] = "mailbox_scope"
    key: ClassVar[tuple[str, ...]] = ("app",)
    needs: ClassVar[tuple[Right, ...]] = (EXCHANGE_ADMINISTRATOR,)

    app: str
    roles: tuple[str, ...]
    group: str

    @property
    def title(self) -> str:
        """Name the thing."""
        return f"mailboxes of the group only: {', '.join(self.roles)}"

    def name_of(self, role: str) -> str:
        """Name the assignment of a role: fixed, so that it is found again; 64 characters at most."""
        slug = re.sub(r"[^a-z0-9]+", "-", role.removeprefix("Application ").lower()).strip("-")
        name = f"{self.mark.name}-{slug}"
        if len(name) <= LONGEST_NAME:
            return name
        return f"{name[: LONGEST_NAME - 9]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"

    def read(self, tenant: Tenant) -> State | None:
        """Look for our assignments by name; a tenant-wide grant beside them stops everything."""
        unknown = [role for role in self.roles if role not in ROLES]
        if unknown:
            raise RefusedError(
                f"Exchange has no application role {unknown[0]!r}.",
                fix=f"It has: {', '.join(sorted(ROLES))}.",
            )
        principal = tenant.graph.principal_id(self.app)
        if principal is None:
            return None
        self._refuse_union(tenant, principal)
        rows = [row for role in self.roles if (row := self._assignment(tenant, role, principal))]
        if not rows:
            return None
        groups = {self._group(tenant, row) for row in rows}
        return {
            "app": self.app,
            "roles": frozenset(str(row["Role"]) for row in rows),
            "group": groups.pop() if len(groups) == 1 else ", ".join(sorted(groups)),
        }

    def wanted(self, found: State | None) -> State | None:  # noqa: ARG002  whatever is there
        """Want these roles, on this group."""
        return {"app": self.app, "roles": frozenset(self.roles), "group": self.group}

    def check(self, tenant: Tenant, found: State | None) -> None:  # noqa: ARG002  what was found is enough
        """Refuse to move a scope from one group to another behind people's backs."""
        if found and not has_later(self.group) and found["group"] != self.group:
            raise RefusedError(
                f"The application is scoped to another group already ({found['group']}).",
                fix="Undo that set-up first, or choose another instance.",
            )

    def write(self, tenant: Tenant, change: Change) -> None:
        """Make the pointer and the assignments that are missing, or remove ours."""
        exchange = tenant.exchange
        for role in sorted(change.removed("roles")):
            exchange.run(
                "Remove-ManagementRoleAssignment",
                fine=("couldn't be found",),
                Identity=self.name_of(role),
                Confirm=False,
            )
        if change.after is None:
            self._remove_pointer(tenant)
            return
        principal = tenant.graph.awaited_principal_id(self.app)
        if exchange.find("Get-ServicePrincipal", Identity=principal) is None:
            exchange.run(
                "New-ServicePrincipal",
                settle=True,
                fine=("already exists",),
                AppId=self.app,
                ObjectId=principal,
                DisplayName=self.mark.name,
            )
        for role in sorted(change.added("roles")):
            exchange.run(
                "New-ManagementRoleAssignment",
                settle=True,
                fine=("already exists",),
                Name=self.name_of(role),
                App=principal,
                Role=role,
                RecipientGroupScope=change.after["group"],
            )

    def _remove_pointer(self, tenant: Tenant) -> None:
        """Remove Exchange's pointer to the app if it is ours and nothing hangs on it any more."""
        pointer = settled(
            lambda: tenant.exchange.find("Get-ServicePrincipal", Identity=self.app),
            tenant,
            "Exchange's pointer to the application",
        )
        if pointer is None or pointer.get("DisplayName") != self.mark.name:
            return
        rows = tenant.exchange.run(
            "Get-ManagementRoleAssignment", RoleAssigneeType=SERVICE_PRINCIPAL
        )
        mine = {str(pointer.get("ObjectId")), self.app}
        removed = {self.name_of(role) for role in self.roles}  # replicas may still show them
        hanging = [row for row in rows if str(row.get("App") or row.get("RoleAssignee")) in mine]
        if all(row.get("Name") in removed for row in hanging):
            tenant.exchange.run(
                "Remove-ServicePrincipal",
                fine=("couldn't be found",),
                Identity=pointer["ObjectId"],
                Confirm=False,
            )

    def _assignment(self, tenant: Tenant, role: str, principal: str) -> dict[str, Any] | None:
        row = tenant.exchange.find("Get-ManagementRoleAssignment", Identity=self.name_of(role))
        if row is None:
            return None
        if row.get("Role") != role or str(row.get("App") or row.get("RoleAssignee")) not in (
            principal,
            self.app,
        ):
            raise RefusedError(
                f"A role assignment named {self.name_of(role)} is there already, for something else.",
                fix="Look at it with Get-ManagementRoleAssignment; mailgrant doesn't touch what it didn't make.",
            )
        return row

    def _group(self, tenant: Tenant, row: dict[str, Any]) -> str:
        """Tell the group of an assignment by its id, whatever Exchange shows it by."""
        shown = str(row.get("RecipientGroupScope") or row.get("CustomResourceScope") or "")
        if not shown or shown == self.group:
            return shown or "the whole organization"
        group = tenant.exchange.find("Get-Recipient", Identity=shown)
        return str((group or {}).get("ExternalDirectoryObjectId") or shown)

    def _refuse_union(self, tenant: Tenant, principal: str) -> None:
        apis = (
            {tenant.graph.resource(app_id)["id"]: (name, app_id) for name, app_id in APIS.items()}
            if tenant.graph.granted_roles(principal)
            else {}
        )
        wide = []
        for grant in tenant.graph.granted_roles(principal) if apis else ():
            name, app_id = apis.get(grant["resourceId"], ("", ""))
            values = (
                {role["id"]: role["value"] for role in tenant.graph.resource(app_id)["appRoles"]}
                if app_id
                else {}
            )
            value = values.get(grant["appRoleId"], "")
            if reaches_mailboxes(name, value):
                wide.append(f"{value} ({name})")
        if wide:
            raise UnionTrapError(
                f"The application {self.app} holds tenant-wide permissions on mailboxes: {', '.join(sorted(wide))}. "
                "Exchange adds scopes to them, so a scope would restrict nothing (the union trap).",
                fix="Remove these permissions from the enterprise application in Entra (Permissions), then run the same line again.",
            )
