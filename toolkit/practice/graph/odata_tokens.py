"""The words of an OData filter, read one after the other."""

import re
from dataclasses import dataclass
from typing import Any, NoReturn

from toolkit.practice.graph.errors import bad

TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')"
    r"|(?P<time>\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?(?![\w-]))"
    r"|(?P<guid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"
    r"|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<word>[A-Za-z_@][\w.]*)"
    r"|(?P<mark>[(),:/$]))"
)
DEEPEST = 100
WORDS = {"true": ("bool", True), "false": ("bool", False), "null": ("null", None)}


@dataclass(frozen=True)
class Token:
    """A piece of a filter: its kind and its text."""

    kind: str
    text: str


class Tokens:
    """A filter's words, and how far they have been read."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._tokens: list[Token] = []
        position = 0
        while text[position:].strip():
            match = TOKEN.match(text, position)
            if match is None:
                self.fail()
            kind = str(match.lastgroup)
            self._tokens.append(Token(kind, match[kind]))
            position = match.end()
        if sum(token.text == "(" for token in self._tokens) > DEEPEST:
            raise bad(
                "Invalid filter clause: The node count limit has been exceeded.", "BadRequest"
            )

    @property
    def left(self) -> bool:
        """Whether there is more to read."""
        return self._at < len(self._tokens)

    def ahead(self, steps: int = 0) -> str:
        """Look at a word that comes, in lower case, without reading it."""
        place = self._at + steps
        return self._tokens[place].text.lower() if place < len(self._tokens) else ""

    def next(self) -> Token:
        """Read a word."""
        if not self.left:
            self.fail()
        self._at += 1
        return self._tokens[self._at - 1]

    def take(self, text: str) -> bool:
        """Read a word if it is this one."""
        if self.left and self.ahead() == text:
            self._at += 1
            return True
        return False

    def want(self, text: str) -> None:
        """Read a word that must be this one."""
        if not self.take(text):
            self.fail()

    def name(self) -> str:
        """Read a name."""
        token = self.next()
        if token.kind != "word":
            self.fail()
        return token.text

    def literal(self) -> tuple[str, Any]:
        """Read a value and tell its kind."""
        token = self.next()
        if token.kind == "string":
            return "string", token.text[1:-1].replace("''", "'")
        if token.kind == "number":
            return "number", float(token.text) if "." in token.text else int(token.text)
        if token.kind in {"guid", "time"}:
            return token.kind, token.text
        if token.text.lower() not in WORDS:
            self.fail()
        return WORDS[token.text.lower()]

    def fail(self) -> NoReturn:
        """Refuse the filter."""
        raise bad(f"Invalid filter clause: Syntax error in '{self._text}'.", "BadRequest")
