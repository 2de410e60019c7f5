"""Who may import whom: cli, then terminal and the stories, then steps, then systems, then ground."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GROUND = {
    *("errors", "state", "clock", "failpoint", "redaction", "secret", "shelf", "visible"),
    *("permissions", "keyfiles", "jks", "keystores", "packing", "certificates", "signing_requests"),
    *("strict_yaml", "inputs", "lock", "journal", "home", "members", "recipient_filter"),
}
FOLDERS = {"cli", "practice", "steps", "findings", "systems"}
BELOW = {
    "ground": {"ground"},
    "systems": {"ground", "systems"},
    "steps": {"ground", "systems", "steps"},
    "findings": {"ground", "findings"},
    "story": {"ground", "systems", "steps", "findings", "story"},
    "terminal": {"ground", "story", "terminal"},
    "cli": {"ground", "systems", "steps", "findings", "story", "terminal", "cli"},
    "practice": {"ground", "practice"},
}
"""What each layer may import of ours; a root file that isn't named here is part of the story."""
SERVICES = {"azure", "msgraph", "msgraph_core", "msal", "httpx", "exchangelib", "winrm", "requests"}
PRACTICE_OPENS = {"toolkit.cli.connect", "toolkit.cli.practice"}
STARTS_PROGRAMS = {"toolkit.secret", "toolkit.systems.exchange_server"}


def layer(module: str) -> str:
    second = module.split(".")[1] if "." in module else ""
    if second in FOLDERS:
        return second
    if second in GROUND:
        return "ground"
    if second == "terminal":
        return "terminal"
    return "cli" if second == "__main__" else "story" if second else "ground"


def imports(tree: ast.AST, *, top: bool = True) -> Iterator[tuple[str, bool]]:
    """List every module a file imports, and whether at once (not only when a function runs)."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            whole = [f"{base}.{alias.name}" for alias in node.names if base in PACKAGES]
            yield from ((name, top) for name in whole or [base])
        else:
            inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from imports(node, top=top and not inside)


def offences(module: str, source: str) -> list[str]:
    """Say what a module imports that it may not."""
    here, found = layer(module), []
    for name, at_once in imports(ast.parse(source)):
        first, there = name.split(".")[0], layer(name)
        if name.startswith("."):
            found.append(f"{module} imports by dots")
        elif first == "toolkit" and there == "practice" and here != "practice":
            if module not in PRACTICE_OPENS or at_once:
                found.append(f"{module} opens the practice tenant")
        elif first == "toolkit" and there not in BELOW[here]:
            if (here, name) != ("practice", "toolkit.systems.clouds"):
                found.append(f"{module} imports {name}, which lies above it")
        elif first.startswith("kiota") or first in SERVICES:
            if here != "systems":
                found.append(f"{module} speaks to {first}")
        elif first == "subprocess" and module not in STARTS_PROGRAMS:
            found.append(f"{module} starts programs")
    return found


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


FILES = sorted((ROOT / "toolkit").rglob("*.py"))
PACKAGES = {module_of(path) for path in FILES if path.name == "__init__.py"}


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_file_imports_only_what_lies_below_it(path):
    assert offences(module_of(path), path.read_text(encoding="utf-8")) == []


FORBIDDEN = [
    ("toolkit.state", "from toolkit.steps import CATALOGUE"),
    ("toolkit.state", "import toolkit.engine"),
    ("toolkit.systems.graph", "from toolkit import engine"),
    ("toolkit.systems.graph", "from toolkit.steps.base import Step"),
    ("toolkit.steps.app", "from toolkit import playbook"),
    ("toolkit.steps.app", "def f():\n    from toolkit.engine import apply"),
    ("toolkit.steps.app", "from toolkit.terminal import Terminal"),
    ("toolkit.engine", "from toolkit.cli.apply import apply"),
    ("toolkit.engine", "from toolkit import terminal"),
    ("toolkit.engine", "from toolkit.practice import control"),
    ("toolkit.cli.setup", "def f():\n    from toolkit.practice import control"),
    ("toolkit.cli.connect", "from toolkit.practice import control"),
    ("toolkit.cli.connect", "if True:\n    import toolkit.practice.control"),
    ("toolkit.practice.store", "from toolkit.systems.graph import Graph"),
    ("toolkit.practice.store", "from toolkit import playbook"),
    ("toolkit.steps.app", "import msgraph"),
    ("toolkit.engine", "def f():\n    from azure.identity import X"),
    ("toolkit.checks", "import httpx"),
    ("toolkit.practice.server", "from kiota_abstractions.api_error import APIError"),
    ("toolkit.cli.certificates", "import subprocess"),
    ("toolkit.engine", "class A:\n    from . import plan"),
]
ALLOWED = [
    ("toolkit.cli.connect", "def f():\n    from toolkit.practice import control"),
    ("toolkit.practice.store", "from toolkit.systems.clouds import Cloud"),
    ("toolkit.practice.store", "from toolkit.systems import clouds"),
    ("toolkit.systems.graph", "import httpx\nfrom kiota_abstractions.api_error import APIError"),
    ("toolkit.secret", "import subprocess"),
    ("toolkit.engine", "from toolkit import playbook, story\nfrom toolkit.steps import CATALOGUE"),
    ("toolkit.__main__", "from toolkit.cli import mailgrant"),
]


@pytest.mark.parametrize(("module", "source"), FORBIDDEN)
def test_a_forbidden_import_is_found(module, source):
    assert offences(module, source)


@pytest.mark.parametrize(("module", "source"), ALLOWED)
def test_an_allowed_import_is_let_be(module, source):
    assert offences(module, source) == []


def test_every_file_of_the_ground_is_there():
    assert {name for name in GROUND if not (ROOT / "toolkit" / f"{name}.py").is_file()} == set()
