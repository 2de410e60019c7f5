"""The application registration with its enterprise application (service principal)."""

from dataclasses import dataclass
from typing import Any, ClassVar

from toolkit.inputs import BEGINS
from toolkit.state import Change, State, texts
from toolkit.steps import adopting, names
from toolkit.steps.base import NamesakeError, Right, Step
from toolkit.steps.registering import register
from toolkit.steps.sharing import roles_of_others
from toolkit.systems import graph_tags
from toolkit.systems.graph_certificates import thumbprint_in
from toolkit.systems.settling import settled
from toolkit.systems.tenant import Tenant

APPLICATION_ADMINISTRATOR = Right(
    "Application Administrator",
    "to register the application and its certificate",
    ("Application.ReadWrite.All",),
)
AUDIENCE = "AzureADMyOrg"
RUN = "mailgrant-run:"
ANSWERS_BEGIN = '{"mailgrant":'
"""How notes begin that mailgrant wrote: the set-up's answers, for a colleague's machine."""


@dataclass(frozen=True, kw_only=True)
class App(Step):
    """One single-tenant application, found again by its uniqueName on any machine.

    The uniqueName is `mailgrant-<playbook>-<instance>`; Entra keeps it unique, also for the 30 days
    in which a deleted application can be restored. An application of others is taken when `adopts`
    or `adopt` names its client id (in the playbook, or `--adopt`), a vendor's multi-tenant one, which has an enterprise app here
    and no registration, when `existing` does: both are found again by our tag, and to both we only
    add.
    """

    do: ClassVar[str] = "app"
    key: ClassVar[tuple[str, ...]] = ()
    offers: ClassVar[tuple[str, ...]] = ("client_id", "id", "service_principal", "name")
    needs: ClassVar[tuple[Right, ...]] = (APPLICATION_ADMINISTRATOR,)
    told: ClassVar[tuple[str, ...]] = ("answers", "adopt", *BEGINS)
    shared: ClassVar[bool] = True
    passing: ClassVar[tuple[str, ...]] = ("enabled",)

    name: str
    existing: str = ""
    adopts: str = ""
    owners: tuple[str, ...] = ()
    change: str = ""
    answers: str = ""
    adopt: str = ""
    apps_begin: str = ""
    groups_begin: str = ""
    assignments_begin: str = ""

    @property
    def taken(self) -> str:
        """Tell the client id of the application that is taken as it is."""
        return self.adopts or self.adopt

    @property
    def shown(self) -> str:
        """Name it for people."""
        return self._shown(None)

    @property
    def tags(self) -> frozenset[str]:
        """List the tags by which its set-up is known on any machine."""
        return names.tags(self.mark, {each: getattr(self, each) for each in BEGINS})

    @property
    def title(self) -> str:
        """Name the thing."""
        if self.existing:
            return f"enterprise app {self.name} of its vendor ({self.existing})"
        if self.taken:
            return f"app registration that is there, taken as it is ({self.taken})"
        return f"app registration {self.shown}"

    def read(self, tenant: Tenant) -> State | None:
        """Look by uniqueName; a namesake without it stops everything, it is somebody else's."""
        if self.existing:
            return self._read_existing(tenant)
        if self.taken:
            app = tenant.graph.application_by_client_id(self.taken)
            return self._state(tenant, app) if app else None
        found = tenant.graph.applications_named(self.mark.name, self.shown, self.mark.tag)
        ours = [app for app in found if app.get("uniqueName") == self.mark.name]
        ours = ours or [app for app in found if self.mark.tag in (app.get("tags") or ())]
        if not ours:
            if found:
                raise self._namesake(found)
            return None
        return self._state(tenant, ours[0])

    def _state(self, tenant: Tenant, app: dict[str, Any]) -> State:
        principal = tenant.graph.service_principal(app["appId"]) or {}
        return {
            "client_id": app["appId"],
            "id": app["id"],
            "adopted": app.get("uniqueName") != self.mark.name,
            "service_principal": principal.get("id", ""),
            "enterprise_app": bool(principal),
            "enabled": bool(principal.get("accountEnabled")),
            "name": app.get("displayName", ""),
            "audience": app.get("signInAudience", ""),
            "tags": frozenset(tag for tag in app.get("tags") or () if not tag.startswith(RUN)),
            "runs": frozenset(tag for tag in app.get("tags") or () if tag.startswith(RUN)),
            "credentials": frozenset(_credentials(app)),
            **({"answers": principal.get("notes") or ""} if self.answers else {}),
            "owners": self._owners(tenant, app["id"]),
        }

    def wanted(self, found: State | None) -> State | None:
        """Want our name, one tenant, our tags, an enterprise application that is enabled.

        Of what we took over want what it is, with our tags and owners beside the others.
        """
        begun = self.mark.tag in texts(found, "tags")  # how names begin was noted then
        tags = {"mailgrant", self.mark.tag} if begun else self.tags
        added: State = {
            "tags": texts(found, "tags") | tags,
            **self._answered(found),
            **({"owners": texts(found, "owners") | set(self.owners)} if self.owners else {}),
        }
        if self.existing or self.taken or (found or {}).get("adopted"):
            return added
        ours = {"name": self._shown(found), "audience": AUDIENCE}
        return {**ours, "enterprise_app": True, "enabled": True, **added}

    def tells(self, found: State) -> dict[str, str]:
        """Tell how the names of the set-up begin, which its first run has noted."""
        return names.begins_in(texts(found, "tags"), self.mark)

    def _shown(self, found: State | None) -> str:
        begin = self.tells(found or {}).get("apps_begin", self.apps_begin)
        return f"{begin}{self.name}" if begin else self.name

    def check(self, tenant: Tenant, found: State | None) -> None:
        """Refuse to take over what isn't there, or can't sign in."""
        if found is None and (self.existing or self.taken):
            adopting.refuse_missing(tenant, existing=self.existing, taken=self.taken)
        if found and found["adopted"]:
            adopting.refuse_idle(found)

    def write(self, tenant: Tenant, change: Change) -> None:
        """Register, correct, or delete (Entra keeps it for 30 days) the application."""
        there = change.before or {}
        if there.get("adopted"):
            self._add(tenant, change)
            return
        if change.after is None:
            if there.get("id"):
                tenant.graph.delete_application(str(there["id"]), str(there["client_id"]))
            return
        properties: dict[str, Any] = {
            "display_name": change.after["name"],
            "sign_in_audience": change.after["audience"],
        }
        if change.before is None:
            properties["notes"] = names.notes(self.mark, self.change)
            properties["tags"] = [
                *sorted(texts(change.after, "tags")),
                f"{RUN}{tenant.run}",
            ]
        elif change.added("tags") or change.removed("tags"):
            tags = (texts(change.before, "tags") | change.added("tags")) - change.removed("tags")
            properties["tags"] = sorted(tags | texts(change.before, "runs"))
        made = register(tenant, self.mark, properties, new=change.before is None)
        client_id = (
            made.get("appId")
            or str((change.before or {}).get("client_id") or "")
            or str(tenant.graph.awaited_application(self.mark.name)["appId"])
        )
        self._enterprise_app(tenant, client_id, change)
        self._owned(tenant, client_id, change)

    def _add(self, tenant: Tenant, change: Change) -> None:
        """Add our tags, notes and owners to what others made, or take only these away again."""
        before = change.before or {}
        if change.added("tags") or change.removed("tags"):
            tags = (texts(before, "tags") | change.added("tags")) - change.removed("tags")
            every = sorted(tags | texts(before, "runs"))
            graph_tags.replace(tenant.graph, every, application=str(before["id"]) or None, principal=str(before["service_principal"]))  # fmt: skip
        self._enterprise_app(tenant, str(before["client_id"]), change)
        self._owned(tenant, str(before["client_id"]), change)

    def _read_existing(self, tenant: Tenant) -> State | None:
        """Look at the enterprise app; its registration lies in the vendor's tenant."""
        principal = tenant.graph.service_principal(self.existing)
        if principal is None:
            return None
        tags = principal.get("tags") or ()
        return {
            "client_id": self.existing,
            "id": "",
            "adopted": True,
            "service_principal": principal["id"],
            "enterprise_app": True,
            "enabled": bool(principal.get("accountEnabled")),
            "name": principal.get("displayName", ""),
            "tags": frozenset(tag for tag in tags if not tag.startswith(RUN)),
            "runs": frozenset(tag for tag in tags if tag.startswith(RUN)),
            **({"answers": principal.get("notes") or ""} if self.answers else {}),
        }

    def _owned(self, tenant: Tenant, client_id: str, change: Change) -> None:
        for owner in change.added("owners"):
            tenant.graph.add_owner(self._object_id(tenant, client_id), tenant.graph.user_id(owner))
        for owner in change.removed("owners"):
            tenant.graph.remove_owner(
                self._object_id(tenant, client_id), tenant.graph.user_id(owner)
            )

    def disabled(self, found: State) -> State:
        """Tell what it is when it is switched off in place of deleted."""
        return {**found, "enabled": False}

    def in_use(self, tenant: Tenant, found: State) -> str | None:
        """Tell when it last signed in (ISO time), where that can be read."""
        return tenant.graph.last_sign_in(str(found["client_id"]))

    def foreign(self, tenant: Tenant, found: State) -> list[str]:
        """List what others hang on the application: permissions in Entra, roles in Exchange."""
        grants = (
            tenant.graph.granted_roles(str(found["service_principal"]))
            if found["service_principal"]
            else []
        )
        wide = [
            f"a permission on {grant.get('resourceDisplayName') or grant['resourceId']}"
            for grant in grants
        ]
        return wide + roles_of_others(tenant, found, self.mark)

    def _enterprise_app(self, tenant: Tenant, client_id: str, change: Change) -> None:
        wanted = change.after or {}
        if wanted.get("enterprise_app") and not (change.before or {}).get("enterprise_app"):
            tags, notes = ["mailgrant", self.mark.tag], str(wanted.get("answers", ""))
            if not tenant.graph.create_service_principal(client_id, tags, notes) and notes:
                tenant.graph.note(tenant.graph.awaited_principal_id(client_id), notes)
            return
        principal = str((change.before or {}).get("service_principal", ""))
        if change.differs("enabled"):
            tenant.graph.enable_service_principal(principal, enabled=bool(wanted["enabled"]))
        if change.differs("answers"):
            tenant.graph.note(principal, str(wanted["answers"]))

    def _answered(self, found: State | None) -> State:
        """Want the answers noted on the enterprise application, unless others' words stand there."""
        noted = str((found or {}).get("answers", ""))
        ours = not noted or noted.startswith(ANSWERS_BEGIN)
        return {"answers": self.answers} if self.answers and ours else {}

    def _object_id(self, tenant: Tenant, client_id: str) -> str:
        app = tenant.graph.application_by_client_id(client_id) or {}
        return str(app.get("id", ""))

    def _owners(self, tenant: Tenant, object_id: str) -> frozenset[str]:
        owners = tenant.graph.owners(object_id)
        return frozenset(
            str(owner.get("userPrincipalName") or owner["id"]).lower() for owner in owners
        )

    def _namesake(self, found: list[dict[str, Any]]) -> NamesakeError:
        listed = ", ".join(
            f"{app.get('displayName')} (client id {app.get('appId')})" for app in found
        )
        return NamesakeError(
            f"An application of this name is there already, and mailgrant didn't make it: {listed}.",
            fix="Choose another instance (--set instance=...), or take it as it is with --adopt and its client id: mailgrant only adds to it.",
        )


def _credentials(app: dict[str, Any]) -> list[str]:
    keys = [
        f"certificate {each.get('displayName') or ''} {thumbprint_in(each)}"
        for each in app.get("keyCredentials") or ()
    ]
    secrets = [
        f"secret {each.get('displayName') or ''} {each['keyId']}"
        for each in app.get("passwordCredentials") or ()
    ]
    return keys + secrets


def application_gone(tenant: Tenant, client_id: str) -> str:
    """Say that an application is gone for good; empty where it is there."""
    principal = settled(
        lambda: tenant.graph.principal_id(client_id), tenant, "the enterprise application"
    )
    return "" if principal else "its application isn't there any more"
