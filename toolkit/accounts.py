"""Who may use an application in their own name, by what, and what letting one in or out takes."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from toolkit.errors import AnswerError, NotFoundError, RefusedError
from toolkit.permissions import APIS, GRAPH, GRAPH_NAME, OPEN_ID
from toolkit.setups import SetUp
from toolkit.steps import declaring
from toolkit.steps.delegated_consent import DelegatedConsent
from toolkit.systems import graph_accounts, graph_assignments, graph_delegated
from toolkit.systems.graph_delegated import EVERYBODY, scopes_in
from toolkit.systems.tenant import Tenant
from toolkit.visible import several

Entry = dict[str, Any]
OPEN_ALREADY = "everybody of the tenant may use it already, since consent is for everybody and nobody has to be assigned."
TOKENS = (
    "An access token that the application has already lives on for 60 to 90 minutes, up to 28 hours where its software "
    "takes part in continuous access evaluation. Its refresh token stays with the vendor and is of no use from now "
    "on; removing the account there deletes it."
)
"""Source: learn.microsoft.com/entra/identity-platform/configurable-token-lifetimes"""
LEFT_OPEN = "As said above, that isn't all that lets them in: the vendor's tokens stay of use."
OPEN = (
    "everybody of the tenant may use it for {scopes} (consent is for everybody, and nobody has to be assigned), so "
    "one person can't be kept out"
)


@dataclass(frozen=True)
class Access:
    """What of an enterprise application decides who may use it: consent, assignments, whether one is needed."""

    tenant: Tenant
    client_id: str
    name: str
    required: bool
    grants: tuple[Entry, ...]
    assigned: tuple[Entry, ...]

    @cached_property
    def for_everybody(self) -> frozenset[str]:
        """List what was consented to for everybody on Microsoft Graph."""
        whole = [
            one for one in self.grants if one["consentType"] == EVERYBODY and self._on_graph(one)
        ]
        return frozenset(scope for one in whole for scope in scopes_in(one))

    def own_of(self, person: str) -> list[Entry]:
        """List the entries of one person's own consent, by object id."""
        return [one for one in self.grants if one.get("principalId") == person]

    def assignment_of(self, holder: str) -> Entry | None:
        """Find the assignment of a person or a group, by object id."""
        return next((one for one in self.assigned if one["principalId"] == holder), None)

    def groups_of(self, person: str) -> list[Entry]:
        """List the assignments of groups that somebody is a direct member of."""
        groups = [one for one in self.assigned if one.get("principalType") == "Group"]
        mine = graph_accounts.groups_of(self.tenant.graph, person) if groups else frozenset()
        return [one for one in groups if one["principalId"] in mine]

    def _on_graph(self, entry: Entry) -> bool:
        return bool(entry["resourceId"] == self.tenant.graph.resource(GRAPH)["id"])


def look(tenant: Tenant, client_id: str) -> Access:
    """Look who may use an application; raises NotFoundError where it isn't in this tenant."""
    principal = tenant.graph.service_principal(client_id)
    if principal is None:
        raise NotFoundError(
            f"The application {client_id} has no enterprise application in this tenant.",
            fix="Name it by its client id, as Entra shows it.",
        )
    tenant.identity.ask_for(*graph_delegated.READING)
    return Access(
        tenant=tenant,
        client_id=client_id,
        name=str(principal.get("displayName") or client_id),
        required=bool(principal.get("appRoleAssignmentRequired")),
        grants=tuple(graph_delegated.of_client(tenant.graph, principal["id"])),
        assigned=tuple(graph_assignments.assigned(tenant.graph, principal["id"])),
    )


def scopes_of(found: SetUp, tenant: Tenant) -> tuple[str, ...]:
    """List what a set-up's application asks for in people's names, on Microsoft Graph.

    That is what its playbook consents to, or what the application declares. Raises RefusedError
    where it acts in nobody's name.
    """
    steps = [step for step in found.survey.steps if isinstance(step, DelegatedConsent)]
    said = {value for step in steps if step.api == GRAPH_NAME for value in step.delegated}
    scopes = said or _declared(tenant, found.client_id)
    if scopes <= OPEN_ID.keys():
        raise RefusedError(
            f"{found.name} acts by itself and in nobody's name: no delegated permission is asked for, so there is "
            "nothing that one person could authorise.",
            fix="`mailgrant members` says which mailboxes it may enter.",
        )
    return tuple(sorted(scopes))


def _declared(tenant: Tenant, client_id: str) -> frozenset[str]:
    offered = tenant.graph.resource(GRAPH).get("oauth2PermissionScopes") or ()
    values = {str(scope["id"]): str(scope.get("value")) for scope in offered}
    found = declaring.declared(tenant, client_id, APIS[GRAPH_NAME], "Scope", values)
    return found & frozenset(values.values())


# ---- people ----


def people(tenant: Tenant, named: Iterable[str]) -> dict[str, str]:
    """Find the object ids of people by the names they sign in with; groups, guests and strangers are refused."""
    wanted = list(dict.fromkeys(name.strip() for name in named))
    known = graph_assignments.called(tenant.graph, wanted)
    groups = [name for name in wanted if name in known and known[name].group]
    if groups:
        raise AnswerError(
            f"{several(groups)} is a group, and people authorise one by one.",
            fix="Name people here. Groups are the answer to `only_assigned` of a set-up: run that again.",
        )
    strangers = [name for name in wanted if name not in known]
    if strangers:
        raise AnswerError(
            f"Nobody signs in by {several(strangers)}.",
            fix="Check the spelling: people are named as they sign in. Nothing was changed.",
        )
    found = graph_accounts.named(tenant.graph, [known[name].id for name in wanted])
    names = {
        str(found[known[name].id].get("userPrincipalName") or name): known[name].id
        for name in wanted
    }
    guests = [name for name in names if "#ext#" in name.lower()]
    if guests:
        raise AnswerError(
            f"{several(guests)} is a guest, whose mailbox lies in another tenant.",
            fix="Name people of this tenant. Nothing was changed.",
        )
    return names


# ---- letting in ----


def lacking(access: Access, scopes: Collection[str]) -> tuple[str, ...]:
    """List what nobody has consented to for everybody."""
    return tuple(sorted(set(scopes) - access.for_everybody))


# ---- letting out ----


def signed_out_before(tenant: Tenant, names: Iterable[str]) -> str:
    """Tell when one of these people was last signed out everywhere (ISO time); empty where nobody was."""
    return max(graph_accounts.signed_out(tenant.graph, list(names)).values(), default="")


def kept_in(access: Access, names: Mapping[str, str]) -> Iterator[str]:
    """Say of each person what lets them in that can't be taken back from them alone."""
    for name, person in names.items():
        if access.for_everybody and not access.required:
            yield f"{name}: {OPEN.format(scopes=several(access.for_everybody))}."
            continue
        for group in access.groups_of(person) if access.for_everybody else ():
            yield (
                f"{name}: assigned by the group {group.get('principalDisplayName') or group['principalId']}; who is "
                "taken out of the group is out."
            )


def refuse_strangers(access: Access, names: Mapping[str, str]) -> None:
    """Refuse to revoke what nobody gave: raises RefusedError that says of each how that is."""
    without = {
        name: person
        for name, person in names.items()
        if not access.own_of(person) and access.assignment_of(person) is None
    }
    if not without:
        return
    how = list(kept_in(access, without))
    never = [name for name in without if not any(said.startswith(f"{name}: ") for said in how)]
    if never:
        how.append(f"{several(never)}: never authorised for it.")
    raise RefusedError(
        f"There is nothing to take back for {several(without)} at {access.name}. {' '.join(how)}",
        fix=_way_out(access, how),
    )


def _way_out(access: Access, how: list[str]) -> str:
    if access.for_everybody and not access.required:
        return "Require assignment first: run the set-up again with `only_assigned` and who is to stay. Nothing was changed."
    if any("by the group" in each for each in how):
        return "Take them out of the group. Nothing was changed."
    return (
        f"`mailgrant accounts list {access.client_id}` shows who has access. Nothing was changed."
    )
