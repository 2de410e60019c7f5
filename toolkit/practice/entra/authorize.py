"""The authorization endpoint: reads what a client asks of the browser, and sends answers back.

Source: learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
"""

import re
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from toolkit.practice.entra import clients, pages, scopes
from toolkit.practice.entra.clients import PUBLIC, SINGLE_PAGE
from toolkit.practice.entra.token_refusal import TokenRefusal, missing
from toolkit.practice.seed.people import TENANT_ID
from toolkit.practice.store import Body
from toolkit.practice.wire import Answer
from toolkit.practice.world import World

MODES = frozenset({"query", "fragment", "form_post"})
PROMPTS = frozenset({"none", "login", "select_account", "consent"})
CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class Returned(Exception):  # noqa: N818  it is an answer, not a fault of ours
    """A refusal that goes back to the client's own address."""

    def __init__(self, flow: Body, refusal: TokenRefusal) -> None:
        super().__init__(refusal.text)
        self.flow = flow
        self.refusal = refusal


def read(world: World, asked: Mapping[str, str], tenant: str) -> Body:
    """Read a request into an open sign-in.

    Raises TokenRefusal where nobody may be sent back, since the client or its address isn't known,
    and Returned where the client has to hear of it.
    """
    if not asked.get("client_id"):
        raise missing("client_id")
    client = clients.find(world, asked["client_id"])
    redirect = asked.get("redirect_uri", "")
    if not redirect:
        raise TokenRefusal(
            900971, "invalid_request", "No reply address provided.",
        )  # fmt: skip
    kind = client.redirect_kind(redirect)
    mode = asked.get("response_mode") or "query"
    flow: Body = {
        "tenant": tenant,
        "client": client.app_id,
        "redirect": redirect,
        "mode": mode if mode in MODES else "query",
        "state": asked.get("state"),
        "nonce": asked.get("nonce", ""),
        "challenge": asked.get("code_challenge", ""),
        "scope": asked.get("scope", ""),
        "prompt": asked.get("prompt", ""),
        "hint": asked.get("login_hint", ""),
        "user": None,
        "methods": [],
    }
    try:
        _check(asked, kind)
        scopes.read(world, flow["scope"], client)
    except TokenRefusal as refusal:
        raise Returned(flow, refusal) from None
    return flow


def _check(asked: Mapping[str, str], kind: str) -> None:
    if not asked.get("response_type"):
        raise missing("response_type")
    if asked["response_type"] != "code":
        raise TokenRefusal(
            700054,
            "unsupported_response_type",
            f"response_type '{asked['response_type']}' is not enabled for the application.",
        )
    if asked.get("response_mode", "query") not in MODES:
        raise _malformed(70007, "is not a supported value of 'response_mode'")
    if asked.get("prompt") and asked["prompt"] not in PROMPTS:
        raise _malformed(90023, "is not a supported value of 'prompt'")
    challenge = asked.get("code_challenge", "")
    if not challenge and kind in {PUBLIC, SINGLE_PAGE}:
        raise TokenRefusal(
            9002325,
            "invalid_request",
            "Proof Key for Code Exchange is required for authorization code redemption.",
        )
    hashed = asked.get("code_challenge_method") == "S256" and CHALLENGE.fullmatch(challenge)
    if challenge and not hashed:
        raise _malformed(50147, "is no code challenge of method S256")


def _malformed(code: int, why: str) -> TokenRefusal:
    return TokenRefusal(code, "invalid_request", f"Invalid request. A given value {why}.")


def send_back(world: World, flow: Body, parameters: Mapping[str, str]) -> Answer:
    """Answer the client at its own address: in the query, the fragment, or a form."""
    given = dict(parameters)
    if flow.get("admin"):  # both are there whether it was given or not
        given |= {"admin_consent": "True", "tenant": TENANT_ID}
    if flow["state"] is not None:
        given["state"] = flow["state"]
    address: str = flow["redirect"]
    if flow["mode"] == "form_post":
        return pages.post(world, address, given)
    sign = "#" if flow["mode"] == "fragment" else "&" if urlsplit(address).query else "?"
    return Answer(status=302, headers={"location": f"{address}{sign}{urlencode(given)}"})
