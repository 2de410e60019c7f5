"""When apps signed in, and what the report of it says by now: it is filled hours later.

Source: learn.microsoft.com/graph/api/resources/serviceprincipalsigninactivity
"""

import base64
import uuid
from collections.abc import Iterator

from toolkit.practice.store import Body
from toolkit.practice.world import World, utc

KIND = "signInActivity"
# How an app takes part in a sign-in without a person, as the report calls it.
CLIENT = "applicationAuthenticationClientSignInActivity"
RESOURCE = "applicationAuthenticationResourceSignInActivity"
# And how it does where somebody signs in through it.
FOR_PERSON = ("delegatedClientSignInActivity", "delegatedResourceSignInActivity")
PARTS = (CLIENT, RESOURCE, *FOR_PERSON)


def note(world: World, client: str, resource: str, *, person: bool = False) -> None:
    """Write down that an app signed in, and to which other."""
    parts = FOR_PERSON if person else (CLIENT, RESOURCE)
    for app, part in zip((client, resource), parts, strict=True):
        known = world.store.get(KIND, app) or {"appId": app, **{name: [] for name in PARTS}}
        limit = _reported_until(world)
        # Of what the report shows already, the last one is enough.
        shown = [entry for entry in known[part] if entry["at"] <= limit][-1:]
        later = [entry for entry in known[part] if entry["at"] > limit]
        known[part] = [*shown, *later, {"at": world.at(), "request": world.new_id()}]
        world.put(KIND, app, known, lag=False)


def remember(world: World, client: str, at: float) -> None:
    """Put a sign-in of long ago into the report, as the seed does."""
    body: Body = {"appId": client, **{name: [] for name in PARTS}}
    body[CLIENT] = [
        {"at": at, "request": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{client} signed in"))}
    ]
    world.put(KIND, client, body, lag=False)


def report(world: World) -> Iterator[Body]:
    """List the apps with their last sign-ins, as far as those have reached the report.

    The setting `sign_in_report_seconds` says how long that takes; it is 0 unless set.
    """
    for known in world.store.all(KIND):
        parts = {part: _last(world, known[part]) for part in PARTS}
        every = [entry for part in PARTS for entry in known[part]]
        last = _last(world, sorted(every, key=lambda entry: float(entry["at"])))
        if last is not None:
            key = base64.b64encode(known["appId"].encode()).decode()
            yield {"id": key, "appId": known["appId"], "lastSignInActivity": last, **parts}


def _last(world: World, entries: list[Body]) -> Body | None:
    reported = [entry for entry in entries if entry["at"] <= _reported_until(world)]
    if not reported:
        return None
    return {
        "lastSignInDateTime": utc(reported[-1]["at"]).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "lastSignInRequestId": reported[-1]["request"],
    }


def _reported_until(world: World) -> float:
    return world.at() - float(world.store.setting("sign_in_report_seconds", 0))
