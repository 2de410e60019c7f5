"""Plans drawn without a tenant, and runs really made on the practice tenant."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from toolkit import certificates, inputs, playbook
from toolkit import survey as surveying
from toolkit.clock import SystemClock
from toolkit.home import Home, Run
from toolkit.plan import Plan
from toolkit.state import Change, State
from toolkit.steps.base import Mark

Draw = Callable[..., Plan]
Runs = Callable[..., Run]

TENANT = {
    "profile": "contoso",
    "name": "Contoso",
    "domain": "contoso.example",
    "id": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
    "who": "ada@contoso.example",
    "practice": False,
}


@pytest.fixture(scope="session")
def draw() -> Draw:
    def drawn(
        *,
        name: str = "mytimetable-graph",
        text: str = "",
        found: Mapping[str, State] | None = None,
        tenant: Mapping[str, Any] | None = None,
        answers: Mapping[str, Any] | None = None,
    ) -> Plan:
        book = playbook.parse(text, name, "a text") if text else playbook.load(name)
        given = inputs.resolve(book.questions, answers or {}, None, practice=True)
        whole = {**TENANT, **(tenant or {})}
        known: dict[str, Any] = dict(given)
        known |= {f"tenant.{key}": whole[key] for key in ("id", "domain", "name")}
        goes = surveying.entries(book, given)
        changes = []
        for entry in (*goes.first, *goes.second):
            state = (found or {}).get(entry.name)
            known |= {f"{entry.name}.{key}": value for key, value in (state or {}).items()}
            step = playbook.build(entry, known, Mark(book.name, str(given["instance"])))
            changes.append(surveying.as_planned(entry, step, Change(state, step.wanted(state))))
        for entry in goes.last:
            step = playbook.build(entry, known, Mark(book.name, str(given["instance"])))
            changes.append(surveying.as_planned(entry, step, Change({"app": "x"}, None)))
        return Plan(
            book=book,
            answers=given,
            tenant=whole,
            changes=tuple(changes),
            drawn=datetime(2026, 11, 20, 9, 30, tzinfo=UTC),
            notes=("Exchange is asked through an endpoint without a contract.",),
        )

    return drawn


@pytest.fixture(scope="session")
def vendor_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("vendor") / "vendor.pem"
    pair = certificates.make("vendor", days=300, now=datetime.now(UTC))
    path.write_bytes(pair.certificate.pem)
    return path


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Run `mailgrant setup` on a practice tenant of its own, once for each set of answers."""
    homes: dict[tuple[str, ...], Path] = {}

    def run(*options: str) -> Run:
        if options not in homes:
            home = tmp_path_factory.mktemp("home")
            line = [sys.executable, "-m", "toolkit", "--tenant", "practice", "--home", str(home)]
            setup = [*line, "setup", "mytimetable-graph", "--yes", *options]
            done = subprocess.run(setup, capture_output=True, text=True, check=False, timeout=120)
            assert done.returncode in (0, 75), done.stderr
            homes[options] = home
        return Home(homes[options], SystemClock()).runs()[-1]

    return run
