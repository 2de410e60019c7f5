"""Which combinations of answers the tests play always: a fair few of each playbook; the rest is for the matrix."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import called
from toolkit import playbook

MOST = 12
"""So many combinations of one playbook are played always, however many questions it asks."""
Answered = Mapping[str, Any]
Said = frozenset[tuple[str, Any]]


def every_value(names: Iterable[str]) -> list[Any]:
    """List combinations that say each answer at least once; the others only in the matrix."""
    return [case for name in names for case in _cases(name, 1)]


def every_pair(names: Iterable[str]) -> list[Any]:
    """List combinations that say each two answers together at least once, MOST at most."""
    return [case for name in names for case in _cases(name, 2)]


def only_in_the_matrix(names: Iterable[str]) -> list[Any]:
    """List all combinations, for what nobody waits for."""
    return [case for name in names for case in _cases(name, 0)]


def fair(combinations: Sequence[Answered], together: int, most: int = MOST) -> list[Answered]:
    """Choose combinations, always the same, that say so many answers together at least once.

    The next one is always the first of those that say most that is new: single answers count
    before pairs.
    """
    said = [_said_together(each, together) for each in combinations]
    chosen: list[int] = []
    heard: list[set[Said]] = [set() for _ in range(together)]
    while len(chosen) < most:
        fresh = [tuple(len(a - b) for a, b in zip(each, heard, strict=True)) for each in said]
        best = max(range(len(said)), key=lambda place: (fresh[place], -place))
        if not any(fresh[best]):
            break
        chosen.append(best)
        heard = [a | b for a, b in zip(said[best], heard, strict=True)]
    return [combinations[place] for place in sorted(chosen)]


def _said_together(combination: Answered, together: int) -> list[set[Said]]:
    return [
        {frozenset(some) for some in itertools.combinations(combination.items(), size)}
        for size in range(1, together + 1)
    ]


def _cases(name: str, together: int) -> list[Any]:
    combinations = list(playbook.combinations(playbook.load(name)))
    chosen = fair(combinations, together)
    return [
        pytest.param(
            name,
            each,
            id=f"{Path(name).stem}-{called(each)}",
            marks=() if each in chosen else pytest.mark.matrix,
        )
        for each in combinations
    ]
