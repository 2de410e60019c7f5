"""What is found when a playbook is held against a tenant: each step's thing, and what would change. Reads only."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from toolkit import dropped, marks, playbook, preflight
from toolkit.dropped import Earlier
from toolkit.inputs import UNASKED, Answers
from toolkit.plan import Plan, Planned, describe
from toolkit.playbook import Entry, Playbook
from toolkit.state import Change, State
from toolkit.steps.base import Mark, Step
from toolkit.strict_yaml import REFERENCE
from toolkit.systems.settling import settled
from toolkit.systems.tenant import Tenant

PROOF_KEY = "proof_key"
PROOF_KEY_GONE = "proof_key_gone"


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
    return plan_of(of(book, answers, tenant, proved=proved, show=show), book, answers, tenant)


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


def of(
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
    goes = entries(book, answers)
    before, after = (*goes.first, *goes.second), goes.last
    looked: dict[str, tuple[Step, Change]] = {}
    for entry in before:
        show(entry.name)
        looked[entry.name] = _look(entry, known, mark, tenant)
    steps = [step for step, _ in looked.values()]
    leftovers = list(_leftovers(dropped.left(earlier, steps), tenant))
    known |= leaving([*leftovers, *(as_planned(e, *looked[e.name]) for e in goes.second)])
    changes: list[Planned] = []
    for entry in before:
        step, change = looked[entry.name]
        told_again(step, known).check(tenant, change.before)
        planned = as_planned(entry, step, change)
        planned = _reaching(entry, planned, looked, tenant, changes)
        if planned.do == "mailbox_scope" and planned.reach:
            preflight.hold_against(planned.reach, book, answers, tenant)
        changes.append(planned)
    changes += leftovers
    if proved and after and not any(c.change.needed for c in changes if c.name != PROOF_KEY):
        changes = [c for c in changes if c.name != PROOF_KEY]
        after = ()
    changes += [_removal(entry, known, mark) for entry in after]
    return Survey(changes=tuple(changes), steps=steps, known=known, notes=notes)


def starting_point(answers: Answers, tenant: Tenant) -> dict[str, Any]:
    """List what references may name before any step has been looked at."""
    here = {"tenant.id": tenant.id, "tenant.domain": tenant.domain, "tenant.name": tenant.name}
    here["tenant.login"] = tenant.cloud.login
    asked = {name: answer for name, answer in answers.items() if name not in UNASKED}
    told = {f"set_up.{name}": answers.get(name, "") for name in UNASKED}
    told["set_up.answers"] = marks.noted(asked)
    return {**answers, **here, **told}


@dataclass(frozen=True, kw_only=True)
class Goes:
    """The steps of the first go, of the second one, and what is done last, after the proof."""

    first: tuple[Entry, ...]
    second: tuple[Entry, ...]
    last: tuple[Entry, ...] = ()


def entries(book: Playbook, answers: Answers) -> Goes:
    """Sort the steps that these answers ask for.

    Where the vendor holds the key, a key of 24 hours is added for the proof and taken away again.
    """
    active = tuple(entry for entry in book.active(answers) if not entry.second)
    second = tuple(entry for entry in book.active(answers) if entry.second)
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
            first = (*active[:at], added, *active[at:])
            return Goes(first=first, second=second, last=(taken,))
    return Goes(first=active, second=second)


def _proof_entry(name: str, fields: Mapping[str, Any], because: str) -> Entry:
    return Entry(
        name=name, do="certificate", fields=fields, because=because, when=(), unless=(), line=0
    )


def fit(step: Step, found: State | None, tenant: Tenant) -> tuple[Step, Change]:
    """Tell what would change, given what was found; what is to be made is fitted to the tenant."""
    change = Change(found, step.wanted(found))
    if change.verb in ("create", "change"):
        step = step.fitted(tenant)
        change = Change(found, step.wanted(found))
    return step, change


def told_again(step: Step, known: Mapping[str, Any]) -> Step:
    """Tell a step what is known of the whole set-up by now."""
    news = {name: known[f"set_up.{name}"] for name in step.told if f"set_up.{name}" in known}
    return replace(step, **news)


def leaving(changes: Iterable[Planned]) -> dict[str, Any]:
    """Tell, as what references may name, which tenant-wide permissions a plan takes back.

    That is what the answers don't ask for any more, and what the second go takes away.
    """
    changes = list(changes)
    second = {name for c in changes if c.second for name in c.change.removed("granted")}
    return {"set_up.leaving": (*dropped.leaving(c.dropped for c in changes if c.dropped), *second)}


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
    return as_planned(entry, step, Change({"app": known.get("app.client_id", "known later")}, None))


def as_planned(entry: Entry, step: Step, change: Change) -> Planned:
    """Write a step and its change as the person who agrees sees them."""
    return Planned(
        name=entry.name,
        do=entry.do,
        title=step.title,
        because=entry.because,
        change=change,
        alarm=step.alarm,
        irreversible=step.irreversible,
        needs=step.rights,
        second=entry.second,
    )
