import json
import os
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from toolkit.errors import LockedError, UsageError
from toolkit.practice import control
from toolkit.practice.control import Practice
from toolkit.practice.seed.entries import principal_id
from toolkit.practice.seed.people import known_id, user_id
from toolkit.practice.store import Store
from toolkit.practice.world import World

KILLED = signal.SIGTERM if os.name == "nt" else -getattr(signal, "SIGKILL", 9)
HOLD = """
import sys
from pathlib import Path
from toolkit.practice import control
with control.serve(Path(sys.argv[1]), open_to_all=len(sys.argv) > 2) as practice:
    print(practice.url, flush=True)
    sys.stdin.read()
"""
ASK = """
import ssl, sys
from pathlib import Path
import httpx
from toolkit.practice import control
with control.serve(Path(sys.argv[1])) as practice:
    trust = ssl.create_default_context(cafile=str(practice.ca_file))
    with httpx.Client(base_url=practice.url, verify=trust) as client:
        form = {"grant_type": "client_credentials", "client_id": practice.client_id,
            "client_secret": practice.client_secret, "scope": practice.cloud.graph_scope}
        token = client.post(f"/{practice.tenant_id}/oauth2/v2.0/token", data=form).json()
        client.headers["authorization"] = f"Bearer {token['access_token']}"
        client.headers["x-mailgrant-pid"] = str(__import__("os").getpid())
        print(client.post("/v1.0/applications", json={"displayName": "Killed"}).status_code)
"""


def start(script: str, *arguments: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def first_line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def end(process: "subprocess.Popen[str]") -> int:
    process.communicate(timeout=30)
    return process.returncode


# ---- status ----


def test_status_says_the_same_of_a_world_that_is_served_and_one_that_is_not(folder: Path) -> None:
    idle = control.status(folder)
    with control.serve(folder, speed=60) as practice:
        served = control.status(folder)

    assert idle["running"] is False
    assert idle["url"] is None
    assert served["running"] is True
    assert served["url"] == practice.url
    assert idle["vendors"] == {}
    assert (idle["speed"], served["speed"], control.status(folder)["speed"]) == (1.0, 60.0, 1.0)
    assert idle["world"] == served["world"]
    assert (
        set(idle)
        == set(served)
        == {
            "running",
            "url",
            "ca_file",
            "tenant_id",
            "domain",
            "admin",
            "people",
            "vendors",
            "requests",
            "world",
            "clock",
            "speed",
            "lag",
            "faults",
            "path",
        }
    )
    assert set(idle["admin"]) == {"client_id", "client_secret"}
    assert idle["requests"] == {"read": 0, "write": 0, "sign_in": 0, "parts": 0}
    assert Path(idle["ca_file"]).is_file()
    assert datetime.fromisoformat(idle["clock"]).tzinfo is not None
    assert json.loads(json.dumps(served)) == served


def test_status_names_people_with_the_roles_of_the_moment(practice: Practice) -> None:
    def roles(name: str) -> tuple[list[str], list[str]]:
        found = {one["user"]: one for one in control.status(practice.path)["people"]}
        person = found[f"{name}@northbridge.example"]
        assert set(person) == {"user", "password", "roles", "eligible"}
        return person["roles"], person["eligible"]

    three = ["Application Administrator", "Exchange Administrator", "Privileged Role Administrator"]
    assert roles("admin.anna") == (three, [])
    assert roles("admin.pim") == ([], three)
    assert roles("reader.gl") == (["Global Reader"], [])
    control.add_fault(practice.path, "pim active admin.pim@northbridge.example")
    assert roles("admin.pim") == (three, [])


def test_a_practice_tenant_never_shows_its_secret_by_accident(practice: Practice) -> None:
    assert practice.client_secret not in repr(practice)


def test_first_use_makes_the_world(tmp_path: Path) -> None:
    with control.serve(tmp_path / "deep" / "down") as practice:
        assert practice.cloud.tested
        assert practice.cloud.exchange_scope.endswith("/exchange/.default")
    assert not list((tmp_path / "deep" / "down").glob("*.part*"))


def test_a_world_half_made_is_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "practice"
    folder.mkdir(mode=0o700)
    (folder / "world.db.part").write_bytes(b"power went off here")

    assert control.status(folder)["tenant_id"]


# ---- who owns it ----


def test_a_second_process_waits_and_is_then_told_who_has_it(folder: Path) -> None:
    holder = start(HOLD, folder)
    assert first_line(holder).startswith("https://")
    started = time.monotonic()
    with (
        pytest.raises(LockedError, match=rf"process {holder.pid} on .*, since 20"),
        control.serve(folder, patience=0.2),
    ):
        pass
    assert time.monotonic() - started >= 0.2
    assert control.status(folder)["running"] is True

    assert end(holder) == 0
    with control.serve(folder, patience=0) as practice:
        assert practice.embedded


def test_a_second_process_gets_it_when_the_first_is_done(folder: Path) -> None:
    holder = start(HOLD, folder)
    first_line(holder)
    assert holder.stdin is not None
    holder.stdin.close()
    with control.serve(folder, patience=30) as practice:
        assert practice.embedded
    holder.wait(timeout=30)
    assert holder.stdout is not None
    holder.stdout.close()


def test_a_killed_owner_leaves_the_world_free(folder: Path) -> None:
    holder = start(HOLD, folder, "open")
    first_line(holder)
    holder.kill()
    end(holder)

    assert control.status(folder)["running"] is False
    with control.serve(folder, patience=0) as practice:
        assert practice.embedded


def test_a_started_server_is_used_by_others(folder: Path) -> None:
    holder = start(HOLD, folder, "open")
    url = first_line(holder)
    with control.serve(folder, patience=0) as practice:
        assert (practice.url, practice.embedded) == (url, False)
        practice.clock.sleep(60)
    with (
        pytest.raises(LockedError, match="served already, at https://"),
        control.serve(folder, patience=0, open_to_all=True),
    ):
        pass

    assert end(holder) == 0


# ---- the client dies ----


@pytest.mark.parametrize(
    ("phase", "made"), [("before", 0), ("after-commit", 1), ("after-reply", 1)]
)
@pytest.mark.parametrize("separate", [False, True])
def test_kill_client_kills_it_at_the_point_named(
    folder: Path, phase: str, made: int, separate: bool
) -> None:
    holder = start(HOLD, folder, "open") if separate else None
    if holder:
        first_line(holder)
    control.add_fault(folder, f"on POST /applications #1 {phase} kill-client")
    died = end(start(ASK, folder))

    assert died == KILLED
    status = control.status(folder)
    assert status["running"] is separate
    assert [(one["matched"], one["fired"]) for one in status["faults"]] == [(1, 1)]
    if holder:
        assert end(holder) == 0
    survivor = start(ASK, folder)
    assert first_line(survivor) == "201"
    assert end(survivor) == 0
    with control.serve(folder):
        assert count(folder, "Killed") == made + 1


def count(folder: Path, name: str) -> int:
    store = Store(folder / control.FILE)
    found = len(store.find("application", displayName=name))
    store.close()
    return found


# ---- setting it ----


def test_reset_brings_back_the_seed_and_keeps_keys_while_it_is_served(
    practice: Practice, admin: httpx.Client
) -> None:
    fresh = control.status(practice.path)
    admin.post("/v1.0/groups", json=a_group("one")).raise_for_status()
    control.add_fault(practice.path, "on GET /users before status 418")
    control.add_fault(practice.path, "lag off")
    practice.clock.sleep(86400)
    changed = control.status(practice.path)
    control.reset(practice.path)
    back = control.status(practice.path)

    assert changed["world"] != fresh["world"]
    same = ("world", "requests", "faults", "lag", "admin", "url")
    assert {name: back[name] for name in same} == {
        **{name: fresh[name] for name in same},
        "requests": {"read": 0, "write": 0, "sign_in": 0, "parts": 0},
    }
    moved = datetime.fromisoformat(back["clock"]) - datetime.fromisoformat(fresh["clock"])
    assert moved.total_seconds() < 60
    assert admin.get("/v1.0/organization").status_code == 200


def test_reset_makes_the_world_where_nothing_was_made_yet(tmp_path: Path) -> None:
    control.reset(tmp_path / "new")

    assert control.status(tmp_path / "new")["world"]


def test_a_seed_that_does_not_exist_is_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match="no seed called 'elsewhere'"):
        control.reset(folder, "elsewhere")


def test_the_clock_moves_without_waiting(practice: Practice) -> None:
    before = practice.clock.now()
    control.move(practice.path, 7200)

    assert 7200 <= (practice.clock.now() - before).total_seconds() < 7260


# ---- the digest ----


def a_group(name: str) -> dict[str, Any]:
    return {
        "displayName": name,
        "mailEnabled": False,
        "mailNickname": "same",
        "securityEnabled": True,
    }


def digest(practice: Practice) -> str:
    found: str = control.status(practice.path)["world"]
    return found


def test_making_and_deleting_leaves_the_digest_as_it_was(
    practice: Practice, admin: httpx.Client
) -> None:
    control.add_fault(practice.path, "lag off")
    before = digest(practice)
    app = admin.post("/v1.0/applications", json={"displayName": "Brief"}).json()
    during = digest(practice)
    admin.delete(f"/v1.0/applications/{app['id']}").raise_for_status()

    assert during != before
    assert digest(practice) == before


def test_two_things_of_equal_meaning_count_as_two(practice: Practice, admin: httpx.Client) -> None:
    seen = [digest(practice)]
    for _ in range(2):
        admin.post("/v1.0/applications", json={"displayName": "Twin"}).raise_for_status()
        seen.append(digest(practice))

    assert len(set(seen)) == 3


def test_the_digest_is_blind_for_ids_but_not_for_whom_they_mean(
    practice: Practice, world: World
) -> None:
    def grant(key: str, principal: str) -> str:
        (one,) = world.store.find("oauth2PermissionGrant", clientId=principal_id("planner"))
        body = {**one, "id": key, "consentType": "Principal", "principalId": principal}
        world.put("oauth2PermissionGrant", key, body, lag=False)
        found = digest(practice)
        world.remove("oauth2PermissionGrant", key, lag=False)
        return found

    mette, rector = user_id("mette.jansen"), user_id("rector")
    assert grant("a", mette) == grant("b", mette)
    assert grant("a", mette) != grant("a", rector)


@pytest.mark.parametrize(
    "change",
    [
        {"notes": "x"},
        {"tags": ["x"]},
        {"accountEnabled": False},
        {"_owners": [known_id("user/rector")]},
    ],
)
def test_the_digest_sees_every_change_of_meaning(
    practice: Practice, world: World, change: dict[str, Any]
) -> None:
    before = digest(practice)
    (one,) = world.store.find("servicePrincipal", displayName="Mail Archiver")
    world.put("servicePrincipal", one["id"], one | change, lag=False)

    assert digest(practice) != before


def test_the_digest_sees_another_certificate_but_no_other_name_for_it(
    practice: Practice, world: World
) -> None:
    (one,) = world.store.find("application", displayName="Lecture Capture")
    (entry,) = one["keyCredentials"]
    seen = [digest(practice)]
    for change in (
        {"customKeyIdentifier": "other encoding", "keyId": "new"},
        {"key": entry["key"][:-4] + "AAAA"},
    ):
        body = one | {"keyCredentials": [entry | change]}
        world.put("application", one["id"], body, lag=False)
        seen.append(digest(practice))

    assert seen[0] == seen[1] != seen[2]
