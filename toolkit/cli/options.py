"""Options and shapes that several commands share."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from toolkit import inputs, playbook
from toolkit.cli import Settings
from toolkit.cli.connect import Session
from toolkit.errors import AnswerError, UsageError
from toolkit.inputs import Answer, Question
from toolkit.playbook import Playbook
from toolkit.proof import WAIT_PRACTICE, WAIT_REAL
from toolkit.steps.base import Mark

json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
yes_option = click.option(
    "--yes", is_flag=True, help="Don't ask: take the answers as suggested and the plan as agreed."
)
answers_option = click.option(
    "--answers",
    "answers_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Answers, one `name: value` a line (YAML).",
)
set_option = click.option(
    "--set", "given", multiple=True, metavar="NAME=VALUE", help="One answer; may be repeated."
)
wait_option = click.option(
    "--wait",
    metavar="DURATION",
    help="How long to wait for the proof: 90s, 20m, 3h. [2m; 3h of tenant time on the practice tenant]",
)
adopt_option = click.option(
    "--adopt",
    metavar="APPID",
    help="Take this application as it is, by its client id, in place of registering one; adds only.",
)
accept_option = click.option(
    "--accept-every-mailbox",
    is_flag=True,
    help="Accept what a plan says in red: that it opens every mailbox, or locks people out.",
)

expect_option = click.option(
    "--expect-domain",
    metavar="DOMAIN",
    help="Go on only in the tenant of this domain; on a real tenant --yes needs this or a saved plan.",
)


APPLYING = (
    *(yes_option, answers_option, set_option, adopt_option),
    *(wait_option, accept_option, expect_option, json_option),
)


def applying_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what every command takes that carries a playbook out."""
    for option in reversed(APPLYING):
        command = option(command)
    return command


def settings_of(*, as_json: bool) -> Settings:
    """Get the options before the command, with its own --json."""
    settings = click.get_current_context().find_object(Settings) or Settings()
    settings.as_json = settings.as_json or as_json
    return settings


def print_json(data: Mapping[str, Any]) -> None:
    """Print data for a program, with what a person has consented to; plain ASCII survives every pipe."""
    consented = settings_of(as_json=False).state.get("consented", list)()
    said = {**data, "consented": consented} if consented else data
    sys.stdout.write(json.dumps(said, ensure_ascii=True, indent=1) + "\n")


def wait_of(text: str | None, *, practice: bool) -> timedelta:
    """Read --wait, or take what is usual."""
    if text is None:
        return WAIT_PRACTICE if practice else WAIT_REAL
    try:
        return timedelta(seconds=inputs.seconds(text))
    except ValueError as error:
        raise UsageError(f"--wait: {error}.", fix="For instance --wait 20m") from error


def given_answers(answers_file: Path | None, given: tuple[str, ...]) -> dict[str, Any]:
    """Put an answers file and --set together; --set wins."""
    from toolkit import strict_yaml

    found: dict[str, Any] = dict(strict_yaml.load(answers_file)) if answers_file else {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals:
            raise AnswerError(f"--set {each} has no value.", fix=f"Write --set {name}=VALUE.")
        found[name] = value
    return found


def answers_of(
    session: Session,
    book: Playbook,
    given: Mapping[str, Any],
    *,
    yes: bool,
    adopt: str | None = None,
) -> dict[str, Answer]:
    """Answer the playbook's questions: from what was given, by asking, or as suggested.

    `adopt` is the client id of an application to take as it is.
    """
    terminal = session.terminal
    ask = None if yes or not terminal.can_ask else terminal.ask
    questions = [_offering(session, book, each, given) for each in book.questions]
    answers = inputs.resolve(questions, given, ask, practice=session.tenant.practice)
    answers |= session.begins
    if adopt:
        answers[inputs.ADOPT] = _client_id(adopt)
    unlikely = [q.name for q in book.questions if q.kind == "file" and answers.get(q.name)]
    for name in unlikely:
        session.settings.state.setdefault("files", {})[name] = answers[name]
    return answers


def _offering(
    session: Session, book: Playbook, question: Question, given: Mapping[str, Any]
) -> Question:
    """Look in the tenant for what a question may mean, name it, and suggest it where there is one."""
    if not question.find or question.name in given:
        return question
    from toolkit import candidates

    mark = Mark(book.name, str(given.get("instance", inputs.INSTANCE_QUESTION.default)))
    before = candidates.set_up_before(session.tenant, mark)
    found = [before] if before else candidates.on_dead_apis(session.tenant)
    for each in found:
        session.terminal.say(f"  {each.name}, client id {each.client_id}: {each.why}", "note")
    if len(found) != 1:
        return question
    return replace(question, default=found[0].client_id, practice=None)


def book_of(name: str) -> Playbook:
    """Load a playbook."""
    return playbook.load(name)


def _client_id(text: str) -> str:
    try:
        return str(UUID(text.strip()))
    except ValueError as error:
        raise UsageError(
            f"--adopt {text} is no client id.",
            fix="Give the application (client) id, as Entra shows it.",
        ) from error
