import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import CommandLine
from tests.homes import StandingClock, plan
from tests.journals import at, begun, events, events_of, lines
from toolkit.home import Home


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return begun(tmp_path)


def test_torn_at_any_byte_it_loses_at_most_the_torn_line_and_goes_on(written):
    whole = lines(written)
    data = b"".join(whole)
    path = written / "journal.jsonl"
    for cut in range(len(data) + 1):
        for leftover in written.glob("*damaged*"):
            leftover.unlink()
        path.write_bytes(data[:cut])
        kept = [line for n, line in enumerate(whole) if len(b"".join(whole[: n + 1])) <= cut]
        torn = data[len(b"".join(kept)) : cut]

        journal = at(written)
        assert [r["hash"] for r in journal] == [json.loads(line)["hash"] for line in kept]
        assert journal.torn == len(torn)
        journal.add("went on", cut=cut)

        again = at(written)
        assert events(again)[-1] == "went on"
        assert events(again)[:-1] == events_of(kept) + ["damaged"] * bool(torn)
        assert again.torn == 0
        assert [each.read_bytes() for each in written.glob("*damaged*")] == [torn] * bool(torn)


@settings(max_examples=300, deadline=None)
@given(where=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_a_changed_byte_is_noticed_wherever_it_is(tmp_path_factory, where, flip):
    folder = tmp_path_factory.mktemp("flipped")
    journal = at(folder)
    for number in range(3):
        journal.add("announced", step="app", number=number, ok=True)
    path = folder / "journal.jsonl"
    data = bytearray(path.read_bytes())
    place = int(where * len(data))
    data[place] ^= flip
    path.write_bytes(data)

    found = at(folder)

    assert found.torn > 0
    assert len(list(found)) == bytes(path.read_bytes()[:place]).count(b"\n")


def test_a_line_taken_out_put_in_or_moved_is_noticed(written):
    first, second, third = lines(written)
    path = written / "journal.jsonl"
    for changed in (
        [first, third],
        [second, third],
        [first, third, second],
        [first, first, second],
    ):
        path.write_bytes(b"".join(changed))
        assert at(written).torn > 0


def test_a_line_written_in_other_words_is_noticed(written):
    *others, last = lines(written)
    for same in (last.replace(b'": ', b'":  '), last.replace(b"{", b'{"event": "confirmed", ')):
        (written / "journal.jsonl").write_bytes(b"".join(others) + same)
        assert events(at(written)) == ["opened", "announced"]


@pytest.mark.parametrize(
    "garbage",
    [
        b"\n",
        b"null\n",
        b"[]\n",
        b"{}\n",
        b"\xff\xfe\n",
        b"\0" * 4096,
        b"[" * 100_000 + b"\n",
        b"\r\n",
    ],
    ids=lambda each: repr(each)[:12],
)
def test_garbage_at_the_end_is_put_aside_and_named_in_the_journal(written, garbage):
    with (written / "journal.jsonl").open("ab") as file:
        file.write(garbage)

    journal = at(written)
    assert events(journal) == ["opened", "announced", "confirmed"]
    journal.add("finished")

    assert journal.damaged is not None
    assert journal.damaged.read_bytes() == garbage
    record = at(written).last("damaged") or {}
    assert (record["bytes"], record["aside"]) == (len(garbage), journal.damaged.name)
    assert events(at(written))[-2:] == ["damaged", "finished"]


def test_runs_show_says_what_of_a_journal_can_not_be_read_and_what_was_put_aside(
    mailgrant: CommandLine,
):
    home = Home(mailgrant.home, StandingClock())
    home.prepare()
    run = home.new_run(plan())
    assert "can't be read" not in mailgrant("runs", "show", run.id).err
    with (mailgrant.home / "runs" / run.id / "journal.jsonl").open("ab") as file:
        file.write(b'{"event": "finis')

    torn = mailgrant("runs", "show", run.id)
    assert (torn.code, torn.err.count("The last 16 bytes of")) == (0, 1)
    assert mailgrant("runs", "show", run.id, "--json").json["torn"] == 16

    home.run(run.id).journal.add("went on")
    aside = mailgrant("runs", "show", run.id)
    assert "the journal's last 16 bytes couldn't be read" in aside.err
    assert "can't be read" not in aside.err
