"""The command `verify`: look at a set-up again and prove it again."""

import sys
from pathlib import Path

import click

from toolkit import plan as planning
from toolkit import playbook, setups, story, survey_all
from toolkit.cli import changes
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
from toolkit.errors import UsageError
from toolkit.setups import SetUp
from toolkit.steps.base import Mark


@click.command(
    epilog="\b\nFor instance:\n  mailgrant --tenant practice verify mytimetable-graph\n  mailgrant --tenant practice verify MyTimetable-prod --wait 3h\n  mailgrant --tenant practice verify --all --format html > all.html"
)
@click.argument("what", metavar="[PLAYBOOK|RUN|APP]", required=False)
@click.option("--all", "every", is_flag=True, help="Every set-up mailgrant made in this tenant.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "html", "json"]),
    default="text",
    show_default=True,
    help="How to print --all; html is one page.",
)
@answers_option
@set_option
@wait_option
@json_option
def verify(
    *,
    what: str | None,
    every: bool,
    form: str,
    answers_file: Path | None,
    given: tuple[str, ...],
    wait: str | None,
    as_json: bool,
) -> int:
    """Prove a set-up again: is all as it was set up, and does the fence hold? Writes nothing.

    What another computer set up is found by its marks in the tenant.
    """
    settings = settings_of(as_json=as_json or form == "json")
    if every == bool(what):
        raise UsageError(
            "Verify what?", fix="Name a playbook, a run or an application, or say --all."
        )
    with session(settings) as here:
        if what is None:
            return _all(here, form, wait)
        found = _which(here, what, answers_file, given)
        return _one(here, found, wait)


def _one(here: Session, found: SetUp, wait: str | None) -> int:
    here.terminal.still()
    for planned in found.drift:
        here.terminal.say(f"  not as set up: {planned.title} ({planned.change.verb})", "bad")
    patience = wait_of(wait, practice=here.tenant.practice)
    verdict = survey_all.prove(found, here.tenant, here.terminal, wait=patience)
    if here.settings.as_json:
        print_json(
            {
                "practice": here.tenant.practice,
                "tenant": planning.describe(here.tenant),
                "run": found.run.id if found.run else None,
                "steps": [
                    {"as": p.name, "do": p.do, "verb": p.change.verb, "title": p.title}
                    for p in found.survey.changes
                ],
                "proof": verdict.as_json() if verdict else None,
            }
        )
    if found.drift:
        here.terminal.say(
            "Not as it was set up. `mailgrant plan` shows the difference, `apply` mends it.", "bad"
        )
        return 1
    return EXITS[verdict.word] if verdict else 0


def _all(here: Session, form: str, wait: str | None) -> int:
    """Prove every set-up again, and say so on one page."""
    from toolkit import render

    patience = wait_of(wait, practice=here.tenant.practice)
    terminal = here.terminal
    looked = list(
        survey_all.every(here.home, here.tenant, terminal, terminal.working, wait=patience)
    )
    terminal.still()
    word = survey_all.worst(looked)
    if here.settings.as_json:
        print_json(
            {
                "practice": here.tenant.practice,
                "tenant": planning.describe(here.tenant),
                "at": here.tenant.clock.now().isoformat(),
                "verdict": word,
                "set_ups": [each.as_json() for each in looked],
            }
        )
    elif form == "html":
        page = render.all_html(looked, planning.describe(here.tenant), here.tenant.clock.now())
        sys.stdout.write(page)
    else:
        for each in looked:
            click.echo(f"{each.word:<8} {each.name} ({each.mark.name})")
            click.echo(f"         {each.why}")
            for line in each.drift:
                click.echo(f"         not as set up: {line}")
        click.echo(f"{len(looked)} set-ups looked at.")
    return EXITS[word]


def _which(here: Session, what: str, answers_file: Path | None, given: tuple[str, ...]) -> SetUp:
    """Find what was set up: by run or application, or by playbook and answers."""
    values = given_answers(answers_file, given)
    if not (what in playbook.names() or what.endswith((".yaml", ".yml"))):
        return changes.set_up_of(here, what, values)
    book = playbook.load(what)
    instance = str(values.get("instance", "prod"))
    runs = [
        run
        for run in here.home.runs_of(here.tenant.id, book.name, instance)
        if run.state != "undone"
    ]
    if runs and not set(values) - {"instance"}:
        return setups.look(runs[-1], here.tenant, here.terminal.working)
    answers = answers_of(here, book, values, yes=False)
    survey = planning.survey(book, answers, here.tenant, proved=True, show=here.terminal.working)
    run = story.open_run(here.home, here.tenant, book, answers)
    app = str(survey.known.get("app.client_id", ""))
    if run is None and app:
        survey = setups.with_keys_elsewhere(survey, Mark(book.name, instance), app, here.tenant)
    plan = planning.plan_of(survey, book, answers, here.tenant)
    return SetUp(plan=plan, run=run, survey=survey)
