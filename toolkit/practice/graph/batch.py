"""Several requests in one: each part judged and answered on its own.

Source: learn.microsoft.com/graph/json-batching
"""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from toolkit.practice.graph.errors import GraphError, bad
from toolkit.practice.wire import Answer, Ask

MOST_PARTS = 20
METHODS = frozenset({"GET", "POST", "PATCH", "PUT", "DELETE"})
NAMES = frozenset({"id", "method", "url", "headers", "body", "dependsOn"})
DEPENDENCY_FAILED = 424
GOOD = range(200, 400)


def answer(ask: Ask, data: Any, one: Callable[[Ask], Answer]) -> Answer:
    """Answer every part in the order given, those that depend on a failed one with 424."""
    parts = _parts(data)
    done: dict[str, int] = {}
    responses = []
    for part in parts:
        failed = [key for key in part.get("dependsOn") or () if done[key] not in GOOD]
        reply = _dependency_failed() if failed else _answered(ask, part, one)
        done[part["id"]] = reply.status
        responses.append(_response(part["id"], reply))
    return Answer(body={"responses": responses})


def _answered(ask: Ask, part: dict[str, Any], one: Callable[[Ask], Answer]) -> Answer:
    failing = ask.failing.get(part["id"])
    if failing is None:
        return one(_ask(ask, part))
    if failing.done:
        one(_ask(ask, part))
    return failing.answer


def _parts(data: Any) -> list[dict[str, Any]]:
    if not isinstance(data, dict) or set(data) != {"requests"}:
        raise bad("Invalid batch payload format.", "BadRequest")
    parts = data["requests"]
    if not isinstance(parts, list) or not parts:
        raise bad("Invalid batch payload format.", "BadRequest")
    if len(parts) > MOST_PARTS:
        raise bad(
            f"Number of batch request steps exceeds the maximum value of {MOST_PARTS}.",
            "BadRequest",
        )
    seen: set[str] = set()
    for part in parts:
        _check(part, seen)
        seen.add(part["id"])
    return parts


def _check(part: Any, seen: set[str]) -> None:
    if not isinstance(part, dict) or set(part) - NAMES:
        raise bad("Invalid batch payload format.", "BadRequest")
    key, method, url = part.get("id"), part.get("method"), part.get("url")
    if not isinstance(key, str) or not key:
        raise bad("The id of each batch request step must be a text.", "BadRequest")
    if key in seen:
        raise bad(f"Request Id '{key}' was provided for more than one request.", "BadRequest")
    if not isinstance(method, str) or method.upper() not in METHODS:
        raise bad(f"Invalid method for the batch request step '{key}'.", "BadRequest")
    if not isinstance(url, str) or "://" in url.partition("?")[0] or not url:
        raise bad(f"The url of the batch request step '{key}' must be relative.", "BadRequest")
    if url.strip("/").lower().startswith("$batch"):
        raise bad("A batch request step cannot be a batch itself.", "BadRequest")
    if not isinstance(part.get("headers") or {}, dict):
        raise bad("Invalid batch payload format.", "BadRequest")
    needs = part.get("dependsOn") or []
    if not isinstance(needs, list) or any(one not in seen for one in needs):
        raise bad(f"The step '{key}' depends on a step that doesn't come before it.", "BadRequest")
    names = {str(name).lower() for name in part.get("headers") or {}}
    if part.get("body") is not None and "content-type" not in names:
        raise bad(
            f"Write request id : {key} does not contain Content-Type header or body.", "BadRequest"
        )


def _ask(ask: Ask, part: dict[str, Any]) -> Ask:
    version = ask.path.split("/")[1]
    url = urlsplit("/" + part["url"].lstrip("/"))
    headers = {str(name).lower(): str(text) for name, text in (part.get("headers") or {}).items()}
    body = part.get("body")
    return replace(
        ask,
        method=part["method"].upper(),
        path=f"/{version}{unquote(url.path)}",
        query=tuple(parse_qsl(url.query, keep_blank_values=True)),
        headers=headers,
        body=b"" if body is None else json.dumps(body).encode(),
    )


def _response(key: str, reply: Answer) -> dict[str, Any]:
    headers = {"Cache-Control": "no-cache", **{str(k): str(v) for k, v in reply.headers.items()}}
    if reply.body is None:
        return {"id": key, "status": reply.status, "headers": headers}
    if not isinstance(reply.body, str):
        headers["Content-Type"] = "application/json"
    return {"id": key, "status": reply.status, "headers": headers, "body": reply.body}


def _dependency_failed() -> Answer:
    error = GraphError(
        DEPENDENCY_FAILED, "FailedDependency", "A step that this one depends on has failed."
    )
    body = {"error": {"code": error.code, "message": error.message}}
    return Answer(status=error.status, body=body)
