"""Apply, prove, undo: read, announce, write, look until it holds, confirm.

A journal line lies on the disk before every write. Killed anywhere and run again, the engine looks
at the tenant first and ends with one of each thing.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from toolkit import plan as planning
from toolkit import playbook
from toolkit.checks import Proof, Verdict, granted_of, roles_of
from toolkit.errors import NotYetError, PlanChangedError
from toolkit.home import Run
from toolkit.plan import Plan, Survey
from toolkit.playbook import Entry
from toolkit.state import Change, State, Verb, from_json, to_json
from toolkit.steps import CATALOGUE
from toolkit.steps.base import Mark, NamesakeError, Step
from toolkit.systems.tenant import Tenant

LOOK_EVERY = 5.0
SETTLED_READS = 5
SETTLED_SECONDS = 20.0
WAIT_REAL = timedelta(minutes=2)
WAIT_PRACTICE = timedelta(hours=3)


class Show(Protocol):
    """What the engine tells while it works."""

    def step(self, number: int, of: int, title: str, verb: Verb, *, done: bool) -> None:
        """Say that a step begins or has ended."""

    def proving(self, verdict: Verdict | None) -> None:
        """Say that the proof begins, or what it says so far."""

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
    """How a run ended: done, nothing (to do), pending, or stopped."""

    outcome: Literal["done", "nothing", "pending", "stopped"]
    steps: tuple[Outcome, ...]
    verdict: Verdict | None


@dataclass(frozen=True, kw_only=True)
class Undone:
    """How one step was taken back; `stays` says what was left in place, and why."""

    name: str
    do: str
    title: str
    verb: Verb
    stays: str = ""


# ---- apply ----


def apply(plan: Plan, tenant: Tenant, run: Run, show: Show, *, wait: timedelta) -> Result:
    """Carry an agreed plan out in its run, then prove it; carried on where it was cut."""
    tenant.run = run.id
    known = planning.starting_point(plan.answers, tenant)
    before, after = planning.entries(plan.book, plan.answers)
    names = {planned.name for planned in plan.changes}
    before = tuple(entry for entry in before if entry.name in names)
    after = tuple(entry for entry in after if entry.name in names)
    outcomes, steps, total = [], [], len(plan.changes)
    for number, entry in enumerate(before, 1):
        step, outcome = _one(entry, plan, tenant, run, known, show, (number, total))
        steps.append(step)
        outcomes.append(outcome)
    verdict = None
    if plan.book.proof:
        verdict = prove(proof_of(plan, known, steps, run), tenant, run, show, wait=wait)
        if verdict.word == "pending":
            return _finish(run, "pending", outcomes, verdict)
    for number, entry in enumerate(after, len(before) + 1):
        outcomes.append(_one(entry, plan, tenant, run, known, show, (number, total))[1])
    run.journal.add("finished", verdict=verdict.word if verdict else None)
    wrote = any(r["event"] == "announced" for r in run.journal)
    return Result(outcome="done" if wrote else "nothing", steps=tuple(outcomes), verdict=verdict)


def stay(
    plan: Plan, found: Survey, tenant: Tenant, run: Run, show: Show, *, wait: timedelta
) -> Result:
    """Prove a set-up that is as it should be, by what was just read."""
    tenant.run = run.id
    outcomes = tuple(
        Outcome(name=p.name, do=p.do, verb="keep", title=p.title) for p in plan.changes
    )
    verdict = None
    if plan.book.proof:
        proof = proof_of(plan, found.known, found.steps, run)
        verdict = prove(proof, tenant, run, show, wait=wait)
    if verdict is not None and verdict.word == "pending":
        return _finish(run, "pending", list(outcomes), verdict)
    if run.state != "done":
        run.journal.add("finished", verdict=verdict.word if verdict else None)
    return Result(outcome="nothing", steps=outcomes, verdict=verdict)


def _finish(
    run: Run, outcome: Literal["pending"], outcomes: list[Outcome], verdict: Verdict
) -> Result:
    run.journal.add(
        "pending", until=verdict.until.isoformat() if verdict.until else None, why=verdict.why
    )
    return Result(outcome=outcome, steps=tuple(outcomes), verdict=verdict)


def _one(
    entry: Entry,
    plan: Plan,
    tenant: Tenant,
    run: Run,
    known: dict[str, Any],
    show: Show,
    place: tuple[int, int],
) -> tuple[Step, Outcome]:
    """Bring one step's thing to what it should be, unless it is."""
    step = playbook.build(entry, known, plan.mark)
    interrupted = run.journal.open_write(entry.name)
    with tenant.meter.counting_as("settled" if interrupted else "request"):
        found = settled(step, tenant) if interrupted else step.read(tenant)
    change = Change(found, step.wanted(found))
    if change.verb == "create":
        step = step.fitted(tenant)
        change = Change(found, step.wanted(found))
    if not run.journal.announced(entry.name):
        step.check(tenant, found)
    _keep_to_the_plan(plan, entry, change, run, step)
    first = run.journal.announced(entry.name)
    verb = (
        Change(from_json(first["before"]), from_json(first["after"])).verb if first else change.verb
    )
    show.step(*place, step.title, verb, done=False)
    seen = found
    if change.needed:
        seen = _carry_out(step, entry.name, change, tenant, run)
        if change.after is None:
            step.forget(tenant)
    elif interrupted:
        run.journal.add("confirmed", step=entry.name, do=step.do, seen=to_json(seen))
    show.step(*place, step.title, verb, done=True)
    for name, value in (seen or {}).items():
        known[f"{entry.name}.{name}"] = value
    return step, Outcome(name=entry.name, do=entry.do, verb=verb, title=step.title)


def _keep_to_the_plan(plan: Plan, entry: Entry, change: Change, run: Run, step: Step) -> None:
    """Stop where the change isn't the one that was agreed; what this run began may be half done."""
    agreed = next(planned for planned in plan.changes if planned.name == entry.name)
    if run.journal.announced(entry.name) or agreed.change.agrees(change):
        return
    if entry.name == planning.PROOF_KEY_GONE:
        return
    raise PlanChangedError(
        f"{step.title} has changed since the plan was shown: agreed was {agreed.change.verb}, now it would be {change.verb}.",
        fix="What was done so far stands. Look at the difference with `mailgrant plan`, then decide.",
    )


def _carry_out(step: Step, name: str, change: Change, tenant: Tenant, run: Run) -> State | None:
    run.journal.add(
        "announced",
        step=name,
        do=step.do,
        title=step.title,
        fields=fields_of(step),
        before=to_json(change.before),
        after=to_json(change.after),
    )
    step.write(tenant, change)
    seen = look_until(step, change, tenant)
    if seen is not None:
        step.review(change.before, seen)
    run.journal.add("confirmed", step=name, do=step.do, seen=to_json(seen))
    return seen


def look_until(step: Step, change: Change, tenant: Tenant) -> State | None:
    """Look until the change holds; raises NotYetError when the step's patience is over."""
    clock = tenant.clock
    end = clock.now() + step.patience
    seen = read_or_none(step, tenant)
    while not change.holds(seen):
        if clock.now() >= end:
            raise NotYetError(
                f"{step.title}: written, but not to be seen yet after {step.patience.seconds // 60} minutes.",
                fix="Run the same line again later: nothing is lost.",
            )
        tenant.prompts.waiting(f"{step.title}: written, not to be seen everywhere yet", end)
        clock.sleep(LOOK_EVERY)
        with tenant.meter.counting_as("poll"):
            seen = read_or_none(step, tenant)
    return seen


def settled(step: Step, tenant: Tenant) -> State | None:
    """Read what an announced, unconfirmed write may have left.

    There means there. Absent takes five equal answers over twenty seconds: one replica that lags
    must not make a twin.
    """
    start, reads = tenant.clock.now(), 0
    while True:
        found = read_or_none(step, tenant)
        reads += 1
        waited = (tenant.clock.now() - start).total_seconds()
        if (
            found is not None
            or not step.readable
            or (reads >= SETTLED_READS and waited >= SETTLED_SECONDS)
        ):
            return found
        tenant.prompts.waiting(f"{step.title}: making sure that it really isn't there", None)
        tenant.clock.sleep(LOOK_EVERY)


def read_or_none(step: Step, tenant: Tenant) -> State | None:
    """Read a thing; a namesake that isn't ours means that ours isn't there."""
    try:
        return step.read(tenant) if step.readable else None
    except NamesakeError:
        return None


def fields_of(step: Step) -> dict[str, Any]:
    """Write a step's fields as JSON, so that it can be made again without its playbook."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(step).items()
    }


def step_of(record: Mapping[str, Any]) -> Step:
    """Make a step again from what was announced."""
    fields = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in record["fields"].items()
        if name != "mark"
    }
    return CATALOGUE[record["do"]](mark=Mark(**record["fields"]["mark"]), **fields)


# ---- proof ----


def proof_of(plan: Plan, known: Mapping[str, Any], steps: list[Step], run: Run | None) -> Proof:
    """Tell what is to be proved of a set-up as it stands."""
    wanted = {name: str(playbook.fill(value, known)) for name, value in plan.book.proof.items()}
    thumbprint = known.get(f"{planning.PROOF_KEY}.thumbprint") or wanted.get("certificate", "")
    scoped = roles_of(steps)
    refused = (
        [datetime.fromisoformat(r["at"]) for r in run.journal if r["event"] == "refused"]
        if run
        else []
    )
    since = (
        next(
            (datetime.fromisoformat(r["at"]) for r in run.journal if r["event"] == "confirmed"),
            None,
        )
        if run
        else None
    )
    asked = {
        name: wanted[name] if wanted.get(name) in plan.answers.values() else None
        for name in ("inside", "outside")
    }
    return Proof(
        app=wanted["app"],
        inside=asked["inside"],
        outside=asked["outside"] if scoped else None,
        thumbprint=str(thumbprint),
        proved=_proved(run),
        roles=scoped,
        granted=granted_of(steps),
        refused=tuple(refused),
        since=since,
    )


def _proved(run: Run | None) -> datetime | None:
    """Tell when the run was proved live."""
    records = [r for r in run.journal if r["event"] == "verdict"] if run else []
    live = [
        r
        for r in records
        if r["verdict"] == "proved" and any(c["layer"] == "live" for c in r["checks"])
    ]
    return datetime.fromisoformat(live[-1]["at"]) if live else None


def prove(proof: Proof, tenant: Tenant, run: Run | None, show: Show, *, wait: timedelta) -> Verdict:
    """Look until there is a verdict, or until waiting is over."""
    end = tenant.clock.now() + wait
    show.proving(None)
    verdict = _look(proof, tenant, run)
    while verdict.word == "pending" and verdict.until is not None and verdict.until <= end:
        tenant.prompts.waiting(verdict.why, verdict.until)
        pause = (verdict.until - tenant.clock.now()).total_seconds()
        tenant.clock.sleep(max(pause, 1))
        if run is not None:
            proof = replace(
                proof,
                refused=tuple(
                    datetime.fromisoformat(r["at"]) for r in run.journal if r["event"] == "refused"
                ),
            )
        with tenant.meter.counting_as("poll"):
            verdict = _look(proof, tenant, run)
    show.proving(verdict)
    if run is not None:
        run.journal.add("verdict", **verdict.as_json())
    return verdict


def _look(proof: Proof, tenant: Tenant, run: Run | None) -> Verdict:
    def remember(when: datetime) -> None:
        if run is not None:
            run.journal.add("refused", mailbox=proof.inside, when=when.isoformat())

    return proof.look(tenant, remember)


# ---- undo ----


def undo(run: Run, tenant: Tenant, show: Show, *, force: bool, delete: bool) -> list[Undone]:
    """Take back what a run did and nothing else, newest first."""
    tenant.run = run.id
    run.journal.add("undo", force=force, delete=delete)
    steps = list(reversed(run.journal.steps()))
    results = [
        _undo_one(name, run, tenant, show, (n, len(steps)), force=force, delete=delete)
        for n, name in enumerate(steps, 1)
    ]
    run.journal.add("undone run", stays=[r.title for r in results if r.stays])
    return results


def _undo_one(
    name: str,
    run: Run,
    tenant: Tenant,
    show: Show,
    place: tuple[int, int],
    *,
    force: bool,
    delete: bool,
) -> Undone:
    record = run.journal.announced(name) or {}
    step = step_of(record)
    made = Change(from_json(record["before"]), from_json(record["after"]))
    unsure = run.journal.open_write(name)
    with tenant.meter.counting_as("settled" if unsure else "request"):
        found = settled(step, tenant) if unsure else read_or_none(step, tenant)
    change, stays = _way_back(
        step,
        made,
        found,
        run,
        tenant,
        force=force,
        delete=delete,
        confirmed=run.journal.confirmed(name),
    )
    show.step(*place, step.title, change.verb, done=False)
    if change.needed:
        run.journal.add(
            "undoing",
            step=name,
            do=step.do,
            before=to_json(change.before),
            after=to_json(change.after),
        )
        step.write(tenant, change)
        look_until(step, change, tenant)
    if change.after is None:
        step.forget(tenant)
    run.journal.add("undone", step=name, do=step.do, stays=stays)
    show.step(*place, step.title, change.verb, done=True)
    if stays:
        show.stays(step.title, stays)
    return Undone(name=name, do=step.do, title=step.title, verb=change.verb, stays=stays)


def _way_back(
    step: Step,
    made: Change,
    found: State | None,
    run: Run,
    tenant: Tenant,
    *,
    force: bool,
    delete: bool,
    confirmed: Mapping[str, Any] | None,
) -> tuple[Change, str]:
    """Decide how to get back: wholly where the thing is as we left it, by our part otherwise."""
    if found is None:
        if made.after is None and made.before is not None and not step.fleeting:
            return Change(None, None), "it was removed by this run and can't be put back"
        return Change(None, None), ""
    if made.before is not None:
        return _part_back(made, found)
    why = "" if force else _foreign(step, made, found, confirmed, tenant)
    for _ in range(SETTLED_READS if why else 0):
        tenant.prompts.waiting(
            f"{step.title}: making sure that somebody else really changed it", None
        )
        tenant.clock.sleep(LOOK_EVERY)
        with tenant.meter.counting_as("settled"):
            found = read_or_none(step, tenant) or found
            why = _foreign(step, made, found, confirmed, tenant)
        if not why:
            break
    if why:
        change, _ = _part_back(Change({}, made.after), found)
        return change, why
    used = "" if delete else _used(step, found, run, tenant)
    switched_off = step.disabled(found)
    if used and switched_off is not None:
        return Change(
            found, switched_off
        ), f"it signed in on {used}, after this run's proof: it is disabled, not deleted (--delete)"
    return Change(found, None), ""


def _foreign(
    step: Step, made: Change, found: State, confirmed: Mapping[str, Any] | None, tenant: Tenant
) -> str:
    """Tell what somebody else changed in a thing that this run made."""
    left = from_json((confirmed or {}).get("seen"))
    if left is None:
        return "" if made.on_the_way(found) else "it isn't as this run left it"
    drifted = [
        key for key in left if key not in step.passing and not _same(left[key], found.get(key))
    ]
    others = [_difference(key, left[key], found.get(key)) for key in drifted] + step.foreign(
        tenant, found
    )
    return f"somebody else changed it: {'; '.join(others)}" if others else ""


def _same(left: object, right: object) -> bool:
    if isinstance(left, frozenset) and isinstance(right, frozenset):
        return right <= left
    return left == right


def _difference(key: str, left: object, right: object) -> str:
    if isinstance(left, frozenset) and isinstance(right, frozenset):
        return f"{key} + {', '.join(sorted(right - left))}"
    return f"{key} is {right}, was {left}"


def _used(step: Step, found: State, run: Run, tenant: Tenant) -> str:
    """Tell when a thing was last used, if that was after this run's own proof."""
    last = step.in_use(tenant, found)
    proofs = [
        datetime.fromisoformat(r["at"]) for r in run.journal if r["event"] in ("verdict", "refused")
    ]
    own = max(proofs, default=None)
    if last is None:
        return ""
    return last if own is None or datetime.fromisoformat(last) > own + timedelta(minutes=5) else ""


def _part_back(made: Change, found: State) -> tuple[Change, str]:
    """Take back our part of a thing: what is still as we set it, and only that."""
    target, stays = dict(found), []
    for key, ours in (made.after or {}).items():
        first = (made.before or {}).get(key)
        here = found.get(key)
        if isinstance(ours, frozenset) and isinstance(here, frozenset):
            target[key] = (here - made.added(key)) | made.removed(key)
        elif key in (made.before or {}) and here != first:
            if here == ours:
                target[key] = first
            else:
                stays.append(f"{key} is {here} by now")
    wanted = {key: target[key] for key in (made.after or {}) if key in target}
    return Change(found, wanted), "; ".join(stays)
