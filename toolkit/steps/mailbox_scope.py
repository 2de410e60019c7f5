"""Which mailboxes the application may enter: RBAC for Applications in Exchange Online."""

from dataclasses import dataclass
from typing import Any, ClassVar

from toolkit.errors import AnswerError, RefusedError, UnionTrapError
from toolkit.permissions import ROLES
from toolkit.state import Change, State, has_later, texts
from toolkit.steps import names, scope_ways, union_trap
from toolkit.steps.app import application_gone
from toolkit.steps.base import Right, Step
from toolkit.steps.organization import LINE, is_dehydrated
from toolkit.steps.reach import Reach
from toolkit.steps.scope_ways import Place
from toolkit.steps.security_group import EXCHANGE_ADMINISTRATOR
from toolkit.systems.settling import settled
from toolkit.systems.tenant import Tenant

SERVICE_PRINCIPAL = "ServicePrincipal"


@dataclass(frozen=True, kw_only=True)
class MailboxScope(Step):
    """Exchange's application roles, limited in exactly one of four ways.

    `group` is one group by id, `groups` are several by address, `filter` is a recipient filter,
    `administrative_unit` one by id; of groups and units it is the direct members.
    Source: learn.microsoft.com/exchange/permissions-exo/application-rbac. These roles *add* to
    what Entra grants: a tenant-wide grant beside them makes the fence void, so one stops the run.
    """

    do: ClassVar[str] = "mailbox_scope"
    key: ClassVar[tuple[str, ...]] = ("app",)
    needs: ClassVar[tuple[Right, ...]] = (EXCHANGE_ADMINISTRATOR,)
    passing: ClassVar[tuple[str, ...]] = ("where",)
    one_of: ClassVar[tuple[str, ...]] = scope_ways.WAYS
    told: ClassVar[tuple[str, ...]] = ("leaving", "assignments_begin")
    lets: ClassVar[str] = "roles"
    lets_key: ClassVar[str] = "roles"
    cmdlets: ClassVar[frozenset[str]] = scope_ways.CMDLETS

    app: str
    roles: tuple[str, ...]
    leaving: tuple[str, ...] = ()
    assignments_begin: str = ""
    group: str = ""
    groups: tuple[str, ...] = ()
    filter: str = ""
    administrative_unit: str = ""

    @property
    def title(self) -> str:
        """Name the thing."""
        return f"{scope_ways.TITLES[self.place.way]}: {', '.join(self.roles)}"

    @property
    def rights(self) -> tuple[Right, ...]:
        """List the rights it takes; a unit is looked at through Microsoft Graph."""
        return (scope_ways.UNITS,) if self.place.way == scope_ways.UNIT else self.needs

    @property
    def place(self) -> Place:
        """Tell which mailboxes are meant, and which way that was said."""
        said = {
            scope_ways.GROUP: self.group,
            scope_ways.GROUPS: scope_ways.joined(self.groups),
            scope_ways.FILTER: self.filter,
            scope_ways.UNIT: self.administrative_unit,
        }
        return next((Place(way, value) for way, value in said.items() if value), Place("group", ""))

    def name_of(self, role: str) -> str:
        """Name the assignment of a role: fixed, so that it is found again; 64 characters at most."""
        return names.assignment(self.mark, role, self.assignments_begin)

    def read(self, tenant: Tenant) -> State | None:
        """Look for our assignments by name."""
        unknown = [role for role in self.roles if role not in ROLES]
        if unknown:
            raise RefusedError(
                f"Exchange has no application role {unknown[0]!r}.",
                fix=f"It has: {', '.join(sorted(ROLES))}.",
            )
        principal = tenant.graph.principal_id(self.app)
        if principal is None:
            return None
        rows = self._assignments(tenant, principal)
        if not rows:
            return None
        places = {self._place_of(tenant, row) for row in rows}
        return {
            "app": self.app,
            "roles": frozenset(str(row["Role"]) for row in rows),
            **scope_ways.said(places),
            "where": ", ".join(sorted(place.shown for place in places if place.shown)),
        }

    def wanted(self, found: State | None) -> State | None:
        """Want these roles, in this place and in no other."""
        place = self.place
        elsewhere = {way: "" for way in scope_ways.WAYS if (found or {}).get(way)}
        roles = {"app": self.app, "roles": frozenset(self.roles)}
        return {**roles, **elsewhere, place.way: place.value}

    def check(self, tenant: Tenant, found: State | None) -> None:
        """Refuse a place that isn't there; one that is in force already was looked at before.

        A tenant-wide grant beside it stops everything, unless the same plan takes it away.
        """
        principal = tenant.graph.principal_id(self.app) if self.readable else None
        if principal is not None:
            self._refuse_union(tenant, principal)
        if not self.place.value:
            raise AnswerError(
                f"Nothing says which mailboxes {', '.join(self.roles)} is for.",
                fix="Give a group, groups, a filter or an administrative unit.",
            )
        if found is None and is_dehydrated(tenant):
            raise RefusedError(
                "The Exchange organization was never customized, so it takes no role assignments of its own.",
                fix=f"Customize it first (Enable-OrganizationCustomization); that can't be taken back: {LINE}",
            )
        here = scope_ways.place_in(found or {})
        if here != self.place and not scope_ways.made(tenant, self.mark, self.place):
            scope_ways.check(tenant, self.place)

    def reach(self, tenant: Tenant, found: State | None) -> Reach | None:  # noqa: ARG002  it is about what will be
        """Count whom it will let in; a group that an earlier step makes is that step's to count."""
        return None if has_later(self.place.value) else scope_ways.reach(tenant, self.place)

    def lost(self, tenant: Tenant) -> str:
        """Say where its application is gone."""
        return application_gone(tenant, self.app)

    def write(self, tenant: Tenant, change: Change) -> None:
        """Make the pointer and the assignments that are missing, or remove ours.

        An assignment that moves is removed before it is made again: never wider, for a moment closed.
        """
        exchange = tenant.exchange
        moving = self._moving(change)
        for role in sorted(change.removed("roles") | moving):
            exchange.remove("Remove-ManagementRoleAssignment", Identity=self.name_of(role))
        if change.after is None:
            self._tidy(tenant, change.before or {})
            return
        making = sorted(change.added("roles") | moving)
        if not making:
            return
        principal = tenant.graph.awaited_principal_id(self.app)
        scope = scope_ways.parameters(tenant, self.mark, scope_ways.place_in(change.after))
        if not self._point(tenant, principal):
            self._drop_unused(tenant, change.before or {}, scope.get("CustomResourceScope", ""))
        for role in making:
            exchange.run(
                "New-ManagementRoleAssignment",
                settle=True,
                fine=("already exists",),
                Name=self.name_of(role),
                App=principal,
                Role=role,
                **scope,
            )

    def _point(self, tenant: Tenant, principal: str) -> bool:
        """Make Exchange's pointer to the application; tells whether this command made it."""
        exchange = tenant.exchange
        if principal not in exchange.made:
            made = exchange.run(
                "New-ServicePrincipal",
                settle=True,
                fine=("already exists",),
                AppId=self.app,
                ObjectId=principal,
                DisplayName=self.mark.name,
            )
            if not made:
                return False
            exchange.made[principal] = self.mark.name
        return True

    @staticmethod
    def _moving(change: Change) -> frozenset[str]:
        """List the roles that stay and reach something else from now on.

        What one replica shows of their assignments isn't asked: it may be as they were long ago.
        """
        if change.before is None or change.after is None:
            return frozenset()
        if not any(change.differs(way) for way in scope_ways.WAYS):
            return frozenset()
        return texts(change.after, "roles") - change.added("roles")

    def _drop_unused(self, tenant: Tenant, before: State, keep: str) -> None:
        """Remove the management scopes of this set-up that a move has left without any use.

        A replica that lags doesn't list all of them; the one that was left just now has a known name.
        """
        rows = tenant.exchange.run("Get-ManagementScope", Orphan=True)
        listed = {str(row.get("Name", "")) for row in rows}
        mine = {name for name in listed if scope_ways.ours(self.mark, name)}
        for name in sorted((mine | self._left(tenant, before, keep)) - {keep}):
            scope_ways.remove(tenant, name)

    def _left(self, tenant: Tenant, before: State, keep: str = "") -> set[str]:
        """Name the management scopes that nothing but what this step just removed has used."""
        named = [Place(way, str(before[way])) for way in scope_ways.NAMED if before.get(way)]
        names = {scope_ways.scope_name(self.mark, place) for place in named} - {keep}
        return {name for name in names if not self._used(tenant, name)}

    def _tidy(self, tenant: Tenant, before: State) -> None:
        """Remove our management scope and our pointer to the app, if nothing hangs on them any more."""
        for name in sorted(self._left(tenant, before)):
            scope_ways.remove(tenant, name)
        self._remove_pointer(tenant)

    def _used(self, tenant: Tenant, scope: str) -> bool:
        """Tell whether any assignment but those this step just removed uses a management scope."""
        removed = {self.name_of(role) for role in self.roles}  # replicas may still show them
        rows = tenant.exchange.run(
            "Get-ManagementRoleAssignment", RoleAssigneeType=SERVICE_PRINCIPAL
        )
        return any(
            row.get("CustomResourceScope") == scope for row in rows if row["Name"] not in removed
        )

    def _remove_pointer(self, tenant: Tenant) -> None:
        """Remove Exchange's pointer if it is ours and nothing of anybody hangs on it.

        What hangs on it would go with it, so a replica that lags isn't believed at once.
        """
        pointer = settled(
            lambda: tenant.exchange.find("Get-ServicePrincipal", Identity=self.app),
            tenant,
            "Exchange's pointer to the application",
        )
        if pointer is None or pointer.get("DisplayName") != self.mark.name:
            return
        mine = {str(pointer.get("ObjectId")), self.app}
        hanging = settled(
            lambda: self._hanging(tenant, mine), tenant, "what hangs on Exchange's pointer"
        )
        if not hanging:
            tenant.exchange.remove("Remove-ServicePrincipal", Identity=pointer["ObjectId"])
            tenant.exchange.made.pop(str(pointer["ObjectId"]), None)

    def _hanging(self, tenant: Tenant, mine: set[str]) -> list[str] | None:
        """Name a pointer's assignments but those this step just removed; None where there are none."""
        removed = {self.name_of(role) for role in self.roles}
        rows = tenant.exchange.run(
            "Get-ManagementRoleAssignment", RoleAssigneeType=SERVICE_PRINCIPAL
        )
        names = [
            str(row["Name"])
            for row in rows
            if str(row.get("App") or row.get("RoleAssignee")) in mine and row["Name"] not in removed
        ]
        return names or None

    def _assignments(self, tenant: Tenant, principal: str) -> list[dict[str, Any]]:
        """Find our assignments by their names, in one listing of those that applications have."""
        rows = tenant.exchange.run(
            "Get-ManagementRoleAssignment", RoleAssigneeType=SERVICE_PRINCIPAL
        )
        ours = {self.name_of(role): role for role in self.roles}
        found = [row for row in rows if row["Name"] in ours]
        for row in found:
            self._refuse_other(row, ours[row["Name"]], principal)
        return found

    def _refuse_other(self, row: dict[str, Any], role: str, principal: str) -> None:
        holder = str(row.get("App") or row.get("RoleAssignee"))
        if row.get("Role") != role or holder not in (principal, self.app):
            raise RefusedError(
                f"A role assignment named {row['Name']} is there already, for something else.",
                fix="Look at it with Get-ManagementRoleAssignment; mailgrant doesn't touch what it didn't make.",
            )

    def _place_of(self, tenant: Tenant, row: dict[str, Any]) -> Place:
        """Tell where an assignment reaches: in our own words where it says the same as we do."""
        if self.group and self.group == row.get("RecipientGroupScope"):
            return self.place
        there = scope_ways.place_of(tenant, row)
        return self.place if scope_ways.same(self.place, there) else there

    def _refuse_union(self, tenant: Tenant, principal: str) -> None:
        wide = [held for held in union_trap.wide(tenant, principal) if held not in self.leaving]
        if wide:
            raise UnionTrapError(
                f"The application {self.app} holds tenant-wide permissions on mailboxes: {', '.join(wide)}. "
                "Exchange adds scopes to them, so a scope would restrict nothing (the union trap).",
                fix="Remove these permissions from the enterprise application in Entra (Permissions), then run the same line again.",
            )
