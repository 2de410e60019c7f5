"""What lies between a run's first go and its second one: a proof, some time, a person's word."""

from datetime import datetime, timedelta
from typing import Any

from toolkit import inputs
from toolkit.home import Run
from toolkit.plan import Plan
from toolkit.systems.tenant import Tenant
from toolkit.verdicts import Verdict

WORD = "confirmation"
"""How the journal calls a person's word that the second go may come."""
STEP_EVENTS = ("confirmed", "undone")


def passed(plan: Plan, run: Run) -> bool:
    """Tell whether the second go has nothing to wait for: it has begun, or there is none."""
    names = [planned.name for planned in plan.comes_again]
    return not names or any(run.journal.announced(name) for name in names)


def opens(plan: Plan, run: Run) -> datetime:
    """Tell when it has stood long enough (tenant time): since it was last changed, or looked at."""
    changed = [record["at"] for record in run.journal if record["event"] in STEP_EVENTS]
    since = datetime.fromisoformat(changed[-1] if changed else run.opening["at"])
    return since + timedelta(seconds=inputs.seconds(plan.book.gate.after or "0s"))


def awaits(plan: Plan, run: Run) -> bool:
    """Tell whether a person has yet to say yes; one said before a second go was undone is void."""
    words = [record["event"] for record in run.journal if record["event"] in (WORD, "undone")]
    return bool(plan.book.gate.confirm) and words[-1:] != [WORD] and not passed(plan, run)


def confirm(run: Run, who: str) -> None:
    """Write down that a person has said yes."""
    run.journal.add(WORD, who=who)


def look(plan: Plan, run: Run, tenant: Tenant, *, wait: timedelta) -> Verdict | None:
    """Tell what the second go waits for; None where it may come.

    Time that passes within `wait` is waited for, visibly.
    """
    until, now = opens(plan, run), tenant.clock.now()
    if now < until <= now + wait:
        tenant.prompts.waiting("it stands for a while before the second go", until)
        tenant.clock.sleep((until - now).total_seconds())
    found: dict[str, Any] = {"word": "pending", "at": tenant.clock.now()}
    if tenant.clock.now() < until:
        return Verdict(why=f"It stands for {plan.book.gate.after} before the second go.", until=until, **found)  # fmt: skip
    if awaits(plan, run):
        return Verdict(why=f"A person must confirm: {plan.book.gate.confirm}", **found)
    return None
