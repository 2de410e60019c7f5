"""Records in this home what the tenant shows of a set-up that another computer made."""

from dataclasses import replace

from toolkit import marks
from toolkit.home import Home, Run
from toolkit.setups import SetUp
from toolkit.state import State, Value, texts, to_json
from toolkit.steps.app import App
from toolkit.steps.base import Step
from toolkit.steps.written import fields_of

BEGINS: dict[str, str | tuple[str, ...]] = {
    "tags": "mailgrant",
    "runs": "mailgrant-run:",
    "credentials": ("certificate mailgrant-", "secret mailgrant-"),
}
"""How what mailgrant itself put into a set begins."""


def rebuild(found: SetUp, home: Home) -> Run:
    """Record in this home what the tenant shows of a set-up, so that it can be worked on here.

    Only what bears the set-up's own marks counts as made by it: what others added stays theirs. On
    what others made only the marks themselves are ours.
    """
    home.prepare()
    run = home.new_run(found.plan.as_json())
    run.journal.add("rebuilding")
    for planned, known in zip(found.survey.changes, found.survey.steps, strict=False):
        there = planned.change.before
        if there is None or there.get("ours") is False:
            continue
        step, adopted = _found_again(known, there), bool(there.get("adopted"))
        after = step.wanted(there if adopted else None) or {}
        record = {"step": planned.name, "do": planned.do}
        run.journal.add(
            "announced",
            **record,
            title=step.title,
            fields=fields_of(step),
            before=to_json(_without_ours(there) if adopted else None),
            after=to_json(_known_only(after, there)),
        )
        run.journal.add("confirmed", **record, seen=to_json(_ours(there, after)))
    run.journal.add("finished", verdict=None, rebuilt=True)
    return run


def _found_again(step: Step, there: State) -> Step:
    """Find an application of others by its client id: the tag that it was found by is to go."""
    if isinstance(step, App) and there["adopted"] and not step.existing:
        return replace(step, adopt=str(there["client_id"]))
    return step


def _without_ours(there: State) -> State:
    """Tell what a thing of others was before it was marked."""
    noted = marks.answers_in(str(there.get("answers") or "")) is not None
    return {
        **there,
        "tags": frozenset(t for t in texts(there, "tags") if not t.startswith(BEGINS["tags"])),
        **({"answers": ""} if noted else {}),
    }


def _known_only(after: State, before: State) -> State:
    """Say what was wanted in the words of what is there."""
    return {
        key: value if isinstance(value, frozenset) else before.get(key)
        for key, value in after.items()
    }


def _ours(before: State, after: State) -> State:
    """Leave out of what is there what others may have put in."""
    seen: dict[str, Value] = dict(before)
    for key, value in before.items():
        if isinstance(value, frozenset):
            own = {each for each in value if key in BEGINS and each.startswith(BEGINS[key])}
            seen[key] = value & (texts(after, key) | own)
    return seen
