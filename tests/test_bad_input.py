"""Wrong input gets a sentence and a next move, never a traceback, and nothing is written."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import CertificateBuilder, Name, NameAttribute, random_serial_number
from cryptography.x509.oid import NameOID

from tests.conftest import CommandLine, Ended
from toolkit import certificates
from toolkit.practice.seed.entries import app_id
from toolkit.practice.world import World

MAIN = "mytimetable-graph"


def refused(mailgrant: CommandLine, *arguments: str, code: int = 2, says: str) -> Ended:
    before = mailgrant.digest()
    ended = mailgrant(*arguments)
    assert ended.code == code, ended.err
    assert says in ended.err
    assert "What to do:" in ended.err
    assert "Traceback" not in ended.err
    assert "unexpected" not in ended.err
    assert mailgrant.status()["requests"]["write"] == 0
    assert mailgrant.digest() == before
    return ended


def test_an_unknown_playbook(mailgrant: CommandLine):
    refused(mailgrant, "setup", "mytimetable", "--yes", says="There is no playbook 'mytimetable'")


@pytest.mark.parametrize(
    ("answer", "code", "says"),
    [
        ("inside=not an address", 2, "is no mail address"),
        ("colours=perhaps", 2, "is neither yes nor no"),
        ("colour=yes", 2, "There is no question 'colour'"),
        ("instance=Prod!", 2, "small letters"),
        ("inside=rector@northbridge.example", 2, "can't be inside and outside at once"),
        ("inside=nobody@northbridge.example", 2, "There is no mailbox"),
        ("inside=jan.onprem@northbridge.example", 1, "is a mail user"),
        ("group=mette.jansen@northbridge.example", 1, "not a mail-enabled security group"),
        ("group=all-lecturers@northbridge.example", 1, "is a distribution list"),
        ("group=course-team@northbridge.example", 1, "is a Microsoft 365 group"),
        ("group=existing-calendars@northbridge.example", 1, "is no direct member"),
        ("owner=nobody@northbridge.example", 2, "nobody@northbridge.example"),
        ("certificate_file=missing.cer", 2, "there is no file"),
    ],
)
def test_an_answer_that_cannot_work(mailgrant: CommandLine, answer: str, code: int, says: str):
    refused(mailgrant, "apply", MAIN, "--yes", "--set", answer, code=code, says=says)


def test_a_guest_as_inside(mailgrant: CommandLine):
    with mailgrant.world() as world:
        guests = [u for u in world.store.all("user") if u.get("userType") == "Guest"]
        address = guests[0]["_exchange"]["PrimarySmtpAddress"]
    refused(
        mailgrant, "apply", MAIN, "--yes", "--set", f"inside={address}", code=1, says="is a guest"
    )


def test_a_namesake_stops_everything_and_stays(mailgrant: CommandLine):
    with mailgrant.world() as world:
        decoy = next(a for a in world.store.all("application") if a["displayName"] == "MyTimetable")
        decoy["displayName"] = "MyTimetable-prod"
        _put(world, "application", decoy)
    ended = refused(mailgrant, "apply", MAIN, "--yes", code=1, says="mailgrant didn't make it")
    assert decoy["appId"] in ended.err
    assert mailgrant("plan", MAIN, "--yes", "--set", "instance=test").code == 0


def _put(world: World, kind: str, body: dict[str, object]) -> None:
    with world.store.transaction():
        world.put(kind, str(body["id"]), body, lag=False)


def _pair(**options: int) -> certificates.KeyPair:
    return certificates.make(
        "vendor", days=options.get("days", 100), now=datetime.now(UTC), key_size=2048
    )


def _key(path: Path) -> None:
    path.write_bytes(_pair().private_key.reveal_bytes())


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _junk(path: Path) -> None:
    path.write_bytes(b"not a certificate")


def _expired(path: Path) -> None:
    pair = certificates.make("vendor", days=10, now=datetime(2020, 1, 1, tzinfo=UTC), key_size=2048)
    path.write_bytes(pair.certificate.pem)


def _elliptic(path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = Name([NameAttribute(NameOID.COMMON_NAME, "vendor")])
    built = (
        CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(random_serial_number())
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2036, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(built.public_bytes(serialization.Encoding.PEM))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (_key, "private key"),
        (_empty, "empty"),
        (_junk, "vendor.cer"),
        (_expired, "ended on 2020-01-10"),
        (_elliptic, "RSA"),
    ],
)
def test_a_certificate_file_that_is_none(mailgrant: CommandLine, tmp_path: Path, make, says: str):
    make(tmp_path / "vendor.cer")
    answer = f"certificate_file={tmp_path / 'vendor.cer'}"
    refused(mailgrant, "apply", MAIN, "--yes", "--set", answer, says=says)


def test_every_mailbox_needs_to_be_said_twice(mailgrant: CommandLine):
    arguments = ("apply", MAIN, "--yes", "--set", "every_mailbox=yes")
    ended = refused(mailgrant, *arguments, code=1, says="EVERY mailbox")
    assert "EVERY mailbox" in ended.err


def test_a_saved_plan_whose_world_has_moved(mailgrant: CommandLine, tmp_path: Path):
    plan = tmp_path / "plan.json"
    assert mailgrant("plan", MAIN, "--yes", "--out", str(plan)).code == 0
    with mailgrant.world() as world:
        group = next(g for g in world.store.all("group") if str(g["mail"]).startswith("existing"))
        text = json.dumps(group).replace("existing-calendars", "timetable-mailboxes")
        mette = next(u for u in world.store.all("user") if u["mailNickname"] == "mette.jansen")
        _put(world, "group", {**json.loads(text), "_members": [mette["id"]]})
    refused(
        mailgrant, "apply", str(plan), "--yes", code=1, says="has changed since the plan was drawn"
    )


def test_a_saved_plan_that_was_edited(mailgrant: CommandLine, tmp_path: Path):
    plan = tmp_path / "plan.json"
    mailgrant("plan", MAIN, "--yes", "--out", str(plan))
    plan.write_text(plan.read_text().replace("rector@", "dean@"))
    refused(mailgrant, "apply", str(plan), "--yes", says="isn't what was approved")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 1}', "[" * 3000])
def test_a_saved_plan_that_is_none(mailgrant: CommandLine, tmp_path: Path, text: str):
    plan = tmp_path / "plan.json"
    plan.write_text(text)
    refused(mailgrant, "apply", str(plan), "--yes", says="plan")


def test_without_a_terminal_the_tenant_must_be_said(mailgrant: CommandLine, capsys):
    from toolkit.__main__ import run

    assert run(["--home", str(mailgrant.home), "plan", MAIN]) == 2
    assert "Which tenant?" in capsys.readouterr().err


def test_a_tenant_that_is_not_known(mailgrant: CommandLine):
    from toolkit.__main__ import run

    assert run(["--home", str(mailgrant.home), "--tenant", "contoso", "plan", MAIN]) == 2


def test_the_wrong_domain(mailgrant: CommandLine):
    arguments = ("apply", MAIN, "--yes", "--expect-domain", "contoso.example")
    refused(mailgrant, *arguments, code=1, says="This is northbridge.example")


def test_a_run_that_is_not_there(mailgrant: CommandLine):
    refused(
        mailgrant,
        "undo",
        "2026-01-01-nothing-prod-0000",
        "--yes",
        code=1,
        says="Nothing in this home or this tenant is called",
    )


@pytest.mark.parametrize("way", ["group", "groups"])
def test_a_dynamic_distribution_list_as_the_group(mailgrant: CommandLine, way: str):
    address = "all-lecturers@northbridge.example"
    with mailgrant.world() as world:
        (group,) = world.store.find("group", mail=address)
        group["_exchange"] |= dict.fromkeys(("RecipientType", "RecipientTypeDetails"), "DynamicDistributionGroup")  # fmt: skip
        _put(world, "group", group)
    words = ("--set", f"mailboxes_by={way}", "--set", f"{way}={address}")
    refused(mailgrant, "apply", MAIN, "--yes", *words, code=1, says="a dynamic distribution list")


def test_an_organization_that_was_never_customized(mailgrant: CommandLine):
    mailgrant.switch("dehydrated on")
    refused(mailgrant, "apply", MAIN, "--yes", code=1, says="was never customized")


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/v1.0/me",
        "//evil.example/me",
        "/users/../../x",
        "/v1.0/%2e%2e/x",
        "\\\\evil.example\\x",
        "/",
        "",
    ],
)
def test_a_request_stays_within_graph_and_nothing_is_sent(mailgrant: CommandLine, path: str):
    mailgrant("apply", "graph-application", "--yes", "--set", "mailboxes=no")
    before = mailgrant.status()["requests"]

    ended = mailgrant("request", "GET", path)

    assert ended.code == 2
    assert "no path within Microsoft Graph; nothing was sent" in " ".join(ended.err.split())
    assert mailgrant.status()["requests"] == before


def test_a_vendor_s_own_app_can_t_be_given_addresses_or_secrets(mailgrant: CommandLine):
    ended = mailgrant("apply", "tray-microsoft-calendar", "--yes", "--set", f"old_app={app_id('panels')}")  # fmt: skip

    assert ended.code == 1
    assert "its vendor's own app for many tenants" in ended.err
    assert mailgrant.status()["requests"]["write"] == 0
