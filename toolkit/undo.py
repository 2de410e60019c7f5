"""Take back what a run did and nothing else, newest first.

What this run made and nobody touched goes whole. Of the rest only our part goes; what somebody
else added stays and is named. An application that has signed in since is disabled, not deleted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from toolkit.engine import Show, look_until, read_or_none, settled
from toolkit.home import Run
from toolkit.state import Change, State, Value, Verb, from_json, has_later, texts, to_json
from toolkit.steps import CATALOGUE
from toolkit.steps.base import Step, scopes_of
from toolkit.steps.written import step_of
from toolkit.systems.settling import LOOK_EVERY, SETTLED_LOOKS
from toolkit.systems.tenant import Tenant

OWN_USE = timedelta(minutes=5)
"""A sign-in so soon after mailgrant's own is mailgrant's own."""
NOTHING = Change(None, None)
SIGN_INS = "AuditLog.Read.All"
"""What a person is asked for so that undo sees whether an application has signed in since."""


@dataclass(frozen=True, kw_only=True)
class Undone:
    """How one step was taken back; `stays` says what was left in place, and why."""

    name: str
    do: str
    title: str
    verb: Verb
    stays: str = ""

    def as_json(self) -> dict[str, str]:
        """Write it as JSON."""
        return {
            "as": self.name,
            "do": self.do,
            "verb": self.verb,
            "title": self.title,
            "stays": self.stays,
        }


def undo(
    run: Run, tenant: Tenant, show: Show, *, force: bool, delete: bool, restore: bool = True
) -> list[Undone]:
    """Take back what a run did; stopped anywhere, it goes on where it was.

    `force` removes what this run made even where somebody changed it since; `delete` deletes an
    application that is in use. Without `restore`, what this run took away isn't given back.
    """
    tenant.run = run.id
    _ask_for(run, run.journal.steps(), tenant)
    run.journal.add("undo", force=force, delete=delete)
    steps = list(reversed(run.journal.steps()))
    results = []
    for number, name in enumerate(steps, 1):
        back = _Back(name, run, tenant, force=force, delete=delete, restore=restore)
        results.append(back.go(show, (number, len(steps))))
    run.journal.add("undone run", stays=[result.title for result in results if result.stays])
    return results


def undo_some(run: Run, names: list[str], tenant: Tenant, show: Show) -> list[Undone]:
    """Take back some steps of a run, newest first; the others stand, and the run is pending again."""
    tenant.run = run.id
    _ask_for(run, names, tenant)
    results = []
    for number, name in enumerate(reversed(names), 1):
        back = _Back(name, run, tenant, force=False, delete=False, restore=True)
        results.append(back.go(show, (number, len(names))))
    run.journal.add("pending", until=None, why="Its second go was taken back.")
    return results


def _ask_for(run: Run, names: list[str], tenant: Tenant) -> None:
    kinds = {CATALOGUE[(run.journal.announced(name) or {})["do"]] for name in names}
    if scopes := scopes_of(kinds):
        tenant.identity.ask_for(*scopes, SIGN_INS)


class _Back:
    """One step on its way back."""

    def __init__(
        self, name: str, run: Run, tenant: Tenant, *, force: bool, delete: bool, restore: bool
    ) -> None:
        record: Mapping[str, Any] = run.journal.announced(name) or {}
        self.name, self.run, self.tenant = name, run, tenant
        self.force, self.delete, self.restore = force, delete, restore
        self.step: Step = step_of(record["do"], record["fields"])
        self.made = Change(from_json(record["before"]), from_json(record["after"]))

    def go(self, show: Show, place: tuple[int, int]) -> Undone:
        """Take the step back."""
        step, journal = self.step, self.run.journal
        unsure = journal.open_write(self.name) or journal.last("rebuilding") is not None
        change, stays = self._blindly() or self._way(self._found(unsure=unsure), unsure=unsure)
        show.step(*place, step.title, change.verb, done=False)
        if change.needed:
            before, after = to_json(change.before), to_json(change.after)
            journal.add("undoing", step=self.name, do=step.do, before=before, after=after)
            step.write(self.tenant, change)
            look_until(step, change, self.tenant)
        step.forget(self.tenant)
        journal.add("undone", step=self.name, do=step.do, stays=stays)
        show.step(*place, step.title, change.verb, done=True)
        if stays:
            show.stays(step.title, stays)
        return Undone(name=self.name, do=step.do, title=step.title, verb=change.verb, stays=stays)

    def _blindly(self) -> tuple[Change, str] | None:
        """Tell what to do whatever is there: nothing, or to give again what this run took away."""
        if self.step.irreversible:
            return NOTHING, self.step.irreversible
        if self.made.verb == "remove" and self.step.lets:
            lost = self.step.lost(self.tenant) if self.restore else ""
            again = self.restore and not lost
            return (Change(None, self.made.before) if again else NOTHING), lost
        return None

    def _found(self, *, unsure: bool) -> State | None:
        """Read the thing; what this run left there is only absent if it is so for good."""
        left_there = unsure or self.made.after is not None
        return (
            settled(self.step, self.tenant) if left_there else read_or_none(self.step, self.tenant)
        )

    def _way(self, found: State | None, *, unsure: bool) -> tuple[Change, str]:
        """Decide how to get back: wholly where the thing is as we left it, by our part otherwise."""
        if found is None:
            return self._sweep(unsure=unsure)
        if self.made.before is not None:
            return _part_back(self.made, found)
        steady, why = (found, "") if self.force else self._steady(found)
        if steady is None:
            return self._sweep(unsure=True)
        found = steady
        if why:
            return _part_back(Change({}, self.made.after), found)[0], why
        others = self.step.leaned_on(self.tenant, found)
        if others:
            return Change(found, found), others
        used = "" if self.delete else self._used(found)
        switched_off = self.step.disabled(found)
        if used and switched_off is not None:
            why = f"it signed in at {used}, after this run's own proof: disabled, not deleted"
            return Change(found, switched_off), f"{why} (--delete deletes it)"
        return Change(self._perhaps(found) if unsure else found, None), ""

    def _perhaps(self, found: State) -> State:
        """Add to what was found all that a cut write may have made: one reading may lack a part of it."""
        made = self.made.after or {}
        sets = [key for key, value in made.items() if _is_known(value)]
        return {**found, **{key: texts(found, key) | texts(made, key) for key in sets}}

    def _sweep(self, *, unsure: bool) -> tuple[Change, str]:
        """Take away what a cut may have left of a thing that is there no more, or not yet."""
        if self.made.verb == "remove" and not self.step.fleeting:
            return NOTHING, "this run removed it, and it can't be put back"
        if unsure and self.made.verb == "change" and self.step.lets and self.restore:
            return Change(None, self.made.before), ""  # cut between taking away and giving anew
        if not unsure or self.made.before is not None:
            return NOTHING, ""
        records = [r for r in self.run.journal if r.get("step") == self.name]
        left = next((r["before"] for r in reversed(records) if r["event"] == "undoing"), None)
        seen = (self.run.journal.confirmed(self.name) or {}).get("seen")
        return Change(from_json(left or seen) or self.made.after, None), ""

    def _steady(self, found: State) -> tuple[State | None, str]:
        """Tell what somebody else changed, when that is so for more than one reading."""
        why = self._foreign(found)
        quiet = SETTLED_LOOKS if self.step.shared else 0
        for look in range(SETTLED_LOOKS):
            if not why and look >= quiet - 2:
                break
            words = f"{self.step.title}: making sure what somebody else did to it"
            self.tenant.prompts.waiting(words, None)
            self.tenant.clock.sleep(LOOK_EVERY)
            with self.tenant.meter.counting_as("settled"):
                again = read_or_none(self.step, self.tenant)
            if again is None:
                return None, ""
            found, why = again, self._foreign(again)
        return found, why

    def _foreign(self, found: State) -> str:
        left = from_json((self.run.journal.confirmed(self.name) or {}).get("seen"))
        if left is None:
            made = Change(self.made.before, self._lasting(self.made.after or {}))
            return "" if made.on_the_way(found) else "it isn't as this run left it"
        drifted = [
            _difference(key, value, found.get(key))
            for key, value in self._lasting(left).items()
            if not _same(value, found.get(key))
        ]
        others = drifted + self.step.foreign(self.tenant, found)
        return f"somebody else changed it: {'; '.join(others)}" if others else ""

    def _lasting(self, state: State) -> State:
        """Leave out what may change by itself."""
        return {key: value for key, value in state.items() if key not in self.step.passing}

    def _used(self, found: State) -> str:
        """Tell when a thing was last used, if that was after mailgrant itself used it."""
        last = self.step.in_use(self.tenant, found)
        own = [
            datetime.fromisoformat(record["when" if record["event"] == "own use" else "at"])
            for record in self.run.journal
            if record["event"] in ("trying", "verdict", "refused", "request", "own use")
        ]
        if last is None or (own and datetime.fromisoformat(last) <= max(own) + OWN_USE):
            return ""
        return last


def _is_known(value: Value) -> bool:
    return isinstance(value, frozenset) and not has_later(value)


def _same(left: Value, right: Value) -> bool:
    if isinstance(left, frozenset) and isinstance(right, frozenset):
        return right <= left
    return left == right


def _difference(key: str, left: Value, right: Value) -> str:
    if isinstance(left, frozenset) and isinstance(right, frozenset):
        return f"{key} + {', '.join(sorted(right - left))}"
    return f"{key} is {right}, was {left}"


def _part_back(made: Change, found: State) -> tuple[Change, str]:
    """Take back our part of a thing: what is still as we set it, and only that.

    Our part is taken back even where one reading shows it gone already: a replica may lag.
    """
    ours: dict[str, Value] = dict(found)
    target: dict[str, Value] = {}
    stays = []
    for key, left in (made.after or {}).items():
        here, first = found.get(key), (made.before or {}).get(key)
        target[key] = here
        if isinstance(left, frozenset) and isinstance(here, frozenset):
            added, removed = made.added(key), made.removed(key)
            ours[key], target[key] = (here | added) - removed, (here - added) | removed
        elif key in (made.before or {}) and left != first:
            if here in (left, first):
                ours[key], target[key] = left, first
            else:
                stays.append(f"{key} is {here} by now")
    return Change(ours, target), "; ".join(stays)
