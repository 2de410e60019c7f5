"""What a run does, written down before it is done: an append-only, hash-chained file.

A journal helps, the tenant is the truth: a torn last line (a power cut) is dropped and kept
aside, and nothing ever depends on the journal alone. It holds no secret.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from toolkit import failpoint
from toolkit.clock import Clock
from toolkit.errors import HomeError
from toolkit.secret import write_private

Record = dict[str, Any]
START = "0" * 64


class Journal:
    """One run's record. Each line carries the hash of the line before it.

    Whoever reads never writes, so that `runs` may look while a run goes on; what can't be read is
    put aside by whoever adds the next line, and holds the set-up's lock.
    """

    damaged: Path | None = None

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self._clock = clock
        self._read: list[Record] = []
        self._good = self._size = 0
        self._look()

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records)

    @property
    def head(self) -> str:
        """The hash of the last line; printed on the handover sheet, it makes tampering evident."""
        records = self._records
        return str(records[-1]["hash"]) if records else START

    @property
    def torn(self) -> int:
        """Tell how many bytes can't be read: a line that was cut, or that somebody changed."""
        self._look()
        return self._size - self._good

    def add(self, event: str, **what: Any) -> None:
        """Write one line and have it on the disk before anything else happens."""
        if self.torn:
            self._put_aside()
        record = {"event": event, "at": self._clock.now().isoformat(), **what, "chain": self.head}
        record["hash"] = _hash(record)
        line = _line(record)
        failpoint.reach(f"before journal {event}")
        self._append(line)
        self._read.append(record)
        self._good = self._size = self._good + len(line)
        failpoint.reach(f"after journal {event}")

    def _append(self, line: bytes) -> None:
        if not self.path.exists():
            write_private(self.path, line)
            return
        try:
            with self.path.open("ab") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            with contextlib.suppress(OSError):  # or else the next line would be torn as well
                os.truncate(self.path, self._good)
            raise HomeError(
                f"The journal {self.path} can't be written: {error.strerror or error}.",
                fix="Make room on the disk or correct the folder's rights, then run the same line again.",
            ) from error

    @property
    def _records(self) -> list[Record]:
        self._look()
        return self._read

    def _look(self) -> None:
        """Read what has been added since the last look, here or by another process."""
        try:
            size = self.path.stat().st_size if self.path.exists() else 0
            if size == self._size:
                return
            if size < self._good:
                self._read, self._good = [], 0
            data = self.path.read_bytes()[self._good :] if size else b""
        except OSError as error:
            raise HomeError(
                f"The journal {self.path} can't be read: {error.strerror or error}.",
                fix="Correct the folder's rights.",
            ) from error
        self._size = self._good + len(data)
        chain = str(self._read[-1]["hash"]) if self._read else START
        for line in data.split(b"\n")[:-1]:
            record = _parse(line + b"\n", chain)
            if record is None:
                return
            self._read.append(record)
            self._good += len(line) + 1
            chain = record["hash"]

    def _put_aside(self) -> None:
        """Keep what can't be read aside, and go on with what can."""
        data = self.path.read_bytes()
        torn = data[self._good :]
        self.damaged = self.path.with_suffix(f".damaged-{hashlib.sha256(torn).hexdigest()[:8]}")
        write_private(self.damaged, torn)
        write_private(self.path, data[: self._good])
        self._size = self._good
        self.add("damaged", bytes=len(torn), aside=self.damaged.name)

    # ---- what the records say ----

    def announced(self, step: str) -> Record | None:
        """Find the first announcement of a step since it was last undone."""
        return next((r for r in self._since_undone(step) if r["event"] == "announced"), None)

    def confirmed(self, step: str) -> Record | None:
        """Find the last confirmation of a step since it was last undone."""
        found = [r for r in self._since_undone(step) if r["event"] == "confirmed"]
        return found[-1] if found else None

    def open_write(self, step: str) -> bool:
        """Tell whether a write of the step, or its undoing, was announced and never confirmed."""
        events = [r["event"] for r in self._records if r.get("step") == step]
        return bool(events) and events[-1] in ("announced", "undoing")

    def steps(self) -> list[str]:
        """List the steps with something to undo, in the order they were first announced."""
        found: dict[str, None] = {}
        for record in self._records:
            if record["event"] == "announced":
                found.setdefault(record["step"])
            elif record["event"] == "undone":
                found.pop(record["step"], None)
        return list(found)

    def last(self, event: str) -> Record | None:
        """Find the newest record of a kind."""
        return next((r for r in reversed(self._records) if r["event"] == event), None)

    def _since_undone(self, step: str) -> list[Record]:
        mine = [r for r in self._records if r.get("step") == step]
        for index in range(len(mine) - 1, -1, -1):
            if mine[index]["event"] == "undone":
                return mine[index + 1 :]
        return mine


def _hash(record: Record) -> str:
    body = {key: value for key, value in record.items() if key != "hash"}
    return hashlib.sha256(json.dumps(body, ensure_ascii=True, sort_keys=True).encode()).hexdigest()


def _line(record: Record) -> bytes:
    return json.dumps(record, ensure_ascii=True, sort_keys=True).encode() + b"\n"


def _parse(line: bytes, chain: str) -> Record | None:
    """Read a line that is, byte for byte, what was written after the line of that hash."""
    try:
        record = json.loads(line)
        if not isinstance(record, dict) or _line(record) != line:
            return None
    except (ValueError, RecursionError):
        return None
    good = record.get("chain") == chain and record.get("hash") == _hash(record)
    return record if good and isinstance(record.get("event"), str) else None
