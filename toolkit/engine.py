"""Apply a plan: read, announce, write, look until it holds, confirm; then prove.

A journal line lies on the disk before every write. Killed anywhere and run again, the engine looks
at the tenant first and ends with one of each thing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, Protocol

from toolkit import gate, playbook, proof
from toolkit import survey as surveying
from toolkit.errors import NotYetError, PlanChangedError
from toolkit.home import Run
from toolkit.plan import Plan
from toolkit.playbook import Entry
from toolkit.state import Change, State, Verb, from_json, to_json
from toolkit.steps.base import NamesakeError, Step, scopes_of
from toolkit.steps.written import fields_of
from toolkit.survey import Survey
from toolkit.systems import settling
from toolkit.systems.settling import LOOK_EVERY
from toolkit.systems.tenant import Tenant
from toolkit.verdicts import Verdict


class Show(Protocol):
    """What the engine tells while it works."""

    def step(self, number: int, of: int, title: str, verb: Verb, *, done: bool) -> None:
        """Say that a step begins or has ended."""

    def proving(self, verdict: Verdict | None) -> None:
        """Say that the proof begins, or what it says."""

    def stays(self, title: str, why: str) -> None:
        """Say what undo leaves in place."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How one step ended."""

    name: str
    do: str
    verb: Verb
    title: str

    def as_json(self) -> dict[str, str]:
        """Write it as JSON."""
        return {"as": self.name, "do": self.do, "verb": self.verb, "title": self.title}


@dataclass(frozen=True, kw_only=True)
class Result:
    """How a run ended: done, nothing (to do), or pending."""

    outcome: Literal["done", "nothing", "pending"]
    steps: tuple[Outcome, ...]
    verdict: Verdict | None


def apply(plan: Plan, tenant: Tenant, run: Run, show: Show, *, wait: timedelta) -> Result:
    """Carry an agreed plan out in its run, then prove it; carried on where it was cut."""
    tenant.run = run.id
    known = surveying.starting_point(plan.answers, tenant) | surveying.leaving(plan.changes)
    work = _Work(plan, tenant, run, show, known)
    names = {planned.name for planned in plan.changes}
    goes = surveying.entries(plan.book, plan.answers)
    work.carry_on_all(entry for entry in goes.first if entry.name in names)
    for planned in plan.changes:
        if planned.dropped:
            work.take_back(planned.name, planned.dropped.step)
    stopped = None if gate.passed(plan, run) else work.stopped_between(wait)
    if stopped is not None:
        return _pending(run, work.outcomes, stopped)
    work.carry_on_all(entry for entry in goes.second if entry.name in names)
    verdict = None
    if plan.book.proof:
        wanted = proof.of(plan, work.known, work.steps, run)
        verdict = proof.prove(wanted, tenant, run, show, wait=wait)
        if verdict.word == "pending":
            return _pending(run, work.outcomes, verdict)
    work.carry_on_all(entry for entry in goes.last if entry.name in names)
    run.journal.add("finished", verdict=verdict.word if verdict else None)
    outcome: Literal["done", "nothing"] = "done" if run.journal.last("announced") else "nothing"
    return Result(outcome=outcome, steps=tuple(work.outcomes), verdict=verdict)


def stay(
    plan: Plan, found: Survey, tenant: Tenant, run: Run, show: Show, *, wait: timedelta
) -> Result:
    """Prove a set-up that is as it should be, by what was just read."""
    tenant.run = run.id
    outcomes = [Outcome(name=p.name, do=p.do, verb="keep", title=p.title) for p in plan.changes]
    verdict = None
    if plan.book.proof:
        wanted = proof.of(plan, found.known, found.steps, run)
        verdict = proof.prove(wanted, tenant, run, show, wait=wait)
        if verdict.word == "pending":
            return _pending(run, outcomes, verdict)
    if run.state != "done":
        run.journal.add("finished", verdict=verdict.word if verdict else None)
    return Result(outcome="nothing", steps=tuple(outcomes), verdict=verdict)


def _pending(run: Run, outcomes: list[Outcome], verdict: Verdict) -> Result:
    until = verdict.until.isoformat() if verdict.until else None
    run.journal.add("pending", until=until, why=verdict.why)
    return Result(outcome="pending", steps=tuple(outcomes), verdict=verdict)


@dataclass
class _Work:
    """A plan being carried out: what is known so far, and how its steps ended."""

    plan: Plan
    tenant: Tenant
    run: Run
    show: Show
    known: dict[str, Any]
    steps: list[Step] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    def carry_on_all(self, entries: Iterable[Entry]) -> None:
        """Bring the things of these steps to what they should be, one after the other."""
        for entry in entries:
            self.carry_on(entry)

    def stopped_between(self, wait: timedelta) -> Verdict | None:
        """Prove the first go, and tell what the second one still waits for; None where it may come."""
        if self.plan.book.proof:
            wanted = proof.of(self.plan, self.known, self.steps, self.run, interim=True)
            verdict = proof.prove(wanted, self.tenant, self.run, self.show, wait=wait)
            if verdict.word != "proved":
                return verdict
        found = gate.look(self.plan, self.run, self.tenant, wait=wait)
        if found is not None:
            self.show.proving(found)
            self.run.journal.add("verdict", **found.as_json())
        return found

    def carry_on(self, entry: Entry) -> None:
        """Bring one step's thing to what it should be, unless it is."""
        step = playbook.build(entry, self.known, self.plan.mark)
        step, change = surveying.fit(step, self._found(entry.name, step), self.tenant)
        if self.run.journal.announced(entry.name) is None:
            step.check(self.tenant, change.before)
        seen = self._bring(entry.name, step, change)
        self.known |= surveying.seen_of(entry, step, seen)
        self.steps.append(step)

    def take_back(self, name: str, step: Step) -> None:
        """Take away what an earlier run did and the answers don't ask for any more."""
        self._bring(name, step, Change(self._found(name, step), None))

    def _bring(self, name: str, step: Step, change: Change) -> State | None:
        """Carry a change out where it is needed and agreed; tell what is there then."""
        journal, place = self.run.journal, (len(self.outcomes) + 1, len(self.plan.changes))
        interrupted, first = journal.open_write(name), journal.announced(name)
        if first is None:
            self._keep_to_the_plan(name, step, change)
            verb = change.verb
        else:
            verb = Change(from_json(first["before"]), from_json(first["after"])).verb
        self.show.step(*place, step.title, verb, done=False)
        seen = change.before
        if change.needed:
            seen = self._write(name, step, change)
        elif interrupted:
            journal.add("confirmed", step=name, do=step.do, seen=to_json(seen))
        self.show.step(*place, step.title, verb, done=True)
        self.outcomes.append(Outcome(name=name, do=step.do, verb=verb, title=step.title))
        return seen

    def _found(self, name: str, step: Step) -> State | None:
        """Read a step's thing; what this run wrote is only absent if it is so for good."""
        journal = self.run.journal
        if journal.open_write(name):
            return settled(step, self.tenant)
        found = step.read(self.tenant)
        if found is None and journal.confirmed(name):
            return settled(step, self.tenant)
        return found

    def _keep_to_the_plan(self, name: str, step: Step, change: Change) -> None:
        """Stop where the change isn't the one that was agreed."""
        agreed = next(each.change for each in self.plan.changes if each.name == name)
        done_already = agreed.verb == "change" and not change.needed
        if (
            agreed.agrees(change)
            or agreed.done_by(change)
            or agreed.ended_by(change)
            or done_already
            or name == surveying.PROOF_KEY_GONE
        ):
            return
        raise PlanChangedError(
            f"{step.title} has changed since the plan was shown: agreed was {agreed.verb}, "
            f"now it would be {change.verb}.",
            fix="What was done so far stands. Look at the difference with `mailgrant plan`, "
            "then decide.",
        )

    def _write(self, name: str, step: Step, change: Change) -> State | None:
        self.run.journal.add(
            "announced",
            step=name,
            do=step.do,
            title=step.title,
            fields=fields_of(step),
            before=to_json(change.before),
            after=to_json(change.after),
        )
        self.tenant.identity.ask_for(*scopes_of([type(step)]))
        step.write(self.tenant, change)
        seen = look_until(step, change, self.tenant)
        if seen is None:
            step.forget(self.tenant)
        else:
            step.review(change.before, seen)
        self.run.journal.add("confirmed", step=name, do=step.do, seen=to_json(seen))
        return seen


# ---- looking ----


def look_until(step: Step, change: Change, tenant: Tenant) -> State | None:
    """Look until the change holds; raises NotYetError when the step's patience is over."""
    clock = tenant.clock
    end = clock.now() + step.patience
    seen = read_or_none(step, tenant)
    while not change.holds(seen):
        if clock.now() >= end:
            raise NotYetError(
                f"{step.title}: written, but not to be seen yet after "
                f"{step.patience.seconds // 60} minutes.",
                fix="Run the same line again later: nothing is lost.",
            )
        tenant.prompts.waiting(f"{step.title}: written, not to be seen everywhere yet", end)
        clock.sleep(LOOK_EVERY)
        with tenant.meter.counting_as("poll"):
            seen = read_or_none(step, tenant)
    return seen


def settled(step: Step, tenant: Tenant) -> State | None:
    """Read what an earlier write may have left: absent only if it is so for good."""
    if not step.readable:
        return None
    return settling.settled(lambda: read_or_none(step, tenant), tenant, step.title)


def read_or_none(step: Step, tenant: Tenant) -> State | None:
    """Read a thing; a namesake that isn't ours means that ours isn't there."""
    try:
        return step.read(tenant) if step.readable else None
    except NamesakeError:
        return None
