"""What a thing is, and the change from what it is to what it should be."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Value = str | int | bool | None | frozenset[str]
State = Mapping[str, Value]
"""Everything that matters about one thing; a thing that isn't there is None, never an empty State."""

Verb = Literal["keep", "create", "change", "remove"]


class Later(str):
    """A value that only an earlier step of the same plan will bring: text for people until then."""

    __slots__ = ()


@dataclass(frozen=True)
class Change:
    """From `before` to `after`; only the keys of `after` count, a system always knows more.

    A set changes by its difference: what others put in or take out is nobody's business here.
    """

    before: State | None
    after: State | None

    @property
    def verb(self) -> Verb:
        """Name the change as the plan shows it."""
        if self.after is None:
            return "keep" if self.before is None else "remove"
        if self.before is None:
            return "create"
        return "keep" if self.holds(self.before) else "change"

    @property
    def needed(self) -> bool:
        """Tell whether anything is to be done."""
        return self.verb != "keep"

    def added(self, key: str) -> frozenset[str]:
        """List what goes into a set."""
        return texts(self.after, key) - texts(self.before, key)

    def removed(self, key: str) -> frozenset[str]:
        """List what comes out of a set; nothing where the change doesn't speak of it."""
        if self.after is not None and key not in self.after:
            return frozenset()
        return texts(self.before, key) - texts(self.after, key)

    def differs(self, key: str) -> bool:
        """Tell whether one key changes."""
        before, after = self.before or {}, self.after or {}
        return key in after and before.get(key) != after[key]

    def holds(self, found: State | None) -> bool:
        """Tell whether what was found is what this change wanted."""
        if self.after is None or found is None:
            return self.after is None and found is None
        return all(self._key_holds(key, found) for key in self.after)

    def _key_holds(self, key: str, found: State) -> bool:
        if isinstance((self.after or {})[key], frozenset):
            there = texts(found, key)
            return self.added(key) <= there and not self.removed(key) & there
        wanted = (self.after or {})[key]
        if isinstance(wanted, Later):
            return found.get(key) not in (None, "", (self.before or {}).get(key))
        return found.get(key) == wanted

    def on_the_way(self, found: State) -> bool:
        """Tell whether what was found may be this change cut short: nothing in it is foreign.

        What was to be known `Later` may be anything by now.
        """
        before, after = self.before or {}, self.after or {}
        for key, value in after.items():
            if has_later(value):
                continue
            if isinstance(value, frozenset):
                if not texts(found, key) <= value | texts(before, key):
                    return False
            elif found.get(key) not in (value, before.get(key), None, "", False):
                return False
        return True

    def done_by(self, now: "Change") -> bool:
        """Tell whether somebody has carried this out already, so that nothing is left to do now."""
        return self.needed and not now.needed and self.holds(now.before)

    def ended_by(self, now: "Change") -> bool:
        """Tell whether somebody has begun to make this thing, and what is left now is the rest."""
        begun = self.verb == "create" and now.verb == "change"
        return begun and self.on_the_way(now.before or {})

    def agrees(self, other: "Change") -> bool:
        """Tell whether two changes are the same to the person who agreed: verb, delta and target.

        A target that was to be known `Later` agrees with whatever it has become.
        """
        mine, theirs = self.after or {}, other.after or {}
        if self.verb != other.verb or set(mine) != set(theirs):
            return False
        return all(self._agrees_on(key, other) for key in mine)

    def _agrees_on(self, key: str, other: "Change") -> bool:
        mine, theirs = (self.after or {})[key], (other.after or {})[key]
        if isinstance(mine, frozenset) and isinstance(theirs, frozenset):
            if not (has_later(mine) or has_later(theirs)):
                return (self.added(key), self.removed(key)) == (
                    other.added(key),
                    other.removed(key),
                )
            return (has_later(theirs) or _known(self.added(key)) <= theirs) and (
                has_later(mine) or _known(other.added(key)) <= mine
            )
        return has_later(mine) or has_later(theirs) or mine == theirs


def has_later(value: object) -> bool:
    """Tell whether a value, or one in a collection, is known only later."""
    if isinstance(value, frozenset | tuple | list | set):
        return any(isinstance(each, Later) for each in value)
    return isinstance(value, Later)


def texts(state: State | None, key: str) -> frozenset[str]:
    """Get a set of a state; empty where there is none."""
    value = (state or {}).get(key)
    return value if isinstance(value, frozenset) else frozenset()


def _known(values: frozenset[str]) -> frozenset[str]:
    return frozenset(value for value in values if not isinstance(value, Later))


def to_json(state: State | None) -> dict[str, Any] | None:
    """Write a state as JSON: sets become sorted lists, values known later an object."""
    if state is None:
        return None
    return {key: _value_to_json(value) for key, value in state.items()}


def _value_to_json(value: object) -> object:
    if isinstance(value, Later):
        return {"later": str(value)}
    if isinstance(value, frozenset):
        return sorted((_value_to_json(each) for each in value), key=str)
    return value


def from_json(data: Mapping[str, Any] | None) -> State | None:
    """Read a state back."""
    if data is None:
        return None
    return {key: _value_from_json(value) for key, value in data.items()}


def _value_from_json(value: Any) -> Any:
    if isinstance(value, list):
        return frozenset(_value_from_json(each) for each in value)
    if isinstance(value, dict):
        return Later(value["later"])
    return value
