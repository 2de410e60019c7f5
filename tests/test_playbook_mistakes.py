import textwrap
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.good_playbook import GOOD, read
from toolkit import playbook, shelf
from toolkit.errors import PlaybookError
from toolkit.playbook import Playbook, combinations


def broken(old: str, new: str) -> str:
    assert GOOD.count(old) == 1, f"{old!r} stands {GOOD.count(old)} times"
    return GOOD.replace(old, new)


def line_of(text: str, piece: str) -> int:
    return text[: text.index(piece)].count("\n") + 1


# What is broken: the text that goes, the text that comes, and what is said about it.
MISTAKES = {
    # the whole
    "no title": ("title: A good playbook", "about: x", "'title' is missing"),
    "an empty title": ("title: A good playbook", "title:", "'title' must be text, not None"),
    "a number as title": ("title: A good playbook", "title: 2026", "must be text, not 2026"),
    "an unknown section": ("proof:", "prof:", "'prof' isn't known here"),
    "a source that is a text": ("questions:", "source: x\nquestions:", "'source' must be `name"),
    "a source with more": ("questions:", "source: {author: x}\nquestions:", "'author' isn't known"),
    "a list as source": ("questions:", "source: {page: [x]}\nquestions:", "'page' must be text"),
    "obsolete by half": ("questions:", "obsolete: [{says: x}]\nquestions:", "'instead' is missing"),
    "questions as text": ("steps:", "handover_: 1\nsteps:", "'handover_' isn't known"),
    # questions
    "a question of no kind": ("kind: number, ", "", "'kind' is missing"),
    "an unknown kind": ("kind: number", "kind: numbr", "there is no kind 'numbr'"),
    "a kind that is a list": ("kind: number", "kind: [number]", "'kind' must be text"),
    "a kind that is nothing": ("kind: number", "kind: ~", "'kind' must be text"),
    "an unknown field": ('ask: "How long?"', 'aks: "How long?"', "'aks' isn't known here"),
    "a question in capitals": ("name: days", "name: Days", "'Days' is no name"),
    "a question twice": ("name: days", "name: roles", "the question 'roles' is asked already"),
    "a question of ours": ("name: days", "name: instance", "'instance' is asked already"),
    "a reference in a question": ("How long?", "How long ${days}?", "nothing is filled in"),
    "a default of the wrong kind": ("default: 365", "default: ever", "'ever' is no whole number"),
    "an empty default number": ("default: 365", 'default: ""', "'' is no whole number"),
    "a default that is nothing": ("default: 365", "default: ~", "is no whole number"),
    "a choice that isn't one": ("default: small}", "default: tiny}", "'tiny' is none of"),
    "choices as text": ("choices: [small, large]", "choices: small", "a list of different texts"),
    "choices that are numbers": ("[small, large]", "[small, 1]", "a list of different texts"),
    "a choice twice": ("[small, large]", "[small, small]", "a list of different texts"),
    "no choices": ("choices: [small, large]", "choices: []", "nothing to choose from"),
    "choices left out": ("choices: [small, large], ", "", "`choices` belong to the kind choice"),
    "choices of a number": ("default: 365", "choices: [a]", "`choices` belong to the kind"),
    "a suggested file": (
        "kind: number, default: 365",
        "kind: file, default: C:\\a.cer",
        "a file can't be suggested",
    ),
    "a condition that isn't asked": ("when: every, def", "when: evry, def", "'evry' is no yes/no"),
    "a condition that is a text": (
        "when: every, def",
        "when: inside, def",
        "'inside' is no yes/no",
    ),
    "a condition on a choice that isn't offered": (
        "when: every, def",
        "when: instance=x, def",
        "'instance' is no choice asked before",
    ),
    "a condition on a value that isn't offered": (
        "when: [every, colours]",
        "when: [size=medium]",
        "'medium' is nothing that size offers",
    ),
    "a condition that is only a choice's name": (
        "[every, colours]",
        "[size]",
        "'size' is no yes/no",
    ),
    "a condition on itself": ("when: every, def", "when: colours, def", "'colours' is no yes/no"),
    "a condition asked later": (
        "kind: yes_no, default: false}\n  - {name: colours",
        "kind: yes_no, when: colours, default: false}\n  - {name: colours",
        "'colours' is no yes/no question asked before",
    ),
    "a question's conditions as a list": ("when: every, def", "when: [every], def", "must be text"),
    # steps
    "a step of no kind": ("- do: app\n    because", "- because", "'do' is missing"),
    "an unknown step": ("do: certificate", "do: certifcate", "there is no step 'certifcate'"),
    "a step that is a list": ("do: certificate", "do: [certificate]", "'do' must be text"),
    "a field that isn't known": ("address: group@", "adress: group@", "'adress' isn't known here"),
    "a key for the proof": ("days: ${days}", "proof: true", "'proof' isn't known here"),
    "a key that is to go": ("days: ${days}", "gone: true", "'gone' isn't known here"),
    "a field left out": (
        "    group: ${group.id}\n",
        "",
        "exactly one of group, groups, filter, administrative_unit must be given",
    ),
    "a field of nothing": ("group: ${group.id}", "group:", "'group' must be text, not None"),
    "a text for a list": ("[Mail.Read]", "Mail.Read", "'application' must be a list of texts"),
    "numbers in a list": ("[Mail.Read]", "[1]", "must be a list of texts"),
    "a list for a text": ("address: group@northbridge.example", "address: [a]", "must be text"),
    "a number for a text": ("address: group@northbridge.example", "address: 5", "must be text"),
    "a text for a number": ("days: ${days}", "days: long", "'days' must be a whole number"),
    "a yes for a number": ("days: ${days}", "days: true", "'days' must be a whole number"),
    "a list's answer for a text": ("group: ${group.id}", "group: ${roles}", "of another kind"),
    "a text's answer for a list": ("roles: ${roles}", "roles: ${inside}", "of another kind"),
    "a text's answer for a number": ("days: ${days}", "days: ${size}", "of another kind"),
    "a list's answer in a text": ("App-${instance}", "App-${roles}", "of another kind"),
    "a yes in a text": ("App-${instance}", "App-${every}", "of another kind"),
    "a list's answer in a list": ('["${inside}"]', '["${roles}"]', "of another kind"),
    "a name in capitals": ("as: key", "as: Key", "'Key' is no name"),
    "a name that is taken": ("as: group", "as: key", "the name 'key' is taken"),
    "the tenant's name": ("as: key", "as: tenant", "the name 'tenant' is taken"),
    "the name of the proof's own key": ("as: key", "as: proof_key", "'proof_key' is taken"),
    "a step's condition that isn't one": ("[every, colours]", "[every, days]", "'days' is no yes"),
    "a step's condition that is true": ("when: [every, colours]", "when: true", "a list of names"),
    "a reference in because": ("It needs", "${instance} needs", "nothing is filled in"),
    # references
    "a reference to nothing": ("App-${instance}", "App-${instnce}", r"\$\{instnce\} isn't known"),
    "a reference to a later step": ("App-${instance}", "App-${key.thumbprint}", "isn't known here"),
    "a reference to what isn't offered": ("${group.id}", "${group.colour}", "isn't known here"),
    "a reference to a whole step": ("group: ${group.id}", "group: ${group}", "isn't known here"),
    "a reference to a step that may be left out": (
        "    unless: every\n    app",
        "    app",
        r"\$\{group\.id\} isn't known here for every answer",
    ),
    "a reference to a question that may not be asked": (
        '["${inside}"]\n  - do: mailbox_scope\n    unless: every',
        '["${inside}"]\n    owner: x\n  - do: mailbox_scope\n    when: every',
        "isn't known here for every answer",
    ),
    "a reference to what the tenant hasn't": ("${tenant.name}", "${tenant.colour}", "isn't known"),
    "a reference with a hyphen": ("App-${instance}", "App-${in-stance}", "is no reference"),
    "a reference without an end": ("App-${instance}", "App-${instance", "is no reference"),
    "an empty reference": ("App-${instance}", "App-${}", "is no reference"),
    # proof and sheet
    "a proof of half": (', outside: "${outside}"', "", "'outside' is missing"),
    "a scope without mailboxes to prove it": (
        ', inside: "${inside}", outside: "${outside}"',
        "",
        "'inside' is missing",
    ),
    "a proof that is a list": ("proof: {", "proof: [x]\nhandover_: {", "isn't known|`name: value`"),
    "a proof of something else": ('{app: "${app.client_id}"', '{app: "${app.id}"', "proof's app"),
    "a proof by a text": ('inside: "${inside}"', "inside: me@x.example", "proof's inside must be"),
    "a proof by another kind": ('inside: "${inside}"', 'inside: "${days}"', "proof's inside must"),
    "a sheet without a label": ("{label: Tenant, value", "{lable: Tenant, value", "'lable' isn't"),
    "a sheet with a number": (
        'value: "${tenant.id} of ${tenant.name}"',
        "value: 5",
        "must be text",
    ),
}


@pytest.mark.parametrize(("old", "new", "says"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_with_its_file_and_line_and_a_way_out(old, new, says):
    with pytest.raises(PlaybookError, match=rf"^good\.yaml, line \d+: .*({says})") as refused:
        read(broken(old, new))

    assert refused.value.fix


@pytest.mark.parametrize(
    "mistake",
    [
        *("an unknown kind", "a question twice", "a text for a list", "a proof by a text"),
        *("a field that isn't known", "choices as text", "an unknown section"),
    ],
)
def test_the_line_is_the_one_with_the_mistake(mistake):
    old, new, _ = MISTAKES[mistake]
    text = broken(old, new)

    with pytest.raises(PlaybookError, match=rf", line {line_of(GOOD, old)}: "):
        read(text)


def test_what_was_meant_is_suggested():
    old, new, _ = MISTAKES["an unknown step"]

    with pytest.raises(PlaybookError) as refused:
        read(broken(old, new))

    assert refused.value.fix.startswith("Did you mean certificate? Known are: app, certificate,")


# ---- too much of it ----


def test_more_yes_or_no_than_a_person_can_oversee_is_refused_at_its_line():
    flags = "".join(f"  - {{name: f{n}, ask: x, kind: yes_no, default: false}}\n" for n in range(9))
    text = GOOD.replace("questions:\n", "questions:\n" + flags)

    with pytest.raises(PlaybookError, match=r", line 13: there are more than 10 yes/no"):
        read(text)


def test_more_steps_than_a_person_can_oversee_are_refused():
    steps = "".join(f"  - {{do: app, as: a{n}, name: x}}\n" for n in range(101))

    with pytest.raises(PlaybookError, match="'steps' has more than 100"):
        read(f"title: x\nquestions: []\nsteps:\n{steps}")


def test_no_steps_at_all_are_refused():
    with pytest.raises(PlaybookError, match="there is no step"):
        read("title: x\nquestions: []\nsteps: []")


def test_the_largest_playbook_is_checked_in_time():
    flags = "".join(f"  - {{name: f{n}, ask: x, kind: yes_no}}\n" for n in range(10))
    names = ", ".join(['"${instance}"'] * 500)
    steps = "".join(f"  - {{do: app, as: a{n}, name: x, owners: [{names}]}}\n" for n in range(99))
    before = time.process_time()

    book = read(f"title: x\nquestions:\n{flags}steps:\n{steps}")

    assert len(list(combinations(book))) == 1024
    assert time.process_time() - before < 20


# ---- anything at all ----

SHIPPED = [(shelf.playbooks() / f"{name}.yaml").read_text("utf-8") for name in playbook.names()]
WORDS = sorted({word for text in [GOOD, *SHIPPED] for word in text.split()})
LINES = [line for text in [GOOD, *SHIPPED] for line in text.splitlines()]
VALUES = ["~", "[]", "{}", "5", "true", "x", "[x]", "[[x]]", "{a: b}", "${x}", "''", "-", "? x"]


def told(text: str) -> object:
    try:
        return read(text)
    except PlaybookError as refused:
        return refused.message if refused.fix else None


def is_told_well(found: object) -> bool:
    return isinstance(found, Playbook) or (
        isinstance(found, str) and found.startswith("good.yaml") and len(found) < 600
    )


@settings(max_examples=300, deadline=None)
@given(data=st.data(), text=st.sampled_from([GOOD, *SHIPPED]))
def test_a_playbook_with_anything_changed_is_read_or_refused(data, text):
    lines = text.splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        before, colon, _ = lines[at].partition(": ")
        old = data.draw(st.sampled_from(lines[at].split() or ["x"]))
        other = data.draw(st.sampled_from(WORDS + VALUES))
        lines[at] = data.draw(
            st.sampled_from(["", *LINES, before + colon + other, lines[at].replace(old, other)])
        )

    assert is_told_well(told("\n".join(lines)))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(WORDS + VALUES + ["\n", "\n  ", "\n  - ", ": "])).map(" ".join))
def test_any_heap_of_a_playbooks_words_is_read_or_refused(text):
    assert is_told_well(told(text))


def test_a_hostile_playbook_reaches_nothing_outside_itself(tmp_path: Path):
    text = textwrap.dedent(
        f"""\
        title: !!python/object/apply:pathlib.Path.touch [{tmp_path / "made"}]
        questions: []
        steps: []
        """
    )

    with pytest.raises(PlaybookError, match="line 1, can't be read: tags aren't allowed"):
        read(text)
    assert list(tmp_path.iterdir()) == []
