"""YAML as playbooks and answers use it: no aliases, no twins, no surprises, and line numbers."""

import re
from pathlib import Path
from typing import Any

import yaml

from toolkit.errors import PlaybookError

LARGEST = 1_000_000
DEEPEST = 50
REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_.]*)\}")
OPEN, CLOSE = "\ue000\ue001", "\ue002"
"""Private signs as wide as `${` and `}`, so that a reference may stand in a flow list too."""


class Node(dict[str, Any]):
    """A mapping that knows the line it began on, and the lines of its keys."""

    line: int = 0
    lines: dict[str, int]


class _Loader(yaml.SafeLoader):
    """A SafeLoader that takes only true and false for booleans, and dates for text."""

    yaml_implicit_resolvers = {  # noqa: RUF012  PyYAML's own shape
        first: [
            (tag, pattern) for tag, pattern in found if tag.endswith((":int", ":float", ":null"))
        ]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse aliases: nothing a playbook says needs one, and they can multiply."""
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()
            raise yaml.composer.ComposerError(
                None, None, f"the alias *{event.anchor} isn't allowed", event.start_mark
            )
        return super().compose_node(parent, index)


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false)$"), list("tf"))


def load(path: Path) -> Node:
    """Read a file; every mistake is a PlaybookError that names file and line."""
    try:
        if path.stat().st_size > LARGEST:
            raise PlaybookError(
                f"{path} is larger than {LARGEST:,} bytes; no playbook is.",
                fix="Check that this is the file you meant.",
            )
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise PlaybookError(f"{path} is not UTF-8 text.", fix="Save it as UTF-8.") from error
    except OSError as error:
        raise PlaybookError(
            f"{path} can't be read: {error.strerror or error}.",
            fix="Check the path and its rights.",
        ) from error
    return parse(text, str(path))


def parse(text: str, name: str) -> Node:
    """Read YAML text; `name` is what mistakes are reported under."""
    if any(sign in text for sign in "\ue000\ue001\ue002"):
        raise PlaybookError(f"{name} holds private-use characters.", fix="Remove them.")
    _refuse_depth(text, name)
    try:
        root = yaml.compose(REFERENCE.sub(rf"{OPEN}\1{CLOSE}", text), Loader=_Loader)
        data = _build(root, name, 0) if root is not None else Node()
    except yaml.YAMLError as error:
        raise PlaybookError(
            f"{name}{_line(error)} is no YAML that can be read: {_problem(error)}.",
            fix="Correct that line; a text editor with YAML support shows the place.",
        ) from error
    except RecursionError as error:
        raise PlaybookError(
            f"{name} is nested too deeply.", fix="No playbook needs that."
        ) from error
    if not isinstance(data, Node):
        raise PlaybookError(
            f"{name} must be a list of `name: value` lines.", fix="See `mailgrant playbooks show`."
        )
    return data


def _refuse_depth(text: str, name: str) -> None:
    """Count flow brackets before the parser recurses into them."""
    depth = 0
    for sign in re.sub(r"\$\{[^}]*\}", "", text):
        depth += (sign in "[{") - (sign in "]}")
        if depth > DEEPEST:
            raise PlaybookError(
                f"{name} is nested more than {DEEPEST} deep.", fix="No playbook needs that."
            )


def _build(node: yaml.Node, name: str, depth: int) -> Any:  # noqa: ANN401  whatever YAML holds
    line = node.start_mark.line + 1
    if depth > DEEPEST:
        raise PlaybookError(
            f"{name}, line {line}: nested more than {DEEPEST} deep.", fix="No playbook needs that."
        )
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, name, depth)
    if isinstance(node, yaml.SequenceNode):
        return [_build(each, name, depth + 1) for each in node.value]
    return _scalar(node, name)


def _mapping(node: yaml.MappingNode, name: str, depth: int) -> Node:
    result = Node()
    result.line, result.lines = node.start_mark.line + 1, {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = _scalar(key_node, name) if isinstance(key_node, yaml.ScalarNode) else None
        if not isinstance(key, str):
            raise PlaybookError(
                f"{name}, line {line}: a name must be plain text.", fix="Write `name: value`."
            )
        if key in result:
            raise PlaybookError(
                f"{name}, line {line}: {key} stands twice (first on line {result.lines[key]}).",
                fix="Keep one of them.",
            )
        result.lines[key] = line
        result[key] = _build(value_node, name, depth + 1)
    return result


def _scalar(node: yaml.Node, name: str) -> Any:  # noqa: ANN401  whatever YAML holds
    if node.tag not in (
        "tag:yaml.org,2002:" + kind for kind in ("str", "int", "float", "bool", "null")
    ):
        raise PlaybookError(
            f"{name}, line {node.start_mark.line + 1}: the tag {node.tag} isn't allowed.",
            fix="Use plain text, numbers, true and false.",
        )
    constructor = _Loader("")
    try:
        value = constructor.construct_object(node)
    finally:
        constructor.dispose()
    return value.replace(OPEN, "${").replace(CLOSE, "}") if isinstance(value, str) else value


def _line(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f", line {mark.line + 1}," if mark else ""


def _problem(error: yaml.YAMLError) -> str:
    return str(getattr(error, "problem", None) or "broken").replace(OPEN, "${").replace(CLOSE, "}")
