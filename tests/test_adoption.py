"""What others made and we only add to: an application taken by --adopt, a vendor's enterprise app."""

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CommandLine
from toolkit.practice.seed.apps import VENDORS_APP
from toolkit.practice.seed.entries import app_id

MAIN = "mytimetable-graph"
DISPLAY = "Library Room Display"
KINDS = (
    *("application", "servicePrincipal", "appRoleAssignment", "oauth2PermissionGrant", "group"),
    *("exchangeServicePrincipal", "managementRoleAssignment", "managementScope", "user"),
)
VENDOR = """\
title: A vendor's own application
questions:
  - {name: client, ask: Which, kind: text}
  - {name: inside, ask: Inside, kind: mail_address, default: mette.jansen@northbridge.example}
  - {name: outside, ask: Outside, kind: mail_address, default: rector@northbridge.example}
steps:
  - {do: app, name: Panels, existing: "${client}"}
  - {do: mailbox_scope, app: "${app.client_id}", roles: [Application Calendars.Read], filter: "Department -eq 'History'"}
proof: {app: "${app.client_id}", inside: "${inside}", outside: "${outside}"}
"""


def world(mailgrant: CommandLine) -> dict[tuple[str, str], Any]:
    with mailgrant.world() as found:
        return {(kind, str(body.get("id") or body.get("Guid"))): body for kind in KINDS for body in found.store.all(kind)}  # fmt: skip


def one(mailgrant: CommandLine, kind: str, name: str) -> dict[str, Any]:
    with mailgrant.world() as found:
        (body,) = found.store.find(kind, displayName=name)
    return dict(body)


def test_an_application_that_is_there_is_taken_as_it_is_and_given_back_to_the_byte(
    mailgrant: CommandLine,
):
    before, client = world(mailgrant), app_id("room-display")
    was = one(mailgrant, "application", DISPLAY)

    ended = mailgrant("apply", MAIN, "--yes", "--json", "--adopt", client.upper())
    assert ended.code == 0, ended.err
    assert ended.json["proof"]["verdict"] == "proved"

    now = one(mailgrant, "application", DISPLAY)
    assert now["keyCredentials"][: len(was["keyCredentials"])] == was["keyCredentials"]
    assert len(now["keyCredentials"]) == len(was["keyCredentials"]) + 1
    same = ("displayName", "uniqueName", "signInAudience", "web", "requiredResourceAccess", "_owners", "notes")  # fmt: skip
    assert {name: now.get(name) for name in same} == {name: was.get(name) for name in same}
    assert set(was["tags"]) < set(now["tags"])
    touched = {key for key, body in before.items() if world(mailgrant).get(key) != body}
    assert {kind for kind, _ in touched} == {"application", "servicePrincipal"}

    undone = mailgrant("undo", ended.json["run"], "--yes", "--json")
    assert undone.code == 0, undone.err
    after = world(mailgrant)
    differing = {
        (key[0], name): (before[key].get(name), after[key].get(name))
        for key in before
        for name in {*before[key], *after[key]}
        if (before[key].get(name) or None) != (after[key].get(name) or None)
    }
    assert differing == {}
    assert set(after) == set(before)


def test_what_was_taken_is_found_again_by_its_tag(mailgrant: CommandLine):
    mailgrant("apply", MAIN, "--yes", "--adopt", app_id("room-display"))
    writes = mailgrant.status()["requests"]["write"]

    again = mailgrant("apply", MAIN, "--yes", "--json")

    assert (again.code, again.json["outcome"]) == (0, "nothing"), again.err
    assert mailgrant.status()["requests"]["write"] == writes
    assert one(mailgrant, "application", DISPLAY)["displayName"] == DISPLAY


def test_a_plan_to_take_one_over_says_so_and_can_be_saved(mailgrant: CommandLine, tmp_path: Path):
    file, client = tmp_path / "plan.json", app_id("room-display")
    ended = mailgrant("plan", MAIN, "--yes", "--adopt", client, "--out", str(file))
    assert f"taken as it is ({client})" in " ".join(ended.out.split())

    assert mailgrant("apply", str(file), "--yes").code == 0
    assert "mailgrant" in one(mailgrant, "application", DISPLAY)["tags"]


@pytest.mark.parametrize(
    ("client", "code", "said"),
    [
        ("Library Room Display", 2, "is no client id"),
        (app_id("nobody"), 1, "There is no application"),
        (app_id("exams"), 1, "can't sign in: its enterprise app is disabled"),
        (app_id("capture"), 1, "the union trap"),
    ],
    ids=["a name", "nobody", "disabled", "tenant-wide"],
)
def test_what_cannot_be_taken_is_refused_before_anything_is_written(
    mailgrant: CommandLine, client: str, code: int, said: str
):
    ended = mailgrant("apply", MAIN, "--yes", "--adopt", client)

    assert ended.code == code, ended.err
    assert said in " ".join(ended.err.split())
    assert mailgrant.status()["requests"]["write"] == 0


# ---- a vendor's own application ----


@pytest.fixture
def vendor(tmp_path: Path) -> str:
    path = tmp_path / "vendor.yaml"
    path.write_text(VENDOR, encoding="utf-8")
    return str(path)


def test_a_vendors_app_is_fenced_in_and_waits_for_the_vendors_first_call(
    mailgrant: CommandLine, vendor: str
):
    before, client = mailgrant.digest(), app_id("panels")
    line = ("apply", vendor, "--yes", "--json", "--set", f"client={client}")

    ended = mailgrant(*line)
    assert ended.code == 75, ended.err
    assert ended.json["proof"]["verdict"] == "pending"
    assert "the vendor's first call" in ended.json["proof"]["why"]
    assert {check["layer"] for check in ended.json["proof"]["checks"]} == {"configured"}
    principal = one(mailgrant, "servicePrincipal", VENDORS_APP)
    assert {"vendor", "mailgrant"} < set(principal["tags"])

    writes = mailgrant.status()["requests"]["write"]
    assert mailgrant(*line).code == 75
    assert mailgrant.status()["requests"]["write"] == writes

    undone = mailgrant("undo", ended.json["run"], "--yes", "--json")
    assert undone.code == 0, undone.err
    assert one(mailgrant, "servicePrincipal", VENDORS_APP)["tags"] == ["vendor"]
    assert mailgrant.digest() == before


def test_a_vendors_app_that_is_not_here_is_refused_with_how_to_get_it(
    mailgrant: CommandLine, vendor: str
):
    ended = mailgrant("apply", vendor, "--yes", "--set", f"client={app_id('nobody')}")

    assert ended.code == 1
    assert "New-MgServicePrincipal" in ended.err
    assert mailgrant.status()["requests"]["write"] == 0
