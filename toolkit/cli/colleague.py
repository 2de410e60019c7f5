"""Two people with half the rights each: who may go on, what they need, and no second key by mistake."""

from collections.abc import Iterable, Mapping
from typing import Any

from toolkit.cli.connect import Session
from toolkit.errors import RefusedError
from toolkit.plan import Plan


def point_out(here: Session, plan: Plan) -> None:
    """Say who may go on where a right is missing, and with which line, on any computer."""
    run = here.home.run(str(here.settings.state["run"]))
    left = [
        planned
        for planned in plan.changes
        if planned.change.needed and run.journal.confirmed(planned.name) is None
    ]
    if not left:
        return
    roles = list(dict.fromkeys(right.role for planned in left for right in planned.needs))
    here.terminal.say(f"Who may go on: somebody who holds, active: {', '.join(roles)}.", "title")
    here.terminal.exact(f"  Give them the plan:  {run.plan_file}")
    for name in _keys(here, plan):
        here.terminal.exact(
            f"  and by a safe way, for their own keep, the key:  {here.home.keep.folder / name}"
        )
    here.terminal.exact("  There:  mailgrant --tenant NAME apply plan.json")


def refuse_second_key(here: Session, agreed: Plan, now: Plan) -> None:
    """Refuse to make another key for what a colleague began: theirs is on another computer."""
    verbs = {planned.do: planned.change for planned in now.changes}
    app, certificate = verbs.get("app"), verbs.get("certificate")
    began = any(p.do == "app" and p.change.verb == "create" for p in agreed.changes)
    if not (began and app and app.before and certificate and certificate.verb == "create"):
        return
    if _keys_elsewhere(here, agreed, str(app.before["client_id"])):
        raise RefusedError(
            "A colleague has begun this plan, and the key they made lies on their computer.",
            fix=f"Have {agreed.mark.name}-key-....pem from their keep put into {here.home.keep.folder}, by a safe way; "
            "or draw a new plan, which makes another key.",
        )


def tell_second_key(here: Session, plan: Plan) -> None:
    """Say so where a plan makes a key although the application has one whose other half isn't here."""
    found = {planned.do: planned.change for planned in plan.changes}
    app, certificate = found.get("app"), found.get("certificate")
    if not (app and app.before and certificate and certificate.verb == "create"):
        return
    there = _keys_elsewhere(here, plan, str(app.before["client_id"]))
    if there:
        here.terminal.say(
            f"The application has a certificate of this set-up already ({', '.join(there)}), and its private "
            "key isn't on this computer. The plan makes another beside it. To use the one that is there:",
            "note",
        )
        here.terminal.exact(f"  {here.line(f'verify {plan.book.name} --key FILE --keep')}")


def _keys_elsewhere(here: Session, plan: Plan, client_id: str) -> list[str]:
    """List the thumbprints of this set-up's certificates on its application."""
    from toolkit import certificates

    return [
        certificates.thumbprint_of(entry["customKeyIdentifier"])
        for entry in here.tenant.graph.certificates(client_id) or ()
        if entry.get("displayName") == plan.mark.name and entry.get("customKeyIdentifier")
    ]


def _kept(entry: Mapping[str, Any], kept: Iterable[str]) -> bool:
    """Tell whether the key of a certificate lies in keep here; a replica that lagged hid it before."""
    from toolkit.certificates import thumbprint_of

    identifier = entry.get("customKeyIdentifier")
    end = f"-{thumbprint_of(identifier).lower()}.pem" if identifier else ""
    return any(end and name.endswith(end) for name in kept)


def _keys(here: Session, plan: Plan) -> list[str]:
    return [name for name in here.home.keep.names() if name.startswith(f"{plan.mark.name}-key-")]
