"""Where the vendor holds the key, the proof brings one of its own for 24 hours and takes it away."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import CommandLine
from toolkit import certificates

MAIN = "mytimetable-graph"


@pytest.fixture
def vendor(tmp_path: Path) -> certificates.Certificate:
    pair = certificates.make("vendor", days=300, now=datetime.now(UTC))
    (tmp_path / "vendor.cer").write_bytes(pair.certificate.der)
    return pair.certificate


@pytest.fixture
def command(vendor: certificates.Certificate, tmp_path: Path) -> list[str]:
    return [
        "apply",
        MAIN,
        "--yes",
        "--json",
        "--set",
        f"certificate_file={tmp_path / 'vendor.cer'}",
    ]


def thumbprints(mailgrant: CommandLine) -> list[str]:
    with mailgrant.world() as world:
        (app,) = [
            a for a in world.store.all("application") if a["displayName"] == "MyTimetable-prod"
        ]
    return [certificates.thumbprint_of(key["customKeyIdentifier"]) for key in app["keyCredentials"]]


def test_the_proof_key_comes_and_goes_with_the_plan(
    mailgrant: CommandLine, command: list[str], vendor
):
    expected = [
        ("app", "create"),
        ("certificate", "create"),
        ("proof_key", "create"),
        ("group", "create"),
        ("scope", "create"),
        ("proof_key_gone", "remove"),
    ]
    plan = mailgrant("plan", *command[1:])
    assert [(c["as"], c["verb"]) for c in plan.json["changes"]] == expected

    ended = mailgrant(*command)

    assert (ended.code, ended.json["proof"]["verdict"]) == (0, "proved"), ended.err
    assert [(s["as"], s["verb"]) for s in ended.json["steps"]] == expected
    assert thumbprints(mailgrant) == [vendor.thumbprint]
    assert not list((mailgrant.home / "keep").glob("*.pem"))


def test_again_it_writes_nothing_and_stays_proved(mailgrant: CommandLine, command: list[str]):
    assert mailgrant(*command).code == 0
    writes = mailgrant.status()["requests"]["write"]

    again = mailgrant(*command)

    assert (again.code, again.json["outcome"]) == (0, "nothing"), again.err
    assert again.json["proof"]["verdict"] == "proved"
    assert "Proved live at" in again.json["proof"]["why"]
    assert mailgrant.status()["requests"]["write"] == writes


def test_while_pending_the_proof_key_stays_and_undo_takes_it(
    mailgrant: CommandLine, command: list[str], vendor
):
    before = mailgrant.digest()
    pending = mailgrant(*command, "--wait", "1m")
    assert pending.code == 75
    assert len(thumbprints(mailgrant)) == 2

    undone = mailgrant("undo", pending.json["run"], "--yes", "--json")

    assert undone.code == 0, undone.err
    assert [step["stays"] for step in undone.json["steps"]] == [""] * 5
    assert mailgrant.digest() == before
    assert not list((mailgrant.home / "keep").glob("*.pem"))


def test_undone_after_the_proof_nothing_is_left(mailgrant: CommandLine, command: list[str]):
    before = mailgrant.digest()
    run = mailgrant(*command).json["run"]

    undone = mailgrant("undo", run, "--yes", "--json")

    assert [step["stays"] for step in undone.json["steps"]] == [""] * 6
    assert mailgrant.digest() == before


def test_a_certificate_that_lives_longer_than_the_policy_allows_is_refused_before_the_first_write(
    mailgrant: CommandLine, tmp_path: Path
):
    pair = certificates.make("vendor", days=800, now=datetime.now(UTC))
    (tmp_path / "long.cer").write_bytes(pair.certificate.pem)

    ended = mailgrant("apply", MAIN, "--yes", "--set", f"certificate_file={tmp_path / 'long.cer'}")

    assert ended.code == 1
    assert "app management policy allows 365" in ended.err
    assert mailgrant.status()["requests"]["write"] == 0


def test_a_certificate_made_here_is_clamped_to_the_policy(mailgrant: CommandLine):
    mailgrant.switch("policy certificates=max=90d")
    ended = mailgrant("apply", MAIN, "--yes", "--json")

    assert ended.code == 0, ended.err
    assert "for 90 days" in ended.json["steps"][1]["title"]
