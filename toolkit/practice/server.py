"""The practice tenant as an application: each request counted, struck, answered, recorded."""

import asyncio
import contextlib
import json
import socket
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from toolkit.practice import dispatch, faults, misfortune, traffic
from toolkit.practice.entra import login
from toolkit.practice.faults import Asked, Fault
from toolkit.practice.loopback import Address, Server, reset
from toolkit.practice.store import Store
from toolkit.practice.tls import Tls
from toolkit.practice.wire import Answer, Ask, Failing
from toolkit.practice.world import World

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

CONTENT = {
    "graph": "application/json;odata.metadata=minimal;odata.streaming=true;"
    "IEEE754Compatible=false;charset=utf-8",
    "exchange": "application/json;odata.metadata=minimal;charset=utf-8",
    "azure": "application/json; charset=utf-8",
    "login": "application/json; charset=utf-8",
    "outlook": "application/json; charset=utf-8",
    "vendor": "application/json; charset=utf-8",
}
DIAGNOSTIC = {
    "ServerInfo": {
        "DataCenter": "Practice",
        "Slice": "E",
        "Ring": "1",
        "ScaleUnit": "000",
        "RoleInstance": "LOOPBACK",
    }
}
NO_CONTENT = 204


class Served:
    """The ASGI application: one request after the other, each committed before its answer."""

    def __init__(
        self, world: World, *, recording: traffic.Recording | None, embedded: bool
    ) -> None:
        self._world = world
        self._recording = recording
        self._embedded = embedded
        self.transports: dict[Address, asyncio.Transport] = {}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        ask = await _ask(scope, receive)
        url = self._world.base + _target(scope)
        struck, reply = self._serve(ask)
        for fault in struck:
            if fault.phase == "after-reply":
                continue
            reply = await self._suffer(fault, ask, reply)
            if fault.action.word == "truncate" and reply is not None:
                self._record(ask, url, None)
                return await self._truncate(scope, send, reply, int(fault.action.number))
            if reply is None:
                self._record(ask, url, None)
                if fault.action.word == "kill-client":
                    misfortune.kill_client(ask, embedded=self._embedded)
                return reset(self.transports[tuple(scope["client"])])
        if reply is None:
            raise AssertionError("Only a fault leaves a request without an answer.")
        await self._reply(ask, url, send, reply)
        if any(fault.phase == "after-reply" for fault in struck):
            misfortune.kill_client(ask, embedded=self._embedded)
        return None

    def _serve(self, ask: Ask) -> tuple[list[Fault], Answer | None]:
        """Count the request, see which faults strike it, and have it answered unless one forbids."""
        store = self._world.store
        with store.transaction():
            number = traffic.count(store, ask)
            struck = faults.match(store, _asked(ask, str(number)))
            ask, others = _struck_parts(store, ask, number)
        struck += others
        before = [fault for fault in struck if fault.phase == "before"]
        if before:
            return before[:1], None
        reply = dispatch.answer(self._world, ask)
        if any(fault.action.word == "dup" for fault in struck):
            reply = dispatch.answer(self._world, ask)
        store.execute("update request set status = ? where id = ?", (reply.status, number))
        return struck, reply

    async def _suffer(self, fault: Fault, ask: Ask, reply: Answer | None) -> Answer | None:
        """Apply a fault; None means that the connection ends without an answer."""
        word = fault.action.word
        if word == "hang":
            await asyncio.sleep(fault.action.number)
        if word == "status":
            return misfortune.failure(fault.action, token=login.is_token_request(ask))
        if word == "aadsts":
            return misfortune.refusal(int(fault.action.number))
        if word == "html":
            return misfortune.page()
        return None if word in {"reset", "kill-client"} else reply

    async def _reply(self, ask: Ask, url: str, send: Send, reply: Answer) -> None:
        headers, content = _full(ask, reply)
        self._record(ask, url, reply.status, headers, content)
        await send(_start(reply.status, headers))
        await send({"type": "http.response.body", "body": content})

    async def _truncate(self, scope: Message, send: Send, reply: Answer, length: int) -> None:
        headers, content = _full(_nothing(), reply)
        await send(_start(reply.status, headers))
        part = content[:length]
        await send({"type": "http.response.body", "body": part, "more_body": True})
        self.transports[tuple(scope["client"])].close()

    def _record(
        self,
        ask: Ask,
        url: str,
        status: int | None,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
    ) -> None:
        if self._recording is not None:
            self._recording.write(ask, url, status, headers or {}, content)


@contextlib.contextmanager
def serve(
    world: World, tls: Tls, sockets: list[socket.socket], *, record: Path | None, embedded: bool
) -> Iterator[None]:
    """Serve a world until the context ends."""
    with contextlib.ExitStack() as stack:
        recording = None
        if record is not None:
            recording = traffic.Recording(record)
            stack.callback(recording.close)
        served = Served(world, recording=recording, embedded=embedded)
        server = Server(served, served.transports, tls, sockets)
        stack.callback(server.stop)
        server.start()
        yield


def _asked(ask: Ask, number: str, *, part: bool = False) -> Asked:
    return Asked(
        number=number,
        method=ask.method,
        path=ask.path,
        cmdlet=traffic.cmdlet_of(ask),
        token=login.is_token_request(ask),
        part=part,
    )


def _struck_parts(store: Store, ask: Ask, number: int) -> tuple[Ask, list[Fault]]:
    """Let a status strike the part of a batch that it is for, anything else the whole batch."""
    failing: dict[str, Failing] = {}
    others: list[Fault] = []
    for key, part in traffic.parts_of(ask):
        for fault in faults.match(store, _asked(part, f"{number}.{key}", part=True)):
            if fault.action.word == "status":
                answer = misfortune.failure(fault.action, token=False)
                failing[key] = Failing(answer=answer, done=fault.phase != "before")
            else:
                others.append(fault)
    return replace(ask, failing=failing), others


async def _ask(scope: Message, receive: Receive) -> Ask:
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    query = scope["query_string"].decode("latin-1")
    return Ask(
        method=scope["method"],
        path=scope["path"],
        query=tuple(parse_qsl(query, keep_blank_values=True)),
        headers={key.decode("latin-1"): text.decode("latin-1") for key, text in scope["headers"]},
        body=body,
    )


def _nothing() -> Ask:
    return Ask(method="GET", path="/")


def _target(scope: Message) -> str:
    query = scope["query_string"].decode("latin-1")
    path: str = scope["raw_path"].decode("latin-1")
    return f"{path}?{query}" if query else path


def _full(ask: Ask, reply: Answer) -> tuple[dict[str, str], bytes]:
    content = reply.content()
    request_id = _request_id(reply) or str(uuid.uuid4())
    headers = {
        "date": formatdate(usegmt=True),
        "request-id": request_id,
        "client-request-id": ask.headers.get("client-request-id", request_id),
        "x-ms-ags-diagnostic": json.dumps(DIAGNOSTIC),
    }
    if content:
        headers["content-type"] = CONTENT[traffic.service_of(ask.path)]
    if reply.status != NO_CONTENT:
        headers["content-length"] = str(len(content))
    return headers | {key.lower(): text for key, text in reply.headers.items()}, content


def _request_id(reply: Answer) -> str | None:
    # An error says its id in the body too; both have to be the same.
    error = reply.body.get("error") if isinstance(reply.body, dict) else None
    inner = error.get("innerError") if isinstance(error, dict) else None
    return inner.get("request-id") if isinstance(inner, dict) else None


def _start(status: int, headers: Mapping[str, str]) -> Message:
    pairs = [(key.encode("latin-1"), text.encode("latin-1")) for key, text in headers.items()]
    return {"type": "http.response.start", "status": status, "headers": pairs}
