"""What kind of request one is, and where the practice tenant counts and records it."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from toolkit.practice import exchange
from toolkit.practice.exchange import outlook_rest
from toolkit.practice.store import Store
from toolkit.practice.vendors import catalogue
from toolkit.practice.wire import Ask

EXCHANGE_PREFIX = "/exchange"
# What the counters are called, and the kinds of requests that they add up.
COUNTERS = {
    "read": ("read",),
    "write": ("write", "part that writes"),
    "sign_in": ("sign_in",),
    "parts": ("part", "part that writes"),
}
# Actions of Graph that are POSTs and change nothing.
READING_ACTIONS = {
    "$batch",
    "checkMemberGroups",
    "checkMemberObjects",
    "getByIds",
    "getMemberGroups",
    "getMemberObjects",
    "validateProperties",
}
SECRETS = {
    "access_token",
    "assertion",
    "client_assertion",
    "client_secret",
    "device_code",
    "id_token",
    "password",
    "refresh_token",
    "secretText",
    "user_code",
}
# What opens a sign-in where it stands in a form; elsewhere these are everyday words.
FORM_SECRETS = SECRETS | {"code", "code_verifier", "flow", "key_text", "passphrase"}
HIDDEN = re.compile(r'(?P<start>name="(?:flow|code)" value=")(?P<text>[^"]*)')
SECRET_HEADERS = {"cookie", "set-cookie"}


def service_of(path: str) -> str:
    """Tell which service a path belongs to: graph, exchange, outlook, azure, vendor or login."""
    for service, start in (
        ("graph", r"/(v1\.0|beta)(/|$)"),
        ("exchange", rf"({EXCHANGE_PREFIX})?/adminapi/"),
        ("outlook", rf"({EXCHANGE_PREFIX})?{outlook_rest.PATHS}"),
        ("azure", r"/arm/"),
    ):
        if re.match(start, path):
            return service
    return "vendor" if catalogue.find(path) else "login"


def cmdlet_of(ask: Ask) -> str | None:
    """Read the name of the cmdlet that a request to Exchange runs."""
    if service_of(ask.path) != "exchange" or not ask.body:
        return None
    body = _json(ask.body)
    call = body.get("CmdletInput") if isinstance(body, dict) else None
    name = call.get("CmdletName") if isinstance(call, dict) else None
    return name if isinstance(name, str) else None


def parts_of(ask: Ask) -> Iterator[tuple[str, Ask]]:
    """Take a batch apart into its parts, by id, as if each had been sent alone."""
    if not ask.path.lower().endswith("/$batch"):
        return
    version = ask.path.split("/")[1]
    for part in _parts(ask.body):
        path = unquote(urlsplit(f"/{str(part.get('url')).lstrip('/')}").path)
        if service_of(ask.path) == "graph":
            path = f"/{version}{path}"
        method = str(part.get("method")).upper()
        body = json.dumps(part.get("body")).encode()
        yield str(part.get("id")), Ask(method=method, path=path, body=body)


def count(store: Store, ask: Ask) -> int:
    """Count a request, and the parts of a batch by themselves; the answer is its number."""
    for _, part in parts_of(ask):
        _note(store, part, "part that writes" if _kind(part) == "write" else "part")
    return _note(store, ask, _kind(ask))


def _note(store: Store, ask: Ask, kind: str) -> int:
    rows = store.execute(
        "insert into request (kind, method, path) values (?, ?, ?) returning id",
        (kind, ask.method, cmdlet_of(ask) or ask.path),
    )
    return int(rows[0][0])


def totals(store: Store) -> dict[str, int]:
    """Tell how many requests of each kind there were since the counters were reset."""
    found = {
        str(kind): int(number)
        for kind, number in store.execute("select kind, count(*) from request group by kind")
    }
    return {name: sum(found.get(kind, 0) for kind in added) for name, added in COUNTERS.items()}


def _kind(ask: Ask) -> str:
    service = service_of(ask.path)
    if service == "vendor":
        return "vendor"
    if service == "login":
        return "sign_in"
    if ask.method in {"GET", "HEAD"}:
        return "read"
    if service == "exchange":
        cmdlet = cmdlet_of(ask)
        reading = cmdlet is not None and not exchange.is_write(cmdlet)
        return "read" if reading or ask.path.endswith("/$batch") else "write"
    last = ask.path.rpartition("/")[2].removeprefix("microsoft.graph.")
    return "read" if ask.method == "POST" and last in READING_ACTIONS else "write"


def _parts(data: bytes) -> list[dict[str, Any]]:
    body = _json(data)
    parts = body.get("requests") if isinstance(body, dict) else None
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def _json(data: bytes) -> object:
    try:
        return json.loads(data)
    except ValueError:
        return None


class Recording:
    """A file with one line of JSON for each exchange; no secret or token stands in it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8", newline="\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def write(
        self,
        ask: Ask,
        url: str,
        status: int | None,
        headers: Mapping[str, str],
        body: bytes,
    ) -> None:
        """Write one exchange down, at once; status None says that no answer left."""
        kind = ask.headers.get("content-type", "")
        form = "x-www-form-urlencoded" in kind
        asked = _masked_form(ask.body) if form else _readable(ask.body)
        if kind.startswith("multipart/form-data"):
            asked = "(a form with files)"  # a vendor's keys and secrets are in it
        line = {
            "method": ask.method,
            "url": url,
            "request_headers": _masked_headers(ask.headers),
            "request_body": asked,
            "status": status,
            "response_headers": _masked_headers(headers),
            "response_body": _readable(body),
        }
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._file.flush()


def _readable(data: bytes) -> object:
    # Exchange pads refusals with NULs; padding says nothing, and content-length still tells of it.
    data = data.strip(b"\0")
    if not data:
        return None
    body = _json(data)
    if body is None:
        return HIDDEN.sub(_blank_found, data.decode("utf-8", "replace"))
    return _masked(body)


def _masked(value: object, name: str = "") -> object:
    if isinstance(value, dict):
        shown = {key: _masked(one, key) for key, one in value.items()}
        if "user_code" in value:
            shown["message"] = shown["user_code"]  # the sentence says the code again
        return shown
    if isinstance(value, list):
        return [_masked(one, name) for one in value]
    return _blank(value) if name in SECRETS and isinstance(value, str) else value


def _masked_form(data: bytes) -> str:
    fields = parse_qsl(data.decode("utf-8", "replace"), keep_blank_values=True)
    return urlencode([(key, _blank(text) if key in FORM_SECRETS else text) for key, text in fields])


def _masked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    shown = dict(headers)
    if "authorization" in shown:
        shown["authorization"] = shown["authorization"].partition(" ")[0] + " ..."
    for name in SECRET_HEADERS & set(shown):
        shown[name] = _blank(shown[name])
    if "location" in shown:
        shown["location"] = _masked_address(shown["location"])
    return shown


def _masked_address(address: str) -> str:
    sign = next((one for one in "?#" if one in address), "?")
    start, _, end = address.partition(sign)
    return start + sign + _masked_form(end.encode()) if end else address


def _blank_found(found: re.Match[str]) -> str:
    return found["start"] + _blank(found["text"])


def _blank(text: str) -> str:
    # The shape stays, so that a reader sees what kind of thing stood there.
    return re.sub("[A-Za-z0-9]", "x", text)
