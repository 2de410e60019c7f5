"""The switches of the practice world: lag, caches, clock, policies, sign-in, rights."""

import re
from collections.abc import Callable

from toolkit.errors import UsageError
from toolkit.practice.seed.people import known_id
from toolkit.practice.seed.permissions import EXCHANGE, GRAPH, roles
from toolkit.practice.store import Body
from toolkit.practice.world import World

EXAMPLES = (
    "lag reads=3, lag seconds=90, lag reads=8 flip, lag off, sts-lag 15s, cache off, clock +7m,"
    " pim eligible, pim active admin.pim@northbridge.example, mfa refuse, security-defaults on,"
    " ca block=device_code, consent admins, policy secrets=deny, policy certificates=max=90d,"
    " role remove AppRoleAssignment.ReadWrite.All, dehydrated on,"
    " naming-policy GRP_<GroupName>, entra-p1 off"
)
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
ELIGIBLE = "directoryRoleEligibility"
HELD = "directoryRoleAssignment"


def is_switch(line: str) -> bool:
    """Tell whether a line turns a switch, and is no fault."""
    return line.split(" ", maxsplit=1)[0] in SWITCHES


def turn(world: World, line: str) -> None:
    """Turn a switch; a line that can't be read is refused with examples."""
    word, *rest = line.split()
    try:
        SWITCHES[word](world, rest)
    except (ValueError, KeyError, StopIteration):
        raise UsageError(f"The switch `{line}` can't be read.", fix=f"Known: {EXAMPLES}") from None


def seconds(text: str) -> float:
    """Read a duration: 90, 90s, 7m, 3h, 1d, with a sign if need be."""
    found = re.fullmatch(r"([+-]?[0-9]+(?:\.[0-9]+)?)([smhd]?)", text)
    if found is None:
        raise ValueError(text)
    return float(found.group(1)) * UNITS[found.group(2) or "s"]


def _lag(world: World, words: list[str]) -> None:
    lag: dict[str, object] = {}
    for word in [] if words == ["off"] else words:
        name, _, value = word.partition("=")
        if word == "flip":
            lag["flip"] = True
        elif name == "reads":
            lag["reads"] = int(value)
        elif name == "seconds":
            lag["seconds"] = seconds(value)
        else:
            raise ValueError(word)
    if not words:
        raise ValueError("lag")
    world.store.set_setting("lag", lag)


def _sign_in_lag(world: World, words: list[str]) -> None:
    (value,) = words
    world.store.set_setting("sts_lag_seconds", 0 if value == "off" else seconds(value))


def _cache(world: World, words: list[str]) -> None:
    (value,) = words
    world.store.set_setting("permission_cache", {"on": True, "off": False}[value])


def _clock(world: World, words: list[str]) -> None:
    (value,) = words
    world.clock.sleep(seconds(value))


def _pim(world: World, words: list[str]) -> None:
    value, *names = words
    moves = {"eligible": (HELD, ELIGIBLE), "active": (ELIGIBLE, HELD)}
    source, target = moves[value]
    who = _person(world, *names) if names else _administrator(world)
    for holding in world.store.find(source, principalId=who["id"]):
        world.remove(source, holding["id"], lag=False)
        world.put(target, holding["id"], holding, lag=False)


def _policy(world: World, words: list[str]) -> None:
    (word,) = words
    name, _, value = word.partition("=")
    policy = world.store.get("appManagementPolicy", "default")
    if policy is None:
        raise KeyError("default")
    for part in ("applicationRestrictions", "servicePrincipalRestrictions"):
        for kind, change in _restrictions(name, value).items():
            section = "keyCredentials" if name == "certificates" else "passwordCredentials"
            _restriction(policy[part][section], kind).update(change)
    world.put("appManagementPolicy", "default", policy, lag=False)


def _restrictions(name: str, value: str) -> dict[str, Body]:
    lifetime = {"secrets": "passwordLifetime", "certificates": "asymmetricKeyLifetime"}[name]
    if value == "allow":
        kinds = ("passwordAddition", lifetime) if name == "secrets" else (lifetime,)
        return {kind: {"state": "disabled"} for kind in kinds}
    if value == "deny" and name == "secrets":
        return {"passwordAddition": {"state": "enabled"}}
    word, _, length = value.partition("=")
    if word != "max":
        raise ValueError(value)
    days = int(seconds(length) // UNITS["d"])
    return {lifetime: {"state": "enabled", "maxLifetime": f"P{days}D"}}


def _restriction(listed: list[Body], kind: str) -> Body:
    return next(one for one in listed if one["restrictionType"] == kind)


def _role(world: World, words: list[str]) -> None:
    verb, value = words
    resource = next(one for one in (GRAPH, EXCHANGE) if value in {r.value for r in roles(one)})
    role = next(one.id for one in roles(resource) if one.value == value)
    principal = _administrator(world)
    target = world.store.find("servicePrincipal", appId=resource)[0]
    same = {"principalId": principal["id"], "resourceId": target["id"], "appRoleId": role}
    held = world.store.find("appRoleAssignment", **same)
    if verb == "remove":
        for one in held:
            world.remove("appRoleAssignment", one["id"], lag=False)
    elif verb != "add":
        raise ValueError(verb)
    elif not held:
        body = same | {
            "id": known_id(f"appRoleAssignment/admin/{resource}/{value}"),
            "createdDateTime": world.stamp(),
            "deletedDateTime": None,
            "principalDisplayName": principal["displayName"],
            "principalType": "ServicePrincipal",
            "resourceDisplayName": target["displayName"],
        }
        world.put("appRoleAssignment", str(body["id"]), body, lag=False)


def _dehydrated(world: World, words: list[str]) -> None:
    (value,) = words
    world.store.set_setting("dehydrated", {"on": True, "off": False}[value])


def _naming_policy(world: World, words: list[str]) -> None:
    (value,) = words
    if value != "off" and "<GroupName>" not in value:
        raise ValueError(value)
    world.store.set_setting("naming_policy", "" if value == "off" else value)


def _entra_p1(world: World, words: list[str]) -> None:
    (value,) = words
    status = {"on": "Enabled", "off": "Suspended"}[value]
    for sku in world.store.find("subscribedSku", skuPartNumber="AAD_PREMIUM"):
        world.put("subscribedSku", sku["id"], sku | {"capabilityStatus": status}, lag=False)


def _security_defaults(world: World, words: list[str]) -> None:
    (value,) = words
    world.store.set_setting("security_defaults", {"on": True, "off": False}[value])


def _conditional_access(world: World, words: list[str]) -> None:
    (value,) = words
    world.store.set_setting("ca_block", _one_of(value, "block=", "device_code all none"))


def _second_factor(world: World, words: list[str]) -> None:
    value, *names = words
    if names:
        demanded = {"on": True, "off": False}[value]
        person = _person(world, *names) | {"_second_factor": demanded}
        world.put("user", person["id"], person, lag=False)
    else:
        world.store.set_setting("mfa", _one_of(value, "", "on refuse"))


def _consent(world: World, words: list[str]) -> None:
    (value,) = words
    world.store.set_setting("consent", _one_of(value, "", "users admins requests"))


def _one_of(value: str, start: str, known: str) -> str:
    found = value.removeprefix(start)
    if not value.startswith(start) or found not in known.split():
        raise ValueError(value)
    return found


def _person(world: World, name: str) -> Body:
    names = ("userPrincipalName", "mail")
    return next(
        one
        for one in world.store.all("user")
        if name.lower() in {str(one[prop]).lower() for prop in names}
    )


def _administrator(world: World) -> Body:
    client = world.store.setting("admin")["client_id"]
    return world.store.find("servicePrincipal", appId=client)[0]


SWITCHES: dict[str, Callable[[World, list[str]], None]] = {
    "ca": _conditional_access,
    "cache": _cache,
    "clock": _clock,
    "consent": _consent,
    "dehydrated": _dehydrated,
    "entra-p1": _entra_p1,
    "lag": _lag,
    "mfa": _second_factor,
    "naming-policy": _naming_policy,
    "pim": _pim,
    "policy": _policy,
    "role": _role,
    "security-defaults": _security_defaults,
    "sts-lag": _sign_in_lag,
}
