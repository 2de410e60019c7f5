"""One request and its answer, as the practice services see them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who signed in: read from a verified access token.

    `roles` are application permissions, `scopes` delegated ones, both of the token's audience;
    `wids` are the template ids of active directory roles. `user_id` is None for an app-only token.
    """

    audience: str
    app_id: str
    object_id: str
    user_id: str | None = None
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    wids: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A request: `path` is decoded and has no base; header names are lower case.

    `failing` says which parts of a batch are to fail, by their ids.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    caller: Caller | None = None
    failing: "Mapping[str, Failing]" = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer: `body` is JSON data, or text (then say its content type), or None."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        """Encode the body as it goes over the wire."""
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        if isinstance(self.body, str):
            return self.body.encode()
        return json.dumps(self.body, ensure_ascii=False).encode()


@dataclass(frozen=True, kw_only=True)
class Failing:
    """The failure that stands in for the answer of a batch's part; `done` says it happens anyway."""

    answer: Answer
    done: bool
