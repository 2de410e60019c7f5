import json
import multiprocessing
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from tests.journals import CLOCK, at, begun, events, lines
from toolkit import failpoint
from toolkit.errors import HomeError
from toolkit.journal import START, Journal


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return begun(tmp_path)


def test_what_is_written_is_read_again(written):
    journal = at(written)

    assert events(journal) == ["opened", "announced", "confirmed"]
    assert (journal.announced("app") or {})["after"]["name"] == "Zoë's “app”\n\u2028🔒"
    assert {record["at"] for record in journal} == {"2026-11-20T10:00:00+00:00"}
    assert (journal.torn, journal.damaged) == (0, None)


def test_a_journal_that_is_not_there_is_empty_and_reading_it_makes_no_file(tmp_path):
    journal = at(tmp_path)

    assert (list(journal), journal.head, journal.torn) == ([], START, 0)
    assert list(tmp_path.iterdir()) == []


def test_each_line_carries_the_hash_of_the_line_before(written):
    records = [json.loads(line) for line in lines(written)]

    assert [r["chain"] for r in records] == [START, *(r["hash"] for r in records[:-1])]
    assert at(written).head == records[-1]["hash"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has access lists instead of modes")
def test_a_journal_is_for_its_owner_only(written):
    assert (written / "journal.jsonl").stat().st_mode & 0o777 == 0o600


# ---- who reads never writes ----


def test_reading_a_torn_journal_changes_nothing_on_the_disk(written):
    path = written / "journal.jsonl"
    data = path.read_bytes()[:-7]
    path.write_bytes(data)

    journal = at(written)
    journal.steps(), journal.head, journal.torn, list(journal)

    assert path.read_bytes() == data
    assert list(written.iterdir()) == [path]


def test_a_reader_sees_what_another_adds_also_while_a_line_is_half_written(written):
    writer, reader = at(written), at(written)
    writer.add("announced", step="group")
    assert reader.announced("group")

    path = written / "journal.jsonl"
    whole = path.read_bytes()
    writer.add("confirmed", step="group", seen={})
    added = path.read_bytes()
    path.write_bytes(added[: len(whole) + 20])
    assert reader.open_write("group")
    path.write_bytes(added)
    assert not reader.open_write("group")
    assert reader.torn == 0


def test_two_that_write_one_after_the_other_keep_one_chain(written):
    one, other = at(written), at(written)
    for number in range(4):
        (one, other)[number % 2].add("turn", number=number)

    assert [r["number"] for r in at(written) if r["event"] == "turn"] == [0, 1, 2, 3]
    assert at(written).torn == 0
    assert one.head == other.head


def _read_often(path: Path, together: Barrier, counts: "multiprocessing.Queue[int]") -> None:
    together.wait(60)
    wrong, journal = 0, at(path)
    while not journal.last("end"):
        found = [r["number"] for r in at(path) if "number" in r]
        wrong += found != list(range(len(found)))
    counts.put(wrong)


def test_readers_in_other_processes_never_harm_the_one_who_writes(tmp_path):
    context = multiprocessing.get_context("spawn")
    counts, together = context.Queue(), context.Barrier(3)
    writer = at(tmp_path)
    writer.add("turn", number=0)
    readers = [
        context.Process(target=_read_often, args=(tmp_path, together, counts)) for _ in range(2)
    ]
    for reader in readers:
        reader.start()
    together.wait(60)

    for number in range(1, 300):
        writer.add("turn", number=number, padding="x" * 5000)
    writer.add("end")

    assert [counts.get(timeout=60) for _ in readers] == [0, 0]
    for reader in readers:
        reader.join(60)
    assert len(list(at(tmp_path))) == 301
    assert [path.name for path in tmp_path.iterdir()] == ["journal.jsonl"]


# ---- the disk ----


if sys.platform == "win32":

    def largest_file(size: int) -> AbstractContextManager[None]:
        pytest.skip("Windows has no limit for files")

else:
    import resource

    @contextmanager
    def largest_file(size: int) -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_line_that_finds_no_room_leaves_no_half_line(written):
    journal = at(written)
    size = (written / "journal.jsonl").stat().st_size

    with largest_file(size + 50), pytest.raises(HomeError, match="can't be written") as refused:
        journal.add("announced", step="group")

    assert refused.value.fix
    assert (written / "journal.jsonl").stat().st_size == size
    assert not journal.announced("group")
    journal.add("announced", step="group")
    assert events(at(written))[-1] == "announced"


def test_a_journal_whose_folder_is_gone_or_that_is_a_folder_is_a_sentence(tmp_path):
    with pytest.raises(HomeError):
        Journal(tmp_path / "none" / "journal.jsonl", CLOCK).add("opened")
    (tmp_path / "journal.jsonl").mkdir()
    (tmp_path / "journal.jsonl" / "x").write_bytes(b"x")

    with pytest.raises(HomeError, match="can't be read"):
        at(tmp_path)


def test_a_line_is_on_the_disk_before_what_follows_is_reached(tmp_path):
    journal = at(tmp_path)
    seen: dict[str, int] = {}

    def look(name: str) -> None:
        seen[name] = len(list(at(tmp_path)))

    failpoint.set_hook(look)
    try:
        journal.add("opened")
        journal.add("announced", step="app")
    finally:
        failpoint.set_hook(None)

    assert seen["before journal opened"] == 0
    assert seen["after journal opened"] == seen["before journal announced"] == 1
    assert seen["after journal announced"] == 2


# ---- what the records say ----


def told(tmp_path: Path, story: str) -> Journal:
    """Write a story such as `announced app, confirmed app`, and read it again."""
    journal = at(tmp_path)
    for number, each in enumerate(story.split(", ")):
        event, _, step = each.partition(" ")
        journal.add(event, step=step, number=number)
    return at(tmp_path)


@pytest.mark.parametrize(
    ("story", "open_"),
    [
        ("opened", False),
        ("announced app", True),
        ("announced app, confirmed app", False),
        ("announced app, announced app", True),
        ("announced app, confirmed app, announced app", True),
        ("announced app, confirmed app, undoing app", True),
        ("announced app, undoing app", True),
        ("announced app, confirmed app, undoing app, undone app", False),
        ("announced app, undone app, announced app", True),
        ("announced app, confirmed app, announced group", False),
    ],
)
def test_a_write_is_open_from_its_announcement_until_it_is_confirmed_or_undone(
    tmp_path, story, open_
):
    assert told(tmp_path, story).open_write("app") is open_


@pytest.mark.parametrize(
    ("story", "steps"),
    [
        ("opened", []),
        ("announced app, confirmed app, announced group", ["app", "group"]),
        ("announced app, announced group, announced app", ["app", "group"]),
        ("announced app, announced group, undone group", ["app"]),
        ("announced app, announced group, undoing group", ["app", "group"]),
        ("announced app, announced group, undone group, undone app", []),
        ("announced a, announced b, undone b, undone a, announced b, announced a", ["b", "a"]),
    ],
)
def test_what_is_to_be_undone_is_listed_in_the_order_it_was_done(tmp_path, story, steps):
    assert told(tmp_path, story).steps() == steps


def test_the_first_announcement_counts_and_the_last_confirmation(tmp_path):
    journal = told(tmp_path, "announced app, announced app, confirmed app, confirmed app")

    assert (journal.announced("app") or {})["number"] == 0
    assert (journal.confirmed("app") or {})["number"] == 3


def test_what_was_undone_counts_no_more(tmp_path):
    journal = told(tmp_path, "announced app, confirmed app, undone app, announced app")

    assert (journal.announced("app") or {})["number"] == 3
    assert journal.confirmed("app") is None
    assert (journal.last("confirmed") or {})["number"] == 1
    assert journal.last("nothing") is None
