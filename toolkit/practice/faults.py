"""The fault language: one line says which requests go wrong, when, and how."""

import fnmatch
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from toolkit.errors import UsageError
from toolkit.practice.store import Store

EXAMPLE = "on POST /applications #1 after-commit status 504"
METHODS = {"GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "*"}
PHASES = ("before", "after-commit", "after-reply")
VERSION = re.compile(r"/(v1\.0|beta)(?=/|$)")


@dataclass(frozen=True, kw_only=True)
class Action:
    """What goes wrong: one word, and what belongs to it."""

    word: str
    number: float = 0
    retry_after: str | None = None


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One parsed line; `method` None means that `target` names a cmdlet."""

    line: str
    method: str | None
    target: str
    times: Callable[[int, str], bool]
    phase: str
    action: Action

    def matches(self, asked: "Asked") -> bool:
        """Tell whether a request is one that the line speaks of."""
        if self.target == "*" and self.method is None:
            return not asked.part
        if self.method is None:
            named = "token" if asked.token else asked.cmdlet or ""
            return fnmatch.fnmatchcase(named.lower(), self.target.lower())
        paths = {asked.path.lower(), VERSION.sub("", asked.path, count=1).lower()}
        return self.method in {"*", asked.method} and any(
            fnmatch.fnmatchcase(one, _literal(self.target.lower())) for one in paths
        )


def parse(line: str) -> Fault:
    """Read one line of the language; a line that can't be read is refused with an example."""
    words = line.split()
    if len(words) < 3 or words[0] != "on":  # noqa: PLR2004  on, a target, an action
        raise _unreadable(line, "it says not on what")
    method, target, rest = _target(line, words[1:])
    times, rest = _times(line, rest)
    if not rest or rest[0] not in PHASES:
        raise _unreadable(line, f"it says not when: {', '.join(PHASES)}")
    phase, action = rest[0], _action(line, rest[1:])
    if phase == "after-reply" and action.word != "kill-client":
        raise _unreadable(line, "after the reply only kill-client is left")
    if action.word == "aadsts" and (method, target) != (None, "token"):
        raise _unreadable(line, "only the token service says AADSTS; say `on token`")
    if phase == "before" and action.word in {"dup", "truncate"}:
        raise _unreadable(line, f"{action.word} needs a reply; say after-commit")
    return Fault(line=line, method=method, target=target, times=times, phase=phase, action=action)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What faults look at in a request; `part` where it came in a batch, `number` is all its own."""

    number: str
    method: str
    path: str
    cmdlet: str | None = None
    token: bool = False
    part: bool = False


def match(store: Store, asked: Asked) -> list[Fault]:
    """Count a request against every fault, and list those that strike it."""
    struck = []
    for key, line, matched in store.execute("select id, line, matched from fault order by id"):
        fault = parse(line)
        if not fault.matches(asked):
            continue
        fires = fault.times(matched + 1, f"{key}/{asked.number}")
        store.execute(
            "update fault set matched = matched + 1, fired = fired + ? where id = ?",
            (int(fires), key),
        )
        if fires:
            struck.append(fault)
    return struck


def _literal(target: str) -> str:
    # Only * is a wildcard; brackets and question marks stand for themselves.
    return re.sub(r"([\[?])", r"[\1]", target)


def _target(line: str, words: list[str]) -> tuple[str | None, str, list[str]]:
    first, *rest = words
    if rest and rest[0].startswith(("/", "*")):
        if first.upper() not in METHODS:
            raise _unreadable(line, f"{first} is no HTTP method")
        return first.upper(), rest[0], rest[1:]
    if first in METHODS - {"*"}:
        raise _unreadable(line, f"it says {first} of no path")
    return None, first, rest


def _times(line: str, words: list[str]) -> tuple[Callable[[int, str], bool], list[str]]:
    first = words[0] if words else ""
    if first.startswith("#"):
        wanted = _whole(line, first[1:])
        return (lambda count, _seed: count == wanted), words[1:]
    if first == "every":
        step = _whole(line, words[1] if len(words) > 1 else "")
        return (lambda count, _seed: count % step == 0), words[2:]
    if first.startswith("p="):
        chance = _number(line, first[2:])
        return (lambda _count, seed: _fraction(seed) < chance), words[1:]
    return (lambda _count, _seed: True), words


def _fraction(seed: str) -> float:
    # The same request of the same history falls the same way each time.
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4]) / 2**32


def _action(line: str, words: list[str]) -> Action:
    word, *rest = words or [""]
    if word in {"reset", "html", "dup", "kill-client"} and not rest:
        return Action(word=word)
    if word in {"hang", "truncate"} and len(rest) == 1:
        return Action(word=word, number=_number(line, rest[0]))
    if word == "status" and rest:
        return _status(line, rest)
    if word == "aadsts" and len(rest) == 1:
        return Action(word=word, number=_whole(line, rest[0]))
    raise _unreadable(
        line,
        "it says not how: status N [retry-after X|date|none], aadsts CODE (on token), reset,"
        " hang SECONDS, truncate BYTES, html, dup, kill-client",
    )


def _status(line: str, words: list[str]) -> Action:
    number = _whole(line, words[0])
    if not 400 <= number <= 599:  # noqa: PLR2004  HTTP's failures
        raise _unreadable(line, f"{number} is no status of a failure")
    if len(words) == 1:
        return Action(word="status", number=number)
    if words[1] != "retry-after" or len(words) != 3:  # noqa: PLR2004  status, the word, its value
        raise _unreadable(line, "after the status only `retry-after X`, `date` or `none` may come")
    return Action(
        word="status", number=number, retry_after=None if words[2] == "none" else words[2]
    )


def _whole(line: str, text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise _unreadable(line, f"'{text}' is no number from 1 up")
    return int(text)


def _number(line: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise _unreadable(line, f"'{text}' is no number") from None
    if not 0 <= value < float("inf"):
        raise _unreadable(line, f"'{text}' is no number from 0 up")
    return value


def _unreadable(line: str, why: str) -> UsageError:
    return UsageError(f"The fault `{line}` can't be read: {why}.", fix=f"For example: {EXAMPLE}")
