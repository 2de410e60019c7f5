from collections.abc import Callable
from typing import Any

import httpx
import pytest

from toolkit.practice import control
from toolkit.practice.control import Practice
from toolkit.practice.world import World

SignIn = Callable[..., dict[str, str]]
NEW = {"displayName": "Made in a batch"}
READ = {"id": "read", "method": "GET", "url": "/organization"}
WRITE = {
    "id": "write",
    "method": "post",
    "url": "/applications",
    "headers": {"content-type": "application/json"},
    "body": NEW,
}
ASK = {
    "id": "ask",
    "method": "POST",
    "url": "/directoryObjects/getByIds",
    "headers": {"content-type": "application/json"},
    "body": {"ids": []},
}


def send(admin: httpx.Client, *parts: dict[str, Any]) -> dict[str, int]:
    answer = admin.post("/v1.0/$batch", json={"requests": parts})
    assert answer.status_code == 200, answer.text
    return {one["id"]: one["status"] for one in answer.json()["responses"]}


def made(world: World) -> int:
    return len(world.store.find("application", **NEW))


@pytest.fixture
def cmdlets(practice: Practice, client: httpx.Client, sign_in: SignIn) -> Callable[..., list[int]]:
    path = f"/adminapi/beta/{practice.tenant_id}"
    anchor = f"APP:SystemMailbox{{bb558c35-97f1-4cb9-8ff7-d53741dc928c}}@{practice.tenant_id}"

    def send(*calls: tuple[str, dict[str, Any]]) -> list[int]:
        parts = [
            {
                "id": str(number),
                "method": "POST",
                "url": f"{path}/InvokeCommand",
                "headers": {"content-type": "application/json"},
                "body": {"CmdletInput": {"CmdletName": name, "Parameters": parameters}},
            }
            for number, (name, parameters) in enumerate(calls)
        ]
        headers = {"X-AnchorMailbox": anchor, **sign_in("admin", practice.cloud.exchange_scope)}
        url = f"{practice.cloud.exchange}{path}/$batch"
        answer = client.post(url, json={"requests": parts}, headers=headers)
        assert answer.status_code == 200, answer.text
        return [one["status"] for one in answer.json()["responses"]]

    return send


def test_parts_that_write_count_as_writes_too(practice: Practice, admin: httpx.Client) -> None:
    control.reset_counters(practice.path)
    assert send(admin, READ, WRITE, ASK) == {"read": 200, "write": 201, "ask": 200}

    counted = control.status(practice.path)["requests"]
    assert counted == {"read": 1, "write": 1, "sign_in": 0, "parts": 3}


def test_cmdlets_in_a_batch_are_counted_by_their_verbs(
    practice: Practice, cmdlets: Callable[..., list[int]]
) -> None:
    control.reset_counters(practice.path)
    scope = {"Name": "A scope", "RecipientRestrictionFilter": "Alias -eq 'x'"}
    assert cmdlets(("Get-AcceptedDomain", {}), ("New-ManagementScope", scope)) == [200, 200]

    counted = control.status(practice.path)["requests"]
    assert counted == {"read": 1, "write": 1, "sign_in": 1, "parts": 2}


def test_a_status_before_strikes_the_part_it_is_for_and_no_other(
    practice: Practice, admin: httpx.Client, world: World
) -> None:
    control.add_fault(practice.path, "on POST /applications before status 503 retry-after 7")
    answer = admin.post("/v1.0/$batch", json={"requests": [READ, WRITE]}).json()
    by_id = {one["id"]: one for one in answer["responses"]}

    assert (by_id["read"]["status"], by_id["write"]["status"]) == (200, 503)
    assert by_id["write"]["headers"]["retry-after"] == "7"
    assert by_id["write"]["body"]["error"]["code"] == "ServiceNotAvailable"
    assert made(world) == 0


def test_a_status_after_commit_means_that_the_part_is_done(
    practice: Practice, admin: httpx.Client, world: World
) -> None:
    control.add_fault(practice.path, "on * /applications #2 after-commit status 504")

    assert send(admin, WRITE, WRITE | {"id": "again"}) == {"write": 201, "again": 504}
    assert made(world) == 2


def test_a_part_that_was_struck_fails_those_that_depend_on_it(
    practice: Practice, admin: httpx.Client
) -> None:
    control.add_fault(practice.path, "on POST /applications before status 429")
    after = READ | {"id": "after", "dependsOn": ["write"]}

    assert send(admin, WRITE, after) == {"write": 429, "after": 424}


def test_any_other_fault_of_a_part_strikes_the_whole_batch(
    practice: Practice, admin: httpx.Client, world: World
) -> None:
    control.add_fault(practice.path, "on POST /applications before reset")
    with pytest.raises(httpx.TransportError):
        send(admin, READ, WRITE)
    assert made(world) == 0


def test_every_request_means_those_on_the_wire(practice: Practice, admin: httpx.Client) -> None:
    control.add_fault(practice.path, "on * #2 before status 500")
    send(admin, READ, WRITE)
    second = admin.get("/v1.0/organization")

    assert second.status_code == 500
    assert control.status(practice.path)["faults"][0]["matched"] == 2


def test_a_cmdlet_in_a_batch_is_met_by_its_name(
    practice: Practice, cmdlets: Callable[..., list[int]], world: World
) -> None:
    control.add_fault(practice.path, "on New-ManagementScope before status 503")
    scope = {"Name": "A scope", "RecipientRestrictionFilter": "Alias -eq 'x'"}

    assert cmdlets(("New-ManagementScope", scope), ("Get-AcceptedDomain", {})) == [503, 200]
    assert not world.store.find("managementScope", Name="A scope")


def test_a_part_that_is_refused_leaves_what_other_parts_did(
    admin: httpx.Client, world: World
) -> None:
    wrong = WRITE | {"id": "wrong", "body": NEW | {"nonsense": 1}}

    assert send(admin, WRITE, wrong, READ) == {"write": 201, "wrong": 400, "read": 200}
    assert made(world) == 1
