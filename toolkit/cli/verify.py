"""The command `verify`: look at a set-up again and prove it again."""

import sys
from pathlib import Path
from typing import Any

import click

from toolkit import lent, playbook, setups, story, survey_all
from toolkit import plan as planning
from toolkit import survey as surveying
from toolkit.cli import changes, passphrases
from toolkit.cli.apply import EXITS
from toolkit.cli.connect import Session, session
from toolkit.cli.exports import TEXT
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
from toolkit.errors import NotFoundError, UnionTrapError, UsageError
from toolkit.lent import LentKey
from toolkit.setups import SetUp, Target
from toolkit.steps.base import Mark
from toolkit.verdicts import Verdict


@click.command(
    epilog="\b\nFor instance:\n  mailgrant --tenant practice verify mytimetable-graph\n  mailgrant --tenant practice verify MyTimetable-prod --wait 3h\n  mailgrant --tenant practice verify --all --format html > all.html\n  mailgrant --tenant practice verify mytimetable-graph --key by-hand.pfx"
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
@click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Sign in as the application with this key, a PEM, PFX or JKS, or with the client secret's VALUE"
    " in a .txt: for what was set up by hand.",
)
@click.option(
    "--keep",
    "keeping",
    is_flag=True,
    help="Keep that key here from now on, so that plan and setup take it for this set-up's own.",
)
@passphrases.option
@answers_option
@set_option
@wait_option
@json_option
def verify(
    *,
    what: str | None,
    every: bool,
    form: str,
    key_file: Path | None,
    keeping: bool,
    passphrase_file: Path | None,
    answers_file: Path | None,
    given: tuple[str, ...],
    wait: str | None,
    as_json: bool,
) -> int:
    """Prove a set-up again: is all as it was set up, and does the fence hold? Changes nothing.

    What another computer set up, or somebody by hand with `guide`, is found by its marks in the
    tenant.
    """
    settings = settings_of(as_json=as_json or form == "json")
    if every == bool(what):
        raise UsageError(
            "Verify what?", fix="Name a playbook, a run or an application, or say --all."
        )
    if (keeping and key_file is None) or (every and key_file is not None):
        raise UsageError(
            "A key belongs to one set-up, and only a given key can be kept.",
            fix="Name one set-up and --key FILE.",
        )
    with session(settings) as here:
        if what is None:
            return _all(here, form, wait)
        values = given_answers(answers_file, given)
        key = _lent(here, what, values, key_file, passphrase_file) if key_file else None
        try:
            found = _which(here, what, values)
        except UnionTrapError as trap:
            return _trapped(here, trap)
        return _one(here, found, wait, key, keeping=keeping)


def _lent(
    here: Session, what: str, values: dict[str, Any], file: Path, passphrase_file: Path | None
) -> LentKey:
    """Open the key or the secret that is lent, for the set-up that is meant."""
    from toolkit import keystores

    if file.suffix.lower() == TEXT:
        if passphrase_file:
            raise UsageError(
                "A client secret has no passphrase.", fix="Leave --passphrase-file out."
            )
        value = passphrases.from_file(file, "client secret's VALUE")
        return lent.lend_secret(here.tenant, _target(here, what, values), value)
    mark = _mark(what, values) if _is_playbook(what) else changes.target_of(here, what).mark
    data, passphrase = passphrases.load(file), passphrases.given(passphrase_file)
    if passphrase is None and keystores.is_locked(data, with_key=True):
        passphrase = passphrases.asked(f"Passphrase of {file}")
    return lent.lend(here.tenant, mark, file, data, passphrase)


def _mark(what: str, values: dict[str, Any]) -> Mark:
    """Tell which set-up a playbook and its answers mean."""
    return Mark(playbook.load(what).name, str(values.get("instance", "prod")))


def _target(here: Session, what: str, values: dict[str, Any]) -> Target:
    """Find the application of the set-up that is meant."""
    if not _is_playbook(what):
        return changes.target_of(here, what)
    mark = _mark(what, values)
    if setups.marked_as(here.tenant, mark.name) is None:
        raise _nothing(mark)
    return changes.target_of(here, mark.name)


def _nothing(mark: Mark) -> NotFoundError:
    return NotFoundError(
        f"Nothing of {mark.name} is in the tenant: its application isn't there.",
        fix=f"`mailgrant setup {mark.playbook}` sets it up, `mailgrant guide {mark.playbook}` tells how by hand.",
    )


def _trapped(here: Session, trap: UnionTrapError) -> int:
    """Say that the proof has failed: a tenant-wide grant makes the scope void."""
    here.terminal.still()
    verdict = Verdict(word="failed", why=trap.message, at=here.tenant.clock.now())
    here.terminal.proving(verdict)
    here.terminal.say(trap.fix, "note")
    if here.settings.as_json:
        print_json(_as_json(here, None, verdict))
    return EXITS[verdict.word]


def _one(
    here: Session, found: SetUp, wait: str | None, key: LentKey | None, *, keeping: bool
) -> int:
    here.terminal.still()
    client_id = found.app
    if not client_id:
        raise _nothing(found.mark)
    if key is not None:
        lent.refuse_stranger(here.tenant, key, client_id)
    for planned in found.drift:
        here.terminal.say(f"  not as set up: {planned.title} ({planned.change.verb})", "bad")
    patience = wait_of(wait, practice=here.tenant.practice)
    verdict = survey_all.prove(found, here.tenant, here.terminal, wait=patience)
    if key is not None and keeping:
        key.stay(here.tenant, client_id)
        what = "client secret" if key.credential.secret_id else "key"
        here.terminal.say(f"The {what} is kept here from now on: {key.name}.", "note")
    _point_out_key(here, found, verdict)
    if here.settings.as_json:
        print_json(_as_json(here, found, verdict))
    if found.drift and found.run is None:
        here.terminal.say(
            "Made only some minutes ago? Then look again: not every server shows it yet.", "note"
        )
    if found.drift:
        here.terminal.say(
            "Not as it was set up. `mailgrant plan` shows the difference, `apply` mends it.", "bad"
        )
        return 1
    return EXITS[verdict.word] if verdict else 0


def _point_out_key(here: Session, found: SetUp, verdict: Verdict | None) -> None:
    """Say how a set-up is tried whose key isn't here, where nobody has tried it."""
    tried = verdict is None or any(check.layer == "live" for check in verdict.checks)
    if (
        tried
        or verdict is None
        or verdict.word != "unknown"
        or not (found.seen("certificate") or found.seen("client_secret"))
    ):
        return
    here.terminal.say("Whoever holds the key can try it:", "note")
    here.terminal.exact(
        f"  {here.line(f'verify {found.mark.playbook}{_instance(found.mark)} --key FILE')}"
    )


def _instance(mark: Mark) -> str:
    return "" if mark.instance == "prod" else f" --set instance={mark.instance}"


def _as_json(here: Session, found: SetUp | None, verdict: Verdict | None) -> dict[str, Any]:
    return {
        "practice": here.tenant.practice,
        "tenant": planning.describe(here.tenant),
        "run": found.run.id if found and found.run else None,
        "steps": [
            {"as": p.name, "do": p.do, "verb": p.change.verb, "title": p.title}
            for p in (found.survey.changes if found else ())
        ],
        "proof": verdict.as_json() if verdict else None,
    }


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


def _is_playbook(what: str) -> bool:
    return what in playbook.names() or what.endswith((".yaml", ".yml"))


def _which(here: Session, what: str, values: dict[str, Any]) -> SetUp:
    """Find what was set up: by run or application, or by playbook and answers."""
    if not _is_playbook(what):
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
    survey = surveying.of(book, answers, here.tenant, proved=True, show=here.terminal.working)
    run = story.open_run(here.home, here.tenant, book, answers)
    app = str(survey.known.get("app.client_id", ""))
    if run is None and app:
        survey = setups.with_keys_elsewhere(survey, here.tenant)
    plan = surveying.plan_of(survey, book, answers, here.tenant)
    return SetUp(plan=plan, run=run, survey=survey)
