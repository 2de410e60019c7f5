"""The page where somebody enters the code that another device shows."""

from toolkit.practice.entra import clients, device, pages, sessions, sign_in
from toolkit.practice.entra.token_refusal import TokenRefusal
from toolkit.practice.wire import Answer, Ask
from toolkit.practice.world import World


def show(world: World, ask: Ask, _name: str, message: str = "") -> Answer:
    """Ask for the code."""
    hint = sign_in.fields(ask).get("otc", "")
    address = f"{world.base}{device.PAGE}"
    return pages.page(world, "code", flow="", message=message, hint=hint, action=address)


def enter(world: World, ask: Ask, name: str) -> Answer:
    """Take a code, and begin to sign somebody in for the device that waits."""
    try:
        ticket = device.entered(world, sign_in.fields(ask).get("user_code", ""))
    except TokenRefusal as refusal:
        return show(world, ask, name, f"AADSTS{refusal.code}: {refusal.text}")
    client = clients.find(world, ticket["client"])
    flow = {
        "tenant": ticket["tenant"],
        "client": client.app_id,
        "device": ticket["id"],
        "redirect": "",
        "mode": "query",
        "state": None,
        "scope": ticket["scope"],
        "prompt": "",
        "hint": "",
        "user": None,
        "methods": [],
    }
    return sign_in.start(world, flow, sessions.of(world, ask))
