"""When to look for the proof, and until when; what a set-up has to prove."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from toolkit import playbook
from toolkit import survey as surveying
from toolkit.checks import Proof
from toolkit.home import Run
from toolkit.inputs import CLIENT_ID
from toolkit.plan import Plan
from toolkit.probes import granted_of, roles_of
from toolkit.state import has_later
from toolkit.steps.base import Step
from toolkit.steps.credential import Credential
from toolkit.systems.tenant import Tenant
from toolkit.verdicts import Verdict

WAIT_REAL = timedelta(minutes=2)
WAIT_PRACTICE = timedelta(hours=3)


class Show(Protocol):
    """What is told while the proof is looked for."""

    def proving(self, verdict: Verdict | None) -> None:
        """Say that the proof begins, or what it says."""


def of(
    plan: Plan,
    known: Mapping[str, Any],
    steps: list[Step],
    run: Run | None,
    *,
    interim: bool = False,
) -> Proof:
    """Tell what is to be proved of a set-up as it stands; `interim` before its second go."""
    filled = {name: playbook.fill(value, known) for name, value in plan.book.proof.items()}
    wanted = {name: "" if has_later(value) else str(value) for name, value in filled.items()}
    inside, outside = wanted.get("inside"), wanted.get("outside")
    asked = set(plan.answers.values())
    scoped = roles_of(steps)
    confirmed = _times(run, "confirmed")
    return Proof(
        app=wanted["app"],
        inside=inside if inside in asked else None,
        outside=outside if scoped and outside in asked else None,
        credential=Credential(
            thumbprint=str(
                known.get(f"{surveying.PROOF_KEY}.thumbprint") or wanted.get("certificate", "")
            ),
            secret_id=wanted.get("secret", ""),
        ),
        roles=scoped,
        granted=granted_of(steps),
        refused=_times(run, "refused"),
        since=confirmed[0] if confirmed else None,
        proved=proved(run),
        moved=_taken_back(plan, run) if scoped and not interim else None,
        interim=interim,
        theirs=plan.book.proof["app"] == f"${{{CLIENT_ID}}}",
    )


def prove(proof: Proof, tenant: Tenant, run: Run | None, show: Show, *, wait: timedelta) -> Verdict:
    """Look until there is a verdict, or until waiting is over."""
    end = tenant.clock.now() + wait
    show.proving(None)
    verdict = _look(proof, tenant, run)
    while verdict.word == "pending" and verdict.until is not None and verdict.until <= end:
        tenant.prompts.waiting(verdict.why, verdict.until)
        pause = (verdict.until - tenant.clock.now()).total_seconds()
        tenant.clock.sleep(max(pause, 1))
        proof = replace(proof, refused=_times(run, "refused") or proof.refused)
        with tenant.meter.counting_as("poll"):
            verdict = _look(proof, tenant, run)
    show.proving(verdict)
    tenant.memory.forget()
    if run is not None:
        run.journal.add("interim" if proof.interim else "verdict", **verdict.as_json())
    return verdict


def _look(proof: Proof, tenant: Tenant, run: Run | None) -> Verdict:
    def remember(when: datetime) -> None:
        if run is not None:
            run.journal.add("refused", mailbox=proof.inside, when=when.isoformat())

    if run is not None:
        run.journal.add("trying", app=proof.app)
    return proof.look(tenant, remember)


def _taken_back(plan: Plan, run: Run | None) -> datetime | None:
    """Tell when the run last took something away from the application, which it may still have."""
    names = {planned.name for planned in plan.changes if planned.dropped or planned.second}
    times = [
        datetime.fromisoformat(record["at"])
        for record in (run.journal if run else ())
        if record["event"] == "confirmed" and record["step"] in names
    ]
    return max(times, default=None)


def _times(run: Run | None, event: str) -> tuple[datetime, ...]:
    records = [record for record in run.journal if record["event"] == event] if run else []
    return tuple(datetime.fromisoformat(record["at"]) for record in records)


def proved(run: Run | None) -> datetime | None:
    """Tell when the run was proved live: by mailboxes, or where there are none by signing in."""
    records = [record for record in run.journal if record["event"] == "verdict"] if run else []
    told = [record for record in records if record["verdict"] == "proved"]
    live = [r for r in told if any(check["layer"] == "live" for check in r["checks"])]
    signed_in = [r for r in told if not r["checks"]]
    best = live[-1:] or signed_in[:1]
    return datetime.fromisoformat(best[0]["at"]) if best else None
