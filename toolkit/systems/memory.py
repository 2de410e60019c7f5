"""What was just read isn't asked again: answers, remembered until something is written or waited for."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar

from toolkit.clock import Clock
from toolkit.systems.wire import Meter

T = TypeVar("T")
Question = tuple[str, ...]
GOOD_FOR = timedelta(minutes=1)


class Memory:
    """The answers of one stretch of reading; a question begins with the service that is asked.

    Nothing is remembered unless a stretch was begun. What this command writes ends what is known
    of that service, and every look that has another purpose than the work itself (polls, settled
    readings) ends all; so does a minute.
    """

    def __init__(self, clock: Clock, meter: Meter) -> None:
        self._clock, self._meter = clock, meter
        self._on = False
        self._answers: dict[Question, tuple[datetime, Any]] = {}

    @contextmanager
    def remembering(self) -> Iterator[None]:
        """Remember what is read inside; what was read in a stretch just before still counts."""
        outer, self._on = self._on, True
        try:
            yield
        finally:
            self._on = outer

    @property
    def on(self) -> bool:
        """Tell whether answers are remembered just now."""
        return self._on and self._meter.purpose == "request"

    def forget(self, service: str = "") -> None:
        """Forget what one service said, or all: it was written to, or time went by."""
        for question in [each for each in self._answers if service in ("", each[0])]:
            del self._answers[question]

    def recall(self, question: Question, ask: Callable[[], T]) -> T:
        """Give the answer to a question from memory, or ask."""
        if self._meter.purpose != "request":
            self.forget()
            return ask()
        if not self._on:
            return ask()
        now = self._clock.now()
        if question not in self._answers or now - self._answers[question][0] > GOOD_FOR:
            self._answers[question] = (now, ask())
        found: T = copy.deepcopy(self._answers[question][1])
        return found

    def asked_at(self, question: Question) -> datetime:
        """Tell when a question was last asked: now, unless its answer comes from memory."""
        return self._answers[question][0] if question in self._answers else self._clock.now()

    def learn(self, question: Question, answer: object) -> None:
        """Remember an answer that came along with another one, unless it is known."""
        if self.on:
            self._answers.setdefault(question, (self._clock.now(), answer))
