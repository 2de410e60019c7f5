"""Who may use an application: everybody of the tenant, or only people and groups assigned to it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from toolkit.errors import AnswerError, NotFoundError, RefusedError
from toolkit.state import Change, State
from toolkit.steps.app import application_gone
from toolkit.steps.base import Right, Step
from toolkit.steps.reach import SAMPLES, Reach
from toolkit.systems import graph_assignments, graph_units
from toolkit.systems.graph_assignments import NO_ROLE, Who
from toolkit.systems.tenant import Tenant
from toolkit.visible import several

LOCKS_OUT = (
    "The application is there already: from now on nobody can sign in to it but who is assigned."
)
LETS_IN = "From now on everybody of the tenant can sign in to the application, assigned or not."
NESTED = "Members of groups inside {group} are not assigned ({inner}): only direct members count."


@dataclass(frozen=True, kw_only=True)
class UserAssignment(Step):
    """Assignments beside those of others, and whether the application asks for one at all.

    `people` are named as they sign in, groups by mail address, both by object id as well. With
    `required` false everybody of the tenant may use it. What answers don't name any more is taken
    away by itself (`gone`): whether assignment is required is left alone then.
    Source: learn.microsoft.com/entra/identity/enterprise-apps/assign-user-or-group-access-portal
    """

    do: ClassVar[str] = "user_assignment"
    key: ClassVar[tuple[str, ...]] = ("app",)
    lets: ClassVar[str] = "people"
    lets_key: ClassVar[str] = "assigned"
    told: ClassVar[tuple[str, ...]] = ("gone",)
    needs: ClassVar[tuple[Right, ...]] = (
        Right(
            "Application Administrator",
            "to say who may use the application",
            (
                "Application.ReadWrite.All",
                "AppRoleAssignment.ReadWrite.All",
                *graph_assignments.READING,
            ),
        ),
    )

    app: str
    people: tuple[str, ...] = ()
    required: bool = True
    gone: bool = False

    @property
    def title(self) -> str:
        """Name the thing."""
        if self.gone:
            return f"assignment of {several(self.people)}"
        return f"who may use it: {f'only {several(self.people)}' if self.required else 'everybody of the tenant'}"

    def refuse(self) -> None:
        """Refuse to lock everybody out."""
        if self.required and not self.people:
            raise AnswerError(
                "Only who is assigned may use the application, and nobody is named.",
                fix="Name people as they sign in, or groups by their mail addresses.",
            )

    def read(self, tenant: Tenant) -> State | None:
        """Look whether assignment is required, and who of these is assigned; None where nothing is so."""
        principal = tenant.graph.service_principal(self.app)
        if principal is None:
            return None
        there = {
            each["principalId"]
            for each in graph_assignments.assigned(tenant.graph, principal["id"])
        }
        known = graph_assignments.called(tenant.graph, self.people)
        ours = frozenset(name for name, who in known.items() if who.id in there)
        if self.gone:
            return {"app": self.app, "assigned": ours} if ours else None
        required = bool(principal.get("appRoleAssignmentRequired"))
        if self.required and not (required or ours):
            return None
        return {"app": self.app, "required": required, "assigned": ours}

    def wanted(self, found: State | None) -> State | None:  # noqa: ARG002  whatever is there
        """Want these assigned, and assignment required or not."""
        if self.gone:
            return None
        return {"app": self.app, "required": self.required, "assigned": frozenset(self.people)}

    def check(self, tenant: Tenant, found: State | None) -> None:  # noqa: ARG002  people count
        """Refuse who isn't there, groups that Entra can't assign, and a role that must be chosen."""
        self.refuse()
        known = graph_assignments.called(tenant.graph, self.people)
        unknown = [name for name in self.people if name not in known]
        if unknown:
            raise AnswerError(
                f"Nobody signs in by {several(unknown)}, and no group has that address or id.",
                fix="Check the spelling: the user principal name of a person, the mail address of a group.",
            )
        groups = {name: who for name, who in known.items() if who.group}
        if groups and not graph_units.pays_for_rules(tenant.graph):
            raise RefusedError(
                f"{several(groups)} can't be assigned: assigning groups takes Microsoft Entra ID P1, which this tenant hasn't.",
                fix="Get that licence, or name the people themselves.",
            )
        plain = [name for name, who in groups.items() if not who.safe]
        if plain:
            raise RefusedError(
                f"{several(plain)} is no security group, so it can't be assigned to an application.",
                fix="Name a security group, or the people themselves.",
            )
        if self.readable and self.people:
            self._role(tenant)

    def reach(self, tenant: Tenant, found: State | None) -> Reach | None:  # noqa: ARG002  the application itself counts
        """Say whom it concerns: who is named, who stays outside, and who is locked out from now on."""
        principal = tenant.graph.service_principal(self.app) if self.readable else None
        now, alarm = bool((principal or {}).get("appRoleAssignmentRequired")), ""
        if principal is not None and now != self.required:
            alarm = LOCKS_OUT if self.required else LETS_IN
        return Reach(
            count=len(self.people),
            samples=tuple(sorted(self.people)[:SAMPLES]),
            remarks=tuple(self._nested(tenant)),
            alarm=alarm,
        )

    def fewer(self, given: Iterable[str]) -> "UserAssignment":
        """Keep the assignments that are to be taken away."""
        return replace(self, people=tuple(sorted(given)), gone=True)

    def lost(self, tenant: Tenant) -> str:
        """Say where its application is gone."""
        return application_gone(tenant, self.app)

    def write(self, tenant: Tenant, change: Change) -> None:
        """Assign who is added, take away who is removed, and then say whether it is required."""
        if change.after is None and tenant.graph.principal_id(self.app) is None:
            return
        principal = tenant.graph.awaited_principal_id(self.app)
        if added := change.added("assigned"):
            role, known = self._role(tenant), graph_assignments.called(tenant.graph, added)
            if gone := added - set(known):
                raise NotFoundError(
                    f"{several(gone)} can't be assigned: nobody is called so any more.",
                    fix="Run it again without them.",
                )
            for who in known.values():
                graph_assignments.assign(tenant.graph, principal, who.id, role)
        if removed := change.removed("assigned"):
            self._take_away(tenant, principal, graph_assignments.called(tenant.graph, removed))
        wants = bool((change.after or {}).get("required"))
        lifted = change.after is None and bool((change.before or {}).get("required"))
        if change.differs("required") or lifted:
            graph_assignments.demand(tenant.graph, principal, required=wants)

    def _take_away(self, tenant: Tenant, principal: str, known: dict[str, Who]) -> None:
        ids = {who.id for who in known.values()}
        found = tenant.graph.agreeing(
            lambda: graph_assignments.assigned(tenant.graph, principal),
            lambda listed: {each["id"] for each in listed},
            "who is assigned",
        )
        for each in found:
            if each["principalId"] in ids:
                graph_assignments.unassign(tenant.graph, principal, each["id"])

    def _role(self, tenant: Tenant) -> str:
        """Tell the role to assign: the application's own where it has one, that of none otherwise."""
        principal: dict[str, Any] = tenant.graph.service_principal(self.app) or {}
        roles = {
            role["id"]: str(role.get("value"))
            for role in principal.get("appRoles") or ()
            if role.get("isEnabled", True) and "User" in (role.get("allowedMemberTypes") or ())
        }
        if len(roles) > 1:
            raise RefusedError(
                f"The application has several roles, and nothing says which one people get: {several(roles.values())}.",
                fix="Assign them in Entra (Enterprise apps, Users and groups), and leave this step out.",
            )
        return next(iter(roles), NO_ROLE)

    def _nested(self, tenant: Tenant) -> Iterator[str]:
        for name, who in sorted(graph_assignments.called(tenant.graph, self.people).items()):
            inner = graph_assignments.groups_in(tenant.graph, who.id) if who.group else []
            if inner:
                listed = several(each.get("displayName") or each["id"] for each in inner)
                yield NESTED.format(group=name, inner=listed)
