"""Questions, and answers of the right kind."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.errors import AnswerError
from toolkit.strict_yaml import UNSEEN, shown

Answer = str | bool | int | tuple[str, ...]
Answers = Mapping[str, Answer]

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
INSTANCE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,18}[a-z0-9])?")
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
MAIL_ADDRESS = re.compile(
    rf"(?=[^@]{{1,64}}@)[A-Za-z0-9!#$&'+=^_~-]+(\.[A-Za-z0-9!#$&'+=^_~-]+)*@{LABEL}(\.{LABEL})+"
)
"""What Exchange Online takes as an address, O'Brien's too: no quoted parts, nothing beyond ASCII.

Source: learn.microsoft.com/microsoft-365/enterprise/prepare-for-directory-synchronization
"""
NUMBER = re.compile(r"[0-9]{1,9}")
DURATION = re.compile(r"([0-9]{1,6})\s*([smhd])")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
LONGEST = 500
EMPTY = ("", ())
WORDS = {"yes": True, "y": True, "true": True, "no": False, "n": False, "false": False}


@dataclass(frozen=True, kw_only=True)
class Question:
    """One thing a playbook asks. `when` and `unless` are conditions on a question asked before.

    `find` says what is looked for in the tenant, to be offered as an answer.
    """

    name: str
    ask: str
    kind: str
    default: Answer | None = None
    practice: Answer | None = None
    choices: tuple[str, ...] = ()
    when: str = ""
    unless: str = ""
    find: str = ""
    line: int = 0

    def asked(self, answers: Answers) -> bool:
        """Tell whether the answers so far make this a question at all."""
        return holds(self.when, self.unless, answers)

    def suggestion(self, *, practice: bool) -> Answer | None:
        """Tell what Enter, or nobody at the keyboard, answers; None where somebody must say."""
        return self.practice if practice and self.practice is not None else self.default


INSTANCE_QUESTION = Question(
    name="instance",
    ask="Which instance of the vendor's software is this for (part of every name; prod, test)",
    kind="text",
    default="prod",
)
CHANGE_QUESTION = Question(
    name="change",
    ask="Ticket or change number, for the records (Enter = none)",
    kind="text",
    default="",
)
CLIENT_ID = "client_id"
"""The question that names an application which is there, where a playbook registers none."""
ALWAYS = (INSTANCE_QUESTION, CHANGE_QUESTION)
ADOPT = "adopt"
"""What is answered by the option --adopt alone, which no playbook asks: an application's client id."""
BEGINS = ("apps_begin", "groups_begin", "assignments_begin")
"""What a tenant's profile answers: how the names of a set-up's apps, groups and assignments begin."""
UNASKED = (ADOPT, *BEGINS)
"""What a plan holds beside the answers to its playbook's questions."""


def holds(when: str, unless: str, answers: Answers) -> bool:
    """Tell whether a `when` and an `unless` hold; a question that wasn't asked counts as no.

    A condition is the name of a yes/no question, or NAME=VALUE of one that offers a choice.
    """
    return (not when or _true(when, answers)) and not (unless and _true(unless, answers))


def _true(condition: str, answers: Answers) -> bool:
    name, chosen, value = condition.partition("=")
    return answers.get(name) == value if chosen else bool(answers.get(name))


def resolve(
    questions: Iterable[Question],
    given: Mapping[str, Any],
    ask: Callable[[Question, Answer | None], Any] | None,
    *,
    practice: bool,
) -> dict[str, Answer]:
    """Answer every question that applies: from what was given, by asking, or as suggested.

    `ask` shows a question and its suggestion and returns raw text, or is None when nobody can be
    asked. Raises AnswerError for an unknown name, a wrong kind, or a missing answer.
    """
    questions = (*questions, *ALWAYS)
    refuse_unknown(given, questions)
    answers: dict[str, Answer] = {}
    missing: list[Question] = []
    for question in questions:
        if not question.asked(answers):
            continue
        answer = _answer(question, given, ask, practice=practice)
        if answer is None:
            missing.append(question)
        else:
            answers[question.name] = answer
    if missing:
        raise AnswerError(
            "These questions have no answer: "
            + "; ".join(f"{q.name} ({q.ask})" for q in missing)
            + ".",
            fix="Add "
            + " ".join(f"--set {q.name}=..." for q in missing)
            + ", or run `mailgrant setup` at a terminal.",
        )
    return answers


def refuse_unknown(given: Iterable[str], questions: Iterable[Question]) -> None:
    """Refuse an answer to a question that isn't asked; raises AnswerError."""
    names = [question.name for question in questions]
    for name in given:
        if name not in names:
            raise AnswerError(
                f"There is no question {shown(name)} in this playbook.",
                fix=f"{meant(name, names)}It asks: {', '.join(sorted(names))}.",
            )


def meant(name: str, names: Iterable[str]) -> str:
    """Ask whether a name that is spelled much alike was meant; empty where there is none."""
    import difflib

    close = difflib.get_close_matches(name[:100], list(names), n=1)
    return f"Did you mean {close[0]}? " if close else ""


def _answer(
    question: Question,
    given: Mapping[str, Any],
    ask: Callable[[Question, Answer | None], Any] | None,
    *,
    practice: bool,
) -> Answer | None:
    suggestion = question.suggestion(practice=practice)
    if question.name in given:
        return typed(question, given[question.name])
    if ask is None:
        return suggestion if suggestion is None else typed(question, suggestion)
    return typed(question, ask(question, suggestion))


def typed(question: Question, value: Any) -> Answer:
    """Turn a raw answer into one of the question's kind, or raise AnswerError.

    Nothing is an answer only where the playbook itself offers nothing as one.
    """
    try:
        return _needed(question, KINDS[question.kind](question, value))
    except ValueError as error:
        raise AnswerError(
            f"{question.name}: {error}.", fix=f"The question is: {question.ask.rstrip('.?')}?"
        ) from error


def _needed(question: Question, answer: Answer) -> Answer:
    if answer in EMPTY and question.default not in EMPTY:
        raise ValueError("an answer is needed")
    return answer


def _text(question: Question, value: object) -> str:
    if value is None:
        raise ValueError('nothing stands there; write "" for an empty answer')
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise ValueError(f"{shown(value)} is no text")  # noqa: TRY004  one kind of mistake for the caller
    text = str(value).strip()
    if UNSEEN.search(text) or "\n" in text or "\t" in text:
        raise ValueError(f"{shown(text)} holds control characters")
    if len(text) > LONGEST:
        raise ValueError(f"{shown(text)} is too long; at most {LONGEST} characters")
    if question.name == INSTANCE_QUESTION.name and not INSTANCE.fullmatch(text):
        raise ValueError(f"{shown(text)} must be small letters, digits and hyphens, at most 20")
    return text


def _choice(question: Question, value: object) -> str:
    text = _text(question, value)
    if text not in question.choices:
        raise ValueError(f"{shown(text)} is none of {', '.join(question.choices)}")
    return text


def _yes_no(_: Question, value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    if word not in WORDS:
        raise ValueError(f"{shown(value)} is neither yes nor no")
    return WORDS[word]


def _list(question: Question, value: object) -> tuple[str, ...]:
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list | tuple):
        raise ValueError(f"{shown(value)} is no list; separate items by commas")  # noqa: TRY004  as above
    return tuple(text for item in items if (text := _text(question, item)))


def _number(_: Question, value: object) -> int:
    text = str(value).strip() if isinstance(value, str | int) else ""
    if not NUMBER.fullmatch(text):
        raise ValueError(f"{shown(value)} is no whole number")
    return int(text)


def _mail_address(question: Question, value: object) -> str:
    text = _text(question, value)
    if text and not MAIL_ADDRESS.fullmatch(text):
        raise ValueError(f"{shown(text)} is no mail address")
    return text.lower()


def _file(question: Question, value: object) -> str:
    text = _text(question, value)
    if text[:1] in ("'", '"') and text[0] == text[-1]:  # dragged into a terminal
        text = text[1:-1]
    if not text:
        return ""
    try:
        path = Path(text).expanduser() if text.startswith("~") else Path(text)
        there, path = path.is_file(), path.resolve()
    except (OSError, RuntimeError) as error:  # no right to look, a name too long, a loop of links
        reason = getattr(error, "strerror", None) or error
        raise ValueError(f"{shown(text)} can't be looked at: {reason}") from error
    if not there:
        raise ValueError(f"there is no file {shown(text)}")
    return str(path)


def _duration(question: Question, value: object) -> str:
    text = _text(question, value)
    seconds(text)
    return text


def seconds(text: str) -> int:
    """Read a duration such as 90s, 20m, 3h or 2d; raises ValueError."""
    match = DURATION.fullmatch("0s" if text.strip() == "0" else text.strip())
    if not match:
        raise ValueError(f"{shown(text)} is no duration; write 90s, 20m, 3h or 2d")
    return int(match[1]) * SECONDS[match[2]]


KINDS: dict[str, Callable[[Question, Any], Answer]] = {
    "text": _text,
    "choice": _choice,
    "yes_no": _yes_no,
    "list": _list,
    "number": _number,
    "mail_address": _mail_address,
    "file": _file,
    "duration": _duration,
}
