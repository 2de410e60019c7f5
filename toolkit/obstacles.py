"""What the tenant's policies put in a set-up's way: Security Defaults, Conditional Access, rules for keys."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from toolkit.connectivity import Finding
from toolkit.errors import MailgrantError
from toolkit.permissions import EXCHANGE_ONLINE, GRAPH
from toolkit.systems.tenant import Tenant

GOOD = 200
TARGETS = frozenset({"All", "Office365", GRAPH, EXCHANGE_ONLINE})
"""What a policy names when it means what mailgrant signs in for; Office365 contains Exchange."""
CLIENTS = frozenset({"all", "mobileAppsAndDesktopClients"})
"""The kinds of client that a public client counts as, also one that opens a browser."""
DEVICE = frozenset(
    {"compliantDevice", "domainJoinedDevice", "approvedApplication", "compliantApplication"}
)
UNSEEN = (
    *("platforms", "locations", "devices", "signInRiskLevels", "userRiskLevels"),
    *("insiderRiskLevels", "servicePrincipalRiskLevels"),
)
"""Conditions that can't be judged from here."""


@dataclass(frozen=True, kw_only=True)
class Who:
    """Who signs in, as far as policies ask: a person, or an application (`person` is empty)."""

    person: str = ""
    roles: frozenset[str] = frozenset()
    guest: bool = False
    principal: str = ""
    by_code: bool = False

    @classmethod
    def of(cls, claims: Mapping[str, Any], *, by_code: bool) -> "Who":
        """Read it from the claims of a token; an application's `oid` is that of its enterprise app."""
        own = str(claims.get("oid") or "")
        if "scp" not in claims:
            return cls(principal=own)
        roles = frozenset(str(each) for each in claims.get("wids") or ())
        return cls(person=own, roles=roles, guest=str(claims.get("acct")) == "1", by_code=by_code)


@dataclass(frozen=True, kw_only=True)
class Met:
    """A policy that meets a sign-in, and what it asks; `sure` unless it hangs on what isn't seen."""

    name: str
    asks: str
    sure: bool


def look(tenant: Tenant, who: Who) -> Iterator[Finding]:
    """Look at each policy that may stand in the way; what may not be read is unknown, and no failure."""
    for name, path, judge in LOOKED_AT:
        found = asked(tenant, path)
        if found is None:
            yield Finding(
                name=name,
                word="unknown",
                text="may not be read by who is signed in",
                remedy="It takes Policy.Read.All; or ask who manages the tenant's security.",
                needed=False,
            )
        else:
            yield judge(found, who)


def asked(tenant: Tenant, path: str) -> dict[str, Any] | None:
    """Read something of Graph that a set-up doesn't depend on."""
    try:
        answer = tenant.graph.request("GET", path)
    except MailgrantError:
        return None
    good = answer.status == GOOD and isinstance(answer.body, dict)
    return answer.body if good else None


# ---- Conditional Access ----


def met(policies: Iterable[Mapping[str, Any]], who: Who) -> list[Met]:
    """List the policies in force that meet a sign-in to Microsoft Graph or Exchange Online.

    Source: learn.microsoft.com/graph/api/resources/conditionalaccessconditionset. An exclusion goes
    before every inclusion; groups can't be looked into from here.
    """
    found = []
    for policy in policies:
        conditions = policy.get("conditions") or {}
        meets = _aims(conditions, who) and (
            _people(conditions.get("users") or {}, who)
            if who.person
            else _applications(conditions.get("clientApplications") or {}, who)
        )
        if policy.get("state") == "enabled" and meets:
            sure = meets == SURE and not any(conditions.get(each) for each in UNSEEN)
            found.append(Met(name=str(policy.get("displayName")), asks=_asks(policy), sure=sure))
    return found


SURE, PERHAPS, NO = "sure", "perhaps", ""


def _aims(conditions: Mapping[str, Any], who: Who) -> bool:
    """Tell whether a policy is about what mailgrant signs in for, and by the way it does."""
    apps = conditions.get("applications") or {}
    excluded = set(apps.get("excludeApplications") or ())
    aimed = {
        each
        for each in (GRAPH, EXCHANGE_ONLINE)
        if {"All", each} & set(apps.get("includeApplications") or ()) and each not in excluded
    }
    office = "Office365" in (apps.get("includeApplications") or ()) and not (
        {"Office365", EXCHANGE_ONLINE} & excluded
    )
    kinds = set(conditions.get("clientAppTypes") or ("all",))
    flows = str((conditions.get("authenticationFlows") or {}).get("transferMethods") or "")
    flow = not flows or (who.by_code and "deviceCodeFlow" in flows)
    return bool((aimed or office) and (not who.person or kinds & CLIENTS) and flow)


def _people(users: Mapping[str, Any], who: Who) -> str:
    out = set(users.get("excludeUsers") or ())
    left_out = (
        who.person in out
        or set(users.get("excludeRoles") or ()) & who.roles
        or (
            who.guest
            and ("GuestsOrExternalUsers" in out or users.get("excludeGuestsOrExternalUsers"))
        )
    )
    if left_out:
        return NO
    inside = set(users.get("includeUsers") or ())
    meant = (
        inside & {"All", who.person}
        or set(users.get("includeRoles") or ()) & who.roles
        or (
            who.guest
            and ("GuestsOrExternalUsers" in inside or users.get("includeGuestsOrExternalUsers"))
        )
    )
    if meant:
        return PERHAPS if users.get("excludeGroups") else SURE
    return PERHAPS if users.get("includeGroups") else NO


def _applications(clients: Mapping[str, Any], who: Who) -> str:
    """Judge a policy for workload identities; one for people doesn't meet an application."""
    if who.principal in (clients.get("excludeServicePrincipals") or ()):
        return NO
    if {"ServicePrincipalsInMyTenant", who.principal} & set(
        clients.get("includeServicePrincipals") or ()
    ):
        return PERHAPS if clients.get("servicePrincipalFilter") else SURE
    return NO


def _asks(policy: Mapping[str, Any]) -> str:
    """Tell the hardest thing a policy asks: block, device, mfa, or something else."""
    controls = policy.get("grantControls") or {}
    asked_for = set(controls.get("builtInControls") or ())
    if "block" in asked_for:
        return "block"
    mfa = "mfa" in asked_for or bool(controls.get("authenticationStrength"))
    enough = mfa and controls.get("operator") == "OR"
    if asked_for & DEVICE and not enough:
        return "device"
    return "mfa" if mfa else "other"


def _conditional_access(body: Mapping[str, Any], who: Who) -> Finding:
    found = met(body.get("value") or (), who)
    name = "Conditional Access"
    blocks = [each for each in found if each.asks == "block"]
    if blocks:
        sure = any(each.sure for each in blocks)
        return Finding(
            name=name,
            word="FAIL" if sure else "unknown",
            text=f"{'blocks' if sure else 'may block'} this sign-in: {_named(blocks)}",
            remedy="Ask who manages Conditional Access to except you or this client"
            + ("; or sign in without --device-code." if who.by_code else "."),
            needed=sure,
        )
    devices = [each for each in found if each.asks == "device"]
    if devices:
        return Finding(
            name=name,
            word="unknown",
            text=f"wants a managed device or an approved app: {_named(devices)}",
            remedy="Run mailgrant on a computer that your organization manages.",
            needed=False,
        )
    factors = [each for each in found if each.asks == "mfa"]
    whose = "this sign-in" if who.person else "an application's sign-in"
    said = f"wants multi-factor authentication: {_named(factors)}" if factors else ""
    return Finding(name=name, word="ok", text=said or f"nothing in force is about {whose}")


def _named(found: Iterable[Met]) -> str:
    return ", ".join(each.name for each in list(found)[:5])


# ---- the others ----


def _security_defaults(body: Mapping[str, Any], who: Who) -> Finding:
    on = "on: people need multi-factor authentication"
    text = (on if who.person else f"{on}, applications don't") if body.get("isEnabled") else "off"
    return Finding(name="Security Defaults", word="ok", text=text)


def _app_policy(body: Mapping[str, Any], _who: Who) -> Finding:
    rules = [
        f"{rule.get('restrictionType')}"
        + (f" {limit}" if (limit := rule.get("maxLifetime")) else "")
        for kind in ("passwordCredentials", "keyCredentials")
        for rule in (body.get("applicationRestrictions") or {}).get(kind) or ()
        if rule.get("state") == "enabled"
    ]
    limited = body.get("isEnabled") and rules
    text = f"restricts {', '.join(rules)}; a certificate is made to fit" if limited else ""
    text = text or "keys and secrets aren't restricted"
    return Finding(name="app management policy", word="ok", text=text)


LOOKED_AT = (
    (
        "Security Defaults",
        "/policies/identitySecurityDefaultsEnforcementPolicy",
        _security_defaults,
    ),
    ("Conditional Access", "/identity/conditionalAccess/policies", _conditional_access),
    ("app management policy", "/policies/defaultAppManagementPolicy", _app_policy),
)
