"""The filter language of OData as the directory understands it: read, judged, applied.

Sources: learn.microsoft.com/graph/filter-query-parameter and /graph/aad-advanced-queries.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from toolkit.practice.graph import schema
from toolkit.practice.graph.errors import bad, unsupported
from toolkit.practice.graph.odata_tokens import Tokens

Test = Callable[[dict[str, Any]], bool]
Read = Callable[[dict[str, Any]], Any]
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
        self.tokens = Tokens(text)
        self.advanced: list[str] = []
        self.names: dict[str, tuple[str, schema.Property]] = {}
        self.negated = 0

    def whole(self) -> Filter:
        test = self._or()
        if self.tokens.left:
            self.tokens.fail()
        return Filter(test, self.advanced)

    # ---- grammar ----

    def _or(self) -> Test:
        tests = [self._and()]
        while self.tokens.take("or"):
            tests.append(self._and())
        return tests[0] if len(tests) == 1 else lambda body: any(test(body) for test in tests)

    def _and(self) -> Test:
        tests = [self._not()]
        while self.tokens.take("and"):
            tests.append(self._not())
        return tests[0] if len(tests) == 1 else lambda body: all(test(body) for test in tests)

    def _not(self) -> Test:
        if self.tokens.take("not"):
            self.advanced.append("Not")
            self.negated += 1
            inner = self._not()
            self.negated -= 1
            return lambda body: not inner(body)
        if self.tokens.take("("):
            inner = self._or()
            self.tokens.want(")")
            return inner
        return self._predicate()

    def _predicate(self) -> Test:
        word = self.tokens.ahead()
        if self.tokens.ahead(1) == "(" and (word in FUNCTIONS or word in REFUSED_FUNCTIONS):
            return self._function(word)
        target = self._path()
        if not isinstance(target, Target):
            return target
        operator = self.tokens.next().text.lower()
        if operator == "in":
            return self._one_of(target)
        if operator not in COMPARISONS:
            self.tokens.fail()
        return self._comparison(target, operator)

    def _function(self, word: str) -> Test:
        if word in REFUSED_FUNCTIONS:
            raise unsupported(f"Unsupported property filter clause operator '{word.title()}'.")
        mark, apply = FUNCTIONS[word]
        self.tokens.next()
        self.tokens.want("(")
        target = self._path()
        if not isinstance(target, Target):
            self.tokens.fail()
        self.tokens.want(",")
        kind, value = self.tokens.literal()
        self.tokens.want(")")
        if kind != "string" or target.prop.type not in {"string", "guid"}:
            raise bad(
                f"Invalid filter clause: No function signature for the function with name '{word}' matches the specified arguments.",
                "BadRequest",
            )
        self._allowed(target, mark)
        if word == "endswith":
            self.advanced.append("EndsWith")
        wanted = self.tokens.next().text.lower() == "true" if self.tokens.take("eq") else True
        read, low = target.read, plain(value)
        return lambda body: apply(plain(read(body)) or "", low) is wanted

    def _comparison(self, target: Target, operator: str) -> Test:
        kind, value = self.tokens.literal()
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
        return lambda body: compare(plain(read(body)), low)

    def _one_of(self, target: Target) -> Test:
        self.tokens.want("(")
        values = []
        while True:
            kind, value = self.tokens.literal()
            self._fits(target, kind, "eq")
            values.append(plain(value))
            if not self.tokens.take(","):
                break
        self.tokens.want(")")
        self._allowed(target, "i")
        read = target.read
        return lambda body: plain(read(body)) in values

    # ---- paths ----

    def _path(self) -> Target | Test:
        name = self.tokens.name()
        if name in self.names:
            type_name, prop = self.names[name]
            target = Target(lambda body, name=name: body[name], prop, type_name)  # type: ignore[misc]
            if prop.type not in schema.TYPES:
                return target
            self.tokens.want("/")
            return self._steps(
                self._property(prop.type, self.tokens.name(), target.read, outer=prop)
            )
        return self._steps(self._property(self.type_name, name, lambda body: body))

    def _steps(self, target: Target) -> Target | Test:
        while self.tokens.take("/"):
            if self.tokens.take("$"):
                if self.tokens.name().lower() != "count":
                    self.tokens.fail()
                self.advanced.append("Count")
                read = target.read
                count = schema.Property(target.prop.name, "int", marks="en")
                return Target(lambda body, read=read: len(read(body) or ()), count, target.type_name, counted=True)  # type: ignore[misc]  # fmt: skip
            word = self.tokens.name()
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
            self.tokens.fail()
        self.tokens.want("(")
        read = target.read
        if self.tokens.take(")"):
            return lambda body: bool(read(body))
        name = self.tokens.name()
        self.tokens.want(":")
        marks = target.prop.marks or "e"
        item = schema.Property(target.prop.name, target.prop.type, marks=marks)
        self.names[name] = (target.type_name, item)
        inner = self._or()
        del self.names[name]
        self.tokens.want(")")
        holds = any if quantifier == "any" else all
        return lambda body: holds(inner({**body, name: item}) for item in read(body) or ())

    # ---- judging ----

    def _allowed(self, target: Target, mark: str) -> None:
        marks = target.prop.marks
        within = mark == "i" and "e" in marks and self.names
        negated = self.negated and "t" not in marks
        if target.prop.many or negated or not (mark in marks or within):
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
            self.tokens.fail()


def _resource(type_name: str) -> str:
    return type_name[0].upper() + type_name[1:]
