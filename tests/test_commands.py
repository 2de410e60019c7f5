"""Every command does what its help says, on one set-up made through the front door."""

import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CommandLine
from toolkit import certificates, playbook

MAIN = "mytimetable-graph"
METTE = "mette.jansen@northbridge.example"


@pytest.fixture
def run(mailgrant: CommandLine) -> str:
    ended = mailgrant("setup", MAIN, "--yes", "--json", "--set", "change=CHG0042")
    assert ended.code == 0, ended.err
    return str(ended.json["run"])


def test_a_run_is_found_by_its_id_its_application_and_its_client_id(
    mailgrant: CommandLine, run: str
):
    shown = mailgrant("runs", "show", run, "--json").json
    client_id = next(
        r["seen"]["client_id"] for r in shown["journal"] if r.get("step") == "app" and "seen" in r
    )
    for name in ("MyTimetable-prod", client_id):
        assert mailgrant("runs", "show", name, "--json").json["run"] == run
    assert shown["state"] == "done"
    text = mailgrant("runs", "show", run).out
    assert "announced" in text
    assert shown["head"] in text


def test_the_run_appears_in_the_list(mailgrant: CommandLine, run: str):
    (row,) = mailgrant("runs", "--json").json["runs"]
    assert (row["run"], row["state"], row["playbook"], row["instance"]) == (
        run,
        "done",
        MAIN,
        "prod",
    )
    assert run in mailgrant("runs").out


def test_the_change_number_lands_on_the_application(mailgrant: CommandLine, run: str):
    with mailgrant.world() as world:
        (app,) = [
            a for a in world.store.all("application") if a["uniqueName"] == f"mailgrant-{MAIN}-prod"
        ]
    assert "change CHG0042" in app["notes"]
    assert {"mailgrant", f"mailgrant:{MAIN}:prod", f"mailgrant-run:{run}"} <= set(app["tags"])
    assert app["requiredResourceAccess"] == []


def test_the_sheet_has_every_form_and_no_secret(mailgrant: CommandLine, run: str):
    forms = {
        form: mailgrant("handover", run, "--format", form).out
        for form in ("md", "html", "mail", "json")
    }
    sheet = json.loads(forms["json"])
    client_id = next(
        field["value"] for field in sheet["fields"] if "client" in field["label"].lower()
    )
    for form, text in forms.items():
        assert client_id in text, form
        assert "PRIVATE KEY" not in text


def test_the_key_is_exported_for_its_owner_only(mailgrant: CommandLine, run: str, tmp_path: Path):
    target = tmp_path / "mytimetable.pem"
    assert mailgrant("handover", run, "--key", str(target)).code == 0
    (public,) = certificates.inspect(target.read_bytes(), None)[:1]
    assert b"PRIVATE KEY" in target.read_bytes()
    assert public.subject == f"CN=mailgrant-{MAIN}-prod"
    if sys.platform != "win32":
        assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_request_goes_out_as_the_application(mailgrant: CommandLine, run: str):
    inside = mailgrant("request", "GET", f"/users/{METTE}/calendar?$select=id,name")
    assert (inside.code, inside.json["name"]) == (0, "Agenda")
    outside = mailgrant(
        "request", "GET", "/users/rector@northbridge.example/calendar", "--run", run
    )
    assert (outside.code, outside.json["error"]["code"]) == (1, "ErrorAccessDenied")


def test_a_request_that_writes_needs_a_yes_and_is_journalled(mailgrant: CommandLine, run: str):
    refused = mailgrant("request", "DELETE", f"/users/{METTE}")
    assert refused.code == 2
    assert "nobody agreed" in refused.err
    sent = mailgrant("request", "DELETE", f"/users/{METTE}", "--yes")
    assert (sent.code, sent.json["error"]["code"]) == (1, "Authorization_RequestDenied")
    (record,) = [r for r in mailgrant.journal() if r["event"] == "request"]
    assert (record["method"], record["path"]) == ("DELETE", f"/users/{METTE}")


def test_what_was_done_is_verified(mailgrant: CommandLine, run: str):
    for name in (run, "MyTimetable-prod", MAIN):
        assert mailgrant("verify", name).code == 0


def test_drift_is_found_and_mended(mailgrant: CommandLine, run: str):
    with mailgrant.world() as world, world.store.transaction():
        (app,) = [
            a for a in world.store.all("application") if a["displayName"] == "MyTimetable-prod"
        ]
        world.put("application", app["id"], {**app, "displayName": "Renamed"}, lag=False)
    drifted = mailgrant("verify", run)
    assert drifted.code == 1
    assert "not as set up: app registration" in drifted.err
    mended = mailgrant("apply", MAIN, "--yes", "--json", "--set", "change=CHG0042")
    assert mended.code == 0, mended.err
    assert [s["verb"] for s in mended.json["steps"]] == ["change", "keep", "keep", "keep"]
    assert mailgrant("verify", MAIN).code == 0


def test_a_saved_plan_is_applied_as_it_is(mailgrant: CommandLine, tmp_path: Path):
    plan = tmp_path / "plan.json"
    drawn = mailgrant("plan", MAIN, "--yes", "--out", str(plan), "--json").json
    assert drawn["digest"] == json.loads(plan.read_text())["digest"]
    ended = mailgrant("apply", str(plan), "--yes", "--json")
    assert (ended.code, ended.json["outcome"]) == (0, "done"), ended.err
    again = mailgrant("apply", str(plan), "--yes", "--json")
    assert (again.code, again.json["outcome"]) == (0, "nothing"), again.err


def test_a_plan_is_printed_in_every_form(mailgrant: CommandLine):
    for form, begins in (("html", "<!doctype html"), ("md", "#"), ("text", "Practice tenant")):
        out = mailgrant("plan", MAIN, "--yes", "--format", form).out
        assert out.lower().startswith(begins.lower())


def test_every_mailbox_is_granted_when_it_was_said_twice(mailgrant: CommandLine):
    plan = mailgrant("plan", MAIN, "--yes", "--set", "every_mailbox=yes")
    assert "EVERY mailbox" in plan.out
    ended = mailgrant(
        "apply", MAIN, "--yes", "--json", "--set", "every_mailbox=yes", "--accept-every-mailbox"
    )
    assert (ended.code, ended.json["proof"]["verdict"]) == (0, "proved"), ended.err


OWNED = """
title: An application with owners
audience: tenant administrator
questions:
  - {name: owner, ask: Who owns it, kind: mail_address, practice: exchange.admin@northbridge.example}
steps:
  - do: app
    name: Owned-${instance}
    owners: ["${owner}"]
"""


def test_a_playbook_of_ones_own_gives_an_application_owners_and_takes_it_back(
    mailgrant: CommandLine, tmp_path: Path
):
    book = tmp_path / "owned.yaml"
    book.write_text(OWNED, encoding="utf-8")
    assert mailgrant("playbooks", "check", str(book)).code == 0
    before = mailgrant.digest()
    ended = mailgrant("apply", str(book), "--yes", "--json")
    assert (ended.code, ended.json["proof"]) == (0, None), ended.err
    with mailgrant.world() as world:
        (app,) = [a for a in world.store.all("application") if a["displayName"] == "Owned-prod"]
        owner = next(u for u in world.store.all("user") if u["mailNickname"] == "exchange.admin")
    assert owner["id"] in app["_owners"]
    assert mailgrant("apply", str(book), "--yes", "--json").json["outcome"] == "nothing"
    assert mailgrant("undo", ended.json["run"], "--yes").code == 0
    assert mailgrant.digest() == before


def test_playbooks_are_listed_and_shown(mailgrant: CommandLine):
    listed = mailgrant("playbooks", "--json").json["playbooks"]
    assert [each["name"] for each in listed] == playbook.names()
    for name in playbook.names():
        text = mailgrant("playbooks", "show", name).out
        assert "Application Administrator" in text
        assert mailgrant("playbooks", "show", name, "--json").json["name"] == name


def test_an_app_that_signed_in_since_is_disabled_and_deleted_only_when_told(
    mailgrant: CommandLine, run: str
):
    from toolkit.practice import control

    control.move(mailgrant.practice, 3600)
    client_id, key = _app_and_key(mailgrant)
    _sign_in(mailgrant, client_id, key)

    undone = mailgrant("undo", run, "--yes", "--json")

    assert undone.code == 0, undone.err
    (app,) = [step for step in undone.json["steps"] if step["as"] == "app"]
    assert "disabled, not deleted" in app["stays"]
    with mailgrant.world() as world:
        (principal,) = [p for p in world.store.all("servicePrincipal") if p["appId"] == client_id]
    assert principal["accountEnabled"] is False


def test_with_delete_an_app_in_use_goes_too(mailgrant: CommandLine, run: str):
    from toolkit.practice import control

    before = mailgrant.digest()
    control.move(mailgrant.practice, 3600)
    _sign_in(mailgrant, *_app_and_key(mailgrant))
    assert mailgrant("undo", run, "--yes", "--delete", "--json").json["steps"][-1]["stays"] == ""
    assert mailgrant.digest() != before
    with mailgrant.world() as world:
        assert not [
            a for a in world.store.all("application") if a["displayName"] == "MyTimetable-prod"
        ]


def _app_and_key(mailgrant: CommandLine) -> tuple[str, bytes]:
    seen = next(
        r["seen"] for r in mailgrant.journal() if r["event"] == "confirmed" and r["step"] == "app"
    )
    (key,) = (mailgrant.home / "keep").glob("*.pem")
    return seen["client_id"], key.read_bytes()


def _sign_in(mailgrant: CommandLine, client_id: str, key: bytes) -> None:
    """The vendor's server signs in, with Microsoft's own library."""
    from azure.identity import CertificateCredential

    from toolkit.practice import control

    with control.serve(mailgrant.practice) as world:
        credential = CertificateCredential(
            world.tenant_id,
            client_id,
            certificate_data=key,
            authority=world.cloud.login,
            connection_verify=str(world.ca_file),
            disable_instance_discovery=True,
        )
        assert credential.get_token(world.cloud.graph_scope).token
        credential.close()


# ---- the practice tenant as a server of its own ----


@pytest.fixture
def server(mailgrant: CommandLine) -> Iterator[dict[str, Any]]:
    line = [
        sys.executable,
        "-m",
        "toolkit",
        "--home",
        str(mailgrant.home),
        "practice",
        "start",
        "--json",
    ]
    with subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        text = ""
        while not text.endswith("\n}\n"):
            text += process.stdout.readline()
        yield json.loads(text)
        process.terminate()
        assert process.wait(timeout=10) == 0


def test_commands_join_a_practice_tenant_that_was_started(
    mailgrant: CommandLine, server: dict[str, Any]
):
    assert server["practice"] is True
    assert mailgrant.status()["url"] == server["url"]
    ended = mailgrant("setup", MAIN, "--yes", "--json")
    assert (ended.code, ended.json["proof"]["verdict"]) == (0, "proved"), ended.err


def test_a_fault_can_kill_a_client_of_a_started_server(
    mailgrant: CommandLine, server: dict[str, str]
):
    assert (
        mailgrant("practice", "fault", "on New-DistributionGroup after-commit kill-client").code
        == 0
    )
    line = [sys.executable, "-m", "toolkit", "--tenant", "practice", "--home", str(mailgrant.home)]
    killed = subprocess.run([*line, "setup", MAIN, "--yes"], capture_output=True, check=False)
    assert killed.returncode == -9
    assert mailgrant("practice", "fault", "--clear", "--json").json["faults"] == []
    assert mailgrant("setup", MAIN, "--yes", "--json").json["proof"]["verdict"] == "proved"


def test_the_practice_tenant_is_reset_and_its_clock_moved(mailgrant: CommandLine, run: str):
    before = mailgrant("practice", "time").out
    moved = mailgrant("practice", "time", "+3h", "--json").json["clock"]
    assert moved[:13] != before[:13]
    assert mailgrant("practice", "reset").code == 0
    status = mailgrant("practice", "status", "--json").json
    assert status["requests"] == {"read": 0, "write": 0, "sign_in": 0, "parts": 0}
    with mailgrant.world() as world:
        assert not [
            a for a in world.store.all("application") if a["displayName"] == "MyTimetable-prod"
        ]


@pytest.mark.parametrize(
    "line",
    ["on", "on POST", "on POST /applications sometimes reset", "lag much", "on * before vanish"],
)
def test_a_fault_that_cannot_be_read_is_refused_with_an_example(mailgrant: CommandLine, line: str):
    ended = mailgrant("practice", "fault", line)
    assert ended.code == 2
    assert "What to do:" in ended.err
