"""Runs the small part of PowerShell that guides are written in, read by tree-sitter's grammar."""

import base64
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

PARSER = Parser(Language(tree_sitter_powershell.language()))
Run = Callable[[str, dict[str, Any]], list[Any]]


class ShellError(Exception):
    """What a cmdlet refuses, or the script throws."""


def parse(text: str) -> Node:
    return PARSER.parse(text.encode()).root_node


def words(node: Node) -> str:
    return (node.text or b"").decode()


def plain(node: Node) -> Node:
    """Step through what the grammar wraps around a node without adding to it."""
    while node.child_count == 1 and node.children[0].text == node.text:
        node = node.children[0]
    return node


def many(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list) else [value]


def one(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else (values or None)


def folded(value: Any) -> Any:
    """PowerShell compares texts without their case."""
    return value.casefold() if isinstance(value, str) else value


def truth(value: Any) -> bool:
    if isinstance(value, list):
        return truth(value[0]) if len(value) == 1 else bool(value)
    return bool(value)


def member(value: Any, name: str) -> Any:
    """Read a property: of an object in whatever case, of a list from each."""
    if isinstance(value, list):
        found = [part for each in value for part in many(member(each, name))]
        return found or None
    if isinstance(value, Mapping):
        return next((v for key, v in value.items() if key.casefold() == name.casefold()), None)
    return getattr(value, name, None)


def added(left: Any, right: Any) -> Any:
    if isinstance(left, str):
        return left + ("" if right is None else str(right))
    return many(left) + many(right)


def written(value: Any, form: str) -> str:
    """Write an id or a time as .NET would."""
    if isinstance(value, UUID):
        assert form == "N"
        return value.hex
    if form == "s":
        return str(value.strftime("%Y-%m-%dT%H:%M:%S"))
    return str(value.strftime(form.replace("yyyy", "%Y").replace("MM", "%m").replace("dd", "%d")))


COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "-eq": lambda a, b: folded(a) == folded(b),
    "-ne": lambda a, b: folded(a) != folded(b),
    "-cne": lambda a, b: a != b,
    "-gt": lambda a, b: a is not None and a > b,
    "-contains": lambda a, b: folded(b) in [folded(each) for each in many(a)],
    "-notcontains": lambda a, b: folded(b) not in [folded(each) for each in many(a)],
    "-match": lambda a, b: bool(a) and re.search(b, a, re.IGNORECASE) is not None,
    "-notmatch": lambda a, b: re.search(b, a, re.IGNORECASE) is None,
    "-join": lambda a, b: b.join(map(str, many(a))),
    "-f": lambda a, b: a.format(*many(b)),
    "+": added,
}
METHODS: dict[str, Callable[..., Any]] = {
    "StartsWith": lambda text, start: text.startswith(start),
    "Contains": lambda text, part: part in text,
    "Split": lambda text, sign: text.split(sign),
    "Replace": lambda text, old, new: text.replace(old, new),
    "AddDays": lambda time, days: time + timedelta(days=days),
    "ToUniversalTime": lambda time: time.astimezone(UTC),
    "ToString": written,
    "Substring": lambda text, start, length: text[start : start + length],
    "Remove": lambda table, key: table.pop(key, None) and None,
    "GetCertHash": lambda certificate: certificate.hash,
}
STATIC: dict[str, Callable[..., Any]] = {
    "[System.Convert]::ToBase64String": lambda data: base64.b64encode(data).decode(),
    "[System.Convert]::FromBase64String": base64.b64decode,
}


CASTS: dict[str, Callable[[Any], Any]] = {
    "[char]": chr,
    "[datetime]": datetime.fromisoformat,
}


class Shell:
    """Variables, and how each kind of node is read; `run` is what knows the cmdlets."""

    def __init__(self, run: Run, static: Mapping[str, Callable[..., Any]] | None = None) -> None:
        self.run = run
        self.static = {**STATIC, **(static or {})}
        self.variables: dict[str, Any] = {"true": True, "false": False, "null": None}

    def play(self, text: str) -> list[Any]:
        root = parse(text)
        assert not root.has_error
        return self.all(root)

    def all(self, node: Node) -> list[Any]:
        """Run a block; give back what falls out of it."""
        return [each for child in node.named_children for each in many(self.value(child))]

    def value(self, node: Node) -> Any:
        node = plain(node)
        reader: Callable[[Node], Any] | None = getattr(self, f"_{node.type}", None)
        if reader is not None:
            return reader(node)
        if node.type in BLOCKS:
            return one(self.all(node))
        text = words(node)
        assert text.startswith("$"), f"{node.type}: {text[:80]}"
        return self.variables.get(text[1:].casefold())

    # ---- statements ----

    def _comment(self, _: Node) -> None:
        return None

    def _assignment_expression(self, node: Node) -> None:
        left, sign, right = node.named_children
        name, value = words(left)[1:].casefold(), self.value(right)
        self.variables[name] = value if words(sign) == "=" else added(self.variables[name], value)

    def _if_statement(self, node: Node) -> Any:
        condition, *blocks = node.named_children
        taken = blocks[:1] if truth(self.value(condition)) else blocks[1:]
        return [each for block in taken for each in self.all(block)]

    def _foreach_statement(self, node: Node) -> Any:
        variable, source, block = node.named_children
        made = []
        for each in many(self.value(source)):
            self.variables[words(variable)[1:].casefold()] = each
            made += self.all(block)
        return made

    def _flow_control_statement(self, node: Node) -> None:
        raise ShellError(str(self.value(node.named_children[0])))

    # ---- cmdlets ----

    def _pipeline_chain(self, node: Node) -> Any:
        first, *rest = node.named_children
        flowing = many(self.value(first))
        for each in rest:
            flowing = self._command_on(plain(each), flowing)
        return one(flowing)

    def _command_on(self, node: Node, flowing: list[Any]) -> list[Any]:
        name, parameters, blocks = self._called(node)
        if name == "Select-Object":
            return flowing[: parameters["First"]]
        assert name in {"Where-Object", "ForEach-Object"}, name
        made = []
        for each in flowing:
            self.variables["_"] = each
            found = one(self.all(blocks[0]))
            made += many(found) if name == "ForEach-Object" else [each] * truth(found)
        return made

    def _command_name(self, node: Node) -> Any:
        return one(self.run(words(node), {}))

    def _command(self, node: Node) -> Any:
        name, parameters, _ = self._called(node)
        quiet = parameters.pop("ErrorAction", "") == "SilentlyContinue"
        try:
            return one(self.run(name, parameters))
        except ShellError:
            if quiet:
                return None
            raise

    def _called(self, node: Node) -> tuple[str, dict[str, Any], list[Node]]:
        """Read a command's name, parameters and script blocks."""
        name = node.child_by_field_name("command_name")
        assert name is not None, words(node)
        rest = node.child_by_field_name("command_elements")
        elements = [e for e in (rest.named_children if rest else ()) if words(e).strip(" :")]
        parameters: dict[str, Any] = {}
        blocks, waiting = [], ""
        for each in map(plain, elements):
            if each.type == "command_parameter":
                waiting = words(each).lstrip("-")
                parameters[waiting] = True
            elif words(each).startswith("@") and each.type == "variable":
                parameters |= self.variables[words(each)[1:].casefold()]
            elif each.type == "script_block_expression":
                blocks.append(each)
            elif waiting:
                parameters[waiting], waiting = self.value(each), ""
            else:
                parameters.setdefault("", []).append(self.value(each))
        return words(name), parameters, blocks

    # ---- expressions ----

    def _generic_token(self, node: Node) -> str:
        return words(node)

    def _verbatim_string_characters(self, node: Node) -> str:
        return words(node)[1:-1].replace("''", "'")

    def _expandable_string_literal(self, node: Node) -> str:
        text = words(node)[1:-1]
        for part in node.named_children:
            text = text.replace(words(part), str(one(self.all(part))))
        return text.replace('""', '"')

    def _decimal_integer_literal(self, node: Node) -> int:
        return int(words(node))

    def _hexadecimal_integer_literal(self, node: Node) -> int:
        return int(words(node), 16)

    def _cast_expression(self, node: Node) -> Any:
        kind, value = node.named_children
        return CASTS[words(kind)](self.value(value))

    def _array_expression(self, node: Node) -> list[Any]:
        return self.all(node)

    def _array_literal_expression(self, node: Node) -> list[Any]:
        return [self.value(each) for each in node.named_children]

    def _hash_literal_expression(self, node: Node) -> dict[str, Any]:
        entries = [child for each in node.named_children for child in _entries(each)]
        return {self._key(each.named_children[0]): self.value(each.named_children[1]) for each in entries}  # fmt: skip

    def _key(self, node: Node) -> str:
        text = words(node)
        return text[1:-1] if text.startswith("'") else text

    def _expression_with_unary_operator(self, node: Node) -> bool:
        assert words(node).startswith("-not")
        return not truth(self.value(node.named_children[-1]))

    def _two(self, node: Node) -> Any:
        left, sign, right = node.children
        return COMPARE[words(sign).casefold()](self.value(left), self.value(right))

    def _logical_expression(self, node: Node) -> bool:
        """Look at the right side only where the left one leaves it open, as PowerShell does."""
        left, sign, right = node.children
        decided = truth(self.value(left))
        if words(sign).casefold() == "-and":
            return decided and truth(self.value(right))
        return decided or truth(self.value(right))

    _additive_expression = _comparison_expression = _two
    _format_expression = _two

    def _member_access(self, node: Node) -> Any:
        owner, name = node.named_children
        return member(self.value(owner), words(name))

    def _invokation_expression(self, node: Node) -> Any:
        owner, name, rest = node.named_children
        given = [self.value(each) for part in rest.named_children for each in _arguments(part)]
        if owner.type == "type_literal":
            return self.static[f"{words(owner)}::{words(name)}"](*given)
        return METHODS[words(name)](self.value(owner), *given)


BLOCKS = {
    "program",
    "statement_list",
    "statement_block",
    "else_clause",
    "script_block_expression",
    "script_block",
    "script_block_body",
    "parenthesized_expression",
    "sub_expression",
    "pipeline",
}


def _entries(node: Node) -> list[Node]:
    if node.type == "hash_entry":
        return [node]
    return [found for child in node.named_children for found in _entries(child)]


def _arguments(node: Node) -> list[Node]:
    node = plain(node)
    return node.named_children if node.type == "argument_expression_list" else [node]


def now() -> datetime:
    return datetime.now(UTC)
