"""When a request is sent again, when not, and when to come back later.

The SDKs' own retries are off: msgraph-sdk makes four applications out of one 503, and
azure-identity can wait in silence for three hours. Every request is one of three kinds.
"""

import email.utils
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import Enum

from toolkit.clock import Clock
from toolkit.errors import NotYetError, OutcomeUnknownError, UnreachableError
from toolkit.systems.prompts import Prompts
from toolkit.systems.wire import Meter, Reply

TRANSIENT = frozenset({429, 500, 502, 503, 504, 509})
"""Source: learn.microsoft.com/graph/errors, and facts of real failures (409 is decided by looking)."""
THROTTLED = 429
MOST_TRIES = 6
LONGEST_WAIT = timedelta(minutes=10)
SHOWN_FROM = 5.0


class Kind(Enum):
    """What happens if the request is sent twice."""

    READ = "read"
    KEYED = "keyed write"
    UNKEYED = "unkeyed write"


class NoReply(Exception):  # noqa: N818  it isn't an error until somebody decides so
    """No answer came; `sent` tells whether the request may have reached the service."""

    def __init__(self, why: str, *, sent: bool) -> None:
        super().__init__(why)
        self.why = why
        self.sent = sent


def send(
    once: Callable[[], Reply],
    *,
    kind: Kind,
    service: str,
    clock: Clock,
    meter: Meter,
    prompts: Prompts,
) -> Reply:
    """Send a request until an answer comes that is worth reading.

    `clock` is protocol time. Raises NotYetError when the service asks to wait longer than ten
    minutes, UnreachableError when no answer comes, OutcomeUnknownError when a write that can't
    be repeated got none.
    """
    trouble = ""
    for attempt in range(MOST_TRIES):
        answer: Reply | None = None
        try:
            if attempt:
                with meter.counting_as("retry"):
                    answer = once()
            else:
                answer = once()
            if answer.status not in TRANSIENT:
                return _readable(answer, service, kind)
            trouble = f"{service} answered {answer.status} {answer.code}".rstrip()
        except NoReply as silence:
            trouble = f"{service} {silence.why}"
            if kind is Kind.UNKEYED and silence.sent:
                raise _unknown(trouble) from silence
        if kind is Kind.UNKEYED and answer is not None and answer.status != THROTTLED:
            raise _unknown(trouble)
        if attempt < MOST_TRIES - 1:
            _wait(answer, attempt, trouble, clock, prompts)
    raise UnreachableError(
        f"{trouble}, {MOST_TRIES} times in a row.",
        fix="Check the network and https://status.cloud.microsoft, then run the same line again: nothing is lost.",
    )


def _readable(answer: Reply, service: str, kind: Kind) -> Reply:
    """Refuse a page of a proxy or half an answer in place of JSON."""
    if isinstance(answer.body, str) and answer.body and not answer.headers.get("x-ms-diagnostics"):
        if kind is not Kind.READ:
            raise _unknown(f"{service} answered {answer.status} with something that is no JSON")
        raise UnreachableError(
            f"{service} answered {answer.status} with something that is no JSON: {answer.body[:60]!r}.",
            fix="A proxy or a sign-in page may stand between; try from another network.",
        )
    return answer


def _unknown(trouble: str) -> OutcomeUnknownError:
    return OutcomeUnknownError(
        f"{trouble} after a write: done or not, nobody knows yet.",
        fix="Run the same line again: mailgrant looks first and goes on from what is there.",
    )


def _wait(answer: Reply | None, attempt: int, trouble: str, clock: Clock, prompts: Prompts) -> None:
    delay = retry_after(answer, clock.now()) if answer is not None else None
    if delay is None:
        delay = min(2.0**attempt, 30) * random.uniform(0.5, 1)  # noqa: S311  jitter, no secret
    until = clock.now() + timedelta(seconds=delay)
    if delay > LONGEST_WAIT.total_seconds():
        raise NotYetError(
            f"{trouble} and asks to wait until {until:%H:%M} UTC.",
            fix="Run the same line again after that: nothing is lost.",
            until=until,
        )
    if delay >= SHOWN_FROM or attempt:
        prompts.waiting(f"{trouble}; trying again in {delay:.0f} s", None)
    clock.sleep(delay)


def retry_after(answer: Reply, now: datetime) -> float | None:
    """Read Retry-After: seconds or a date; None where it is missing, broken or not positive."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text) or None
    try:
        when = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    left = (when.replace(tzinfo=when.tzinfo or UTC) - now).total_seconds()
    return left if left > 0 else None
