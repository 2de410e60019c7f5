"""YAML as playbooks and answers use it: no aliases, no twins, no surprises, and line numbers."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from toolkit.errors import PlaybookError

LARGEST = 1_000_000
DEEPEST = 50
SHOWN = 100
REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_.]*)\}")
OPEN, CLOSE = "\ue000\ue001", "\ue002"
"""Private signs as wide as `${` and `}`, so that a reference may stand in a flow list too."""
UNSEEN = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Signs that steer a terminal, turn text around or can't be written; tab and line end are fine."""

PREFIX = "tag:yaml.org,2002:"
SCALARS: dict[str, Callable[[str], Any]] = {
    f"{PREFIX}str": lambda text: text.replace(OPEN, "${").replace(CLOSE, "}"),
    f"{PREFIX}bool": lambda text: text == "true",
    f"{PREFIX}int": int,
    f"{PREFIX}null": lambda _: None,
}


class Node(dict[str, Any]):
    """A mapping that knows the line it began on, and the lines of its keys."""

    def __init__(self, line: int = 1) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}


class _Loader(yaml.SafeLoader):
    """Only true and false are booleans, only plain whole numbers are numbers; the rest is text.

    So Norway stays NO, ticket 00123 keeps its zeros, version 1.10 its last one, a date is a text.
    """

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  PyYAML's own shape
    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse what nothing here needs, before it can multiply or eat the stack."""
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]  # types-PyYAML leaves it open
        mark: Any = event.start_mark
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise yaml.composer.ComposerError(
                None, None, "anchors and aliases aren't allowed", mark
            )
        if getattr(event, "tag", None) is not None:
            raise yaml.composer.ComposerError(None, None, "tags aren't allowed", mark)
        if self.depth >= DEEPEST:
            problem = f"it is nested more than {DEEPEST} deep"
            raise yaml.composer.ComposerError(None, None, problem, mark)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


for _kind, _pattern, _first in (
    ("bool", r"(true|false)\Z", "tf"),
    ("int", r"-?(0|[1-9][0-9]{0,14})\Z", "-0123456789"),
    ("null", r"(~|null)?\Z", ("~", "n", "")),
):
    _Loader.add_implicit_resolver(PREFIX + _kind, re.compile(_pattern), list(_first))


def load(path: Path) -> Node:
    """Read a file; every mistake is a PlaybookError that names file and line."""
    return parse(read(path), str(path))


def read(path: Path) -> str:
    """Read a file's text, as much of it as anybody could have meant."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        raise PlaybookError(
            f"{path} can't be read: {getattr(error, 'strerror', None) or error}.",
            fix="Check the path and its rights.",
        ) from error
    if len(data) > LARGEST:
        raise PlaybookError(
            f"{path} is larger than {LARGEST:,} bytes; no playbook is.",
            fix="Check that this is the file you meant.",
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PlaybookError(
            f"{path}, line {line}: not UTF-8 text.", fix="Save it as UTF-8."
        ) from error


def parse(text: str, name: str) -> Node:
    """Read YAML text; `name` is what mistakes are reported under."""
    if private := re.search("[\ue000-\ue002]", text):
        line = text.count("\n", 0, private.start()) + 1
        raise PlaybookError(f"{name}, line {line}: private-use characters.", fix="Remove them.")
    try:
        root = yaml.compose(REFERENCE.sub(rf"{OPEN}\1{CLOSE}", text), Loader=_Loader)
    except yaml.YAMLError as error:
        raise PlaybookError(
            f"{name}{_line(error, text)} can't be read: {_problem(error)}.",
            fix="Correct that line; a text with any of : , ? # [ ] { } in it belongs between quotes.",
        ) from error
    except (ValueError, OverflowError) as error:  # PyYAML's own, for "\UFFFFFFFF"
        raise PlaybookError(
            f"{name} holds an escape that is no character.", fix="Look for a backslash and U."
        ) from error
    data = None if root is None else _build(root, name)
    if data is None:
        return Node()
    if not isinstance(data, Node):
        raise PlaybookError(
            f"{name}, line 1: must be `name: value` lines.", fix="See `mailgrant playbooks show`."
        )
    return data


def _build(node: yaml.Node, name: str) -> Any:
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, name)
    if isinstance(node, yaml.SequenceNode):
        return [_build(each, name) for each in node.value]
    value = SCALARS[node.tag](node.value)
    if isinstance(value, str) and (unseen := UNSEEN.search(value)):
        raise PlaybookError(
            f"{name}, line {node.start_mark.line + 1}: the character U+{ord(unseen[0]):04X} isn't allowed.",
            fix="Remove it; it can't be seen, and it may show something else than what is there.",
        )
    return value


def _mapping(node: yaml.MappingNode, name: str) -> Node:
    result = Node(node.start_mark.line + 1)
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = _build(key_node, name)
        if not isinstance(key, str):
            raise PlaybookError(
                f"{name}, line {line}: a name must be plain text.", fix="Write `name: value`."
            )
        if key in result:
            raise PlaybookError(
                f"{name}, line {line}: {shown(key)} stands twice (first on line {result.lines[key]}).",
                fix="Keep one of them.",
            )
        result.lines[key] = line
        result[key] = _build(value_node, name)
    return result


def shown(value: object) -> str:
    """Quote a value for a message, cut where it would fill the screen."""
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}... ({len(text)} characters)"


def _line(error: yaml.YAMLError, text: str) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark:
        return f", line {mark.line + 1},"
    position = getattr(error, "position", None)
    return "" if position is None else f", line {text.count(chr(10), 0, position) + 1},"


def _problem(error: yaml.YAMLError) -> str:
    """Say PyYAML's problem; a ReaderError has a reason instead."""
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "broken"
    return str(problem).replace(OPEN, "${").replace(CLOSE, "}")
