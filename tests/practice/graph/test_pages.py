from collections.abc import Iterator
from pathlib import Path

import pytest

from toolkit.practice import graph
from toolkit.practice.clock import PracticeClock
from toolkit.practice.store import Body, Lag, Store
from toolkit.practice.wire import Ask, Caller
from toolkit.practice.world import World

BASE = "https://localhost:8443"
READER = Caller(audience=BASE, app_id="a", object_id="o", roles=frozenset({"Directory.Read.All"}))
MANY = 3000


class CountingStore(Store):
    """A store that counts how many objects were taken out of lists."""

    taken = 0

    def all_seen(
        self, kind: str, *, at: float, lag: Lag, after: str = "", shared: bool = False
    ) -> Iterator[Body]:
        for body in super().all_seen(kind, at=at, lag=lag, after=after, shared=shared):
            self.taken += 1
            yield body


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CountingStore]:
    opened = CountingStore(tmp_path / "world.db")
    yield opened
    opened.close()


@pytest.fixture
def world(store: CountingStore) -> World:
    world = World(store=store, clock=PracticeClock(store), base=BASE)
    with store.transaction():
        for number in range(MANY):
            key = f"{number:08}-0000-4000-8000-000000000000"
            name = f"App {number % 7}"
            body = {"id": key, "appId": key, "displayName": name, "tags": ["odd"][: number % 2]}
            world.put("servicePrincipal", key, body, lag=False)
    return world


def pages(world: World, **options: str) -> list[list[str]]:
    query = tuple((f"${name}", value) for name, value in options.items())
    found = []
    while True:
        headers = {"consistencylevel": "eventual"}
        ask = Ask(method="GET", path="/v1.0/servicePrincipals", query=query, headers=headers)
        answer = graph.answer(world, Ask(**{**vars(ask), "caller": READER}))
        assert answer.status == 200, answer.body
        found.append([one["id"] for one in answer.body["value"]])
        link = answer.body.get("@odata.nextLink")
        if link is None:
            return found
        token = link.rpartition("skiptoken=")[2]
        query = (*(pair for pair in query if pair[0] != "$skiptoken"), ("$skiptoken", token))


@pytest.mark.parametrize(
    "options", [{}, {"filter": "displayName eq 'App 3'"}, {"orderby": "displayName desc"}]
)
def test_each_object_comes_once_however_a_list_is_asked_for(
    world: World, options: dict[str, str]
) -> None:
    found = [key for page in pages(world, top="100", count="true", **options) for key in page]

    assert len(found) == len(set(found)) == (MANY if "filter" not in options else 429)


def test_a_list_in_many_pages_reads_each_object_about_once(
    world: World, store: CountingStore
) -> None:
    assert len(pages(world, top="100")) == 30

    assert MANY <= store.taken <= MANY * 1.1


def test_what_is_deleted_between_pages_moves_nothing_out_of_the_next(world: World) -> None:
    ask = Ask(method="GET", path="/v1.0/servicePrincipals", query=(("$top", "10"),), caller=READER)
    first = graph.answer(world, ask).body
    for one in first["value"][:5]:
        world.remove("servicePrincipal", one["id"], lag=False)
    token = first["@odata.nextLink"].rpartition("skiptoken=")[2]
    query = (("$top", "1"), ("$skiptoken", token))
    second = graph.answer(world, Ask(**{**vars(ask), "query": query})).body

    assert second["value"][0]["id"].startswith("00000010")


def test_a_link_to_a_page_is_for_the_order_it_was_made_in(world: World) -> None:
    ask = Ask(method="GET", path="/v1.0/servicePrincipals", query=(("$top", "10"),), caller=READER)
    token = graph.answer(world, ask).body["@odata.nextLink"].rpartition("skiptoken=")[2]
    query = (("$orderby", "displayName"), ("$skiptoken", token))
    answer = graph.answer(world, Ask(**{**vars(ask), "query": query}))

    assert (answer.status, answer.body["error"]["code"]) == (400, "Directory_ExpiredPageToken")
