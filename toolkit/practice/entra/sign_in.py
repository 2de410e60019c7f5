"""Somebody signs in, page by page: who, password, a second factor, consent; then the way back."""

import secrets
from collections.abc import Callable
from urllib.parse import parse_qsl

from toolkit.practice.entra import (
    admin_consent,
    authorize,
    clients,
    consent,
    device,
    pages,
    people,
    scopes,
    sessions,
    tickets,
)
from toolkit.practice.entra.clients import Client
from toolkit.practice.entra.token_refusal import TokenRefusal
from toolkit.practice.store import Body
from toolkit.practice.wire import Answer, Ask
from toolkit.practice.world import World

Form = dict[str, str]
CANCELLED = TokenRefusal(65004, "access_denied", "User declined to consent to access the app.")
# Refusals after which somebody may try again on the same page.
AGAIN = frozenset({50034, 50053, 50126})


def fields(ask: Ask) -> Form:
    """Read what a browser sent: the query of a GET, the form of a POST."""
    if ask.method == "GET":
        return dict(ask.query)
    return dict(parse_qsl(ask.body.decode("utf-8", "replace"), keep_blank_values=True))


def begin(world: World, ask: Ask, tenant: str) -> Answer:
    """Answer the authorization endpoint: the first page, or an answer at once."""
    try:
        flow = authorize.read(world, fields(ask), tenant)
    except TokenRefusal as refusal:
        return pages.trouble(world, refusal, None)
    except authorize.Returned as returned:
        return authorize.send_back(world, returned.flow, returned.refusal.parameters())
    session = sessions.of(world, ask)
    return start(world, flow, session)


def start(world: World, flow: Body, session: Body | None) -> Answer:
    """Open a sign-in, with the session that the browser has from an earlier one."""
    user = world.store.get("user", session["user"]) if session else None
    if user is not None and session is not None and flow["prompt"] != "login":
        hinted = flow["hint"].lower() in {"", user["userPrincipalName"].lower(), str(user["mail"]).lower()}  # fmt: skip
        signed = {"user": user["id"], "methods": session["methods"], "session": True}
        if flow["prompt"] == "select_account":
            flow = flow | {"offered": signed}
        elif hinted:
            flow = flow | signed
    flow = flow | {"factor": f"{secrets.randbelow(10**6):06d}"}
    name = tickets.hand_out(world, "sign-in", flow)
    if flow["prompt"] == "none":
        return _silent(world, flow, name)
    return _next(world, name)


def _silent(world: World, flow: Body, name: str) -> Answer:
    """Answer without any page, or tell the client that one is needed."""
    client = clients.find(world, flow["client"])
    if flow["user"] is None:
        refusal = TokenRefusal(
            50058,
            "login_required",
            "A silent sign-in request was sent but no user is signed in.",
        )
        return authorize.send_back(world, flow, refusal.parameters())
    try:
        user = _signed_in(world, flow, client)
        wish = scopes.read(world, flow["scope"], client)
        if consent.lacking(world, client, wish, user):
            refusal = consent.required(client)
            refusal.error = "interaction_required"
            raise refusal
    except TokenRefusal as refusal:
        return authorize.send_back(world, flow, refusal.parameters())
    return _finish(world, name, flow)


# ---- page by page ----


def go_on(world: World, ask: Ask, _tenant: str) -> Answer:
    """Take what a page sent, and show the next."""
    form = fields(ask)
    flow = tickets.find(world, "sign-in", form.get("flow", ""))
    if flow is None or not tickets.good(flow):
        gone = TokenRefusal(900144, "invalid_request", "The sign-in is over. Begin it anew.")
        return pages.trouble(world, gone, None)
    act = form.get("do", "next")
    if act == "other":
        _keep(world, flow, user=None, methods=[], offered=None, typed=None, hint="", refusal=None)
        return _next(world, form["flow"])
    if act == "back" and flow.get("refusal"):
        known = flow["refusal"]
        return _refuse(world, flow, TokenRefusal(known["code"], known["error"], known["text"]))
    if act == "cancel":
        return _refuse(world, flow, admin_consent.DENIED if flow.get("admin") else CANCELLED)
    handler = STEPS.get(flow.get("step", ""))
    if handler is None:
        return _next(world, form["flow"])
    try:
        handler(world, flow, form)
    except TokenRefusal as refusal:
        if refusal.code in AGAIN:
            return _next(world, form["flow"], message=_message(refusal))
        return _trouble(world, form["flow"], refusal)
    return _next(world, form["flow"])


def _who(world: World, flow: Body, form: Form) -> None:
    client = clients.find(world, flow["client"])
    home = flow["tenant"] not in {"common", "organizations"}
    user = people.find(world, form.get("user", ""), client, home=home)
    _keep(world, flow, typed=user["id"])


def _pick(world: World, flow: Body, _form: Form) -> None:
    _keep(world, flow, **flow["offered"], offered=None)


def _password(world: World, flow: Body, form: Form) -> None:
    user = world.store.get("user", flow["typed"]) or {}
    people.check_password(world, user, form.get("password", ""))
    _keep(world, flow, user=user["id"], methods=["pwd"])


def _factor(world: World, flow: Body, form: Form) -> None:
    if world.store.setting("mfa", "on") == "refuse":
        raise people.second_factor_missing()
    if form.get("factor", "").strip() != flow["factor"]:
        raise TokenRefusal(
            500121, "access_denied", "Authentication failed during strong authentication request."
        )
    _keep(world, flow, methods=[*flow["methods"], "mfa"], session=False)  # one that brought more


def _confirm(world: World, flow: Body, _form: Form) -> None:
    _keep(world, flow, confirmed=True)


def _consent(world: World, flow: Body, form: Form) -> None:
    client = clients.find(world, flow["client"])
    if flow.get("admin"):
        admin_consent.give(world, flow, client)
        return _keep(world, flow, consented=True)
    user = _signed_in(world, flow, client)
    wish = scopes.read(world, flow["scope"], client)
    wanted = consent.lacking(world, client, wish, user)
    consent.check(world, client, wanted, user)
    everybody = form.get("everybody") == "yes" and consent.is_administrator(world, user)
    values = {one["value"] for one in wanted}
    consent.give(world, client, wish, user, values=values, everybody=everybody)
    return _keep(world, flow, consented=True)


STEPS: dict[str, Callable[[World, Body, Form], None]] = {
    "who": _who,
    "pick": _pick,
    "password": _password,
    "factor": _factor,
    "confirm": _confirm,
    "consent": _consent,
}


# ---- what comes next ----


def _next(world: World, name: str, message: str = "") -> Answer:
    flow = tickets.find(world, "sign-in", name) or {}
    try:
        client = clients.find(world, flow["client"])
        return _page(world, name, flow, client, message)
    except TokenRefusal as refusal:
        return _trouble(world, name, refusal)


def _page(world: World, name: str, flow: Body, client: Client, message: str) -> Answer:
    def show(step: str, **more: object) -> Answer:
        _keep(world, flow, step=step)
        common = {"redirect": flow["redirect"], "flow": name, "app": client.name}
        return pages.page(world, step, message=message, **(common | more))

    if flow.get("offered"):
        return show("pick", account=_name_of(world, flow["offered"]["user"]))
    if flow["user"] is None and not flow.get("typed"):
        return show("who", hint=flow["hint"])
    if flow["user"] is None:
        return show("password", who=_name_of(world, flow["typed"]))
    user = world.store.get("user", flow["user"]) or {}
    who = user["userPrincipalName"]
    if people.needs_second_factor(world, user) and "mfa" not in flow["methods"]:
        return show("factor", who=who, code=flow["factor"])
    if flow.get("device") and not flow.get("confirmed"):
        return show("confirm", who=who)
    asked = _asked(world, flow, client, user)
    return show("consent", who=who, **asked) if asked else _finish(world, name, flow)


def _asked(world: World, flow: Body, client: Client, user: Body) -> dict[str, object]:
    """Tell what somebody is asked to consent to; nothing where all is granted already."""
    if flow.get("admin"):
        return {} if flow.get("consented") else admin_consent.shown(world, flow, client)
    people.check_access(world, user, client, device=bool(flow.get("device")))
    wish = scopes.read(world, flow["scope"], client)
    wanted = consent.lacking(world, client, wish, user)
    again = flow["prompt"] == "consent" and not flow.get("consented") and wish.permissions
    if not wanted and not again:
        return {}
    consent.check(world, client, wanted, user)
    listed = wanted or [one for one in wish.resource["oauth2PermissionScopes"] if one["value"] in wish.permissions]  # fmt: skip
    return {
        "sentences": [one["adminConsentDisplayName"] for one in listed],
        "administrator": consent.is_administrator(world, user),
        "publisher": "Microsoft" if client.first_party else "",
    }


def _signed_in(world: World, flow: Body, client: Client) -> Body:
    """Find who signed in, once all that is demanded has been brought."""
    user = world.store.get("user", flow["user"] or "")
    if user is None:
        raise TokenRefusal(50058, "login_required", "Nobody is signed in.")
    people.check_account(user)
    if people.needs_second_factor(world, user) and "mfa" not in flow["methods"]:
        raise people.second_factor_missing()
    people.check_access(world, user, client, device=bool(flow.get("device")))
    return user


def _finish(world: World, name: str, flow: Body) -> Answer:
    """Send the code back, or let the waiting device go on; the browser keeps a session."""
    cookie = {} if flow.get("session") else sessions.open_for(world, flow)
    tickets.drop(world, tickets.find(world, "sign-in", name) or flow)
    if flow.get("device"):
        change = {"state": "approved", "user": flow["user"], "methods": flow["methods"]}
        device.decide(world, flow["device"], change)
        text = "The application on your device goes on by itself."
        return pages.page(world, "done", message=text, headers=cookie)
    given = {"scope": flow["given"]} if flow.get("admin") else _code(world, flow)
    reply = authorize.send_back(world, flow, given)
    return Answer(status=reply.status, body=reply.body, headers={**reply.headers, **cookie})


def _code(world: World, flow: Body) -> Form:
    kept = ("client", "redirect", "challenge", "nonce", "scope", "user", "methods")
    code = tickets.hand_out(world, "code", {part: flow[part] for part in kept})
    return {"code": code, "session_state": world.new_id()}


def _refuse(world: World, flow: Body, refusal: TokenRefusal) -> Answer:
    """End a sign-in with a no, and let the client know of it."""
    tickets.drop(world, flow)
    if not flow.get("device"):
        return authorize.send_back(world, flow, refusal.parameters())
    parts = {"code": refusal.code, "error": "authorization_declined", "text": refusal.text}
    device.decide(world, flow["device"], {"state": device.DECLINED, "refusal": parts})
    return pages.page(world, "declined", message="The application on your device is told so.")


def _trouble(world: World, name: str, refusal: TokenRefusal) -> Answer:
    flow = tickets.find(world, "sign-in", name) or {}
    parts = {"code": refusal.code, "error": refusal.error, "text": refusal.text}
    _keep(world, flow, refusal=parts)
    if flow.get("device"):
        device.decide(world, flow["device"], {"state": device.DECLINED, "refusal": parts})
    return pages.trouble(world, refusal, flow, name)


def _message(refusal: TokenRefusal) -> str:
    return f"AADSTS{refusal.code}: {refusal.text}"


def _keep(world: World, flow: Body, **changes: object) -> None:
    flow.update(changes)
    tickets.keep(world, flow)


def _name_of(world: World, key: str) -> str:
    return str((world.store.get("user", key) or {}).get("userPrincipalName"))
