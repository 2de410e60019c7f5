"""Two people with half the rights each: the run stops where a right is missing, and the other goes on."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import CommandLine, Ended
from tests.killing import kinds, objects
from tests.windows import accept, windows

MAIN = "mytimetable-graph"
APPS = "admin.apps@northbridge.example"
THINGS = ("application", "servicePrincipal", "group", "roleAssignment", "oauth2PermissionGrant")
EXCHANGE = "admin.exchange@northbridge.example"


def by(mailgrant: CommandLine, who: str, *arguments: str, for_all: bool = False) -> Ended:
    with windows(mailgrant.home, accept(who, for_all=for_all)):
        return mailgrant("--tenant", "person", *arguments)


@pytest.fixture
def plan(mailgrant: CommandLine) -> Path:
    """Somebody who may read all draws the plan, and lets everybody be asked for reading."""
    path = mailgrant.home.parent / "plan.json"
    assert mailgrant("tenants", "add", "person", "--practice").code == 0
    line = ("plan", MAIN, "--yes", "--out", str(path))
    ended = by(mailgrant, "admin.anna@northbridge.example", *line, for_all=True)
    assert ended.code == 0, ended.err
    mailgrant("practice", "time", "+10m")
    return path


def elsewhere(mailgrant: CommandLine) -> CommandLine:
    """Another computer: the same tenant, another home, nothing in its keep."""
    home = mailgrant.home.parent / "colleague"
    home.mkdir()
    shutil.copy(mailgrant.home / "tenants.toml", home / "tenants.toml")
    (mailgrant.practice).rename(home / "practice")  # the same world, seen from there
    return CommandLine(home)


def test_the_run_stops_at_the_right_that_is_missing_and_a_colleague_ends_it(
    mailgrant: CommandLine, plan: Path
):
    before = kinds(objects(mailgrant.home))

    first = by(mailgrant, APPS, "apply", str(plan), "--yes")

    assert first.code == 75, first.err
    assert "Who may go on" in first.err
    assert "Exchange Administrator" in first.err
    assert "plan.json" in first.err
    confirmed = [r["step"] for r in mailgrant.journal() if r["event"] == "confirmed"]
    assert confirmed == ["app", "certificate"]

    other = elsewhere(mailgrant)
    without = by(other, EXCHANGE, "apply", str(plan), "--yes")
    assert without.code == 1
    assert "the key they made lies on their computer" in without.err

    (other.home / "keep").mkdir(mode=0o700)
    (key,) = (mailgrant.home / "keep").glob("*-key-*.pem")
    shutil.copy2(key, other.home / "keep" / key.name)
    second = by(other, EXCHANGE, "apply", str(plan), "--yes", "--json")

    assert second.code == 0, second.err
    assert second.json["proof"]["verdict"] == "proved"
    made = kinds(objects(other.home)) - before
    assert (made["application"], made["servicePrincipal"], made["group"]) == (1, 1, 1)
    with other.world() as world:
        (app,) = [
            a for a in world.store.all("application") if a["uniqueName"] == f"mailgrant-{MAIN}-prod"
        ]
    assert len(app["keyCredentials"]) == 1


def test_a_colleague_ends_what_was_cut_in_the_middle_of_a_step_and_both_take_their_part_back(
    mailgrant: CommandLine,
):
    before, plan = mailgrant.digest(), mailgrant.home.parent / "plan.json"
    assert mailgrant("plan", MAIN, "--yes", "--out", str(plan)).code == 0
    mailgrant.switch("on Set-DistributionGroup #1 before status 403")
    first = mailgrant("apply", str(plan), "--yes")
    assert first.code in (1, 75), first.err
    theirs, ours = mailgrant.home / "runs", mailgrant.home / "away"
    theirs.rename(ours)

    second = mailgrant("apply", str(plan), "--yes", "--json")
    assert second.code == 0, second.err
    assert mailgrant("undo", second.json["run"], "--yes").code == 0
    shutil.rmtree(theirs)
    ours.rename(theirs)
    (run,) = theirs.iterdir()
    assert mailgrant("undo", run.name, "--yes", "--delete").code == 0
    assert mailgrant.digest() == before


def test_who_may_nothing_changes_nothing(mailgrant: CommandLine, plan: Path):
    before = objects(mailgrant.home)

    ended = by(mailgrant, EXCHANGE, "apply", str(plan), "--yes")

    assert ended.code == 75, ended.err
    assert "AADSTS90094" in ended.err
    assert "Application Administrator" in ended.err
    after = kinds(objects(mailgrant.home))
    assert {kind: after[kind] for kind in THINGS} == {kind: kinds(before)[kind] for kind in THINGS}
