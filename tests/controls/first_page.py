"""A bad client: takes the first page of a list for the list."""

from typing import Any

import httpx

from tests.controls.client import Client

SMALL_PAGES = "odata.maxpagesize=50"
EVERYBODY = {"ResultSize": "Unlimited"}


def people(client: Client) -> list[Any]:
    """List all users, or so it thinks."""
    return list(client.graph("GET", "/users?$select=id")["value"])


def recipients(client: Client) -> list[Any]:
    """List all recipients, or so it thinks."""
    return list(client.invoke("Get-Recipient", EVERYBODY, prefer=SMALL_PAGES).json()["value"])


def second_page_by_get(client: Client) -> httpx.Response:
    """Follow Exchange's next link as one follows Graph's: by GET."""
    link = client.invoke("Get-Recipient", EVERYBODY, prefer=SMALL_PAGES).json()["@odata.nextLink"]
    return client.http.get(link, headers={"authorization": _bearer(client)})


def all_recipients(client: Client) -> list[Any]:
    """List all recipients as Exchange wants it: the same POST again for each page."""
    page = client.invoke("Get-Recipient", EVERYBODY, prefer=SMALL_PAGES)
    rows = list(page.json()["value"])
    while link := page.json().get("@odata.nextLink"):
        page = client.http.post(link, content=page.request.content, headers=page.request.headers)
        rows += page.json()["value"]
    return rows


def all_people(client: Client) -> list[Any]:
    """List all users, page by page."""
    page = client.graph("GET", "/users?$select=id")
    rows = list(page["value"])
    while link := page.get("@odata.nextLink"):
        page = client.http.get(link, headers={"authorization": _bearer(client, graph=True)}).json()
        rows += page["value"]
    return rows


def _bearer(client: Client, *, graph: bool = False) -> str:
    return f"Bearer {client.token(client.graph_scope if graph else client.exchange_scope)}"
