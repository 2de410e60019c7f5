"""Recipient filters: what says the same, what can't be read, and what the practice tenant's reader thinks."""

import pytest

from toolkit import recipient_filter
from toolkit.errors import AnswerError
from toolkit.practice.exchange import opath
from toolkit.practice.exchange.recipients import FILTERABLE

GOOD = [
    "CustomAttribute1 -eq 'staff'",
    "(CustomAttribute1 -eq 'staff') -and -not (Alias -like 'test*')",
    "Department -eq 'O''Neill' -or Title -ne $null",
    '{CustomAttribute15 -notlike "a*"} -and (HiddenFromAddressListsEnabled -eq $false)',
    "-not CustomAttribute1 -eq 'x' -or CustomAttribute2 -eq 'y' -and CustomAttribute3 -eq 'z'",
    "MemberOfGroup -eq 'CN=a,OU=b' -or MemberOfGroup -eq 'CN=c,OU=b'",
]
BAD = {
    "": "it is empty",
    "CustomAttribute1": "it ends where an operator",
    "CustomAttribute1 -eq": "it ends where a value",
    "CustomAttribute1 = 'staff'": "nobody can read",
    "CustomAttribute1 -is 'staff'": "'is' is no comparison",
    "(CustomAttribute1 -eq 'staff'": "it ends where a closing bracket",
    "{CustomAttribute1 -eq 'staff')": "a bracket isn't closed",
    "CustomAttribute1 -eq 'staff' Alias": "nothing is expected any more at 'Alias'",
    "CustomAttribute1 -eq 'sta'ff'": "nothing is expected|nobody can read",
    "-and CustomAttribute1 -eq 'x'": "'and' stands where a property",
    "CustomAttribute1 -eq 'x'; Remove-Mailbox": "nobody can read",
    "$true": "stands where a property",
    "(" * 60 + "Alias -eq 'x'" + ")" * 60: "nests deeper than 50",
    "Alias -eq '" + "x" * 20_000 + "'": "it is too long",
}


@pytest.mark.parametrize("text", GOOD)
def test_exchanges_own_spelling_says_the_same(text: str):
    shown = opath.shown(text, FILTERABLE)

    assert recipient_filter.same(text, shown)
    assert recipient_filter.same(text, f"((({shown})))")


@pytest.mark.parametrize("text", GOOD)
def test_what_can_be_read_here_can_be_read_there(text: str):
    recipient_filter.check(text)
    opath.parse(text, FILTERABLE)
    opath.parse(recipient_filter.opposite(text), FILTERABLE)


@pytest.mark.parametrize(("text", "words"), BAD.items(), ids=range(len(BAD)))
def test_what_cannot_be_read_is_refused_with_an_example(text: str, words: str):
    with pytest.raises(AnswerError, match=words) as caught:
        recipient_filter.check(text)

    assert "CustomAttribute1 -eq 'staff'" in caught.value.fix


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Alias -eq 'a'", "Alias -eq 'b'"),
        ("Alias -eq 'a'", "Alias -ne 'a'"),
        ("Alias -eq 'a'", "Title -eq 'a'"),
        ("-not (Alias -eq 'a')", "Alias -eq 'a'"),
        ("Alias -eq 'a' -and (Alias -eq 'b' -or Alias -eq 'c')", "Alias -eq 'a' -and Alias -eq 'b' -or Alias -eq 'c'"),
        ("Alias -eq '$null'", "Alias -ne $null"),
    ],
)  # fmt: skip
def test_what_says_something_else_is_not_the_same(left: str, right: str):
    assert not recipient_filter.same(left, right)


def test_a_filter_of_groups_gives_its_groups_back():
    names = ["CN=O'Neill's,OU=x", "CN=b,OU=x"]
    text = recipient_filter.of_groups(names)

    assert text == "MemberOfGroup -eq 'CN=O''Neill''s,OU=x' -or MemberOfGroup -eq 'CN=b,OU=x'"
    assert recipient_filter.groups_in(opath.shown(text, FILTERABLE)) == names
    assert recipient_filter.groups_in(f"{text} -or Alias -eq 'rector'") is None
    assert recipient_filter.groups_in(f"-not ({text})") is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("((Department -eq 'History'))", "Department -eq 'History'"),
        ("(Title -eq 'a') -or (Title -eq 'b')", "(Title -eq 'a') -or (Title -eq 'b')"),
        ("((Title -eq 'a') -or (Title -eq ')'))", "(Title -eq 'a') -or (Title -eq ')')"),
        ("(what nobody can read))", "(what nobody can read))"),
    ],
)
def test_parentheses_around_a_whole_filter_say_nothing(text: str, wanted: str):
    assert recipient_filter.bare(text) == wanted
