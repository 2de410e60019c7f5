"""The command `verify`: look at a set-up again and prove it again."""

from pathlib import Path

import click

from toolkit import plan as planning
from toolkit import playbook, proof, story
from toolkit.cli.apply import EXITS
from toolkit.cli.connect import Session, session
from toolkit.cli.options import (
    answers_of,
    answers_option,
    given_answers,
    json_option,
    print_json,
    set_option,
    settings_of,
    wait_of,
    wait_option,
)
from toolkit.home import Run
from toolkit.plan import Plan


@click.command(
    epilog="\b\nFor instance:\n  mailgrant --tenant practice verify mytimetable-graph\n  mailgrant --tenant practice verify MyTimetable-prod --wait 3h"
)
@click.argument("what", metavar="PLAYBOOK|RUN|APP")
@answers_option
@set_option
@wait_option
@json_option
def verify(
    *, what: str, answers_file: Path | None, given: tuple[str, ...], wait: str | None, as_json: bool
) -> int:
    """Prove a set-up again: is all as it was set up, and does the fence hold? Writes nothing."""
    settings = settings_of(as_json=as_json)
    with session(settings) as here:
        agreed, run = _which(here, what, answers_file, given)
        survey = planning.survey(
            agreed.book, agreed.answers, here.tenant, proved=True, show=here.terminal.working
        )
        here.terminal.still()
        drift = [planned for planned in survey.changes if planned.change.needed]
        for planned in drift:
            here.terminal.say(f"  not as set up: {planned.title} ({planned.change.verb})", "bad")
        verdict = None
        if agreed.book.proof and "app.client_id" in survey.known:
            wanted = proof.of(agreed, survey.known, survey.steps, run)
            verdict = proof.prove(
                wanted,
                here.tenant,
                run,
                here.terminal,
                wait=wait_of(wait, practice=here.tenant.practice),
            )
        if here.settings.as_json:
            print_json(
                {
                    "practice": here.tenant.practice,
                    "tenant": planning.describe(here.tenant),
                    "run": run.id if run else None,
                    "steps": [
                        {"as": p.name, "do": p.do, "verb": p.change.verb, "title": p.title}
                        for p in survey.changes
                    ],
                    "proof": verdict.as_json() if verdict else None,
                }
            )
    if drift:
        here.terminal.say(
            "Not as it was set up. `mailgrant plan` shows the difference, `apply` mends it.", "bad"
        )
        return 1
    return EXITS[verdict.word] if verdict else 0


def _which(
    here: Session, what: str, answers_file: Path | None, given: tuple[str, ...]
) -> tuple[Plan, Run | None]:
    """Find what was set up: by run or application from this home, or by playbook and answers."""
    if not (what in playbook.names() or what.endswith((".yaml", ".yml"))):
        run = here.home.run(what)
        return planning.from_saved(run.plan(), str(run.plan_file)), run
    book = playbook.load(what)
    values = given_answers(answers_file, given)
    instance = str(values.get("instance", "prod"))
    runs = [
        run
        for run in here.home.runs_of(here.tenant.id, book.name, instance)
        if run.state != "undone"
    ]
    if runs and not set(values) - {"instance"}:
        return planning.from_saved(runs[-1].plan(), str(runs[-1].plan_file)), runs[-1]
    answers = answers_of(here, book, values, yes=False)
    plan = Plan(
        book=book,
        answers=answers,
        tenant=planning.describe(here.tenant),
        changes=(),
        drawn=here.tenant.clock.now(),
    )
    return plan, story.open_run(here.home, here.tenant, book, answers)
