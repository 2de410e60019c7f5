"""The guide by hand: the names mailgrant looks for, PowerShell that parses, values that stay values."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tree_sitter import Node

from tests.answers import every_pair
from tests.conftest import CommandLine, set_options
from tests.powershell import Shell, parse
from toolkit import playbook, shelf
from toolkit.errors import RefusedError
from toolkit.powershell import Variable, literal
from toolkit.steps import CATALOGUE

CONTRACT = Path(__file__).resolve().parents[2] / "shared" / "contracts" / "cmdlets.json"
FORMS = ("md", "html", "ps1", "json")
HOSTILE = (
    'O\'Brien \u2018a\u2019 \u201ab\u201b "c" $(calc) `d` $env:X ;e # \u00fc \u0451 \U0001f600'
)
COMBINATIONS = every_pair(playbook.names())


def broken(text: str) -> list[str]:
    """List where a script can't be read as PowerShell."""
    found: list[str] = []

    def walk(node: Node) -> None:
        if node.is_error or node.is_missing:
            found.append(f"line {node.start_point[0] + 1}: {node.text!r}")
        for child in node.children:
            walk(child)

    walk(parse(text))
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

    walk(parse(text))
    return found


def scripted(mailgrant: CommandLine, name: str, combination: Mapping[str, object]) -> str:
    ended = mailgrant("guide", name, "--yes", "--format", "ps1", *set_options(combination))
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
def test_every_cmdlet_and_parameter_exists(
    mailgrant: CommandLine, name: str, combination: Mapping[str, object]
):
    check_cmdlets(scripted(mailgrant, name, combination))


def test_every_step_kind_and_field_has_its_commands(mailgrant: CommandLine, tmp_path: Path):
    book = tmp_path / "rest.yaml"
    book.write_text(REST, encoding="utf-8")
    text = scripted(mailgrant, str(book), {})

    assert broken(text) == []
    check_cmdlets(text)
    assert {"Get-MgUser", "New-MgApplicationOwnerByRef"} <= {name for name, _ in commands(text)}
    for form in ("md", "html"):
        page = mailgrant("guide", str(book), "--yes", "--format", form).out
        assert "Enabled for users to sign-in: No" in page
        assert "it lies in the vendor" in page


def test_the_second_go_is_one_block_behind_one_question(mailgrant: CommandLine, tmp_path: Path):
    book = tmp_path / "rest.yaml"
    book.write_text(REST, encoding="utf-8")
    text = scripted(mailgrant, str(book), {})
    tree = parse(text)
    last = tree.named_children[-1].named_children[-1]

    assert text.count("Read-Host -Prompt ('Is it proved? Is it in use?") == 1
    assert last.type == "if_statement"
    block = (last.text or b"").decode()
    for number, title in ((9, "Certificates that"), (10, "Permissions on dead")):
        assert f"# ---- {number}. {title}" not in text.replace(block, "")


def test_an_application_of_others_is_taken_as_it_is(mailgrant: CommandLine):
    line = ("guide", "mytimetable-graph", "--yes", "--adopt", VENDOR)
    text = mailgrant(*line, "--format", "ps1").out
    page = mailgrant(*line, "--format", "md").out

    assert "create-if-missing" not in text
    assert f"'appId eq ''{VENDOR}''" in text
    assert "Change nothing about it" in page
    assert "New registration" not in page


def check_cmdlets(text: str) -> None:
    """Hold every cmdlet and parameter of a script against Microsoft's reference."""
    if not CONTRACT.is_file():
        pytest.skip("Microsoft's list of cmdlets is not beside this folder")
    known = json.loads(CONTRACT.read_text(encoding="utf-8"))
    common = {each.lower() for each in known["common_parameters"]}
    cmdlets = {each.lower(): body for each, body in known["cmdlets"].items()}
    for command, names in commands(text):
        assert not command.startswith(RETIRED), command
        if command in GRAPH:
            assert set(names) <= GRAPH[command], (command, names)
            continue
        body = cmdlets[command.lower()]
        for parameter in (each.lower() for each in names if each.lower() not in common):
            found = {each.lower(): p for each, p in body["parameters"].items()}.get(parameter)
            assert found is not None, f"{command} -{parameter}"
            assert set(found.get("products", body["applicable"])) & PRODUCTS, parameter


PRODUCTS = {"exo", "core", "Exchange Online"}
RETIRED = ("Connect-Msol", "Connect-AzureAD", "New-ApplicationAccessPolicy", "Get-Msol")
THUMBPRINT = "FD82D832EEC1655C2CED27BE2473C2C610E496F2"
VENDOR = "5f0e4c1a-6d0e-4a53-9d5b-0f3a7c1b2d4e"
PRINCIPAL = {"ServicePrincipalId", "BodyParameter"}
GRAPH = {
    "Connect-MgGraph": {"TenantId", "Scopes", "NoWelcome", "Environment"},
    "Invoke-MgGraphRequest": {"Method", "Uri", "Headers", "Body"},
    "Get-MgApplication": {"Filter"},
    "Update-MgApplication": {"ApplicationId", "BodyParameter"},
    "Get-MgApplicationOwner": {"ApplicationId"},
    "New-MgApplicationOwnerByRef": {"ApplicationId", "BodyParameter"},
    "Get-MgServicePrincipal": {"Filter", "ServicePrincipalId"},
    "New-MgServicePrincipal": {"BodyParameter"},
    "Update-MgServicePrincipal": PRINCIPAL,
    "Get-MgServicePrincipalAppRoleAssignment": {"ServicePrincipalId", "All"},
    "New-MgServicePrincipalAppRoleAssignment": PRINCIPAL,
    "Get-MgServicePrincipalAppRoleAssignedTo": {"ServicePrincipalId", "All"},
    "New-MgServicePrincipalAppRoleAssignedTo": PRINCIPAL,
    "Get-MgOauth2PermissionGrant": {"Filter"},
    "New-MgOauth2PermissionGrant": {"BodyParameter"},
    "Get-MgUser": {"UserId", "Filter"},
    "Get-MgGroup": {"Filter"},
    "icacls.exe": set(),
}
"""What is used of the Microsoft Graph PowerShell SDK, and the one program of Windows.

Source: learn.microsoft.com/powershell/module/microsoft.graph.applications, .users, .groups,
.identity.signins, .authentication; learn.microsoft.com/windows-server/administration/windows-commands/icacls
"""
REST = f"""
title: All that the shipped playbooks don't use
questions: []
steps:
  - {{do: app, as: vendor, name: A vendor's app, existing: {VENDOR}}}
  - {{do: app, as: app, name: Ours, owners: [anna@northbridge.example]}}
  - {{do: members, as: members, group: a-group@northbridge.example, add: [a@northbridge.example], remove: [b@northbridge.example]}}
  - {{do: redirect, app: "${{app.client_id}}", addresses: ["https://site.example/back?a=1&b='2'"], kind: spa, home_page: "https://site.example"}}
  - {{do: delegated_consent, app: "${{app.client_id}}", delegated: [Calendars.Read], person: anna@northbridge.example}}
  - {{do: user_assignment, app: "${{app.client_id}}", people: ["o'brien@northbridge.example", {VENDOR}]}}
  - {{do: client_secret, as: secret, app: "${{app.client_id}}", days: 30, beside: {VENDOR}}}
  - {{do: certificate, as: key, app: "${{app.client_id}}", set_up: other-prod, beside: {THUMBPRINT}}}
  - {{do: personal_consent, app: "${{app.client_id}}", people: ["o'brien@northbridge.example"], delegated: [Calendars.Read]}}
  - {{do: personal_consent, as: no_consent, app: "${{app.client_id}}", people: [anna@northbridge.example], gone: true}}
  - {{do: assignment, app: "${{app.client_id}}", people: ["o'brien@northbridge.example"]}}
  - {{do: assignment, as: no_assignment, app: "${{app.client_id}}", people: [anna@northbridge.example], gone: true}}
  - {{do: sign_out, people: ["o'brien@northbridge.example"]}}
  - {{do: app_switch, as: switch, app: "${{app.client_id}}", enabled: false}}
second_go:
  confirm: {json.dumps(f"Is it in use? {HOSTILE}", ensure_ascii=False)}
  steps:
    - {{do: retire_certificates, as: old, app: "${{app.client_id}}", thumbprints: [{THUMBPRINT}]}}
    - {{do: retire_grants, as: dead, app: "${{app.client_id}}"}}
"""


def test_the_names_in_it_are_those_mailgrant_looks_for(mailgrant: CommandLine):
    text = scripted(mailgrant, "mytimetable-graph", {})
    for value in (
        "applications(uniqueName=''mailgrant-mytimetable-graph-prod'')",
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


@given(st.text(st.characters(exclude_categories=["Cc", "Zl", "Zp", "Cs"])))
@example(HOSTILE)
@example('$(Remove-Item x) `$a "b" @{c=1} #> <# %d {e}')
def test_whatever_is_answered_is_one_value_that_powershell_reads_back(text: str):
    said = literal(text)
    shell = Shell(lambda *_: [])
    shell.play(f"$read = {said}")

    assert said.isascii()
    assert joined(shell.variables["read"]) == text
    assert commands(f"Get-Recipient -Identity {said}")[0] == ("Get-Recipient", ["Identity"])


def joined(read: str) -> str:
    """Put together again what is written as two UTF-16 numbers."""
    return read.encode("utf-16-le", "surrogatepass").decode("utf-16-le")


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


def test_names_and_cloud_are_those_of_the_profile(mailgrant: CommandLine):
    profile = (
        f'[agency]\ntenant = "{VENDOR}"\ndomain = "agency.example"\ncloud = "us-gov-high"\n'
        'apps = "UT "\ngroups = "ut-"\nassignments = "ut_"\n'
    )
    (mailgrant.home / "tenants.toml").write_text(profile, encoding="utf-8")
    options = [
        word
        for each in ("group=g", "owner=o", "inside=a", "outside=b")
        for word in ("--set", f"{each}@agency.example")
    ]
    line = (
        "--tenant",
        "agency",
        "guide",
        "mytimetable-graph",
        "--yes",
        *options,
        "--format",
        "ps1",
    )
    ended = mailgrant(*line)

    assert ended.code == 0, ended.err
    check_cmdlets(ended.out)
    for value in (
        "-Environment 'USGov' -NoWelcome",
        "-ExchangeEnvironmentName 'O365USGovGCCHigh'",
        "displayName    = 'UT MyTimetable-prod'",
        "-Name 'ut-mailgrant-mytimetable-graph-prod-",
        "'ut_mailgrant-mytimetable-graph-prod-calendars-readwrite'",
        "mailgrant-names:mytimetable-graph:prod:UT |ut-|ut_",
    ):
        assert value in ended.out
