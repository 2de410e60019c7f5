"""The end of a set-up: disabled, left alone for a while, then taken away in order, with a closing sheet."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from toolkit import days, engine, inputs, renewing
from toolkit import undo as taking_back
from toolkit.engine import Show
from toolkit.home import Home, Run
from toolkit.plan import Plan
from toolkit.setups import Target
from toolkit.state import Change, from_json, to_json
from toolkit.steps.written import step_of
from toolkit.systems.tenant import Tenant

WHY = "Disabled. It is taken away when nobody has missed it until then."
GONE = "taken away"
GIVEN_BACK = "as it was before, since others made the application"
STAYS = "stays: "


@dataclass(frozen=True)
class Line:
    """One thing of a set-up, and what became of it."""

    title: str
    became: str


@dataclass(frozen=True, kw_only=True)
class Closing:
    """The closing sheet: what was taken away, when, and what stays; nothing secret."""

    name: str
    client_id: str
    set_up: str
    practice: bool
    tenant: dict[str, str]
    run: str
    journal: str
    disabled: datetime
    done: datetime
    lines: tuple[Line, ...]

    def as_json(self) -> dict[str, Any]:
        """Write it as JSON."""
        times = {"disabled": self.disabled.isoformat(), "done": self.done.isoformat()}
        return {**asdict(self), "lines": [asdict(line) for line in self.lines], **times}


def draw_up(target: Target, tenant: Tenant, *, after: str) -> Plan:
    """Draw up the first half: the application is disabled."""
    return days.plan("retire", target, tenant, name=target.name, after=after)


def begun(home: Home, tenant: Tenant, name: str) -> Run | None:
    """Find the newest run that retires, or has retired, the set-up of this name."""
    runs = [
        run
        for run in home.runs()
        if run.set_up[:2] == (tenant.id, "retire")
        and run.state != "undone"
        and name.casefold() in _names(run)
    ]
    return runs[-1] if runs else None


def _names(run: Run) -> set[str]:
    answers = run.plan()["answers"]
    names = (answers["client_id"], answers["name"], f"mailgrant-{answers['set_up']}", run.id)
    return {str(name).casefold() for name in names}


def taken_away(runs: Iterable[Run]) -> set[str]:
    """Name the runs that open retirements take away: they are carried on by these alone."""
    records = [run.journal.last("due") for run in runs if run.set_up[1] == "retire"]
    return {name for record in records if record for name in record["runs"]}


def is_closed(run: Run) -> bool:
    """Tell whether everything was taken away."""
    return run.journal.last("retired") is not None


def until(plan: Plan, run: Run) -> datetime:
    """Tell when it may be taken away: so long after it was disabled, or after the run began."""
    confirmed = [r for r in run.journal if r["event"] == "confirmed"]
    first = confirmed[0] if confirmed else run.opening
    wait = timedelta(seconds=inputs.seconds(str(plan.answers["after"])))
    return datetime.fromisoformat(first["at"]) + wait


def go_on(
    plan: Plan,
    run: Run,
    *,
    home: Home,
    tenant: Tenant,
    show: Show,
    made_by: Callable[[], list[Run]],
) -> Closing | None:
    """Disable, or take away what is due; None where it isn't due yet.

    `made_by` gives the runs that made the set-up, newest first; they are asked for when it is due.
    Stopped anywhere, it goes on where it was.
    """
    if is_closed(run):
        if run.state != "done":
            run.journal.add("finished", verdict=None)
        return closing(plan, run)
    if run.journal.last("pending") is None:
        engine.apply(plan, tenant, run, show, wait=timedelta())
        run.journal.add("pending", until=until(plan, run).isoformat(), why=WHY)
    if tenant.clock.now() < until(plan, run):
        return None
    if run.journal.last("due") is None:
        run.journal.add("due", runs=[each.id for each in made_by()])
    record = run.journal.last("due") or {}
    lines = []
    for name in record["runs"]:
        lines += _take_away(home.run(name), home, tenant, show)
    if any(_is_of_others(home.run(name)) for name in record["runs"]):
        lines.append(_give_back(run, tenant))
    run.journal.add("retired", lines=[asdict(line) for line in lines])
    run.journal.add("finished", verdict=None)
    return closing(plan, run)


def _take_away(made: Run, home: Home, tenant: Tenant, show: Show) -> list[Line]:
    """Take back what a run made, whatever became of it since; what others live on stays."""
    if made.state != "undone":
        taking_back.undo(made, tenant, show, force=True, delete=True, restore=False)
    days.close_after(home, made, "members", "stop", "secrets", renewing.ROLLOVER)
    titles = {r["step"]: r["title"] for r in made.journal if r["event"] == "announced"}
    last = {r["step"]: r for r in made.journal if r["event"] == "undone"}
    return [
        Line(str(titles.get(step, step)), f"{STAYS}{record['stays']}" if record["stays"] else GONE)
        for step, record in last.items()
    ]


def _is_of_others(made: Run) -> bool:
    seen = [r.get("seen") or {} for r in made.journal if r.get("do") == "app"]
    return any(each.get("adopted") for each in seen)


def _give_back(run: Run, tenant: Tenant) -> Line:
    """Switch on again what others made and still need; everything of ours is off it."""
    record = run.journal.announced("switch") or {}
    step = step_of(record["do"], record["fields"])
    before, found = from_json(record["before"]), engine.read_or_none(step, tenant)
    if before and found and found["enabled"] != before["enabled"]:
        change = Change(found, {"enabled": before["enabled"]})
        run.journal.add("giving back", step="switch", after=to_json(change.after))
        step.write(tenant, change)
        engine.look_until(step, change, tenant)
    return Line(step.title, GIVEN_BACK)


def closing(plan: Plan, run: Run) -> Closing:
    """Make the closing sheet of a run that took a set-up away."""
    record = run.journal.last("retired") or {}
    wait = timedelta(seconds=inputs.seconds(str(plan.answers["after"])))
    return Closing(
        name=str(plan.answers["name"]),
        client_id=str(plan.answers["client_id"]),
        set_up=str(plan.answers["set_up"]),
        practice=bool(plan.tenant.get("practice")),
        tenant={name: str(plan.tenant[name]) for name in ("name", "domain", "id")},
        run=run.id,
        journal=run.journal.head,
        disabled=until(plan, run) - wait,
        done=datetime.fromisoformat(record["at"]),
        lines=tuple(Line(**each) for each in record["lines"]),
    )


def runs_that_made(home: Home, target: Target, tenant: Tenant) -> list[Run]:
    """List this home's runs of a set-up that aren't undone, newest first."""
    runs = home.runs_of(tenant.id, target.mark.playbook, target.mark.instance)
    return [run for run in reversed(runs) if run.state != "undone" and run.journal.steps()]


def what_goes(runs: list[Run]) -> list[str]:
    """Name what will be taken away, in that order."""
    return [
        str((run.journal.announced(step) or {}).get("title", step))
        for run in runs
        for step in reversed(run.journal.steps())
    ]
