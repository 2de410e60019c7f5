"""What a run does, written down before it is done: an append-only, hash-chained file.

A journal helps, the tenant is the truth: a torn last line (a power cut) is dropped and kept
aside, and nothing ever depends on the journal alone. It holds no secret.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from toolkit import failpoint
from toolkit.clock import Clock
from toolkit.errors import HomeError

Record = dict[str, Any]
START = "0" * 64


class Journal:
    """One run's record. Each line carries the hash of the line before it."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self._clock = clock
        self._records = list(self._load())

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records)

    @property
    def head(self) -> str:
        """The hash of the last line; printed on the handover sheet, it makes tampering evident."""
        return str(self._records[-1]["hash"]) if self._records else START

    def add(self, event: str, **what: Any) -> None:  # noqa: ANN401  whatever JSON holds
        """Write one line and have it on the disk before anything else happens."""
        record = {"event": event, "at": self._clock.now().isoformat(), **what, "chain": self.head}
        record["hash"] = _hash(record)
        line = json.dumps(record, ensure_ascii=True, sort_keys=True) + "\n"
        failpoint.reach(f"before journal {event}")
        try:
            with self.path.open("ab") as file:
                file.write(line.encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise HomeError(
                f"The journal {self.path} can't be written: {error.strerror or error}.",
                fix="Make room on the disk or correct the folder's rights, then run the same line again.",
            ) from error
        self._records.append(record)
        failpoint.reach(f"after journal {event}")

    def _load(self) -> Iterator[Record]:
        if not self.path.exists():
            return
        data = self.path.read_bytes()
        chain, good = START, 0
        for line in data.splitlines(keepends=True):
            record = _parse(line)
            if (
                record is None
                or record.get("chain") != chain
                or _hash(record) != record.get("hash")
            ):
                break
            chain = record["hash"]
            good += len(line)
            yield record
        if good < len(data):
            self._quarantine(data, good)

    def _quarantine(self, data: bytes, good: int) -> None:
        """Keep what can't be read aside, and go on with what can."""
        aside = self.path.with_suffix(f".damaged-{hashlib.sha256(data[good:]).hexdigest()[:8]}")
        aside.write_bytes(data[good:])
        temporary = self.path.with_suffix(".tmp")
        temporary.write_bytes(data[:good])
        os.replace(temporary, self.path)  # noqa: PTH105  atomic on Windows too
        self.damaged = aside

    damaged: Path | None = None

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
        names = [r["step"] for r in self._records if r["event"] == "announced"]
        return [name for name in dict.fromkeys(names) if self.announced(name)]

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


def _parse(line: bytes) -> Record | None:
    if not line.endswith(b"\n"):
        return None
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None
