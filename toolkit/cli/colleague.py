"""Two people with half the rights each: who may go on, what they need, and no second key by mistake."""

from collections.abc import Iterator

from toolkit.cli.connect import Session
from toolkit.errors import RefusedError
from toolkit.plan import Plan
from toolkit.survey import Survey

HALVES = {
    "certificate": ("certificate", "private key"),
    "client_secret": ("client secret", "value"),
}
"""What has another half that is kept where it was made."""


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


def refuse_second_key(here: Session, agreed: Plan, found: Survey | None) -> None:
    """Refuse to make another key for what a colleague began: theirs is on another computer."""
    began = any(p.do == "app" and p.change.verb == "create" for p in agreed.changes)
    if began and any(_elsewhere(here, found)):
        raise RefusedError(
            "A colleague has begun this plan, and the key they made lies on their computer.",
            fix=f"Have {agreed.mark.name}-... from their keep put into {here.home.keep.folder}, by a safe way; "
            "or draw a new plan, which makes another key.",
        )


def tell_second_key(here: Session, plan: Plan, found: Survey | None) -> None:
    """Say so where a plan makes a key although the application has one whose other half isn't here."""
    for what, half, there in _elsewhere(here, found):
        here.terminal.say(
            f"The application has a {what} of this set-up already ({there}), and its {half} "
            "isn't on this computer. The plan makes another beside it. To use the one that is there:",
            "note",
        )
        here.terminal.exact(f"  {here.line(f'verify {plan.book.name} --key FILE --keep')}")


def _elsewhere(here: Session, found: Survey | None) -> Iterator[tuple[str, str, str]]:
    """List what would be made again: what it is, its other half, and the one that is there."""
    for planned, step in zip(found.changes, found.steps, strict=False) if found else ():
        if planned.do in HALVES and planned.change.verb == "create" and step.readable:
            state = step.elsewhere(here.tenant)
            if state:
                name = str(state.get("thumbprint") or state.get("name"))
                yield (*HALVES[planned.do], name)


def _keys(here: Session, plan: Plan) -> list[str]:
    begins = (f"{plan.mark.name}-key-", f"{plan.mark.name}-secret-")
    return [name for name in here.home.keep.names() if name.startswith(begins)]
