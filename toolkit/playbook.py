"""A playbook: YAML in, checked whole; every mistake is found here, with file and line."""

import hashlib
import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field
from pathlib import Path
from typing import Any

from toolkit import shelf, strict_yaml
from toolkit.errors import PlaybookError
from toolkit.inputs import ALWAYS, KINDS, NAME, Answers, Question, holds, typed
from toolkit.state import Later
from toolkit.steps import CATALOGUE
from toolkit.steps.base import Mark, Step, parameters
from toolkit.strict_yaml import REFERENCE, Node

ROOT = (
    "title",
    "audience",
    "source",
    "about",
    "obsolete",
    "questions",
    "steps",
    "proof",
    "handover",
)
ENTRY = ("do", "as", "when", "unless", "because")
QUESTION = ("name", "ask", "kind", "default", "practice", "choices", "when", "unless")
PROOF = ("app", "certificate", "inside", "outside")
TENANT = ("id", "domain", "name")
MOST_CONDITIONS = 10
NAME_OF_FILE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One step as the playbook says it: fields still hold references."""

    name: str
    do: str
    fields: Mapping[str, Any]
    because: str
    when: tuple[str, ...]
    unless: tuple[str, ...]
    line: int

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
class Playbook:
    """One guided set-up. `text` is the file itself; `digest` its SHA-256."""

    name: str
    title: str
    audience: str
    about: str
    source: Mapping[str, Any]
    obsolete: tuple[Mapping[str, str], ...]
    questions: tuple[Question, ...]
    entries: tuple[Entry, ...]
    proof: Mapping[str, str]
    handover: tuple[Mapping[str, str], ...]
    text: str = field(repr=False)

    @property
    def digest(self) -> str:
        """Identify the exact text of this playbook."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def active(self, answers: Answers) -> tuple[Entry, ...]:
        """List the steps these answers ask for."""
        return tuple(entry for entry in self.entries if entry.active(answers))


def names() -> list[str]:
    """List the playbooks that ship."""
    return sorted(path.stem for path in shelf.playbooks().glob("*.yaml"))


def load(name: str) -> Playbook:
    """Load a shipped playbook by name, or any by a path ending in .yaml."""
    if name.endswith((".yaml", ".yml")):
        path = Path(name)
    elif name in names():
        path = shelf.playbooks() / f"{name}.yaml"
    else:
        raise PlaybookError(
            f"There is no playbook {name!r}.",
            fix=f"`mailgrant playbooks` lists them: {', '.join(names())}. A path must end in .yaml.",
        )
    strict_yaml.load(path)
    return parse(path.read_text(encoding="utf-8-sig"), path.stem, str(path))


def parse(text: str, name: str, where: str) -> Playbook:
    """Read a playbook's text and check everything in it that can be checked without a tenant."""
    root = strict_yaml.parse(text, where)
    reader = _Reader(where)
    if not NAME_OF_FILE.fullmatch(name):
        raise PlaybookError(
            f"{where}: the file name becomes part of names in the tenant.",
            fix="Call it by small letters, digits and hyphens, at most 40, ending in .yaml.",
        )
    reader.known(root, ROOT, ("title", "questions", "steps"))
    questions = tuple(reader.question(each) for each in reader.nodes(root, "questions"))
    entries = tuple(reader.entries(reader.nodes(root, "steps")))
    proof = root.get("proof") or Node()
    if proof:
        reader.known(proof, PROOF, ("app", "inside", "outside"))
    handover = tuple(reader.nodes(root, "handover")) if "handover" in root else ()
    for line in handover:
        reader.known(line, ("label", "value"), ("label", "value"))
    obsolete = tuple(reader.nodes(root, "obsolete")) if "obsolete" in root else ()
    for each in obsolete:
        reader.known(each, ("says", "instead"), ("says", "instead"))
    book = Playbook(
        name=name,
        title=str(root["title"]),
        audience=str(root.get("audience", "")),
        about=str(root.get("about", "")).strip(),
        source=root.get("source") or {},
        obsolete=obsolete,
        questions=questions,
        entries=entries,
        proof=proof,
        handover=handover,
        text=text,
    )
    _Consistency(book, where).check()
    return book


class _Reader:
    """Turns nodes into questions and entries, and refuses what isn't known with its line."""

    def __init__(self, where: str) -> None:
        self.where = where

    def bad(self, line: int, what: str, fix: str = "") -> PlaybookError:
        return PlaybookError(f"{self.where}, line {line}: {what}.", fix=fix or "Correct that line.")

    def known(self, node: Node, names: tuple[str, ...], needed: tuple[str, ...]) -> None:
        for name in node:
            if name not in names:
                raise self.bad(
                    node.lines[name],
                    f"{name!r} isn't known here",
                    f"Known are: {', '.join(names)}.",
                )
        for name in needed:
            if name not in node:
                raise self.bad(node.line, f"{name!r} is missing")

    def nodes(self, root: Node, name: str) -> Iterator[Node]:
        value = root.get(name)
        if not isinstance(value, list) or not all(isinstance(each, Node) for each in value):
            raise self.bad(
                root.lines.get(name, root.line), f"{name!r} must be a list of `name: value` groups"
            )
        yield from value

    def question(self, node: Node) -> Question:
        self.known(node, QUESTION, ("name", "ask", "kind"))
        name, kind = node["name"], node["kind"]
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise self.bad(node.line, f"{name!r} is no name", "Use small letters, digits and _.")
        if kind not in KINDS:
            raise self.bad(
                node.lines["kind"],
                f"the kind {kind!r} isn't known",
                f"Known are: {', '.join(KINDS)}.",
            )
        question = Question(
            name=name,
            ask=str(node["ask"]),
            kind=kind,
            choices=tuple(node.get("choices", ())),
            when=str(node.get("when", "")),
            unless=str(node.get("unless", "")),
            line=node.line,
        )
        values = {}
        for each in ("default", "practice"):
            if each in node:
                try:
                    values[each] = node[each] if node[each] == "" else typed(question, node[each])
                except Exception as error:
                    raise self.bad(node.lines[each], str(error).rstrip(".")) from error
        return Question(**{**question.__dict__, **values})

    def entries(self, nodes: Iterator[Node]) -> Iterator[Entry]:
        for node in nodes:
            yield self.entry(node)

    def entry(self, node: Node) -> Entry:
        if node.get("do") not in CATALOGUE:
            raise self.bad(
                node.line,
                f"there is no step {node.get('do')!r}",
                f"Steps are: {', '.join(CATALOGUE)}.",
            )
        kind = CATALOGUE[node["do"]]
        fields = parameters(kind)
        self.known(node, (*ENTRY, *fields), ("do",))
        for name, each in fields.items():
            required = each.default is MISSING and each.default_factory is MISSING
            if required and name not in node:
                raise self.bad(node.line, f"{node['do']} needs {name!r}")
            if name in node:
                self.field(node, name, each.type)
        return Entry(
            name=str(node.get("as", node["do"])),
            do=node["do"],
            because=str(node.get("because", "")),
            fields={name: node[name] for name in fields if name in node},
            when=_names(node.get("when")),
            unless=_names(node.get("unless")),
            line=node.line,
        )

    def field(self, node: Node, name: str, wanted: Any) -> None:  # noqa: ANN401  a type
        value = node[name]
        if isinstance(value, str) and REFERENCE.fullmatch(value):
            return
        good = (
            isinstance(value, list) and all(isinstance(each, str) for each in value)
            if wanted == tuple[str, ...]
            else type(value) is wanted
        )
        if not good:
            raise self.bad(
                node.lines[name], f"{name!r} must be {_type_name(wanted)}, not {value!r}"
            )


class _Consistency:
    """What must hold for every combination of yes/no answers: names, order, references."""

    def __init__(self, book: Playbook, where: str) -> None:
        self.book = book
        self.bad = _Reader(where).bad

    def check(self) -> None:
        questions = {question.name: question for question in (*self.book.questions, *ALWAYS)}
        if len(questions) != len(self.book.questions) + len(ALWAYS):
            raise self.bad(1, "a question stands twice, or is called instance or change")
        self._conditions(questions)
        for answers in combinations(self.book):
            self._one(questions, answers)

    def _conditions(self, questions: dict[str, Question]) -> None:
        conditions = [
            (q.line, name) for q in self.book.questions for name in (q.when, q.unless) if name
        ]
        conditions += [(e.line, name) for e in self.book.entries for name in (*e.when, *e.unless)]
        for line, name in conditions:
            if name not in questions or questions[name].kind != "yes_no":
                raise self.bad(line, f"{name!r} is no yes/no question")

    def _one(self, questions: dict[str, Question], answers: Answers) -> None:
        asked = {q.name for q in questions.values() if q.asked(answers)}
        made: dict[str, Entry] = {}
        for entry in self.book.active(answers):
            self._references(entry.line, entry.fields.values(), asked, made)
            if entry.name in made or entry.name == "tenant":
                raise self.bad(
                    entry.line, f"the name {entry.name!r} is taken", "Give the step another `as:`."
                )
            made[entry.name] = entry
        self._references(1, self.book.proof.values(), asked | set(questions), made)
        for line in self.book.handover:
            self._references(getattr(line, "line", 1), line.values(), asked | set(questions), made)

    def _references(self, line: int, values: Any, asked: set[str], made: dict[str, Entry]) -> None:  # noqa: ANN401  whatever YAML holds
        for name in _references(values):
            head, _, tail = name.partition(".")
            if not tail and head in asked:
                continue
            if head == "tenant" and tail in TENANT:
                continue
            if head in made and tail in made[head].kind.offers:
                continue
            raise self.bad(
                line,
                f"${{{name}}} isn't known here for every answer",
                "It must be a question that is asked, or something an earlier step offers, under the same conditions.",
            )


def combinations(book: Playbook) -> Iterator[dict[str, bool]]:
    """List every combination of yes and no for the questions that steps depend on."""
    flags = [question.name for question in book.questions if question.kind == "yes_no"]
    if len(flags) > MOST_CONDITIONS:
        raise PlaybookError(
            f"{book.name} asks more than {MOST_CONDITIONS} yes/no questions.",
            fix="Make two playbooks.",
        )
    for values in itertools.product((False, True), repeat=len(flags)):
        answers = dict(zip(flags, values, strict=True))
        if all(
            question.asked(answers) or not answers[question.name]
            for question in book.questions
            if question.name in answers
        ):
            yield answers


def build(entry: Entry, known: Mapping[str, Any], mark: Mark) -> Step:
    """Make the step of an entry: references filled from `known`, or by text for later."""
    values = {name: fill(value, known) for name, value in entry.fields.items()}
    return entry.kind(mark=mark, **values)


def fill(value: Any, known: Mapping[str, Any]) -> Any:  # noqa: ANN401  whatever YAML holds
    """Replace references in a value; what isn't known yet becomes a Later."""
    if isinstance(value, list):
        return tuple(fill(each, known) for each in value)
    if not isinstance(value, str):
        return value
    whole = REFERENCE.fullmatch(value)
    if whole:
        return known.get(whole[1], Later(f"known after {whole[1].partition('.')[0]}"))
    text = REFERENCE.sub(
        lambda match: str(known.get(match[1], f"({match[1]}, known later)")), value
    )
    missing = any(match[1] not in known for match in REFERENCE.finditer(value))
    return Later(text) if missing else text


def _references(values: Any) -> Iterator[str]:  # noqa: ANN401  whatever YAML holds
    for value in values:
        if isinstance(value, list):
            yield from _references(value)
        elif isinstance(value, str):
            yield from (match[1] for match in REFERENCE.finditer(value))


def _names(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(str(each) for each in value) if isinstance(value, list) else (str(value),)


def _type_name(wanted: object) -> str:
    return {str: "text", bool: "true or false", int: "a whole number"}.get(
        wanted, "a list of texts"
    )  # type: ignore[call-overload]  # types are hashable
