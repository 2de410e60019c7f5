"""What every application signs in with, and until when: two lists, never a request for each."""

from typing import TYPE_CHECKING

from toolkit.systems.graph_query import query, text
from toolkit.systems.graph_shapes import HOLDER, NOTED_HOLDER
from toolkit.systems.graph_wire import Body
from toolkit.systems.shapes import names

if TYPE_CHECKING:
    from toolkit.systems.graph import Graph

MOST = 999
"""Objects of a page; lists with keyCredentials may be asked for 150 times a minute in a tenant.

Source: learn.microsoft.com/graph/api/application-list
"""


def registered(graph: "Graph", tag: str = "") -> list[Body]:
    """List applications with their certificates and secrets; those with a tag, or all."""
    options = query(graph.sdk.applications, filter=_with(tag), select=names(HOLDER), top=MOST)
    request = graph.sdk.applications.to_get_request_information(options)
    return graph.read_all(request, "list what applications sign in with", HOLDER)


def enterprise(graph: "Graph", tag: str = "") -> list[Body]:
    """List enterprise applications, with the certificates and secrets that are theirs alone."""
    builder, wanted = graph.sdk.service_principals, names(NOTED_HOLDER)
    options = query(builder, filter=_with(tag), select=wanted, top=MOST)
    request = builder.to_get_request_information(options)
    return graph.read_all(request, "list what enterprise applications hold", NOTED_HOLDER)


def _with(tag: str) -> str | None:
    return f"tags/any(t:t eq {text(tag)})" if tag else None
