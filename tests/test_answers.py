"""The combinations of answers that are always played: few, the same each time, and none is left out for good."""

import itertools
from collections.abc import Sequence

import pytest

from tests.answers import MOST, Answered, every_pair, every_value, fair, only_in_the_matrix
from toolkit import playbook

WIDE: list[Answered] = [
    dict(zip("abcdefg", values, strict=True))
    for values in itertools.product([False, True], repeat=7)
]
"""What a playbook with seven yes/no questions can be answered."""


def said(combinations: Sequence[Answered], together: int) -> set[frozenset[tuple[str, object]]]:
    """List what combinations say, so many answers at a time."""
    return {
        frozenset(some)
        for each in combinations
        for some in itertools.combinations(each.items(), together)
    }


def always(cases) -> list[Answered]:
    return [case.values[1] for case in cases if not case.marks]


@pytest.mark.parametrize("name", playbook.names())
def test_every_answer_and_every_two_are_played_always_and_the_rest_in_the_matrix(name: str):
    everything = list(playbook.combinations(playbook.load(name)))

    assert said(always(every_value([name])), 1) == said(everything, 1)
    pairs = always(every_pair([name]))
    assert len(pairs) == MOST or said(pairs, 2) == said(everything, 2)
    assert always(only_in_the_matrix([name])) == []
    for cases in (every_value([name]), every_pair([name]), only_in_the_matrix([name])):
        assert [case.values[1] for case in cases] == everything


def test_many_questions_cost_few_combinations():
    chosen = fair(WIDE, 2)

    assert len(chosen) <= MOST
    assert said(chosen, 2) == said(WIDE, 2)
    assert len(fair(WIDE, 1)) == 2


def test_where_not_every_pair_has_room_every_answer_has():
    chosen = fair(WIDE, 2, 3)

    assert len(chosen) == 3
    assert said(chosen, 1) == said(WIDE, 1)
