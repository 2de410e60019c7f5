"""Exchange's filter language: "(CustomAttribute1 -eq 'staff') -and -not (Alias -like 'test*')"."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import translate
from typing import Any

Row = Mapping[str, Any]
Test = Callable[[Row], bool]

TOKEN = re.compile(
    r"""\s*(?:(?P<paren>[(){}])
      |(?P<quoted>'(?:[^']|'')*'|"(?:[^"]|"")*")
      |-(?P<operator>[A-Za-z]+)(?![\w-])
      |\$(?P<constant>\w+)
      |(?P<word>[\w.@-]+))""",
    re.VERBOSE,
)
CONSTANTS = {"true": True, "false": False, "null": None}


class OpathError(ValueError):
    """The filter can't be read, or asks for a property that can't be filtered."""


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str


def parse(text: str, filterable: Mapping[str, str]) -> Test:
    """Read a filter over rows; `filterable` holds the properties, by their name in lower case.

    Comparison of texts ignores letter case; a property with several values matches with any one.
    Source: learn.microsoft.com/powershell/exchange/recipient-filters and -filter-properties.
    """
    reader = _Reader(_tokens(text), filterable)
    test = reader.either()
    reader.end()
    return test


def quoted(text: str) -> str:
    """Write a text as a filter's value."""
    return "'" + text.replace("'", "''") + "'"


def shown(text: str, filterable: Mapping[str, str]) -> str:
    """Write a filter the way Exchange gives it back: its own spelling, quotes and brackets."""
    words: list[str] = []
    for token in _tokens(text):
        after_operator = bool(words) and words[-1].lower() in {f"-{name}" for name in COMPARISONS}
        if token.kind == "paren":
            words.append("(" if token.text in "({" else ")")
        elif token.kind == "operator":
            words.append(f"-{token.text.lower()}")
        elif token.kind == "constant":
            words.append(f"${token.text.lower()}")
        elif token.kind == "quoted" or after_operator:
            words.append(quoted(token.text))
        else:
            words.append(filterable.get(token.text.lower(), token.text))
    return f"({' '.join(words)})".replace("( ", "(").replace(" )", ")")


def values_of(text: str, name: str) -> list[str]:
    """List the quoted values that a filter compares this property with."""
    tokens = _tokens(text)
    return [
        tokens[place + 2].text
        for place, token in enumerate(tokens[:-2])
        if token.kind == "word" and token.text.lower() == name.lower()
    ]


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    place = 0
    text = text.strip()
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise OpathError(f"Invalid filter syntax at position {place + 1}: '{text[place:]}'.")
        found = match[match.lastgroup]
        if match.lastgroup == "quoted":
            found = found[1:-1].replace(found[0] * 2, found[0])
        tokens.append(_Token(match.lastgroup, found))
        place = match.end()
    if not tokens:
        raise OpathError("The filter is empty.")
    return tokens


class _Reader:
    """Reads tokens from left to right; -not binds closer than -and, -and closer than -or."""

    def __init__(self, tokens: list[_Token], filterable: Mapping[str, str]) -> None:
        self._tokens = tokens
        self._place = 0
        self._filterable = filterable

    def end(self) -> None:
        if self._place < len(self._tokens):
            raise OpathError(f"Unexpected '{self._tokens[self._place].text}' in the filter.")

    def either(self) -> Test:
        tests = [self._both()]
        while self._operator("or"):
            tests.append(self._both())
        return lambda row: any(test(row) for test in tests)

    def _both(self) -> Test:
        tests = [self._single()]
        while self._operator("and"):
            tests.append(self._single())
        return lambda row: all(test(row) for test in tests)

    def _single(self) -> Test:
        if self._operator("not"):
            test = self._single()
            return lambda row: not test(row)
        token = self._next("a property")
        if token.kind == "paren" and token.text in "({":
            test = self.either()
            if self._next("a closing bracket").text != {"(": ")", "{": "}"}[token.text]:
                raise OpathError("A bracket isn't closed in the filter.")
            return test
        return self._comparison(token)

    def _comparison(self, token: _Token) -> Test:
        name = self._filterable.get(token.text.lower()) if token.kind == "word" else None
        if name is None:
            raise OpathError(f"'{token.text}' isn't a recognized filterable property.")
        operator = self._next("an operator")
        compare = COMPARISONS.get(operator.text.lower()) if operator.kind == "operator" else None
        if compare is None:
            raise OpathError(f"'{operator.text}' isn't a valid operator after '{name}'.")
        wanted = self._value(name)
        if name == "EmailAddresses" and operator.text.lower() in {"eq", "ne"} and ":" not in str(wanted):  # fmt: skip
            return lambda row: compare(_without_prefix(row.get(name)), wanted)
        return lambda row: compare(row.get(name), wanted)

    def _value(self, name: str) -> object:
        token = self._next(f"a value for '{name}'")
        if token.kind == "constant" and token.text.lower() in CONSTANTS:
            return CONSTANTS[token.text.lower()]
        if token.kind not in {"quoted", "word"}:
            raise OpathError(f"'{token.text}' isn't a value to compare '{name}' with.")
        return token.text

    def _operator(self, name: str) -> bool:
        if self._place >= len(self._tokens):
            return False
        token = self._tokens[self._place]
        found = token.kind == "operator" and token.text.lower() == name
        self._place += found
        return found

    def _next(self, wanted: str) -> _Token:
        if self._place >= len(self._tokens):
            raise OpathError(f"The filter ends where {wanted} is expected.")
        self._place += 1
        return self._tokens[self._place - 1]


def _without_prefix(addresses: object) -> list[str]:
    """Take `smtp:` off: a complete address needs none, one with wildcards does.

    Source: learn.microsoft.com/powershell/exchange/recipientfilter-properties, EmailAddresses.
    """
    found = addresses if isinstance(addresses, list | tuple) else ()
    return [str(one).partition(":")[2] for one in found]


def _equal(found: object, wanted: object) -> bool:
    if isinstance(found, list | tuple):
        return any(_equal(one, wanted) for one in found)
    if wanted is None or wanted == "":
        return found in {None, ""}
    return str(found).lower() == str(wanted).lower()


def _like(found: object, wanted: object) -> bool:
    if isinstance(found, list | tuple):
        return any(_like(one, wanted) for one in found)
    pattern = translate(str(wanted).lower().replace("[", "[[]"))
    return found is not None and re.match(pattern, str(found).lower()) is not None


COMPARISONS: Mapping[str, Callable[[object, object], bool]] = {
    "eq": _equal,
    "ne": lambda found, wanted: not _equal(found, wanted),
    "like": _like,
    "notlike": lambda found, wanted: not _like(found, wanted),
}
