"""Finds a set-up by any of its names: in this home, or by its marks in the tenant.

A colleague's computer has no journal of it. Then the enterprise application's tags tell playbook
and instance, its notes the answers, and what is there tells the rest.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from toolkit import gate, inputs, marks, playbook
from toolkit import plan as planning
from toolkit import survey as surveying
from toolkit.dropped import Earlier
from toolkit.errors import NotFoundError, RefusedError
from toolkit.home import Home, Run
from toolkit.inputs import Question
from toolkit.plan import Plan, Planned
from toolkit.playbook import Playbook
from toolkit.state import Change, State
from toolkit.steps.base import Mark
from toolkit.survey import Survey
from toolkit.systems import graph_tags
from toolkit.systems.tenant import Tenant

TAG = "mailgrant:"
Ask = Callable[[Question, Any], Any]


@dataclass(frozen=True, kw_only=True)
class Target:
    """A set-up's application, known without looking at anything else of it."""

    mark: Mark
    client_id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class SetUp:
    """One set-up: what was agreed, this home's run of it (if any), and how it stands now."""

    plan: Plan
    run: Run | None
    survey: Survey

    @property
    def mark(self) -> Mark:
        """Tell which set-up this is."""
        return self.plan.mark

    @property
    def name(self) -> str:
        """Name its application as people see it."""
        return str(self.seen("app").get("name") or self.mark.name)

    @property
    def app(self) -> str:
        """Tell the client id of its application, made or only named; empty where there is none yet."""
        named = self.plan.answers.get(inputs.CLIENT_ID, "")
        return str(self.survey.known.get("app.client_id") or named)

    @property
    def client_id(self) -> str:
        """Tell its application's client id; raises NotFoundError where it isn't there."""
        found = self.seen("app").get("client_id")
        if not found:
            raise NotFoundError(
                f"The application of {self.mark.name} isn't in the tenant.",
                fix="`mailgrant plan` shows what is missing.",
            )
        return str(found)

    @property
    def target(self) -> Target:
        """Tell its application."""
        return Target(mark=self.mark, client_id=self.client_id, name=self.name)

    @property
    def coming(self) -> list[Planned]:
        """List what its second go has yet to do; none of it once that has begun."""
        begun = self.run is not None and gate.passed(self.plan, self.run)
        needed = [planned for planned in self.survey.changes if planned.change.needed]
        return [] if begun else [planned for planned in needed if planned.second]

    @property
    def drift(self) -> list[Planned]:
        """List what is not as it was set up."""
        coming = {planned.name for planned in self.coming}
        needed = [planned for planned in self.survey.changes if planned.change.needed]
        return [planned for planned in needed if planned.name not in coming]

    def seen(self, do: str) -> State:
        """Tell what is there of the first step of a kind."""
        states = (p.change.before for p in self.survey.changes if p.do == do)
        return next((state for state in states if state), {})


def target_of(run: Run) -> Target:
    """Tell the application of a run by its journal alone; raises NotFoundError where it has none."""
    for record in reversed(list(run.journal)):
        seen = record.get("seen") or {}
        if record.get("do") == "app" and seen.get("client_id"):
            break
    else:
        befores = (p.get("before") or {} for p in run.plan()["changes"] if p["do"] == "app")
        seen = next(befores, {})
    if not seen.get("client_id"):
        raise NotFoundError(f"Run {run.id} has no application.", fix="Name another run.")
    mark = Mark(*run.set_up[1:])
    return Target(mark=mark, client_id=seen["client_id"], name=seen.get("name") or mark.name)


# ---- by its names ----


def run_here(home: Home, tenant: Tenant, name: str) -> Run | None:
    """Find a run of this home by its id, or an application's run by any of its names."""
    try:
        run: Run | None = home.run(name)
    except NotFoundError:
        mine = [r for r in home.runs() if r.set_up == (tenant.id, *_of_unique_name(r, name))]
        left = [r for r in mine if r.state != "undone"] or mine
        run = left[-1] if left else None
    if run is not None:
        stands(run)
    return run


def stands(run: Run) -> bool:
    """Tell whether a run isn't undone; one that was cut while being recorded is to be begun anew."""
    cut = run.journal.last("rebuilding") and not run.journal.last("finished")
    if cut and run.state != "undone":
        run.journal.add("undone run", stays=[])
    return run.state != "undone"


def _of_unique_name(run: Run, name: str) -> tuple[str, ...]:
    playbook_name, instance = run.set_up[1:]
    return run.set_up[1:] if Mark(playbook_name, instance).name == name.casefold() else ()


def marked(tenant: Tenant) -> list[dict[str, Any]]:
    """List the enterprise applications that mailgrant marked, with the set-up each belongs to."""
    found = []
    for principal in graph_tags.marked(tenant.graph, "mailgrant"):
        mark = mark_of(principal)
        if mark is not None:
            found.append({**principal, "mark": mark})
    return found


def mark_of(principal: Mapping[str, Any]) -> Mark | None:
    """Tell which set-up an application belongs to, by its tags; None where it is none of ours."""
    for tag in principal.get("tags") or ():
        name, _, instance = str(tag).removeprefix(TAG).rpartition(":")
        if str(tag).startswith(TAG) and name and inputs.INSTANCE.fullmatch(instance):
            return Mark(name, instance)
    return None


def marked_as(tenant: Tenant, name: str) -> dict[str, Any] | None:
    """Find one by client id, object id, name or uniqueName; raises RefusedError where several are."""
    wanted = name.casefold()
    found = [
        each
        for each in marked(tenant)
        if wanted
        in {
            str(value).casefold()
            for value in (each["appId"], each["id"], each.get("displayName"), each["mark"].name)
        }
    ]
    if len(found) > 1:
        ids = ", ".join(each["appId"] for each in found)
        raise RefusedError(
            f"{len(found)} applications of that name carry mailgrant's mark: {ids}.",
            fix="Name one by its client id.",
        )
    return found[0] if found else None


# ---- as it stands ----


def look(run: Run, tenant: Tenant, show: Callable[[str], None]) -> SetUp:
    """Look at a set-up of this home."""
    plan = planning.from_saved(run.plan(), str(run.plan_file))
    survey = surveying.of(plan.book, plan.answers, tenant, proved=True, show=show)
    app = str(survey.known.get("app.client_id", ""))
    if app and run.journal.last("rebuilding"):
        survey = with_keys_elsewhere(survey, tenant)
    return SetUp(plan=plan, run=run, survey=survey)


def look_by_marks(
    principal: Mapping[str, Any],
    tenant: Tenant,
    given: Mapping[str, Any],
    ask: Ask | None,
    show: Callable[[str], None],
    *,
    book: Playbook | None = None,
) -> SetUp:
    """Look at a set-up that this home knows nothing of, by its marks.

    `given` goes before what was noted; what neither says is asked. `book` is its playbook where
    that doesn't come with mailgrant. Raises AnswerError, NotFoundError.
    """
    mark: Mark = principal["mark"]
    book = book or _book_of(mark)
    noted = marks.answers_in(str(principal.get("notes") or "")) or {}
    known = {**noted, "instance": mark.instance, **given}
    missing = [q for q in book.questions if q.name not in known]
    answers = inputs.resolve(book.questions, known, _only(missing, ask, known), practice=False)
    survey = surveying.of(book, answers, tenant, proved=True, show=show)
    survey = with_keys_elsewhere(survey, tenant)
    return SetUp(plan=surveying.plan_of(survey, book, answers, tenant), run=None, survey=survey)


def _book_of(mark: Mark) -> Playbook:
    if mark.playbook not in playbook.names():
        raise NotFoundError(
            f"{mark.name} was set up by {mark.playbook}, a playbook that doesn't come with mailgrant.",
            fix=f"Name its file in place of the application: {mark.playbook}.yaml "
            f"(with --set instance={mark.instance}), or do this where it was set up.",
        )
    return playbook.load(mark.playbook)


def done_elsewhere(
    now: Survey, book: Playbook, mark: Mark, tenant: Tenant, show: Callable[[str], None]
) -> list[Earlier]:
    """Tell what a set-up let its application do, by the answers noted on it; `now` is how it is seen.

    What was too long to be noted is taken to be as it is answered now.
    """
    principal = marked_as(tenant, mark.name)
    notes = str(principal.get("notes") or "") if principal else ""
    if principal is None or notes == now.known.get("set_up.answers"):
        return []
    noted = marks.answers_in(notes) or {}
    given = {q.name: now.known.get(q.name) for q in book.questions if q.name not in noted}
    known = {name: answer for name, answer in given.items() if answer is not None}
    then = look_by_marks(principal, tenant, known, None, show, book=book).survey
    return [
        Earlier(name=planned.name, step=step)
        for planned, step in zip(then.changes, then.steps, strict=False)
        if step.lets and planned.change.before
    ]


def _only(missing: list[Question], ask: Ask | None, known: Mapping[str, Any]) -> Ask | None:
    """Ask only what isn't known."""
    names = {question.name for question in missing}
    if ask is None:
        return None
    return lambda q, shown: ask(q, shown) if q.name in names else known.get(q.name, shown)


def with_keys_elsewhere(survey: Survey, tenant: Tenant) -> Survey:
    """Take a key or secret that another computer made for what it is: there, its other half not here."""
    changes = list(survey.changes)
    for place, (planned, step) in enumerate(zip(survey.changes, survey.steps, strict=False)):
        state = step.elsewhere(tenant) if planned.change.verb == "create" else None
        if state:
            survey.known.update({f"{planned.name}.{key}": value for key, value in state.items()})
            kept = {key: state[key] for key in planned.change.after or {}}
            changes[place] = replace(planned, change=Change(state, kept))
    return replace(survey, changes=tuple(changes))
