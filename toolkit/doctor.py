"""Whether a set-up could work from here: network, clock, sign-in, rights; one line each, and what to do."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from toolkit import inputs, obstacles, playbook
from toolkit.connectivity import Finding, discovery, failed, network
from toolkit.errors import MailgrantError
from toolkit.inputs import Answer
from toolkit.obstacles import Who
from toolkit.permissions import ALSO, DIRECTORY_ROLES
from toolkit.playbook import Playbook
from toolkit.steps import CATALOGUE
from toolkit.steps.base import Mark, Right, Step
from toolkit.steps.organization import LINE, is_dehydrated
from toolkit.systems import reachability
from toolkit.systems.people import READING
from toolkit.systems.tenant import Tenant

MAIN = ("app", "certificate", "security_group", "mailbox_scope")
EXCHANGE = "Exchange Administrator"
PROVING = frozenset({"Get-Recipient", "Test-ServicePrincipalAuthorization"})
"""What the proof runs in Exchange, the look at its mailboxes before anything is written included."""
DIRECTORY = "Directory.Read.All"
COVERED = {
    "Application.Read.All": {DIRECTORY},
    "Organization.Read.All": {DIRECTORY},
    "AdministrativeUnit.Read.All": {DIRECTORY},
    "User.ReadBasic.All": {DIRECTORY, "User.Read.All"},
}
"""Which permissions let an application do what a smaller one does.

Source: the Permissions sections of learn.microsoft.com/graph/api (application-list,
organization-get, administrativeunit-list-members, user-get)
"""
PIM = "RoleManagement.Read.Directory"


@dataclass(frozen=True, kw_only=True)
class Needed:
    """What a set-up takes: rights, permissions on Microsoft Graph, cmdlets of Exchange."""

    rights: tuple[Right, ...]
    cmdlets: frozenset[str]

    @property
    def scopes(self) -> frozenset[str]:
        """List the permissions on Microsoft Graph, those to look included."""
        return frozenset({*READING, *(each for right in self.rights for each in right.scopes)})


@dataclass
class _Seen:
    """What was found out so far."""

    reached: bool = True
    claims: dict[str, Any] = field(default_factory=dict)
    signed_in: bool = False
    exchange: bool = False


def examine(tenant: Tenant, needed: Needed) -> Iterator[Finding]:
    """Look at everything a set-up needs, in the order in which it is needed. Writes nothing."""
    seen = _Seen()
    for finding in network(tenant):
        seen.reached &= finding.word != "FAIL"
        yield finding
    if seen.reached:
        yield from discovery(tenant)
    yield from _sign_in(tenant, seen)
    if seen.signed_in:
        yield from _graph(tenant, needed, seen)
        yield from _exchange(tenant, needed, seen)
        who = Who.of(seen.claims, by_code=tenant.identity.by_code)
        yield from obstacles.look(tenant, who)
        yield from _roles(tenant, needed, seen)  # last: it may ask for more than may be had
    paths = reachability.long_paths()
    if paths is not None:
        yield Finding(
            name="long paths",
            word="ok" if paths else "FAIL",
            text="Windows allows them" if paths else "Windows cuts paths at 260 characters",
            remedy="" if paths else "Set LongPathsEnabled to 1 as an administrator: see README.",
        )


def needed_by(book: Playbook | None, given: Mapping[str, Any], *, practice: bool) -> Needed:
    """Tell what a playbook takes with these answers, and otherwise with those it suggests."""
    if book is None:
        kinds = [CATALOGUE[do] for do in MAIN]
        return _needed([right for kind in kinds for right in kind.needs], kinds, proof=True)
    inputs.refuse_unknown(given, book.questions)
    answers: dict[str, Answer] = {"instance": "prod", "change": ""}
    for question in book.questions:
        if question.name in given:
            answers[question.name] = inputs.typed(question, given[question.name])
        elif question.asked(answers):
            answers[question.name] = question.suggestion(practice=practice) or ""
    mark = Mark(book.name, "prod")
    steps = [playbook.build(entry, answers, mark) for entry in book.active(answers)]
    rights = [right for step in steps for right in step.rights]
    return _needed(rights, [type(step) for step in steps], proof="inside" in book.proof)


def _needed(rights: Iterable[Right], kinds: Iterable[type[Step]], *, proof: bool) -> Needed:
    """Put together what the steps take; of several reasons for one role the longest tells most."""
    cmdlets = frozenset(name for kind in kinds for name in kind.cmdlets)
    by_role: dict[str, Right] = {}
    for right in rights:
        first = by_role.get(right.role, right)
        scopes = tuple(dict.fromkeys((*first.scopes, *right.scopes)))
        by_role[right.role] = replace(max(first, right, key=lambda r: len(r.why)), scopes=scopes)
    return Needed(rights=tuple(by_role.values()), cmdlets=cmdlets | (PROVING if proof else set()))


# ---- who signs in, and what it may ----


def _sign_in(tenant: Tenant, seen: _Seen) -> Iterator[Finding]:
    if not seen.reached:
        yield Finding(
            name="sign-in",
            word="unknown",
            text="not tried: a host can't be reached",
            remedy="Mend what is said above first.",
        )
        return
    try:
        seen.claims = tenant.graph.claims()
    except MailgrantError as error:
        yield failed("sign-in", error)
        return
    seen.signed_in = True
    if tenant.identity.user:
        tenant.who = tenant.identity.title
    yield Finding(name="sign-in", word="ok", text=tenant.who)


def _graph(tenant: Tenant, needed: Needed, seen: _Seen) -> Iterator[Finding]:
    try:
        organization = tenant.graph.organization()
    except MailgrantError as error:
        yield failed("Microsoft Graph", error)
        return
    tenant.name = str(organization.get("displayName") or tenant.name)
    yield Finding(name="Microsoft Graph", word="ok", text=f"answers for {tenant.name}")
    if tenant.identity.user:
        return  # a person is asked for writing when a plan needs it
    wanted = needed.scopes
    held = set(seen.claims.get("roles") or ())
    held |= {value.replace(".ReadWrite.", ".Read.") for value in held}
    lacking = sorted(each for each in wanted - held if not COVERED.get(each, set()) & held)
    yield Finding(
        name="permissions",
        word="FAIL" if lacking else "ok",
        text=f"lacks {', '.join(lacking)}" if lacking else f"{len(wanted)} on Microsoft Graph",
        remedy="Grant them to the app in Entra, with admin consent." if lacking else "",
    )


def _exchange(tenant: Tenant, needed: Needed, seen: _Seen) -> Iterator[Finding]:
    if EXCHANGE not in {right.role for right in needed.rights}:
        return
    try:
        missing = sorted(needed.cmdlets - tenant.exchange.may_run())
    except MailgrantError as error:
        yield failed("Exchange Online", error)
        return
    seen.exchange = True
    if missing:
        yield Finding(
            name="Exchange Online",
            word="FAIL",
            text=f"{len(missing)} of {len(needed.cmdlets)} cmdlets it takes may not be run: {', '.join(missing)}",
            remedy=f"It takes an active {EXCHANGE}; a colleague who is one can go on with a saved plan.",
        )
    else:
        yield Finding(
            name="Exchange Online",
            word="ok",
            text=f"the {len(needed.cmdlets)} cmdlets it takes may be run",
        )
    yield _customized(tenant)


def _customized(tenant: Tenant) -> Finding:
    try:
        dehydrated = is_dehydrated(tenant)
    except MailgrantError as error:
        return failed("organization", error)
    if dehydrated:
        return Finding(
            name="organization",
            word="FAIL",
            text="it was never customized, so Exchange refuses roles of its own",
            remedy=f"Run {LINE}: a step of its own, that can't be taken back and may take an hour.",
        )
    return Finding(name="organization", word="ok", text="customized: it may have roles of its own")


def _roles(tenant: Tenant, needed: Needed, seen: _Seen) -> Iterator[Finding]:
    held = {DIRECTORY_ROLES.get(str(wid), "") for wid in seen.claims.get("wids") or ()}
    mine = [each for each in needed.rights if tenant.identity.user or each.role == EXCHANGE]
    active = {each.role for each in mine if held & {each.role, *ALSO.get(each.role, ())}}
    missing = len(active) < len(mine)
    eligible = _eligible(tenant, str(seen.claims.get("oid"))) if missing else None
    for right in mine:  # an app holds permissions in place of the others
        if right.role in active:
            yield Finding(name=right.role, word="ok", text="held and active")
        elif eligible is not None and right.role in eligible:
            yield Finding(
                name=right.role,
                word="FAIL",
                text="eligible, not active",
                remedy="Activate it in PIM (entra.microsoft.com, My roles), wait some minutes, sign in anew.",
            )
        else:
            yield Finding(
                name=right.role,
                word="FAIL",
                text=f"missing; needed {right.why}"
                + ("; whether it is eligible can't be seen" if eligible is None else ""),
                remedy="Have it given to you, or let a colleague who has it go on with a saved plan.",
            )


def _eligible(tenant: Tenant, who: str) -> set[str] | None:
    """List the roles somebody may activate; None where that can't be seen.

    GET /roleManagement/directory/roleEligibilitySchedules (learn.microsoft.com/graph/api/rbacapplication-list-roleeligibilityschedules)
    """
    tenant.identity.ask_for(PIM)
    path = f"/roleManagement/directory/roleEligibilitySchedules?$filter=principalId eq '{who}'"
    found = obstacles.asked(tenant, path)
    if found is None:
        return None
    return {DIRECTORY_ROLES.get(str(each.get("roleDefinitionId")), "") for each in found["value"]}
