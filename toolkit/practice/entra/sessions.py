"""The browser's own session: whoever signed in once isn't asked for a password at the next window."""

from http.cookies import CookieError, SimpleCookie

from toolkit.practice.entra import people, tickets
from toolkit.practice.entra.token_refusal import TokenRefusal
from toolkit.practice.store import Body
from toolkit.practice.wire import Ask
from toolkit.practice.world import World

COOKIE = "__Host-practice"
# No script reads it, and no other site's form brings it along.
KEPT = "Path=/; Secure; HttpOnly; SameSite=Lax"


def of(world: World, ask: Ask) -> Body | None:
    """Find the session that a browser brings, while it is good and the account is."""
    try:
        found = SimpleCookie(ask.headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    ticket = tickets.find(world, "session", found.value) if found else None
    user = world.store.get("user", ticket["user"]) if ticket else None
    if ticket is None or user is None or not tickets.good(ticket):
        return None
    try:
        people.check_account(user)
        people.check_session(user, ticket)
    except TokenRefusal:
        return None
    return ticket


def open_for(world: World, flow: Body) -> dict[str, str]:
    """Open a session for who signed in; the answer is the header that makes the browser keep it."""
    text = tickets.hand_out(world, "session", {"user": flow["user"], "methods": flow["methods"]})
    return {"set-cookie": f"{COOKIE}={text}; {KEPT}"}


def close(world: World, ask: Ask) -> dict[str, str]:
    """Close a browser's session."""
    ticket = of(world, ask)
    if ticket is not None:
        tickets.drop(world, ticket)
    return {"set-cookie": f"{COOKIE}=; Max-Age=0; {KEPT}"}
