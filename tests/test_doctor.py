"""The doctor: one line each, a remedy for whatever isn't well, and nothing changed."""

import re
import socket
import time

import pytest

from tests.conftest import CommandLine, Ended
from tests.windows import accept, windows
from toolkit import doctor_script
from toolkit.systems import reachability
from toolkit.systems.clouds import CLOUDS


def words(ended: Ended) -> dict[str, str]:
    return {check["name"]: check["word"] for check in ended.json["checks"]}


def test_all_is_well_on_the_practice_tenant_in_a_couple_of_seconds(mailgrant: CommandLine):
    before, begun = mailgrant.digest(), time.monotonic()
    ended = mailgrant("doctor", "mytimetable-graph", "--json")

    assert ended.code == 0, ended.out
    assert time.monotonic() - begun < 10  # a couple, on a machine that does nothing else
    assert set(words(ended).values()) == {"ok"}
    assert {"sign-in", "Microsoft Graph", "Exchange Online", "clock", "discovery"} <= set(
        words(ended)
    )
    assert mailgrant.status()["requests"]["write"] == 0
    assert mailgrant.digest() == before
    lines = mailgrant("doctor").out.splitlines()
    assert lines
    assert all(re.match(r"(ok|FAIL|unknown) +\S|        \S|  ", line) for line in lines)


@pytest.mark.parametrize(
    ("switch", "name", "remedy"),
    [
        ("role remove Application.ReadWrite.All", "permissions", "Grant them to the app"),
        ("role remove Exchange.ManageAsApp", "Exchange Online", "Grant it Exchange.ManageAsApp"),
        ("pim eligible", "Exchange Administrator", "Activate it in PIM"),
        ("dehydrated on", "organization", "can't be taken back"),
        ("on GET /organization before reset", "Microsoft Graph", ""),
        ("on token before status 503", "sign-in", ""),
    ],
)
def test_what_is_missing_is_named_with_its_remedy(
    mailgrant: CommandLine, monkeypatch: pytest.MonkeyPatch, switch: str, name: str, remedy: str
):
    from toolkit.systems import retry

    monkeypatch.setattr(retry, "MOST_TRIES", 1)
    monkeypatch.setattr("random.uniform", lambda *_: 0.001)
    mailgrant.switch(switch)

    ended = mailgrant("doctor", "--json")

    assert ended.code == 1
    (check,) = [each for each in ended.json["checks"] if each["name"] == name]
    assert check["word"] == "FAIL"
    assert remedy in check["remedy"]
    assert check["remedy"]


def test_a_person_s_roles_are_held_eligible_or_missing(mailgrant: CommandLine):
    assert mailgrant("tenants", "add", "person", "--practice").code == 0
    found = {}
    for who in ("anna", "apps", "exchange", "pim"):
        with windows(
            mailgrant.home, accept(f"admin.{who}@northbridge.example", for_all=who == "anna")
        ):
            found[who] = words(mailgrant("--tenant", "person", "doctor", "--json"))

    assert {who: tuple(each.get(role) for role in ROLES) for who, each in found.items()} == {
        "anna": ("ok", "ok"),
        "apps": ("ok", "FAIL"),
        "exchange": ("FAIL", "ok"),
        "pim": ("FAIL", "FAIL"),
    }


def test_it_compares_with_what_the_named_playbook_takes(mailgrant: CommandLine):
    """A set-up for every mailbox runs nothing in Exchange but its proof; a unit takes two rights more."""
    unit = ("--set", "mailboxes_by=administrative_unit")
    everybody = ("--set", "every_mailbox=yes")
    found = {}
    for more in ((), unit, everybody):
        ended = mailgrant("doctor", "mytimetable-graph", *more, "--json")
        assert ended.code == 0, ended.out
        texts = {check["name"]: check["text"] for check in ended.json["checks"]}
        found[more] = (texts.get("Exchange Online"), texts["permissions"])
    assert len(set(found.values())) == 3
    assert found[everybody][0] is None
    assert mailgrant("doctor", "--set", "x=y").code == 2
    assert mailgrant("doctor", "mytimetable-graph", "--set", "mailbox_by=unit").code == 2


@pytest.mark.parametrize("chosen", ["group", "filter"])
def test_what_a_set_up_runs_in_exchange_is_what_its_steps_name(mailgrant: CommandLine, chosen: str):
    from toolkit import doctor, playbook

    said = {"mailboxes_by": chosen}
    needed = doctor.needed_by(playbook.load("mytimetable-graph"), said, practice=True)
    answers = ("--set", f"mailboxes_by={chosen}")
    assert mailgrant("setup", "mytimetable-graph", "--yes", *answers).code == 0
    assert mailgrant("undo", "mailgrant-mytimetable-graph-prod", "--yes", "--delete").code == 0

    assert len(ran(mailgrant)) > 8
    assert ran(mailgrant) <= needed.cmdlets


def test_a_policy_for_people_does_not_stand_in_an_application_s_way(mailgrant: CommandLine):
    mailgrant.switch("ca block=all")

    ended = mailgrant("doctor", "--json")

    assert ended.code == 0, ended.out
    (check,) = [each for each in ended.json["checks"] if each["name"] == "Conditional Access"]
    assert check["text"] == "nothing in force is about an application's sign-in"


def ran(mailgrant: CommandLine) -> set[str]:
    with mailgrant.world() as world:
        asked = {str(path) for (path,) in world.store.execute("select distinct path from request")}
    return {path for path in asked if not path.startswith("/")}


ROLES = ("Application Administrator", "Exchange Administrator")


def test_a_port_that_nobody_answers_and_a_name_that_nobody_knows(mailgrant: CommandLine):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(OSError, match=r"refused|10061"):
        reachability.connect("127.0.0.1", port)
    with pytest.raises(OSError, match=r"."):
        reachability.addresses("nobody.invalid", 443)


def test_a_certificate_of_somebody_between_is_named(practice_server):
    from dataclasses import replace

    cloud = replace(practice_server.cloud, ca_file=None)  # so it is none to trust
    (place,) = reachability.hosts(practice_server.cloud)

    issuer, trusted = reachability.issuer(cloud, *place)

    assert not trusted
    assert "mailgrant practice authority" in issuer
    assert reachability.issuer(practice_server.cloud, *place)[1]


@pytest.fixture
def practice_server(mailgrant: CommandLine):
    from toolkit.practice import control

    with control.serve(mailgrant.practice) as served:
        yield served


@pytest.mark.parametrize("cloud", sorted(CLOUDS))
def test_the_script_names_every_host_and_parses(cloud: str):
    text = doctor_script.script(reachability.hosts(CLOUDS[cloud]), CLOUDS[cloud].login)

    for host, _port in reachability.hosts(CLOUDS[cloud]):
        assert f"Name = '{host}'" in text
    parser = pytest.importorskip("tree_sitter")
    grammar = pytest.importorskip("tree_sitter_powershell")
    tree = parser.Parser(parser.Language(grammar.language())).parse(text.encode())
    assert not tree.root_node.has_error


def test_the_script_is_printed_without_any_sign_in(mailgrant: CommandLine):
    ended = mailgrant("doctor", "--script")

    assert ended.code == 0
    assert "localhost" in ended.out
    assert ended.out.isascii()


def test_a_hostile_host_stays_a_literal():
    text = doctor_script.script([("a'; Remove-Item x; '", 443)], "https://x")

    assert "'a''; Remove-Item x; '''" in text


@pytest.mark.parametrize(
    ("date", "seconds"), [("Fri, 20 Nov 2026 10:00:00 GMT", 60.0), ("", None), ("soon", None)]
)
def test_the_clock_is_compared_with_the_service_s(date: str, seconds: float | None):
    from datetime import UTC, datetime

    now = datetime(2026, 11, 20, 10, 1, tzinfo=UTC)

    assert reachability.skew(date, now) == seconds
