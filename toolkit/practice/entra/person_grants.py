"""What people's sign-ins are redeemed with at the token endpoint: codes, refresh tokens, passwords.

Sources: learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow, /v2-oauth2-device-code,
/v2-oauth-ropc and reference-error-codes
"""

import base64
import hashlib
import hmac
from collections.abc import Callable

from toolkit.practice.entra import device, people, person_tokens, scopes, sign_in_log, tickets
from toolkit.practice.entra.clients import PUBLIC, SINGLE_PAGE, Client
from toolkit.practice.entra.person_tokens import SignedIn
from toolkit.practice.entra.scopes import Wish
from toolkit.practice.entra.token_refusal import TokenRefusal, bad_client, missing
from toolkit.practice.store import Body
from toolkit.practice.world import World

Form = dict[str, str]
Prove = Callable[[], None]
PROOFS = ("client_secret", "client_assertion")


def redeem(world: World, form: Form, client: Client, tenant: str, prove: Prove) -> Body:
    """Answer one of the grants; `prove` refuses a client that doesn't show a secret or key."""
    return GRANTS[form["grant_type"]](world, form, client, tenant, prove)


# ---- authorization code ----


def _code(world: World, form: Form, client: Client, _tenant: str, prove: Prove) -> Body:
    for name in ("code", "redirect_uri"):
        if not form.get(name):
            raise missing(name)
    ticket = tickets.find(world, "code", form["code"])
    if ticket is None:
        raise _grant(70000, "The provided value for the 'code' parameter is not valid.")
    if ticket["client"] != client.app_id:
        raise _grant(
            700005,
            "Provided Authorization Code is intended to use against other application, thus"
            " rejected.",
        )
    if ticket.get("used"):
        raise _grant(
            54005,
            "OAuth2 Authorization code was already redeemed, please retry with a new valid code or"
            " use an existing refresh token.",
        )
    tickets.keep(world, ticket | {"used": True})
    if not tickets.good(ticket):
        raise _grant(
            70008,
            "The provided authorization code or refresh token has expired due to inactivity. Send a"
            " new interactive authorization request for this user and resource.",
        )
    if form["redirect_uri"] != ticket["redirect"]:
        raise _grant(
            500112,
            f"The reply address '{form['redirect_uri']}' does not match the reply address"
            f" '{ticket['redirect']}' provided when requesting Authorization code.",
        )
    _check_client(form, client.redirect_kind(form["redirect_uri"]), prove)
    _check_verifier(form, ticket)
    user = _current(world, ticket)
    wish = scopes.read(world, form.get("scope") or ticket["scope"], client)
    who = SignedIn(user=user, client=client, methods=tuple(ticket["methods"]), nonce=ticket["nonce"])  # fmt: skip
    return _signed_in(world, who, wish, form)


def _signed_in(world: World, who: SignedIn, wish: Wish, form: Form) -> Body:
    """Give tokens to somebody who was at a browser, and note it in the sign-in log."""
    given = person_tokens.answer(world, who, wish, client_info=form.get("client_info") == "1")
    sign_in_log.note(world, who.user, who.client, wish.resource)
    return given


def _check_client(form: Form, kind: str, prove: Prove) -> None:
    given = any(form.get(name) for name in PROOFS)
    if kind == SINGLE_PAGE:
        raise TokenRefusal(
            9002327,
            "invalid_request",
            "Tokens issued for the 'Single-Page Application' client-type may only be redeemed via"
            " cross-origin requests.",
        )
    if kind != PUBLIC:
        prove()
    elif given:
        raise bad_client(
            700025,
            "Client is public so neither 'client_assertion' nor 'client_secret' should be"
            " presented.",
        )


def _check_verifier(form: Form, ticket: Body) -> None:
    """Check the proof key of RFC 7636: the code is of use to nobody else."""
    if not ticket["challenge"]:
        return
    verifier = form.get("code_verifier")
    if not verifier:
        raise missing("code_verifier")
    digest = hashlib.sha256(verifier.encode()).digest()
    made = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if not hmac.compare_digest(made, ticket["challenge"]):
        raise _grant(
            501481,
            "The Code_Verifier does not match the code_challenge supplied in the authorization"
            " request.",
        )


# ---- refresh token ----


def _refresh(world: World, form: Form, client: Client, _tenant: str, prove: Prove) -> Body:
    if not form.get("refresh_token"):
        raise missing("refresh_token")
    ticket = tickets.find(world, "refresh", form["refresh_token"])
    if ticket is None or ticket["client"] != client.app_id:
        raise _grant(9002313, "Invalid request. Request is malformed or invalid.")
    if not tickets.good(ticket):
        raise _grant(
            700082,
            "The refresh token has expired due to inactivity. The token was inactive for 90.00:00:00.",
        )
    if not client.public_flows and not any(kind == PUBLIC for kind, _ in client.redirects):
        prove()
    user = _current(world, ticket)
    people.check_access(world, user, client)
    if people.needs_second_factor(world, user) and "mfa" not in ticket["methods"]:
        raise people.second_factor_missing()
    wish = scopes.read(world, form.get("scope") or "openid", client)
    who = SignedIn(user=user, client=client, methods=tuple(ticket["methods"]))
    return person_tokens.answer(world, who, wish, client_info=form.get("client_info") == "1")


def _current(world: World, ticket: Body) -> Body:
    """Find whose ticket it is, unless the account or its sign-ins have ended since."""
    user = world.store.get("user", ticket["user"])
    if user is None:
        raise _grant(50034, "The user account does not exist in the directory.")
    people.check_account(user)
    people.check_session(user, ticket)
    return user


# ---- device code and password ----


def _device(world: World, form: Form, client: Client, _tenant: str, prove: Prove) -> Body:
    _check_public(form, client, prove)
    if not form.get("device_code"):
        raise missing("device_code")
    ticket = device.redeem(world, form["device_code"], client)
    user = _current(world, ticket)
    wish = scopes.read(world, ticket["scope"], client)
    who = SignedIn(user=user, client=client, methods=tuple(ticket["methods"]))
    return _signed_in(world, who, wish, form)


def _password(world: World, form: Form, client: Client, _tenant: str, prove: Prove) -> Body:
    for name in ("username", "password"):
        if not form.get(name):
            raise missing(name)
    _check_public(form, client, prove)
    wish = scopes.read(world, form.get("scope", ""), client)
    user = people.find(world, form["username"], client, home=False)
    people.check_password(world, user, form["password"])
    people.check_access(world, user, client)
    if people.needs_second_factor(world, user):
        raise people.second_factor_missing()
    who = SignedIn(user=user, client=client, methods=("pwd",))
    return person_tokens.answer(world, who, wish, client_info=form.get("client_info") == "1")


def _check_public(form: Form, client: Client, prove: Prove) -> None:
    """Let only apps without a proof through that allow public client flows."""
    if not client.public_flows or any(form.get(name) for name in PROOFS):
        prove()


def _grant(code: int, text: str) -> TokenRefusal:
    return TokenRefusal(code, "invalid_grant", text)


GRANTS: dict[str, Callable[[World, Form, Client, str, Prove], Body]] = {
    "authorization_code": _code,
    "refresh_token": _refresh,
    "device_code": _device,
    "urn:ietf:params:oauth:grant-type:device_code": _device,
    "password": _password,
}
