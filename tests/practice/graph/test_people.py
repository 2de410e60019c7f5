import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from toolkit.practice.control import Practice
from toolkit.practice.world import World

SignIn = Callable[..., dict[str, str]]
Json = dict[str, Any]
METTE = "mette.jansen@northbridge.example"
END = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
ENTERPRISE = "6fd2c87f-b296-42f0-b197-1e91e994b900"
EXCHANGE_ONLY = "4b9405b0-7788-4568-add1-99614e613b69"
PERSON = {
    "accountEnabled": True,
    "displayName": "Service",
    "mailNickname": "service",
    "userPrincipalName": "service@northbridge.example",
    "passwordProfile": {"password": "Long-enough-1", "forceChangePasswordNextSignIn": False},
}
GROUP = {
    "displayName": "Readers",
    "mailEnabled": False,
    "mailNickname": "readers",
    "securityEnabled": True,
}


@pytest.fixture
def graph(practice: Practice, world: World, sign_in: SignIn) -> Iterator[httpx.Client]:
    world.store.set_setting("lag", {})
    trust = ssl.create_default_context(cafile=str(practice.ca_file))
    with httpx.Client(base_url=f"{practice.url}/v1.0", verify=trust, headers=sign_in()) as client:
        yield client


@pytest.fixture
def person(graph: httpx.Client) -> str:
    return f"/users/{made(graph.post('/users', json=PERSON))['id']}"


@pytest.fixture
def group(graph: httpx.Client) -> str:
    return f"/groups/{made(graph.post('/groups', json=GROUP))['id']}"


@pytest.fixture
def mette(graph: httpx.Client) -> str:
    return str(graph.get(f"/users/{METTE}").json()["id"])


def made(answer: httpx.Response) -> Json:
    assert answer.status_code == 201, answer.text
    body: Json = answer.json()
    return body


def error(answer: httpx.Response) -> Json:
    assert answer.status_code >= 400, answer.text
    found: Json = answer.json()["error"]
    return found


def reference(key: str) -> Json:
    return {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{key}"}


# ---- people ----


@pytest.mark.parametrize("name", sorted(PERSON))
def test_a_person_needs_all_that_is_documented(graph: httpx.Client, name: str) -> None:
    body = {key: value for key, value in PERSON.items() if key != name}

    assert name in error(graph.post("/users", json=body))["message"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"userPrincipalName": METTE.upper()}, "ObjectConflict"),
        ({"userPrincipalName": "service@elsewhere.example"}, "Request_BadRequest"),
        ({"userPrincipalName": "two words@northbridge.example"}, "Request_BadRequest"),
        ({"usageLocation": "Netherlands"}, "Request_BadRequest"),
        ({"usageLocation": False}, "Request_BadRequest"),
        ({"passwordProfile": {"password": "short"}}, "Request_BadRequest"),
        ({"passwordPolicies": "Whatever"}, "Request_BadRequest"),
        ({"assignedLicenses": []}, "Request_BadRequest"),
        ({"proxyAddresses": ["smtp:a@northbridge.example"]}, "Request_BadRequest"),
        ({"userType": "Robot"}, "Request_BadRequest"),
    ],
)
def test_a_person_that_entra_refuses_is_refused(
    graph: httpx.Client, change: Json, code: str
) -> None:
    assert error(graph.post("/users", json=PERSON | change))["code"] == code


def test_a_password_is_never_shown(graph: httpx.Client, person: str) -> None:
    found = graph.get(f"{person}?$select=id,passwordProfile").json()

    assert found["passwordProfile"] is None


def test_a_synced_person_is_changed_on_premises(graph: httpx.Client) -> None:
    url = "/users/jan.onprem@northbridge.example"

    assert "on-premises mastered" in error(graph.patch(url, json={"displayName": "x"}))["message"]
    assert graph.patch(url, json={"usageLocation": "DE"}).status_code == 204


def test_a_deleted_person_leaves_every_group_and_comes_back_alone(
    graph: httpx.Client, person: str, group: str
) -> None:
    key = person.rpartition("/")[2]
    graph.post(f"{group}/members/$ref", json=reference(key))
    graph.delete(person)
    gone = graph.get(f"{group}/members").json()["value"]
    restored = graph.post(f"/directory/deletedItems/{key}/restore")

    assert gone == []
    assert restored.status_code == 200
    assert graph.get(f"{person}/memberOf").json()["value"] == []


def test_a_name_that_was_taken_meanwhile_stops_a_restore(graph: httpx.Client, person: str) -> None:
    graph.delete(person)
    made(graph.post("/users", json=PERSON))
    answer = graph.post(f"/directory/deletedItems/{person.rpartition('/')[2]}/restore")

    assert answer.status_code == 409


def test_a_manager_is_set_followed_and_dropped(
    graph: httpx.Client, person: str, mette: str
) -> None:
    assert graph.get(f"{person}/manager").status_code == 404
    assert graph.put(f"{person}/manager/$ref", json=reference(mette)).status_code == 204
    assert graph.get(f"{person}/manager").json()["id"] == mette
    assert graph.get(f"{person}?$expand=manager").json()["manager"]["id"] == mette
    reports = graph.get(f"/users/{mette}/directReports").json()["value"]
    assert [f"/users/{one['id']}" for one in reports] == [person]
    assert graph.delete(f"{person}/manager/$ref").status_code == 204
    assert graph.get(f"{person}/manager").status_code == 404


# ---- licences ----


def units(graph: httpx.Client, sku: str) -> int:
    for one in graph.get("/subscribedSkus").json()["value"]:
        if one["skuId"] == sku:
            return int(one["consumedUnits"])
    raise AssertionError(sku)


def licence(add: list[Json], remove: list[str]) -> Json:
    return {"addLicenses": add, "removeLicenses": remove}


def test_a_licence_needs_a_usage_location_and_takes_a_unit(
    graph: httpx.Client, person: str
) -> None:
    before = units(graph, ENTERPRISE)
    body = licence([{"skuId": ENTERPRISE}], [])
    nowhere = error(graph.post(f"{person}/assignLicense", json=body))
    graph.patch(person, json={"usageLocation": "NL"})
    given = graph.post(f"{person}/assignLicense", json=body)
    held = graph.get(f"{person}/licenseDetails").json()["value"]
    during = units(graph, ENTERPRISE)
    back = graph.post(f"{person}/assignLicense", json=licence([], [ENTERPRISE]))

    assert nowhere["message"] == (
        "License assignment cannot be done for user with invalid usage location."
    )
    assert (given.status_code, back.status_code) == (200, 200)
    assert [one["skuPartNumber"] for one in held] == ["ENTERPRISEPACK"]
    assert (during, units(graph, ENTERPRISE)) == (before + 1, before)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"addLicenses": []}, "removeLicenses"),
        ({"removeLicenses": []}, "addLicenses"),
        (licence([{"skuId": METTE}], []), "Edm.Guid"),
        (licence([{"skuId": "4b9405b0-7788-4568-add1-99614e613b60"}], []), "valid company License"),
        (licence([{"skuId": EXCHANGE_ONLY, "disabledPlans": [ENTERPRISE]}], []), "not part of"),
        (licence([{"skuId": EXCHANGE_ONLY}, {"skuId": ENTERPRISE}], []), "mutually exclusive"),
        (licence([], [ENTERPRISE]), "does not have a corresponding license"),
    ],
)
def test_a_wrong_licence_is_refused_and_takes_no_unit(
    graph: httpx.Client, person: str, body: Json, message: str
) -> None:
    graph.patch(person, json={"usageLocation": "NL"})
    before = units(graph, EXCHANGE_ONLY)

    assert message in error(graph.post(f"{person}/assignLicense", json=body))["message"]
    assert units(graph, EXCHANGE_ONLY) == before


def test_licences_run_out(graph: httpx.Client, person: str) -> None:
    full = next(
        one["skuId"]
        for one in graph.get("/subscribedSkus").json()["value"]
        if one["prepaidUnits"]["enabled"] == one["consumedUnits"]
    )
    graph.patch(person, json={"usageLocation": "NL"})
    answer = graph.post(f"{person}/assignLicense", json=licence([{"skuId": full}], []))

    assert "does not have any available licenses" in error(answer)["message"]


# ---- groups ----


def test_a_mail_enabled_security_group_is_exchanges_business(graph: httpx.Client) -> None:
    answer = graph.post("/groups", json=GROUP | {"mailEnabled": True})
    [old] = graph.get("/groups?$filter=displayName eq 'Existing Calendars'").json()["value"]
    url = f"/groups/{old['id']}"
    mette = graph.get(f"/users/{METTE}").json()["id"]
    refused = [
        graph.patch(url, json={"description": "x"}),
        graph.post(f"{url}/members/$ref", json=reference(mette)),
        graph.delete(url),
    ]

    assert error(answer)["message"] == (
        "Cannot Create a mail-enabled security groups and or distribution list."
    )
    assert [one.status_code for one in refused] == [400, 400, 400]
    assert graph.get(url).json()["description"] == old["description"]


@pytest.mark.parametrize("name", sorted(GROUP))
def test_a_group_needs_all_that_is_documented(graph: httpx.Client, name: str) -> None:
    body = {key: value for key, value in GROUP.items() if key != name}

    assert name in error(graph.post("/groups", json=body))["message"]


def test_a_microsoft_365_group_gets_an_address(graph: httpx.Client) -> None:
    unified = {"mailEnabled": True, "securityEnabled": False, "groupTypes": ["Unified"]}
    found = made(graph.post("/groups", json=GROUP | unified))
    again = graph.post("/groups", json=GROUP | unified)

    assert found["mail"] == "readers@northbridge.example"
    assert error(again)["code"] == "ObjectConflict"


def test_members_come_by_reference_and_by_binding(
    graph: httpx.Client, person: str, mette: str
) -> None:
    bound = GROUP | {"members@odata.bind": [f"https://graph.microsoft.com/v1.0/users/{mette}"]}
    url = f"/groups/{made(graph.post('/groups', json=bound))['id']}"
    key = person.rpartition("/")[2]
    added = graph.post(f"{url}/members/$ref", json=reference(key))
    again = graph.post(f"{url}/members/$ref", json=reference(key))
    found = {one["id"] for one in graph.get(f"{url}/members").json()["value"]}

    assert added.status_code == 204
    assert error(again)["message"].startswith("One or more added object references already exist")
    assert found == {mette, key}
    assert graph.delete(f"{url}/members/{key}/$ref").status_code == 204
    assert graph.delete(f"{url}/members/{key}/$ref").status_code == 404


def test_memberships_are_told_through_nested_groups(
    graph: httpx.Client, group: str, mette: str
) -> None:
    outer = made(graph.post("/groups", json=GROUP | {"displayName": "Outer"}))["id"]
    inner = group.rpartition("/")[2]
    graph.post(f"{group}/members/$ref", json=reference(mette))
    graph.post(f"/groups/{outer}/members/$ref", json=reference(inner))

    def asked(action: str, body: Json) -> list[str]:
        found: list[str] = graph.post(f"/users/{mette}/{action}", json=body).json()["value"]
        return found

    direct = [one["id"] for one in graph.get(f"/users/{mette}/memberOf").json()["value"]]
    assert inner in direct
    assert outer not in direct
    assert {inner, outer} <= set(asked("getMemberGroups", {"securityEnabledOnly": True}))
    assert asked("checkMemberGroups", {"groupIds": [outer, mette]}) == [outer]
    assert asked("checkMemberObjects", {"ids": [inner]}) == [inner]


def test_a_security_group_is_gone_for_good(graph: httpx.Client, group: str) -> None:
    graph.delete(group)

    assert graph.get(group).status_code == 404
    assert graph.post(f"/directory/deletedItems/{group.rpartition('/')[2]}/restore").status_code == 404  # fmt: skip


def test_objects_of_every_kind_are_found_by_their_ids(
    graph: httpx.Client, group: str, mette: str
) -> None:
    ids = [group.rpartition("/")[2], mette, ENTERPRISE]
    found = graph.post("/directoryObjects/getByIds", json={"ids": ids}).json()["value"]
    only = graph.post("/directoryObjects/getByIds", json={"ids": ids, "types": ["user"]}).json()

    assert [one["@odata.type"] for one in found] == [
        "#microsoft.graph.group",
        "#microsoft.graph.user",
    ]
    assert [one["id"] for one in only["value"]] == [mette]


# ---- mailboxes ----


def test_a_mailbox_is_closed_to_an_app_without_any_right(graph: httpx.Client) -> None:
    for path in ("calendar", "calendars", "calendar/events", "mailboxSettings"):
        answer = graph.get(f"/users/{METTE}/{path}")
        assert (answer.status_code, error(answer)["code"]) == (403, "Authorization_RequestDenied")


@pytest.mark.parametrize("name", ["jan.onprem@northbridge.example", "nobody@northbridge.example"])
def test_without_a_cloud_mailbox_there_is_no_calendar(graph: httpx.Client, name: str) -> None:
    assert graph.get(f"/users/{name}/calendar").status_code == 404


def test_a_mailbox_is_open_to_an_app_with_a_tenant_wide_grant(
    graph: httpx.Client, world: World, practice: Practice
) -> None:
    secret = new_app(graph, "Calendars.ReadWrite")
    world.clock.sleep(60)
    token = sign_in_as(graph, practice, secret)
    calendar = graph.get(f"/users/{METTE}/calendar?$select=id", headers=token)
    events = graph.get(f"/users/{METTE}/calendar/events?$top=5", headers=token)

    assert set(calendar.json()) == {"@odata.context", "id"}
    assert events.json()["value"] == []
    assert graph.get(f"/users/{METTE}", headers=token).status_code == 403


def test_an_app_that_may_manage_what_it_owns_manages_nothing_else(
    graph: httpx.Client, world: World, practice: Practice
) -> None:
    secret = new_app(graph, "Application.ReadWrite.OwnedBy")
    world.clock.sleep(60)
    token = sign_in_as(graph, practice, secret)
    own = made(graph.post("/applications", json={"displayName": "Own"}, headers=token))
    foreign = made(graph.post("/applications", json={"displayName": "Foreign"}))
    mine, theirs = f"/applications/{own['id']}", f"/applications/{foreign['id']}"

    federated = {
        "name": "pipeline",
        "issuer": "https://i.example",
        "subject": "s",
        "audiences": ["a"],
    }
    part = graph.post(f"{mine}/federatedIdentityCredentials", json=federated, headers=token).json()

    assert graph.patch(mine, json={"notes": "x"}, headers=token).status_code == 204
    gone = graph.delete(f"{mine}/federatedIdentityCredentials/{part['id']}", headers=token)
    assert gone.status_code == 204
    assert graph.patch(theirs, json={"notes": "x"}, headers=token).status_code == 403
    assert graph.delete(theirs, headers=token).status_code == 403
    assert graph.post("/servicePrincipals", json={"appId": foreign["appId"]}, headers=token).status_code == 403  # fmt: skip
    made(graph.post("/servicePrincipals", json={"appId": own["appId"]}, headers=token))
    assert graph.delete(mine, headers=token).status_code == 204


def new_app(graph: httpx.Client, right: str) -> Json:
    app = made(graph.post("/applications", json={"displayName": right}))
    principal = made(graph.post("/servicePrincipals", json={"appId": app["appId"]}))
    path = "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')"
    resource = graph.get(f"{path}?$select=id,appRoles").json()
    role = next(one["id"] for one in resource["appRoles"] if one["value"] == right)
    body = {"principalId": principal["id"], "resourceId": resource["id"], "appRoleId": role}
    made(graph.post(f"/servicePrincipals/{principal['id']}/appRoleAssignments", json=body))
    wanted = {"passwordCredential": {"endDateTime": END}}
    secret = graph.post(f"/applications/{app['id']}/addPassword", json=wanted).json()
    return {"client_id": app["appId"], "client_secret": secret["secretText"]}


def sign_in_as(graph: httpx.Client, practice: Practice, secret: Json) -> dict[str, str]:
    form = secret | {"grant_type": "client_credentials", "scope": f"{practice.url}/.default"}
    answer = graph.post(f"{practice.url}/{practice.tenant_id}/oauth2/v2.0/token", data=form)
    assert answer.status_code == 200, answer.text
    return {"authorization": f"Bearer {answer.json()['access_token']}"}
