"""A vendor's page: its settings, the button that connects, and the accounts that are connected."""

import hmac
import re
import secrets
from http.cookies import CookieError, SimpleCookie

from toolkit.errors import AnswerError
from toolkit.practice.page import page
from toolkit.practice.store import Body
from toolkit.practice.vendors import catalogue, connection, forms, memory, proof
from toolkit.practice.vendors.catalogue import Vendor
from toolkit.practice.vendors.connection import VendorError
from toolkit.practice.vendors.forms import Form
from toolkit.practice.wire import Answer, Ask
from toolkit.practice.world import World

KEPT = "Path=/; Secure; HttpOnly; SameSite=Lax"
NEEDED = {"client_id": "A client ID", "tenant_id": "A tenant ID"}
# What may stand in the path of an address; whether there is such a tenant is Entra's to say.
TENANT = re.compile(r"[\w.-]+")


def answer(world: World, ask: Ask) -> Answer | None:
    """Answer a vendor's page; None where there is none."""
    vendor = catalogue.find(ask.path)
    if vendor is None or ask.method not in {"GET", "POST"}:
        return None
    if ask.method == "GET":
        asked = dict(ask.query)
        came_back = bool({"code", "error", "state"} & asked.keys())
        return _returned(world, vendor, ask, asked) if came_back else _show(world, vendor)
    form = forms.read(ask)
    try:
        return _act(world, vendor, form)
    except VendorError as error:
        return _show(world, vendor, error=error)


def _act(world: World, vendor: Vendor, form: Form) -> Answer:
    act, account = _text(form, "do"), _text(form, "account")
    if act in {"sync", "remove"}:
        return _for_account(world, vendor, act, account)
    if act == "forget":
        memory.forget(world, vendor.key)
        return _show(world, vendor, said="The settings are forgotten.")
    settings = _filled(memory.settings(world, vendor), vendor, form)
    memory.keep_settings(world, vendor, settings)  # it stays where the key is refused
    settings |= _key(form)
    memory.keep_settings(world, vendor, settings)
    if act != "connect":
        return _show(world, vendor, said="Saved.")
    for name, what in NEEDED.items():
        if not TENANT.fullmatch(settings[name]):
            raise VendorError("settings_incomplete", f"{what} is needed first.")
    state = secrets.token_urlsafe(24)
    address = connection.sign_in_address(world, vendor, settings, state)
    cookie = f"{_cookie(vendor)}={state}; {KEPT}"
    return Answer(status=303, headers={"location": address, "set-cookie": cookie})


def _filled(settings: Body, vendor: Vendor, form: Form) -> Body:
    """Take over what was filled in; an empty secret leaves the one that is kept."""
    for field in vendor.fields:
        text = _text(form, field.name)
        if field.kind == "tick":
            settings[field.name] = bool(text)
        elif field.kind == "text" or (field.kind == "secret" and text):
            settings[field.name] = text
    return settings


def _key(form: Form) -> Body:
    """Read the key that was given as a file or as text; nothing where none was."""
    key = form.get("key_file") or form.get("key_text") or b""
    if not key.strip():
        return {}
    try:
        return proof.take_key(key, _text(form, "passphrase"))
    except AnswerError as error:
        raise VendorError("key_refused", error.message) from error


def _for_account(world: World, vendor: Vendor, act: str, key: str) -> Answer:
    account = next((one for one in memory.accounts(world, vendor) if one["id"] == key), None)
    if account is None:
        raise VendorError("unknown_account", "That account isn't connected.")
    if act == "remove":
        memory.forget(world, key)
        return _show(world, vendor, said=f"{account['address']} is removed here. What it may do in the tenant stays.")  # fmt: skip
    try:
        found = connection.refresh(world, vendor, memory.settings(world, vendor), account)
    except VendorError as error:
        memory.keep_account(world, vendor, account | {"error": error.error})
        raise
    memory.keep_account(world, vendor, found)
    return _show(world, vendor, said=f"Read again: {found['address']}, calendar {found['calendar']}.")  # fmt: skip


def _returned(world: World, vendor: Vendor, ask: Ask, asked: dict[str, str]) -> Answer:
    """Take what the browser brings from the sign-in."""
    gone = {"set-cookie": f"{_cookie(vendor)}=; Max-Age=0; {KEPT}"}
    try:
        account = _connected(world, vendor, ask, asked)
    except VendorError as error:
        return _show(world, vendor, error=error, headers=gone)
    memory.keep_account(world, vendor, account)
    said = f"Connected as {account['address']}, calendar {account['calendar']}."
    return _show(world, vendor, said=said, headers=gone)


def _connected(world: World, vendor: Vendor, ask: Ask, asked: dict[str, str]) -> Body:
    # RFC 6749, 10.12: the state says that this very browser began the sign-in here.
    if not hmac.compare_digest(_state(ask, vendor).encode(), asked.get("state", "").encode()):
        raise VendorError("invalid_state", "This sign-in wasn't begun here. Connect again.")
    if "error" in asked:
        raise VendorError(asked["error"], asked.get("error_description", ""))
    settings = memory.settings(world, vendor)
    return connection.connect(world, vendor, settings, asked.get("code", ""))


def _show(
    world: World,
    vendor: Vendor,
    *,
    said: str = "",
    error: VendorError | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    return page(
        "vendor.html.j2",
        "vendor.css.j2",
        headers={"cache-control": "no-store", **(headers or {})},
        vendor=vendor,
        settings=memory.settings(world, vendor),
        accounts=memory.accounts(world, vendor),
        callback=connection.callback(world, vendor),
        said=said,
        error=error,
    )


def _cookie(vendor: Vendor) -> str:
    return f"__Host-{vendor.key}-state"


def _state(ask: Ask, vendor: Vendor) -> str:
    try:
        found = SimpleCookie(ask.headers.get("cookie", "")).get(_cookie(vendor))
    except CookieError:
        found = None
    # Of no use to anybody: a fresh value that nobody knows.
    return found.value if found else secrets.token_urlsafe(24)


def _text(form: Form, name: str) -> str:
    return form.get(name, b"").decode("utf-8", "replace").strip()
