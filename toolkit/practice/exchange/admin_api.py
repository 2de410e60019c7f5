"""Exchange Online's admin API: cmdlets over HTTPS, as the ExchangeOnlineManagement module sends them."""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from toolkit.practice.exchange import cmdlets
from toolkit.practice.exchange.cmdlet_call import CmdletError
from toolkit.practice.exchange.gateway import (
    GatewayError,
    bad,
    check_anchor,
    check_tenant,
    signed_in,
)
from toolkit.practice.store import Body
from toolkit.practice.wire import Answer, Ask, Caller
from toolkit.practice.world import World

ROUTE = re.compile(
    r"/adminapi/(?P<version>[^/]+)/(?P<tenant>[^/]+)/(?P<endpoint>[^/]+)", re.IGNORECASE
)
PAGE = re.compile(r"odata\.maxpagesize\s*=\s*(\d+)", re.IGNORECASE)
LARGEST_PAGE = 1000
LARGEST_BATCH = 10
LINK_SECONDS = 10 * 60
OPTIONS = frozenset({"$select", "$skiptoken"})


def answer(world: World, ask: Ask) -> Answer:
    """Answer a request to /adminapi/…; InvokeCommand takes every cmdlet, by POST.

    Microsoft publishes only v2.0, which this tenant hasn't switched on. Source of the rest:
    the module's own traffic as github.com/KelvinTegelaar/CIPP-API and michev.info/blog/post/7180
    describe it.
    """
    try:
        given = _routed(world, ask)
    except GatewayError as error:
        given = error.answer
    return replace(given, headers={"request-id": world.new_id(), **given.headers})


def _routed(world: World, ask: Ask) -> Answer:
    match = ROUTE.fullmatch(ask.path.rstrip("/"))
    if match is None:
        raise _no_resource(ask.path)
    version, endpoint = match["version"].lower(), match["endpoint"].lower()
    if version == "v2.0":
        raise GatewayError(
            404, "NotFound", "Preview not enabled: Exchange Online Admin API isn't available here."
        )
    route = ROUTES.get((version, endpoint))
    if route is None:
        raise _no_resource(ask.path)
    method, function = route
    if ask.method.upper() != method:
        raise GatewayError(
            405,
            "MethodNotAllowed",
            f"The requested resource does not support http method '{ask.method}'.",
            {"Allow": method},
        )
    check_tenant(world, match["tenant"])
    return function(world, ask, signed_in(world, ask))


def _no_resource(path: str) -> GatewayError:
    return GatewayError(404, "NotFound", f"No HTTP resource was found that matches '{path}'.")


# ---- InvokeCommand ----


def _invoke_command(world: World, ask: Ask, caller: Caller) -> Answer:
    query = _query(ask)
    check_anchor(world, ask, caller)
    body = _json(ask)
    name, parameters = _cmdlet_input(body)
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    start = _start(world, query["$skiptoken"], digest) if "$skiptoken" in query else 0
    with world.store.attempt() as take_back:
        try:
            result = cmdlets.run(world, caller, name, parameters)
            found = _selected(result.rows, query.get("$select", ""), writes=cmdlets.is_write(name))
        except CmdletError as error:
            if not error.begun:
                take_back()
            return error.answer()
        except GatewayError:
            take_back()
            raise
    size = _page_size(ask)
    rows = found[start : start + size]
    given: Body = {
        "@odata.context": f"{_base(world, ask)}/$metadata#Collection(Exchange.CmdletOutput)",
        "adminapi.warnings@odata.type": "#Collection(String)",
        "@adminapi.warnings": list(result.warnings),
        "value": rows,
    }
    if start + size < len(result.rows):
        given["@odata.nextLink"] = _next_link(world, ask, query, start + size, digest)
    return Answer(body=given, headers={"Content-Type": "application/json; charset=utf-8"})


def _query(ask: Ask) -> dict[str, str]:
    query = dict(ask.query)
    unknown = sorted(set(query) - OPTIONS)
    if unknown or len(query) != len(ask.query):
        raise bad(f"The query option '{''.join(unknown[:1])}' isn't supported or is given twice.")
    return query


def _cmdlet_input(body: object) -> tuple[str, Mapping[str, Any]]:
    if not isinstance(body, dict) or set(body) != {"CmdletInput"}:
        raise bad("The request body must hold CmdletInput and nothing else.")
    given = body["CmdletInput"]
    if not isinstance(given, dict) or not set(given) <= {"CmdletName", "Parameters", "@odata.type"}:
        raise bad("CmdletInput must hold CmdletName and Parameters and nothing else.")
    name, parameters = given.get("CmdletName"), given.get("Parameters", {})
    if not isinstance(name, str) or not name or not isinstance(parameters or {}, dict):
        raise bad("CmdletName must be a text and Parameters an object.")
    return name, parameters or {}


def _json(ask: Ask) -> object:
    if ask.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise GatewayError(415, "UnsupportedMediaType", "The content type must be JSON.")
    try:
        found: object = json.loads(ask.body)
    except (ValueError, RecursionError) as error:
        raise bad("The request body isn't valid JSON.") from error
    return found


def _selected(rows: list[Body], select: str, *, writes: bool) -> list[Body]:
    # What a cmdlet answers isn't published; where a Get- finds nothing, any name may be right.
    wanted = {name.strip().lower() for name in select.split(",") if name.strip()}
    known = {name.lower() for row in rows for name in row}
    unknown = sorted(wanted - known) if rows or writes else []
    if unknown:
        raise bad(f"Could not find a property named '{unknown[0]}' in $select.")
    if not wanted:
        return rows
    return [{name: row[name] for name in row if name.lower() in wanted} for row in rows]


# ---- pages ----


def _page_size(ask: Ask) -> int:
    match = PAGE.search(ask.headers.get("prefer", ""))
    return min(max(int(match[1]), 1), LARGEST_PAGE) if match else LARGEST_PAGE


def _base(world: World, ask: Ask) -> str:
    return f"{world.base}/exchange{ask.path.rstrip('/').rpartition('/')[0]}"


def _next_link(world: World, ask: Ask, query: Mapping[str, str], start: int, digest: str) -> str:
    token = json.dumps([start, digest, world.at()]).encode()
    options = dict(query) | {"$skiptoken": base64.urlsafe_b64encode(token).decode()}
    return f"{world.base}/exchange{ask.path}?{urlencode(options)}"


def _start(world: World, token: str, digest: str) -> int:
    """Read a link to a further page: it's good for ten minutes, and for the same body only."""
    try:
        start, of, made = json.loads(base64.urlsafe_b64decode(token))
    except (ValueError, binascii.Error, TypeError) as error:
        raise bad("The skip token isn't valid.") from error
    if of != digest:
        raise bad("The skip token belongs to another request: send the same body again.")
    if world.at() > made + LINK_SECONDS:
        raise GatewayError(404, "NotFound", "The results of the request are no longer there.")
    return int(start)


# ---- $batch ----


def _batch(world: World, ask: Ask, caller: Caller) -> Answer:
    body = _json(ask)
    parts = body.get("requests") if isinstance(body, dict) and set(body) == {"requests"} else None
    if not isinstance(parts, list) or not 0 < len(parts) <= LARGEST_BATCH:
        raise bad(f"A batch must hold 1 to {LARGEST_BATCH} requests.")
    keys = [part.get("id") for part in parts if isinstance(part, dict)]
    if len(set(map(str, keys))) != len(parts) or not all(isinstance(key, str) for key in keys):
        raise bad("Every request of a batch must have an id of its own.")
    return Answer(body={"responses": [_part(world, ask, caller, part) for part in parts]})


def _part(world: World, ask: Ask, caller: Caller, part: Body) -> Body:
    failing = ask.failing.get(part["id"])
    given = failing.answer if failing else Answer()
    if failing is None or failing.done:
        try:
            done = _invoke_command(world, _part_ask(ask, part), caller)
        except GatewayError as error:
            done = error.answer
        given = given if failing else done
    return {"id": part["id"], "status": given.status, "body": given.body}


def _part_ask(ask: Ask, part: Body) -> Ask:
    url = urlsplit(str(part.get("url", "")))
    match = ROUTE.fullmatch(unquote(url.path).removeprefix("/exchange"))
    own = match and match["endpoint"].lower() == "invokecommand"
    same = own and match and match["tenant"] == ask.path.split("/")[3]
    if not same or part.get("method") != "POST":
        raise bad("A batch takes POST requests to InvokeCommand of the same tenant.")
    if not set(part) <= {"id", "method", "url", "headers", "body"}:
        raise bad("A request of a batch has id, method, url, headers and body.")
    headers = part.get("headers") or {}
    if not isinstance(headers, dict):
        raise bad("The headers of a request of a batch must be an object.")
    lower = {str(name).lower(): str(value) for name, value in headers.items()}
    pairs = (pair.partition("=") for pair in url.query.split("&") if pair)
    return replace(
        ask,
        path=unquote(url.path).removeprefix("/exchange"),
        query=tuple((unquote(name), unquote(value)) for name, _, value in pairs),
        # What a request doesn't say itself, it has from the batch around it.
        headers={**ask.headers, **lower},
        body=json.dumps(part.get("body")).encode(),
    )


# ---- EXOModuleFile ----


def _module_file(_world: World, ask: Ask, caller: Caller) -> Answer:
    """List the cmdlets that the caller may run, which is what the module makes functions of."""
    query = dict(ask.query)
    if set(query) != {"Version"} or not re.fullmatch(r"\d+(\.\d+){1,3}", query["Version"]):
        raise bad("The query option Version is missing or isn't valid.")
    wanted = [name.strip().lower() for name in ask.headers.get("commandname", "").split(",")]
    if wanted == [""]:
        raise bad("The header CommandName is missing.")
    names = [
        name for name in cmdlets.allowed(caller.wids) if "*" in wanted or name.lower() in wanted
    ]
    row = {"version": query["Version"], "exportedCmdlets": ",".join(names)}
    return Answer(body={"value": [row]})


Route = Callable[[World, Ask, Caller], Answer]
ROUTES: Mapping[tuple[str, str], tuple[str, Route]] = {
    ("beta", "invokecommand"): ("POST", _invoke_command),
    ("beta", "$batch"): ("POST", _batch),
    ("v1.0", "exomodulefile"): ("GET", _module_file),
}
