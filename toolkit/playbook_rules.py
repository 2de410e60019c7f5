"""What must hold in a playbook for every combination of answers: names, order, references."""

import re
from typing import Any

from toolkit.book import TENANT, Entry, Playbook, combinations, conditions, references
from toolkit.inputs import ALWAYS, CLIENT_ID, Answers, Question, meant
from toolkit.playbook_reader import Reader
from toolkit.steps.base import parameters
from toolkit.strict_yaml import REFERENCE, Node, shown

RESERVED = ("tenant", "proof_key", "proof_key_gone")
"""Names that mean something already: the tenant, and the steps of the proof's own key."""
MOST_CONDITIONS = 10
MOST_CHOICES = 2
"""Choices that conditions may name; with the yes/no questions they multiply."""
LOOKS_LIKE_REFERENCE = re.compile(r"\$\{[^}]*\}?")
TYPES: dict[str, Any] = {"list": tuple[str, ...], "yes_no": bool, "number": int}
"""What the answer to a question is, where it isn't text."""
MAILBOXES = ("inside", "outside")
SIGNS_IN = ("certificate", "secret")
"""What the proof signs in with: one of them for each combination of answers."""
PROVED_BY = {
    "app": ("app", "client_id"),
    "certificate": ("certificate", "thumbprint"),
    "secret": ("client_secret", "key_id"),
}
"""What a line of the proof must refer to: which step, and what of it."""


def check(book: Playbook, reader: Reader) -> None:
    """Refuse a playbook that wouldn't hold for some answers; raises PlaybookError."""
    _Rules(book, reader).check()


class _Rules:
    def __init__(self, book: Playbook, reader: Reader) -> None:
        self.book = book
        self.bad = reader.bad
        self.questions: dict[str, Question] = {question.name: question for question in ALWAYS}
        self.needed = [
            frozenset(name for value in entry.fields.values() for name in references(value))
            for entry in book.entries
        ]

    def check(self) -> None:
        self._questions()
        self._entries()
        self._choices()
        self._proof()
        for answers in combinations(self.book):
            self._one(answers)

    # ---- whatever is answered ----

    def _questions(self) -> None:
        """Every name once, and every condition on a question asked before."""
        flags = 0
        for question in self.book.questions:
            if question.name in self.questions:
                raise self.bad(
                    question.line, f"the question {question.name!r} is asked already", "Rename it."
                )
            for name in filter(None, (question.when, question.unless)):
                self._condition(question.line, name)
            self.questions[question.name] = question
            flags += question.kind == "yes_no"
            if flags > MOST_CONDITIONS:
                raise self.bad(
                    question.line,
                    f"there are more than {MOST_CONDITIONS} yes/no questions",
                    "Make two playbooks.",
                )

    def _condition(self, line: int, condition: str) -> None:
        name, chosen, value = condition.partition("=")
        kind, what = ("choice", "choice") if chosen else ("yes_no", "yes/no question")
        if name not in self.questions or self.questions[name].kind != kind:
            known = [q.name for q in self.questions.values() if q.kind == kind]
            raise self.bad(
                line,
                f"{shown(name)} is no {what} asked before",
                f"{meant(name, known)}A condition is the name of a yes/no question, or NAME=VALUE "
                "of a choice.",
            )
        choices = self.questions[name].choices
        if chosen and value not in choices:
            raise self.bad(
                line,
                f"{shown(value)} is nothing that {name} offers",
                f"{meant(value, choices)}It offers: {', '.join(choices)}.",
            )

    def _choices(self) -> None:
        named = conditions(self.book)
        choices = [q for q in self.book.questions if q.kind == "choice" and q.name in named]
        if len(choices) > MOST_CHOICES:
            raise self.bad(
                choices[MOST_CHOICES].line,
                f"there are more than {MOST_CHOICES} choices that decide what is asked or done",
                "Make two playbooks.",
            )

    def _entries(self) -> None:
        if not self.book.entries:
            raise self.bad(1, "there is no step", "Give `steps` at least one.")
        for entry in self.book.entries:
            for name in (*entry.when, *entry.unless):
                self._condition(entry.line, name)
            if entry.name in RESERVED:
                raise self.bad(
                    entry.line, f"the name {entry.name!r} is taken", "Give the step another `as:`."
                )
            for name, value in entry.fields.items():
                self._well_formed(entry.line, value)
                self._fits(entry, name, value)

    def _proof(self) -> None:
        """Let the proof take an app and its key as made here, and mailboxes as answered.

        Both mailboxes are named or, where an application has none of its own, neither is.
        """
        scoped = any(entry.do == "mailbox_scope" for entry in self.book.entries)
        named = [each for each in MAILBOXES if each in self.book.proof]
        for each in MAILBOXES:
            if self.book.proof and each not in named and (named or scoped):
                raise self.bad(_line_of(self.book.proof, "app"), f"{each!r} is missing")
        for name, value in self.book.proof.items():
            found = REFERENCE.fullmatch(value)
            do, offer = PROVED_BY.get(name, ("", ""))
            good = [f"{entry.name}.{offer}" for entry in self.book.entries if do and entry.do == do]
            if name == "app":
                good += [q.name for q in self.book.questions if q.name == CLIENT_ID]
            elif not do:
                good = [q.name for q in self.book.questions if q.kind == "mail_address"]
            if not found or found[1] not in good:
                raise self.bad(
                    _line_of(self.book.proof, name),
                    f"the proof's {name} must be {' or '.join(f'${{{each}}}' for each in good) or 'left out'}",
                )
        for line in (self.book.connect, *self.book.handover):
            for name, value in line.items():
                self._well_formed(_line_of(line, name), value)

    def _well_formed(self, line: int, value: Any) -> None:
        for text in value if isinstance(value, list) else (value,):
            for found in LOOKS_LIKE_REFERENCE.findall(text) if isinstance(text, str) else ():
                if not REFERENCE.fullmatch(found):
                    raise self.bad(
                        line, f"{shown(found)} is no reference", "Write ${name} or ${step.name}."
                    )

    def _fits(self, entry: Entry, field: str, value: Any) -> None:
        """Refuse a reference of another kind; a list or a yes can't be part of a text."""
        wanted = parameters(entry.kind)[field].type
        whole = isinstance(value, str) and REFERENCE.fullmatch(value)
        for name in references(value):
            asked = self.questions.get(name)
            answer = TYPES.get(asked.kind, str) if asked else str
            if answer != wanted if whole else answer not in (str, int):
                raise self.bad(
                    entry.line,
                    f"${{{name}}} is of another kind than {field!r} takes",
                    "Refer to a question whose kind fits.",
                )

    # ---- for one combination of answers ----

    def _one(self, answers: Answers) -> None:
        asked = {q.name for q in self.questions.values() if q.asked(answers)} | {
            f"tenant.{each}" for each in TENANT
        }
        offered: set[str] = set()
        made: set[str] = set()
        for entry, needed in zip(self.book.entries, self.needed, strict=True):
            if not entry.active(answers):
                continue
            self._known(entry.line, needed, asked | offered)
            if entry.name in made:
                raise self.bad(
                    entry.line, f"the name {entry.name!r} is taken", "Give the step another `as:`."
                )
            made.add(entry.name)
            offered |= {f"{entry.name}.{each}" for each in entry.kind.offers}
        self._signs_in(offered)
        known = asked | offered | set(self.questions)
        ever = {f"{e.name}.{each}" for e in self.book.entries for each in e.kind.offers}
        for name, value in self.book.proof.items():
            maybe = ever if name in SIGNS_IN else set()
            self._known(
                _line_of(self.book.proof, name), frozenset(references(value)), known | maybe
            )
        for node in (self.book.connect, *self.book.handover):
            for name, value in node.items():
                self._known(_line_of(node, name), frozenset(references(value)), known | ever)

    def _signs_in(self, offered: set[str]) -> None:
        """Let the proof have something to sign in with, whatever is answered, where it has it at all."""
        said = {name: self.book.proof[name] for name in SIGNS_IN if name in self.book.proof}
        if said and not any(set(references(value)) <= offered for value in said.values()):
            name = next(iter(said))
            raise self.bad(
                _line_of(self.book.proof, name),
                f"for some answers the proof has no {' and no '.join(said)} to sign in with",
                "Name a step that is there under the same conditions.",
            )

    def _known(self, line: int, needed: frozenset[str], known: set[str]) -> None:
        for name in sorted(needed - known):
            raise self.bad(
                line,
                f"${{{name}}} isn't known here for every answer",
                f"{meant(name, known)}It must be a question that is asked, or something an earlier "
                "step offers, under the same conditions.",
            )


def _line_of(node: Any, name: str) -> int:
    return node.lines[name] if isinstance(node, Node) else 1
