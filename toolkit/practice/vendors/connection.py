"""A vendor's server: sends people to sign in, redeems what they bring, refreshes, reads the calendar.

It asks the tenant's endpoints without a socket between, for the world has one writer at a time:
faults don't strike these requests, and recordings don't show them.
"""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from toolkit.practice import graph
from toolkit.practice.entra import login, tokens
from toolkit.practice.store import Body
from toolkit.practice.vendors import proof
from toolkit.practice.vendors.catalogue import Vendor
from toolkit.practice.wire import Ask
from toolkit.practice.world import World

FORM = {"content-type": "application/x-www-form-urlencoded"}
OK = 200


class VendorError(Exception):
    """What went wrong, in the words that the vendor got."""

    def __init__(self, error: str, text: str) -> None:
        super().__init__(text)
        self.error = error
        self.text = text


def callback(world: World, vendor: Vendor) -> str:
    """Tell the address that has to be registered for the vendor."""
    return f"{world.base}{vendor.callback}"


def sign_in_address(world: World, vendor: Vendor, settings: Body, state: str) -> str:
    """Tell where the browser has to go."""
    asked = {
        "client_id": settings["client_id"],
        "response_type": "code",
        "response_mode": "query",
        "redirect_uri": callback(world, vendor),
        "scope": vendor.asks(settings),
        "state": state,
        "prompt": "select_account",
    }
    return f"{world.base}/{settings['tenant_id']}/oauth2/v2.0/authorize?{urlencode(asked)}"


def connect(world: World, vendor: Vendor, settings: Body, code: str) -> Body:
    """Redeem a code, and read whose calendar it opens."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": callback(world, vendor),
    }
    return _opened(world, _tokens(world, vendor, settings, form))


def refresh(world: World, vendor: Vendor, settings: Body, account: Body) -> Body:
    """Come back with the refresh token, as the vendor does when nobody is there."""
    if not account.get("refresh_token"):
        raise VendorError("no_refresh_token", "Entra gave none: offline_access wasn't asked for.")
    form = {"grant_type": "refresh_token", "refresh_token": account["refresh_token"]}
    return _opened(world, _tokens(world, vendor, settings, form))


def _tokens(world: World, vendor: Vendor, settings: Body, form: Body) -> Body:
    path = f"/{settings['tenant_id']}/oauth2/v2.0/token"
    sent = form | {"client_id": settings["client_id"], "scope": vendor.asks(settings)}
    sent |= proof.of(settings, f"{world.base}{path}")
    ask = Ask(method="POST", path=path, headers=FORM, body=urlencode(sent).encode())
    reply = login.answer(world, ask)
    body: Any = reply.body if reply else None
    if reply is None or reply.status != OK:
        given = body or {"error": "not_found", "error_description": f"Nothing answers at {path}."}
        raise VendorError(given["error"], given["error_description"])
    return dict(body)


def _opened(world: World, given: Body) -> Body:
    headers = {"authorization": f"Bearer {given['access_token']}"}
    ask = Ask(method="GET", path="/v1.0/me/calendar", headers=headers)
    reply = graph.answer(world, replace(ask, caller=tokens.caller_of(world, headers)))
    if reply.status != OK:
        error = reply.body["error"]
        raise VendorError(f"{reply.status} {error['code']}", error["message"])
    owner = reply.body["owner"]
    return {
        "address": owner["address"],
        "name": owner["name"],
        "calendar": reply.body["name"],
        "scopes": given["scope"],
        "refresh_token": given.get("refresh_token", ""),
        "seen": world.stamp(),
    }
