"""Exchange's recipient filters (OPATH): read well enough to refuse nonsense and to compare two of them."""

import re
from typing import Any

from toolkit.errors import AnswerError
from toolkit.strict_yaml import shown

TOKEN = re.compile(
    r"""\s*(?:(?P<bracket>[(){}])
      |(?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")
      |-(?P<operator>[A-Za-z]+)
      |(?P<word>\$?[A-Za-z0-9_.@*]+))""",
    re.VERBOSE,
)
COMPARISONS = ("eq", "ne", "like", "notlike", "gt", "ge", "lt", "le")
CLOSING = {"(": ")", "{": "}"}
LONGEST = 10_000
DEEPEST = 50
MEMBER_OF = "memberofgroup"
EXAMPLE = "For instance: CustomAttribute1 -eq 'staff'"

Tree = tuple[Any, ...]


def check(text: str) -> None:
    """Refuse a filter that can't be read; which properties there are is Exchange's to say.

    Source: learn.microsoft.com/powershell/exchange/recipient-filters
    """
    _read(text)


def same(left: str, right: str) -> bool:
    """Tell whether two filters say the same: Exchange gives them back in its own spelling."""
    return left == right or _known(left) == _known(right)


def bare(text: str) -> str:
    """Take off the parentheses around a whole filter: Exchange puts them there anew each time."""
    inner = text.strip()
    while inner.startswith("(") and inner.endswith(")") and _known(inner[1:-1])[0] != "unread":
        inner = inner[1:-1].strip()
    return inner


def of_groups(names: list[str]) -> str:
    """Write the filter for the direct members of groups, by their distinguished names."""
    return " -or ".join(f"MemberOfGroup -eq {quoted(name)}" for name in names)


def groups_in(text: str) -> list[str] | None:
    """List the groups of such a filter by distinguished name; None where it says something else."""
    tree = _known(text)
    parts = tree[1:] if tree[0] == "or" else (tree,)
    if all(part[:2] == ("eq", MEMBER_OF) for part in parts):
        return [str(part[2]) for part in parts]
    return None


def opposite(text: str) -> str:
    """Write the filter that fits everybody whom this one doesn't."""
    return f"-not ({text})"


def quoted(text: str) -> str:
    """Write a text as a filter's value: a quote in it is doubled."""
    return "'" + text.replace("'", "''") + "'"


def _known(text: str) -> Tree:
    """Read a filter that others may have written; one that can't be read says only itself."""
    try:
        return _read(text)
    except AnswerError:
        return ("unread", text)


def _read(text: str) -> Tree:
    reader = _Reader(text)
    tree = reader.either()
    reader.end()
    return tree


class _Reader:
    """Reads from left to right; -not binds closer than -and, -and closer than -or."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(self._split())
        self._place = self._depth = 0

    def either(self) -> Tree:
        return self._joined("or", self._both)

    def _both(self) -> Tree:
        return self._joined("and", self._single)

    def _joined(self, word: str, part: Any) -> Tree:
        parts: list[Tree] = []
        while True:
            found = part()
            parts += found[1:] if found[0] == word else [found]
            if self._peek() != ("operator", word):
                return parts[0] if len(parts) == 1 else (word, *parts)
            self._place += 1

    def _single(self) -> Tree:
        kind, value = self._next("a property")
        if (kind, value) == ("operator", "not"):
            return ("not", self._nested())
        if kind == "bracket" and value in CLOSING:
            found = self._nested(self.either)
            if self._next("a closing bracket")[1] != CLOSING[value]:
                raise self._bad("a bracket isn't closed")
            return found
        if kind != "word" or value.startswith("$"):
            raise self._bad(f"{shown(value)} stands where a property is expected")
        operator, compare = self._next("an operator")
        if operator != "operator" or compare not in COMPARISONS:
            raise self._bad(f"{shown(compare)} is no comparison after {value}")
        kind, wanted = self._next("a value")
        if kind not in ("text", "word"):
            raise self._bad(f"{shown(wanted)} is no value to compare {value} with")
        return (compare, value.lower(), wanted.lower() if wanted.startswith("$") else wanted)

    def _nested(self, part: Any = None) -> Tree:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._bad(f"it nests deeper than {DEEPEST}")
        found: Tree = (part or self._single)()
        self._depth -= 1
        return found

    def end(self) -> None:
        if self._place < len(self._tokens):
            raise self._bad(
                f"nothing is expected any more at {shown(self._tokens[self._place][1])}"
            )

    def _split(self) -> Any:
        if not self._text.strip() or len(self._text) > LONGEST:
            raise self._bad("it is empty" if not self._text.strip() else "it is too long")
        place, text = 0, self._text.rstrip()
        while place < len(text):
            match = TOKEN.match(text, place)
            if match is None or match.lastgroup is None:
                raise self._bad(f"nobody can read {shown(text[place:].strip())}")
            value = match[match.lastgroup]
            if match.lastgroup == "text":
                value = value[1:-1].replace(value[0] * 2, value[0])
            yield match.lastgroup, value.lower() if match.lastgroup == "operator" else value
            place = match.end()

    def _peek(self) -> tuple[str, str] | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def _next(self, wanted: str) -> tuple[str, str]:
        found: tuple[str, str] | None = self._peek()
        if found is None:
            raise self._bad(f"it ends where {wanted} is expected")
        self._place += 1
        return found

    def _bad(self, why: str) -> AnswerError:
        return AnswerError(f"The filter {shown(self._text)} can't be read: {why}.", fix=EXAMPLE)
