"""Lists of addresses as people keep them: every way Excel, Windows and a text editor write one."""

import time
from pathlib import Path

import pytest

from toolkit import members
from toolkit.errors import AnswerError

WANTED = ("a@x.example", "b@x.example")
GOOD = {
    "one a line": b"a@x.example\nb@x.example\n",
    "Windows line ends and none at the end": b"a@x.example\r\nb@x.example",
    "in capitals": b"A@X.Example\nB@X.EXAMPLE\n",
    "with a byte order mark": b"\xef\xbb\xbfa@x.example\nb@x.example\n",
    "UTF-16, as Excel's Unicode text": "mail\tname\na@x.example\tÄ\nb@x.example\tB\n".encode(
        "utf-16"
    ),
    "a heading": b"mail\na@x.example\nb@x.example\n",
    "a heading of its own": b"Who\na@x.example\nb@x.example\n",
    "columns with headings": b"name,E-Mail,room\nAda,a@x.example,1\nBob,b@x.example,2\n",
    "semicolons, as Excel writes here": b"Name;Mail address\nAda;a@x.example\nBob;b@x.example\n",
    "columns without headings": b"Ada,a@x.example\nBob,b@x.example\n",
    "quotes and a comma in a name": b'"Lovelace, Ada","a@x.example"\n"Bob","b@x.example"\n',
    "not Unicode at all": "name;mail\nJ\xfcrgen;a@x.example\nS\xf6ren;b@x.example\n".encode(
        "cp1252"
    ),
    "as Outlook copies": b"<a@x.example>\n<b@x.example>\n",
    "spaces around": b"  a@x.example \n\tb@x.example\n",
}


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("content", GOOD.values(), ids=GOOD)
def test_a_list_is_read_however_it_is_written(tmp_path: Path, content: bytes):
    assert members.read(written(tmp_path, content)).addresses == WANTED


def test_the_address_exchange_sends_by_is_taken_before_the_sign_in_name(tmp_path: Path):
    content = b"UserPrincipalName,PrimarySmtpAddress\n1@x.example,a@x.example\n"
    first = b"UserPrincipalName,PrimarySmtpAddress\n,\n1@x.example,a@x.example\n"

    assert members.read(written(tmp_path, content)).addresses == ("a@x.example",)
    assert members.read(written(tmp_path, first)).blank == 1


def test_blank_and_repeated_lines_are_left_out_and_counted(tmp_path: Path):
    found = members.read(written(tmp_path, b"mail\na@x.example\n\n;;\n A@x.example\nb@x.example\n"))

    assert (found.addresses, found.blank, found.repeated) == (WANTED, 2, 1)


def test_lines_that_hold_no_address_are_named_the_first_ten(tmp_path: Path):
    content = b"a@x.example\n" + b"".join(b"nobody%d\n" % n for n in range(14))

    with pytest.raises(AnswerError, match=r"line 2 'nobody0', .*line 11 'nobody9' and 4 more"):
        members.read(written(tmp_path, content))


def test_foreign_domains_are_told_from_ours(tmp_path: Path):
    found = members.read(written(tmp_path, b"a@x.example\nb@y.example\nc@sub.x.example\n"))

    assert found.outside(["X.example"]) == ["b@y.example", "c@sub.x.example"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds no address"),
        (b"\n\n\n", "holds no address"),
        (b"mail\n", "holds no address"),
        (b"name,room\nAda,1\n", "no column of mail addresses that can be told: name, room"),
        (b"mail\na@x.example\n=HYPERLINK(1)\n", "line 3 '=HYPERLINK"),
        (b"mail\na@x.example\nb@x.example\x1b[2J\n", "line 3"),
        (b"PK\x03\x04\x00\x00\x00\x00", "holds what is no mail address|holds no address"),
    ],
    ids=["empty", "blank", "a heading only", "no column", "a formula", "a terminal code", "a zip"],
)
def test_what_holds_no_list_is_refused(tmp_path: Path, content: bytes, words: str):
    with pytest.raises(AnswerError, match=words):
        members.read(written(tmp_path, content))


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path):
    with pytest.raises(AnswerError, match="can't be read: No such file"):
        members.read(tmp_path / "none.csv")


def test_fifty_thousand_lines_are_read_at_once(tmp_path: Path):
    lines = [f"Person {n};person.{n % 49_000}@x.example" for n in range(50_000)]
    path = written(tmp_path, ("name;mail\n" + "\n".join(lines)).encode())
    before = time.process_time()

    found = members.read(path)

    assert (len(found.addresses), found.repeated) == (49_000, 1_000)
    assert time.process_time() - before < 5


def test_more_than_a_group_takes_is_refused(tmp_path: Path):
    content = "\n".join(f"p{n}@x.example" for n in range(members.MOST + 1)).encode()

    with pytest.raises(AnswerError, match="holds 100001 addresses; a group takes 100000"):
        members.read(written(tmp_path, content))
