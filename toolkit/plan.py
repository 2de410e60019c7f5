"""A plan: what would change and for whom, as it is shown, saved with its digest, and compared."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from toolkit import dropped, playbook
from toolkit.dropped import Earlier
from toolkit.errors import PlanChangedError, UsageError
from toolkit.inputs import Answers
from toolkit.playbook import Playbook
from toolkit.state import Change, from_json, to_json
from toolkit.steps.base import Mark, Right
from toolkit.steps.reach import Reach
from toolkit.steps.reach import from_json as reach_from_json
from toolkit.systems.tenant import Tenant

FORMAT = 3


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One step of a plan, as the person who agrees sees it.

    `dropped` is what an earlier run did and the answers don't ask for any more; `second` says that
    it belongs to the second go.
    """

    name: str
    do: str
    title: str
    because: str
    change: Change
    alarm: str = ""
    irreversible: str = ""
    needs: tuple[Right, ...] = ()
    reach: Reach | None = None
    dropped: Earlier | None = None
    second: bool = False

    def as_json(self) -> dict[str, Any]:
        """Write it as JSON."""
        return {
            "as": self.name,
            "do": self.do,
            "verb": self.change.verb,
            "title": self.title,
            "because": self.because,
            "before": to_json(self.change.before),
            "after": to_json(self.change.after),
            "alarm": self.alarm,
            "irreversible": self.irreversible,
            "reach": self.reach.as_json() if self.reach else None,
            "needs": [{"role": right.role, "why": right.why} for right in self.needs],
            "dropped": self.dropped.as_json() if self.dropped else None,
            "second": self.second,
        }


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything that apply will do, and for whom. `digest` identifies exactly this plan."""

    book: Playbook
    answers: Answers
    tenant: Mapping[str, Any]
    changes: tuple[Planned, ...]
    drawn: datetime
    notes: tuple[str, ...] = field(default=())

    @property
    def mark(self) -> Mark:
        """Tell which set-up this is."""
        return Mark(self.book.name, str(self.answers["instance"]))

    @property
    def comes_again(self) -> tuple[Planned, ...]:
        """List what is to be done in the second go."""
        return tuple(p for p in self.changes if p.second and p.change.needed)

    @property
    def needed(self) -> bool:
        """Tell whether anything would change."""
        return any(planned.change.needed for planned in self.changes)

    @property
    def alarms(self) -> tuple[str, ...]:
        """List what must be accepted in so many words."""
        return tuple(p.alarm for p in self.changes if p.alarm and p.change.needed)

    @property
    def counts(self) -> dict[str, int]:
        """Count the steps by verb."""
        verbs = [planned.change.verb for planned in self.changes]
        return {verb: verbs.count(verb) for verb in ("create", "change", "remove", "keep")}

    @property
    def needs(self) -> list[Right]:
        """List the rights the changes take, each role once."""
        rights = [right for p in self.changes if p.change.needed for right in p.needs]
        return list({right.role: right for right in reversed(rights)}.values())[::-1]

    @property
    def digest(self) -> str:
        """Hash what the plan says, apart from when it was drawn and by whom."""
        body = self._body()
        body["tenant"] = {"id": self.tenant["id"]}
        del body["drawn"], body["notes"]
        text = json.dumps(body, sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def _body(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "practice": bool(self.tenant.get("practice")),
            "tenant": dict(self.tenant),
            "playbook": self.book.name,
            "title": self.book.title,
            "source": self.book.text,
            "answers": {
                name: list(a) if isinstance(a, tuple) else a for name, a in self.answers.items()
            },
            "changes": [planned.as_json() for planned in self.changes],
            "drawn": self.drawn.isoformat(),
            "notes": list(self.notes),
        }

    def as_json(self) -> dict[str, Any]:
        """Write the plan as JSON, its digest inside."""
        return {**self._body(), "digest": self.digest}


def describe(tenant: Tenant) -> dict[str, Any]:
    """Tell which tenant this is and who is signed in: the first line of every plan."""
    return {
        "profile": tenant.profile,
        "name": tenant.name,
        "domain": tenant.domain,
        "id": tenant.id,
        "login": tenant.cloud.login,
        "who": tenant.who,
        "practice": tenant.practice,
    }


def from_saved(data: Mapping[str, Any], where: str) -> Plan:
    """Read a saved plan; a changed or foreign file is refused."""
    try:
        if data["format"] != FORMAT:
            raise UsageError(
                f"{where} was saved by another version of mailgrant.", fix="Draw the plan again."
            )
        plan = Plan(
            book=playbook.parse(data["source"], data["playbook"], f"the playbook in {where}"),
            answers={
                name: tuple(a) if isinstance(a, list) else a for name, a in data["answers"].items()
            },
            tenant=data["tenant"],
            changes=tuple(_saved_change(each) for each in data["changes"]),
            drawn=datetime.fromisoformat(data["drawn"]),
            notes=tuple(data["notes"]),
        )
        digest = data["digest"]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(
            f"{where} is no plan that mailgrant saved.",
            fix="Make one: mailgrant plan PLAYBOOK --out plan.json",
        ) from error
    if plan.digest != digest:
        raise UsageError(
            f"{where} isn't what was approved: its digest doesn't fit its contents.",
            fix="Draw the plan again and have it approved again.",
        )
    return plan


def _saved_change(data: Mapping[str, Any]) -> Planned:
    return Planned(
        name=data["as"],
        do=data["do"],
        title=data["title"],
        because=data["because"],
        change=Change(from_json(data["before"]), from_json(data["after"])),
        alarm=data["alarm"],
        irreversible=data["irreversible"],
        needs=tuple(Right(each["role"], each["why"]) for each in data["needs"]),
        reach=reach_from_json(data["reach"]),
        dropped=dropped.from_saved(data["dropped"]) if data["dropped"] else None,
        second=data["second"],
    )


def _begun(agreed: Change, now: Change) -> bool:
    """Tell whether somebody has carried a change out since, or began to."""
    return agreed.done_by(now) or agreed.ended_by(now)


def refuse_difference(agreed: Plan, now: Plan) -> None:
    """Stop where the tenant has moved since the plan was agreed."""
    if agreed.tenant["id"] != now.tenant["id"]:
        raise PlanChangedError(
            f"The plan is for {agreed.tenant['name']} ({agreed.tenant['id']}), you are in {now.tenant['name']}.",
            fix="Choose the right tenant with --tenant.",
        )
    if not now.needed:
        return
    old = {planned.name: planned for planned in agreed.changes}
    new = {planned.name: planned for planned in now.changes}
    for name in {**old, **new}:
        if name in old and name in new and _begun(old[name].change, new[name].change):
            continue
        if name not in old or name not in new or not old[name].change.agrees(new[name].change):
            was = old[name].change.verb if name in old else "nothing"
            now_is = new[name].change.verb if name in new else "nothing"
            title = (new.get(name) or old[name]).title
            raise PlanChangedError(
                f"The tenant has changed since the plan was drawn. {title}: the plan says {was}, now it would be {now_is}"
                + (" in another way." if was == now_is else "."),
                fix="Nothing was written. Draw the plan again, look at the difference, and approve that one.",
            )
