"""What people have consented to, and the tenant's own app to sign in by: raw requests to Microsoft Graph.

Source: learn.microsoft.com/graph/api/resources/oauth2permissiongrant
"""

import json
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from toolkit.errors import NotFoundError, RefusedError
from toolkit.permissions import EXCHANGE_ONLINE, GRAPH
from toolkit.systems.graph_query import text
from toolkit.systems.graph_wire import Body

if TYPE_CHECKING:
    from toolkit.systems.tenant import Tenant

NAME = "mailgrant-sign-in"
TITLE = "mailgrant: administrators sign in"
REDIRECT = "http://localhost"
EXCHANGE_SCOPE = "Exchange.Manage"
NOBODY = "00000000-0000-0000-0000-000000000000"
"""The role of an assignment to an application that has none."""
GRANT = {"id": str, "resourceId": str, "consentType": str, "principalId?": str, "scope?": str}
ASSIGNED = {"principalId": str, "principalDisplayName?": str}
RESOURCE = {"id": str, "oauth2PermissionScopes": [{"id": str, "value": str}]}


class Grants:
    """Delegated permissions as they stand in a tenant."""

    def __init__(self, tenant: "Tenant") -> None:
        self._tenant, self._graph = tenant, tenant.graph
        self._base = f"{tenant.cloud.graph}/v1.0"

    # ---- consent of one person ----

    def of_person(self, client_id: str, person_id: str) -> list[Body]:
        """List what one person has consented to for a client."""
        principal = self._graph.principal_id(client_id)
        if principal is None:
            return []
        found = self._all(principal)
        return [grant for grant in found if grant.get("principalId") == person_id]

    def withdraw(self, grant: Body, scopes: Collection[str]) -> None:
        """Take permissions out of a grant; what else is in it stays."""
        left = [scope for scope in str(grant.get("scope") or "").split() if scope not in scopes]
        url = f"{self._base}/oauth2PermissionGrants/{grant['id']}"
        if left:
            self._send("PATCH", url, {"scope": " ".join(left)}, "take consent back")
        else:
            self._graph.write(
                lambda: self._graph.raw("DELETE", url), "take consent back", gone_is_fine=True
            )

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
            url = f"{self._base}/applications/{app['id']}"
            self._send("PATCH", url, {"isFallbackPublicClient": True}, "allow codes")
        resources = {
            GRAPH: (self._resource(GRAPH), sorted(scopes)),
            EXCHANGE_ONLINE: (self._resource(EXCHANGE_ONLINE), [EXCHANGE_SCOPE]),
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
        url = f"{self._base}/servicePrincipals/{principal}"
        self._send("PATCH", url, {"appRoleAssignmentRequired": True}, "demand assignment")
        self._assign(principal, str(self._graph.claims().get("oid")))
        for found, values in resources.values():
            self._allow(principal, found["id"], values)
        return client_id

    def others(self, client_id: str) -> list[str] | None:
        """List who else is assigned to the app that `register` made; None where it isn't that one."""
        app = self._graph.application_by_client_id(client_id)
        if app is None or app.get("uniqueName") != NAME:
            return None
        principal = self._graph.awaited_principal_id(client_id)
        request = self._graph.raw(
            "GET", f"{self._base}/servicePrincipals/{principal}/appRoleAssignedTo"
        )
        me = str(self._graph.claims().get("oid"))
        found = self._graph.read_all(request, "read who is assigned to the app", ASSIGNED)
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

    def _resource(self, app_id: str) -> Body:
        url = f"{self._base}/servicePrincipals(appId='{app_id}')?$select=id,oauth2PermissionScopes"
        found = self._graph.read(self._graph.raw("GET", url), "read a service", RESOURCE)
        if found is None:
            raise NotFoundError(
                f"The service {app_id} has no enterprise application in this tenant.",
                fix=f"Make it first: New-MgServicePrincipal -AppId {app_id}",
            )
        return found

    def _assign(self, principal: str, person: str) -> None:
        url = f"{self._base}/servicePrincipals/{principal}/appRoleAssignedTo"
        body = {"principalId": person, "resourceId": principal, "appRoleId": NOBODY}
        self._send("POST", url, body, "assign you to the app", fine=("already exists",))

    def _allow(self, principal: str, resource: str, scopes: Collection[str]) -> None:
        """Consent for everybody who is assigned; what is granted already stays."""
        there = [
            grant
            for grant in self._all(principal)
            if (grant["resourceId"], grant["consentType"]) == (resource, "AllPrincipals")
        ]
        have = set(str(there[0].get("scope") or "").split()) if there else set()
        if have >= set(scopes):
            return
        scope = " ".join(sorted(have | set(scopes)))
        if there:
            url = f"{self._base}/oauth2PermissionGrants/{there[0]['id']}"
            self._send("PATCH", url, {"scope": scope}, "consent")
            return
        body = {"clientId": principal, "consentType": "AllPrincipals", "resourceId": resource}
        self._send(
            "POST",
            f"{self._base}/oauth2PermissionGrants",
            {**body, "principalId": None, "scope": scope},
            "consent",
            fine=("already exists",),
        )

    def _all(self, principal: str) -> list[Body]:
        url = f"{self._base}/oauth2PermissionGrants?$filter=clientId eq {text(principal)}"
        request = self._graph.raw("GET", url.replace(" ", "%20"))
        return self._graph.read_all(request, "read what was consented to", GRANT)

    def _send(
        self,
        method: str,
        url: str,
        body: Mapping[str, Any],
        what: str,
        *,
        fine: tuple[str, ...] = (),
    ) -> None:
        content = json.dumps(body).encode()
        self._graph.write(lambda: self._graph.raw(method, url, content), what, fine=fine)


def _scope_id(resource: Body, value: str) -> str:
    ids = {scope["value"]: scope["id"] for scope in resource["oauth2PermissionScopes"]}
    if value not in ids:
        raise NotFoundError(
            f"The service has no delegated permission {value}.", fix="This is a defect; report it."
        )
    return str(ids[value])
