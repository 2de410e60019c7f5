"""Long lists of members: read once, looked up at once, put in one by one, and carried on after a cut."""

import time
from pathlib import Path

import pytest

from tests.conftest import CommandLine
from tests.killing import matrix, points
from tests.scenes import LAG, MAIN, applying, slow
from tests.set_up import APP, METTE, RECTOR, inside

LINES = 50_000


def people(mailgrant: CommandLine, count: int) -> list[str]:
    """Name people with mailboxes."""
    with mailgrant.world() as world:
        users = world.store.all("user")
    mailboxes = [u["mail"] for u in users if (u.get("_exchange") or {}).get("RecipientTypeDetails") == "UserMailbox"]  # fmt: skip
    return sorted({*mailboxes} - {RECTOR, METTE})[:count]


def listed(file: Path, addresses: list[str]) -> tuple[str, ...]:
    """Write a list of 50,000 lines: each address again and again, in capitals too, and blanks."""
    forms = [form for each in addresses for form in (each, each.upper(), "")]
    lines = [forms[number % len(forms)] for number in range(LINES)]
    file.write_text("Name;Mail\n" + "\n".join(f"X;{line}" for line in lines), encoding="utf-8")
    return ("--set", f"members_file={file}")


def test_fifty_thousand_lines_take_a_few_requests_to_judge(mailgrant: CommandLine, tmp_path: Path):
    words = listed(tmp_path / "list.csv", people(mailgrant, 120))
    start = time.process_time()
    plan = mailgrant("plan", MAIN, "--yes", "--json", *words)

    assert plan.code == 0, plan.err
    (group,) = [each for each in plan.json["changes"] if each["as"] == "group"]
    assert group["reach"]["count"] == 121
    assert any("blank or repeated" in remark for remark in group["reach"]["remarks"])
    assert mailgrant.status()["requests"]["read"] < 15
    assert time.process_time() - start < 10


def test_a_long_list_is_put_in_visibly_and_made_equal_by_few_requests(
    mailgrant: CommandLine, tmp_path: Path
):
    many = people(mailgrant, 110)
    words = listed(tmp_path / "list.csv", many)
    done = mailgrant("apply", MAIN, "--yes", "--json", *words)
    assert done.code == 0, done.err
    assert inside(mailgrant) == sorted([*many, METTE])

    listed(tmp_path / "shorter.csv", [*many[:-3], METTE])
    before = mailgrant.status()["requests"]["read"]
    line = ("members", "sync", APP, "--file", str(tmp_path / "shorter.csv"), "--yes", "--json")
    shorter = mailgrant(*line, "--wait", "0s")

    assert shorter.code == 75, shorter.err  # who went out is shown later
    assert shorter.json["removed"] == many[-3:]
    assert mailgrant.status()["requests"]["read"] - before < 40


@pytest.mark.parametrize("stranger", ["somebody@elsewhere.example", "nobody@northbridge.example"])
def test_one_stranger_among_fifty_thousand_lines_stops_everything(
    mailgrant: CommandLine, tmp_path: Path, stranger: str
):
    words = listed(tmp_path / "list.csv", [*people(mailgrant, 50), stranger])

    refused = mailgrant("apply", MAIN, "--yes", *words)

    assert refused.code == 2
    assert "1 addresses of list.csv are" in " ".join(refused.err.split())
    assert stranger in refused.err
    assert "What to do:" in refused.err
    assert mailgrant.status()["requests"]["write"] == 0


def test_a_list_that_was_cut_goes_on_with_who_is_missing(fresh_home: Path, tmp_path: Path):
    home = slow(fresh_home, tmp_path / "home", LAG)
    many = people(CommandLine(home), 102)
    (tmp_path / "list.txt").write_text("\n".join(many), encoding="utf-8")
    scene = applying(home, MAIN, "--set", f"members_file={tmp_path / 'list.txt'}")
    folder = tmp_path / "killed"
    folder.mkdir()
    adding = [each for each in points(scene, folder) if "Add-DistributionGroupMember" in each.name]

    assert len(adding) == 2 * 3
    assert matrix(scene, adding[2:4], folder) == []
