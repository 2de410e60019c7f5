"""Microsoft Graph in our verbs, over msgraph-sdk: its builders and models make every request."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from toolkit.errors import NotFoundError
from toolkit.systems.graph_certificates import GraphCertificates
from toolkit.systems.graph_query import query, text
from toolkit.systems.graph_shapes import (
    APPLICATION,
    DELETED,
    GRANT,
    NAMED,
    ORGANIZATION,
    OWNER,
    SERVICE_PRINCIPAL,
    SIGN_IN,
)
from toolkit.systems.graph_wire import Body
from toolkit.systems.shapes import misfit, names

if TYPE_CHECKING:
    from kiota_abstractions.request_information import RequestInformation

    from toolkit.systems.sign_in import Identity
    from toolkit.systems.tenant import Tenant

GOOD = 200
USERS = "User.ReadBasic.All"
"""What a person is asked for to look up an owner.

Source: learn.microsoft.com/graph/api/user-get
"""


class Graph(GraphCertificates):
    """Microsoft Graph as one identity."""

    def __init__(self, tenant: "Tenant", identity: "Identity") -> None:
        super().__init__(tenant, identity)
        self._resources: dict[str, Body] = {}
        self._principals: dict[str, str] = {}
        self.called: dict[str, Any] = {}
        """People and groups by name, found once: what is called so stays who it is."""

    # ---- the tenant ----

    def organization(self) -> Body:
        """Tell the tenant's id, name and domains (GET /organization)."""
        builder = self.sdk.organization
        select = builder.to_get_request_information(query(builder, select=names(ORGANIZATION)))
        rows = self.read_all(select, "read the organization", ORGANIZATION)
        return rows[0] if rows else {}

    def resource(self, app_id: str) -> Body:
        """Tell a service's own enterprise application with its permissions; read once."""
        if app_id not in self._resources:
            found = self.service_principal(app_id)
            if found is None:
                raise NotFoundError(
                    f"The service {app_id} has no enterprise application in this tenant.",
                    fix=f"Make it first: New-MgServicePrincipal -AppId {app_id}",
                )
            self._resources[app_id] = found
        return self._resources[app_id]

    def user_id(self, address: str) -> str:
        """Tell the object id of a user by the name it signs in with."""
        self.identity.ask_for(USERS)
        builder = self.sdk.users.by_user_id(address)
        request = builder.to_get_request_information(query(builder, select=["id"]))
        found = self.read(request, "read a user", {"id": str})
        if found is None:
            raise NotFoundError(
                f"There is no user {address}.", fix="Check the spelling of the name."
            )
        return str(found["id"])

    def last_sign_in(self, client_id: str) -> str | None:
        """Tell when an application last signed in (ISO time); None where that can't be read.

        GET /beta/reports/servicePrincipalSignInActivities; Entra fills it hours later.
        """
        path = f"/beta/reports/servicePrincipalSignInActivities?$filter=appId eq {text(client_id)}"
        answer = self.request("GET", path)
        if answer.status != GOOD or misfit(answer.body, SIGN_IN) or not answer.body["value"]:
            return None
        activity = answer.body["value"][0].get("lastSignInActivity") or {}
        return activity.get("lastSignInDateTime")

    # ---- applications ----

    def applications_named(self, unique_name: str, display_name: str, tag: str = "") -> list[Body]:
        """List the applications with this uniqueName, this display name or this tag."""
        either = f"uniqueName eq {text(unique_name)} or displayName eq {text(display_name)}"
        either += f" or tags/any(tag:tag eq {text(tag)})" if tag else ""
        builder = self.sdk.applications
        request = builder.to_get_request_information(
            query(builder, filter=either, select=names(APPLICATION))
        )
        found = self.read_all(request, "look for the application", APPLICATION)
        for each in found:
            self._memory.learn(self._asks(self._by_client_id(each["appId"])), each)
        return found

    def awaited_application(self, unique_name: str) -> Body:
        """Fetch an application just made, waiting until Entra shows it."""
        builder = self.sdk.applications_with_unique_name(unique_name)
        options = query(builder, select=names(APPLICATION))
        return self.awaited(
            lambda: self.read(
                builder.to_get_request_information(options), "read the application", APPLICATION
            ),
            "the application just made",
        )

    def upsert_application(self, unique_name: str, properties: Mapping[str, Any]) -> Body:
        """Make an application, or bring the one of this uniqueName to these properties.

        Gives back the new application, and nothing where it was there. Source:
        learn.microsoft.com/graph/api/application-upsert
        """
        from msgraph.generated.models.application import Application

        def make() -> "RequestInformation":
            builder = self.sdk.applications_with_unique_name(unique_name)
            request = builder.to_patch_request_information(Application(**properties))
            request.headers.try_add("Prefer", "create-if-missing")
            return request

        return self.write(make, "register the application")

    def declare(self, object_id: str, access: Mapping[str, Sequence[Mapping[str, str]]]) -> None:
        """Replace what an application says it needs: permissions by resource."""
        from msgraph.generated.models.application import Application
        from msgraph.generated.models.required_resource_access import RequiredResourceAccess
        from msgraph.generated.models.resource_access import ResourceAccess

        needs = [
            RequiredResourceAccess(
                resource_app_id=api,
                resource_access=[
                    ResourceAccess(id=UUID(each["id"]), type=each["type"]) for each in wanted
                ],
            )
            for api, wanted in access.items()
        ]
        builder = self.sdk.applications.by_application_id(object_id)
        body = Application(required_resource_access=needs)
        self.write(
            lambda: builder.to_patch_request_information(body), "declare what the application needs"
        )

    def delete_application(self, object_id: str, client_id: str) -> None:
        """Delete an application with its enterprise application; Entra keeps them for 30 days."""
        builder = self.sdk.applications.by_application_id(object_id)
        self.write(
            builder.to_delete_request_information, "delete the application", gone_is_fine=True
        )
        self._principals.pop(client_id, None)

    def deleted_applications(self, unique_name: str) -> list[Body]:
        """List the deleted applications that still hold this uniqueName."""
        builder = self.sdk.directory.deleted_items.graph_application
        named = f"uniqueName eq {text(unique_name)}"
        request = query(builder, filter=named, select=names(DELETED))
        return self.read_all(
            builder.to_get_request_information(request), "look among deleted applications", DELETED
        )

    def restore(self, object_id: str) -> None:
        """Bring a deleted object back."""
        builder = self.sdk.directory.deleted_items.by_directory_object_id(object_id).restore
        self.write(
            builder.to_post_request_information,
            "restore the deleted application",
            gone_is_fine=True,
        )

    def owners(self, object_id: str) -> list[Body]:
        """List the owners of an application; nobody where it isn't there (yet)."""
        builder = self.sdk.applications.by_application_id(object_id).owners
        request = builder.to_get_request_information()
        return self.read_all(request, "list the application's owners", OWNER, missing_is_empty=True)

    def add_owner(self, object_id: str, owner_id: str) -> None:
        """Make somebody an owner of an application."""
        from msgraph.generated.models.reference_create import ReferenceCreate

        builder = self.sdk.applications.by_application_id(object_id).owners.ref
        link = ReferenceCreate(odata_id=f"{self.base}/directoryObjects/{owner_id}")
        self.write(
            lambda: builder.to_post_request_information(link),
            "add an owner",
            fine=("already exist",),
        )

    def remove_owner(self, object_id: str, owner_id: str) -> None:
        """Take an owner off an application."""
        owners = self.sdk.applications.by_application_id(object_id).owners
        builder = owners.by_directory_object_id(owner_id).ref
        self.write(builder.to_delete_request_information, "remove an owner", gone_is_fine=True)

    # ---- enterprise applications and what they are granted ----

    def service_principal(self, client_id: str) -> Body | None:
        """Fetch the enterprise application of a client id."""
        builder = self.sdk.service_principals_with_app_id(client_id)
        request = builder.to_get_request_information(
            query(builder, select=names(SERVICE_PRINCIPAL))
        )
        found = self.read(request, "read the enterprise application", SERVICE_PRINCIPAL)
        if found:
            self._principals[client_id] = found["id"]
        return found

    def principal_by_id(self, object_id: str) -> Body | None:
        """Fetch client id and name of an enterprise application."""
        builder = self.sdk.service_principals.by_service_principal_id(object_id)
        request = builder.to_get_request_information(query(builder, select=names(NAMED)))
        return self.read(request, "read an enterprise application", NAMED)

    def principal_id(self, client_id: str) -> str | None:
        """Tell the object id of an enterprise application; read once, it never changes."""
        if client_id not in self._principals:
            self.service_principal(client_id)
        return self._principals.get(client_id)

    def awaited_principal_id(self, client_id: str) -> str:
        """Tell the object id of an enterprise application just made, waiting until Entra shows it."""
        return self.awaited(
            lambda: self.principal_id(client_id), "the enterprise application just made"
        )

    def create_service_principal(self, client_id: str, tags: Sequence[str], notes: str) -> bool:
        """Make the enterprise application of a client id; tells whether it wasn't there before."""
        from msgraph.generated.models.service_principal import ServicePrincipal

        body = ServicePrincipal(app_id=client_id, tags=list(tags), notes=notes or None)
        builder = self.sdk.service_principals
        made = self.write(
            lambda: builder.to_post_request_information(body),
            "make the enterprise application",
            fine=("already in use", "already exists"),
        )
        if misfit(made, {"id": str}):
            return False
        self._principals[client_id] = made["id"]
        return True

    def note(self, object_id: str, notes: str) -> None:
        """Replace the notes of an enterprise application."""
        from msgraph.generated.models.service_principal import ServicePrincipal

        builder = self.sdk.service_principals.by_service_principal_id(object_id)
        body = ServicePrincipal(notes=notes)
        what = "note the answers on the enterprise application"
        self.write(lambda: builder.to_patch_request_information(body), what)

    def enable_service_principal(self, object_id: str, *, enabled: bool) -> None:
        """Let an enterprise application sign in, or keep it from it."""
        from msgraph.generated.models.service_principal import ServicePrincipal

        builder = self.sdk.service_principals.by_service_principal_id(object_id)
        body = ServicePrincipal(account_enabled=enabled)
        what = f"{'enable' if enabled else 'disable'} the enterprise application"
        self.write(lambda: builder.to_patch_request_information(body), what)

    def granted_roles(self, principal_id: str) -> list[Body]:
        """List the application permissions granted tenant-wide; nothing where it isn't there (yet)."""
        principal = self.sdk.service_principals.by_service_principal_id(principal_id)
        request = principal.app_role_assignments.to_get_request_information()
        what = "read what was granted tenant-wide"
        return self.read_all(request, what, GRANT, missing_is_empty=True)

    def grant_role(self, principal_id: str, resource_id: str, role_id: str) -> None:
        """Grant an application permission tenant-wide: admin consent for one role."""
        from msgraph.generated.models.app_role_assignment import AppRoleAssignment

        body = AppRoleAssignment(
            principal_id=UUID(principal_id),
            resource_id=UUID(resource_id),
            app_role_id=UUID(role_id),
        )
        builder = self.sdk.service_principals.by_service_principal_id(
            principal_id
        ).app_role_assignments
        self.write(
            lambda: builder.to_post_request_information(body),
            "grant an application permission",
            fine=("already exists",),
        )

    def revoke_role(self, principal_id: str, grant_id: str) -> None:
        """Take an application permission back."""
        grants = self.sdk.service_principals.by_service_principal_id(
            principal_id
        ).app_role_assignments
        builder = grants.by_app_role_assignment_id(grant_id)
        self.write(
            builder.to_delete_request_information, "take a permission back", gone_is_fine=True
        )
