import pytest

from tests.good_playbook import GOOD, read
from toolkit import playbook
from toolkit.errors import PlaybookError
from toolkit.playbook import Playbook, combinations, fill
from toolkit.state import Later


@pytest.mark.parametrize("name", playbook.names())
def test_every_playbook_that_ships_is_good(name):
    book = playbook.load(name)

    assert book.name == name
    assert book.entries
    assert all(entry.because for entry in book.entries)


def test_a_good_playbook_is_read_whole():
    book = read(GOOD)

    assert [question.name for question in book.questions][:2] == ["every", "colours"]
    assert [(entry.name, entry.do) for entry in book.entries][:2] == [
        ("app", "app"),
        ("key", "certificate"),
    ]
    assert book.entries[4].when == ("every", "colours")
    assert book.questions[6].choices == ("small", "large")
    assert book.entries[0].line == GOOD[: GOOD.index("- do: app")].count("\n") + 1


def test_a_step_happens_when_all_its_conditions_hold():
    book = read(GOOD)

    def done(**answers: bool) -> list[str]:
        return [entry.do for entry in book.active(answers)]

    assert done() == ["app", "certificate", "security_group", "mailbox_scope"]
    assert done(every=True) == ["app", "certificate"]
    assert done(every=True, colours=True) == ["app", "certificate", "consent"]


def test_what_nobody_can_answer_is_no_combination():
    assert list(combinations(read(GOOD))) == [
        {"every": False, "colours": False},
        {"every": True, "colours": False},
        {"every": True, "colours": True},
    ]


def choosing(extra: str = "") -> Playbook:
    text = GOOD.replace("    unless: every\n    app:", "    when: size=large\n    app:")
    return read(
        text.replace(
            "    unless: every\n    address:", f"    when: size=large{extra}\n    address:"
        )
    )


def test_a_choice_that_decides_is_part_of_every_combination():
    assert [c["size"] for c in combinations(choosing())] == ["small", "large"] * 3


def test_a_choice_that_decides_nothing_is_part_of_none():
    assert all("size" not in each for each in combinations(read(GOOD)))


def test_a_step_happens_when_that_is_chosen():
    book = choosing()

    assert "mailbox_scope" in [entry.do for entry in book.active({"size": "large"})]
    assert "mailbox_scope" not in [entry.do for entry in book.active({"size": "small"})]
    assert "mailbox_scope" not in [entry.do for entry in book.active({})]


def test_a_choice_that_is_not_asked_is_nothing_that_was_chosen():
    text = GOOD.replace("choices: [small, large],", "choices: [small, large], unless: every,")
    book = read(
        text.replace(
            "  - do: consent\n    when:", "  - do: consent\n    unless: size=large\n    when:"
        )
    )

    assert [c.get("size") for c in combinations(book)] == ["small", "large", None, None]


def test_two_steps_may_share_a_name_where_only_one_of_them_can_happen():
    text = GOOD.replace(
        "  - do: consent\n    when: [every, colours]",
        "  - do: security_group\n    as: group\n    when: every\n    address: x@y.example\n"
        "  - do: consent\n    when: [every, colours]",
    )

    assert [entry.name for entry in read(text).entries].count("group") == 2


# ---- files ----


def test_a_playbook_of_ones_own_is_read_from_its_path(tmp_path):
    path = tmp_path / "my-vendor.yaml"
    path.write_text("\ufeff" + GOOD.replace("\n", "\r\n"), encoding="utf-8", newline="")

    book = playbook.load(str(path))

    assert (book.name, book.title) == ("my-vendor", "A good playbook")


@pytest.mark.parametrize("name", ["My Vendor", "a_b", "-a", "ü", "x" * 41, "a.b"])
def test_a_file_name_that_can_be_no_part_of_a_name_is_refused(tmp_path, name):
    path = tmp_path / f"{name}.yaml"
    path.write_text(GOOD, encoding="utf-8")

    with pytest.raises(PlaybookError, match="becomes part of names") as refused:
        playbook.load(str(path))

    assert str(path) in refused.value.message


def test_an_unknown_playbook_is_answered_with_those_there_are():
    with pytest.raises(PlaybookError, match="no playbook 'mytimetable-grph'") as refused:
        playbook.load("mytimetable-grph")

    assert refused.value.fix.startswith("Did you mean mytimetable-graph? ")
    assert "graph-application" in refused.value.fix


@pytest.mark.parametrize("name", ["../playbooks/mytimetable-graph", "/etc/passwd", "", ".", "CON"])
def test_only_a_known_name_or_a_yaml_file_is_a_playbook(name):
    with pytest.raises(PlaybookError, match="There is no playbook"):
        playbook.load(name)


def test_the_digest_is_of_the_exact_text():
    assert read(GOOD).digest == read(GOOD).digest
    assert read(GOOD + "\n").digest != read(GOOD).digest


# ---- references ----


def test_a_reference_is_filled_from_what_is_known():
    known = {"name": "App", "roles": ("a", "b"), "days": 5, "app.id": "1", "none": ""}

    assert fill("${name}-${days}", known) == "App-5"
    assert fill("${roles}", known) == ("a", "b")
    assert fill("${days}", known) == 5
    assert fill(["${app.id}", "x", "${none}"], known) == ("1", "x")
    assert fill("no reference", known) == "no reference"
    assert fill(True, known) is True


def test_what_is_not_known_yet_is_known_later():
    for value in ("${app.id}", "x-${app.id}"):
        assert isinstance(fill(value, {}), Later)
    assert fill("x-${app.id}", {}) == "x-(app.id, known later)"


def test_an_answer_that_looks_like_a_reference_stays_a_text():
    known = {"name": "${app.id} {{7*7}} {% x %}", "app.id": "1"}

    assert fill("${name}", known) == known["name"]
    assert fill("x ${name}", known) == f"x {known['name']}"
