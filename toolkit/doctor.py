"""Whether a set-up could work from here: network, clock, sign-in, rights; one line each, and what to do."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from toolkit.connectivity import Finding, discovery, failed, network
from toolkit.errors import MailgrantError
from toolkit.permissions import ALSO, DIRECTORY_ROLES
from toolkit.playbook import Playbook
from toolkit.steps import CATALOGUE
from toolkit.steps.base import Right, Step, scopes_of
from toolkit.steps.organization import LINE, is_dehydrated
from toolkit.systems import reachability
from toolkit.systems.cmdlet import ALLOWED
from toolkit.systems.people import READING
from toolkit.systems.tenant import Tenant

MAIN = ("app", "certificate", "security_group", "mailbox_scope")
EXCHANGE = "Exchange Administrator"
PIM = "RoleManagement.Read.Directory"
GOOD = 200


@dataclass
class _Seen:
    """What was found out so far."""

    reached: bool = True
    claims: dict[str, Any] = field(default_factory=dict)
    signed_in: bool = False
    exchange: bool = False


def examine(tenant: Tenant, book: Playbook | None) -> Iterator[Finding]:
    """Look at everything a set-up needs, in the order in which it is needed. Writes nothing."""
    seen = _Seen()
    kinds = needed_by(book, practice=tenant.practice)
    for finding in network(tenant):
        seen.reached &= finding.word != "FAIL"
        yield finding
    if seen.reached:
        yield from discovery(tenant)
    yield from _sign_in(tenant, seen)
    if seen.signed_in:
        yield from _graph(tenant, kinds, seen)
        yield from _exchange(tenant, kinds, seen)
        yield from _roles(tenant, kinds, seen)
        yield from _in_the_way(tenant)
    paths = reachability.long_paths()
    if paths is not None:
        yield Finding(
            name="long paths",
            word="ok" if paths else "FAIL",
            text="Windows allows them" if paths else "Windows cuts paths at 260 characters",
            remedy="" if paths else "Set LongPathsEnabled to 1 as an administrator: see README.",
        )


def needed_by(book: Playbook | None, *, practice: bool) -> list[type[Step]]:
    """List the kinds of steps that a playbook takes with the answers it suggests."""
    if book is None:
        return [CATALOGUE[do] for do in MAIN]
    answers = {q.name: q.suggestion(practice=practice) or "" for q in book.questions}
    return [entry.kind for entry in book.active(answers)]


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
    tenant.identity.ask_for(PIM)
    try:
        seen.claims = tenant.graph.claims()
    except MailgrantError as error:
        yield failed("sign-in", error)
        return
    seen.signed_in = True
    if tenant.identity.user:
        tenant.who = tenant.identity.title
    yield Finding(name="sign-in", word="ok", text=tenant.who)


def _graph(tenant: Tenant, kinds: Iterable[type[Step]], seen: _Seen) -> Iterator[Finding]:
    try:
        organization = tenant.graph.organization()
    except MailgrantError as error:
        yield failed("Microsoft Graph", error)
        return
    tenant.name = str(organization.get("displayName") or tenant.name)
    yield Finding(name="Microsoft Graph", word="ok", text=f"answers for {tenant.name}")
    if tenant.identity.user:
        return  # a person is asked for writing when a plan needs it
    wanted = {*READING, *scopes_of(kinds)}
    held = set(seen.claims.get("roles") or ())
    held |= {value.replace(".ReadWrite.", ".Read.") for value in held}
    lacking = sorted(wanted - held)
    yield Finding(
        name="permissions",
        word="FAIL" if lacking else "ok",
        text=f"lacks {', '.join(lacking)}" if lacking else f"{len(wanted)} on Microsoft Graph",
        remedy="Grant them to the app in Entra, with admin consent." if lacking else "",
    )


def _exchange(tenant: Tenant, kinds: Iterable[type[Step]], seen: _Seen) -> Iterator[Finding]:
    if EXCHANGE not in {right.role for right in _rights(kinds)}:
        return
    try:
        missing = sorted(ALLOWED - tenant.exchange.may_run())
    except MailgrantError as error:
        yield failed("Exchange Online", error)
        return
    seen.exchange = True
    if missing:
        yield Finding(
            name="Exchange Online",
            word="FAIL",
            text=f"{len(missing)} of {len(ALLOWED)} cmdlets may not be run: {', '.join(missing[:4])} ...",
            remedy=f"It takes an active {EXCHANGE}; a colleague who is one can go on with a saved plan.",
        )
    else:
        yield Finding(
            name="Exchange Online", word="ok", text=f"all {len(ALLOWED)} cmdlets may be run"
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


def _roles(tenant: Tenant, kinds: Iterable[type[Step]], seen: _Seen) -> Iterator[Finding]:
    held = {DIRECTORY_ROLES.get(str(wid), "") for wid in seen.claims.get("wids") or ()}
    eligible = _eligible(tenant, str(seen.claims.get("oid")))
    for right in _rights(kinds):
        if not tenant.identity.user and right.role != EXCHANGE:
            continue  # an app holds permissions in place of these
        if held & {right.role, *ALSO.get(right.role, ())}:
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


def _rights(kinds: Iterable[type[Step]]) -> list[Right]:
    rights = [right for kind in kinds for right in kind.needs]
    return list({right.role: right for right in rights}.values())


def _eligible(tenant: Tenant, who: str) -> set[str] | None:
    """List the roles somebody may activate; None where that can't be seen.

    GET /roleManagement/directory/roleEligibilitySchedules (learn.microsoft.com/graph/api/rbacapplication-list-roleeligibilityschedules)
    """
    path = f"/roleManagement/directory/roleEligibilitySchedules?$filter=principalId eq '{who}'"
    found = _asked(tenant, path)
    if found is None:
        return None
    return {DIRECTORY_ROLES.get(str(each.get("roleDefinitionId")), "") for each in found["value"]}


# ---- what may stand in the way ----


def _in_the_way(tenant: Tenant) -> Iterator[Finding]:
    for name, path, say in IN_THE_WAY:
        found = _asked(tenant, path)
        if found is None:
            yield Finding(
                name=name,
                word="unknown",
                text="may not be read by who is signed in",
                remedy="It takes Policy.Read.All; or ask who manages the tenant's security.",
                needed=False,
            )
        else:
            yield Finding(name=name, word="ok", text=say(found))


def _asked(tenant: Tenant, path: str) -> dict[str, Any] | None:
    """Read something of Graph that a set-up doesn't depend on."""
    try:
        answer = tenant.graph.request("GET", path)
    except MailgrantError:
        return None
    good = answer.status == GOOD and isinstance(answer.body, dict)
    return answer.body if good else None


def _security_defaults(body: dict[str, Any]) -> str:
    on = body.get("isEnabled")
    return "on: people need multi-factor authentication" if on else "off"


def _conditional_access(body: dict[str, Any]) -> str:
    on = [each for each in body.get("value") or () if each.get("state") == "enabled"]
    names = ", ".join(str(each.get("displayName")) for each in on[:5])
    return f"{len(on)} policies on: {names}; one may block a sign-in" if on else "no policy is on"


def _app_policy(body: dict[str, Any]) -> str:
    rules = [
        f"{rule.get('restrictionType')}"
        + (f" {limit}" if (limit := rule.get("maxLifetime")) else "")
        for kind in ("passwordCredentials", "keyCredentials")
        for rule in (body.get("applicationRestrictions") or {}).get(kind) or ()
        if rule.get("state") == "enabled"
    ]
    if not body.get("isEnabled") or not rules:
        return "keys and secrets aren't restricted"
    return f"restricts {', '.join(rules)}; a certificate is made to fit"


IN_THE_WAY: tuple[tuple[str, str, Callable[[dict[str, Any]], str]], ...] = (
    (
        "Security Defaults",
        "/policies/identitySecurityDefaultsEnforcementPolicy",
        _security_defaults,
    ),
    ("Conditional Access", "/identity/conditionalAccess/policies", _conditional_access),
    ("app management policy", "/policies/defaultAppManagementPolicy", _app_policy),
)
