import sys
from pathlib import Path

import pytest

from toolkit.errors import HomeError
from toolkit.secret import Keep

only_posix = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has access lists instead of modes"
)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture
def keep(tmp_path: Path) -> Keep:
    return Keep(tmp_path / "home")


def test_what_is_kept_is_found_again_by_a_second_keep(keep, tmp_path):
    path = keep.put("app-prod.pem", b"key")

    assert path == tmp_path / "home" / "keep" / "app-prod.pem"
    assert Keep(tmp_path / "home").get("app-prod.pem") == b"key"
    assert keep.get("other.pem") is None
    assert keep.names() == ["app-prod.pem"]


def test_an_empty_keep_makes_no_folder(keep, tmp_path):
    assert keep.names() == []
    assert keep.get("app.pem") is None
    keep.remove("app.pem")

    assert list(tmp_path.iterdir()) == []


@only_posix
def test_everything_in_the_keep_is_for_its_owner_only(keep):
    keep.put("app.pem", b"key")

    assert mode(keep.folder) == 0o700
    assert {mode(path) for path in keep.folder.iterdir()} == {0o600}


def test_the_keep_explains_itself(keep):
    keep.put("app.pem", b"key")

    assert "private keys" in (keep.folder / "README.txt").read_text(encoding="utf-8")


def test_a_kept_thing_is_never_overwritten_but_may_be_put_again(keep):
    keep.put("app.pem", b"key")

    assert keep.put("app.pem", b"key").name == "app.pem"
    with pytest.raises(HomeError, match="already keeps something else"):
        keep.put("app.pem", b"another")
    assert keep.get("app.pem") == b"key"


def test_a_removed_thing_is_gone_and_may_be_removed_again(keep):
    keep.put("app.pem", b"key")

    keep.remove("app.pem")
    keep.remove("app.pem")

    assert keep.names() == []


ELSEWHERE = """
. .. ../up a/b a\\b A.pem c:x con nul.pem com1.txt end. ö.pem readme.txt .hidden -option
"""


@pytest.mark.parametrize("name", ["", "x" * 121, "new\nline", *ELSEWHERE.split()])
def test_names_that_could_lead_elsewhere_are_refused(keep, name):
    with pytest.raises(HomeError, match="can't be the name"):
        keep.put(name, b"x")
    with pytest.raises(HomeError, match="can't be the name"):
        keep.get(name)
    with pytest.raises(HomeError, match="can't be the name"):
        keep.remove(name)


def test_a_home_that_is_a_file_is_told_in_a_sentence(tmp_path):
    (tmp_path / "home").write_text("not a folder", encoding="utf-8")

    with pytest.raises(HomeError) as refusal:
        Keep(tmp_path / "home").put("app.pem", b"key")

    assert refusal.value.fix
