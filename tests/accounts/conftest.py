"""Set-ups whose people are let in and out, by a served practice tenant and a narrow page of Chromium."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chromium import Page, launched, visiting
from tests.cli.test_practice_start import started
from tests.conftest import CommandLine
from tests.desk import OPEN, desk, personal
from tests.set_up import copied

NARROW = {"width": 400, "height": 800}


@pytest.fixture(scope="module")
def home(fresh_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return desk(fresh_home, tmp_path_factory.mktemp("made"))


@pytest.fixture
def mailgrant(home: Path, tmp_path: Path) -> CommandLine:
    return copied(home, tmp_path)


@pytest.fixture(scope="module")
def open_home(fresh_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return desk(fresh_home, tmp_path_factory.mktemp("open"), *OPEN)


@pytest.fixture
def everybody(open_home: Path, tmp_path: Path) -> CommandLine:
    return copied(open_home, tmp_path / "everybody")


@pytest.fixture(scope="module")
def personal_home(fresh_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Path(shutil.copytree(fresh_home, tmp_path_factory.mktemp("personal") / "home"))
    personal(CommandLine(made))
    return made


@pytest.fixture
def one_by_one(personal_home: Path, tmp_path: Path) -> CommandLine:
    return copied(personal_home, tmp_path / "one")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with launched() as opened:
        yield opened


@pytest.fixture
def world(mailgrant: CommandLine) -> Iterator[dict[str, Any]]:
    mailgrant.switch("lag off", "sts-lag off")
    with started(mailgrant.home) as served:
        yield served


@pytest.fixture
def page(chromium: Any, world: dict[str, Any]) -> Iterator[Page]:
    with visiting(chromium, world["url"], viewport=NARROW) as opened:
        yield opened
