"""What an application may do, and where, once a plan is carried out."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from toolkit.permissions import APIS, meaning, reaches_mailboxes
from toolkit.plan import Plan, Planned
from toolkit.steps.scope_ways import GROUP, WHERE, place_in
from toolkit.strict_yaml import REFERENCE

EVERY_MAILBOX = "EVERY mailbox of the tenant"


@dataclass(frozen=True)
class Allowed:
    """One thing the application may do, and where; `fence` is empty where nothing limits it."""

    step: str
    value: str
    words: str
    fence: str
    mailboxes: bool
    group: str = ""

    @property
    def everywhere(self) -> bool:
        """Tell whether this opens every mailbox."""
        return self.mailboxes and not self.fence

    @property
    def where(self) -> str:
        """Say which mailboxes it is about."""
        if self.everywhere:
            return f"in {EVERY_MAILBOX}"
        if self.mailboxes:
            return f"in {self.fence}, and in no others"
        return "in the whole tenant"

    def as_json(self) -> dict[str, Any]:
        """Write it as JSON."""
        return {
            "permission": self.value,
            "words": self.words,
            "group": self.group or None,
            "where": self.fence or None,
            "every_mailbox": self.everywhere,
        }


def of(plan: Plan) -> tuple[Allowed, ...]:
    """Tell what the application may do once the plan is carried out."""
    return tuple(each for planned in plan.changes for each in allowed_by(plan, planned))


def allowed_by(plan: Plan, planned: Planned) -> Iterator[Allowed]:
    """Tell what one step of it lets the application do."""
    after: Any = planned.change.after or {}
    for value in sorted(after.get("roles", ())):
        way, group = place_in(after).way, group_of(plan, planned)
        fence = WHERE[way].format(group if way == GROUP else after[way])
        yield Allowed(planned.name, value, meaning(value), fence, mailboxes=True, group=group)
    for value in sorted(after.get("granted", ())):
        opens = any(reaches_mailboxes(api, value) for api in APIS)
        yield Allowed(planned.name, value, meaning(value), "", mailboxes=opens)


def group_of(plan: Plan, planned: Planned) -> str:
    """Tell the address of the group that a scope points to, by whatever the playbook refers to."""
    entry = next((each for each in plan.book.entries if each.name == planned.name), None)
    reference = REFERENCE.fullmatch(str(entry.fields.get("group", ""))) if entry else None
    step = reference[1].partition(".")[0] if reference else ""
    for other in plan.changes:
        if other.name == step:
            return str((other.change.after or other.change.before or {}).get("address", ""))
    return str((planned.change.after or {}).get("group", ""))
