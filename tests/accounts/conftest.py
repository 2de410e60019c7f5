"""Set-ups whose people are let in and out: for who is assigned, for everybody, and for one person each."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import CommandLine
from tests.desk import (
    OPEN,
    desk,
    personal,
)
from tests.set_up import copied


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
