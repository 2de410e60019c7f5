"""The tenant's own app to sign in by, and what a person consented to for a client, on Microsoft Graph."""

import json
from collections.abc import Collection
from typing import TYPE_CHECKING

from toolkit.errors import NotFoundError, RefusedError
from toolkit.permissions import EXCHANGE_ONLINE, GRAPH
from toolkit.systems import graph_assignments, graph_delegated
from toolkit.systems.graph_delegated import Consented
from toolkit.systems.graph_wire import Body

if TYPE_CHECKING:
    from toolkit.systems.tenant import Tenant

NAME = "mailgrant-sign-in"
TITLE = "mailgrant: administrators sign in"
REDIRECT = "http://localhost"
EXCHANGE_SCOPE = "Exchange.Manage"


class Grants:
    """What `tenants` makes and takes back in a tenant, so that administrators can sign in."""

    def __init__(self, tenant: "Tenant") -> None:
        self._graph = tenant.graph

    # ---- consent of one person ----

    def of_person(self, client_id: str, person_id: str) -> list[Body]:
        """List what one person has consented to for a client."""
        principal = self._graph.principal_id(client_id)
        if principal is None:
            return []
        found = graph_delegated.of_client(self._graph, principal)
        return [grant for grant in found if grant.get("principalId") == person_id]

    def withdraw(self, grant: Body, scopes: Collection[str]) -> None:
        """Take permissions out of a person's consent; what else is in it stays."""
        key = Consented(grant["clientId"], grant["resourceId"], grant["principalId"])
        graph_delegated.withdraw(self._graph, key, scopes)

    # ---- the tenant's own app ----

    def registered(self) -> Body | None:
        """Find the app that an earlier `tenants add --register` made."""
        found = self._graph.applications_named(NAME, TITLE)
        ours = [app for app in found if app.get("uniqueName") == NAME]
        if found and not ours:
            raise RefusedError(
                f"An application called {TITLE!r} is there already, and mailgrant didn't make it.",
                fix=f"Rename or delete it, or use it: --sign-in own --client {found[0]['appId']}",
            )
        return ours[0] if ours else None

    def register(self, scopes: Collection[str], *, by_code: bool = False) -> str:
        """Make the app that administrators sign in by, whole, and give back its client id.

        Single-tenant, public, for `http://localhost`; who isn't assigned to it can't use it. Every
        part is made if it is missing, so it may run again after a cut. A code has no address that
        would tell Entra that the client is a public one, so `by_code` says it in so many words
        (isFallbackPublicClient, learn.microsoft.com/graph/api/resources/application; 7000218).
        """
        for gone in self._graph.deleted_applications(NAME):  # its name stays taken for 30 days
            self._graph.restore(gone["id"])
        app = self.registered()
        if app is None:
            app = self._made(by_code=by_code)
        elif by_code:
            url = f"{self._graph.base}/applications/{app['id']}"
            body = json.dumps({"isFallbackPublicClient": True}).encode()
            self._graph.write(lambda: self._graph.raw("PATCH", url, body), "allow codes")
        resources = {
            GRAPH: (self._graph.resource(GRAPH), sorted(scopes)),
            EXCHANGE_ONLINE: (self._graph.resource(EXCHANGE_ONLINE), [EXCHANGE_SCOPE]),
        }
        self._graph.declare(
            app["id"],
            {
                api: [{"id": _scope_id(found, value), "type": "Scope"} for value in values]
                for api, (found, values) in resources.items()
            },
        )
        client_id = str(app["appId"])
        self._graph.create_service_principal(client_id, ["mailgrant"], "")
        principal = self._graph.awaited_principal_id(client_id)
        graph_assignments.demand(self._graph, principal, required=True)
        graph_assignments.assign(self._graph, principal, str(self._graph.claims().get("oid")))
        for found, values in resources.values():
            graph_delegated.allow(self._graph, Consented(principal, found["id"]), values)
        return client_id

    def others(self, client_id: str) -> list[str] | None:
        """List who else is assigned to the app that `register` made; None where it isn't that one."""
        app = self._graph.application_by_client_id(client_id)
        if app is None or app.get("uniqueName") != NAME:
            return None
        principal = self._graph.awaited_principal_id(client_id)
        me = str(self._graph.claims().get("oid"))
        found = graph_assignments.assigned(self._graph, principal)
        return [
            str(each.get("principalDisplayName")) for each in found if each["principalId"] != me
        ]

    def unregister(self, client_id: str) -> None:
        """Delete the app that `register` made; Entra keeps it for 30 days."""
        app = self._graph.application_by_client_id(client_id)
        if app is not None and app.get("uniqueName") == NAME:
            self._graph.delete_application(str(app["id"]), client_id)

    def _made(self, *, by_code: bool) -> Body:
        from msgraph.generated.models.public_client_application import PublicClientApplication

        made = self._graph.upsert_application(
            NAME,
            {
                "display_name": TITLE,
                "sign_in_audience": "AzureADMyOrg",
                "tags": ["mailgrant"],
                "public_client": PublicClientApplication(redirect_uris=[REDIRECT]),
                **({"is_fallback_public_client": True} if by_code else {}),
            },
        )
        return made if made.get("appId") else self._graph.awaited_application(NAME)


def _scope_id(resource: Body, value: str) -> str:
    ids = {
        scope.get("value"): scope["id"] for scope in resource.get("oauth2PermissionScopes") or ()
    }
    if value not in ids:
        raise NotFoundError(
            f"The service has no delegated permission {value}.", fix="This is a defect; report it."
        )
    return str(ids[value])
