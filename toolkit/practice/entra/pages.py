"""The pages of the practice tenant's sign-in: calm HTML, no scripts, and they say what they are."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from toolkit.practice.entra.token_refusal import TokenRefusal
from toolkit.practice.page import page as render
from toolkit.practice.seed.people import ORGANIZATION
from toolkit.practice.store import Body
from toolkit.practice.wire import Answer
from toolkit.practice.world import World

TITLES = {
    "who": "Sign in",
    "pick": "Pick an account",
    "password": "Enter password",
    "factor": "Prove that it is you",
    "confirm": "Are you trying to sign in?",
    "consent": "Permissions requested",
    "code": "Enter code",
    "done": "You have signed in",
    "declined": "Nothing was signed in",
    "post": "You have signed in",
    "trouble": "Sorry, but we're having trouble signing you in",
    "out": "You have signed out",
}


def page(
    world: World,
    step: str,
    *,
    status: int = 200,
    redirect: str = "",
    headers: Mapping[str, str] | None = None,
    **shown: Any,
) -> Answer:
    """Write one page; `redirect` is the address of the client that its form may lead to."""
    return render(
        "sign_in.html.j2",
        "sign_in.css.j2",
        status=status,
        target=_origin(redirect),
        headers=headers,
        step=step,
        title=TITLES[step],
        organization=ORGANIZATION,
        **({"action": f"{world.base}/common/login"} | shown),
    )


def post(world: World, address: str, parameters: Mapping[str, str]) -> Answer:
    """Write the page whose form carries an answer to the client; without scripts somebody sends it."""
    return page(world, "post", redirect=address, address=address, parameters=parameters)


def trouble(world: World, refusal: TokenRefusal, flow: Body | None, name: str = "") -> Answer:
    """Say why nobody is signed in; where the client is known, there is a way back to it."""
    text = refusal.parameters()["error_description"]
    message, _, ids = text.partition(" Trace ID:")
    redirect = str((flow or {}).get("redirect") or "")
    return page(
        world,
        "trouble",
        status=400 if flow is None else 200,
        redirect=redirect,
        flow=name,
        message=message,
        ids=f"Trace ID:{ids}",
    )


def _origin(address: str) -> str:
    # Browsers hold a redirect after a form to the page's policy too.
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
