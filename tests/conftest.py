"""A home with a fresh practice world for each test, and the command line to use it with."""

import contextlib
import copy
import io
import json
import random
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from toolkit import playbook, redaction
from toolkit.__main__ import run
from toolkit.practice import control
from toolkit.practice.clock import PracticeClock
from toolkit.practice.store import Store
from toolkit.practice.world import World

PLAYBOOKS = [
    *playbook.names(),
    *sorted(path.as_posix() for path in (Path(__file__).parent / "playbooks").glob("*.yaml")),
]
"""Those that ship, by name, and those that are here for the tests, by path."""
KEYS = 16
"""How many RSA keys of a size are really made before they are drawn by lot."""
NOT_OURS = ("AZURE_", "MAILGRANT_", "NO_COLOR", "FORCE_COLOR")


def set_options(combination: Mapping[str, Any]) -> list[str]:
    """Write a combination of answers as --set options."""
    words = {True: "yes", False: "no"}
    given = [f"{name}={words.get(value, value)}" for name, value in combination.items()]
    return [word for each in given for word in ("--set", each)]


def called(combination: Mapping[str, Any]) -> str:
    """Name a combination of answers, for the id of a test."""
    said = [name if value is True else str(value) for name, value in combination.items() if value]
    return "-".join(said) or "plain"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class CommandLine:
    """mailgrant in this process, on the practice tenant of one home."""

    home: Path

    def __call__(self, *arguments: str) -> Ended:
        out, err = io.StringIO(), io.StringIO()
        line = ["--tenant", "practice", "--home", str(self.home), *arguments]
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(line)
        return Ended(code, out.getvalue(), err.getvalue())

    def carried_out(self, *arguments: str) -> Ended:
        """Apply, and say yes where the second go waits for a person."""
        ended = self("apply", *arguments, "--yes", "--json")
        if ended.code == 75 and json.loads(self("runs", "--json").out)["runs"][-1]["awaits"]:
            return self("runs", "resume", ended.json["run"], "--confirmed", "--json")
        return ended

    @property
    def practice(self) -> Path:
        return self.home / "practice"

    def status(self) -> dict[str, Any]:
        return control.status(self.practice)

    def digest(self) -> str:
        return str(self.status()["world"])

    def switch(self, *lines: str) -> None:
        for line in lines:
            control.add_fault(self.practice, line)

    def journal(self) -> list[dict[str, Any]]:
        (folder,) = (self.home / "runs").iterdir()
        return [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]

    @contextlib.contextmanager
    def world(self) -> Iterator[World]:
        store = Store(self.practice / control.FILE)
        try:
            yield World(store=store, clock=PracticeClock(store), base="")
        finally:
            store.close()


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith(NOT_OURS):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def secrets_of_other_tests_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a process know the secrets of one test alone, as it knows those of one command.

    Every text that leaves is searched for each of them: a worker that remembers a thousand tests
    takes ten times as long for the next.
    """
    monkeypatch.setattr(redaction, "_known", copy.copy(redaction._known))


@pytest.fixture(scope="session", autouse=True)
def keys_are_read_quickly() -> Iterator[None]:
    """Spare every sign-in two tests of primes, which take as long as the rest of the run.

    cryptography tests a private key's primes each time it reads one; whether it does isn't ours.
    """
    from cryptography.hazmat.primitives import serialization
    from jwt import algorithms

    quickly = partial(serialization.load_pem_private_key, unsafe_skip_rsa_key_validation=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serialization, "load_pem_private_key", quickly)
        patch.setattr(algorithms, "load_pem_private_key", quickly)
        yield


@pytest.fixture(scope="session", autouse=True)
def keys_are_made_quickly() -> Iterator[set[Any]]:
    """Draw RSA keys by lot from the first ones that were made, never one twice in a test.

    A key of 3072 bits costs cryptography a quarter of a second, as much as the rest of a plan;
    how it looks for primes isn't ours. Gives back the keys that the test of the moment has used.
    """
    from cryptography.hazmat.primitives.asymmetric import rsa

    make, lot = rsa.generate_private_key, random.SystemRandom()
    made: list[Any] = []
    used: set[Any] = set()

    def quickly(public_exponent: int, key_size: int) -> Any:
        fitting = [key for key in made if key.key_size == key_size]
        spare = [key for key in fitting if key not in used]
        if len(fitting) < KEYS or not spare:
            made.append(key := make(public_exponent, key_size))
        else:
            key = lot.choice(spare)
        used.add(key)
        return key

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rsa, "generate_private_key", quickly)
        yield used


@pytest.fixture(autouse=True)
def keys_of_other_tests_may_come_again(keys_are_made_quickly: set[Any]) -> Iterator[None]:
    of_wider_fixtures = set(keys_are_made_quickly)
    yield
    keys_are_made_quickly.intersection_update(of_wider_fixtures)


@pytest.fixture(scope="session")
def fresh_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    control.make(home / "practice")
    return home


@pytest.fixture
def mailgrant(fresh_home: Path, tmp_path: Path) -> CommandLine:
    return CommandLine(Path(shutil.copytree(fresh_home, tmp_path / "home")))


@pytest.fixture
def person(mailgrant: CommandLine) -> CommandLine:
    """With a profile `person`, by which people sign in to the practice tenant."""
    ended = mailgrant("tenants", "add", "person", "--practice")
    assert ended.code == 0, ended.err
    return mailgrant
