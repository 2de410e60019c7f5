"""What an application may do in people's names: delegated permissions, for everybody or for one person."""

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from toolkit.errors import AnswerError, NotFoundError
from toolkit.inputs import meant
from toolkit.permissions import APIS, GRAPH_NAME, OPEN_ID
from toolkit.state import Change, State, texts
from toolkit.steps import declaring
from toolkit.steps.app import application_gone
from toolkit.steps.base import Right, Step
from toolkit.strict_yaml import shown
from toolkit.systems import graph_delegated
from toolkit.systems.graph_delegated import Consented, scopes_in
from toolkit.systems.tenant import Tenant

VALUE = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True, kw_only=True)
class DelegatedConsent(Step):
    """Permissions of one API, consented to for the whole tenant and declared, or for one person.

    Entra keeps one entry for client, API, and person or everybody: its permissions are merged.
    """

    do: ClassVar[str] = "delegated_consent"
    key: ClassVar[tuple[str, ...]] = ("app", "api", "person")
    offers: ClassVar[tuple[str, ...]] = ("granted",)
    lets: ClassVar[str] = "delegated"
    lets_key: ClassVar[str] = "granted"
    needs: ClassVar[tuple[Right, ...]] = (
        Right(
            "Application Administrator",
            "to consent to what the application may do in people's names",
            (
                "Application.ReadWrite.All",
                "DelegatedPermissionGrant.ReadWrite.All",
                *graph_delegated.READING,
            ),
        ),
    )

    app: str
    delegated: tuple[str, ...]
    api: str = GRAPH_NAME
    person: str = ""

    @property
    def title(self) -> str:
        """Name the thing."""
        whose = f"{self.person}'s consent" if self.person else "consent for everybody who signs in"
        return f"{whose}: {', '.join(self.delegated)} ({self.api})"

    def refuse(self) -> None:
        """Refuse what names no single permission."""
        if not self.delegated:
            raise AnswerError(
                "Nothing says what the application may do in people's names.",
                fix="Name the delegated permissions that the vendor asks for.",
            )
        if self.api not in APIS:
            raise AnswerError(
                f"The API {self.api!r} isn't known.", fix=f"Known are: {', '.join(APIS)}."
            )
        for value in map(str, self.delegated):
            name = value.rpartition("/")[2]
            if name == ".default":
                raise AnswerError(
                    ".default is no permission: an application asks by it for whatever it declares.",
                    fix="Name the permissions themselves; the vendor may ask for .default all the same.",
                )
            if not VALUE.fullmatch(value):
                hint = f"Write {name}." if VALUE.fullmatch(name) else "Separate them by commas."
                raise AnswerError(f"{shown(value)} is no name of a permission.", fix=hint)

    def read(self, tenant: Tenant) -> State | None:
        """Look which of these are consented to and declared; None where none is consented to."""
        principal = tenant.graph.principal_id(self.app)
        if principal is None:
            return None
        tenant.identity.ask_for(*graph_delegated.READING)
        grant = graph_delegated.entry(tenant.graph, self._entry(tenant, principal))
        ours = scopes_in(grant) & set(self.delegated)
        if not ours:
            return None
        found: State = {"app": self.app, "granted": ours}
        if self.person:
            return {**found, "person": self.person}
        names = {id_: value for value, id_ in self._ids(tenant).items()}
        declared = declaring.declared(tenant, self.app, APIS[self.api], "Scope", names)
        return {**found, "declared": declared & set(self.delegated)}

    def wanted(self, found: State | None) -> State | None:  # noqa: ARG002  whatever is there
        """Want these consented to, and declared where they are for everybody."""
        ours = frozenset(self.delegated)
        asked: State = {"app": self.app, "granted": ours}
        return {**asked, "person": self.person} if self.person else {**asked, "declared": ours}

    def check(self, tenant: Tenant, found: State | None) -> None:  # noqa: ARG002  the API counts
        """Refuse a permission that isn't one of this API, and say where it belongs."""
        self.refuse()
        ids = self._ids(tenant)
        for value in self.delegated:
            if value not in ids:
                raise AnswerError(
                    f"{self.api} has no delegated permission {value}.",
                    fix=self._belongs(tenant, value),
                )
        if self.person:
            tenant.graph.user_id(self.person)
        registered = not self.readable or tenant.graph.application_by_client_id(self.app)
        if not self.person and not registered:
            raise NotFoundError(
                f"The application {self.app} isn't registered in this tenant, so it declares nothing here.",
                fix="Open its vendor's consent link, or consent for one person.",
            )

    def lost(self, tenant: Tenant) -> str:
        """Say where its application is gone."""
        return application_gone(tenant, self.app)

    def write(self, tenant: Tenant, change: Change) -> None:
        """Consent to what is added and take back what is removed; what others consented to stays."""
        gone = change.after is None
        if gone and tenant.graph.principal_id(self.app) is None:
            return
        principal, ids = tenant.graph.awaited_principal_id(self.app), self._ids(tenant)
        removed = texts(change.before, "declared") if gone else change.removed("declared")
        declaring.declare(
            tenant,
            self.app,
            APIS[self.api],
            "Scope",
            adding={ids[value] for value in change.added("declared")},
            removing={ids[value] for value in removed if value in ids},
        )
        key = self._entry(tenant, principal)
        if added := change.added("granted"):
            graph_delegated.allow(tenant.graph, key, added)
        if taken := change.removed("granted"):
            graph_delegated.withdraw(tenant.graph, key, taken)

    def _entry(self, tenant: Tenant, principal: str) -> Consented:
        person = tenant.graph.user_id(self.person) if self.person else ""
        return Consented(principal, self._service(tenant)["id"], person)

    def _service(self, tenant: Tenant) -> dict[str, Any]:
        return tenant.graph.resource(APIS[self.api])

    def _ids(self, tenant: Tenant) -> dict[str, str]:
        return _ids_of(self._service(tenant))

    def _belongs(self, tenant: Tenant, value: str) -> str:
        """Say where a permission belongs that isn't one of this API."""
        if value in OPEN_ID:
            return f"It belongs to {GRAPH_NAME}: name it there."
        if value in {role.get("value") for role in self._service(tenant)["appRoles"]}:
            return "The API has it as an application permission only, for which nobody signs in."
        for name, app_id in APIS.items():
            other = tenant.graph.service_principal(app_id) if name != self.api else None
            if other and value in _ids_of(other):
                return f"It belongs to {name}: name it there."
        close = meant(value, self._ids(tenant))
        return f"{close}Check the spelling in the playbook or the answer."


def _ids_of(service: dict[str, Any]) -> dict[str, str]:
    """List a service's delegated permissions: ids by value, as this tenant shows them."""
    offered = service.get("oauth2PermissionScopes") or ()
    return {str(scope.get("value")): str(scope["id"]) for scope in offered}
