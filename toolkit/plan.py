"""What would change: a playbook, answers and a tenant become a plan. Reads, never writes."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from toolkit import dropped, marks, playbook, preflight
from toolkit.dropped import Earlier
from toolkit.errors import PlanChangedError, UsageError
from toolkit.inputs import UNASKED, Answers
from toolkit.playbook import Entry, Playbook
from toolkit.state import Change, State, from_json, to_json
from toolkit.steps.base import Mark, Right, Step, settled
from toolkit.steps.reach import Reach
from toolkit.steps.reach import from_json as reach_from_json
from toolkit.strict_yaml import REFERENCE
from toolkit.systems.tenant import Tenant

FORMAT = 2
PROOF_KEY = "proof_key"
PROOF_KEY_GONE = "proof_key_gone"


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One step of a plan, as the person who agrees sees it.

    `dropped` is what an earlier run did and the answers don't ask for any more.
    """

    name: str
    do: str
    title: str
    because: str
    change: Change
    alarm: str = ""
    irreversible: str = ""
    needs: tuple[Right, ...] = ()
    reach: Reach | None = None
    dropped: Earlier | None = None

    def as_json(self) -> dict[str, Any]:
        """Write it as JSON."""
        return {
            "as": self.name,
            "do": self.do,
            "verb": self.change.verb,
            "title": self.title,
            "because": self.because,
            "before": to_json(self.change.before),
            "after": to_json(self.change.after),
            "alarm": self.alarm,
            "irreversible": self.irreversible,
            "reach": self.reach.as_json() if self.reach else None,
            "needs": [{"role": right.role, "why": right.why} for right in self.needs],
            "dropped": self.dropped.as_json() if self.dropped else None,
        }


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything that apply will do, and for whom. `digest` identifies exactly this plan."""

    book: Playbook
    answers: Answers
    tenant: Mapping[str, Any]
    changes: tuple[Planned, ...]
    drawn: datetime
    notes: tuple[str, ...] = field(default=())

    @property
    def mark(self) -> Mark:
        """Tell which set-up this is."""
        return Mark(self.book.name, str(self.answers["instance"]))

    @property
    def needed(self) -> bool:
        """Tell whether anything would change."""
        return any(planned.change.needed for planned in self.changes)

    @property
    def alarms(self) -> tuple[str, ...]:
        """List what must be accepted in so many words."""
        return tuple(p.alarm for p in self.changes if p.alarm and p.change.needed)

    @property
    def counts(self) -> dict[str, int]:
        """Count the steps by verb."""
        verbs = [planned.change.verb for planned in self.changes]
        return {verb: verbs.count(verb) for verb in ("create", "change", "remove", "keep")}

    @property
    def needs(self) -> list[Right]:
        """List the rights the changes take, each role once."""
        rights = [right for p in self.changes if p.change.needed for right in p.needs]
        return list({right.role: right for right in reversed(rights)}.values())[::-1]

    @property
    def digest(self) -> str:
        """Hash what the plan says, apart from when it was drawn and by whom."""
        body = self._body()
        body["tenant"] = {"id": self.tenant["id"]}
        del body["drawn"], body["notes"]
        text = json.dumps(body, sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def _body(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "practice": bool(self.tenant.get("practice")),
            "tenant": dict(self.tenant),
            "playbook": self.book.name,
            "title": self.book.title,
            "source": self.book.text,
            "answers": {
                name: list(a) if isinstance(a, tuple) else a for name, a in self.answers.items()
            },
            "changes": [planned.as_json() for planned in self.changes],
            "drawn": self.drawn.isoformat(),
            "notes": list(self.notes),
        }

    def as_json(self) -> dict[str, Any]:
        """Write the plan as JSON, its digest inside."""
        return {**self._body(), "digest": self.digest}


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What was found when a playbook was held against a tenant."""

    changes: tuple[Planned, ...]
    steps: list[Step]
    known: dict[str, Any]
    notes: tuple[str, ...]


def draw_up(
    book: Playbook,
    answers: Answers,
    tenant: Tenant,
    *,
    proved: bool = False,
    show: Callable[[str], None] = lambda _: None,
) -> Plan:
    """Look at everything the playbook touches and tell what would change.

    `proved` says that an earlier run's live proof stands, so that an unchanged set-up whose key
    the vendor holds needs no key for another one. Raises what a step finds in the way.
    """
    return plan_of(survey(book, answers, tenant, proved=proved, show=show), book, answers, tenant)


def plan_of(found: Survey, book: Playbook, answers: Answers, tenant: Tenant) -> Plan:
    """Make a plan of what was found."""
    return Plan(
        book=book,
        answers=answers,
        tenant=describe(tenant),
        changes=found.changes,
        drawn=tenant.clock.now(),
        notes=found.notes,
    )


def survey(
    book: Playbook,
    answers: Answers,
    tenant: Tenant,
    *,
    proved: bool,
    show: Callable[[str], None],
    earlier: Iterable[Earlier] = (),
) -> Survey:
    """Read every step's thing, in order, as far as it can be known now.

    `earlier` is what runs before this one let the application do: what of it isn't asked for any
    more is to be taken back.
    """
    with tenant.memory.remembering():
        return _survey(book, answers, tenant, proved=proved, show=show, earlier=earlier)


def _survey(
    book: Playbook,
    answers: Answers,
    tenant: Tenant,
    *,
    proved: bool,
    show: Callable[[str], None],
    earlier: Iterable[Earlier],
) -> Survey:
    mark = Mark(book.name, str(answers["instance"]))
    notes = (*tenant.notes, *preflight.check(book, answers, tenant))
    known = starting_point(answers, tenant)
    before, after = entries(book, answers)
    looked: dict[str, tuple[Step, Change]] = {}
    for entry in before:
        show(entry.name)
        looked[entry.name] = _look(entry, known, mark, tenant)
    steps = [step for step, _ in looked.values()]
    leftovers = list(_leftovers(dropped.left(earlier, steps), tenant))
    known |= leaving(leftovers)
    changes: list[Planned] = []
    for entry in before:
        step, change = looked[entry.name]
        told_again(step, known).check(tenant, change.before)
        planned = _show(entry, step, change)
        changes.append(_reaching(entry, planned, looked, tenant, changes))
    changes += leftovers
    if proved and after and not any(c.change.needed for c in changes if c.name != PROOF_KEY):
        changes = [c for c in changes if c.name != PROOF_KEY]
        after = ()
    changes += [_removal(entry, known, mark) for entry in after]
    return Survey(changes=tuple(changes), steps=steps, known=known, notes=notes)


def describe(tenant: Tenant) -> dict[str, Any]:
    """Tell which tenant this is and who is signed in: the first line of every plan."""
    return {
        "profile": tenant.profile,
        "name": tenant.name,
        "domain": tenant.domain,
        "id": tenant.id,
        "who": tenant.who,
        "practice": tenant.practice,
    }


def starting_point(answers: Answers, tenant: Tenant) -> dict[str, Any]:
    """List what references may name before any step has been looked at."""
    here = {"tenant.id": tenant.id, "tenant.domain": tenant.domain, "tenant.name": tenant.name}
    asked = {name: answer for name, answer in answers.items() if name not in UNASKED}
    told = {f"set_up.{name}": answers.get(name, "") for name in UNASKED}
    told["set_up.answers"] = marks.noted(asked)
    return {**answers, **here, **told}


def entries(book: Playbook, answers: Answers) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    """List the steps before the proof and after it.

    Where the vendor holds the key, a key of 24 hours is added for the proof and taken away again.
    """
    active = book.active(answers)
    for entry in active:
        if entry.do == "certificate" and playbook.fill(entry.fields.get("file", ""), answers):
            fields = {"app": entry.fields["app"], "proof": True}
            added = _proof_entry(
                PROOF_KEY,
                fields,
                "The vendor holds the key, so the proof signs in with one of its own.",
            )
            taken = _proof_entry(
                PROOF_KEY_GONE, {**fields, "gone": True}, "The proof is done with it."
            )
            at = active.index(entry) + 1
            return (*active[:at], added, *active[at:]), (taken,)
    return active, ()


def _proof_entry(name: str, fields: Mapping[str, Any], because: str) -> Entry:
    return Entry(
        name=name, do="certificate", fields=fields, because=because, when=(), unless=(), line=0
    )


def fit(step: Step, found: State | None, tenant: Tenant) -> tuple[Step, Change]:
    """Tell what would change, given what was found; what is to be made is fitted to the tenant."""
    change = Change(found, step.wanted(found))
    if change.verb == "create":
        step = step.fitted(tenant)
        change = Change(found, step.wanted(found))
    return step, change


def told_again(step: Step, known: Mapping[str, Any]) -> Step:
    """Tell a step what is known of the whole set-up by now."""
    news = {name: known[f"set_up.{name}"] for name in step.told if f"set_up.{name}" in known}
    return replace(step, **news)


def leaving(changes: Iterable[Planned]) -> dict[str, Any]:
    """Tell, as what references may name, which tenant-wide permissions a plan takes back."""
    return {"set_up.leaving": dropped.leaving(c.dropped for c in changes if c.dropped)}


def _leftovers(left: Iterable[Earlier], tenant: Tenant) -> Iterator[Planned]:
    """Plan to take back what an earlier run did and nothing asks for any more.

    It was there, so one replica that doesn't know it isn't believed at once.
    """
    for number, each in enumerate(left, 1):
        step = each.step
        change = Change(settled(lambda: step.read(tenant), tenant, step.title), None)  # noqa: B023  called at once
        if change.needed:
            yield Planned(
                name=f"{each.name}_dropped{number}",
                do=each.step.do,
                title=each.step.title,
                because="An earlier run set it up, and the answers don't ask for it any more.",
                change=change,
                needs=each.step.rights,
                dropped=each,
            )


def _look(entry: Entry, known: dict[str, Any], mark: Mark, tenant: Tenant) -> tuple[Step, Change]:
    step = playbook.build(entry, known, mark)
    step, change = fit(step, step.read(tenant) if step.readable else None, tenant)
    known |= seen_of(entry, step, change.before)
    return step, change


def seen_of(entry: Entry, step: Step, found: State | None) -> dict[str, Any]:
    """Tell, as what references may name, what was seen of a thing and what it says of its set-up."""
    said = {f"set_up.{name}": value for name, value in step.tells(found or {}).items()}
    return said | {f"{entry.name}.{name}": value for name, value in (found or {}).items()}


def _reaching(
    entry: Entry,
    planned: Planned,
    looked: Mapping[str, tuple[Step, Change]],
    tenant: Tenant,
    earlier: Sequence[Planned],
) -> Planned:
    """Add whom a change will let in; a scope that refers to a group lets in who is in that."""
    if not planned.change.needed or planned.change.after is None:
        return planned
    named = REFERENCE.fullmatch(str(entry.fields.get("group", "")))
    other = named[1].partition(".")[0] if named else ""
    about = next((each for each in earlier if each.name == other), planned)
    reach = about.reach or looked[about.name][0].reach(tenant, about.change.before)
    alarm = planned.alarm or (reach.alarm if reach else "")
    return replace(planned, reach=reach, alarm=alarm)


def _removal(entry: Entry, known: dict[str, Any], mark: Mark) -> Planned:
    """Plan to take away what is there only until then."""
    step = playbook.build(entry, known, mark)
    return _show(entry, step, Change({"app": known.get("app.client_id", "known later")}, None))


def _show(entry: Entry, step: Step, change: Change) -> Planned:
    return Planned(
        name=entry.name,
        do=entry.do,
        title=step.title,
        because=entry.because,
        change=change,
        alarm=step.alarm,
        irreversible=step.irreversible,
        needs=step.rights,
    )


def from_saved(data: Mapping[str, Any], where: str) -> Plan:
    """Read a saved plan; a changed or foreign file is refused."""
    try:
        if data["format"] != FORMAT:
            raise UsageError(
                f"{where} was saved by another version of mailgrant.", fix="Draw the plan again."
            )
        plan = Plan(
            book=playbook.parse(data["source"], data["playbook"], f"the playbook in {where}"),
            answers={
                name: tuple(a) if isinstance(a, list) else a for name, a in data["answers"].items()
            },
            tenant=data["tenant"],
            changes=tuple(_saved_change(each) for each in data["changes"]),
            drawn=datetime.fromisoformat(data["drawn"]),
            notes=tuple(data["notes"]),
        )
        digest = data["digest"]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(
            f"{where} is no plan that mailgrant saved.",
            fix="Make one: mailgrant plan PLAYBOOK --out plan.json",
        ) from error
    if plan.digest != digest:
        raise UsageError(
            f"{where} isn't what was approved: its digest doesn't fit its contents.",
            fix="Draw the plan again and have it approved again.",
        )
    return plan


def _saved_change(data: Mapping[str, Any]) -> Planned:
    return Planned(
        name=data["as"],
        do=data["do"],
        title=data["title"],
        because=data["because"],
        change=Change(from_json(data["before"]), from_json(data["after"])),
        alarm=data["alarm"],
        irreversible=data["irreversible"],
        needs=tuple(Right(each["role"], each["why"]) for each in data["needs"]),
        reach=reach_from_json(data["reach"]),
        dropped=dropped.from_saved(data["dropped"]) if data["dropped"] else None,
    )


def refuse_difference(agreed: Plan, now: Plan) -> None:
    """Stop where the tenant has moved since the plan was agreed."""
    if agreed.tenant["id"] != now.tenant["id"]:
        raise PlanChangedError(
            f"The plan is for {agreed.tenant['name']} ({agreed.tenant['id']}), you are in {now.tenant['name']}.",
            fix="Choose the right tenant with --tenant.",
        )
    if not now.needed:
        return
    old = {planned.name: planned for planned in agreed.changes}
    new = {planned.name: planned for planned in now.changes}
    for name in {**old, **new}:
        if name in old and name in new and old[name].change.done_by(new[name].change):
            continue
        if name not in old or name not in new or not old[name].change.agrees(new[name].change):
            was = old[name].change.verb if name in old else "nothing"
            now_is = new[name].change.verb if name in new else "nothing"
            title = (new.get(name) or old[name]).title
            raise PlanChangedError(
                f"The tenant has changed since the plan was drawn. {title}: the plan says {was}, now it would be {now_is}"
                + (" in another way." if was == now_is else "."),
                fix="Nothing was written. Draw the plan again, look at the difference, and approve that one.",
            )
