"""Takes a request to the service it is for, and commits what that service changed."""

import re
import traceback
from collections.abc import Callable
from dataclasses import replace

from toolkit.practice import exchange, graph, resource_manager, traffic, vendors
from toolkit.practice.entra import login, replicas, tokens
from toolkit.practice.exchange import outlook_rest
from toolkit.practice.misfortune import error
from toolkit.practice.wire import Answer, Ask
from toolkit.practice.world import World, utc

LOG = "errors.log"


def answer(world: World, ask: Ask) -> Answer:
    """Answer a request; what it changed is on the disk when this returns."""
    service = SERVICES[traffic.service_of(ask.path)]
    try:
        with world.store.transaction():
            since = world.at()
            known = replace(ask, caller=tokens.caller_of(world, ask.headers))
            reply = service(world, known)
            if ask.method != "GET":
                replicas.note(world, since)
    except Exception:  # noqa: BLE001  the one place where a service's own mistake ends
        _log(world, ask, traceback.format_exc())
        text = f"The practice tenant itself failed; {LOG} beside its world says how."
        return Answer(status=500, body=error("InternalServerError", text))
    return reply


def _graph(world: World, ask: Ask) -> Answer:
    # msgraph-sdk really sends /v1.0//users, and Graph takes it.
    asked = replace(ask, path=re.sub("/{2,}", "/", ask.path))
    return graph.answer(world, asked)


def _exchange(world: World, ask: Ask) -> Answer:
    asked = replace(ask, path=ask.path.removeprefix(traffic.EXCHANGE_PREFIX))
    return exchange.answer(world, asked)


def _azure(world: World, ask: Ask) -> Answer:
    return resource_manager.answer(world, replace(ask, path=ask.path.removeprefix("/arm")))


def _login(world: World, ask: Ask) -> Answer:
    return login.answer(world, ask) or _unknown(ask)


def _vendor(world: World, ask: Ask) -> Answer:
    return vendors.answer(world, ask) or _unknown(ask)


def _unknown(ask: Ask) -> Answer:
    text = f"The practice tenant doesn't know {ask.method} {ask.path}."
    return Answer(status=501, body=error("NotImplemented", text))


def _log(world: World, ask: Ask, text: str) -> None:
    path = world.store.path.parent / LOG
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{utc(world.at()).isoformat()} {ask.method} {ask.path}\n{text}\n")


SERVICES: dict[str, Callable[[World, Ask], Answer]] = {
    "graph": _graph,
    "exchange": _exchange,
    "azure": _azure,
    "login": _login,
    "outlook": outlook_rest.answer,
    "vendor": _vendor,
}
