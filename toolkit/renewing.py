"""New keys and secrets for an application that is set up: which one is in use, and what is replaced."""

from collections.abc import Mapping
from typing import Any

from toolkit import playbook
from toolkit.errors import NotFoundError
from toolkit.home import Home, Run
from toolkit.inputs import CLIENT_ID, Answer
from toolkit.plan import Plan
from toolkit.setups import Target
from toolkit.steps.base import Mark
from toolkit.steps.certificate import Certificate
from toolkit.steps.client_secret import ClientSecret
from toolkit.systems.tenant import Tenant

ROLLOVER = "certificate-rollover"
KEYS = ("certificate", "client_secret")
"""The steps whose thing a later run may replace."""
LEADING = 8
"""How many digits of a client id make the name of a rollover's instance."""


def secret_in_use(of: Target, tenant: Tenant) -> str:
    """Tell the id of the set-up's secret that was made last; raises NotFoundError where it has none here."""
    found = ClientSecret(mark=of.mark, app=of.client_id).read(tenant)
    if found is None:
        raise NotFoundError(
            f"{of.name} has no client secret whose value is kept on this computer.",
            fix="If it signs in with a certificate: mailgrant certificates rollover APP. Otherwise run this where it was set up.",
        )
    return str(found["key_id"])


def certificate_in_use(of: Target, tenant: Tenant) -> str:
    """Tell the thumbprint of the set-up's own certificate that ends last; empty where none is kept here."""
    found = Certificate(mark=of.mark, app=of.client_id).read(tenant)
    return str(found["thumbprint"]) if found else ""


def rollover_of(of: Target) -> Mark:
    """Name the rollover of an application: one at a time, whatever it is called."""
    return Mark(ROLLOVER, of.client_id[:LEADING].lower())


def unfinished(home: Home, tenant: Tenant, of: Target) -> Run | None:
    """Find the rollover of this application that was begun and isn't finished."""
    mark = rollover_of(of)
    runs = home.runs_of(tenant.id, mark.playbook, mark.instance)
    return next((run for run in reversed(runs) if run.state in ("open", "pending")), None)


def answers(
    of: Target, tenant: Tenant, *, file: str, days: int, replaces: tuple[str, ...], change: str
) -> dict[str, Answer]:
    """Answer the rollover's questions for a set-up of mailgrant's.

    What was in use goes in the second go, unless somebody says what else does.
    """
    own = certificate_in_use(of, tenant)
    given: dict[str, Any] = {
        CLIENT_ID: of.client_id,
        "set_up": f"{of.mark.playbook}-{of.mark.instance}",
        "certificate_file": file,
        "days": days,
        "beside": own,
        "replaces": replaces or ((own,) if own else ()),
        "instance": rollover_of(of).instance,
        "change": change,
    }
    return given


def book() -> playbook.Playbook:
    """Load the playbook of a rollover."""
    return playbook.load(ROLLOVER)


# ---- what the set-up's own run knows of it ----


def trace(home: Home, plan: Plan, run: Run) -> None:
    """Write down in a set-up's own run which key or secret it has by now: a later run gave it one."""
    made = _made(home, plan, run)
    if made is None:
        return
    for record in run.journal:
        if record["event"] == "confirmed" and record.get("do") in KEYS and record["seen"]:
            _note(made, record["do"], record["seen"], run)


def untrace(home: Home, plan: Plan, run: Run) -> None:
    """Write down which key or secret a set-up has again, once a later run was taken back."""
    made = _made(home, plan, run)
    if made is None:
        return
    for do in KEYS:
        records = [r for r in made.journal if r["event"] == "confirmed" and r.get("do") == do]
        others = [r for r in records if r.get("by") != run.id]
        if others and records[-1].get("by") == run.id:
            _note(made, do, others[-1]["seen"], run)


def _made(home: Home, plan: Plan, run: Run) -> Run | None:
    """Find the set-up's own run behind a change of its key."""
    wanted = plan.answers.get("set_up")
    mine = [
        each
        for each in home.runs()
        if each.set_up[0] == run.set_up[0]
        and "-".join(each.set_up[1:]) == wanted
        and each.state != "undone"
    ]
    return mine[-1] if wanted and mine else None


def _note(made: Run, do: str, seen: Mapping[str, Any], by: Run) -> None:
    records = [r for r in made.journal if r["event"] == "confirmed" and r.get("do") == do]
    if records and records[-1]["seen"] != seen:
        made.journal.add("confirmed", step=records[-1]["step"], do=do, seen=seen, by=by.id)
