"""Query options: read, judged, and applied to what a route found.

Sources: learn.microsoft.com/graph/query-parameters and /graph/aad-advanced-queries.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from urllib.parse import quote

from toolkit.practice.graph import odata, schema
from toolkit.practice.graph.errors import ADVANCED, bad, unsupported
from toolkit.practice.store import Body
from toolkit.practice.wire import Ask

LIST = frozenset(["select", "filter", "top", "skiptoken", "count", "search", "orderby", "expand"])
# A view of a calendar is a list between two moments.
VIEW = LIST | {"startdatetime", "enddatetime"}
ALLOWED = {
    "list": LIST,
    "view": VIEW,
    "one": frozenset({"select", "expand"}),
    "nothing": frozenset(),
}
COUNTED = frozenset({"filter", "search"})
PAGE = 100
LARGEST_PAGE = 999
TEXT_MARKS = "ADCMRS"


@dataclass(frozen=True, kw_only=True)
class Options:
    """What was asked beside the path."""

    values: dict[str, str] = field(default_factory=dict)
    eventual: bool = False

    @property
    def wants_count(self) -> bool:
        """Whether $count=true was asked."""
        return self.values.get("count", "").lower() == "true"


def read_options(ask: Ask, allowed: frozenset[str]) -> Options:
    """Read the query options, refusing what isn't known here; the $ may be left out."""
    values: dict[str, str] = {}
    for key, value in ask.query:
        name = key.removeprefix("$").lower()
        if key == "@id" and ask.method == "DELETE":
            continue
        if key == "ConsistencyLevel":
            continue
        if name == "skip":
            raise bad("'$skip' is not supported by the service.")
        if name not in allowed:
            raise bad(f"The query parameter '{key}' is not supported.")
        if name in values:
            raise bad(f"Query option '{key}' was specified more than once, but it must be specified at most once.")  # fmt: skip
        values[name] = value
    consistency = ask.headers.get("consistencylevel") or dict(ask.query).get("ConsistencyLevel", "")
    if consistency and consistency.lower() not in {"eventual", "session"}:
        raise bad(f"The value '{consistency}' of the header ConsistencyLevel is not supported.")
    return Options(values=values, eventual=consistency.lower() == "eventual")


@dataclass(frozen=True, kw_only=True)
class Row:
    """An object and the type it has in Graph."""

    type_name: str
    body: Body


Expander = Callable[[Row, str], Any]


# ---- $select and the shape of an answer ----


def chosen(type_name: str, options: Options) -> tuple[str, ...] | None:
    """Tell which properties $select names; None where there is no $select."""
    text = options.values.get("select")
    if text is None:
        return None
    names: list[str] = []
    for raw in text.split(","):
        name = raw.strip()
        if name == "*":
            return None
        prop = schema.find(type_name, name.split("/")[0])
        if prop is None:
            raise bad(
                "Parsing OData Select and Expand failed: Could not find a property named"
                f" '{name}' on type 'microsoft.graph.{type_name}'.",
                "BadRequest",
            )
        names.append(prop.name)
    return tuple(dict.fromkeys(names))


def show(row: Row, names: tuple[str, ...] | None, *, single: bool, typed: bool = False) -> Body:
    """Write an object as a client sees it: nothing private, keys only where they are shown."""
    shown: Body = {"@odata.type": f"#microsoft.graph.{row.type_name}"} if typed else {}
    own = schema.properties_of(row.type_name)
    filled = schema.empty(row.type_name)
    for name in names or schema.default_names(row.type_name):
        if name.lower() in own:
            shown[name] = row.body.get(name, filled[name])
    if shown.get("keyCredentials"):
        # learn.microsoft.com/graph/api/resources/keycredential: key only by $select on one object
        open_key = single and names is not None
        shown["keyCredentials"] = [
            {**entry, "key": entry.get("key") if open_key else None}
            for entry in shown["keyCredentials"]
        ]
    return shown


# ---- lists ----


def narrow(rows: Iterable[Row], type_name: str, options: Options) -> Iterable[Row]:
    """Apply $filter, $search and $orderby, refusing advanced queries without their header.

    Only what is taken of the answer is read.
    """
    text = options.values.get("filter")
    if text is not None:
        rows = _filtered(rows, type_name, text, options)
    if "search" in options.values:
        rows = _searched(rows, type_name, options)
    if "orderby" in options.values:
        rows = _ordered(list(rows), type_name, options)
    return rows


def _filtered(rows: Iterable[Row], type_name: str, text: str, options: Options) -> Iterable[Row]:
    if not text.strip():
        raise bad("Invalid filter clause: Expression expected at position 0 in ''.", "BadRequest")
    understood = odata.understand(type_name, text)
    if type_name in schema.DIRECTORY - {"appRoleAssignment"}:
        _advanced(understood.advanced, options)
    elif "count" in options.values and not options.eventual:
        raise bad("$count is not currently supported.")
    return (row for row in rows if understood.test(row.body))


def _advanced(reasons: list[str], options: Options) -> None:
    counted = options.wants_count or options.values.get("counted")
    if not reasons or (options.eventual and counted):
        return
    reason = reasons[0]
    if reason.startswith("property:"):
        _, name, resource = reason.split(":")
        raise unsupported(
            "Unsupported or invalid query filter clause specified for property"
            f" '{name}' of resource '{resource}'."
        )
    raise unsupported(ADVANCED.format(reason))


def _searched(rows: Iterable[Row], type_name: str, options: Options) -> Iterable[Row]:
    if not options.eventual:
        raise unsupported(
            "Request with $search query parameter only works through MSGraph with a special"
            " request header: 'ConsistencyLevel: eventual'"
        )
    text = options.values["search"]
    pieces = re.split(r"\s+(AND|OR)\s+", text.strip())
    tests = [_search_test(type_name, piece) for piece in pieces[::2]]
    joints = pieces[1::2]

    def matches(body: Body) -> bool:
        result = tests[0](body)
        for joint, test in zip(joints, tests[1:], strict=True):
            result = (result and test(body)) if joint == "AND" else (result or test(body))
        return result

    return (row for row in rows if matches(row.body))


def _search_test(type_name: str, piece: str) -> Callable[[Body], bool]:
    match = re.fullmatch(r'\(*"(\w+):(.*)"\)*', piece, re.DOTALL)
    if match is None:
        raise bad(f'Syntax error: the search clause {piece} is not of the form "property:value".')
    prop = schema.find(type_name, match[1])
    if prop is None or prop.type != "string":
        raise bad(f"Property '{match[1]}' does not exist as a declared property or extension property.")  # fmt: skip
    words, name, tokenised = match[2].casefold().split(), prop.name, "q" in prop.marks

    def test(body: Body) -> bool:
        value = body.get(name)
        texts = value if isinstance(value, list) else [value]
        for one in texts:
            low = (one or "").casefold()
            parts = [*re.split(r"[\W_]+", low), low] if tokenised else [low]
            if words and all(any(part.startswith(word) for part in parts) for word in words):
                return True
        return False

    return test


def _ordered(rows: list[Row], type_name: str, options: Options) -> list[Row]:
    directory = type_name in schema.DIRECTORY
    if directory and "filter" in options.values and not options.eventual:
        raise unsupported("Sorting not supported for current query.")
    for item in reversed(options.values["orderby"].split(",")):
        name, _, direction = item.strip().partition(" ")
        prop = schema.find(type_name, name)
        if prop is None:
            raise bad(
                f"Could not find a property named '{name}' on type 'microsoft.graph.{type_name}'.",
                "BadRequest",
            )
        if direction.strip().lower() not in {"", "asc", "desc"}:
            raise bad(f"Syntax error at position 0 in '{item}'.", "BadRequest")
        if directory and "o" not in prop.marks:
            raise unsupported("Sorting not supported for current query.")
        rows = sorted(
            rows,
            key=lambda row: (
                (value := row.body.get(prop.name)) is not None,
                odata.plain(value) or "",
            ),
            reverse=direction.strip().lower() == "desc",
        )
    return rows


# ---- pages ----


@dataclass(frozen=True, kw_only=True)
class Start:
    """Where a page begins: after an id, or where rows have an order of their own, at an index."""

    by_index: bool
    index: int = 0
    after: str = ""


def started(options: Options, *, by_id: bool) -> Start:
    """Read where the page begins that was asked for."""
    by_index = not by_id or "orderby" in options.values
    text = options.values.get("skiptoken")
    if text is None:
        return Start(by_index=by_index)
    try:
        token = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if by_index:
            return Start(by_index=True, index=int(token["from"]))
        return Start(by_index=False, after=str(token["after"]))
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise bad("The specified page token is invalid.", "Directory_ExpiredPageToken") from error


def page(rows: Iterable[Row], options: Options, start: Start) -> tuple[list[Row], str | None]:
    """Cut out the page that was asked for; tell the token of the next one, if any.

    Rows that go by id start where the page does, and no more of them are read than it takes.
    """
    size = _size(options.values.get("top"))
    part = list(islice(rows, start.index, start.index + size + 1))
    if len(part) <= size:
        return part, None
    last = str(part[size - 1].body["id"])
    place = {"from": start.index + size} if start.by_index else {"after": last}
    token = base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")
    return part[:size], token


def _size(text: str | None) -> int:
    if text is None:
        return PAGE
    if not re.fullmatch(r"-?\d+", text):
        raise bad(f"Invalid value '{text}' for $top query option found. The $top query option requires a non-negative integer value.", "BadRequest")  # fmt: skip
    if not 1 <= int(text) <= LARGEST_PAGE:
        raise unsupported(
            f"Invalid page size specified: '{text}'. Must be between 1 and 999 inclusive."
        )
    return int(text)


def next_link(base: str, ask: Ask, token: str) -> str:
    """Write the address of the next page: the same question, from there on."""
    query = [(key, value) for key, value in ask.query if key.lstrip("$").lower() != "skiptoken"]
    query.append(("$skiptoken", token))
    text = "&".join(f"{quote(key, safe='$@')}={quote(value)}" for key, value in query)
    return f"{base}{quote(ask.path, safe='/()=,$')}?{text}"
