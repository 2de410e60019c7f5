"""Application permissions granted for the whole tenant: admin consent."""

from dataclasses import dataclass
from typing import Any, ClassVar

from toolkit.errors import AnswerError
from toolkit.permissions import APIS, reaches_mailboxes
from toolkit.state import Change, State
from toolkit.steps import declaring
from toolkit.steps.app import APPLICATION_ADMINISTRATOR, application_gone
from toolkit.steps.base import Right, Step
from toolkit.steps.declaring import Wish
from toolkit.systems.tenant import Tenant


@dataclass(frozen=True, kw_only=True)
class Consent(Step):
    """Permissions of one API, declared on the application and granted to it tenant-wide."""

    do: ClassVar[str] = "consent"
    key: ClassVar[tuple[str, ...]] = ("app", "api")
    lets: ClassVar[str] = "application"
    lets_key: ClassVar[str] = "granted"
    needs: ClassVar[tuple[Right, ...]] = (
        APPLICATION_ADMINISTRATOR,
        Right(
            "Privileged Role Administrator",
            "to grant permissions on Microsoft Graph for the whole tenant",
            ("AppRoleAssignment.ReadWrite.All",),
        ),
    )

    app: str
    api: str = "Microsoft Graph"
    application: tuple[str, ...]

    @property
    def title(self) -> str:
        """Name the thing."""
        return f"admin consent for the whole tenant: {', '.join(self.application)} ({self.api})"

    @property
    def alarm(self) -> str:
        """Say in red what it means, where it opens mailboxes."""
        if any(reaches_mailboxes(self.api, value) for value in self.application):
            return "This lets the application into EVERY mailbox of the tenant."
        return ""

    def read(self, tenant: Tenant) -> State | None:
        """Look which of these permissions are granted and declared; None where none is granted."""
        principal = tenant.graph.principal_id(self.app)
        if principal is None:
            return None
        names = self._names(tenant)
        granted = frozenset(
            names.get(g["appRoleId"], g["appRoleId"]) for g in self._grants(tenant, principal)
        )
        ours = granted & set(self.application)
        if not ours:
            return None
        declared = declaring.declared(tenant, self.app, APIS[self.api], "Role", names)
        return {"app": self.app, "granted": ours, "declared": declared & set(self.application)}

    def wanted(self, found: State | None) -> State | None:  # noqa: ARG002  whatever is there
        """Want these permissions granted and declared."""
        ours = frozenset(self.application)
        return {"app": self.app, "granted": ours, "declared": ours}

    def check(self, tenant: Tenant, found: State | None) -> None:  # noqa: ARG002  the API counts
        """Refuse a permission that the API doesn't have."""
        unknown = set(self.application) - set(self._names(tenant).values())
        if unknown:
            raise AnswerError(
                f"{self.api} has no application permission {', '.join(sorted(unknown))}.",
                fix="Check the spelling in the playbook or the answer.",
            )

    def lost(self, tenant: Tenant) -> str:
        """Say where its application is gone."""
        return application_gone(tenant, self.app)

    def write(self, tenant: Tenant, change: Change) -> None:
        """Grant what is added and take back what is removed; grants of others stay."""
        if change.after is None and tenant.graph.principal_id(self.app) is None:
            return
        principal, resource = tenant.graph.awaited_principal_id(self.app), self._resource(tenant)
        ids = {role["value"]: role["id"] for role in resource["appRoles"]}
        there = {grant["appRoleId"]: grant["id"] for grant in self._grants(tenant, principal)}
        declaring.declare(
            tenant,
            self.app,
            Wish(
                api=resource["appId"],
                kind="Role",
                adding={ids[v] for v in change.added("declared")},
                removing={ids[v] for v in change.removed("declared") if v in ids},
            ),
        )
        for value in sorted(change.added("granted")):
            if ids[value] not in there:
                tenant.graph.grant_role(principal, resource["id"], ids[value])
        for value in sorted(change.removed("granted")):
            if ids.get(value) in there:
                tenant.graph.revoke_role(principal, there[ids[value]])

    def _resource(self, tenant: Tenant) -> dict[str, Any]:
        if self.api not in APIS:
            raise AnswerError(
                f"The API {self.api!r} isn't known.", fix=f"Known are: {', '.join(APIS)}."
            )
        return tenant.graph.resource(APIS[self.api])

    def _names(self, tenant: Tenant) -> dict[str, str]:
        return {role["id"]: role["value"] for role in self._resource(tenant)["appRoles"]}

    def _grants(self, tenant: Tenant, principal: str) -> list[dict[str, Any]]:
        resource = self._resource(tenant)["id"]
        return [
            grant
            for grant in tenant.graph.granted_roles(principal)
            if grant["resourceId"] == resource
        ]
