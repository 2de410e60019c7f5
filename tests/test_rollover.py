"""A certificate rolled over: never without a working key, never a key of others lost, a person's word between."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CommandLine
from tests.killing import cut_at, points
from tests.scenes import LAG, Scenes, confirming, giving_back, killed, slow
from tests.set_up import APP, MAIN, copied, made
from toolkit import certificates

BOOK = "certificate-rollover"
OTHERS = "FD82D832EEC1655C2CED27BE2473C2C610E496F2"
CAPTURE = "Lecture Capture"


@pytest.fixture(scope="module")
def home(fresh_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(fresh_home, tmp_path_factory.mktemp("made"))


@pytest.fixture
def ready(home: Path, tmp_path: Path) -> CommandLine:
    return copied(home, tmp_path)


def keys(mailgrant: CommandLine, name: str) -> list[str]:
    """List the thumbprints on an application."""
    with mailgrant.world() as world:
        (app,) = world.store.find("application", displayName=name)
    return [certificates.thumbprint_of(key["customKeyIdentifier"]) for key in app["keyCredentials"]]


def rolled(mailgrant: CommandLine, *options: str) -> Any:
    """Roll over up to the moment that waits for a person."""
    ended = mailgrant("certificates", "rollover", APP, "--yes", "--json", *options)
    assert ended.code == 75, ended.err
    return ended.json


def test_the_new_one_works_beside_the_old_one_until_a_person_says_yes(ready: CommandLine):
    (old,) = keys(ready, APP)

    begun = rolled(ready)
    assert begun["proof"]["why"].startswith("A person must confirm")
    assert keys(ready, APP)[0] == old
    assert len(keys(ready, APP)) == 2

    again = ready("runs", "resume", begun["run"], "--json")  # nobody said yes
    assert (again.code, len(keys(ready, APP))) == (75, 2)

    ended = ready("runs", "resume", begun["run"], "--confirmed", "--json")
    assert (ended.code, ended.json["proof"]["verdict"]) == (0, "proved"), ended.err
    (new,) = keys(ready, APP)
    assert new != old


def test_the_set_up_then_signs_in_with_the_new_one(ready: CommandLine, tmp_path: Path):
    begun = rolled(ready)
    (_, new) = keys(ready, APP)

    handed = ready("handover", APP, "--format", "json").json
    assert [each["thumbprint"] for each in handed["certificates"]] == [new]
    assert ready("handover", APP, "--key", str(tmp_path / "new.pem")).code == 0
    assert certificates.inspect((tmp_path / "new.pem").read_bytes(), None)[0].thumbprint == new

    ready("runs", "resume", begun["run"], "--confirmed")
    verified = ready("verify", APP, "--json")
    assert (verified.code, verified.json["proof"]["verdict"]) == (0, "proved"), verified.err
    assert {change["verb"] for change in ready("plan", MAIN, "--yes", "--json").json["changes"]} == {"keep"}  # fmt: skip


def test_the_same_line_goes_on_and_begins_no_second_rollover(ready: CommandLine):
    begun = rolled(ready)
    again = rolled(ready)

    assert again["run"] == begun["run"]
    assert len(keys(ready, APP)) == 2


def test_undo_puts_the_old_one_back_and_the_set_up_is_as_it_was(ready: CommandLine):
    before, (old,) = ready.digest(), keys(ready, APP)
    run = rolled(ready)["run"]
    ready("runs", "resume", run, "--confirmed")

    refused = ready("undo", APP, "--yes")
    assert refused.code == 1
    assert run in refused.err
    assert ready("undo", run, "--yes").code == 0
    assert (keys(ready, APP), ready.digest()) == ([old], before)
    handed = ready("handover", APP, "--format", "json").json
    assert [each["thumbprint"] for each in handed["certificates"]] == [old]
    assert ready("verify", APP).code == 0


def test_a_word_given_before_the_second_go_was_taken_back_is_void(ready: CommandLine):
    run = rolled(ready)["run"]
    ready("runs", "resume", run, "--confirmed")
    assert ready("undo", run, "--second-go", "--yes").code == 0
    assert len(keys(ready, APP)) == 2

    assert ready("runs", "resume", run).code == 75
    assert ready("runs", "resume", run, "--confirmed").code == 0
    assert len(keys(ready, APP)) == 1


def test_a_scheduler_never_says_the_word(ready: CommandLine):
    run = rolled(ready)["run"]

    assert ready("runs", "resume", "--due").code == 0
    assert len(keys(ready, APP)) == 2
    assert ready("runs", "resume", "--due", "--confirmed").code == 2
    listed = next(r for r in ready("runs", "--json").json["runs"] if r["run"] == run)
    assert (listed["state"], listed["awaits"]) == ("pending", True)
    other = next(r["run"] for r in ready("runs", "--json").json["runs"] if r["run"] != run)
    assert ready("runs", "resume", other, "--confirmed").code == 2


def test_the_vendor_s_new_certificate_replaces_the_vendor_s_old_one(
    mailgrant: CommandLine, tmp_path: Path
):
    files = []
    for name in ("old", "new"):
        pair = certificates.make(name, days=300, now=datetime.now(UTC))
        (tmp_path / f"{name}.cer").write_bytes(pair.certificate.der)
        files.append((str(tmp_path / f"{name}.cer"), pair.certificate.thumbprint))
    (first, old), (second, new) = files
    assert mailgrant("apply", MAIN, "--yes", "--set", f"certificate_file={first}").code == 0

    begun = rolled(mailgrant, "--file", second, "--replaces", old)
    assert {old, new} <= set(keys(mailgrant, APP))
    ended = mailgrant("runs", "resume", begun["run"], "--confirmed", "--json")

    assert (ended.code, ended.json["proof"]["verdict"]) == (0, "proved"), ended.err
    assert keys(mailgrant, APP) == [new]  # the key for the proof is gone, too


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--set", "replaces=xyz"), "is no thumbprint"),
        (("--set", "client_id=11111111-2222-3333-4444-555555555555"), "isn't registered"),
    ],
)
def test_what_can_t_be_meant_is_refused_before_anything_is_written(
    mailgrant: CommandLine, options: tuple[str, ...], words: str
):
    ended = mailgrant("apply", BOOK, "--yes", *options)

    assert ended.code in (1, 2)
    assert words in ended.err
    assert mailgrant.status()["requests"]["write"] == 0


def test_the_last_good_key_is_never_taken_away(mailgrant: CommandLine):
    """Somebody removes the new certificate while the run waits for a person."""
    begun = mailgrant("apply", BOOK, "--yes", "--json").json
    with mailgrant.world() as world, world.store.transaction():
        (app,) = world.store.find("application", displayName=CAPTURE)
        app["keyCredentials"] = [k for k in app["keyCredentials"] if "mailgrant" not in k["displayName"]]  # fmt: skip
        world.put("application", app["id"], app, lag=False)

    mailgrant("runs", "resume", begun["run"], "--confirmed")

    assert keys(mailgrant, CAPTURE)
    with mailgrant.world() as world:
        (app,) = world.store.find("application", displayName=CAPTURE)
        assert any(key["endDateTime"] > world.stamp() for key in app["keyCredentials"])


def test_a_certificate_too_long_for_today_s_policy_comes_back_shorter(mailgrant: CommandLine):
    mailgrant.switch("policy certificates=max=90d")
    run = mailgrant("apply", BOOK, "--yes", "--json").json["run"]
    mailgrant("runs", "resume", run, "--confirmed")
    assert OTHERS not in keys(mailgrant, CAPTURE)

    ended = mailgrant("undo", run, "--yes")

    assert ended.code == 0, ended.err
    assert keys(mailgrant, CAPTURE) == [OTHERS]


# ---- the power cut ----

SCENES: Scenes = {
    "confirm": lambda home: confirming(home, BOOK),
    "undo of the second go": lambda home: giving_back(home, BOOK),
}


@pytest.mark.parametrize("title", SCENES)
def test_the_second_go_survives_kills(fresh_home: Path, tmp_path: Path, title: str):
    assert killed(fresh_home, tmp_path, SCENES, title, LAG) == []


def valid_keys(home: Path) -> int:
    mailgrant = CommandLine(home)
    with mailgrant.world() as world:
        (app,) = world.store.find("application", displayName=CAPTURE)
        return sum(key["endDateTime"] > world.stamp() for key in app["keyCredentials"])


def test_at_no_request_is_there_no_valid_key(fresh_home: Path, tmp_path: Path):
    home = slow(fresh_home, tmp_path / "home", 0)
    scene = confirming(home, BOOK)
    writes = [p for p in points(scene, tmp_path) if p.name.startswith("write ")]

    cuts = [cut_at(scene, point, tmp_path / f"cut{n}") for n, point in enumerate(writes)]

    assert len(cuts) >= 2
    assert {wrong for _, wrong in cuts} == {""}
    assert {valid_keys(home) for home, _ in cuts} <= {1, 2}
