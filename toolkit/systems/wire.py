"""What passes over the wire: answers, counts, and the thread it runs on."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

T = TypeVar("T")
Purpose = Literal["request", "poll", "retry", "settled"]
NAP = 0.2
FAREWELL = 0.5
"""How long closing waits, in seconds: Ctrl-C has to be over within two."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer that came: `body` is parsed JSON where it was JSON, else text."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def error(self) -> Mapping[str, Any]:
        """The error object of the answer, empty where it has none."""
        found = self.body.get("error") if isinstance(self.body, dict) else None
        return found if isinstance(found, dict) else {}

    @property
    def code(self) -> str:
        """The service's own error code."""
        return str(self.error.get("code", ""))

    @property
    def message(self) -> str:
        """The service's own words."""
        return str(self.error.get("message", ""))

    @property
    def text(self) -> str:
        """The body where it is text and so no JSON; empty otherwise."""
        return self.body if isinstance(self.body, str) else ""

    @property
    def request_id(self) -> str:
        """What Microsoft's support asks for."""
        return self.headers.get("request-id", "")


def reply(status: int, headers: Mapping[str, str], content: bytes) -> Reply:
    """Make a Reply of raw bytes; Exchange pads some refusals with NULs."""
    lower = {name.lower(): value for name, value in headers.items()}
    text = content.decode("utf-8", errors="replace").strip("\x00\ufeff \r\n\t")
    body: Any = text
    if text[:1] in ("{", "["):
        with suppress(ValueError, RecursionError):
            body = json.loads(text)
    return Reply(status=status, headers=lower, body=body)


@dataclass
class Meter:
    """Counts the HTTP requests mailgrant makes, apart by what they were for.

    `request` is the work itself; `poll` looks again for what is spreading, `retry` repeats what
    failed, `settled` makes sure that something is really absent after a cut.
    """

    counts: Counter[str] = field(default_factory=Counter)
    purpose: Purpose = "request"

    def count(self, number: int = 1) -> None:
        """Count requests for the purpose of the moment."""
        self.counts[self.purpose] += number

    @contextmanager
    def counting_as(self, purpose: Purpose) -> Iterator[None]:
        """Count what happens inside for another purpose."""
        outer, self.purpose = self.purpose, purpose
        try:
            yield
        finally:
            self.purpose = outer


class Loop:
    """An asyncio loop in a thread of its own.

    The main thread only waits in short naps, so Ctrl-C is noticed at once even while a request,
    or a token request of a library that blocks, hangs; on Windows too.
    """

    def __init__(self) -> None:
        self._loop: Any = None
        self._thread: threading.Thread | None = None
        self._hangs = False

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end and give back what it gives, or raise what it raises."""
        import asyncio  # it costs a fifth of the time of a command that sends nothing

        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._loop.run_forever, name="wire", daemon=True)
            self._thread.start()
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        while True:
            try:
                return future.result(timeout=NAP)
            except TimeoutError:
                if future.done():  # just now, or it raised a TimeoutError of its own
                    return future.result()
            except KeyboardInterrupt:
                future.cancel()
                raise

    def take_leave(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run what closes a connection, unless the loop hangs in a library."""
        import asyncio

        if self._loop is None or self._hangs:
            return
        try:
            asyncio.run_coroutine_threadsafe(work(), self._loop).result(timeout=FAREWELL)
        except TimeoutError:
            self._hangs = True

    def close(self) -> None:
        """Stop the loop; one that hangs is left to die with the process."""
        if self._loop is None or self._thread is None:
            return
        self.take_leave(_next_turns)
        self._loop.call_soon_threadsafe(self._loop.stop)
        if not self._hangs:
            self._thread.join(timeout=FAREWELL)
        if not self._thread.is_alive():
            self._loop.close()
        self._loop = self._thread = None
        self._hangs = False


async def _next_turns() -> None:
    import asyncio

    await asyncio.sleep(0.01)  # closed connections take their leave in the loop's next turns
