"""Permissions that an application needs no more: those on dead APIs, and tenant-wide ones that a scope replaces."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from toolkit.errors import NotFoundError
from toolkit.permissions import EVERY_API, GRAPH_NAME, is_dead, permission
from toolkit.state import Change, State
from toolkit.steps import declaring
from toolkit.steps.app import APPLICATION_ADMINISTRATOR
from toolkit.steps.base import Right, Step
from toolkit.steps.declaring import Wish
from toolkit.systems import graph_delegated
from toolkit.systems.graph_delegated import Consented, scopes_in
from toolkit.systems.tenant import Tenant

Named = dict[str, tuple[str, str]]
"""A permission's API and its id there, by its name with the API's."""


@dataclass(frozen=True, kw_only=True)
class RetireGrants(Step):
    """What is taken away from an application that is there: granted, consented to, and declared.

    That is everything on APIs that are dead, whatever it is, and of Microsoft Graph the permissions
    in `wide`. What people consented to for themselves stays; on a dead API it opens nothing.
    """

    do: ClassVar[str] = "retire_grants"
    key: ClassVar[tuple[str, ...]] = ("app",)
    needs: ClassVar[tuple[Right, ...]] = (
        APPLICATION_ADMINISTRATOR,
        Right(
            "Privileged Role Administrator",
            "to take permissions on Microsoft Graph away, and to give them again should the proof fail",
            (
                "AppRoleAssignment.ReadWrite.All",
                "DelegatedPermissionGrant.ReadWrite.All",
                *graph_delegated.READING,
            ),
        ),
    )

    app: str
    wide: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Name the thing."""
        beside = f", and {', '.join(self.wide)} for the whole tenant" if self.wide else ""
        return f"permissions on dead APIs{beside}"

    def read(self, tenant: Tenant) -> State | None:
        """Look which of them are still there; None where there is no such application."""
        principal = tenant.graph.principal_id(self.app)
        if principal is None:
            return None
        tenant.identity.ask_for(*graph_delegated.READING)
        services = self._services(tenant)
        return {
            "app": self.app,
            "granted": frozenset(self._grants(tenant, principal, services)),
            "consented": frozenset(self._consents(tenant, principal, services)),
            "declared": frozenset(self._declared(tenant, services)),
        }

    def wanted(self, found: State | None) -> State | None:
        """Want none of them."""
        nothing: frozenset[str] = frozenset()
        gone = {"granted": nothing, "consented": nothing, "declared": nothing}
        return None if found is None else {"app": self.app, **gone}

    def check(self, tenant: Tenant, found: State | None) -> None:  # noqa: ARG002  what was found is enough
        """Refuse an application that isn't there."""
        if found is None:
            raise NotFoundError(
                f"The application {self.app} has no enterprise application in this tenant.",
                fix="Check the client id in Entra (Enterprise applications).",
            )

    def write(self, tenant: Tenant, change: Change) -> None:
        """Take away what is to go, or give it again."""
        principal = tenant.graph.awaited_principal_id(self.app)
        services = self._services(tenant)
        roles, scopes = _named(services, "appRoles"), _named(services, "oauth2PermissionScopes")
        there = self._grants(tenant, principal, services)
        for name in sorted(change.added("granted")):  # a reading may show what is gone already
            api, id_ = roles[name]
            tenant.graph.grant_role(principal, services[api]["id"], id_)
        for name in sorted(change.removed("granted") & set(there)):
            tenant.graph.revoke_role(principal, there[name])
        for api, service in services.items():
            key = Consented(principal, service["id"])
            if added := _of(api, change.added("consented")):
                graph_delegated.allow(tenant.graph, key, added)
            if removed := _of(api, change.removed("consented")):
                graph_delegated.withdraw(tenant.graph, key, removed)
        declaring.declare(tenant, self.app, *_wishes(roles, scopes, change))

    def _goes(self, api: str, value: str) -> bool:
        """Tell whether a permission of an API is one that goes."""
        return is_dead(api, value) or (api == GRAPH_NAME and value in self.wide)

    def _services(self, tenant: Tenant) -> dict[str, dict[str, Any]]:
        """Fetch the services that there are in this tenant, by their names."""
        found = {name: tenant.graph.service_principal(id_) for name, id_ in EVERY_API.items()}
        return {name: service for name, service in found.items() if service}

    def _grants(
        self, tenant: Tenant, principal: str, services: dict[str, dict[str, Any]]
    ) -> dict[str, str]:
        """List the tenant-wide grants that go: their ids by their names."""
        held = tenant.graph.granted_roles(principal)
        return {
            permission(api, value): grant["id"]
            for api, service in services.items()
            for id_, value in _values(service, "appRoles").items()
            for grant in held
            if (grant["resourceId"], grant["appRoleId"]) == (service["id"], id_)
            and self._goes(api, value)
        }

    def _consents(
        self, tenant: Tenant, principal: str, services: dict[str, dict[str, Any]]
    ) -> Iterable[str]:
        """List what is consented to for everybody and goes: only what is on dead APIs."""
        entries = graph_delegated.of_client(tenant.graph, principal)
        for api, service in services.items():
            for entry in entries:
                if Consented(principal, service["id"]).fits(entry):
                    yield from (permission(api, v) for v in scopes_in(entry) if is_dead(api, v))

    def _declared(self, tenant: Tenant, services: dict[str, dict[str, Any]]) -> Iterable[str]:
        """List what the application declares and goes."""
        for api, service in services.items():
            kinds: tuple[tuple[declaring.Kind, str, Callable[[str, str], bool]], ...] = (
                ("Role", "appRoles", self._goes),
                ("Scope", "oauth2PermissionScopes", is_dead),
            )
            for kind, offer, goes in kinds:
                names = _values(service, offer)
                said = declaring.declared(tenant, self.app, EVERY_API[api], kind, names)
                yield from (_declaring(permission(api, v), kind) for v in said if goes(api, v))


def _wishes(roles: Named, scopes: Named, change: Change) -> Iterable[Wish]:
    """Tell what is to be declared and what no more, API by API."""
    kinds: tuple[tuple[declaring.Kind, Named], ...] = (("Role", roles), ("Scope", scopes))
    for api, app_id in EVERY_API.items():
        for kind, named in kinds:
            ids = {_declaring(name, kind): id_ for name, (of, id_) in named.items() if of == api}
            yield Wish(
                api=app_id,
                kind=kind,
                adding={ids[name] for name in change.added("declared") & set(ids)},
                removing={ids[name] for name in change.removed("declared") & set(ids)},
            )


def _declaring(name: str, kind: str) -> str:
    return name if kind == "Role" else f"{name}, in people's names"


def _values(service: dict[str, Any], offer: str) -> dict[str, str]:
    """List what a service offers: values by their ids, which another service may use, too."""
    return {str(each["id"]): str(each.get("value")) for each in service.get(offer) or ()}


def _named(services: dict[str, dict[str, Any]], offer: str) -> Named:
    return {
        permission(api, value): (api, id_)
        for api, service in services.items()
        for id_, value in _values(service, offer).items()
    }


def _of(api: str, names: Iterable[str]) -> set[str]:
    """List the values of one API among permissions named with theirs."""
    return {
        name.partition(" (")[0]
        for name in names
        if name == permission(api, name.partition(" (")[0])
    }
