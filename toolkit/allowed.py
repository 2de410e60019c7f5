"""What an application may do, and where, once a plan is carried out."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from toolkit.permissions import APIS, OFFLINE, meaning, meaning_in_names, reaches_mailboxes
from toolkit.plan import Plan, Planned
from toolkit.state import texts
from toolkit.steps.scope_ways import GROUP, WHERE, place_in
from toolkit.strict_yaml import REFERENCE
from toolkit.visible import several

EVERY_MAILBOX = "EVERY mailbox of the tenant"
WHILE_SIGNED_IN = "as {person}; nothing while nobody is signed in"
ONCE_SIGNED_IN = "as {person}, also later; nothing for those who never sign in"
"""Where delegated permissions hold: without offline_access, and with it."""


@dataclass(frozen=True)
class Allowed:
    """One thing the application may do, and where; `fence` is empty where nothing limits it.

    `as_whom` says of a delegated permission in whose name.
    """

    step: str
    value: str
    words: str
    fence: str
    mailboxes: bool
    group: str = ""
    as_whom: str = ""

    @property
    def everywhere(self) -> bool:
        """Tell whether this opens every mailbox."""
        return self.mailboxes and not self.fence

    @property
    def where(self) -> str:
        """Say which mailboxes it is about, or in whose name."""
        if self.as_whom:
            return self.as_whom
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
            "where": self.fence or self.as_whom or None,
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
    if planned.do == "delegated_consent":
        yield from _in_names(plan, planned)
        return
    if planned.do == "personal_consent":
        yield from _in_own_names(planned)
        return
    for value in sorted(after.get("granted", ())):
        opens = any(reaches_mailboxes(api, value) for api in APIS)
        yield Allowed(planned.name, value, meaning(value), "", mailboxes=opens)


def _in_names(plan: Plan, planned: Planned) -> Iterator[Allowed]:
    """Tell what a consent lets the application do in people's names."""
    of_plan = [p.change.after or {} for p in plan.changes if p.do == "delegated_consent"]
    later = any(OFFLINE in texts(after, "granted") for after in of_plan)
    person = str((planned.change.after or {}).get("person") or "whoever signs in")
    as_whom = (ONCE_SIGNED_IN if later else WHILE_SIGNED_IN).format(person=person)
    for value in sorted(texts(planned.change.after, "granted")):
        words = meaning_in_names(value)
        yield Allowed(planned.name, value, words, "", mailboxes=False, as_whom=as_whom)


def _in_own_names(planned: Planned) -> Iterator[Allowed]:
    """Tell what the consent of single people lets the application do, in all their names."""
    said = [each.partition(": ") for each in texts(planned.change.after, "consented")]
    values = {value for _, _, value in said}
    where = ONCE_SIGNED_IN if OFFLINE in values else WHILE_SIGNED_IN
    as_whom = where.format(person=several({name for name, _, _ in said}))
    for value in sorted(values):
        words = meaning_in_names(value)
        yield Allowed(planned.name, value, words, "", mailboxes=False, as_whom=as_whom)


def group_of(plan: Plan, planned: Planned) -> str:
    """Tell the address of the group that a scope points to, by whatever the playbook refers to."""
    entry = next((each for each in plan.book.entries if each.name == planned.name), None)
    reference = REFERENCE.fullmatch(str(entry.fields.get("group", ""))) if entry else None
    step = reference[1].partition(".")[0] if reference else ""
    for other in plan.changes:
        if other.name == step:
            return str((other.change.after or other.change.before or {}).get("address", ""))
    return str((planned.change.after or {}).get("group", ""))
