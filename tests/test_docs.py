"""What the pages say is what is there."""

import ast
import importlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import get_args

import click
import pytest

from tests.conftest import CommandLine
from toolkit import __version__, errors, playbook
from toolkit.__main__ import INTERRUPTED, UNEXPECTED
from toolkit.cli import COMMANDS
from toolkit.cli.apply import EXITS
from toolkit.steps import CATALOGUE
from toolkit.verdicts import Word

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
CHANGES = 3
ONE_MACHINE = re.compile(
    r"/(?:home|Users)/(?!you\b)[\w.-]+/|/root/|/work/|[A-Z]:\\Users\\|/opt/venv|/tmp/[a-z]"
)


def table(text: str, head: str) -> list[list[str]]:
    """Read the rows below the head of a table, as lists of cells."""
    _, _, below = text.partition(f"\n{head}\n")
    assert below, f"there is no table | {head} |"
    rows = below.splitlines()[1:]
    end = next((n for n, row in enumerate(rows) if not row.startswith("|")), len(rows))
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows[:end]]


def named(text: str, head: str) -> list[str]:
    """List what the first column of a table names in backticks."""
    return [re.sub(r"`(.*)`", r"\1", row[0]) for row in table(text, head)]


def commands() -> list[str]:
    """List every command that does something by itself."""
    found = []
    for name, (module, _) in COMMANDS.items():
        command = getattr(importlib.import_module(f"toolkit.cli.{module}"), name)
        if not isinstance(command, click.Group) or command.invoke_without_command:
            found.append(f"mailgrant {name}")
        if isinstance(command, click.Group):
            found += [f"mailgrant {name} {each}" for each in command.commands]
    return found


def package(requirement: str) -> str:
    found = re.match(r"[\w-]+", requirement)
    assert found is not None
    return found[0]


def exit_codes(kind: type[errors.MailgrantError]) -> set[int]:
    return {kind.exit_code}.union(*(exit_codes(each) for each in kind.__subclasses__()))


def test_the_help_in_the_readme_is_the_help():
    environment = {**os.environ, "COLUMNS": "80"}
    done = subprocess.run(
        [sys.executable, "-m", "toolkit", "--help"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"```text\n{done.stdout}```\n" in README


def test_the_readme_names_every_command_once_and_no_other():
    assert sorted(named(README, "| command | does |")) == sorted(commands())


def test_the_readme_names_every_playbook_by_its_title():
    shown = {name.strip("`"): title for name, title in table(README, "| playbook | sets up |")}
    assert shown == {name: playbook.load(name).title for name in playbook.names()}


def test_the_readme_names_every_step():
    assert sorted(named(README, "| step | one thing in the tenant |")) == sorted(CATALOGUE)


def test_the_readme_names_every_verdict():
    assert sorted(named(README, "| verdict | means |")) == sorted(get_args(Word))
    assert set(EXITS) == set(get_args(Word))


def test_the_readme_names_every_exit_code():
    real = exit_codes(errors.MailgrantError) | {*EXITS.values(), UNEXPECTED, INTERRUPTED, CHANGES}
    assert {int(code) for code in named(README, "| code | means |")} == real


def test_the_code_for_changes_is_what_plan_gives(mailgrant: CommandLine):
    assert mailgrant("plan", "mytimetable-graph", "--yes", "--check").code == CHANGES


def test_the_readme_names_every_dependency_and_no_other():
    assert named(README, "| package | for |") == [package(d) for d in PROJECT["dependencies"]]
    tools = README.partition("For the tests (`[test]`): ")[2].partition("\n")[0]
    assert re.findall(r"`([\w-]+)`", tools) == [
        package(d) for d in PROJECT["optional-dependencies"]["test"]
    ]


def test_every_dependency_is_imported():
    imported = {
        name.partition(".")[0]
        for path in ROOT.glob("toolkit/**/*.py")
        for name in re.findall(
            r"^\s*(?:from|import) ([\w.]+)", path.read_text("utf-8"), re.MULTILINE
        )
    }
    names = {"azure-identity": "azure", "msgraph-sdk": "msgraph", "PyYAML": "yaml"}
    needed = {names.get(package(d), package(d)) for d in PROJECT["dependencies"]}
    assert needed - imported == set()


@pytest.mark.parametrize(
    "line", re.findall(r"```faults\n(.*?)```", README, re.DOTALL)[0].splitlines()
)
def test_every_fault_in_the_readme_can_be_read(mailgrant: CommandLine, line: str):
    ended = mailgrant("practice", "fault", line)
    assert ended.code == 0, ended.err


def test_what_troubleshooting_quotes_is_what_mailgrant_says():
    code = " ".join(path.read_text(encoding="utf-8") for path in ROOT.glob("toolkit/**/*.py"))
    quoted = [
        text
        for row in table(README, "| you see | it is | do |")
        for text in re.findall(r'"([^"]+)"', row[0])
    ]
    assert quoted
    assert [text for text in quoted if text not in code] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_leads_somewhere(page: Path):
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?://)([^)#]*)(?:#([^)]+))?\)", text)
    for path, heading in links:
        target = page.parent / path if path else page
        assert target.exists(), path
        if heading:
            heads = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in [
                re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads
            ]


def test_the_ci_runs_the_two_lines_of_the_readme():
    lines = re.findall(r"^python3 -m venv \.venv && .*$", README, re.MULTILINE)
    assert [line.split(" && ")[2].split()[0] for line in lines] == [
        ".venv/bin/mailgrant",
        ".venv/bin/python",
    ]
    assert "README.md" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_powershell_runs_what_bash_runs():
    bash = re.findall(r"^python3 (-m venv .*)$", README, re.MULTILINE)
    windows = re.findall(r"^py -3 (-m venv .*)$", README, re.MULTILINE)
    assert len(bash) == len(windows) == 2
    for line, other in zip(bash, windows, strict=True):
        assert "&&" not in other
        plain = re.sub(r"; if \(\$LASTEXITCODE -eq 0\) \{ ", " && ", other).replace(" }", "")
        assert plain.rstrip("; ").replace("\\Scripts\\", "/bin/") == line


def test_the_changelog_speaks_of_this_version():
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert __version__ == PROJECT["version"]
    assert re.search(
        rf"^## \[{re.escape(__version__)}\] - \d{{4}}-\d\d-\d\d$", changes, re.MULTILINE
    )
    assert "## [Unreleased]" in changes


def test_the_map_names_every_module_and_no_other():
    real = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("toolkit/*.py"))
    mapped = [each for each in named(CONTRIBUTING, "| file | is for |") if each.endswith(".py")]
    assert sorted(mapped) == real


def test_the_map_names_every_folder_of_the_package():
    real = {
        f"{path.parent.relative_to(ROOT).as_posix()}/"
        for path in ROOT.glob("toolkit/*/__init__.py")
    }
    assert real <= set(named(CONTRIBUTING, "| file | is for |"))


def test_every_module_begins_with_what_it_is_for():
    for path in ROOT.glob("toolkit/**/*.py"):
        said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert said, path


def test_no_page_or_module_names_a_place_on_one_machine():
    found = []
    for path in _committed():
        if path == Path(__file__):
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {place}" for place in ONE_MACHINE.findall(text)]
    assert found == []


def _committed() -> list[Path]:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("this is no git clone, so nobody knows what is committed")
    line = [git, "-C", str(ROOT), "ls-files", "-z"]
    names = subprocess.run(line, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]
