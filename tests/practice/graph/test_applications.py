import ssl
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from toolkit.practice.control import Practice
from toolkit.practice.world import World

SignIn = Callable[..., dict[str, str]]

GRAPH = "00000003-0000-0000-c000-000000000000"
CALENDARS = "ef54d2bf-783f-4e0f-bca1-3210c0444d99"
UPSERT = {"Prefer": "create-if-missing"}
Json = dict[str, Any]


@pytest.fixture
def graph(practice: Practice, world: World, sign_in: SignIn) -> Iterator[httpx.Client]:
    world.store.set_setting("lag", {})
    trust = ssl.create_default_context(cafile=str(practice.ca_file))
    with httpx.Client(base_url=f"{practice.url}/v1.0", verify=trust, headers=sign_in()) as client:
        yield client


@pytest.fixture
def app(graph: httpx.Client) -> Json:
    return made(graph.post("/applications", json={"displayName": "Timetable", "uniqueName": "tt"}))


@pytest.fixture
def principal(graph: httpx.Client, app: Json) -> Json:
    return made(graph.post("/servicePrincipals", json={"appId": app["appId"]}))


def made(answer: httpx.Response) -> Json:
    assert answer.status_code == 201, answer.text
    body: Json = answer.json()
    return body


def refusal(answer: httpx.Response) -> tuple[int, str, str]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["message"]


def resource(graph: httpx.Client) -> str:
    found = graph.get(f"/servicePrincipals(appId='{GRAPH}')?$select=id").json()
    return str(found["id"])


# ---- applications ----


def test_an_application_answers_by_each_of_its_keys(graph: httpx.Client, app: Json) -> None:
    for path in (app["id"], f"(appId='{app['appId']}')", "(uniqueName='tt')"):
        url = f"/applications{path if path.startswith('(') else '/' + path}"
        assert graph.get(url).json()["id"] == app["id"]


def test_an_upsert_creates_once_and_then_changes(graph: httpx.Client) -> None:
    url = "/applications(uniqueName='one-of-a-kind')"
    missing = graph.patch(url, json={"displayName": "One"})
    first = graph.patch(url, json={"displayName": "One"}, headers=UPSERT)
    second = graph.patch(url, json={"displayName": "Two"}, headers=UPSERT)

    assert missing.status_code == 404
    assert (first.status_code, second.status_code) == (201, 204)
    assert first.json()["uniqueName"] == "one-of-a-kind"
    assert graph.get(f"/applications/{first.json()['id']}").json()["displayName"] == "Two"


def test_a_unique_name_stays_taken_after_deletion_until_purged(
    graph: httpx.Client, app: Json, world: World
) -> None:
    body = {"displayName": "Other", "uniqueName": "tt"}
    taken = graph.post("/applications", json=body)
    graph.delete(f"/applications/{app['id']}")
    reserved = graph.patch("/applications(uniqueName='tt')", json=body, headers=UPSERT)
    world.clock.sleep(31 * 24 * 3600)
    freed = graph.post("/applications", json=body)

    assert refusal(taken)[:2] == refusal(reserved)[:2] == (400, "Request_BadRequest")
    assert "uniqueName already exists" in refusal(taken)[2]
    assert freed.status_code == 201


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "displayName"),
        ({"displayName": ""}, "displayName"),
        ({"displayName": None}, "displayName"),
        ({"displayName": "x", "displayNam": "y"}, "Invalid property 'displayNam'."),
        ({"displayName": "x", "web": {"redirectUri": []}}, "Invalid property 'redirectUri'."),
        ({"displayName": 5}, "Edm.String"),
        ({"displayName": "x", "tags": "a"}, "StartArray"),
        ({"displayName": "x", "tags": None}, "cannot be null"),
        ({"displayName": "x", "tags": [1]}, "Edm.String"),
        ({"displayName": "x", "isFallbackPublicClient": "true"}, "Edm.Boolean"),
        ({"displayName": "x", "api": {"requestedAccessTokenVersion": "2"}}, "Edm.Int32"),
        ({"displayName": "x", "signInAudience": "Everybody"}, "signInAudience"),
        ({"displayName": "x", "appId": "a"}, "read-only"),
        ({"displayName": "x", "web": {"redirectUris": ["http://a.example"]}}, "HTTPS"),
        ({"displayName": "x", "identifierUris": ["https://www.jadu.net"]}, "verified domain"),
        (
            {"displayName": "x", "requiredResourceAccess": [{"resourceAppId": GRAPH}]},
            "resourceAccess",
        ),
        (
            {
                "displayName": "x",
                "requiredResourceAccess": [
                    {"resourceAppId": GRAPH, "resourceAccess": [{"id": "nope", "type": "Role"}]}
                ],
            },
            "Edm.Guid",
        ),
        ({"displayName": "x", "@odata.type": "#microsoft.graph.user"}, "not assignable"),
        ({"displayName": "x", "DisplayName": "y"}, "Multiple properties"),
        ([], "JSON object"),
    ],
)
def test_a_body_that_is_wrong_at_any_depth_is_refused(
    graph: httpx.Client, body: object, message: str
) -> None:
    status, _, text = refusal(graph.post("/applications", json=body))

    assert status == 400
    assert message in text


def test_letter_case_of_property_names_does_not_matter(graph: httpx.Client) -> None:
    found = made(graph.post("/applications", json={"DISPLAYNAME": "x", "Tags": ["a"]}))

    assert (found["displayName"], found["tags"]) == ("x", ["a"])


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"", {"content-type": "application/json"}),
        (b'{"displayName":', {"content-type": "application/json"}),
        (b'{"displayName":"x"}', {"content-type": "text/plain"}),
        (b'{"displayName":"x"}', {}),
        (b"[" * 20000, {"content-type": "application/json"}),
    ],
)
def test_a_body_that_is_no_json_is_refused(
    graph: httpx.Client, content: bytes, headers: dict[str, str]
) -> None:
    assert graph.post("/applications", content=content, headers=headers).status_code == 400


def test_a_patch_leaves_the_rest_of_a_complex_property_alone(
    graph: httpx.Client, app: Json
) -> None:
    url = f"/applications/{app['id']}"
    graph.patch(url, json={"web": {"redirectUris": ["https://a.example"]}})
    graph.patch(url, json={"web": {"homePageUrl": "https://b.example"}})
    found = graph.get(url).json()

    assert found["web"]["redirectUris"] == ["https://a.example"]
    assert found["web"]["homePageUrl"] == "https://b.example"
    assert refusal(graph.patch(url, json={"uniqueName": "else"}))[0] == 400


def test_the_service_principal_follows_its_application(
    graph: httpx.Client, app: Json, principal: Json
) -> None:
    graph.patch(f"/applications/{app['id']}", json={"displayName": "Renamed"})
    found = graph.get(f"/servicePrincipals/{principal['id']}").json()

    assert (found["displayName"], found["appDisplayName"]) == ("Renamed", "Renamed")


def test_owners_are_added_once_and_removed(graph: httpx.Client, app: Json) -> None:
    person = graph.get("/users/mette.jansen@northbridge.example").json()["id"]
    url = f"/applications/{app['id']}/owners"
    body = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{person}"}

    assert graph.post(f"{url}/$ref", json=body).status_code == 204
    assert refusal(graph.post(f"{url}/$ref", json=body))[2].startswith("One or more added object")
    assert [one["id"] for one in graph.get(url).json()["value"]] == [person]
    assert graph.delete(f"{url}/{person}/$ref").status_code == 204
    assert graph.delete(f"{url}/{person}/$ref").status_code == 404
    assert graph.post(f"{url}/$ref", json={"@odata.id": "nonsense"}).status_code == 400


# ---- service principals, consent ----


def test_an_application_has_one_service_principal(
    graph: httpx.Client, app: Json, principal: Json
) -> None:
    again = refusal(graph.post("/servicePrincipals", json={"appId": app["appId"]}))
    unknown = refusal(graph.post("/servicePrincipals", json={"appId": principal["id"]}))

    assert again[:2] == (409, "Request_MultipleObjectsWithSameKeyValue")
    assert "already in use" in again[2]
    assert "does not reference a valid application object" in unknown[2]


def test_a_permission_is_assigned_once_and_only_if_the_resource_has_it(
    graph: httpx.Client, principal: Json
) -> None:
    url = f"/servicePrincipals/{principal['id']}/appRoleAssignments"
    body = {"principalId": principal["id"], "resourceId": resource(graph), "appRoleId": CALENDARS}
    first = made(graph.post(url, json=body))
    again = refusal(graph.post(url, json=body))
    wrong = refusal(graph.post(url, json=body | {"appRoleId": principal["id"]}))
    elsewhere = refusal(graph.post(url, json=body | {"principalId": resource(graph)}))

    assert first["principalType"] == "ServicePrincipal"
    assert again[2] == "Permission being assigned already exists on the object"
    assert "was not found on application" in wrong[2]
    assert elsewhere[0] == 400
    assert graph.delete(f"{url}/{first['id']}").status_code == 204
    assert graph.get(url).json()["value"] == []


@pytest.mark.parametrize("name", ["principalId", "resourceId", "appRoleId"])
def test_an_assignment_needs_all_three_ids(graph: httpx.Client, principal: Json, name: str) -> None:
    body = {"principalId": principal["id"], "resourceId": resource(graph), "appRoleId": CALENDARS}
    del body[name]
    url = f"/servicePrincipals/{principal['id']}/appRoleAssignments"

    assert name in refusal(graph.post(url, json=body))[2]


def test_a_grant_is_given_once_and_its_scopes_are_replaced(
    graph: httpx.Client, principal: Json
) -> None:
    body = {
        "clientId": principal["id"],
        "consentType": "AllPrincipals",
        "resourceId": resource(graph),
        "scope": "User.Read",
    }
    grant = made(graph.post("/oauth2PermissionGrants", json=body))
    again = refusal(graph.post("/oauth2PermissionGrants", json=body | {"scope": "Mail.Read"}))
    url = f"/oauth2PermissionGrants/{grant['id']}"
    graph.patch(url, json={"scope": "Mail.Read"})

    assert again == (
        409,
        "Request_MultipleObjectsWithSameKeyValue",
        "Permission entry already exists.",
    )
    assert graph.get(url).json()["scope"] == "Mail.Read"
    assert graph.patch(url, json={"clientId": principal["id"]}).status_code == 400
    assert graph.post("/oauth2PermissionGrants", json=body | {"consentType": "Principal"}).status_code == 400  # fmt: skip
    assert graph.delete(url).status_code == 204
    assert graph.get(url).status_code == 404


# ---- deleted, restored ----


def test_deleting_an_application_takes_its_principal_and_grants_along(
    graph: httpx.Client, app: Json, principal: Json
) -> None:
    body = {"principalId": principal["id"], "resourceId": resource(graph), "appRoleId": CALENDARS}
    url = f"/servicePrincipals/{principal['id']}"
    graph.post(f"{url}/appRoleAssignments", json=body)
    graph.delete(f"/applications/{app['id']}")

    assert graph.get(url).status_code == 404
    granted = graph.get(f"/servicePrincipals/{body['resourceId']}/appRoleAssignedTo").json()
    assert principal["id"] not in [one["principalId"] for one in granted["value"]]
    gone = graph.get("/directory/deletedItems/microsoft.graph.application").json()["value"]
    assert app["id"] in [one["id"] for one in gone]


def test_restoring_an_application_leaves_its_principal_to_be_restored_too(
    graph: httpx.Client, app: Json, principal: Json
) -> None:
    graph.delete(f"/applications/{app['id']}")
    early = graph.post(f"/directory/deletedItems/{principal['id']}/restore")
    restored = graph.post(f"/directory/deletedItems/{app['id']}/restore")

    assert early.status_code == 400
    assert restored.json()["uniqueName"] == "tt"
    assert graph.get(f"/servicePrincipals/{principal['id']}").status_code == 404
    assert graph.post(f"/directory/deletedItems/{principal['id']}/restore").status_code == 200
    assert graph.get(f"/servicePrincipals/{principal['id']}").json()["appId"] == app["appId"]


def test_a_new_principal_may_take_the_place_of_a_deleted_one_which_then_cannot_come_back(
    graph: httpx.Client, app: Json, principal: Json
) -> None:
    graph.delete(f"/servicePrincipals/{principal['id']}")
    second = graph.post("/servicePrincipals", json={"appId": app["appId"]})
    refused = graph.post(f"/directory/deletedItems/{principal['id']}/restore")
    graph.delete(f"/servicePrincipals/{second.json()['id']}")
    restored = graph.post(f"/directory/deletedItems/{principal['id']}/restore")

    assert second.status_code == 201
    assert second.json()["id"] != principal["id"]
    assert refusal(refused)[:2] == (409, "Request_MultipleObjectsWithSameKeyValue")
    assert restored.json()["id"] == principal["id"]


# ---- who may ----


def test_a_reader_may_look_and_not_touch(graph: httpx.Client, app: Json, sign_in: SignIn) -> None:
    reader = sign_in("reader")
    body = {"displayName": "x"}

    assert graph.get("/applications", headers=reader).status_code == 200
    assert refusal(graph.post("/applications", json=body, headers=reader))[:2] == (
        403,
        "Authorization_RequestDenied",
    )
    assert graph.delete(f"/applications/{app['id']}", headers=reader).status_code == 403
    assert graph.get(f"/applications/{app['id']}").status_code == 200


def test_without_a_token_nothing_is_told(graph: httpx.Client) -> None:
    answer = graph.get("/applications", headers={"authorization": ""})

    assert refusal(answer)[:2] == (401, "InvalidAuthenticationToken")


def test_a_token_for_exchange_opens_nothing_here(
    graph: httpx.Client, practice: Practice, sign_in: SignIn
) -> None:
    other = sign_in(scope=practice.cloud.exchange_scope)

    assert graph.get("/applications", headers=other).status_code == 401


# ---- replicas that lag ----


def test_a_new_application_is_not_there_yet(graph: httpx.Client, world: World) -> None:
    world.store.set_setting("lag", {"reads": 3})
    new = made(graph.post("/applications", json={"displayName": "New", "uniqueName": "new"}))
    url = f"/applications/{new['id']}"
    patched = graph.patch(url, json={"notes": "x"})
    no_principal = graph.post("/servicePrincipals", json={"appId": new["appId"]})
    seen = [graph.get(url).status_code for _ in range(3)]

    assert refusal(patched)[:2] == (404, "Request_ResourceNotFound")
    assert "does not reference a valid application object" in refusal(no_principal)[2]
    assert seen == [404, 200, 200]


def test_a_unique_name_is_known_at_once_although_replicas_lag(
    graph: httpx.Client, world: World
) -> None:
    world.store.set_setting("lag", {"reads": 50})
    url = "/applications(uniqueName='new')"

    assert graph.patch(url, json={"displayName": "New"}, headers=UPSERT).status_code == 201
    assert graph.get(url).status_code == 404
    assert graph.patch(url, json={"displayName": "New"}, headers=UPSERT).status_code == 204


def test_an_old_version_is_answered_until_the_lag_is_over(
    graph: httpx.Client, app: Json, world: World
) -> None:
    world.clock.sleep(91)
    world.store.set_setting("lag", {"seconds": 90})
    url = f"/applications/{app['id']}?$select=notes"
    graph.patch(url.partition("?")[0], json={"notes": "new"})
    before = graph.get(url).json()["notes"]
    world.clock.sleep(91)

    assert before is None
    assert graph.get(url).json()["notes"] == "new"


def test_an_assignment_waits_for_its_principal(
    graph: httpx.Client, app: Json, world: World
) -> None:
    world.store.set_setting("lag", {"reads": 1})
    graph.get(f"/applications/{app['id']}")  # the replicas know the application by now
    new = made(graph.post("/servicePrincipals", json={"appId": app["appId"]}))
    body = {"principalId": new["id"], "resourceId": resource(graph), "appRoleId": CALENDARS}
    url = f"/servicePrincipals/{body['resourceId']}/appRoleAssignedTo"
    early = refusal(graph.post(url, json=body))
    later = graph.post(url, json=body)

    assert early[2] == "Not a valid reference update."
    assert later.status_code == 201


def test_lists_lag_too_after_adding_and_after_removing(
    graph: httpx.Client, principal: Json, world: World
) -> None:
    url = f"/servicePrincipals/{principal['id']}/appRoleAssignments"
    body = {"principalId": principal["id"], "resourceId": resource(graph), "appRoleId": CALENDARS}
    world.clock.sleep(61)
    world.store.set_setting("lag", {"seconds": 60})

    def listed() -> int:
        return len(graph.get(url).json()["value"])

    made_one = made(graph.post(url, json=body))
    fresh = listed()
    world.clock.sleep(61)
    settled = listed()
    graph.delete(f"{url}/{made_one['id']}")
    stale = listed()
    world.clock.sleep(61)

    assert (fresh, settled, stale, listed()) == (0, 1, 1, 0)


def test_a_unique_name_may_be_given_later_and_once(graph, app):
    """Source: learn.microsoft.com/graph/templates/bicep/how-to-reference-existing-resources."""
    plain = made(graph.post("/applications", json={"displayName": "By hand"}))
    url = f"/applications/{plain['id']}"

    taken = refusal(graph.patch(url, json={"uniqueName": "tt"}))
    given = graph.patch(url, json={"uniqueName": "by-hand"})
    again = graph.patch(url, json={"uniqueName": "by-hand"})

    assert taken[0] == 400
    assert (given.status_code, again.status_code) == (204, 204)
    assert refusal(graph.patch(url, json={"uniqueName": "another"}))[0] == 400
    assert graph.get("/applications(uniqueName='by-hand')").json()["id"] == plain["id"]
