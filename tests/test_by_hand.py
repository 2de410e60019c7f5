"""What somebody set up by hand with the guide: verify proves it, plan keeps it, setup makes no twin."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import CommandLine
from tests.console import PASSPHRASE, Certificate, Console, console, shown
from toolkit import keystores, packing
from toolkit.practice.world import World
from toolkit.secret import Secret

MAIN = "mytimetable-graph"
KEY = f"mailgrant-{MAIN}-prod.pfx"
WAYS = ("groups", "filter", "administrative_unit")


def script_of(mailgrant: CommandLine, *options: str, name: str = MAIN) -> str:
    ended = mailgrant("guide", name, "--yes", "--format", "ps1", *options)
    assert ended.code == 0, ended.err
    return ended.out


def by_hand(
    mailgrant: CommandLine, *options: str, name: str = MAIN, second_go: bool = False
) -> Console:
    """Play the guide's script as an administrator would, until Microsoft knows everything."""
    script = script_of(mailgrant, *options, name=name)
    with console(mailgrant.practice, mailgrant.home) as window:
        window.second_go = second_go
        window.play(script)
        window.play(script)
    return window


@pytest.fixture(scope="module")
def played(fresh_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = Path(shutil.copytree(fresh_home, tmp_path_factory.mktemp("hand") / "home"))
    by_hand(CommandLine(home))
    (home / "passphrase").write_text(PASSPHRASE, encoding="utf-8")
    return home


@pytest.fixture
def hand(played: Path, tmp_path: Path) -> CommandLine:
    return CommandLine(Path(shutil.copytree(played, tmp_path / "hand")))


def key(mailgrant: CommandLine) -> tuple[str, ...]:
    home = mailgrant.home
    return "--key", str(home / KEY), "--passphrase-file", str(home / "passphrase")


def things(world: World) -> dict[str, int]:
    kinds = ("application", "servicePrincipal", "group", "roleAssignment", "managementScope")
    return {kind: len(list(world.store.all(kind))) for kind in kinds}


def test_what_was_made_by_hand_is_proved_live_both_ways(hand: CommandLine) -> None:
    before = hand.digest()
    ended = hand("verify", MAIN, *key(hand), "--json")

    assert ended.code == 0, ended.err
    assert {step["verb"] for step in ended.json["steps"]} == {"keep"}
    proof = ended.json["proof"]
    assert proof["verdict"] == "proved"
    assert [(c["layer"], c["found"]) for c in proof["checks"]] == [
        ("configured", "open"),
        ("configured", "closed"),
        ("live", "open"),
        ("live", "closed"),
    ]
    assert hand.digest() == before
    assert not (hand.home / "keep").exists()


def test_the_application_and_its_notes_are_enough_to_find_it(hand: CommandLine) -> None:
    ended = hand("verify", "MyTimetable-prod", "--json")

    assert {step["verb"] for step in ended.json["steps"]} == {"keep"}
    assert ended.json["proof"]["verdict"] == "unknown"


def test_without_the_key_it_is_configured_and_says_what_is_missing(hand: CommandLine) -> None:
    ended = hand("verify", MAIN, "--json")

    assert ended.code == 1
    assert ended.json["proof"]["verdict"] == "unknown"
    assert {check["layer"] for check in ended.json["proof"]["checks"]} == {"configured"}
    assert f"verify {MAIN} --key FILE" in ended.err


def test_a_tenant_wide_grant_beside_the_scope_fails(hand: CommandLine) -> None:
    with console(hand.practice, hand.home) as window:
        (principal,) = window.graph("GET", "v1.0/servicePrincipals?$filter=displayName eq 'MyTimetable-prod'")  # fmt: skip
        (graph,) = window.graph("GET", "v1.0/servicePrincipals?$filter=appId eq '00000003-0000-0000-c000-000000000000'")  # fmt: skip
        (role,) = [r for r in graph["appRoles"] if r["value"] == "Calendars.Read"]
        grant = {"principalId": principal["id"], "resourceId": graph["id"], "appRoleId": role["id"]}
        path = f"v1.0/servicePrincipals/{principal['id']}/appRoleAssignments"
        window.graph("POST", path, grant)
        window.practice.clock.sleep(600)
        for _ in range(4):
            window.graph("GET", path)

    ended = hand("verify", MAIN, *key(hand), "--json")

    assert ended.code == 1
    assert ended.json["proof"]["verdict"] == "failed"
    assert "Calendars.Read" in ended.json["proof"]["why"]
    assert "Entra" in ended.err


def test_nothing_there_is_a_sentence_and_a_next_move(mailgrant: CommandLine) -> None:
    ended = mailgrant("verify", MAIN)

    assert ended.code == 1
    assert "isn't there" in ended.err
    assert f"mailgrant guide {MAIN}" in ended.err


def test_a_kept_key_makes_it_a_set_up_like_any_other(hand: CommandLine) -> None:
    with hand.world() as world:
        before = things(world)
    kept = hand("verify", MAIN, *key(hand), "--keep")
    planned = hand("plan", MAIN, "--yes", "--check", "--json")
    again = hand("setup", MAIN, "--yes", "--json")

    assert (kept.code, planned.code, again.code) == (0, 0, 0), kept.err + again.err
    assert {change["verb"] for change in planned.json["changes"]} == {"keep"}
    assert again.json["proof"]["verdict"] == "proved"
    with hand.world() as world:
        assert things(world) == before
    assert hand("handover", "MyTimetable-prod").code == 0


def test_the_kill_switch_finds_what_was_made_by_hand(hand: CommandLine) -> None:
    ended = hand("stop", "MyTimetable-prod", "--yes", "--json")
    with hand.world() as world:
        (principal,) = world.store.find("servicePrincipal", displayName="MyTimetable-prod")

    assert ended.code == 0, ended.err
    assert principal["accountEnabled"] is False


def test_a_second_key_is_never_made_unsaid(hand: CommandLine) -> None:
    ended = hand("plan", MAIN, "--yes", "--json")
    verbs = {change["as"]: change["verb"] for change in ended.json["changes"]}

    assert verbs == {"app": "keep", "certificate": "create", "group": "keep", "scope": "keep"}
    assert "makes another beside it" in ended.err
    assert f"verify {MAIN} --key FILE --keep" in ended.err


def test_another_key_is_refused(hand: CommandLine, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    assert hand("certificates", "new", "other", "--out", str(other)).code == 0
    ended = hand("verify", MAIN, "--key", str(other), "--keep")

    assert ended.code == 1
    assert "isn't on the application" in ended.err
    assert not (hand.home / "keep").exists()


def test_a_key_belongs_to_one_set_up(hand: CommandLine) -> None:
    assert hand("verify", "--all", *key(hand)).code == 2
    assert hand("verify", MAIN, "--keep").code == 2


def test_playing_the_script_again_makes_nothing(hand: CommandLine) -> None:
    with hand.world() as world:
        before = things(world)
    script = script_of(hand)
    with console(hand.practice, hand.home) as window:
        window.store.append(certificate_of(hand))
        window.play(script)
        window.ran.clear()
        window.play(script)
    with hand.world() as world:
        assert things(world) == before
    assert not [name for name in window.ran if name.startswith("New-")]


def certificate_of(hand: CommandLine) -> Certificate:
    """The certificate as it lies in the administrator's store since the first time."""
    contents = keystores.open_file(
        (hand.home / KEY).read_bytes(), name=KEY, passphrase=Secret(PASSPHRASE), with_key=True
    )
    return shown(packing.pem(contents, with_key=True))


@pytest.mark.matrix
@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_choose_mailboxes_can_be_made_by_hand(
    mailgrant: CommandLine, way: str
) -> None:
    options = ("--set", f"mailboxes_by={way}", "--set", "colours=yes")
    by_hand(mailgrant, *options)
    (mailgrant.home / "passphrase").write_text(PASSPHRASE, encoding="utf-8")
    ended = mailgrant("verify", MAIN, *options, *key(mailgrant), "--json")

    assert ended.code == 0, ended.err
    assert ended.json["proof"]["verdict"] == "proved"


def test_consent_by_hand_is_what_consent_is(mailgrant: CommandLine) -> None:
    options = ("--set", "mailboxes=no", "--set", "directory=yes")
    by_hand(mailgrant, *options, name="graph-application")
    ended = mailgrant("verify", "graph-application", *options, "--json")

    assert {step["verb"] for step in ended.json["steps"]} == {"keep"}, ended.out


def test_delegated_access_by_hand_is_what_mailgrant_makes(mailgrant: CommandLine) -> None:
    mailgrant.switch("lag off")
    name = "graph-delegated"
    window = by_hand(mailgrant, name=name)
    ended = mailgrant("verify", name, "--json")

    assert {step["verb"] for step in ended.json["steps"] if step["do"] != "certificate"} == {"keep"}
    (mailgrant.home / "passphrase").write_text(PASSPHRASE, encoding="utf-8")
    line = ("--key", str(mailgrant.home / f"mailgrant-{name}-prod.pfx"), "--passphrase-file", str(mailgrant.home / "passphrase"))  # fmt: skip
    proved = mailgrant("verify", name, *line, "--json")
    assert proved.json["proof"]["verdict"] == "proved", proved.out
    assert [each for each in window.ran if each.startswith("New-MgOauth2")] == [
        "New-MgOauth2PermissionGrant"
    ]


def test_the_vendors_own_certificate_is_recognised_by_its_thumbprint(
    mailgrant: CommandLine, tmp_path: Path
) -> None:
    vendor, public = tmp_path / "vendor.pem", tmp_path / "vendor.cer"
    assert mailgrant("certificates", "new", "vendor", "--out", str(vendor)).code == 0
    line = ("certificates", "convert", str(vendor), "--to", "der", "--out", str(public))
    assert mailgrant(*line).code == 0
    options = ("--set", f"certificate_file={public}")
    mailgrant.switch("lag off")
    by_hand(mailgrant, *options)
    ended = mailgrant("verify", MAIN, *options, "--json")

    assert {step["verb"] for step in ended.json["steps"]} == {"keep"}, ended.out
    assert ended.json["proof"]["verdict"] == "unknown"
    assert mailgrant("verify", MAIN, *options, "--key", str(vendor)).code == 0


def test_a_key_store_of_java_proves_it_as_well(hand: CommandLine) -> None:
    _, file, *word = key(hand)
    store = hand.home / "by-hand.jks"
    line = ("certificates", "convert", file, *word, "--to", "jks", "--out", str(store))
    assert hand(*line).code == 0

    assert hand("verify", MAIN, "--key", str(store), *word).code == 0
    refused = hand("verify", MAIN, "--key", str(store))
    assert (refused.code, "--passphrase-file" in refused.err) == (2, True), refused.err


def test_a_list_of_members_is_in_the_script(mailgrant: CommandLine, tmp_path: Path) -> None:
    mailgrant.switch("lag off")
    with mailgrant.world() as world:
        found = sorted(one["mail"] for one in world.store.all("user") if "assignedLicenses" in one and one["mail"])  # fmt: skip
    listed = [each for each in found if each.endswith("@northbridge.example")][:14]
    path = tmp_path / "members.csv"
    path.write_text("address\n" + "\n".join(listed) + "\n", encoding="utf-8")
    options = ("--set", f"members_file={path}")
    script = script_of(mailgrant, *options)
    page = mailgrant("guide", MAIN, "--yes", *options).out

    assert all(f"'{each}'" in script for each in listed)
    assert f"{len({*listed, 'mette.jansen@northbridge.example'})} members" in page


def test_a_registration_from_the_portal_is_taken_by_its_unique_name(mailgrant: CommandLine) -> None:
    mailgrant.switch("lag off")
    script = script_of(mailgrant)
    with console(mailgrant.practice, mailgrant.home) as window:
        (made,) = window.graph("POST", "v1.0/applications", {"displayName": "MyTimetable-prod"})
        name = {"uniqueName": f"mailgrant-{MAIN}-prod"}
        window.graph("PATCH", f"v1.0/applications/{made['id']}", name)
        window.play(script)
    ended = mailgrant("verify", MAIN, "--json")

    assert {step["verb"] for step in ended.json["steps"]} == {"keep"}, ended.out
    with mailgrant.world() as world:
        assert len(world.store.find("application", displayName="MyTimetable-prod")) == 1
