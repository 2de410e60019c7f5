"""Changes one thing about a recorded request: every way in which it could be slightly wrong."""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from tests.recording import Exchange, cmdlet_of, path_of

NONSENSE = "nonsense!"
REQUIRED_HEADERS = ("authorization", "x-anchormailbox", "prefer")
KEPT_HEADERS = ("authorization", "x-anchormailbox", "prefer", "content-type", "consistencylevel")
UUID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True)
class Request:
    """One request as it can be sent again; `label` says what was changed about it."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: dict[str, str]
    body: Any
    label: str = ""

    @property
    def template(self) -> str:
        """Name the kind of request, apart from ids, names and the tenant."""
        cmdlet = self.body["CmdletInput"]["CmdletName"] if self.is_cmdlet else ""
        path = re.sub(r"'[^']*'", "'*'", UUID.sub("*", self.path))
        if cmdlet:
            return f"cmdlet {cmdlet}"
        return f"{self.method} {re.sub('/users/[^/]+', '/users/*', path)}"

    @property
    def is_cmdlet(self) -> bool:
        """Tell whether it runs a cmdlet."""
        return isinstance(self.body, dict) and "CmdletInput" in self.body

    @property
    def is_token(self) -> bool:
        """Tell whether it asks for a token; its body is a form then."""
        return self.path.endswith("/token")

    @property
    def url(self) -> str:
        """Write path and query."""
        query = urlencode(self.query, quote_via=quote, safe="$,'")
        return f"{self.path}?{query}" if query else self.path


def request_of(exchange: Exchange) -> Request:
    """Read a request from a recording."""
    path, _, query = path_of(exchange).partition("?")
    sent = exchange["request_headers"]
    headers = {name: text for name, text in sent.items() if name in KEPT_HEADERS}
    body = exchange["request_body"]
    if path.endswith("/token"):
        body = dict(parse_qsl(body, keep_blank_values=True))
    options = tuple(parse_qsl(query, keep_blank_values=True))
    return Request(exchange["method"], path, options, headers, body)


def kind_of(exchange: Exchange) -> str:
    """Name what makes a request different from others: what it asks, not about which object."""
    request = request_of(exchange)
    names = sorted(_names(request.body))
    cmdlet = cmdlet_of(exchange)
    query = [(name, re.sub(r"'[^']*'", "'*'", text)) for name, text in request.query]
    values = [sorted(cmdlet[1])] if cmdlet else []
    return f"{request.template} {query} {names} {values}"


def mutations(request: Request) -> Iterator[Request]:
    """Change one thing after the other."""
    yield from _of_headers(request)
    yield from _of_path(request)
    yield from _of_query(request)
    for label, body in _of_value(request.body, ""):
        yield replace(request, body=body, label=f"{request.template} {label}")


def _of_headers(request: Request) -> Iterator[Request]:
    for name in REQUIRED_HEADERS:
        if name in request.headers:
            rest = {key: text for key, text in request.headers.items() if key != name}
            label = f"{request.template} drop header {name}"
            yield replace(request, headers=rest, label=label)


def _of_path(request: Request) -> Iterator[Request]:
    segments = request.path.split("/")
    for number, segment in enumerate(segments):
        if not segment:
            continue
        name, bracket, key = segment.partition("(")
        shown = UUID.sub("*", name)
        wrong = [(f"misspell {shown}", f"{name}x{bracket}{key}")]
        if bracket:
            wrong.append((f"misspell the key of {shown}", f"{name}({key[:-2]}x')"))
            wrong.append((f"misspell the key's name of {shown}", f"{name}(x{key}"))
        for label, text in wrong:
            path = "/".join([*segments[:number], text, *segments[number + 1 :]])
            yield replace(request, path=path, label=f"{request.template} {label}")


def _of_query(request: Request) -> Iterator[Request]:
    for number, (name, text) in enumerate(request.query):
        others = request.query[:number], request.query[number + 1 :]
        for label, option in (
            (f"drop {name}", ()),
            (f"rename {name}", ((f"{name}x", text),)),
            (f"nonsense in {name}", ((name, NONSENSE),)),
        ):
            query = (*others[0], *option, *others[1])
            yield replace(request, query=query, label=f"{request.template} {label}")


def _of_value(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from _of_object(value, path)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield f"retype one of {path}", [*value[:number], _retyped(one), *value[number + 1 :]]
            for label, changed in _of_value(one, path):
                yield label, [*value[:number], changed, *value[number + 1 :]]


def _of_object(value: dict[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    for name, one in value.items():
        rest = {key: copy.deepcopy(other) for key, other in value.items() if key != name}
        shown = f"{path}.{name}".lstrip(".")
        yield f"drop {shown}", rest
        yield f"rename {shown}", rest | {f"{name}x": one}
        yield f"retype {shown}", rest | {name: _retyped(one)}
        for label, changed in _of_value(one, shown):
            yield label, rest | {name: changed}


def _retyped(value: Any) -> Any:
    """Make a value of another type: text a number, everything else a text of no meaning."""
    return 17 if isinstance(value, str) else NONSENSE


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from _names(one)
    elif isinstance(value, list):
        for one in value:
            yield from _names(one)
