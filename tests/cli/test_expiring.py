"""What ends is told in time: whose it is, when, and what to do; and nothing else is."""

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CommandLine
from tests.recording import check
from tests.test_reminders import events
from toolkit.practice import control
from toolkit.practice.seed.entries import add_foreign_certificate, add_secret
from toolkit.practice.world import World

MARK = "mailgrant-mytimetable-graph-prod"
OWNER = "exchange.admin@northbridge.example"
ENDED, SOON = (
    ["Print Kiosk", "MyTimetable", "Timetable 2019", "Survey Mailer"],
    [
        "MyTimetable-prod (old)",
        "Old Exam Portal",
    ],
)
"""Of the seed, in the order in which they end; soon is within sixty days."""


@pytest.fixture(scope="module")
def made(fresh_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Set the main playbook up once."""
    home = Path(shutil.copytree(fresh_home, tmp_path_factory.mktemp("made") / "home"))
    ended = CommandLine(home)("setup", "mytimetable-graph", "--yes")
    assert ended.code == 0, ended.err
    return home


@pytest.fixture
def set_up(made: Path, tmp_path: Path) -> CommandLine:
    return CommandLine(Path(shutil.copytree(made, tmp_path / "home")))


def listed(mailgrant: CommandLine, *options: str) -> list[dict[str, Any]]:
    ended = mailgrant("certificates", "expiring", *options, "--json")
    found: list[dict[str, Any]] = ended.json["endings"]
    assert ended.code == (3 if found else 0), ended.err
    assert ended.json["practice"] is True
    return found


def change(
    mailgrant: CommandLine, kind: str, name: str, edit: Callable[[World, dict[str, Any]], None]
) -> None:
    """Change one object of the practice world, behind everybody's back."""
    with mailgrant.world() as world, world.store.transaction():
        (body,) = [one for one in world.store.all(kind) if one["displayName"] == name]
        edit(world, body)
        world.put(kind, body["id"], body, lag=False)


def secret(days: int, name: str = "added") -> Callable[[World, dict[str, Any]], None]:
    return lambda world, body: add_secret(world, body, "s3cret-text", name=name, days=days)


def test_a_set_up_whose_certificate_lasts_is_not_told_and_the_exit_is_0(set_up: CommandLine):
    ended = set_up("certificates", "expiring")

    assert (ended.code, ended.out) == (0, "")
    assert "Nothing of mailgrant's set-ups has ended or ends within 60d." in ended.err


def test_a_certificate_of_a_set_up_is_told_with_owner_and_the_line_that_replaces_it(
    set_up: CommandLine,
):
    ended = set_up("certificates", "expiring", "--within", "400d")
    (one,) = listed(set_up, "--within", "400d")

    assert ended.code == 3
    first, second = ended.out.splitlines()
    assert first.startswith(f"ends {one['ends'][:10]}, in 364 days  MyTimetable-prod: certificate")
    assert one["thumbprint"] in first
    assert first.endswith(f"owner {OWNER}")
    assert second.endswith(f" certificates rollover {MARK}")
    assert second.startswith("  next: mailgrant --tenant practice --home ")
    assert (one["owner"], one["command"]) == (OWNER, f"certificates rollover {MARK}")


def test_a_secret_of_a_set_up_is_told_with_the_line_that_makes_a_new_one(set_up: CommandLine):
    change(set_up, "application", "MyTimetable-prod", secret(10))

    (one,) = listed(set_up)

    assert (one["kind"], one["name"], one["days"]) == ("client secret", "added", 9)
    assert one["command"] == f"secrets new {MARK}"


def test_all_means_every_application_the_first_to_end_first(mailgrant: CommandLine):
    found = listed(mailgrant, "--all")

    assert [one["application"] for one in found] == [*ENDED, *SOON]
    assert [one["days"] < 0 for one in found] == [True] * len(ENDED) + [False] * len(SOON)
    assert [one["ends"] for one in found] == sorted(one["ends"] for one in found)
    assert all(one["command"] == "" and "Ask its owner" in one["advice"] for one in found)


def test_what_has_ended_is_said_to_have_ended(mailgrant: CommandLine):
    out = mailgrant("certificates", "expiring", "--all", "--within", "0s").out

    assert [line.partition("  ")[2].partition(":")[0] for line in out.splitlines()[::2]] == ENDED
    assert all(line.startswith("ended ") and " ago  " in line for line in out.splitlines()[::2])


def test_a_longer_time_shows_more(mailgrant: CommandLine):
    names = [one["application"] for one in listed(mailgrant, "--all", "--within", "130d")]

    assert names == [*ENDED, *SOON, "Mail Archiver", "Visitor Desk"]


@pytest.mark.parametrize("every", [(), ("--all",)])
def test_it_takes_two_requests_beside_the_tenants_own_and_writes_nothing(set_up, every):
    def counted() -> dict[str, int]:
        counts: dict[str, int] = set_up.status()["requests"]
        return counts

    before, world = counted(), set_up.digest()

    set_up("certificates", "expiring", *every)

    after = counted()
    assert after["read"] - before["read"] == 3
    assert after["write"] == before["write"]
    assert set_up.digest() == world


def test_its_requests_keep_to_the_published_contracts(
    set_up: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    recording = tmp_path / "recording.jsonl"
    monkeypatch.setenv(control.RECORD_VARIABLE, str(recording))

    listed(set_up)
    listed(set_up, "--all")

    assert check(recording) == []


def test_an_application_that_was_taken_as_it_is_counts_as_ours(mailgrant: CommandLine):
    def mark(world: World, body: dict[str, Any]) -> None:
        body["tags"] = ["mailgrant", "mailgrant:graph-application:test"]

    change(mailgrant, "application", "Survey Mailer", mark)

    (one,) = listed(mailgrant)
    assert one["application"] == "Survey Mailer"
    assert one["command"] == "secrets new mailgrant-graph-application-test"


def test_a_secret_ends_by_the_tenants_clock_and_a_certificate_by_this_computers(
    set_up: CommandLine,
):
    change(set_up, "application", "MyTimetable-prod", secret(300))
    assert listed(set_up) == []

    set_up("practice", "time", "+290d")

    assert [one["kind"] for one in listed(set_up)] == ["client secret"]


def test_a_key_of_the_enterprise_application_alone_is_told_too(set_up: CommandLine):
    change(set_up, "servicePrincipal", "MyTimetable-prod", secret(10, "hidden"))

    (one,) = listed(set_up)

    assert one["name"] == "hidden"
    assert "Get-MgServicePrincipal" in one["advice"]


def test_a_certificate_that_signs_saml_is_told_once_and_not_as_a_secret(mailgrant: CommandLine):
    def sign(world: World, body: dict[str, Any]) -> None:
        add_foreign_certificate(body, "signing", start=2020, end=2022)
        (public,) = body["keyCredentials"]
        private = {**public, "keyId": "7b0b2a3e-3b53-4c3c-9d0f-0a53f0d5e1aa", "usage": "Sign"}
        body["keyCredentials"].append({**private, "type": "X509CertAndPassword"})
        add_secret(world, body, "opens the PFX", name="signing", days=-400, made=-900)
        body["passwordCredentials"][0]["keyId"] = private["keyId"]

    change(mailgrant, "servicePrincipal", "Visitor Desk", sign)

    found = [one for one in listed(mailgrant, "--all") if one["application"] == "Visitor Desk"]
    assert [one["kind"] for one in found] == ["SAML signing certificate"]
    assert "Single sign-on" in found[0]["advice"]


def test_the_key_of_a_proof_is_said_to_go_by_itself(set_up: CommandLine):
    change(set_up, "application", "MyTimetable-prod", secret(1, f"{MARK}-proof"))

    assert listed(set_up)[0]["command"] == "runs resume"


def test_an_end_that_is_not_known_is_never_a_pass(set_up: CommandLine):
    def forever(world: World, body: dict[str, Any]) -> None:
        secret(10)(world, body)
        body["passwordCredentials"][0]["endDateTime"] = None

    change(set_up, "application", "MyTimetable-prod", forever)

    (one,) = listed(set_up)
    assert (one["ends"], one["days"]) == (None, None)
    assert set_up("certificates", "expiring").out.startswith("end unknown  MyTimetable-prod")


def test_a_name_can_neither_hide_nor_turn_nor_add_a_line(set_up: CommandLine, tmp_path: Path):
    hostile = "x\x1b[2J\u202ey\r\nBEGIN:VEVENT"
    change(set_up, "application", "MyTimetable-prod", secret(10, hostile))
    file = tmp_path / "it.ics"

    ended = set_up("certificates", "expiring", "--ics", str(file))

    assert "x\\u001b[2J\\u202ey\\u000d\\u000aBEGIN:VEVENT" in ended.out
    assert len(ended.out.splitlines()) == 2
    assert len(events(file.read_bytes())) == 1


# ---- calendars ----


def test_reminders_come_thirty_days_ahead_or_today_where_that_is_over(
    mailgrant: CommandLine, tmp_path: Path
):
    file = tmp_path / "it.ics"
    found = listed(mailgrant, "--all", "--within", "130d", "--ics", str(file))

    with mailgrant.world() as world:
        today = world.now().date()
    ahead = [datetime.fromisoformat(one["ends"]).date() - timedelta(days=30) for one in found]
    assert [event["DTSTART;VALUE=DATE"] for event in events(file.read_bytes())] == [
        f"{max(day, today):%Y%m%d}" for day in ahead
    ]


def test_importing_again_changes_the_same_reminders(mailgrant: CommandLine, tmp_path: Path):
    def uids(*options: str) -> list[str]:
        file = tmp_path / "it.ics"
        line = ("certificates", "expiring", "--all", "--ics", str(file), *options)
        assert mailgrant(*line).code == 3
        return [event["UID"] for event in events(file.read_bytes())]

    first = uids()
    mailgrant("practice", "time", "+1d")

    assert uids("--force") == first
    assert len(set(first)) == len(first) == len(ENDED + SOON)


def test_where_nothing_ends_the_calendar_is_empty(mailgrant: CommandLine, tmp_path: Path):
    file = tmp_path / "it.ics"

    assert mailgrant("certificates", "expiring", "--ics", str(file)).code == 0

    assert events(file.read_bytes()) == []


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        (("--within", "soon"), 2, "is no duration"),
        (("--within", "-5d"), 2, "is no duration"),
        (("--within", "9999999d"), 2, "is no duration"),
        (("--within", ""), 2, "is no duration"),
        (("--force",), 2, "about the file of --ics"),
        (("--ics", "there.ics"), 2, "is already there"),
        (("--ics", "nowhere/it.ics"), 1, "can't be written"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(
    mailgrant: CommandLine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    code: int,
    sentence: str,
):
    monkeypatch.chdir(tmp_path)
    Path("there.ics").write_bytes(b"mine")

    ended = mailgrant("certificates", "expiring", *options)

    assert ended.code == code, ended.err
    assert sentence in " ".join(ended.err.split())
    assert "What to do:" in ended.err
    assert Path("there.ics").read_bytes() == b"mine"
