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
"""Source: learn.microsoft.com/graph/errors."""
THROTTLED, UNAUTHORIZED = 429, 401
MOST_TRIES = 6
UNREADABLE_TRIES = 3
LONGEST_WAIT = timedelta(minutes=10)
FAR = timedelta(days=365)
SHOWN_FROM = 5.0
NETWORK = "Check the network and https://status.cloud.microsoft, then run the same line again: nothing is lost."
PROXY = "A proxy or a sign-in page may stand between; try from another network."


class Kind(Enum):
    """What happens if the request is sent twice."""

    READ = "read"
    KEYED = "keyed write"
    UNKEYED = "unkeyed write"


class NoReply(Exception):  # noqa: N818  it isn't an error until somebody decides so
    """No answer worth reading came.

    `sent` tells whether the service may have done what was asked, `answer` holds what came
    instead, and `tries` how often it makes sense to ask.
    """

    def __init__(
        self,
        why: str,
        *,
        sent: bool,
        answer: Reply | None = None,
        fix: str = NETWORK,
        tries: int = MOST_TRIES,
    ) -> None:
        super().__init__(why)
        self.why, self.sent, self.answer, self.fix, self.tries = why, sent, answer, fix, tries


def send(
    once: Callable[[], Reply],
    *,
    kind: Kind,
    service: str,
    clock: Clock,
    meter: Meter,
    prompts: Prompts,
    renew: Callable[[], None] | None = None,
    any_body: bool = False,
) -> Reply:
    """Send a request until an answer comes that is worth reading.

    `clock` is protocol time; `any_body` takes what is no JSON too. `renew` makes a token anew, once,
    where it was refused: then nothing was done yet, whatever was asked. Raises NotYetError when the
    service asks to wait longer than ten minutes, UnreachableError when no answer comes,
    OutcomeUnknownError when a write that can't be repeated got none.
    """
    attempt = 0
    while True:
        try:
            with meter.counting_as("retry" if attempt else meter.purpose):
                answer = _worth_reading(once(), service, any_body=any_body)
            if answer.status != UNAUTHORIZED or renew is None:
                return answer
            renew()
            renew = None
        except NoReply as silence:
            attempt += 1
            if kind is Kind.UNKEYED and silence.sent:
                raise OutcomeUnknownError(
                    f"{silence.why} after a write: done or not, nobody knows yet.",
                    fix="Run the same line again: mailgrant looks first and goes on from what is there.",
                ) from silence
            if attempt >= silence.tries:
                often = f", {attempt} times in a row" if attempt > 1 else ""
                raise UnreachableError(f"{silence.why}{often}.", fix=silence.fix) from silence
            _wait(silence, attempt, clock, prompts)


def _worth_reading(answer: Reply, service: str, *, any_body: bool) -> Reply:
    """Refuse what says: not now, and the page of a proxy or half an answer in place of JSON."""
    if answer.status in TRANSIENT:
        raise NoReply(
            f"{service} answered {answer.status} {answer.code}".rstrip(),
            sent=answer.status != THROTTLED,
            answer=answer,
        )
    if not any_body and answer.text and not answer.headers.get("x-ms-diagnostics"):
        raise NoReply(
            f"{service} answered {answer.status} with something that is no JSON ({answer.text[:60]!r})",
            sent=True,
            fix=PROXY,
            tries=UNREADABLE_TRIES,
        )
    return answer


def _wait(silence: NoReply, attempt: int, clock: Clock, prompts: Prompts) -> None:
    asked = retry_after(silence.answer, clock.now()) if silence.answer is not None else None
    if asked is not None and asked > LONGEST_WAIT.total_seconds():
        until = clock.now() + timedelta(seconds=min(asked, FAR.total_seconds()))
        raise NotYetError(
            f"{silence.why} and asks to wait until {until:%Y-%m-%d %H:%M} UTC.",
            fix="Run the same line again after that: nothing is lost.",
            until=until,
        ) from silence
    delay = 2.0 ** (attempt - 1) * random.uniform(0.5, 1) if asked is None else asked  # noqa: S311  jitter, no secret
    if delay >= SHOWN_FROM or attempt > 1 or asked:
        prompts.waiting(f"{silence.why}; trying again in {delay:.0f} s", None)
    clock.sleep(delay)


def retry_after(answer: Reply, now: datetime) -> float | None:
    """Read Retry-After: seconds or a date; None where it is missing, broken or not positive."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text) or None
    try:
        when = email.utils.parsedate_to_datetime(text)
        left = (when.replace(tzinfo=when.tzinfo or UTC) - now).total_seconds()
    except (ValueError, OverflowError):
        return None
    return left if left > 0 else None
