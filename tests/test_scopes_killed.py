"""A scope that moves from one kind to another, killed around its writes: nothing doubled, nothing left."""

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from tests.killing import Scene
from tests.scenes import (
    LAG,
    LAGS,
    MAIN,
    as_if_never_killed,
    copy_of,
    done,
    killed,
    killed_everywhere,
    taking_back,
    undo_what_began,
)

WAYS = ("group", "filter", "groups", "administrative_unit", "group")
COLOURS = ("--set", "colours=yes")


def apply(way: str, *words: str) -> tuple[str, ...]:
    return ("apply", MAIN, "--yes", "--json", "--set", f"mailboxes_by={way}", *words)


def moving(start: tuple[str, ...], end: tuple[str, ...]) -> Callable[[Path], Scene]:
    """Move a set-up from one kind of scope to another."""

    def scene(home: Path) -> Scene:
        done(home, *start)
        return as_if_never_killed(home, end)

    return scene


def move_regretted(start: tuple[str, ...], end: tuple[str, ...]) -> Callable[[Path], Scene]:
    """Begin to move it, and take that back."""

    def scene(home: Path) -> Scene:
        first = done(home, *start)
        return taking_back(home, end, copy_of(home), partial(undo_what_began, but=first))

    return scene


def move_undone(start: tuple[str, ...], end: tuple[str, ...]) -> Callable[[Path], Scene]:
    """Take a move back that was done."""

    def scene(home: Path) -> Scene:
        done(home, *start)
        before = copy_of(home)
        run = done(home, *end)
        return taking_back(home, ("undo", run, "--yes"), before)

    return scene


MOVES = {f"{one} to {other}": (apply(one), apply(other)) for one, other in pairwise(WAYS)}
MOVES |= {
    "two roles to a filter": (apply("group", *COLOURS), apply("filter", *COLOURS)),
    "two roles to one": (apply("groups", *COLOURS), apply("groups")),
}
SCENES = {
    f"{title}{ending}": kind(*move)
    for title, move in MOVES.items()
    for kind, ending in ((moving, ""), (move_regretted, ", regretted"), (move_undone, ", undone"))
}


ALWAYS = ("group to filter", "administrative_unit to group", "two roles to one")


@pytest.mark.parametrize("title", [each for each in SCENES if each.startswith(ALWAYS)])
def test_a_move_survives_kills(fresh_home: Path, tmp_path: Path, title: str):
    assert killed(fresh_home, tmp_path, SCENES, title, LAG, size=2) == []


@pytest.mark.matrix
@pytest.mark.parametrize("lag", LAGS)
@pytest.mark.parametrize("title", SCENES)
def test_a_move_survives_every_kill(fresh_home: Path, tmp_path: Path, title: str, lag: int):
    assert killed_everywhere(fresh_home, tmp_path, SCENES, title, lag) == []
