"""Microsoft Graph in our verbs: names of any kind, lists that lag, certificates of others."""

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.systems.conftest import Told
from tests.systems.liar import Heard, Liar, Says, one_after_the_other, says
from toolkit.errors import LackingRightError, NotFoundError, NotYetError, RefusedError
from toolkit.practice import control
from toolkit.practice.clock import PracticeClock
from toolkit.practice.control import Practice
from toolkit.practice.store import Store
from toolkit.practice.world import World
from toolkit.systems.graph_wire import GraphError
from toolkit.systems.tenant import Tenant

NAME = "mailgrant-test-prod"
NEW = {"display_name": "New one", "sign_in_audience": "AzureADMyOrg", "tags": ["mailgrant"]}
PRINTABLE = st.characters(exclude_categories=["C", "Z"]) | st.sampled_from(
    " '%#/?&+=()[]\"\\$@;:,*!"
)


@pytest.fixture
def world(practice: Practice) -> Iterator[World]:
    store = Store(practice.path / control.FILE)
    yield World(store=store, clock=PracticeClock(store), base=practice.url)
    store.close()


def turn(practice: Practice, *lines: str) -> None:
    for line in lines:
        control.add_fault(practice.path, line)


def copied(world: World, kind: str, **change: object) -> dict[str, Any]:
    """Put another object like the first of its kind there, known to every replica."""
    body = {**world.store.all(kind)[0], "id": str(uuid.uuid4()), **change}
    with world.store.transaction():
        world.put(kind, body["id"], body, lag=False)
    return body


# ---- names ----


@given(name=st.text(PRINTABLE, min_size=1, max_size=40).map(str.strip).filter(bool))
@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_an_application_is_found_by_its_name_and_no_other_is(
    tenant: Tenant, world: World, name: str
):
    made = copied(world, "application", displayName=name, appId=str(uuid.uuid4()), uniqueName=None)
    copied(world, "application", displayName=f"{name}'", appId=str(uuid.uuid4()), uniqueName=None)

    found = tenant.graph.applications_named(NAME, name, "mailgrant:none:prod")

    assert made["id"] in [each["id"] for each in found]
    assert {each["displayName"].casefold() for each in found} == {name.casefold()}


@pytest.mark.parametrize(
    "name",
    [
        "o'neil",
        "50%",
        "a#b",
        "guest_x#EXT#",
        "a+b",
        "é.ü",
        "李雷",
        "a&b=c",
        "a%20b",
        "semi;colon",
        "x,y",
        "(z)",
    ],
)
def test_a_user_is_found_by_any_name(tenant: Tenant, world: World, name: str):
    address = f"{name}@northbridge.example"
    made = copied(world, "user", userPrincipalName=address, mail=None)

    assert tenant.graph.user_id(address) == made["id"]


@pytest.mark.parametrize(
    "name", ["a/b", "a?b", "../organization", "..", "a\\b", "", "%2e%2e", "me"]
)
def test_a_name_never_leads_to_another_path(believer: Tenant, liar: Liar, name: str):
    liar.answer = lambda heard: says({"id": "1"})
    address = f"{name}@northbridge.example"

    believer.graph.user_id(address)

    path, _, query = liar.asked()[0].path.partition("?")
    assert path.startswith("/v1.0/users/")
    assert path.count("/") == 3
    assert unquote(path.rpartition("/")[2]) == address
    assert unquote(query) == "$select=id"


def test_somebody_who_is_not_there_is_said_at_once(tenant: Tenant, told: Told):
    with pytest.raises(NotFoundError, match=r"no user nobody@northbridge\.example"):
        tenant.graph.user_id("nobody@northbridge.example")

    assert told.waited == []


# ---- what was just made ----


def test_what_lags_ninety_seconds_is_waited_for_on_the_tenant_s_clock(
    practice: Practice, tenant: Tenant, told: Told
):
    turn(practice, "lag seconds=90")
    before = tenant.clock.now()

    made = tenant.graph.upsert_application(NAME, NEW)
    tenant.graph.create_service_principal(made["appId"], ["mailgrant"], "")
    tenant.graph.awaited_application(NAME)

    assert timedelta(seconds=80) < tenant.clock.now() - before < timedelta(minutes=5)
    assert any("not known to every server of Entra yet" in words for words in told.waited)
    assert tenant.meter.counts["poll"] > 10
    assert tenant.meter.counts["request"] < 8


def test_after_twenty_minutes_it_says_not_yet_and_goes_on_later(
    practice: Practice, tenant: Tenant, world: World
):
    turn(practice, "lag seconds=1500")
    before = tenant.clock.now()
    made = tenant.graph.upsert_application(NAME, NEW)

    with pytest.raises(
        NotYetError, match="after 20 minutes of trying to make the enterprise"
    ) as caught:
        tenant.graph.create_service_principal(made["appId"], [], "")

    assert caught.value.exit_code == 75
    assert "nothing is lost" in caught.value.fix
    assert timedelta(minutes=20) <= tenant.clock.now() - before < timedelta(minutes=21)
    assert len(world.store.find("application", uniqueName=NAME)) == 1
    tenant.graph.upsert_application(NAME, NEW)
    tenant.graph.create_service_principal(made["appId"], [], "")
    assert len(world.store.find("application", uniqueName=NAME)) == 1
    assert len(world.store.find("servicePrincipal", appId=made["appId"])) == 1


@pytest.mark.parametrize("call", ["awaited_application", "awaited_principal_id"])
def test_what_never_shows_is_given_up_after_twenty_minutes(tenant: Tenant, call: str):
    before = tenant.clock.now()

    with pytest.raises(NotYetError, match="After 20 minutes Microsoft Graph still doesn't agree"):
        getattr(tenant.graph, call)("mailgrant-that-is-nowhere")

    assert tenant.clock.now() - before >= timedelta(minutes=20)


@pytest.mark.parametrize("status", ["status 504", "status 503", "reset", "truncate 20", "html"])
def test_an_answer_lost_after_the_commit_makes_no_twin(
    practice: Practice, tenant: Tenant, world: World, status: str
):
    turn(practice, "lag off", f"on * /applications* #1 after-commit {status}")
    turn(practice, f"on POST /servicePrincipals #1 after-commit {status}")

    tenant.graph.upsert_application(NAME, NEW)
    client = tenant.graph.awaited_application(NAME)["appId"]
    tenant.graph.create_service_principal(client, [], "")

    assert [fault["fired"] for fault in control.status(practice.path)["faults"]] == [1, 1]
    assert len(world.store.find("application", uniqueName=NAME)) == 1
    assert len(world.store.find("servicePrincipal", appId=client)) == 1


def test_a_page_that_is_gone_is_a_failure_and_not_the_end(believer: Tenant, liar: Liar):
    row = {"id": "1", "appRoleId": "2", "resourceId": "3"}
    first = says({"value": [row], "@odata.nextLink": f"{liar.url}/v1.0/more"})
    gone = says({"error": {"code": "Request_ResourceNotFound", "message": "gone"}}, 404)
    liar.answer = one_after_the_other(first, gone)

    with pytest.raises(GraphError, match="404"):
        believer.graph.granted_roles("principal")


def test_pages_are_read_to_the_last(believer: Tenant, liar: Liar):
    def page(heard: Heard) -> Says:
        number = int(heard.path.partition("skip=")[2] or 0)
        link = {"@odata.nextLink": f"{liar.url}/v1.0/x?skip={number + 1}"} if number < 4 else {}
        return says({"value": [{"id": str(number)}], **link})

    liar.answer = page

    assert [row["id"] for row in believer.graph.owners("object")] == ["0", "1", "2", "3", "4"]


# ---- refusals ----


def test_a_right_that_is_missing_is_said_with_the_role_that_brings_it(
    practice: Practice, tenant: Tenant
):
    turn(practice, "pim eligible", "role remove Application.ReadWrite.All")

    with pytest.raises(
        LackingRightError, match="doesn't let Practice Administrator register"
    ) as caught:
        tenant.graph.upsert_application(NAME, NEW)

    assert caught.value.exit_code == 75
    assert "Application Administrator" in caught.value.fix
    assert "new sign-in" in caught.value.fix


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("Directory_ObjectNotFound", "check tenant id and cloud"),
        ("CredentialInvalidLifetimeAsPerAppPolicy", "shorter life"),
        ("SomethingNew", ""),
    ],
)
def test_a_refusal_names_its_remedy_and_the_request(
    believer: Tenant, liar: Liar, code: str, remedy: str
):
    liar.answer = lambda heard: says(
        {"error": {"code": code, "message": "No."}}, 400, request_id="abc-123"
    )

    with pytest.raises(
        GraphError, match=f"refused to register the application .400 {code}: No"
    ) as caught:
        believer.graph.upsert_application(NAME, NEW)

    assert remedy in caught.value.fix
    assert "abc-123" in caught.value.fix


# ---- certificates of others ----

FOREIGN: list[dict[str, Any]] = [
    {
        "customKeyIdentifier": "52ED9B5038A47B9E2E2190715CC238359D4F8F73",
        "displayName": "CN=hex",
        "endDateTime": "2027-01-01T00:00:00.1234567Z",
        "key": None,
        "keyId": "11111111-1111-4111-8111-111111111111",
        "startDateTime": "2026-01-01T00:00:00Z",
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
    },
    {
        "customKeyIdentifier": "Uu2bUDike54uIZBxXMI4NZ1Pj3M=",
        "displayName": None,
        "endDateTime": "2027-01-01T01:00:00+01:00",
        "key": None,
        "keyId": "22222222-2222-4222-8222-222222222222",
        "startDateTime": "2026-01-01T00:00:00Z",
        "type": "AsymmetricX509Cert",
        "usage": "Sign",
        "newProperty": {"kept": True},
    },
    {
        "customKeyIdentifier": "no/base64=at all",
        "endDateTime": "2026-01-01T00:00:00Z",
        "keyId": "33333333-3333-4333-8333-333333333333",
    },
]


def test_others_certificates_go_back_as_they_came(believer: Tenant, liar: Liar):
    liar.answer = lambda heard: (
        Says(204)
        if heard.method == "PATCH"
        else says({"id": "object", "appId": "app", "keyCredentials": FOREIGN})
    )
    new = {
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
        "key": b"\x30\x82DER",
        "displayName": "x",
    }

    entries = believer.graph.settled_certificates("app")
    believer.graph.set_certificates("app", [*entries, new])

    (patch,) = [one for one in liar.asked() if one.method == "PATCH"]
    assert patch.path == "/v1.0/applications/object"
    sent = json.loads(patch.body)["keyCredentials"]
    assert sent == [*FOREIGN, {**new, "key": "MIJERVI="}]


def test_a_list_is_settled_only_when_two_readings_agree(believer: Tenant, liar: Liar):
    def listing(*ids: int) -> Says:
        return says({"id": "object", "appId": "app", "keyCredentials": [FOREIGN[n] for n in ids]})

    liar.answer = one_after_the_other(listing(0), listing(0, 1), listing(0), listing(0, 1))

    found = believer.graph.settled_certificates("app")

    assert [entry["keyId"] for entry in found] == [FOREIGN[0]["keyId"], FOREIGN[1]["keyId"]]
    assert len(liar.asked()) == 5


def test_replicas_that_answer_by_turns_lose_no_certificate(
    practice: Practice, tenant: Tenant, world: World
):
    turn(practice, "lag off")
    made = tenant.graph.upsert_application(NAME, NEW)
    turn(practice, "lag seconds=120 flip")
    body = world.store.get("application", made["id"]) or {}
    theirs = next(app for app in world.store.all("application") if app.get("keyCredentials"))
    with world.store.transaction():
        entries = theirs["keyCredentials"][:1]
        world.put("application", made["id"], {**body, "keyCredentials": entries})

    found = tenant.graph.settled_certificates(made["appId"])
    tenant.graph.set_certificates(made["appId"], found)

    after = world.store.get("application", made["id"]) or {}
    assert [entry["keyId"] for entry in after["keyCredentials"]] == [entries[0]["keyId"]]


NEW_KEY = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": b"DER", "displayName": "x"}


@pytest.mark.parametrize(
    ("after", "lost"),
    [
        ([0, 1], False),  # ours isn't to be seen yet
        ([0], False),
        ([0, 1, 2], False),
        ([0, 2], True),
        ([0, 1, 2, 2], False),
    ],
)
def test_what_vanished_beside_ours_is_said_and_what_only_lags_is_not(
    believer: Tenant, liar: Liar, after: list[int], lost: bool
):
    listed = [0, 1]
    liar.answer = lambda heard: (
        Says(204)
        if heard.method == "PATCH"
        else says({"id": "object", "appId": "app", "keyCredentials": [FOREIGN[n] for n in listed]})
    )
    entries = believer.graph.settled_certificates("app")
    believer.graph.set_certificates("app", [*entries, NEW_KEY])
    listed[:] = after

    if lost:
        with pytest.raises(RefusedError, match="Certificates of others vanished") as caught:
            believer.graph.certificates("app")
        assert "52ED9B5038A47B9E2E2190715CC238359D4F8F73" in caught.value.message
    else:
        assert len(believer.graph.certificates("app") or ()) == len(after)


def test_a_list_that_never_settles_ends_after_twenty_minutes(believer: Tenant, liar: Liar):
    turns = iter(range(10_000))
    liar.answer = lambda heard: says(
        {"id": "object", "appId": "app", "keyCredentials": FOREIGN[: 1 + next(turns) % 2]}
    )

    with pytest.raises(NotYetError, match="doesn't agree on the list of certificates"):
        believer.graph.settled_certificates("app")


# ---- the tenant's policy ----


@pytest.mark.parametrize(
    ("policy", "days"),
    [
        ({"isEnabled": False, "applicationRestrictions": {"keyCredentials": [{"restrictionType": "asymmetricKeyLifetime", "state": "enabled", "maxLifetime": "P90D"}]}}, None),
        ({"isEnabled": True, "applicationRestrictions": {"keyCredentials": [{"restrictionType": "asymmetricKeyLifetime", "state": "disabled", "maxLifetime": "P90D"}]}}, None),
        ({"isEnabled": True, "applicationRestrictions": {"keyCredentials": [{"restrictionType": "asymmetricKeyLifetime", "state": "enabled", "maxLifetime": "P1Y2M3W4D"}]}}, 450),
        ({"isEnabled": True, "applicationRestrictions": {"keyCredentials": [{"restrictionType": "asymmetricKeyLifetime", "state": "enabled", "maxLifetime": "P90DT12H"}]}}, 90),
        ({"isEnabled": True, "applicationRestrictions": {"keyCredentials": [{"restrictionType": "asymmetricKeyLifetime", "state": "enabled"}]}}, None),
        ({"isEnabled": True, "applicationRestrictions": {"keyCredentials": [{"restrictionType": "asymmetricKeyLifetime", "state": "enabled", "maxLifetime": "soon"}]}}, None),
        ({"isEnabled": True, "applicationRestrictions": None}, None),
        ({"isEnabled": True}, None),
    ],
)  # fmt: skip
def test_the_longest_life_is_what_the_policy_says(
    believer: Tenant, liar: Liar, policy: dict[str, Any], days: int | None
):
    liar.answer = lambda heard: says({"id": "p", **policy})

    assert believer.graph.longest_certificate_days() == days
    assert believer.graph.longest_certificate_days() == days
    assert len(liar.asked()) == 1


def test_a_policy_that_may_not_be_read_limits_nothing(practice: Practice, tenant: Tenant):
    turn(practice, "pim eligible", "role remove Policy.Read.All")

    assert tenant.graph.longest_certificate_days() is None


@pytest.mark.parametrize(
    "said",
    [{"value": []}, {"value": [{}]}, {"value": [{"lastSignInActivity": None}]}, {"value": 5}, []],
)
def test_a_sign_in_nobody_can_read_of_is_unknown(believer: Tenant, liar: Liar, said: object):
    liar.answer = lambda heard: says(said)

    assert believer.graph.last_sign_in("app") is None


def test_a_raw_request_may_bring_back_what_is_no_json(believer: Tenant, liar: Liar):
    liar.answer = lambda heard: Says(200, b"a,b\r\n1,2", {"content-type": "text/csv"})

    assert believer.graph.request("GET", "/reports/x", any_body=True).body == "a,b\r\n1,2"
