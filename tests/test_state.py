import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.state import Change, Later, State, Value, from_json, has_later, texts, to_json

WORDS = st.sampled_from(["", "a", "b", "c", "d", "é"])
SETS = st.frozensets(st.sampled_from("abcdef"))
PLAIN = st.none() | st.booleans() | st.integers() | WORDS
KEYS = {"name": PLAIN, "size": PLAIN, "members": SETS, "tags": SETS}
"""A key is always of one kind: that is what reading a thing promises."""


def states(*, keys: Mapping[str, st.SearchStrategy[Value]] = KEYS) -> st.SearchStrategy[State]:
    return st.fixed_dictionaries({}, optional=dict(keys))


FOUND = states()
MAYBE = st.none() | FOUND
CHANGES = st.builds(Change, MAYBE, MAYBE)


def carried_out(change: Change, found: State) -> dict[str, Value]:
    """Do to a thing what a well-behaved step does: sets by their difference, the rest as wanted."""
    result = dict(found)
    for key, value in (change.after or {}).items():
        if isinstance(value, frozenset):
            result[key] = (texts(found, key) | change.added(key)) - change.removed(key)
        else:
            result[key] = value
    return result


# ---- a change and what is found ----


@given(CHANGES)
def test_a_change_holds_on_what_it_wanted(change):
    assert change.holds(change.after)


@given(CHANGES)
def test_what_needs_no_change_holds_already_and_what_needs_one_does_not(change):
    assert change.needed == (change.verb != "keep")
    assert change.holds(change.before) == (not change.needed)


@given(CHANGES, FOUND)
def test_carrying_a_change_out_makes_it_hold_whatever_was_found(change, found):
    assert change.after is None or change.holds(carried_out(change, found))


@given(FOUND, FOUND, SETS)
def test_foreign_members_are_nobodys_drift(before, after, foreign):
    change = Change(before, after)
    done = carried_out(change, before)
    others = {
        key: value | (foreign - change.removed(key)) if isinstance(value, frozenset) else value
        for key, value in done.items()
    }

    assert change.holds({**others, "seen besides": "anything"})


@given(FOUND, FOUND, st.sampled_from(["members", "tags"]))
def test_what_was_taken_out_must_stay_out_and_what_was_put_in_must_stay_in(before, after, key):
    change = Change(before, after)
    done = carried_out(change, before)

    for gone in change.removed(key) if key in after else ():
        assert not change.holds({**done, key: texts(done, key) | {gone}})
    for missing in change.added(key):
        assert not change.holds({**done, key: texts(done, key) - {missing}})


@given(FOUND, FOUND)
def test_a_change_taken_back_is_the_change_the_other_way_round(before, after):
    there, back = Change(before, after), Change(after, before)

    for key in before.keys() & after.keys():
        assert there.added(key) == back.removed(key)
    assert back.holds(before)


@given(FOUND, FOUND, SETS)
def test_there_and_back_leaves_what_others_put_in(before, after, foreign):
    there = Change(before, {**before, **after})
    done = carried_out(there, before)
    done["members"] = texts(done, "members") | (foreign - there.removed("members"))
    again = carried_out(Change(there.after, before), done)

    stranger = foreign - texts(before, "members") - texts(there.after, "members")
    assert stranger <= texts(again, "members")
    assert texts(before, "members") <= texts(again, "members") or "members" not in before


@pytest.mark.parametrize(
    ("before", "after", "verb"),
    [
        (None, None, "keep"),
        (None, {"a": "1"}, "create"),
        ({"a": "1"}, None, "remove"),
        ({"a": "1"}, {"a": "1"}, "keep"),
        ({"a": "1", "b": "2"}, {"a": "1"}, "keep"),
        ({"a": "1"}, {"a": "2"}, "change"),
        ({}, {"a": "1"}, "change"),
        ({"a": frozenset("xy")}, {"a": frozenset("xy")}, "keep"),
        ({"a": frozenset("xy")}, {"a": frozenset("x")}, "change"),
        ({"a": "1"}, {"a": Later("soon")}, "change"),
    ],
)
def test_the_verb_is_what_the_plan_shows(before, after, verb):
    assert Change(before, after).verb == verb


@given(CHANGES)
def test_a_key_differs_where_it_is_to_become_another(change):
    for key in {**(change.before or {}), **(change.after or {})}:
        after = change.after or {}
        assert change.differs(key) == (
            key in after and (change.before or {}).get(key) != after[key]
        )


# ---- cut short ----


@given(st.none() | FOUND, FOUND, st.data())
def test_any_mixture_of_before_and_after_is_on_the_way(before, after, data):
    found: dict[str, Value] = {}
    for key, value in after.items():
        first = (before or {}).get(key)
        if isinstance(value, frozenset):
            both = sorted(value | texts(before, key))
            found[key] = data.draw(st.frozensets(st.sampled_from(both))) if both else value
        else:
            found[key] = data.draw(st.sampled_from([value, first, None]))

    assert Change(before, after).on_the_way(found)


def test_what_somebody_else_wrote_is_not_on_the_way():
    change = Change(
        {"name": "old", "tags": frozenset("a")}, {"name": "new", "tags": frozenset("ab")}
    )

    assert change.on_the_way({"name": "old", "tags": frozenset("b")})
    assert not change.on_the_way({"name": "other", "tags": frozenset("ab")})
    assert not change.on_the_way({"name": "new", "tags": frozenset("abc")})


def test_what_was_to_be_known_later_is_on_the_way_whatever_it_has_become():
    change = Change(None, {"app": "1", "thumbprint": Later("made when applied")})

    assert change.on_the_way({"app": "1", "thumbprint": "A1B2"})
    assert not change.on_the_way({"app": "2", "thumbprint": "A1B2"})


# ---- known later ----


def test_what_is_known_later_holds_when_something_new_is_there():
    change = Change({"thumbprint": "old"}, {"thumbprint": Later("new")})

    assert change.holds({"thumbprint": "A1"})
    assert not any(change.holds({"thumbprint": none}) for none in ("old", "", None))
    assert not change.holds({})


def test_a_set_may_hold_something_known_later():
    assert has_later(frozenset({"a", Later("b")}))
    assert has_later(["a", Later("b")])
    assert not has_later(frozenset({"a"}))
    assert not has_later("a")


# ---- agreed and now ----


@given(CHANGES)
def test_a_change_agrees_with_itself(change):
    assert change.agrees(change)


@given(CHANGES, CHANGES)
def test_agreeing_goes_both_ways_and_takes_the_same_verb(one, other):
    assert one.agrees(other) == other.agrees(one)
    assert not one.agrees(other) or one.verb == other.verb


@given(FOUND, FOUND, SETS)
def test_what_others_put_into_a_set_since_does_not_matter(before, after, foreign):
    foreign -= texts(before, "members") | texts(after, "members")
    agreed = Change(
        {**before, "members": texts(before, "members")},
        {**after, "members": texts(after, "members")},
    )
    now = Change(
        {**before, "members": texts(before, "members") | foreign},
        {**after, "members": texts(after, "members") | foreign},
    )

    assert agreed.agrees(now)


def test_another_target_or_another_difference_is_not_what_was_agreed():
    agreed = Change({"a": frozenset("x")}, {"a": frozenset("xy"), "b": "1"})

    assert not agreed.agrees(Change({"a": frozenset("x")}, {"a": frozenset("xz"), "b": "1"}))
    assert not agreed.agrees(Change({"a": frozenset("xz")}, {"a": frozenset("xy"), "b": "1"}))
    assert not agreed.agrees(Change({"a": frozenset("x")}, {"a": frozenset("xy"), "b": "2"}))
    assert not agreed.agrees(Change({"a": frozenset("x")}, {"a": frozenset("xy")}))


def test_what_was_to_be_known_later_agrees_with_what_it_has_become():
    agreed = Change(None, {"group": Later("soon"), "members": frozenset({"a", Later("b")})})

    assert agreed.agrees(Change(None, {"group": "7", "members": frozenset({"a", "7"})}))
    assert not agreed.agrees(Change(None, {"group": "7", "members": frozenset({"evil", "7"})}))


# ---- JSON ----

LATERS = st.builds(Later, st.text())
WRITTEN = st.none() | st.dictionaries(
    st.text(), PLAIN | st.text() | LATERS | st.frozensets(st.text() | LATERS)
)


@given(WRITTEN)
def test_a_state_comes_back_from_json_as_it_was(state):
    again = from_json(json.loads(json.dumps(to_json(state))))

    assert again == state
    for key, value in (state or {}).items():
        assert type((again or {})[key]) is type(value)
        assert has_later((again or {})[key]) == has_later(value)


@given(SETS)
def test_equal_sets_are_written_alike(members):
    assert json.dumps(to_json({"a": members})) == json.dumps(
        to_json({"a": frozenset(sorted(members, reverse=True))})
    )
