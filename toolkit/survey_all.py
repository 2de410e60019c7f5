"""Every set-up mailgrant made, looked at again: those of this home, and colleagues' by their marks."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from toolkit import proof, setups
from toolkit.book import DAYS
from toolkit.errors import MailgrantError, UnionTrapError
from toolkit.home import Home, Run
from toolkit.setups import SetUp
from toolkit.steps.base import Mark
from toolkit.systems.tenant import Tenant
from toolkit.verdicts import Verdict

ORDER = ("failed", "unknown", "pending", "proved")
"""The worst first."""


@dataclass(frozen=True, kw_only=True)
class Looked:
    """One set-up and what is to be said of it; `here` tells whether this home made it."""

    mark: Mark
    name: str
    client_id: str
    here: bool
    word: str
    why: str
    run: str = ""
    drift: tuple[str, ...] = ()
    verdict: Verdict | None = None

    def as_json(self) -> dict[str, Any]:
        """Write it as JSON."""
        return {
            "set_up": self.mark.name,
            "name": self.name,
            "client_id": self.client_id,
            "here": self.here,
            "run": self.run or None,
            "verdict": self.word,
            "why": self.why,
            "drift": list(self.drift),
            "proof": self.verdict.as_json() if self.verdict else None,
        }


def prove(found: SetUp, tenant: Tenant, show: proof.Show, *, wait: timedelta) -> Verdict | None:
    """Prove one set-up again: *pending* before its second go, None where there is nothing to prove."""
    plan, survey = found.plan, found.survey
    if not plan.book.proof or not found.app:
        return None
    interim = bool(found.coming)
    wanted = proof.of(plan, survey.known, survey.steps, found.run, interim=interim)
    verdict = proof.prove(wanted, tenant, found.run, show, wait=wait)
    if not interim or verdict.word != "proved":
        return verdict
    coming = ", ".join(planned.title for planned in found.coming)
    why = f"It holds as far as it is done. Its second go is yet to come: {coming}."
    show.proving(replace(verdict, word="pending", why=why, checks=()))
    return replace(verdict, word="pending", why=why)


def every(
    home: Home, tenant: Tenant, show: proof.Show, working: Callable[[str], None], *, wait: timedelta
) -> Iterator[Looked]:
    """Look at all of them, one after the other; what stops one stops no other."""
    known: dict[Mark, Run] = {}
    for each in home.runs():
        mine = each.set_up[0] == tenant.id and each.set_up[1] not in DAYS
        if mine and _registers(each) and each.state != "undone" and each.journal.steps():
            known[Mark(*each.set_up[1:])] = each
    principals = {principal["mark"]: principal for principal in setups.marked(tenant)}
    for mark in sorted({*known, *principals}, key=lambda mark: mark.name):
        run, principal = known.get(mark), principals.get(mark, {})
        look = _way(run, principal, tenant, working)
        yield Looked(
            mark=mark,
            name=str(principal.get("displayName") or mark.name),
            client_id=str(principal.get("appId", "")),
            here=run is not None,
            run=run.id if run is not None else "",
            **_one(look, tenant, show, wait),
        )


def _registers(run: Run) -> bool:
    """Tell whether a run is of a set-up of its own, and no change of an application that is there."""
    return any(each["do"] == "app" for each in run.plan()["changes"])


def _way(
    run: Run | None, principal: Mapping[str, Any], tenant: Tenant, working: Callable[[str], None]
) -> Callable[[], SetUp]:
    if run is not None:
        return lambda: setups.look(run, tenant, working)
    return lambda: setups.look_by_marks(principal, tenant, {}, None, working)


def _one(
    look: Callable[[], SetUp], tenant: Tenant, show: proof.Show, wait: timedelta
) -> dict[str, Any]:
    try:
        found = look()
        verdict = prove(found, tenant, show, wait=wait)
    except UnionTrapError as error:
        return {"word": "failed", "why": error.message}
    except MailgrantError as error:
        return {"word": "unknown", "why": f"{error.message} {error.fix}"}
    drift = tuple(f"{planned.title} ({planned.change.verb})" for planned in found.drift)
    if drift:
        return {
            "word": "failed",
            "why": "Not as it was set up.",
            "drift": drift,
            "verdict": verdict,
        }
    if verdict is None:
        return {"word": "unknown", "why": "It has nothing that can be proved."}
    return {"word": verdict.word, "why": verdict.why, "verdict": verdict}


def worst(looked: list[Looked]) -> str:
    """Tell the worst verdict of all; proved where there is nothing."""
    words = {each.word for each in looked}
    return next((word for word in ORDER if word in words), "proved")
