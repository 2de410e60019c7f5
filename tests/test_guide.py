"""The guide by hand: the names mailgrant looks for, PowerShell that parses, values that stay values."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

from tests.conftest import CommandLine
from toolkit import playbook, shelf
from toolkit.errors import RefusedError
from toolkit.powershell import Variable, literal
from toolkit.steps import CATALOGUE

PARSER = Parser(Language(tree_sitter_powershell.language()))
CONTRACT = Path(__file__).resolve().parents[2] / "shared" / "contracts" / "cmdlets.json"
FORMS = ("md", "html", "ps1", "json")
HOSTILE = (
    'O\'Brien \u2018a\u2019 \u201ab\u201b "c" $(calc) `d` $env:X ;e # \u00fc \u0451 \U0001f600'
)
COMBINATIONS = [
    pytest.param(name, combination, id=f"{name}-{n}")
    for name in playbook.names()
    for n, combination in enumerate(playbook.combinations(playbook.load(name)))
]


def broken(text: str) -> list[str]:
    """List where a script can't be read as PowerShell."""
    found: list[str] = []

    def walk(node: Node) -> None:
        if node.is_error or node.is_missing:
            found.append(f"line {node.start_point[0] + 1}: {node.text!r}")
        for child in node.children:
            walk(child)

    walk(PARSER.parse(text.encode()).root_node)
    return found


def commands(text: str) -> list[tuple[str, list[str]]]:
    """List every command of a script with its parameters."""
    found: list[tuple[str, list[str]]] = []

    def walk(node: Node) -> None:
        if node.type == "command":
            name = node.child_by_field_name("command_name")
            elements = node.child_by_field_name("command_elements")
            names = [
                (child.text or b"").decode().strip("-: ").partition(":")[0]
                for child in (elements.children if elements else ())
                if child.type == "command_parameter"
            ]
            found.append(((name.text or b"").decode() if name else "", names))
        for child in node.children:
            walk(child)

    walk(PARSER.parse(text.encode()).root_node)
    return found


def scripted(mailgrant: CommandLine, name: str, combination: Mapping[str, object]) -> str:
    given = [
        part
        for key, said in combination.items()
        for part in ("--set", f"{key}={said if isinstance(said, str) else 'yes' if said else 'no'}")
    ]
    ended = mailgrant("guide", name, "--yes", "--format", "ps1", *given)
    assert ended.code == 0, ended.err
    return ended.out


@pytest.mark.parametrize("do", sorted(CATALOGUE))
def test_every_step_kind_can_be_done_by_hand(do: str):
    for form in ("ps1", "txt"):
        assert (shelf.templates() / "guide" / f"{do}.{form}.j2").is_file()


@pytest.mark.parametrize(("name", "combination"), COMBINATIONS)
def test_the_script_of_every_playbook_is_powershell_in_ascii(
    mailgrant: CommandLine, name: str, combination: Mapping[str, object]
):
    text = scripted(mailgrant, name, combination)
    assert broken(text) == []
    assert text.isascii()


@pytest.mark.parametrize(("name", "combination"), COMBINATIONS)
def test_exchanges_cmdlets_and_parameters_exist(
    mailgrant: CommandLine, name: str, combination: Mapping[str, object]
):
    if not CONTRACT.is_file():
        pytest.skip("Microsoft's list of cmdlets is not beside this folder")
    known = json.loads(CONTRACT.read_text(encoding="utf-8"))
    common = {each.lower() for each in known["common_parameters"]}
    cmdlets = {each.lower(): body for each, body in known["cmdlets"].items()}
    for command, names in commands(scripted(mailgrant, name, combination)):
        body = cmdlets.get(command.lower())
        if body is None:
            assert "-mg" in command.lower() or command in OTHERS, command
            continue
        for parameter in names:
            if parameter.lower() in common:
                continue
            found = {each.lower(): p for each, p in body["parameters"].items()}.get(
                parameter.lower()
            )
            assert found is not None, f"{command} -{parameter}"
            assert set(found.get("products", body["applicable"])) & {
                "exo",
                "core",
                "Exchange Online",
            }, parameter


OTHERS = {
    "Connect-ExchangeOnline",
    "New-SelfSignedCertificate",
    "Where-Object",
    "ForEach-Object",
    "Get-Date",
}


def test_the_names_in_it_are_those_mailgrant_looks_for(mailgrant: CommandLine):
    text = scripted(mailgrant, "mytimetable-graph", {})
    for value in (
        "uniqueName     = 'mailgrant-mytimetable-graph-prod'",
        "@('mailgrant', 'mailgrant:mytimetable-graph:prod')",
        "-Name 'mailgrant-mytimetable-graph-prod-calendars-readwrite'",
        "CustomAttribute15 = 'mailgrant:mytimetable-graph:prod'",
    ):
        assert value in text


def test_hostile_answers_stay_values_in_every_form(mailgrant: CommandLine):
    line = ("guide", "graph-application", "--yes", "--set", f"name={HOSTILE}")
    text = mailgrant(*line, "--format", "ps1")
    assert text.code == 0, text.err
    assert broken(text.out) == []
    plain = mailgrant(*line[:3], "--format", "ps1")
    assert [c for c, _ in commands(text.out)] == [c for c, _ in commands(plain.out)]
    for form in FORMS:
        ended = mailgrant(*line, "--format", form)
        assert ended.code == 0
        assert "<script" not in ended.out


def test_all_five_quotes_are_doubled_or_numbered():
    assert literal("O'Brien") == "'O''Brien'"
    assert literal("a\u2018b") == "('a' + [char]0x2018 + 'b')"
    assert literal("\U0001f600") == "('' + [char]0xD83D + [char]0xDE00)"
    assert literal("") == "''"
    assert literal(("a", "b")) == "@('a', 'b')"
    assert (literal(True), literal(7), literal(Variable("app_id"))) == ("$true", "7", "$app_id")


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "a\x00b", "a\u2028b", "a\x85b"])
def test_a_line_break_in_a_value_is_refused(text: str):
    with pytest.raises(RefusedError):
        literal(text)


def test_the_parser_would_find_a_break_out():
    assert broken("Get-Recipient -Identity 'it's'") != []


def test_the_page_needs_nothing_else(mailgrant: CommandLine):
    page = mailgrant("guide", "mytimetable-graph", "--yes", "--format", "html").out
    assert "Content-Security-Policy" in page
    assert "default-src" in page
    assert "<script" not in page
    assert "entra.microsoft.com" in page
    assert 'href="http' not in page


def test_nothing_is_sent(mailgrant: CommandLine):
    before = mailgrant.status()["requests"]
    assert mailgrant("guide", "mytimetable-graph", "--yes").code == 0
    assert mailgrant.status()["requests"] == before
