"""What the token service knows by now: new apps and new keys reach its nodes a little later.

Seen again and again on the real service: a secret or certificate that Graph already shows is
refused for 4 to 18 seconds (AADSTS7000215, 700027), an app isn't found (700016), and one good
answer is followed by a bad one, for the next request meets another node:
github.com/microsoftgraph/microsoft-graph-docs/issues/17966 and
github.com/hashicorp/vault-plugin-secrets-azure/issues/23. Requests take the nodes by turns here.
"""

import json

from toolkit.practice.world import World

KIND = "signInReplica"
CREDENTIALS = ("keyCredentials", "passwordCredentials")
NODE = "sts_node"
# When each node knows of a change: that part of the lag has to be over.
NODES = (1 / 3, 2 / 3, 1.0)


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


def turn(world: World) -> None:
    """Let the next node serve, as each request for a token meets another."""
    world.store.set_setting(NODE, (_node(world) + 1) % len(NODES))


def knows_app(world: World, app: str) -> bool:
    """Tell whether the node that serves knows the app yet."""
    known = world.store.get(KIND, app)
    return known is None or _arrived(world, known["created"])


def knows_key(world: World, app: str, key: str) -> bool:
    """Tell whether the node that serves knows the app's secret or certificate yet."""
    known = world.store.get(KIND, app)
    return known is None or _arrived(world, known["keys"].get(key))


def _arrived(world: World, since: float | None) -> bool:
    lag = float(world.store.setting("sts_lag_seconds", 0))
    return since is None or world.at() >= since + lag * NODES[_node(world)]


def _node(world: World) -> int:
    return int(world.store.setting(NODE, 0))


def _keys(body: dict[str, list[dict[str, str]]]) -> set[str]:
    return {entry["keyId"] for kind in CREDENTIALS for entry in body.get(kind, ())}
