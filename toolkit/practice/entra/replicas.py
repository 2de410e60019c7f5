"""What the token service knows by now: new apps and new keys reach it a little later.

Seen again and again on the real service: a secret or certificate that Graph already shows is
refused for some seconds (AADSTS7000215, 700027), an app isn't found (700016).
"""

import json

from toolkit.practice.world import World

KIND = "signInReplica"
CREDENTIALS = ("keyCredentials", "passwordCredentials")


def note(world: World, since: float) -> None:
    """Write down when the apps and keys came that were written since then."""
    rows = world.store.execute(
        "select body, before from object where kind in ('application', 'servicePrincipal')"
        " and not deleted and changed >= ?",
        (since,),
    )
    for text, before in rows:
        body = json.loads(text)
        earlier = json.loads(before) if before else None
        known = world.store.get(KIND, body["appId"]) or {"created": None, "keys": {}}
        if earlier is None:
            known["created"] = known["created"] or world.at()
        old = _keys(earlier) if earlier else set()
        for key in _keys(body) - old - known["keys"].keys():
            known["keys"][key] = world.at()
        world.put(KIND, body["appId"], known, lag=False)


def knows_app(world: World, app: str) -> bool:
    """Tell whether the token service knows the app yet."""
    known = world.store.get(KIND, app)
    return known is None or _arrived(world, known["created"])


def knows_key(world: World, app: str, key: str) -> bool:
    """Tell whether the token service knows the app's secret or certificate yet."""
    known = world.store.get(KIND, app)
    return known is None or _arrived(world, known["keys"].get(key))


def _arrived(world: World, since: float | None) -> bool:
    lag = float(world.store.setting("sts_lag_seconds", 0))
    return since is None or world.at() >= since + lag


def _keys(body: dict[str, list[dict[str, str]]]) -> set[str]:
    return {entry["keyId"] for kind in CREDENTIALS for entry in body.get(kind, ())}
