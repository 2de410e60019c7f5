"""What the guide's script does with secrets, and in a second go: nothing shown, nothing begun unasked."""

from pathlib import Path

import pytest

from tests.conftest import CommandLine
from tests.console import PASSPHRASE, Console, console
from tests.powershell import ShellError
from tests.test_by_hand import by_hand, script_of
from toolkit.certificates import thumbprint_of

TRAY, REST, ROLLOVER = "tray-microsoft-calendar", "mytimetable-outlook-rest", "certificate-rollover"
OLD = "FD82D832EEC1655C2CED27BE2473C2C610E496F2"
ROLLED = "b7051492-e04b-5e35-97e8-2b5d9653a509"
DAYS = ("--set", "secret_days=90")
"""As the practice tenant's policy allows it."""
DEAD = "007dfbfa-57ea-5979-be45-dc6a2c12e0da"


def file_of(mailgrant: CommandLine, name: str) -> Path:
    return mailgrant.home / f"mailgrant-{name}-prod.txt"


def value_of(mailgrant: CommandLine) -> str:
    return file_of(mailgrant, TRAY).read_text(encoding="utf-8")


@pytest.fixture
def tray(mailgrant: CommandLine) -> tuple[CommandLine, Console]:
    mailgrant.switch("lag off")
    return mailgrant, by_hand(mailgrant, *DAYS, name=TRAY)


def test_the_secrets_value_is_in_a_private_file_and_shown_nowhere(
    tray: tuple[CommandLine, Console],
) -> None:
    mailgrant, window = tray
    value = value_of(mailgrant)

    assert window.private == [file_of(mailgrant, TRAY)]
    assert len(value) >= 32
    assert not any(value in line for line in window.said)
    assert any("readable by you alone" in line for line in window.said)


def test_the_secrets_value_proves_the_set_up_and_stays_only_when_asked(
    tray: tuple[CommandLine, Console],
) -> None:
    mailgrant, _ = tray
    key = ("--key", str(file_of(mailgrant, TRAY)))
    before = mailgrant.digest()
    proved = mailgrant("verify", TRAY, *DAYS, *key, "--json")

    assert proved.code == 0, proved.err
    assert proved.json["proof"]["verdict"] == "proved"
    assert {step["verb"] for step in proved.json["steps"]} == {"keep"}
    assert mailgrant.digest() == before
    assert not (mailgrant.home / "keep").exists()

    kept = mailgrant("verify", "Tray.io-prod", *key, "--keep")
    assert kept.code == 0, kept.err
    assert value_of(mailgrant) not in kept.out + kept.err
    planned = mailgrant("plan", TRAY, "--yes", *DAYS, "--check", "--json")
    assert {change["verb"] for change in planned.json["changes"]} == {"keep"}
    assert mailgrant("setup", TRAY, "--yes", *DAYS).code == 0
    with mailgrant.world() as world:
        (app,) = world.store.find("application", displayName="Tray.io-prod")
    assert len(app["passwordCredentials"]) == 1


def test_without_the_value_the_secret_is_there_and_untried(
    tray: tuple[CommandLine, Console],
) -> None:
    mailgrant, _ = tray
    ended = mailgrant("verify", TRAY, *DAYS, "--json")

    assert ended.code == 1
    assert {step["verb"] for step in ended.json["steps"]} == {"keep"}
    assert ended.json["proof"]["verdict"] == "unknown"
    assert f"verify {TRAY} --key FILE" in ended.err


@pytest.mark.parametrize("wrong", ["id", "other", "empty"])
def test_what_is_no_value_of_the_secret_is_refused_and_never_kept(
    tray: tuple[CommandLine, Console], wrong: str
) -> None:
    mailgrant, _ = tray
    with mailgrant.world() as world:
        (app,) = world.store.find("application", displayName="Tray.io-prod")
    value = value_of(mailgrant)
    texts = {
        "id": app["passwordCredentials"][0]["keyId"],
        "other": value[:-4] + "aaaa",
        "empty": "",
    }
    file_of(mailgrant, TRAY).write_text(texts[wrong], encoding="utf-8")
    ended = mailgrant("verify", TRAY, "--key", str(file_of(mailgrant, TRAY)), "--keep")

    assert ended.code in (1, 2)
    assert "VALUE" in ended.err
    assert not (mailgrant.home / "keep").exists()


def test_a_secret_whose_value_is_lost_is_said_and_no_second_one_made(
    tray: tuple[CommandLine, Console],
) -> None:
    mailgrant, _ = tray
    file_of(mailgrant, TRAY).unlink()
    window = by_hand(mailgrant, *DAYS, name=TRAY)

    assert any("Nobody can see its VALUE again" in line for line in window.said)
    assert not file_of(mailgrant, TRAY).exists()
    with mailgrant.world() as world:
        (app,) = world.store.find("application", displayName="Tray.io-prod")
    assert len(app["passwordCredentials"]) == 1


def test_the_value_of_an_earlier_secret_is_never_overwritten(mailgrant: CommandLine) -> None:
    mailgrant.switch("lag off")
    file_of(mailgrant, TRAY).write_text("an earlier VALUE", encoding="utf-8")
    script = script_of(mailgrant, *DAYS, name=TRAY)
    with (
        console(mailgrant.practice, mailgrant.home) as window,
        pytest.raises(AssertionError, match="Move that file away"),
    ):
        window.play(script)

    assert value_of(mailgrant) == "an earlier VALUE"
    with mailgrant.world() as world:
        (app,) = world.store.find("application", displayName="Tray.io-prod")
    assert app["passwordCredentials"] == []


def thumbprints(mailgrant: CommandLine) -> set[str]:
    with mailgrant.world() as world:
        (app,) = world.store.find("application", appId=ROLLED)
    return {thumbprint_of(entry["customKeyIdentifier"]) for entry in app["keyCredentials"]}


def test_a_certificate_is_rolled_over_only_after_a_persons_word(mailgrant: CommandLine) -> None:
    mailgrant.switch("lag off")
    before = thumbprints(mailgrant)
    window = by_hand(mailgrant, name=ROLLOVER)
    (new,) = thumbprints(mailgrant) - before

    assert thumbprints(mailgrant) == {*before, new}
    assert any("with no other?" in line for line in window.said)
    assert any("Stopped before the second go" in line for line in window.said)

    script = script_of(mailgrant, name=ROLLOVER)
    with console(mailgrant.practice, mailgrant.home) as again:
        again.store, again.second_go = window.store, True
        again.play(script)
    assert thumbprints(mailgrant) == {*before, new} - {OLD}
    (copy,) = mailgrant.home.glob("*.cer")
    inspected = mailgrant("certificates", "inspect", str(copy), "--json")
    assert OLD in inspected.out


def test_the_last_good_certificate_is_never_taken_away_by_hand(mailgrant: CommandLine) -> None:
    mailgrant.switch("lag off")
    every = ",".join(sorted(thumbprints(mailgrant)))
    script = script_of(mailgrant, "--set", f"replaces={every}", name=ROLLOVER)
    first, _, second = script.partition("# ====")
    connected = first.partition("# ---- 1.")[0]
    before = thumbprints(mailgrant)
    with console(mailgrant.practice, mailgrant.home) as window:
        window.second_go = True
        with pytest.raises(ShellError, match="still good"):
            window.once(f"{connected}# ===={second}")

    assert thumbprints(mailgrant) == before


def held(mailgrant: CommandLine) -> set[str]:
    """List what the app of the dead API is granted for the whole tenant."""
    with mailgrant.world() as world:
        (principal,) = world.store.find("servicePrincipal", appId=DEAD)
        grants = world.store.find("appRoleAssignment", principalId=principal["id"])
        services = {each["id"]: each for each in world.store.all("servicePrincipal")}
        return {
            f"{role['value']} ({services[grant['resourceId']]['displayName']})"
            for grant in grants
            for role in services[grant["resourceId"]]["appRoles"]
            if role["id"] == grant["appRoleId"]
        }


def test_dead_and_tenant_wide_grants_go_only_in_the_second_go(mailgrant: CommandLine) -> None:
    mailgrant.switch("lag off")
    before = held(mailgrant)
    window = by_hand(mailgrant, name=REST)
    (mailgrant.home / "passphrase").write_text(PASSPHRASE, encoding="utf-8")
    key = ("--key", str(mailgrant.home / f"mailgrant-{REST}-prod.pfx"), "--passphrase-file", str(mailgrant.home / "passphrase"))  # fmt: skip
    between = mailgrant("verify", REST, *key, "--json")

    assert before
    assert held(mailgrant) == before
    assert any("stood for 2h" in line for line in window.said)
    assert between.code == 75, between.err
    assert between.json["proof"]["verdict"] == "pending"
    assert "yet to come" in between.json["proof"]["why"]

    script = script_of(mailgrant, name=REST)
    with console(mailgrant.practice, mailgrant.home) as again:
        again.store, again.second_go = window.store, True
        again.practice.clock.sleep(7200)
        again.play(script)
        again.practice.clock.sleep(7200)
    ended = mailgrant("verify", REST, *key, "--json")
    assert held(mailgrant) == set()
    assert ended.code == 0, ended.err
    assert {step["verb"] for step in ended.json["steps"]} == {"keep"}
    assert ended.json["proof"]["verdict"] == "proved"


def test_a_rollover_by_hand_is_proved_with_its_key(mailgrant: CommandLine) -> None:
    mailgrant.switch("lag off")
    window = by_hand(mailgrant, name=ROLLOVER)
    (mailgrant.home / "passphrase").write_text(PASSPHRASE, encoding="utf-8")
    key = ("--key", str(mailgrant.home / f"mailgrant-{ROLLOVER}-prod.pfx"), "--passphrase-file", str(mailgrant.home / "passphrase"))  # fmt: skip
    between = mailgrant("verify", ROLLOVER, *key, "--json")
    assert between.code == 75, between.err
    assert "yet to come" in between.json["proof"]["why"]

    script = script_of(mailgrant, name=ROLLOVER)
    with console(mailgrant.practice, mailgrant.home) as again:
        again.store, again.second_go = window.store, True
        again.play(script)
    ended = mailgrant("verify", ROLLOVER, *key, "--json")
    assert ended.code == 0, ended.err
    assert ended.json["proof"]["verdict"] == "proved"


def test_a_secret_by_hand_is_proved_at_mailboxes_inside_and_outside(mailgrant: CommandLine) -> None:
    mailgrant.switch("lag off")
    name, options = "jadu-xfp", (*DAYS, "--set", "by_itself=yes")
    by_hand(mailgrant, *options, name=name)
    key = ("--key", str(file_of(mailgrant, name)))
    ended = mailgrant("verify", name, *options, *key, "--wait", "3h", "--json")

    assert ended.code == 0, ended.err
    assert {step["verb"] for step in ended.json["steps"]} == {"keep"}
    live = [c["found"] for c in ended.json["proof"]["checks"] if c["layer"] == "live"]
    assert live == ["open", "closed"]
