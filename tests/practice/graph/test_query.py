import ssl
from collections.abc import Callable, Iterator

import httpx
import pytest

from toolkit.practice.control import Practice
from toolkit.practice.world import World

SignIn = Callable[..., dict[str, str]]

EVENTUAL = {"ConsistencyLevel": "eventual"}


@pytest.fixture
def graph(practice: Practice, world: World, sign_in: SignIn) -> Iterator[httpx.Client]:
    world.store.set_setting("lag", {})
    trust = ssl.create_default_context(cafile=str(practice.ca_file))
    with httpx.Client(base_url=f"{practice.url}/v1.0", verify=trust, headers=sign_in()) as client:
        yield client


def code_of(answer: httpx.Response) -> tuple[int, str]:
    error = answer.json()["error"]
    assert set(error["innerError"]) == {"date", "request-id", "client-request-id"}
    assert error["innerError"]["request-id"] == answer.headers["request-id"]
    return answer.status_code, error["code"]


def test_a_list_comes_in_pages_and_each_object_once(graph: httpx.Client) -> None:
    url: str | None = "/users?$select=id&$top=50"
    found: list[str] = []
    pages = 0
    while url:
        page = graph.get(url).json()
        found += [one["id"] for one in page["value"]]
        url = page.get("@odata.nextLink")
        pages += 1

    assert len(found) == len(set(found)) == int(graph.get("/users/$count", headers=EVENTUAL).text)
    assert pages == -(-len(found) // 50)


def test_a_page_has_a_hundred_objects_unless_asked_otherwise(graph: httpx.Client) -> None:
    assert len(graph.get("/users").json()["value"]) == 100


def test_the_link_to_the_next_page_keeps_the_question(graph: httpx.Client) -> None:
    text = "/users?$filter=startsWith(displayName,'A') or accountEnabled eq true&$select=id&$top=3"
    first = graph.get(text).json()
    second = graph.get(first["@odata.nextLink"]).json()

    assert set(second["value"][0]) == {"id"}
    assert len(second["value"]) == 3
    assert second["value"] != first["value"]


@pytest.mark.parametrize("top", ["0", "1000", "-1"])
def test_a_page_of_a_size_that_graph_refuses_is_refused(graph: httpx.Client, top: str) -> None:
    answer = graph.get(f"/users?$top={top}")

    assert code_of(answer) == (400, "Request_UnsupportedQuery")
    assert "Must be between 1 and 999 inclusive." in answer.text


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("$filter=displayName ne 'a'", "Request_UnsupportedQuery"),
        ("$filter=endsWith(mail,'a')", "Request_UnsupportedQuery"),
        ('$search="displayName:mette"', "Request_UnsupportedQuery"),
        ("$filter=startsWith(displayName,'a')&$orderby=displayName", "Request_UnsupportedQuery"),
        ("$count=true", "Request_BadRequest"),
        ("$orderby=jobTitle", "Request_UnsupportedQuery"),
        ("$select=nosuch", "BadRequest"),
        ("$select=displayName,manger", "BadRequest"),
        ("$orderby=nosuch", "BadRequest"),
        ("$expand=nosuch", "BadRequest"),
        ("$expand=manager,memberOf", "Request_UnsupportedQuery"),
        ("$expand=manager($filter=id eq 'a')", "Request_BadRequest"),
        ("$skip=5", "Request_BadRequest"),
        ("$format=json", "Request_BadRequest"),
        ("$skiptoken=nonsense", "Directory_ExpiredPageToken"),
        ("$top=two", "BadRequest"),
        ("$top=1&$top=2", "Request_BadRequest"),
        ("colour=red", "Request_BadRequest"),
        ("$filter=", "BadRequest"),
    ],
)
def test_a_question_that_graph_refuses_is_refused(
    graph: httpx.Client, query: str, code: str
) -> None:
    assert code_of(graph.get(f"/users?{query}")) == (400, code)


@pytest.mark.parametrize(
    "query",
    [
        "$filter=displayName ne 'a'&$count=true",
        "$filter=endsWith(mail,'@northbridge.example')&$count=true",
        '$search="displayName:mette"',
        "$filter=startsWith(displayName,'a')&$orderby=displayName&$count=true",
        "$count=true",
        "$filter=officeLocation eq null&$count=true",
    ],
)
def test_an_advanced_question_needs_the_header_only(graph: httpx.Client, query: str) -> None:
    assert graph.get(f"/users?{query}", headers=EVENTUAL).status_code == 200


def test_ne_needs_the_count_beside_the_header(graph: httpx.Client) -> None:
    answer = graph.get("/users?$filter=displayName ne 'a'", headers=EVENTUAL)

    assert code_of(answer) == (400, "Request_UnsupportedQuery")
    assert "$count=true" in answer.text


def test_counting_tells_as_many_as_are_found(graph: httpx.Client) -> None:
    text = "$filter=userType eq 'Guest'"
    page = graph.get(f"/users?{text}&$count=true&$top=1", headers=EVENTUAL).json()
    counted = graph.get(f"/users/$count?{text}", headers=EVENTUAL)

    assert counted.headers["content-type"].startswith("text/plain")
    assert page["@odata.count"] == int(counted.text) > 0
    assert len(page["value"]) == 1
    assert code_of(graph.get(f"/users/$count?{text}")) == (400, "Request_BadRequest")


def test_a_search_finds_words_by_their_beginning(graph: httpx.Client) -> None:
    def names(search: str) -> list[str]:
        page = graph.get("/users", params={"$search": search}, headers=EVENTUAL).json()
        return [one["displayName"] for one in page["value"]]

    assert "Mette Jansen" in names('"displayName:jan"')
    assert names('"displayName:ansen"') == []
    assert names('"displayName:mette" AND "displayName:nobody"') == []
    assert "Mette Jansen" in names('"displayName:mette" OR "displayName:nobody"')


def test_people_are_ordered_by_name_both_ways(graph: httpx.Client) -> None:
    def names(order: str) -> list[str]:
        page = graph.get(f"/users?$orderby={order}&$top=999&$select=displayName").json()
        return [one["displayName"].casefold() for one in page["value"]]

    assert names("displayName") == sorted(names("displayName"))
    assert names("displayName desc") == sorted(names("displayName desc"), reverse=True)


def test_a_person_shows_eleven_properties_unless_others_are_selected(graph: httpx.Client) -> None:
    shown = graph.get("/users/mette.jansen@northbridge.example").json()
    wanted = "/users/mette.jansen@northbridge.example?$select=id,DEPARTMENT,usageLocation"
    chosen = graph.get(wanted).json()

    assert set(shown) - {"@odata.context"} == {
        "businessPhones",
        "displayName",
        "givenName",
        "id",
        "jobTitle",
        "mail",
        "mobilePhone",
        "officeLocation",
        "preferredLanguage",
        "surname",
        "userPrincipalName",
    }
    assert set(chosen) - {"@odata.context"} == {"id", "department", "usageLocation"}


def test_nothing_private_is_ever_shown(graph: httpx.Client) -> None:
    for path in ("/users", "/groups", "/applications", "/servicePrincipals?$top=999"):
        for one in graph.get(path).json()["value"]:
            assert not [name for name in one if name.startswith("_")]
            assert not any(entry["secretText"] for entry in one.get("passwordCredentials", ()))


def test_expanding_stops_after_twenty(graph: httpx.Client) -> None:
    found = graph.get("/groups?$filter=displayName eq 'Synced Staff'&$expand=members").json()
    [group] = found["value"]

    assert len(group["members"]) == 20
    assert group["members"][0]["@odata.type"] == "#microsoft.graph.user"
    assert len(graph.get(f"/groups/{group['id']}/members").json()["value"]) > 0


def test_members_can_be_narrowed_to_a_type(graph: httpx.Client) -> None:
    [group] = graph.get("/groups?$filter=displayName eq 'Nested Calendars'").json()["value"]
    base = f"/groups/{group['id']}/members"
    groups = graph.get(f"{base}/microsoft.graph.group").json()["value"]
    direct = graph.get(base).json()["value"]
    all_of_them = graph.get(f"/groups/{group['id']}/transitiveMembers").json()["value"]

    assert [one["displayName"] for one in groups] == ["Faculty Calendars"]
    assert len(all_of_them) > len(direct)
    assert code_of(graph.get(f"{base}/microsoft.graph.nosuch")) == (400, "Request_BadRequest")


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/nosuch", (400, "Request_BadRequest")),
        ("GET", "/users/mette.jansen@northbridge.example/nosuch", (501, "NotImplemented")),
        ("GET", "/devices", (501, "NotImplemented")),
        ("GET", "/$metadata", (501, "NotImplemented")),
        ("GET", "/users/delta()", (501, "NotImplemented")),
        ("PUT", "/applications", (405, "Request_BadRequest")),
        ("POST", "/subscribedSkus", (405, "Request_BadRequest")),
        ("DELETE", "/users", (405, "Request_BadRequest")),
        ("GET", "/me", (400, "BadRequest")),
        ("GET", "/me/calendar", (400, "BadRequest")),
        ("GET", "/users/nobody@northbridge.example", (404, "Request_ResourceNotFound")),
        ("GET", "/applications(nosuch='a')", (400, "Request_BadRequest")),
        ("GET", "/directory/deletedItems", (400, "Request_BadRequest")),
    ],
)
def test_what_is_not_there_is_refused_loudly(
    graph: httpx.Client, method: str, path: str, expected: tuple[int, str]
) -> None:
    assert code_of(graph.request(method, path)) == expected


def test_every_answer_says_what_it_cost(graph: httpx.Client) -> None:
    for path in ("/users?$top=1", "/nosuch"):
        assert graph.get(path).headers["x-ms-resource-unit"] == "1"


# ---- several at once ----


def parts(*requests: dict[str, object]) -> dict[str, object]:
    return {"requests": list(requests)}


def get(key: str, url: str, **more: object) -> dict[str, object]:
    return {"id": key, "method": "GET", "url": url, **more}


def test_each_part_of_a_batch_has_its_own_status(graph: httpx.Client) -> None:
    made = {"displayName": "From a batch"}
    body = parts(
        get("a", "/users?$top=1&$select=id"),
        get("b", "/nosuch"),
        get("c", "/users?$top=1", dependsOn=["b"]),
        {
            "id": "d",
            "method": "POST",
            "url": "/applications",
            "headers": {"Content-Type": "application/json"},
            "body": made,
        },
    )
    found = graph.post("/$batch", json=body).json()["responses"]

    assert [(one["id"], one["status"]) for one in found] == [
        ("a", 200),
        ("b", 400),
        ("c", 424),
        ("d", 201),
    ]
    assert found[3]["body"]["displayName"] == "From a batch"


@pytest.mark.parametrize(
    "body",
    [
        parts(*(get(str(number), "/users?$top=1") for number in range(21))),
        parts(get("a", "/users"), get("a", "/groups")),
        parts(get("a", "https://graph.microsoft.com/v1.0/users")),
        parts(get("a", "/users", dependsOn=["later"]), get("later", "/groups")),
        parts({"id": "a", "method": "POST", "url": "/applications", "body": {"displayName": "x"}}),
        parts({"id": "a", "method": "POST", "url": "/$batch"}),
        parts({"id": "a", "method": "LOOK", "url": "/users"}),
        parts({"id": 1, "method": "GET", "url": "/users"}),
        parts(get("a", "/users", colour="red")),
        parts(),
        {"request": []},
    ],
)
def test_a_batch_that_is_wrong_in_itself_is_refused_whole(
    graph: httpx.Client, body: dict[str, object]
) -> None:
    assert code_of(graph.post("/$batch", json=body)) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("collection", "name"),
    [
        ("users", "user"),
        ("groups", "group"),
        ("servicePrincipals", "servicePrincipal"),
        ("applications", "application"),
    ],
)
def test_one_object_can_be_asked_for_as_what_it_is_and_as_nothing_else(
    graph: httpx.Client, collection: str, name: str
) -> None:
    key = graph.get(f"/{collection}?$top=1&$select=id").json()["value"][0]["id"]
    url = f"/directoryObjects/{key}/microsoft.graph"
    other = "group" if name == "user" else "user"

    assert graph.get(f"{url}.{name}?$select=displayName").json()["displayName"]
    assert code_of(graph.get(f"{url}.{other}")) == (404, "Request_ResourceNotFound")
    assert graph.get(f"{url}.device").status_code == 400


def test_a_relation_to_one_can_be_asked_for_as_what_it_is(graph: httpx.Client) -> None:
    (user,) = graph.get("/users?$filter=startsWith(displayName,'Mette Jansen')").json()["value"]
    groups = graph.get(f"/users/{user['id']}/memberOf").json()["value"]
    url = f"/users/{user['id']}/memberOf/{groups[0]['id']}"

    assert graph.get(f"{url}/microsoft.graph.group").json()["id"] == groups[0]["id"]
    assert graph.get(f"{url}/graph.user").status_code == 404
