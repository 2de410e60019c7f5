"""Microsoft Graph in our verbs, over msgraph-sdk: its builders and models make every request."""

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from toolkit.errors import LackingRightError, NotFoundError, NotYetError
from toolkit.systems.graph_wire import LAG_PATIENCE, LAG_STEP, Body, GraphWire, query, text

if TYPE_CHECKING:
    from kiota_abstractions.request_information import RequestInformation

APPLICATION = (
    "id",
    "appId",
    "displayName",
    "uniqueName",
    "signInAudience",
    "tags",
    "requiredResourceAccess",
    "keyCredentials",
    "passwordCredentials",
)
SERVICE_PRINCIPAL = ("id", "appId", "displayName", "accountEnabled", "tags", "appRoles")
T = TypeVar("T")
DAYS = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T.*)?")


class Graph(GraphWire):
    """Microsoft Graph as one identity."""

    # ---- the tenant ----

    def organization(self) -> Body:
        """Tell the tenant's id, name and domains (GET /organization)."""
        builder = self.sdk.organization
        select = query(builder, select=["id", "displayName", "verifiedDomains"])
        rows = self.read_all(builder.to_get_request_information(select), "read the organization")
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
        builder = self.sdk.users.by_user_id(address)
        found = self.read(
            builder.to_get_request_information(query(builder, select=["id"])), "read a user"
        )
        if found is None:
            raise NotFoundError(
                f"There is no user {address}.", fix="Check the spelling of the owner."
            )
        return str(found["id"])

    def longest_certificate_days(self) -> int | None:
        """Tell how long a certificate may live by the tenant's app management policy, in days.

        None where nothing limits it, or where this identity may not read the policy: the service
        then refuses what it doesn't allow. GET /policies/defaultAppManagementPolicy.
        """
        policy = self._policy()
        if not policy.get("isEnabled"):
            return None
        rules = (policy.get("applicationRestrictions") or {}).get("keyCredentials") or ()
        limits = [
            _days(rule["maxLifetime"])
            for rule in rules
            if rule.get("restrictionType") == "asymmetricKeyLifetime"
            and rule.get("state") == "enabled"
        ]
        return min((days for days in limits if days), default=None)

    def _policy(self) -> Body:
        if self._read_policy is None:
            request = self.sdk.policies.default_app_management_policy.to_get_request_information()
            try:
                self._read_policy = self.read(request, "read the app management policy") or {}
            except LackingRightError:
                self._read_policy = {}
        return self._read_policy

    def last_sign_in(self, client_id: str) -> str | None:
        """Tell when an application last signed in (ISO time); None where that can't be read.

        GET /beta/reports/servicePrincipalSignInActivities; Entra fills it hours later.
        """
        path = f"/beta/reports/servicePrincipalSignInActivities?$filter=appId eq {text(client_id)}"
        answer = self.request("GET", path)
        rows = (
            answer.body.get("value", [])
            if answer.status < 300 and isinstance(answer.body, dict)
            else []
        )
        activity = (rows[0].get("lastSignInActivity") or {}) if rows else {}
        return activity.get("lastSignInDateTime")

    # ---- applications ----

    def applications_named(self, unique_name: str, display_name: str) -> list[Body]:
        """List the applications with this uniqueName or this display name."""
        either = f"uniqueName eq {text(unique_name)} or displayName eq {text(display_name)}"
        builder = self.sdk.applications
        request = builder.to_get_request_information(
            query(builder, filter=either, select=list(APPLICATION))
        )
        return self.read_all(request, "look for the application")

    def application_by_client_id(
        self, client_id: str, select: Sequence[str] = APPLICATION
    ) -> Body | None:
        """Fetch one application by its client id."""
        builder = self.sdk.applications_with_app_id(client_id)
        request = builder.to_get_request_information(query(builder, select=list(select)))
        return self.read(request, "read the application")

    def awaited_application(self, unique_name: str) -> Body:
        """Fetch an application just made, waiting until Entra shows it."""
        builder = self.sdk.applications_with_unique_name(unique_name)
        request = query(builder, select=list(APPLICATION))
        return self._awaited(
            lambda: self.read(builder.to_get_request_information(request), "read the application"),
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
        request = query(builder, filter=named, select=["id", "appId", "displayName", "tags"])
        return self.read_all(
            builder.to_get_request_information(request), "look among deleted applications"
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
        """List the owners of an application."""
        builder = self.sdk.applications.by_application_id(object_id).owners
        return self.read_all(builder.to_get_request_information(), "list the application's owners")

    def add_owner(self, object_id: str, owner_id: str) -> None:
        """Make somebody an owner of an application."""
        from msgraph.generated.models.reference_create import ReferenceCreate

        builder = self.sdk.applications.by_application_id(object_id).owners.ref
        link = ReferenceCreate(
            odata_id=f"{self._tenant.cloud.graph}/v1.0/directoryObjects/{owner_id}"
        )
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

    # ---- certificates: one list that is always replaced whole ----

    def certificates(self, client_id: str) -> list[Body] | None:
        """List an application's certificates; None where there is no such application."""
        app = self.application_by_client_id(client_id, ("id", "keyCredentials"))
        if app is None:
            return None
        self._objects[client_id] = app["id"]
        self._lists[client_id] = app.get("keyCredentials") or []
        return self._lists[client_id]

    def settled_certificates(self, client_id: str) -> list[Body]:
        """List an application's certificates when two readings in a row agree, and it is there.

        The list is replaced whole, so a stale reading would wipe out what somebody just added.
        """
        before = self._lists.get(client_id)
        end = self._tenant.clock.now() + LAG_PATIENCE
        while True:
            found = self.certificates(client_id)
            if found is not None and before is not None and _ids(found) == _ids(before):
                return found
            if self._tenant.clock.now() >= end:
                raise self._tired("the list of certificates")
            if found is None or before is not None:
                self._tenant.prompts.waiting(
                    "the list of certificates isn't the same everywhere yet", end
                )
                self._tenant.clock.sleep(LAG_STEP)
            before = found

    def set_certificates(self, client_id: str, entries: Sequence[Mapping[str, Any]]) -> None:
        """Replace the list; others stay as Graph gave them, a new one has DER bytes in `key`.

        The SDK encodes the bytes; text would be encoded twice.
        """
        from msgraph.generated.models.application import Application

        body = Application(key_credentials=[_key_credential(entry) for entry in entries])
        builder = self.sdk.applications.by_application_id(self._objects[client_id])
        self.write(
            lambda: builder.to_patch_request_information(body),
            "change the application's certificates",
        )
        self._lists.pop(client_id, None)

    # ---- enterprise applications and what they are granted ----

    def service_principal(self, client_id: str) -> Body | None:
        """Fetch the enterprise application of a client id."""
        builder = self.sdk.service_principals_with_app_id(client_id)
        request = builder.to_get_request_information(query(builder, select=list(SERVICE_PRINCIPAL)))
        found = self.read(request, "read the enterprise application")
        if found:
            self._principals[client_id] = found["id"]
        return found

    def principal_id(self, client_id: str) -> str | None:
        """Tell the object id of an enterprise application; read once, it never changes."""
        if client_id not in self._principals:
            self.service_principal(client_id)
        return self._principals.get(client_id)

    def awaited_principal_id(self, client_id: str) -> str:
        """Tell the object id of an enterprise application just made, waiting until Entra shows it."""
        return self._awaited(
            lambda: self.principal_id(client_id), "the enterprise application just made"
        )

    def create_service_principal(self, client_id: str, tags: Sequence[str]) -> None:
        """Make the enterprise application of a client id; one that is there is fine."""
        from msgraph.generated.models.service_principal import ServicePrincipal

        body = ServicePrincipal(app_id=client_id, tags=list(tags))
        builder = self.sdk.service_principals
        made = self.write(
            lambda: builder.to_post_request_information(body),
            "make the enterprise application",
            fine=("already in use", "already exists"),
        )
        if made:
            self._principals[client_id] = made["id"]

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
        return self.read_all(request, "read what was granted tenant-wide", missing_is_empty=True)

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


    # ---- waiting for what was just made ----

    def _awaited(self, look: Callable[[], T | None], what: str) -> T:
        end = self._tenant.clock.now() + LAG_PATIENCE
        found = look()
        while found is None:
            if self._tenant.clock.now() >= end:
                raise self._tired(what)
            self._tenant.prompts.waiting(f"{what} isn't known everywhere yet", end)
            self._tenant.clock.sleep(LAG_STEP)
            with self._tenant.meter.counting_as("poll"):
                found = look()
        return found

    def _tired(self, what: str) -> NotYetError:
        return NotYetError(
            f"After 20 minutes Microsoft Graph still doesn't agree on {what}.",
            fix="Run the same line again later: nothing is lost.",
        )


def _ids(entries: Sequence[Mapping[str, Any]]) -> set[str]:
    return {str(entry["keyId"]) for entry in entries}


def _days(duration: str) -> int | None:
    """Read an ISO 8601 duration as days; Entra counts a month as 30 and a year as 365."""
    match = DAYS.fullmatch(duration or "")
    if not match:
        return None
    years, months, weeks, days = (int(part or 0) for part in match.groups())
    return years * 365 + months * 30 + weeks * 7 + days


def _key_credential(entry: Mapping[str, Any]) -> Any:
    from msgraph.generated.models.key_credential import KeyCredential

    identifier, key_id = entry.get("customKeyIdentifier"), entry.get("keyId")
    start, end = entry.get("startDateTime"), entry.get("endDateTime")
    return KeyCredential(
        type=entry.get("type"),
        usage=entry.get("usage"),
        display_name=entry.get("displayName"),
        key_id=UUID(key_id) if key_id else None,
        key=entry["key"] if isinstance(entry.get("key"), bytes) else None,
        custom_key_identifier=base64.b64decode(identifier) if identifier else None,
        start_date_time=datetime.fromisoformat(start) if start else None,
        end_date_time=datetime.fromisoformat(end) if end else None,
    )
