"""What a playbook says once it is read: its questions, its steps, and what they refer to."""

import hashlib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from toolkit.inputs import Answer, Answers, Question, holds
from toolkit.state import Later
from toolkit.steps import CATALOGUE
from toolkit.steps.base import Mark, Step
from toolkit.strict_yaml import REFERENCE

DAYS = ("members", "stop", "retire", "organization", "secrets", "authorize", "revoke", "probe")
"""The playbooks of the days after, which nobody calls by name."""
TENANT = ("id", "domain", "name", "login")
"""What a playbook may say of the tenant (`${tenant.id}`); `login` is where its cloud signs people in."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One step as the playbook says it: fields still hold references.

    `second` says that it belongs to the second go.
    """

    name: str
    do: str
    fields: Mapping[str, Any]
    because: str
    when: tuple[str, ...]
    unless: tuple[str, ...]
    line: int
    second: bool = False

    @property
    def kind(self) -> type[Step]:
        """The step kind behind the word."""
        return CATALOGUE[self.do]

    def active(self, answers: Answers) -> bool:
        """Tell whether the answers make this a step at all."""
        return all(holds(name, "", answers) for name in self.when) and all(
            holds("", name, answers) for name in self.unless
        )


@dataclass(frozen=True, kw_only=True)
class Gate:
    """What must be so before the second go, once the first one is proved.

    `after` is how long it must stand (tenant time), `confirm` what a person must say yes to.
    """

    after: str = ""
    confirm: str = ""


@dataclass(frozen=True, kw_only=True)
class Playbook:
    """One guided set-up. `text` is the file itself; `digest` its SHA-256.

    `connect` says where people connect their accounts to the vendor's software.
    """

    name: str
    title: str
    audience: str
    about: str
    source: Mapping[str, str]
    obsolete: tuple[Mapping[str, str], ...]
    questions: tuple[Question, ...]
    entries: tuple[Entry, ...]
    gate: Gate
    proof: Mapping[str, str]
    connect: Mapping[str, str]
    handover: tuple[Mapping[str, str], ...]
    text: str = field(repr=False)

    @property
    def day(self) -> bool:
        """Tell whether it changes a set-up that is there, and is filled in by mailgrant."""
        return self.name in DAYS

    @property
    def digest(self) -> str:
        """Identify the exact text of this playbook."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def active(self, answers: Answers) -> tuple[Entry, ...]:
        """List the steps these answers ask for."""
        return tuple(entry for entry in self.entries if entry.active(answers))


def combinations(book: Playbook) -> Iterator[dict[str, Answer]]:
    """List every combination of answers that decides what is asked and done.

    That is every yes and no, and every choice that a condition names. A yes/no question that
    isn't asked counts as no, a choice that isn't is left out.
    """
    deciding = [question for question in book.questions if _decides(question, book)]
    for values in itertools.product(*(_values(question) for question in deciding)):
        answers = {q.name: value for q, value in zip(deciding, values, strict=True)}
        if all(_can_be(question, answers) for question in deciding):
            yield {name: answer for name, answer in answers.items() if answer != ""}


def _decides(question: Question, book: Playbook) -> bool:
    return question.kind == "yes_no" or (
        question.kind == "choice" and question.name in conditions(book)
    )


def _values(question: Question) -> tuple[Answer, ...]:
    return (False, True) if question.kind == "yes_no" else ("", *question.choices)


def _can_be(question: Question, answers: Answers) -> bool:
    if question.kind == "yes_no":
        return question.asked(answers) or not answers[question.name]
    return question.asked(answers) == bool(answers[question.name])


def conditions(book: Playbook) -> set[str]:
    """List the questions that a condition names."""
    said = [name for entry in book.entries for name in (*entry.when, *entry.unless)]
    said += [name for question in book.questions for name in (question.when, question.unless)]
    return {name.partition("=")[0] for name in said if name}


def references(value: Any) -> Iterator[str]:
    """List what a value of a playbook refers to."""
    for each in value if isinstance(value, list) else (value,):
        if isinstance(each, str):
            yield from (match[1] for match in REFERENCE.finditer(each))


def build(entry: Entry, known: Mapping[str, Any], mark: Mark) -> Step:
    """Make the step of an entry: references filled from `known`, or by text for later."""
    values = {name: fill(value, known) for name, value in entry.fields.items()}
    told = {name: f"set_up.{name}" for name in entry.kind.told}
    values |= {name: known[place] for name, place in told.items() if place in known}
    return entry.kind(mark=mark, **values)


def fill(value: Any, known: Mapping[str, Any]) -> Any:
    """Replace references in a value; what isn't known yet becomes a Later.

    What a person wrote is never looked at again: an answer that looks like a reference is a text.
    """
    if isinstance(value, list):
        return tuple(filled for each in value if (filled := fill(each, known)) != "")
    if not isinstance(value, str):
        return value
    whole = REFERENCE.fullmatch(value)
    if whole:
        return known.get(whole[1], Later(f"known after {whole[1].partition('.')[0]}"))
    text = REFERENCE.sub(
        lambda match: str(known.get(match[1], f"({match[1]}, known later)")), value
    )
    missing = any(name not in known for name in references(value))
    return Later(text) if missing else text
