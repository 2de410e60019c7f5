"""One set-up from plan to handover: its open run is carried on, never joined by a second."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from toolkit import dropped, engine, renewing, setups
from toolkit import plan as planning
from toolkit import survey as surveying
from toolkit.engine import Result, Show
from toolkit.errors import NotFoundError, NotYetError, RefusedError
from toolkit.home import Home, Run
from toolkit.inputs import CLIENT_ID, Answers
from toolkit.plan import Plan
from toolkit.playbook import Playbook
from toolkit.steps.base import Mark
from toolkit.steps.credential import Credential
from toolkit.survey import Survey
from toolkit.systems.tenant import Tenant


@dataclass(frozen=True, kw_only=True)
class Told:
    """A run and how it ended."""

    run: Run
    result: Result


def open_run(home: Home, tenant: Tenant, book: Playbook, answers: Answers) -> Run | None:
    """Find the run of this set-up that isn't finished.

    Raises RefusedError where it has other answers, or is being undone.
    """
    runs = home.runs_of(tenant.id, book.name, str(answers["instance"]))
    unfinished = [run for run in runs if run.state in ("open", "pending")]
    if not unfinished:
        return None
    run = unfinished[-1]
    if run.undoing:
        raise RefusedError(
            f"Undoing run {run.id} was interrupted.",
            fix=f"Finish that first: mailgrant --tenant {tenant.profile} undo {run.id}",
        )
    saved = planning.from_saved(run.plan(), str(run.plan_file))
    if dict(saved.answers) != dict(answers) or saved.book.digest != book.digest:
        raise RefusedError(
            f"Run {run.id} of the same set-up is open, with other answers or another text of the playbook.",
            fix=f"Carry it on (runs resume {run.id}), or take it back (undo {run.id}).",
        )
    return run


@dataclass(frozen=True, kw_only=True)
class Agreed:
    """A plan to be carried out: drawn just now (`found` says of what), or that of the open run."""

    plan: Plan
    run: Run | None = None
    found: Survey | None = None


def draw_or_resume(
    home: Home,
    tenant: Tenant,
    book: Playbook,
    answers: Answers,
    show: Callable[[str], None],
    *,
    saved: Plan | None = None,
) -> Agreed:
    """Give the plan that was agreed for the open run, or draw a new one.

    `saved` is a plan from a file: what it takes back counts as done earlier, wherever that was.
    """
    run = open_run(home, tenant, book, answers)
    if run is not None:
        return Agreed(plan=planning.from_saved(run.plan(), str(run.plan_file)), run=run)
    found = look(home, tenant, book, answers, show, saved=saved)
    return Agreed(plan=surveying.plan_of(found, book, answers, tenant), found=found)


def look(
    home: Home,
    tenant: Tenant,
    book: Playbook,
    answers: Answers,
    show: Callable[[str], None],
    *,
    saved: Plan | None = None,
) -> Survey:
    """Hold a playbook against a tenant, and against what earlier runs of the set-up did.

    Where this home knows of none, the set-up's marks in the tenant tell.
    """
    proved = bool(last_proof(home, tenant, book.name, str(answers["instance"])))
    runs = home.runs_of(tenant.id, book.name, str(answers["instance"]))
    earlier = [p.dropped for p in saved.changes if p.dropped] if saved else []
    earlier += dropped.of_runs(runs)
    found = surveying.of(book, answers, tenant, proved=proved, earlier=earlier, show=show)
    if runs or saved or not found.known.get("app.client_id"):
        return found
    elsewhere = setups.done_elsewhere(
        found, book, Mark(book.name, str(answers["instance"])), tenant, show
    )
    if not any(dropped.left(elsewhere, found.steps)):
        return found
    return surveying.of(book, answers, tenant, proved=proved, earlier=elsewhere, show=show)


def last_proof(home: Home, tenant: Tenant, playbook: str, instance: str) -> str | None:
    """Tell when a set-up was last proved live (ISO time), by this home's journals."""
    for run in reversed(home.runs_of(tenant.id, playbook, instance)):
        if run.state == "undone":
            return None
        for record in reversed(list(run.journal)):
            if record["event"] == "verdict" and record["verdict"] == "proved":
                return str(record["at"])
    return None


def carry_out(
    agreed: Agreed,
    home: Home,
    tenant: Tenant,
    show: Show,
    *,
    wait: timedelta,
    begun: Callable[[Run], None],
) -> Told:
    """Apply a plan in its run, or in a new one; `begun` is told which before anything is written."""
    run = agreed.run or _run_for(agreed.plan, home, tenant)
    begun(run)
    try:
        result = _carry(agreed, run, tenant, show, wait=wait)
    except NotYetError as later:
        until = later.until.isoformat() if later.until else None
        run.journal.add("pending", until=until, why=later.message)
        raise
    renewing.trace(home, agreed.plan, run)
    return Told(run=run, result=result)


def _carry(agreed: Agreed, run: Run, tenant: Tenant, show: Show, *, wait: timedelta) -> Result:
    if agreed.found is not None and not agreed.plan.needed:
        return engine.stay(agreed.plan, agreed.found, tenant, run, show, wait=wait)
    with tenant.memory.remembering():
        return engine.apply(agreed.plan, tenant, run, show, wait=wait)


def _run_for(plan: Plan, home: Home, tenant: Tenant) -> Run:
    """Make a run; a set-up that stays as it is goes on in its last one, so that undo finds it."""
    if not plan.needed:
        done = [
            r
            for r in home.runs_of(tenant.id, plan.book.name, str(plan.answers["instance"]))
            if r.state == "done"
        ]
        if done:
            return done[-1]
    home.prepare()
    return home.new_run(plan.as_json())


def plan_of(run: Run) -> Plan:
    """Read the plan that was agreed for a run."""
    return planning.from_saved(run.plan(), str(run.plan_file))


def lock_name(tenant: Tenant, book: Playbook, answers: Answers) -> str:
    """Name the lock of a set-up; the days after it are under the same one."""
    set_up = answers.get("set_up") if book.day else None
    return f"{tenant.id}-{set_up or book.name + '-' + str(answers['instance'])}"


def is_in(run: Run, tenant: Tenant) -> bool:
    """Tell whether a run belongs to this tenant."""
    return bool(next(iter(run.journal), {}).get("tenant") == tenant.id)


def same_tenant(run: Run, tenant: Tenant) -> None:
    """Refuse to work on a run in another tenant than its own."""
    if not is_in(run, tenant):
        theirs = run.plan()["tenant"]
        raise RefusedError(
            f"Run {run.id} belongs to {theirs['name']} ({theirs['id']}), not to {tenant.name}.",
            fix=f"Choose its tenant: --tenant {theirs['profile']}.",
        )


def signs_in_with(run: Run) -> tuple[str, Credential]:
    """Tell the client id of what a run set up, and what it signs in with."""
    seen = {r["do"]: r["seen"] for r in run.journal if r["event"] == "confirmed" and r.get("seen")}
    app = seen.get("app", {}).get("client_id") or run.plan()["answers"].get(CLIENT_ID)
    credential = Credential(
        thumbprint=str(seen.get("certificate", {}).get("thumbprint", "")),
        secret_id=str(seen.get("client_secret", {}).get("key_id", "")),
    )
    if not app or not credential:
        raise NotFoundError(
            f"Run {run.id} has no application with a certificate or a secret.",
            fix="Name another run.",
        )
    return str(app), credential
