import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit import inputs, strict_yaml
from toolkit.errors import AnswerError
from toolkit.inputs import KINDS, Question, resolve, typed

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


def question(kind: str = "text", name: str = "q", **more: object) -> Question:
    choices = ("red", "blue") if kind == "choice" else ()
    return Question(name=name, ask="What?", kind=kind, choices=choices, **more)  # type: ignore[arg-type]


GOOD = [
    ("text", " CHG-00123 ", "CHG-00123"),
    ("text", 5, "5"),
    ("text", "Zoë's “app” 🔒", "Zoë's “app” 🔒"),
    ("choice", "red", "red"),
    ("yes_no", "Yes", True),
    ("yes_no", " n ", False),
    ("yes_no", True, True),
    ("list", "a, b,,c ", ("a", "b", "c")),
    ("list", ["a", "b, c"], ("a", "b, c")),
    ("number", " 42 ", 42),
    ("number", 0, 0),
    ("mail_address", "Mette.Jansen@Northbridge.Example", "mette.jansen@northbridge.example"),
    ("mail_address", "sean.o'brien@northbridge.example", "sean.o'brien@northbridge.example"),
    ("mail_address", "a+b_c#x@x-y.example", "a+b_c#x@x-y.example"),
    ("duration", "90s", "90s"),
    ("duration", "3 h", "3 h"),
]
REFUSED: dict[str, tuple[object, ...]] = {
    "text": (
        True,
        None,
        1.5,
        [],
        {},
        "a\nb",
        "a\tb",
        "a\x1b[2J",
        "\udcff",
        "x\u202ecer",
        "x" * 501,
        "",
        "  ",
    ),
    "choice": ("green", "Red", "", None, 1),
    "yes_no": ("", "maybe", "ja", 1, None, ["yes"]),
    "list": (5, None, {"a": 1}, [["a"]], [None], "", [], ["x" * 501]),
    "number": ("", "x", "1.5", -1, True, None, "\u0663", "9" * 5000, 10**9),
    "mail_address": (
        *("", "x", "x@y", "@y.example", "x@", "x@y..example", "a b@y.example", "ü@y.example"),
        *(
            ".a@y.example",
            "a..b@y.example",
            "a.@y.example",
            '"a"@y.example',
            "o\u2019brien@y.example",
        ),
        *("*@y.example", "<a@y.example>", "a@-y.example", "a@y.example-", "a" * 65 + "@y.example"),
        *("a@y.example;b@y.example", "a@b@y.example", "a@y.exam_ple"),
    ),
    "file": ("", "none.cer", "x" * 5000, "~nobody-of-that-name/x", True),
    "duration": ("", "5", "5 years", "-5m", "9999999d", "\u0663h", "9" * 5000 + "s"),
}
BAD = [(kind, value) for kind, values in REFUSED.items() for value in values]


@pytest.mark.parametrize(("kind", "given_", "answer"), GOOD)
def test_an_answer_of_the_right_kind_is_taken(kind, given_, answer):
    found = typed(question(kind), given_)

    assert found == answer
    assert type(found) is type(answer)


@pytest.mark.parametrize(("kind", "given_"), BAD, ids=lambda each: repr(each)[:30])
def test_an_answer_of_the_wrong_kind_is_a_short_sentence_that_names_its_question(kind, given_):
    with pytest.raises(AnswerError, match=r"^q: .+\.$") as refused:
        typed(question(kind), given_)

    assert len(refused.value.message) < 300
    assert refused.value.message.isprintable()
    assert refused.value.fix == "The question is: What?"


def test_every_kind_is_tried_with_a_good_and_a_bad_answer():
    assert {kind for kind, *_ in GOOD} | {"file"} == set(KINDS) == set(REFUSED)


@given(st.sampled_from(sorted(KINDS)), ANYTHING)
def test_whatever_is_answered_is_taken_or_refused(kind, value):
    try:
        found: object = typed(question(kind), value)
    except AnswerError as refused:
        found = refused.fix

    assert isinstance(found, str | bool | int | tuple)


@pytest.mark.parametrize("kind", ["text", "mail_address", "file", "list"])
def test_nothing_is_an_answer_where_the_playbook_suggests_nothing(kind):
    empty: inputs.Answer = () if kind == "list" else ""

    assert typed(question(kind, default=empty), "  ") == empty
    with pytest.raises(AnswerError):
        typed(question(kind, default=("a",) if kind == "list" else "a"), "  ")


# ---- files ----


@pytest.mark.parametrize("quote", ["", '"', "'"])
def test_a_file_is_found_as_a_terminal_pastes_it_and_kept_with_its_whole_path(
    tmp_path, monkeypatch, quote
):
    (tmp_path / "the vendor's.cer").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)

    answer = typed(question("file"), f"{quote}the vendor's.cer{quote}")

    assert answer == str(tmp_path.resolve() / "the vendor's.cer")


def test_a_file_in_the_users_folder_is_found(tmp_path, monkeypatch):
    (tmp_path / "a.cer").write_bytes(b"x")
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))

    assert typed(question("file"), "~/a.cer") == str(tmp_path.resolve() / "a.cer")


@pytest.mark.parametrize(
    "path", [r"C:\certs\eveoh.cer", r"\\server\share\a b.cer", r"C:\new\table.cer"]
)
def test_a_windows_path_comes_through_an_answers_file_as_it_is(path):
    answers = strict_yaml.parse(f"certificate_file: {path}\n", "answers.yaml")

    assert answers["certificate_file"] == path


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(AnswerError, match="there is no file"):
        typed(question("file"), str(tmp_path))


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs symbolic links")
def test_a_link_that_leads_to_itself_is_no_file(tmp_path):
    loop = tmp_path / "loop.cer"
    try:
        loop.symlink_to(loop)
    except OSError:
        pytest.skip("this account may not make links")

    with pytest.raises(AnswerError):
        typed(question("file"), str(loop))


# ---- a whole set of questions ----

QUESTIONS = (
    question("yes_no", "every", default=False),
    question("mail_address", "group", unless="every", practice="group@northbridge.example"),
    question("text", "reason", when="every"),
    question("text", "label", default="none", practice="here"),
)


def test_on_the_practice_tenant_nobody_needs_to_answer():
    answers = resolve(QUESTIONS, {}, None, practice=True)

    assert answers == {
        "every": False,
        "group": "group@northbridge.example",
        "label": "here",
        "instance": "prod",
        "change": "",
    }


def test_on_a_real_tenant_what_is_missing_is_named_all_at_once_with_the_line_to_add():
    with pytest.raises(AnswerError, match=r"group \(What\?\)\.$") as refused:
        resolve(QUESTIONS, {}, None, practice=False)
    assert "--set group=..." in refused.value.fix

    with pytest.raises(AnswerError, match="reason") as refused:
        resolve(QUESTIONS, {"every": "yes"}, None, practice=False)
    assert "group" not in refused.value.fix


def test_what_was_given_goes_before_what_is_suggested():
    answers = resolve(QUESTIONS, {"label": "mine", "instance": "test"}, None, practice=True)

    assert (answers["label"], answers["instance"]) == ("mine", "test")


def test_an_unknown_name_is_refused_with_the_one_that_was_meant():
    with pytest.raises(AnswerError, match="no question 'goup'") as refused:
        resolve(QUESTIONS, {"goup": "x"}, None, practice=True)

    assert refused.value.fix.startswith("Did you mean group? It asks: change, every,")


def test_a_strange_name_is_shown_harmlessly_and_short():
    with pytest.raises(AnswerError) as refused:
        resolve(QUESTIONS, {"\x1b[2J" + "x" * 100_000: "x"}, None, practice=True)

    assert refused.value.message.isprintable()
    assert len(refused.value.message) < 300


def test_who_is_asked_sees_the_suggestion_and_only_what_applies():
    seen = []

    def ask(asked: Question, suggestion: object) -> object:
        seen.append((asked.name, suggestion))
        return {"every": "yes", "reason": "told to"}.get(asked.name, suggestion)

    answers = resolve(QUESTIONS, {"label": "mine"}, ask, practice=True)

    assert seen == [("every", False), ("reason", None), ("instance", "prod"), ("change", "")]
    assert answers["reason"] == "told to"
    assert "group" not in answers


@pytest.mark.parametrize("name", ["Prod", "a b", "-a", "a-", "x" * 21, "", "prod/../x", "ü"])
def test_an_instance_becomes_part_of_names_and_must_be_plain(name):
    with pytest.raises(AnswerError, match=r"^instance: "):
        resolve((), {"instance": name}, None, practice=True)


def test_durations_are_told_in_seconds():
    assert [inputs.seconds(text) for text in ("90s", "20m", "3h", "2d")] == [
        90,
        1200,
        10800,
        172800,
    ]
