"""Where an application is answered at, and its home page: lists that Microsoft Graph replaces whole.

Source: learn.microsoft.com/graph/api/application-update
"""

import json
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from toolkit.systems.graph_wire import Body

if TYPE_CHECKING:
    from toolkit.systems.graph import Graph

PLACES = {"web": "web", "spa": "spa", "public_client": "publicClient"}
"""Where an application keeps its addresses, by the kind of client.

Source: learn.microsoft.com/graph/api/resources/application
"""


def addresses(app: Body | None, kind: str) -> list[str]:
    """List the addresses of one kind, in their order."""
    return list(((app or {}).get(PLACES[kind]) or {}).get("redirectUris") or ())


def home_page(app: Body | None) -> str:
    """Tell an application's home page; empty where it has none."""
    return str(((app or {}).get("web") or {}).get("homePageUrl") or "")


def change(
    graph: "Graph",
    client_id: str,
    kind: str,
    *,
    adding: Collection[str],
    removing: Collection[str],
    home: str | None = None,
) -> None:
    """Add addresses and take some out; all others, and what else the place holds, go back as they came.

    `home` is the home page to set, None leaves it alone. The list is replaced whole, so two
    readings must agree first.
    """
    what = "the list of addresses"
    last = graph.application_by_client_id(client_id)
    app = graph.agreeing(lambda: graph.application_by_client_id(client_id), _sign, what, last)
    there = addresses(app, kind)
    wanted = [each for each in there if each not in removing]
    wanted += sorted(set(adding) - set(there))
    body: Body = {}
    if wanted != there:
        body[PLACES[kind]] = _with(app.get(PLACES[kind]) or {}, wanted)
    if home is not None and home != home_page(app):
        web = body.get("web") or _with(app.get("web") or {}, addresses(app, "web"))
        body["web"] = {**web, "homePageUrl": home or None}
    if not body:
        return
    url = f"{graph.base}/applications/{app['id']}"
    content = json.dumps(body).encode()
    graph.write(lambda: graph.raw("PATCH", url, content), "change the application's addresses")


def _with(place: Body, wanted: list[str]) -> Body:
    """Put a list of addresses into a place; the order of addresses that are gone goes with them."""
    kept: dict[str, Any] = {**place, "redirectUris": wanted}
    if "redirectUriSettings" in kept:
        settings = kept["redirectUriSettings"] or []
        kept["redirectUriSettings"] = [each for each in settings if each.get("uri") in wanted]
    return kept


def _sign(app: Body) -> object:
    return [app.get(place) for place in PLACES.values()]
