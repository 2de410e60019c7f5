"""App management policies: what credentials and identifier URIs they let an app have."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from toolkit.practice.graph.errors import bad
from toolkit.practice.store import Body
from toolkit.practice.world import World

DURATION = re.compile(
    r"P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)
DAYS = {"years": 365, "months": 30, "weeks": 7, "days": 1}
# Which side of the tenant's policy speaks of which kind of object.
SIDES = {
    "application": "applicationRestrictions",
    "servicePrincipal": "servicePrincipalRestrictions",
}
TENANT_POLICY = "default"


def lifetime(text: str) -> timedelta:
    """Read an ISO 8601 duration; a year counts 365 days and a month 30, as Microsoft's SDK does."""
    match = DURATION.fullmatch(text)
    parts = {
        name: int(value) for name, value in (match.groupdict() if match else {}).items() if value
    }
    days = sum(parts.pop(name, 0) * length for name, length in DAYS.items())
    return timedelta(days=days, **parts)


def check_added(world: World, kind: str, body: Body, restriction: str) -> None:
    """Refuse a type of credential that a policy forbids (code as in the graph documentation)."""
    for policy, rule in _rules(world, kind, body, "passwordCredentials"):
        if rule["restrictionType"] == restriction:
            raise bad(
                f"Credential type not allowed as per assigned policy '{policy}'.",
                "CredentialTypeNotAllowedAsPerAppPolicy",
            )


def check_lifetime(world: World, kind: str, body: Body, restriction: str, span: timedelta) -> None:
    """Refuse a credential that would live longer than a policy allows."""
    group = "keyCredentials" if restriction == "asymmetricKeyLifetime" else "passwordCredentials"
    for policy, rule in _rules(world, kind, body, group):
        limit = rule.get("maxLifetime") if rule["restrictionType"] == restriction else None
        # Clients date the end from their own clock; some minutes' difference are nobody's offence.
        if limit and span > lifetime(limit) + timedelta(minutes=5):
            raise bad(
                "Credential lifetime exceeds the max value allowed as per assigned policy"
                f" '{policy}'.",
                "CredentialInvalidLifetimeAsPerAppPolicy",
            )


def check_identifier_uris(world: World, body: Body, added: list[str]) -> None:
    """Refuse identifier URIs that name neither tenant, app nor a verified domain.

    Blocked by default since August 2025; apps that ask for version 2 tokens are exempt
    (learn.microsoft.com/entra/identity-platform/identifier-uri-restrictions).
    """
    tenant = world.store.all("organization")[0]
    domains = [one["id"].lower() for one in world.store.all("domain")]
    allowed = [tenant["id"].lower(), body["appId"].lower()]
    version = (body.get("api") or {}).get("requestedAccessTokenVersion")
    for policy, rule in _uri_rules(world):
        if rule.get("excludeAppsReceivingV2Tokens") and version == 2:  # noqa: PLR2004  the version's name
            continue
        for uri in added:
            host = re.sub(r"^\w+://", "", uri.lower()).split("/")[0]
            own = any(host == one or host.endswith(f".{one}") for one in domains)
            if not own and not any(one in uri.lower() for one in allowed):
                raise bad(
                    f"Failed to add identifier URI {uri}. All newly added URIs must contain a"
                    f" tenant verified domain, tenant ID, or app ID, as per assigned policy"
                    f" '{policy}'.",
                    "InvalidUniqueTenantIdentifierAsPerAppPolicy",
                )


def _uri_rules(world: World) -> Iterator[tuple[str, Body]]:
    policy = world.store.get("appManagementPolicy", TENANT_POLICY)
    if policy and policy.get("isEnabled"):
        uris = (policy.get("applicationRestrictions") or {}).get("identifierUris") or {}
        rule = uris.get("uriAdditionWithoutUniqueTenantIdentifier")
        if rule and rule.get("state") == "enabled":
            yield policy["id"], rule


def _rules(world: World, kind: str, body: Body, group: str) -> Iterator[tuple[str, Body]]:
    """List the enabled restrictions for an object: an assigned policy stands before the tenant's."""
    assigned = [
        policy
        for key in body.get("_policies", ())
        if (policy := world.store.get("appManagementPolicy", key)) and policy.get("isEnabled")
    ]
    overridden: set[str] = set()
    for policy in assigned:
        for rule in (policy.get("restrictions") or {}).get(group) or ():
            overridden.add(rule["restrictionType"])
            if rule.get("state", "enabled") == "enabled" and _applies(rule, body):
                yield policy["id"], rule
    policy = world.store.get("appManagementPolicy", TENANT_POLICY)
    if policy is None or not policy.get("isEnabled"):
        return
    for rule in (policy.get(SIDES[kind]) or {}).get(group) or ():
        stands = rule["restrictionType"] not in overridden
        if stands and rule.get("state", "enabled") == "enabled" and _applies(rule, body):
            yield policy["id"], rule


def _applies(rule: Body, body: Body) -> bool:
    since = rule.get("restrictForAppsCreatedAfterDateTime")
    created = body.get("createdDateTime")
    if not since or not created:
        return True
    return _time(created) >= _time(since)


def _time(text: str) -> datetime:
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)
