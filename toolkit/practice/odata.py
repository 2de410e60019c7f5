"""The filter language of OData as the directory understands it: read, judged, applied.

Sources: learn.microsoft.com/graph/filter-query-parameter and /graph/aad-advanced-queries.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NoReturn

from toolkit.practice import schema
from toolkit.practice.graph_bodies import GUID
from toolkit.practice.graph_errors import bad, unsupported

Test = Callable[[dict[str, Any]], bool]
Read = Callable[[dict[str, Any]], Any]
TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')"
    r"|(?P<time>\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?(?![\w-]))"
    r"|(?P<guid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"
    r"|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<word>[A-Za-z_@][\w.]*)"
    r"|(?P<mark>[(),:/$]))"
)
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "gt": lambda left, right: left is not None and left > right,
    "ge": lambda left, right: left is not None and left >= right,
    "lt": lambda left, right: left is not None and left < right,
    "le": lambda left, right: left is not None and left <= right,
}
FUNCTIONS: dict[str, tuple[str, Callable[[str, str], bool]]] = {
    "startswith": ("s", str.startswith),
    "endswith": ("w", str.endswith),
}
REFUSED_FUNCTIONS = frozenset(
    ["contains", "substringof", "indexof", "tolower", "toupper", "length", "trim", "concat"]
)
MARK_OF = {"eq": "e", "ne": "n", "in": "i", "gt": "g", "ge": "g", "lt": "g", "le": "g"}
OPERATOR_NAMES = {"eq": "Equal", "ne": "NotEqual", "gt": "GreaterThan", "ge": "GreaterThanOrEqual"}
EDM = {"string": "Edm.String", "number": "Edm.Int32", "bool": "Edm.Boolean", "guid": "Edm.Guid"}
# What kind of literal each type of property may be compared with.
LITERALS = {
    "bool": {"bool"},
    "int": {"number"},
    "guid": {"guid", "string"},
    "time": {"time"},
    "date": {"time"},
}


@dataclass(frozen=True)
class Token:
    """A piece of a filter: its kind and its text."""

    kind: str
    text: str


@dataclass
class Filter:
    """A filter that was understood: `test` applies it; `advanced` names what makes it advanced."""

    test: Test
    advanced: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Target:
    """What a path in a filter points at: how to read it, and the property it ends in."""

    read: Read
    prop: schema.Property
    type_name: str
    counted: bool = False


def understand(type_name: str, text: str) -> Filter:
    """Read a filter on objects of that type, refusing what Graph refuses."""
    return _Reader(type_name, text).whole()


def plain(value: Any) -> Any:
    """Bring a value into the form in which it is compared: text in lower case, times as times."""
    if isinstance(value, str):
        return value.casefold()
    return value


def moment(text: str) -> datetime:
    """Read a time, or the beginning of a day."""
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


class _Reader:
    """Reads a filter from left to right."""

    def __init__(self, type_name: str, text: str) -> None:
        self.type_name = type_name
        self.text = text
        self.tokens = list(self._tokens(text))
        self.at = 0
        self.advanced: list[str] = []
        self.names: dict[str, tuple[str, schema.Property]] = {}
        self.within_not = False

    def whole(self) -> Filter:
        test = self._or()
        if self.at < len(self.tokens):
            self._fail()
        return Filter(test, self.advanced)

    # ---- grammar ----

    def _or(self) -> Test:
        tests = [self._and()]
        while self._take("or"):
            tests.append(self._and())
        return tests[0] if len(tests) == 1 else lambda body: any(test(body) for test in tests)

    def _and(self) -> Test:
        tests = [self._not()]
        while self._take("and"):
            tests.append(self._not())
        return tests[0] if len(tests) == 1 else lambda body: all(test(body) for test in tests)

    def _not(self) -> Test:
        if self._take("not"):
            self.advanced.append("Not")
            self.within_not = True
            inner = self._not()
            self.within_not = False
            return lambda body: not inner(body)
        if self._take("("):
            inner = self._or()
            self._want(")")
            return inner
        return self._predicate()

    def _predicate(self) -> Test:
        word = self._peek().text.lower()
        after = self.tokens[self.at + 1].text if self.at + 1 < len(self.tokens) else ""
        if after == "(" and (word in FUNCTIONS or word in REFUSED_FUNCTIONS):
            return self._function(word)
        target = self._path()
        if callable(target):
            return target
        operator = self._next().text.lower()
        if operator == "in":
            return self._one_of(target)
        if operator not in COMPARISONS:
            self._fail()
        return self._comparison(target, operator)

    def _function(self, word: str) -> Test:
        if word in REFUSED_FUNCTIONS:
            raise unsupported(f"Unsupported property filter clause operator '{word.title()}'.")
        mark, apply = FUNCTIONS[word]
        self.at += 1
        self._want("(")
        target = self._path()
        if callable(target):
            self._fail()
        self._want(",")
        kind, value = self._literal()
        self._want(")")
        if kind != "string" or target.prop.type not in {"string", "guid"}:
            raise bad(
                f"Invalid filter clause: No function signature for the function with name '{word}' matches the specified arguments.",
                "BadRequest",
            )
        self._allowed(target, mark)
        if word == "endswith":
            self.advanced.append("EndsWith")
        wanted = self._next().text.lower() == "true" if self._take("eq") else True
        read, low = target.read, plain(value)
        return lambda body: apply(plain(read(body)) or "", low) is wanted

    def _comparison(self, target: Target, operator: str) -> Test:
        kind, value = self._literal()
        self._fits(target, kind, operator)
        if not target.counted:
            self._allowed(target, MARK_OF[operator])
        if operator == "ne":
            self.advanced.append("NotEqualsMatch")
        read, compare = target.read, COMPARISONS[operator]
        if kind == "time":
            limit = moment(value)
            return lambda body: (found := read(body)) is not None and compare(moment(found), limit)
        low = plain(value)
        if target.prop.many and not target.counted:
            raise unsupported(
                f"Unsupported or invalid query filter clause specified for property"
                f" '{target.prop.name}' of resource '{_resource(target.type_name)}'."
            )
        return lambda body: compare(plain(read(body)), low)

    def _one_of(self, target: Target) -> Test:
        self._want("(")
        values = []
        while True:
            kind, value = self._literal()
            self._fits(target, kind, "eq")
            values.append(plain(value))
            if not self._take(","):
                break
        self._want(")")
        self._allowed(target, "i")
        read = target.read
        return lambda body: plain(read(body)) in values

    # ---- paths ----

    def _path(self) -> Any:
        name = self._word()
        if name in self.names:
            type_name, prop = self.names[name]
            target = Target(lambda body, name=name: body[name], prop, type_name)  # type: ignore[misc]
            if prop.type not in schema.TYPES:
                return target
            self._want("/")
            return self._steps(self._property(prop.type, self._word(), target.read))
        return self._steps(self._property(self.type_name, name, lambda body: body))

    def _steps(self, target: Target) -> Any:
        while self._take("/"):
            if self._take("$"):
                if self._word().lower() != "count":
                    self._fail()
                self.advanced.append("Count")
                read = target.read
                count = schema.Property(target.prop.name, "int", marks="en")
                return Target(lambda body, read=read: len(read(body) or ()), count, target.type_name, counted=True)  # type: ignore[misc]  # fmt: skip
            word = self._word()
            if word.lower() in {"any", "all"}:
                return self._lambda(target, word.lower())
            target = self._property(target.prop.type, word, target.read, outer=target.prop)
        return target

    def _property(
        self, type_name: str, name: str, outer_read: Read, outer: schema.Property | None = None
    ) -> Target:
        prop = schema.find(type_name, name) if type_name in schema.TYPES else None
        if prop is None:
            raise bad(
                f"Invalid filter clause: Could not find a property named '{name}' on type"
                f" 'microsoft.graph.{type_name}'.",
                "BadRequest",
            )
        key = prop.name
        if outer is not None:  # parts of a complex property are filtered as that one is
            prop = schema.Property(prop.name, prop.type, prop.many, outer.marks + prop.marks)
        return Target(lambda body: (outer_read(body) or {}).get(key), prop, type_name)

    def _lambda(self, target: Target, quantifier: str) -> Test:
        if not target.prop.many:
            self._fail()
        self._want("(")
        read = target.read
        if self._take(")"):
            self._allowed(target, "e")
            return lambda body: bool(read(body))
        name = self._word()
        self._want(":")
        marks = target.prop.marks or "e"
        item = schema.Property(target.prop.name, target.prop.type, marks=marks)
        self.names[name] = (target.type_name, item)
        inner = self._or()
        del self.names[name]
        self._want(")")
        holds = any if quantifier == "any" else all
        return lambda body: holds(inner({**body, name: item}) for item in read(body) or ())

    # ---- judging ----

    def _allowed(self, target: Target, mark: str) -> None:
        marks = target.prop.marks
        if mark not in marks and not (mark == "i" and "e" in marks and self.names):
            raise unsupported(
                "Unsupported or invalid query filter clause specified for property"
                f" '{target.prop.name}' of resource '{_resource(target.type_name)}'."
            )
        if "A" in marks:
            self.advanced.append(f"property:{target.prop.name}:{_resource(target.type_name)}")

    def _fits(self, target: Target, kind: str, operator: str) -> None:
        if kind == "null":
            return
        if kind not in LITERALS.get(target.prop.type, {"string"}):
            wanted = target.prop.type.replace("string", "String").replace("bool", "Boolean")
            raise bad(
                "Invalid filter clause: A binary operator with incompatible types was detected."
                f" Found operand types 'Edm.{wanted}' and '{EDM.get(kind, 'Edm.DateTimeOffset')}'"
                f" for operator kind '{OPERATOR_NAMES.get(operator, operator)}'.",
                "BadRequest",
            )
        if target.prop.names and kind != "string":
            self._fail()

    # ---- tokens ----

    def _tokens(self, text: str) -> Sequence[Token]:
        found, at = [], 0
        while text[at:].strip():
            match = TOKEN.match(text, at)
            if match is None:
                self._fail(at)
            found.append(Token(str(match.lastgroup), match.group(str(match.lastgroup))))
            at = match.end()
        return found

    def _literal(self) -> tuple[str, Any]:
        token = self._next()
        if token.kind == "string":
            return "string", token.text[1:-1].replace("''", "'")
        if token.kind == "number":
            return "number", float(token.text) if "." in token.text else int(token.text)
        if token.kind in {"guid", "time"}:
            return token.kind, token.text
        words = {"true": ("bool", True), "false": ("bool", False), "null": ("null", None)}
        if token.text.lower() not in words:
            self._fail()
        return words[token.text.lower()]

    def _peek(self) -> Token:
        if self.at >= len(self.tokens):
            self._fail()
        return self.tokens[self.at]

    def _next(self) -> Token:
        token = self._peek()
        self.at += 1
        return token

    def _take(self, text: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at].text.lower() == text:
            self.at += 1
            return True
        return False

    def _want(self, text: str) -> None:
        if not self._take(text):
            self._fail()

    def _word(self) -> str:
        token = self._next()
        if token.kind != "word":
            self._fail()
        return token.text

    def _fail(self, at: int | None = None) -> NoReturn:
        place = f"position {at}" if at is not None else "the given position"
        raise bad(f"Invalid filter clause: Syntax error at {place} in '{self.text}'.", "BadRequest")


def _resource(type_name: str) -> str:
    return type_name[0].upper() + type_name[1:]


__all__ = ["GUID", "Filter", "moment", "plain", "understand"]
