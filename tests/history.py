"""Remembers every write to a practice world, so that it can be put back to before any request."""

import sqlite3
from pathlib import Path
from typing import Any

COLUMNS = "kind, id, body, before, changed, reads, deleted"
# What services remember by themselves, about nobody's object.
FLEETING = ("permissionCache", "signInReplica")
MOMENT = "coalesce((select max(id) from request), 0)"
TRIGGERS = f"""
create table history (
    moment integer, gone integer, kind text, id text, body text, before text, changed real,
    reads integer, deleted integer);
create trigger note_insert after insert on object begin insert into history values ({MOMENT}, 0,
    new.kind, new.id, new.body, new.before, new.changed, new.reads, new.deleted); end;
create trigger note_update after update on object begin insert into history values ({MOMENT}, 0,
    new.kind, new.id, new.body, new.before, new.changed, new.reads, new.deleted); end;
create trigger note_delete after delete on object begin insert into history values ({MOMENT}, 1,
    old.kind, old.id, old.body, old.before, old.changed, old.reads, old.deleted); end;
"""
State = dict[tuple[str, str], tuple[Any, ...]]


class History:
    """A world's file with its past, written down by the database itself."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, timeout=30)
        self._db.executescript(TRIGGERS)
        self._start = self._now()
        self._past: list[tuple[Any, ...]] = []

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def requests(self) -> list[int]:
        """List the numbers of the requests that were served, without parts of batches."""
        found = self._db.execute("select id from request where kind != 'part' order by id")
        return [int(number) for (number,) in found]

    def remember(self) -> None:
        """Take what was written so far for the past."""
        rows = self._db.execute(f"select moment, gone, {COLUMNS} from history order by rowid")
        self._past = rows.fetchall()

    def before(self, request: int) -> State:
        """Tell what the world was just before a request."""
        state = dict(self._start)
        for moment, gone, *row in self._past:
            if moment >= request:
                break
            if gone:
                state.pop((row[0], row[1]), None)
            else:
                state[row[0], row[1]] = tuple(row)
        return state

    def restore(self, state: State) -> None:
        """Put the world into a state."""
        self._db.execute("begin immediate")
        self._db.execute("delete from object")
        self._db.executemany(
            f"insert into object ({COLUMNS}) values (?, ?, ?, ?, ?, ?, ?)",
            state.values(),
        )
        self._db.execute("commit")

    def forget(self) -> None:
        """Begin to watch for writes from now on."""
        self._db.execute("delete from history")

    def touched(self) -> bool:
        """Tell whether anybody's object was written to since then."""
        marks = ", ".join("?" * len(FLEETING))
        rows = self._db.execute(
            f"select count(*) from history where kind not in ({marks})",
            FLEETING,
        )
        return bool(rows.fetchone()[0])

    def _now(self) -> State:
        rows = self._db.execute(f"select {COLUMNS} from object").fetchall()
        return {(row[0], row[1]): tuple(row) for row in rows}
