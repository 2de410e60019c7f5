"""What the token service hands out and takes back: codes, refresh tokens, sessions, open sign-ins.

Only hashes of them are kept. How long they are good is the computer's time, as all of sign-in is.
"""

import hashlib
import secrets
import time

from toolkit.practice.store import Body
from toolkit.practice.world import World

KIND = "signInTicket"
# How many seconds each is good: learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow,
# /v2-oauth2-device-code and /refresh-tokens.
LIFETIMES = {
    "sign-in": 60 * 60,
    "code": 10 * 60,
    "device": 15 * 60,
    "session": 24 * 60 * 60,
    "refresh": 90 * 24 * 60 * 60,
}


def hand_out(world: World, what: str, body: Body, text: str = "") -> str:
    """Make a ticket, and give the text that stands for it."""
    text = text or f"{what[0]}.{secrets.token_urlsafe(48)}"
    now = time.time()
    for old in world.store.all(KIND):
        if old["expires"] < now:
            world.remove(KIND, old["id"], lag=False)
    made = {"made": now, "at": world.at(), "expires": now + LIFETIMES[what]}
    keep(world, {**body, **made, "id": _name(what, text)})
    return text


def find(world: World, what: str, text: str) -> Body | None:
    """Find a ticket by its text, whether it is still good or not."""
    return world.store.get(KIND, _name(what, text)) if text else None


def good(ticket: Body) -> bool:
    """Tell whether a ticket's time isn't over."""
    return bool(ticket["expires"] > time.time())


def keep(world: World, ticket: Body) -> None:
    """Write down what has become of a ticket."""
    world.put(KIND, ticket["id"], ticket, lag=False)


def drop(world: World, ticket: Body) -> None:
    """Take a ticket out of the world."""
    world.remove(KIND, ticket["id"], lag=False)


def _name(what: str, text: str) -> str:
    return f"{what}/{hashlib.sha256(text.encode()).hexdigest()}"
