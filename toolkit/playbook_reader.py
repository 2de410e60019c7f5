"""Turns the lines of a playbook into questions and entries; what isn't known is refused with its line."""

from collections.abc import Iterator
from dataclasses import MISSING, replace
from typing import Any

from toolkit.book import Entry, Gate, Playbook
from toolkit.errors import AnswerError, PlaybookError
from toolkit.inputs import DURATION, KINDS, NAME, Question, meant, typed
from toolkit.steps import CATALOGUE
from toolkit.steps.base import parameters
from toolkit.strict_yaml import REFERENCE, Node, shown

ROOT = (
    "title",
    "audience",
    "source",
    "about",
    "obsolete",
    "questions",
    "steps",
    "second_go",
    "proof",
    "connect",
    "handover",
)
SOURCE = ("page", "url", "read")
OBSOLETE = ("says", "instead")
ENTRY = ("do", "as", "when", "unless", "because")
QUESTION = ("name", "ask", "kind", "default", "practice", "choices", "when", "unless", "find")
FINDS = ("dead_api",)
"""What can be looked for in the tenant: an application that holds permissions on a dead API."""
SECOND_GO = ("after", "confirm", "steps")
PROOF = ("app", "certificate", "secret", "inside", "outside")
CONNECT = ("page", "where")
HANDOVER = ("label", "value")
MOST = 100
"""Questions, steps and lines of the handover sheet; more than a person can oversee is a mistake."""
TYPES = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    tuple[str, ...]: "a list of texts",
}


class Reader:
    """Reads the nodes of one playbook; `where` is what its mistakes are reported under."""

    def __init__(self, where: str) -> None:
        self.where = where

    def bad(self, line: int, what: str, fix: str = "") -> PlaybookError:
        """Make the error that names file and line."""
        return PlaybookError(f"{self.where}, line {line}: {what}.", fix=fix or "Correct that line.")

    def book(self, root: Node, name: str, text: str) -> Playbook:
        """Read a whole playbook."""
        self._known(root, ROOT, ("title", "questions", "steps"))
        return Playbook(
            name=name,
            title=self._text(root, "title"),
            audience=self._text(root, "audience"),
            about=self._text(root, "about").strip(),
            source=self._texts_of(root, "source", SOURCE),
            obsolete=tuple(self._lines(root, "obsolete", OBSOLETE)),
            questions=tuple(self._question(each) for each in self._nodes(root, "questions")),
            entries=(*map(self._entry, self._nodes(root, "steps")), *self._second(root)),
            gate=self._gate(root),
            proof=self._texts_of(root, "proof", PROOF, ("app",), references=True),
            connect=self._texts_of(root, "connect", CONNECT, references=True),
            handover=tuple(self._lines(root, "handover", HANDOVER)),
            text=text,
        )

    # ---- questions ----

    def _question(self, node: Node) -> Question:
        self._known(node, QUESTION, ("name", "ask", "kind"))
        question = Question(
            name=self._name(node, "name"),
            ask=self._text(node, "ask"),
            kind=self._one_of(node, "kind", tuple(KINDS)),
            choices=self._choices(node),
            when=self._text(node, "when"),
            unless=self._text(node, "unless"),
            find=self._one_of(node, "find", FINDS) if "find" in node else "",
            line=node.line,
        )
        for name in ("default", "practice"):
            if name in node:
                question = replace(question, **{name: self._suggestion(question, node, name)})
        return question

    def _choices(self, node: Node) -> tuple[str, ...]:
        if (node["kind"] == "choice") != ("choices" in node):
            raise self.bad(node.line, "`choices` belong to the kind choice, and only there")
        choices = node.get("choices", [])
        if not _is_texts(choices) or len(set(choices)) != len(choices) or "" in choices:
            raise self.bad(node.lines["choices"], "`choices` must be a list of different texts")
        if "choices" in node and not choices:
            raise self.bad(node.lines["choices"], "there is nothing to choose from")
        return tuple(choices)

    def _suggestion(self, question: Question, node: Node, name: str) -> Any:
        if question.kind == "file" and node[name] != "":
            raise self.bad(
                node.lines[name],
                "a file can't be suggested, it lies on one computer only",
                'Write "" where the file may be left out, and nothing where it may not.',
            )
        lenient = replace(question, default="") if name == "default" else question
        try:
            return typed(lenient, node[name])
        except AnswerError as error:
            raise self.bad(node.lines[name], error.message.rstrip(".")) from error

    # ---- steps ----

    def _second(self, root: Node) -> Iterator[Entry]:
        """Read the steps of the second go."""
        node = self._texts_of(root, "second_go", SECOND_GO, ("steps",), but=("steps",))
        for each in self._nodes(node, "steps") if node else ():
            yield replace(self._entry(each), second=True)

    def _gate(self, root: Node) -> Gate:
        """Read what the second go waits for: some time, or a person, or both."""
        node = root.get("second_go", Node())
        gate = Gate(after=self._text(node, "after"), confirm=self._text(node, "confirm"))
        if node and not (gate.after or gate.confirm):
            raise self.bad(
                node.line, "the second go waits for nothing", "Give `after` or `confirm`."
            )
        if gate.after and not DURATION.fullmatch(gate.after):
            raise self.bad(
                node.lines["after"], f"{shown(gate.after)} is no duration", "Say 2h or 30m."
            )
        return gate

    def _entry(self, node: Node) -> Entry:
        if "do" not in node:
            raise self.bad(node.line, "'do' is missing", f"Steps are: {', '.join(CATALOGUE)}.")
        do = self._one_of(node, "do", tuple(CATALOGUE))
        fields = parameters(CATALOGUE[do])
        required = tuple(
            name
            for name, each in fields.items()
            if each.default is MISSING and each.default_factory is MISSING
        )
        self._known(node, (*ENTRY, *fields), required)
        for name in fields:
            if name in node:
                self._field(node, name, fields[name].type)
        self._one_of_them(node, CATALOGUE[do].one_of)
        return Entry(
            name=self._name(node, "as") if "as" in node else do,
            do=do,
            because=self._text(node, "because"),
            fields={name: node[name] for name in fields if name in node},
            when=self._conditions(node, "when"),
            unless=self._conditions(node, "unless"),
            line=node.line,
        )

    def _one_of_them(self, node: Node, names: tuple[str, ...]) -> None:
        given = [name for name in names if name in node]
        if names and len(given) != 1:
            raise self.bad(
                node.line,
                f"exactly one of {', '.join(names)} must be given, not {' and '.join(given) or 'none'}",
            )

    def _field(self, node: Node, name: str, wanted: Any) -> None:
        value = node[name]
        if isinstance(value, str) and REFERENCE.fullmatch(value):
            return
        if not (_is_texts(value) if wanted == tuple[str, ...] else type(value) is wanted):
            raise self.bad(
                node.lines[name], f"{name!r} must be {TYPES[wanted]}, not {shown(value)}"
            )

    def _conditions(self, node: Node, name: str) -> tuple[str, ...]:
        value = node.get(name, [])
        values = value if isinstance(value, list) else [value]
        if not _is_texts(values):
            raise self.bad(node.lines[name], f"{name!r} must be a name or a list of names")
        return tuple(values)

    # ---- shapes ----

    def _known(self, node: Node, names: tuple[str, ...], needed: tuple[str, ...]) -> None:
        for name in node:
            if name not in names:
                raise self.bad(
                    node.lines[name],
                    f"{shown(name)} isn't known here",
                    f"{meant(name, names)}Known are: {', '.join(names)}.",
                )
        for name in needed:
            if name not in node:
                raise self.bad(node.line, f"{name!r} is missing")

    def _one_of(self, node: Node, name: str, known: tuple[str, ...]) -> str:
        value = self._text(node, name)
        if value not in known:
            raise self.bad(
                node.lines[name],
                f"there is no {'step' if name == 'do' else name} {shown(value)}",
                f"{meant(value, known)}Known are: {', '.join(known)}.",
            )
        return value

    def _name(self, node: Node, name: str) -> str:
        value = self._text(node, name)
        if not NAME.fullmatch(value):
            raise self.bad(
                node.lines[name],
                f"{shown(value)} is no name",
                "Use small letters, digits and _, at most 40, a letter first.",
            )
        return value

    def _text(self, node: Node, name: str, *, references: bool = False) -> str:
        if name not in node:
            return ""
        value = node[name]
        if not isinstance(value, str) or not value.strip():
            raise self.bad(
                node.lines[name],
                f"{name!r} must be text, not {shown(value)}",
                "Put it between quotes.",
            )
        if "${" in value and not references:
            raise self.bad(node.lines[name], f"nothing is filled in for a reference in {name!r}")
        return value

    def _texts_of(
        self,
        root: Node,
        name: str,
        names: tuple[str, ...],
        needed: tuple[str, ...] = (),
        *,
        references: bool = False,
        but: tuple[str, ...] = (),
    ) -> Node:
        node = root.get(name, Node())
        if not isinstance(node, Node):
            raise self.bad(root.lines[name], f"{name!r} must be `name: value` lines")
        if name in root:
            self._known(node, names, needed)
        for each in set(node) - set(but):
            self._text(node, each, references=references)
        return node

    def _lines(self, root: Node, name: str, names: tuple[str, ...]) -> Iterator[Node]:
        for node in self._nodes(root, name) if name in root else ():
            self._known(node, names, names)
            for each in node:
                self._text(node, each, references=each == "value")
            yield node

    def _nodes(self, root: Node, name: str) -> Iterator[Node]:
        value = root[name]
        if not isinstance(value, list) or not all(isinstance(each, Node) for each in value):
            raise self.bad(root.lines[name], f"{name!r} must be a list of `name: value` groups")
        if len(value) > MOST:
            raise self.bad(root.lines[name], f"{name!r} has more than {MOST} of them")
        yield from value


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
