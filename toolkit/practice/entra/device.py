"""Device codes: asked for by a client, entered by somebody in a browser, waited for by the client.

Source: learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code
"""

import secrets
import time

from toolkit.practice.entra import scopes, tickets
from toolkit.practice.entra.clients import Client
from toolkit.practice.entra.token_refusal import TokenRefusal
from toolkit.practice.store import Body
from toolkit.practice.world import World

LETTERS = "BCDFGHJKLMNPQRSTVWXYZ23456789"  # no vowels, no digits that look like letters
CODE_LENGTH = 9
INTERVAL = 5
SLACK = 0.5
PAGE = "/common/oauth2/deviceauth"
# How a client hears of what somebody said in the browser.
DECLINED = "declined"


def begin(world: World, client: Client, scope: str, tenant: str) -> Body:
    """Hand out a pair of codes: one for the client, one for the person."""
    scopes.read(world, scope, client)
    user_code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
    body = {
        "client": client.app_id,
        "tenant": tenant,
        "scope": scope,
        "user_code": user_code,
        "state": "pending",
    }
    code = tickets.hand_out(world, "device", body)
    address = f"{world.base}{PAGE}"
    return {
        "user_code": user_code,
        "device_code": code,
        "verification_uri": address,
        "expires_in": tickets.LIFETIMES["device"],
        "interval": INTERVAL,
        "message": f"To sign in, use a web browser to open the page {address} and enter the code"
        f" {user_code} to authenticate.",
    }


def entered(world: World, user_code: str) -> Body:
    """Find what somebody has entered a code for."""
    wanted = user_code.strip().upper()
    for ticket in world.store.find(tickets.KIND, user_code=wanted):
        if tickets.good(ticket) and ticket["state"] == "pending":
            return ticket
    raise TokenRefusal(
        70018,
        "bad_verification_code",
        "Invalid verification code due to User typing in wrong user code for device code flow.",
    )


def decide(world: World, key: str, change: Body) -> None:
    """Write down what came of it in the browser."""
    ticket = world.store.get(tickets.KIND, key)
    if ticket is not None:
        tickets.keep(world, ticket | change)


def redeem(world: World, code: str, client: Client) -> Body:
    """Tell the waiting client who signed in, or that nobody has yet."""
    ticket = tickets.find(world, "device", code)
    if ticket is None or ticket["client"] != client.app_id or ticket["state"] == "used":
        raise TokenRefusal(
            70000, "bad_verification_code", "The provided value for 'device_code' is not valid."
        )
    if not tickets.good(ticket):
        raise TokenRefusal(
            70020,  # as recorded: github.com/Azure/azure-cli/issues/22251
            "expired_token",
            "The provided value for the input parameter 'device_code' is not valid. This device code"
            " has expired.",
        )
    if ticket["state"] == "pending":
        raise _pending(world, ticket)
    tickets.keep(world, ticket | {"state": "used"})
    if ticket["state"] == DECLINED:
        refusal: Body = ticket["refusal"]
        raise TokenRefusal(refusal["code"], refusal["error"], refusal["text"])
    return ticket


def _pending(world: World, ticket: Body) -> TokenRefusal:
    now = time.time()
    hasty = now < ticket.get("polled", 0.0) + INTERVAL - SLACK
    tickets.keep(world, ticket | {"polled": now})
    return TokenRefusal(
        70016,
        "slow_down" if hasty else "authorization_pending",
        "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
    )
