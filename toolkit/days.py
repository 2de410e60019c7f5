"""The days after: who comes in and goes out, and stopping, each an ordinary plan of its own run."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from toolkit import engine, playbook, preflight, proof
from toolkit import survey as surveying
from toolkit.book import DAYS
from toolkit.checks import Proof
from toolkit.errors import AnswerError, RefusedError
from toolkit.home import Home, Run
from toolkit.inputs import MAIL_ADDRESS, Answer
from toolkit.plan import Plan
from toolkit.probes import roles_of
from toolkit.setups import SetUp, Target
from toolkit.state import from_json, texts, to_json
from toolkit.steps.credential import Credential
from toolkit.steps.mailboxes import CLOUD_MAILBOXES
from toolkit.systems.tenant import Tenant
from toolkit.verdicts import Verdict

DELTA = ("add", "remove", "people")
MANY = 20
"""Addresses that are looked up one by one; of more than that all recipients are listed once."""
TOKENS = (
    "It gets no new token from now on. Tokens it has already live on for 60 to 90 minutes, "
    "up to 28 hours where its software takes part in continuous access evaluation."
)
"""Source: learn.microsoft.com/entra/identity-platform/configurable-token-lifetimes"""


# ---- plans ----


def plan(kind: str, of: Target, tenant: Tenant, **answers: Answer) -> Plan:
    """Draw up a change of a set-up; reads only."""
    common: dict[str, Answer] = {
        "set_up": f"{of.mark.playbook}-{of.mark.instance}",
        "client_id": of.client_id,
        "instance": of.mark.instance,
        "change": "",
    }
    return surveying.draw_up(playbook.day(kind), {**common, **answers}, tenant)


def plan_to_customize(tenant: Tenant) -> Plan:
    """Draw up the customization of the Exchange organization; reads only."""
    answers = {"set_up": "organization", "instance": "tenant", "change": ""}
    return surveying.draw_up(playbook.day("organization"), answers, tenant)


def runs_after(home: Home, run: Run, *kinds: str) -> list[Run]:
    """List the runs of this home that changed a set-up since, oldest first, undone ones left out."""
    tenant, book, instance = run.set_up
    return [
        each
        for each in home.runs()
        if each.set_up[0] == tenant
        and each.set_up[1] in (kinds or DAYS)
        and each.state != "undone"
        and each.plan()["answers"].get("set_up") == f"{book}-{instance}"
    ]


def open_run(home: Home, drawn: Plan, tenant: Tenant) -> Run | None:
    """Find the run of this change that was begun and isn't finished, or whose proof is missing.

    What is left of it to do is part of what it began. Raises RefusedError where another one of its
    kind is in the way.
    """
    run = _begun(home, drawn.book.name, str(drawn.answers["set_up"]), tenant)
    if run is None:
        return None
    saved, now = run.plan()["answers"], drawn.as_json()["answers"]
    part = all(set(now.get(name, ())) <= set(saved.get(name, ())) for name in DELTA)
    if part and not run.undoing:
        return run
    if run.state == "open":
        raise RefusedError(
            f"Run {run.id} of the same application is open, and does something else.",
            fix=f"Carry it on (runs resume {run.id}), or take it back (undo {run.id}).",
        )
    return None


def unfinished(home: Home, kind: str, of: Target, tenant: Tenant) -> Run | None:
    """Find the change of this kind that was begun of a set-up and isn't finished."""
    return _begun(home, kind, f"{of.mark.playbook}-{of.mark.instance}", tenant)


def _begun(home: Home, kind: str, set_up: str, tenant: Tenant) -> Run | None:
    runs = [
        run
        for run in home.runs()
        if run.set_up[:2] == (tenant.id, kind)
        and run.plan()["answers"].get("set_up") == set_up
        and (run.state in ("open", "pending") or _unproved(run))
    ]
    return runs[-1] if runs else None


def _unproved(run: Run) -> bool:
    return run.state == "done" and run.set_up[1] == "members" and not run.journal.last("verdict")


# ---- members ----


def group_of(of: SetUp, *, insist: bool) -> Mapping[str, Any]:
    """Tell the group of a set-up; raises RefusedError where it has none, or others made it."""
    group = of.seen("security_group")
    if not group:
        raise RefusedError(
            f"{of.name} has no group of its own: what it may enter isn't decided by members.",
            fix="`mailgrant verify` shows its scope; a re-run with other answers changes it.",
        )
    if not group.get("ours") and not insist:
        raise RefusedError(
            f"mailgrant didn't make the group {group['address']}.",
            fix="Ask its owner to change it, or say that you mean it: --insist.",
        )
    return group


def resolve(addresses: Iterable[str], tenant: Tenant) -> dict[str, str]:
    """Find the primary address behind each address; raises AnswerError that names all that won't do.

    Only mailboxes in Exchange Online count: a scope doesn't open nested groups.
    """
    wanted = list(dict.fromkeys(address.strip().lower() for address in addresses))
    odd = [each for each in wanted if not MAIL_ADDRESS.fullmatch(each)]
    if odd:
        raise AnswerError(f"No mail address: {_some(odd)}.", fix="Correct it; nothing was changed.")
    rows = _rows(wanted, tenant)
    bad = []
    for address in wanted:
        kind = str((rows.get(address) or {}).get("RecipientTypeDetails", ""))
        if kind not in CLOUD_MAILBOXES:
            bad.append(f"{address} ({preflight.OTHERS.get(kind, kind) or 'not in this tenant'})")
    if bad:
        raise AnswerError(
            f"No mailbox of this tenant: {_some(bad)}.",
            fix="Name mailboxes in Exchange Online; nothing was changed.",
        )
    return {address: str(rows[address]["PrimarySmtpAddress"]).lower() for address in wanted}


def _rows(wanted: list[str], tenant: Tenant) -> dict[str, Mapping[str, Any]]:
    if len(wanted) <= MANY:
        found = {each: tenant.exchange.find("Get-Recipient", Identity=each) for each in wanted}
        return {address: row for address, row in found.items() if row is not None}
    rows: dict[str, Mapping[str, Any]] = {}
    for row in tenant.exchange.run("Get-Recipient", ResultSize="Unlimited"):
        for address in row.get("EmailAddresses") or ():
            rows[str(address).partition(":")[2].lower()] = row
        rows[str(row.get("PrimarySmtpAddress", "")).lower()] = row
    return rows


def _some(found: list[str]) -> str:
    more = f" and {len(found) - MANY} more" if len(found) > MANY else ""
    return f"{', '.join(found[:MANY])}{more}"


def members_plan(
    of: SetUp, tenant: Tenant, *, add: frozenset[str], remove: frozenset[str], insist: bool
) -> Plan:
    """Draw up who comes in and who goes out, with one of each for the proof."""
    group = group_of(of, insist=insist)
    there = texts(group, "members")
    came, went = sorted(add - there), sorted(remove & there)
    inside, outside = (str(of.plan.answers.get(name, "")) for name in ("inside", "outside"))
    after = (there | add) - remove
    inside = inside if inside in after else next(iter(sorted(after)), "")
    return plan(
        "members",
        of.target,
        tenant,
        group=str(group["id"]),
        address=str(group["address"]),
        add=tuple(came),
        remove=tuple(went),
        inside=next(iter(came), inside),
        outside=next(iter(went), outside if outside not in after else ""),
        roles=roles_of(of.survey.steps),
        thumbprint=str(of.seen("certificate").get("thumbprint", "")),
        secret_id=str(of.seen("client_secret").get("key_id", "")),
        proved=_last_live(of),
    )


def _last_live(of: SetUp) -> str:
    found = proof.proved(of.run)
    return found.isoformat() if found else ""


def members_proof(drawn: Plan, run: Run | None) -> Proof | None:
    """Tell what is to be proved of a change: one who came is inside, one who went is outside."""
    said = {name: str(drawn.answers.get(name, "")) for name in ("inside", "outside", "proved")}
    roles: Any = drawn.answers.get("roles", ())
    if not roles or not (said["inside"] or said["outside"]):
        return None
    records = [r for r in run.journal if r["event"] in ("confirmed", "refused")] if run else []
    times = {r["event"]: datetime.fromisoformat(r["at"]) for r in records}
    return Proof(
        app=str(drawn.answers["client_id"]),
        inside=said["inside"] or None,
        outside=said["outside"] or None,
        credential=Credential(
            thumbprint=str(drawn.answers.get("thumbprint", "")),
            secret_id=str(drawn.answers.get("secret_id", "")),
        ),
        roles=tuple(roles),
        refused=(times["refused"],) if "refused" in times else (),
        since=None,
        proved=datetime.fromisoformat(said["proved"]) if said["proved"] else None,
        moved=times.get("confirmed"),
    )


# ---- carrying out ----


def carry_out(
    drawn: Plan, run: Run, tenant: Tenant, show: engine.Show, *, wait: timedelta
) -> Verdict | None:
    """Carry a change out in its run, then prove what can be proved of it."""
    result = engine.apply(drawn, tenant, run, show, wait=wait)
    wanted = members_proof(drawn, run)
    if wanted is None:
        return result.verdict
    verdict = proof.prove(wanted, tenant, run, show, wait=wait)
    if verdict.word == "pending":
        until = verdict.until.isoformat() if verdict.until else None
        run.journal.add("pending", until=until, why=verdict.why)
    return verdict


def own_traces(home: Home, run: Run) -> None:
    """Write down, before a set-up is taken back, what mailgrant itself did to it since.

    Members it added later are no strangers, and its later proofs no use by the vendor.
    """
    later = runs_after(home, run, "members")
    added: set[str] = set()
    others = [each for each in home.runs_of(*run.set_up) if each.id != run.id]
    proofs = [r["at"] for each in later + others for r in each.journal if r["event"] == "verdict"]
    for each in later:
        for record in each.journal:
            if record["event"] == "announced":
                before, after = from_json(record["before"]), from_json(record["after"])
                added |= texts(after, "members") - texts(before, "members")
    for name in run.journal.steps() if added else ():
        record = run.journal.confirmed(name) or {}
        seen = from_json(record.get("seen"))
        if record.get("do") == "security_group" and seen and not added <= texts(seen, "members"):
            told = {**seen, "members": texts(seen, "members") | added}
            run.journal.add("confirmed", step=name, do="security_group", seen=to_json(told))
    if proofs:
        run.journal.add("own use", when=max(proofs))


def close_after(home: Home, run: Run, *kinds: str) -> None:
    """Close the runs that changed a set-up which has been taken back since."""
    for each in runs_after(home, run, *kinds):
        each.journal.add("undone run", stays=[])
