"""What an earlier run let an application do, and the answers of now don't ask for any more."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from toolkit.home import Run
from toolkit.permissions import permission
from toolkit.state import Change, from_json
from toolkit.steps.base import Step
from toolkit.steps.consent import Consent
from toolkit.steps.written import fields_of, step_of


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """Something that a set-up let its application do: by which step, as what it was planned."""

    name: str
    step: Step

    @property
    def given(self) -> frozenset[str]:
        """List what the step lets the application do."""
        return frozenset(getattr(self.step, self.step.lets))

    @property
    def thing(self) -> tuple[object, ...]:
        """Identify what the step acts on."""
        return self.step.do, *(getattr(self.step, key) for key in self.step.key)

    def only(self, given: Iterable[str]) -> "Earlier":
        """Keep a part of what the step lets the application do."""
        return replace(self, step=self.step.fewer(given))

    def as_json(self) -> dict[str, Any]:
        """Write it as JSON."""
        return {"step": self.name, "do": self.step.do, "fields": fields_of(self.step)}


def from_saved(data: Mapping[str, Any]) -> Earlier:
    """Read it back."""
    return Earlier(name=data["step"], step=step_of(data["do"], data["fields"]))


def of_runs(runs: Iterable[Run]) -> Iterator[Earlier]:
    """List what runs added and no later one took back; what was there before them isn't theirs."""
    gone: dict[tuple[object, ...], frozenset[str]] = {}
    for run in reversed(list(runs)):
        if run.state != "done":
            continue
        for name in run.journal.steps():
            record = run.journal.announced(name) or {}
            step = step_of(record["do"], record["fields"])
            if not step.lets:
                continue
            made = Change(from_json(record["before"]), from_json(record["after"]))
            found = Earlier(name=name, step=step)
            removed = gone.get(found.thing, frozenset()) | made.removed(step.lets_key)
            gone[found.thing] = removed
            added = (made.added(step.lets_key) & found.given) - removed
            if added:
                yield found.only(added)


def left(earlier: Iterable[Earlier], steps: Sequence[Step]) -> Iterator[Earlier]:
    """Tell what of it none of these steps speaks of any more, each thing once."""
    spoken: dict[tuple[object, ...], frozenset[str]] = {}
    for step in steps:
        if step.lets:
            now = Earlier(name="", step=step)
            spoken[now.thing] = spoken.get(now.thing, frozenset()) | now.given
    for each in earlier:
        rest = each.given - spoken.get(each.thing, frozenset())
        if rest:
            spoken[each.thing] = spoken.get(each.thing, frozenset()) | rest
            yield each.only(rest)


def leaving(dropped: Iterable[Earlier]) -> tuple[str, ...]:
    """Name the tenant-wide permissions that are taken back: a scope may be made beside them."""
    steps = [each.step for each in dropped]
    return tuple(
        permission(step.api, value)
        for step in steps
        if isinstance(step, Consent)
        for value in step.application
    )
