"""What passed between mailgrant and the practice tenant: counted again, and held to others' contracts."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.answers import every_value
from tests.conftest import CommandLine, set_options
from tests.controls.client import connect
from tests.faulting import unfired
from tests.recording import Exchange, cmdlet_of, path_of, read, recount
from tests.recording import check as check_traffic
from toolkit import playbook
from toolkit.practice import control

CASES = [
    pytest.param(case.values, id=case.id, marks=case.marks)
    for case in every_value(playbook.names())
]
MAIN = "mytimetable-graph"
ACCEPT = "--accept-every-mailbox"
TROUBLES = {
    "lag of three reads": ["lag reads=3"],
    "lag of ninety seconds": ["lag seconds=90"],
    "replicas by turns": ["lag reads=8 flip"],
    "throttled": [
        "on PATCH /applications* #1 before status 429 retry-after 2",
        "on POST /servicePrincipals #1 before status 429",
        "on token #3 before status 429 retry-after 1",
        "on New-DistributionGroup #1 before status 429 retry-after 1",
    ],
    "busy after the commit": [
        "on PATCH /applications* #1 after-commit status 503",
        "on POST /servicePrincipals #1 after-commit status 503",
        "on New-DistributionGroup #1 after-commit status 503",
        "on New-ManagementRoleAssignment #1 after-commit status 504",
    ],
    "connections break": [
        "on PATCH /applications* #1 after-commit reset",
        "on New-ServicePrincipal #1 after-commit reset",
        "on GET /servicePrincipals* #1 before reset",
    ],
}


@dataclass(frozen=True)
class Recorded:
    """What one set-up, re-run and undo left: the recording, and how the practice tenant counted."""

    path: Path
    requests: dict[str, int]
    readings: list[tuple[dict[str, int], int]]
    """What the status said after each command, and how long the recording was then."""


@pytest.fixture(scope="module", params=CASES)
def whole(
    request: pytest.FixtureRequest, fresh_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Recorded:
    name, flags = request.param
    folder = tmp_path_factory.mktemp("whole")
    mailgrant = CommandLine(Path(shutil.copytree(fresh_home, folder / "home")))
    path = folder / "recording.jsonl"
    readings = []
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(control.RECORD_VARIABLE, str(path))
        lines = [("setup", name, "--yes", "--json", ACCEPT, *set_options(flags))] * 2
        lines.append(("undo", "RUN", "--yes", "--json"))
        run = "RUN"
        for line in lines:
            ended = mailgrant(*(run if word == "RUN" else word for word in line))
            assert ended.code == 0, ended.err
            run = ended.json["run"]
            readings.append((mailgrant.status()["requests"], len(read(path))))
    return Recorded(path, mailgrant.status()["requests"], readings)


@pytest.fixture
def recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "recording.jsonl"
    monkeypatch.setenv(control.RECORD_VARIABLE, str(path))
    return path


def check(path: Path) -> list[str]:
    """Check a recording; warnings count too, for none needs an excuse so far."""
    return check_traffic(path)


def answered(recording: Path, status: int) -> list[Exchange]:
    return [exchange for exchange in read(recording) if exchange["status"] == status]


def test_a_whole_set_up_and_undo_contradicts_no_published_contract(whole: Recorded) -> None:
    assert check(whole.path) == []


def test_the_recording_counted_again_is_what_the_status_says(whole: Recorded) -> None:
    everything = read(whole.path)

    for said, length in whole.readings:
        assert recount(everything[:length]) == said
    assert recount(everything) == whole.requests
    assert whole.requests["write"] > 0


def test_a_rerun_writes_nothing_by_the_recording(whole: Recorded) -> None:
    (_, first), (_, again), _ = whole.readings
    rerun = read(whole.path)[first:again]

    assert rerun
    assert recount(rerun)["write"] == 0


@pytest.mark.parametrize("lines", TROUBLES.values(), ids=TROUBLES)
def test_trouble_keeps_to_the_contracts_and_to_the_count(
    mailgrant: CommandLine, recording: Path, lines: list[str]
) -> None:
    mailgrant.switch(*lines)

    first = mailgrant("setup", MAIN, "--yes", "--json")
    assert first.code == 0, first.err
    undone = mailgrant("undo", first.json["run"], "--yes", "--json")
    assert undone.code == 0, undone.err

    assert unfired(mailgrant.practice) == []
    assert recount(read(recording)) == mailgrant.status()["requests"]
    assert check(recording) == []


def test_exchange_refuses_an_eligible_role_by_padding_alone_within_the_contracts(
    mailgrant: CommandLine, recording: Path
) -> None:
    mailgrant.switch("pim eligible")

    assert mailgrant("setup", MAIN, "--yes", "--json").code != 0

    refused = [exchange for exchange in answered(recording, 403) if cmdlet_of(exchange)]
    assert refused
    for exchange in refused:
        assert exchange["response_body"] is None
        assert int(exchange["response_headers"]["content-length"]) > 0
        assert "x-ms-diagnostics" not in exchange["response_headers"]
    assert recount(read(recording)) == mailgrant.status()["requests"]
    assert check(recording) == []


@pytest.mark.parametrize("right", ["Application.ReadWrite.All", "Exchange.ManageAsApp"])
def test_a_missing_right_is_refused_within_the_contracts(
    mailgrant: CommandLine, recording: Path, right: str
) -> None:
    mailgrant.switch(f"role remove {right}")

    assert mailgrant("setup", MAIN, "--yes", "--json").code != 0

    for exchange in answered(recording, 403):
        assert (
            exchange["response_body"] or right in exchange["response_headers"]["x-ms-diagnostics"]
        )
    assert answered(recording, 403)
    assert check(recording) == []


def test_a_policy_that_shuts_the_app_out_is_refused_within_the_contracts(
    mailgrant: CommandLine, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ("--set", "every_mailbox=yes", ACCEPT, "--yes", "--json")
    first = mailgrant("setup", MAIN, *options)
    client = app_of(recording)
    policy: dict[str, Any] = {
        "AppId": [client],
        "AccessRight": "RestrictAccess",
        "PolicyScopeGroupId": "lecture-rooms@northbridge.example",
        "Description": "Rooms only",
    }
    with connect(mailgrant.practice) as administrator:
        administrator.cmdlet("New-ApplicationAccessPolicy", **policy)
    mailgrant("practice", "time", "+3h")

    verified = mailgrant("verify", first.json["run"], "--json", "--wait", "1s")

    assert verified.code in {1, 75}, verified.err
    refused = answered(recording, 403)
    assert any("[RAOP]" in exchange["response_body"]["error"]["message"] for exchange in refused)
    assert check(recording) == []


def app_of(recording: Path) -> str:
    made = [one for one in answered(recording, 201) if "uniqueName" in path_of(one)]
    return str(made[0]["response_body"]["appId"])
