"""The practice world in one SQLite file: objects, what lagging replicas still say of them, settings.

Every object is one JSON document of a kind. A write keeps the version before it, so that
replicas that lag can go on answering with it. Nothing is cached in memory but what a text means:
a killed server or client loses nothing that was committed, and other processes may look and set
at any time.
"""

import functools
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Body = dict[str, Any]

TABLES = """
create table if not exists object (
    kind text not null, id text not null, body text not null, before text,
    changed real not null, reads integer not null default 0, deleted integer not null default 0,
    primary key (kind, id)) without rowid;
create table if not exists setting (name text primary key, value text not null) without rowid;
create table if not exists fault (id integer primary key, line text not null,
    matched integer not null default 0, fired integer not null default 0);
create table if not exists request (id integer primary key, kind text not null,
    method text not null, path text not null, status integer);
"""
GONE = "null"
CHUNK = 1000


@dataclass(frozen=True)
class Lag:
    """How replicas lag: an object stays stale for that many reads, and for that many seconds.

    `flip` makes the replicas answer by turns, old and new, until the lag is over.
    """

    reads: int = 0
    seconds: float = 0.0
    flip: bool = False


class Store:
    """Objects by kind and id.

    `get`, `all` and `find` tell what is true; the service's own logic uses them. `seen` and
    `all_seen` tell what a lagging replica answers to a client. Every change belongs inside
    `with store.transaction():`, which commits at its end.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        self._db.execute("pragma journal_mode=wal")
        self._db.execute("pragma synchronous=normal")
        self._db.executescript(TABLES)
        self._worn: list[tuple[str, str]] | None = None

    def close(self) -> None:
        """Fold the write-ahead log back into the one file and close it."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what is written inside, or none of it."""
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    @contextmanager
    def attempt(self) -> Iterator[Callable[[], None]]:
        """Give a way to take back what was written inside so far; what reading wore down stays.

        Replicas catch up however a request ends: a client that only ever tries to change a new
        object would otherwise be refused for good.
        """
        outer, worn = self._worn, list[tuple[str, str]]()
        self._worn = worn
        self._db.execute("savepoint attempt")

        def take_back() -> None:
            self._db.execute("rollback to attempt")
            for kind, key in worn:
                self._wear(kind, key)

        try:
            yield take_back
        finally:
            self._db.execute("release attempt")
            if outer is not None:
                outer.extend(worn)
            self._worn = outer

    # ---- what is true ----

    def get(self, kind: str, key: str) -> Body | None:
        """Fetch a live object, or None."""
        row = self._db.execute(
            "select body from object where kind=? and id=? and not deleted", (kind, key)
        ).fetchone()
        return _body(row[0]) if row else None

    def all(self, kind: str, *, shared: bool = False) -> list[Body]:
        """List the live objects of a kind, ordered by id.

        `shared` ones are many times faster, and to be looked at only: other readers get them too.
        """
        rows = self._db.execute(
            "select body from object where kind=? and not deleted order by id", (kind,)
        )
        read = _shared if shared else _body
        return [body for (text,) in rows if (body := read(text)) is not None]

    def find(self, kind: str, **equals: object) -> list[Body]:
        """List the live objects whose top-level properties equal all of these."""
        where = "".join(f" and json_extract(body, '$.{name}') = ?" for name in equals)
        rows = self._db.execute(
            f"select body from object where kind=? and not deleted{where} order by id",  # noqa: S608  names come from our own code
            (kind, *equals.values()),
        )
        return [body for (text,) in rows if (body := _body(text)) is not None]

    def put(self, kind: str, key: str, body: Body, *, at: float, lag: bool = True) -> None:
        """Write an object at tenant time `at` (seconds); `lag=False` makes replicas agree at once."""
        row = self._db.execute(
            "select body, deleted from object where kind=? and id=?", (kind, key)
        ).fetchone()
        text = json.dumps(body, ensure_ascii=False)
        before = (row[0] if row and not row[1] else GONE) if lag else text
        self._db.execute(
            "insert or replace into object (kind, id, body, before, changed, reads, deleted)"
            " values (?, ?, ?, ?, ?, 0, 0)",
            (kind, key, text, before, at),
        )

    def remove(self, kind: str, key: str, *, at: float, lag: bool = True) -> None:
        """Take an object away; replicas may still show it for a while."""
        row = self._db.execute(
            "select body from object where kind=? and id=? and not deleted", (kind, key)
        ).fetchone()
        if row is None:
            return
        if not lag:
            self._db.execute("delete from object where kind=? and id=?", (kind, key))
            return
        self._db.execute(
            "update object set before=body, deleted=1, changed=?, reads=0 where kind=? and id=?",
            (at, kind, key),
        )

    # ---- what a replica says ----

    def seen(self, kind: str, key: str, *, at: float, lag: Lag) -> Body | None:
        """Read an object as a client sees it; the read itself wears the lag down."""
        row = self._db.execute(
            "select body, before, changed, reads, deleted from object where kind=? and id=?",
            (kind, key),
        ).fetchone()
        return _body(self._said(kind, key, row, at, lag)) if row else None

    def all_seen(
        self, kind: str, *, at: float, lag: Lag, after: str = "", shared: bool = False
    ) -> Iterator[Body]:
        """List a kind by id, from the one after `after` on, each object by its own lag.

        Only what is taken is read, so that a page costs what it holds. `shared` as in `all`.
        """
        read = _shared if shared else _body
        while True:
            rows = self._db.execute(
                "select id, body, before, changed, reads, deleted from object"
                " where kind=? and id>? order by id limit ?",
                (kind, after, CHUNK),
            ).fetchall()
            for key, *row in rows:
                body = read(self._said(kind, key, row, at, lag))
                if body is not None:
                    yield body
            if len(rows) < CHUNK:
                return
            after = rows[-1][0]

    def _said(self, kind: str, key: str, row: Any, at: float, lag: Lag) -> str:
        body, before, changed, reads, deleted = row
        now = GONE if deleted else body
        stale = reads < lag.reads or at < changed + lag.seconds
        if before is None or before == now or not stale:
            return str(now)
        self._wear(kind, key)
        if self._worn is not None:
            self._worn.append((kind, key))
        return str(now if lag.flip and reads % 2 else before)

    def _wear(self, kind: str, key: str) -> None:
        self._db.execute("update object set reads=reads+1 where kind=? and id=?", (kind, key))

    # ---- settings ----

    def setting(self, name: str, default: Any = None) -> Any:
        """Read a setting of the world."""
        row = self._db.execute("select value from setting where name=?", (name,)).fetchone()
        return json.loads(row[0]) if row else default

    def set_setting(self, name: str, value: Any) -> None:
        """Write a setting of the world (JSON)."""
        self._db.execute(
            "insert or replace into setting (name, value) values (?, ?)", (name, json.dumps(value))
        )

    # ---- faults and counters ----

    def execute(self, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Run one statement on the tables `fault` and `request`."""
        return self._db.execute(sql, values).fetchall()


def _body(text: str) -> Body | None:
    body: Body | None = json.loads(text)
    return body


_shared = functools.lru_cache(maxsize=4 * CHUNK)(_body)
