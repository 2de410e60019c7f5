from collections.abc import Iterator
from pathlib import Path

import pytest

from toolkit.practice.store import Lag, Store

LAG = Lag(reads=2)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "world.db")
    yield opened
    opened.close()


def keys(store: Store, after: str = "") -> list[str]:
    return [body["id"] for body in store.all_seen("thing", at=0, lag=Lag(), after=after)]


def test_what_an_attempt_took_back_was_never_there(store: Store) -> None:
    with store.transaction():
        store.put("thing", "kept", {"id": "kept"}, at=0)
        with store.attempt() as take_back:
            store.put("thing", "made", {"id": "made"}, at=0)
            store.remove("thing", "kept", at=0)
            take_back()

    assert keys(store) == ["kept"]


def test_an_attempt_within_an_attempt_is_taken_back_with_it(store: Store) -> None:
    with store.transaction(), store.attempt() as take_back:
        with store.attempt():
            store.put("thing", "inner", {"id": "inner"}, at=0)
        take_back()

    assert keys(store) == []


def test_replicas_catch_up_by_attempts_that_were_taken_back(store: Store) -> None:
    store.put("thing", "new", {"id": "new"}, at=0)
    seen = []
    for _ in range(3):
        with store.transaction(), store.attempt() as outer:
            with store.attempt() as take_back:
                seen.append(store.seen("thing", "new", at=0, lag=LAG) is not None)
                take_back()
            outer()

    assert seen == [False, False, True]


def test_a_list_goes_on_after_any_id(store: Store) -> None:
    for number in range(2500):
        store.put("thing", f"{number:04}", {"id": f"{number:04}"}, at=0)

    assert len(keys(store)) == 2500
    assert keys(store, after="2497") == ["2498", "2499"]
    assert keys(store, after="2499") == []


def test_a_list_reads_only_what_is_taken_of_it(store: Store) -> None:
    for number in range(5):
        store.put("thing", str(number), {"id": str(number)}, at=0)
    flip = Lag(reads=1, flip=True)
    rows = store.all_seen("thing", at=0, lag=flip)
    assert [next(rows, None)] == [None]  # all of them are new: each has been read once by now
    assert [body["id"] for body in store.all_seen("thing", at=0, lag=flip)] == list("01234")

    store.put("thing", "0", {"id": "0", "new": True}, at=0)
    store.put("thing", "1", {"id": "1", "new": True}, at=0)
    first = next(store.all_seen("thing", at=0, lag=Lag(reads=1)))
    rest = list(store.all_seen("thing", at=0, lag=Lag(reads=1)))

    assert "new" not in first
    assert ["new" in body for body in rest[:2]] == [True, False]
