import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit import strict_yaml
from toolkit.errors import PlaybookError
from toolkit.strict_yaml import Node

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "\n".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
DEEP = {
    "square brackets": "a: " + "[" * 3000 + "]" * 3000,
    "curly brackets": "a: " + "{a: " * 3000 + "}" * 3000,
    "closing brackets first": "# " + "]" * 3000 + "\na: " + "[" * 3000,
    "indentation": "\n".join(" " * depth + "a:" for depth in range(1000)),
    "question marks": "? " * 3000 + "a",
    "hyphens": "- " * 3000 + "a",
}
REFUSED = {
    "an alias": ("a: &x 1\nb: *x", 1, "aliases"),
    "an anchor": ("a: 1\nb: &x 1", 2, "anchors"),
    "a twin": ("a: 1\nb: 2\na: 3", 3, "'a' stands twice \\(first on line 1\\)"),
    "a twin further in": ("a:\n  b: 1\n  b: 2", 3, "stands twice"),
    "a tag": ("a: 1\nb: !!python/name:os.system x", 2, "tags"),
    "a harmless tag": ("a: !!str 1", 1, "tags"),
    "a tag on a list": ("a: !!set [x]", 1, "tags"),
    "a number as a name": ("1: a", 1, "plain text"),
    "a list as a name": ("? [a]\n: b", 1, "plain text"),
    "two documents": ("a: 1\n---\nb: 2", 2, "another document"),
    "a tab as indentation": ("a:\n\tb: 1", 2, "can't be read"),
    "an open quote": ('a: 1\nb: "c', 2, "unexpected end"),
    "an open bracket": ("a: [1", 1, "expected"),
    "a list": ("- a", 1, "name: value"),
    "a text": ("hello", 1, "name: value"),
    "a bell": ("a: 1\nb: \a", 2, "special characters"),
    "a bell in disguise": ('a: 1\nb: "\\a"', 2, r"U\+0007"),
    "an escape sequence": ('a: "\\e[2J"', 1, r"U\+001B"),
    "half a pair": ('a: "\\ud800"', 1, r"U\+D800"),
    "text turned around": ("a: x\u202eexe.cer", 1, r"U\+202E"),
    "a private sign": ("a: 1\nb: \ue000", 2, "private-use"),
}


@pytest.mark.parametrize(("text", "line", "says"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_is_named_with_its_line(text, line, says):
    with pytest.raises(PlaybookError, match=rf"^book\.yaml, line {line}[,:].*{says}") as refused:
        strict_yaml.parse(text, "book.yaml")

    assert refused.value.fix


@pytest.mark.parametrize("text", [*DEEP.values(), BOMB], ids=[*DEEP, "alias bomb"])
def test_what_is_deep_or_multiplies_is_refused_at_once(text):
    before = time.process_time()
    with pytest.raises(PlaybookError, match=r"^book\.yaml, line \d+, can't be read"):
        strict_yaml.parse(text, "book.yaml")

    assert time.process_time() - before < 2


def test_fifty_levels_are_read():
    node = strict_yaml.parse("a: " + "[" * 48 + "x" + "]" * 48, "book.yaml")

    value = node["a"]
    while isinstance(value, list):
        (value,) = value
    assert value == "x"


def test_an_escape_that_is_no_character_is_refused():
    with pytest.raises(PlaybookError, match="escape"):
        strict_yaml.parse('a: "\\UFFFFFFFF"', "book.yaml")


@pytest.mark.parametrize(
    "text",
    [
        "NO",
        "no",
        "yes",
        "on",
        "y",
        "True",
        "TRUE",
        "2026-11-20",
        "1.10",
        "1e5",
        "00123",
        "0x1F",
        "0o17",
        "1_000",
        "12:30",
        "+5",
        ".inf",
        ".nan",
        "<<",
        "=",
        "Null",
        "2026-11-20 10:00:00",
        "9" * 16,
        "9" * 5000,
        "O'Brien",
        "C:\\certs\\a b.cer",
        "=cmd",
        "{{7*7}}",
        "{% x %}",
    ],
)
def test_text_stays_the_text_it_is(text):
    quoted = f"'{text.replace(chr(39), 2 * chr(39))}'" if text[0] in "{=" else text

    assert strict_yaml.parse(f"a: {quoted}\n", "f") == {"a": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("false", False), ("0", 0), ("-5", -5), ("42", 42), ("~", None), ("", None)],
)
def test_plain_yes_no_numbers_and_nothing_are_values(text, value):
    found = strict_yaml.parse(f"a: {text}\n", "f")["a"]

    assert found == value
    assert type(found) is type(value)


def test_a_quoted_value_is_text():
    assert strict_yaml.parse("{a: '5', b: \"true\", c: ''}", "f") == {
        "a": "5",
        "b": "true",
        "c": "",
    }


def test_references_may_stand_in_a_flow_list_and_keep_their_columns():
    node = strict_yaml.parse("a: [${x}, ${app.client_id}]\nb: {c: ${x}}\nd: ${not one}", "f")

    assert node == {"a": ["${x}", "${app.client_id}"], "b": {"c": "${x}"}, "d": "${not one}"}


def test_every_mapping_knows_its_lines():
    node = strict_yaml.parse("a: 1\n\nb:\n  - c: 1\n    d: 2\n", "f")

    assert (node.line, node.lines) == (1, {"a": 1, "b": 3})
    assert (node["b"][0].line, node["b"][0].lines) == (4, {"c": 4, "d": 5})


@pytest.mark.parametrize("text", ["", "\n\n", "# only a remark\n", "---\n"])
def test_nothing_is_an_empty_mapping(text):
    node = strict_yaml.parse(text, "f")

    assert node == {}
    assert isinstance(node, Node)
    assert node.lines == {}


# ---- files ----


def test_a_file_with_a_mark_in_front_and_windows_line_ends_is_read(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes("\ufeffa: ü\r\nb: 2\r\n".encode())

    node = strict_yaml.load(path)

    assert node == {"a": "ü", "b": 2}
    assert node.lines == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"a: " + b"x" * 5_000_000, "larger than"),
        (b"a: 1\nb: \xff\n", "line 2: not UTF-8"),
        ("a: 1".encode("utf-16"), "not UTF-8"),
        (b"\0" * 100, "special characters"),
    ],
    ids=["5 MB", "latin", "UTF-16 as PowerShell 5.1 writes it", "zeros"],
)
def test_a_file_that_is_no_text_is_refused_by_name(tmp_path, data, says):
    path = tmp_path / "a.yaml"
    path.write_bytes(data)

    with pytest.raises(PlaybookError, match=says) as refused:
        strict_yaml.load(path)

    assert str(path) in refused.value.message
    assert refused.value.fix


def test_a_path_that_leads_to_no_file_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "none.yaml", Path("a\0.yaml"), tmp_path / ("x" * 300)):
        with pytest.raises(PlaybookError, match="can't be read") as refused:
            strict_yaml.load(path)
        assert refused.value.fix


def test_an_endless_file_is_not_read_to_its_end():
    endless = Path("/dev/zero")
    if not endless.exists():
        pytest.skip("there is no endless file on this system")

    with pytest.raises(PlaybookError, match="larger than"):
        strict_yaml.load(endless)


# ---- anything at all ----

PIECES = st.sampled_from(
    [
        *"a[]{},#~'\"\\\n\t\r\x00\x85\u2028\ufeffü🔒",
        "b: ",
        ": ",
        "- ",
        "? ",
        "  ",
        "&x ",
        "*x",
        "!!str ",
        "|\n",
        ">\n",
        "---\n",
        "...\n",
        "%YAML 1.1\n",
        "${",
        "${a}",
        "true",
        "0x1",
        "<<: ",
    ]
)


def told(path: Path) -> object:
    """Read a file; give back what it holds, or what is said about it."""
    try:
        return strict_yaml.load(path)
    except PlaybookError as refused:
        return refused.message if refused.fix else None


@settings(max_examples=400, deadline=None)
@given(
    data=st.lists(PIECES, max_size=60).map(lambda pieces: "".join(pieces).encode())
    | st.text(max_size=200).map(str.encode)
    | st.binary(max_size=200)
)
def test_anything_at_all_is_read_or_refused_by_name(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("any") / "f.yaml"
    path.write_bytes(data)

    found = told(path)

    assert isinstance(found, Node) or (isinstance(found, str) and str(path) in found)
