import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
import pytest

from toolkit.errors import UsageError
from toolkit.practice import control, faults
from toolkit.practice.control import Practice
from toolkit.practice.entra.tokens import caller_of
from toolkit.practice.world import World

SignIn = Callable[..., dict[str, str]]
NEW = {"displayName": "Made under a fault"}


def fault(practice: Practice, line: str) -> None:
    control.add_fault(practice.path, line)


def counts(practice: Practice) -> list[tuple[int, int]]:
    return [(one["matched"], one["fired"]) for one in control.status(practice.path)["faults"]]


def made(world: World) -> int:
    return len(world.store.find("application", **NEW))


# ---- the language ----


@pytest.mark.parametrize(
    "line",
    [
        "on POST /applications #1 after-commit status 504",
        "on POST /applications",
        "on * #7 before kill-client",
        "on token #2 before status 429 retry-after 3600",
        "on token before aadsts 53003",
        "on New-DistributionGroup after-commit reset",
        "on New-* every 2 before status 503",
        "on GET /users/*/calendar p=0.1 before html",
        "on * /applications/* after-commit dup",
        "on GET * after-commit truncate 20",
        "on * after-reply kill-client",
    ],
)
def test_a_line_of_the_language_is_read_or_lacks_something(line: str) -> None:
    if line.endswith("/applications"):
        with pytest.raises(UsageError, match="says not when"):
            faults.parse(line)
    else:
        assert faults.parse(line).line == line


@pytest.mark.parametrize(
    "line",
    [
        "",
        "on",
        "off POST /applications before reset",
        "on FETCH /users before reset",
        "on POST before reset",
        "on POST /x before",
        "on POST /x before explode",
        "on POST /x sometimes reset",
        "on POST /x #0 before reset",
        "on POST /x #x before reset",
        "on POST /x every before reset",
        "on POST /x p=often before reset",
        "on POST /x before status 200",
        "on POST /x before status 429 retry 3",
        "on POST /x before truncate 3",
        "on POST /x after-reply reset",
        "on POST /x before aadsts 53003",
        "on token before aadsts",
        "on POST /x before hang",
        "on POST /x before hang -1",
        "on POST /x before reset now",
        "lag",
        "lag often",
        "lag reads=many",
        "sts-lag",
        "cache maybe",
        "clock later",
        "pim never",
        "pim active nobody@northbridge.example",
        "mfa maybe",
        "ca block=some",
        "ca all",
        "consent nobody",
        "security-defaults perhaps",
        "policy secrets=perhaps",
        "policy passwords=deny",
        "policy certificates=deny",
        "role remove Nothing.At.All",
        "role grant Policy.Read.All",
        "dehydrated",
    ],
)
def test_a_line_that_cannot_be_read_is_refused_with_an_example(
    practice: Practice, line: str
) -> None:
    before = control.status(practice.path)

    with pytest.raises(UsageError) as caught:
        fault(practice, line)
    assert caught.value.fix
    after = control.status(practice.path)
    assert {**after, "clock": ""} == {**before, "clock": ""}


# ---- what happens to a request ----


def test_before_means_that_the_world_never_saw_it(
    practice: Practice, admin: httpx.Client, world: World
) -> None:
    fault(practice, "on POST /applications #1 before status 504")

    assert admin.post("/v1.0/applications", json=NEW).status_code == 504
    assert made(world) == 0
    assert admin.post("/v1.0/applications", json=NEW).status_code == 201
    assert made(world) == 1
    assert counts(practice) == [(2, 1)]


@pytest.mark.parametrize("action", ["status 503", "reset", "html", "truncate 5"])
def test_after_commit_means_that_it_is_done_and_the_answer_is_lost(
    practice: Practice, admin: httpx.Client, world: World, action: str
) -> None:
    fault(practice, f"on POST /applications #1 after-commit {action}")
    try:
        answer = admin.post("/v1.0/applications", json=NEW)
    except httpx.TransportError:
        assert action in {"reset", "truncate 5"}
    else:
        assert action in {"status 503", "html"}
        assert "displayName" not in answer.text

    assert made(world) == 1
    assert counts(practice) == [(1, 1)]
    assert admin.get("/v1.0/organization").status_code == 200


def test_dup_delivers_the_request_twice(
    practice: Practice, admin: httpx.Client, world: World
) -> None:
    fault(practice, "on POST /applications after-commit dup")

    assert admin.post("/v1.0/applications", json=NEW).status_code == 201
    assert made(world) == 2


def test_a_hang_before_never_answers_and_one_after_answers_late(
    practice: Practice, admin: httpx.Client, world: World
) -> None:
    fault(practice, "on POST /applications #1 before hang 0.1")
    fault(practice, "on POST /applications #2 after-commit hang 0.1")
    with pytest.raises(httpx.TransportError):
        admin.post("/v1.0/applications", json=NEW)
    assert made(world) == 0

    start = time.perf_counter()
    assert admin.post("/v1.0/applications", json=NEW).status_code == 201
    assert time.perf_counter() - start > 0.1


def test_a_hanging_request_does_not_hold_up_others(practice: Practice, admin: httpx.Client) -> None:
    fault(practice, "on GET /users before hang 60")
    with pytest.raises(httpx.ReadTimeout):
        admin.get("/v1.0/users", timeout=0.1)

    assert admin.get("/v1.0/organization").status_code == 200


@pytest.mark.parametrize("value", ["3600", "0", "-5", "soon"])
def test_retry_after_is_sent_as_it_was_given(
    practice: Practice, admin: httpx.Client, value: str
) -> None:
    fault(practice, f"on GET /users before status 429 retry-after {value}")
    answer = admin.get("/v1.0/users")

    assert (answer.status_code, answer.headers["retry-after"]) == (429, value)
    assert answer.json()["error"]["code"] == "TooManyRequests"


def test_retry_after_can_be_a_date_or_absent(practice: Practice, admin: httpx.Client) -> None:
    fault(practice, "on GET /users #1 before status 503 retry-after date")
    fault(practice, "on GET /users #2 before status 503 retry-after none")

    later = parsedate_to_datetime(admin.get("/v1.0/users").headers["retry-after"])
    assert (later - datetime.now(UTC)).total_seconds() < 3
    assert "retry-after" not in admin.get("/v1.0/users").headers


def test_token_requests_fail_in_the_shape_of_the_token_service(
    practice: Practice, client: httpx.Client
) -> None:
    fault(practice, "on token before status 503")
    client.get("/common/discovery/keys").raise_for_status()
    answer = client.post(f"/{practice.tenant_id}/oauth2/v2.0/token", data={})

    assert (answer.status_code, answer.json()["error_codes"]) == (503, [90033])
    assert counts(practice) == [(1, 1)]


@pytest.mark.parametrize(
    ("target", "hit"),
    [
        ("New-DistributionGroup", True),
        ("new-*", True),
        ("Get-*", False),
        ("POST */InvokeCommand", True),
        ("GET */InvokeCommand", False),
        ("*", True),
    ],
)
def test_a_cmdlet_is_met_by_its_name_or_its_path(
    practice: Practice, client: httpx.Client, target: str, hit: bool
) -> None:
    fault(practice, f"on {target} before status 418")
    body = {"CmdletInput": {"CmdletName": "New-DistributionGroup", "Parameters": {}}}
    path = f"/exchange/adminapi/beta/{practice.tenant_id}/InvokeCommand"

    assert (client.post(path, json=body).status_code == 418) is hit


@pytest.mark.parametrize(
    ("target", "hit"),
    [
        ("GET /users", True),
        ("GET /v1.0/users", True),
        ("get /USERS", True),
        ("* /users", True),
        ("GET /users/*", False),
        ("GET /use*", True),
        ("GET /applications", False),
        ("POST /users", False),
        ("token", False),
    ],
)
def test_a_path_is_met_with_or_without_the_version(
    practice: Practice, client: httpx.Client, target: str, hit: bool
) -> None:
    fault(practice, f"on {target} before status 418")

    assert (client.get("/v1.0/users").status_code == 418) is hit


def test_every_k_strikes_every_kth(practice: Practice, client: httpx.Client) -> None:
    fault(practice, "on GET /users every 3 before status 418")
    found = [client.get("/v1.0/users").status_code == 418 for _ in range(7)]

    assert found == [False, False, True, False, False, True, False]
    assert counts(practice) == [(7, 2)]


def test_chance_falls_the_same_way_in_the_same_history(
    practice: Practice, client: httpx.Client
) -> None:
    histories = []
    for _ in range(2):
        control.reset(practice.path)
        fault(practice, "on GET /users p=0.5 before status 418")
        histories.append([client.get("/v1.0/users").status_code for _ in range(20)])

    assert histories[0] == histories[1]
    assert len(set(histories[0])) == 2


def test_cleared_faults_strike_no_more(practice: Practice, client: httpx.Client) -> None:
    fault(practice, "on GET /users before status 418")
    control.clear_faults(practice.path)

    assert client.get("/v1.0/users").status_code == 401
    assert counts(practice) == []


# ---- switches ----


def test_switches_turn_what_they_name(practice: Practice, world: World) -> None:
    for line, name, value in (
        ("lag reads=8 flip", "lag", {"reads": 8, "flip": True}),
        ("lag reads=1 seconds=1.5m", "lag", {"reads": 1, "seconds": 90.0}),
        ("lag off", "lag", {}),
        ("sts-lag 15s", "sts_lag_seconds", 15.0),
        ("sts-lag off", "sts_lag_seconds", 0),
        ("cache off", "permission_cache", False),
        ("dehydrated on", "dehydrated", True),
    ):
        fault(practice, line)
        assert world.store.setting(name) == value
    assert counts(practice) == []


def test_the_clock_is_moved_both_ways(practice: Practice) -> None:
    start = practice.clock.now()
    fault(practice, "clock +7m")
    ahead = (practice.clock.now() - start).total_seconds()
    fault(practice, "clock -1h")

    assert 420 <= ahead < 425
    assert (practice.clock.now() - start).total_seconds() < -3170


def test_eligible_roles_are_not_in_tokens_until_active(
    practice: Practice, client: httpx.Client, sign_in: SignIn, world: World
) -> None:
    def held() -> int:
        caller = caller_of(world, sign_in())
        assert caller is not None
        return len(caller.wids)

    assert held() == 4
    fault(practice, "pim eligible")
    assert held() == 1
    fault(practice, "pim active")
    assert held() == 4


def test_eligible_roles_are_listed_as_such_until_active(
    practice: Practice, admin: httpx.Client, world: World
) -> None:
    who = world.store.find("servicePrincipal", appId=practice.client_id)[0]["id"]
    base = "/v1.0/roleManagement/directory"

    def roles(what: str) -> list[str]:
        found = admin.get(f"{base}/{what}", params={"$filter": f"principalId eq '{who}'"})
        return sorted(one["roleDefinitionId"] for one in found.json()["value"])

    held = roles("roleAssignments")
    assert (len(held), roles("roleEligibilitySchedules")) == (3, [])
    fault(practice, "pim eligible")
    assert (roles("roleAssignments"), roles("roleEligibilitySchedules")) == ([], held)
    fault(practice, "pim active")
    assert (roles("roleAssignments"), roles("roleEligibilitySchedules")) == (held, [])


def test_policies_refuse_secrets_and_long_certificates(
    practice: Practice, admin: httpx.Client
) -> None:
    fault(practice, "policy secrets=deny")
    fault(practice, "policy certificates=max=90d")
    policy = admin.get("/v1.0/policies/defaultAppManagementPolicy").json()
    limits = policy["applicationRestrictions"]
    states = {one["restrictionType"]: one for one in limits["passwordCredentials"]}

    assert states["passwordAddition"]["state"] == "enabled"
    assert limits["keyCredentials"][0]["maxLifetime"] == "P90D"
    fault(practice, "lag off")
    app = admin.post("/v1.0/applications", json=NEW).json()
    refused = admin.post(f"/v1.0/applications/{app['id']}/addPassword", json={})
    assert refused.json()["error"]["code"] == "CredentialTypeNotAllowedAsPerAppPolicy"
    fault(practice, "policy secrets=allow")
    allowed = admin.post(f"/v1.0/applications/{app['id']}/addPassword", json={})
    assert allowed.json()["secretText"]


def test_a_role_taken_from_the_administrator_is_missing_and_can_come_back(
    practice: Practice, client: httpx.Client, sign_in: SignIn
) -> None:
    fault(practice, "role remove Application.ReadWrite.All")
    refused = client.post("/v1.0/applications", json=NEW, headers=sign_in())
    fault(practice, "role add Application.ReadWrite.All")
    allowed = client.post("/v1.0/applications", json=NEW, headers=sign_in())

    assert (refused.status_code, allowed.status_code) == (403, 201)
