import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.practice.entra.browsing import ANNA, METTE
from tests.practice.entra.conftest import Client, code_of, read
from toolkit.practice.control import Practice
from toolkit.practice.entra.tokens import decode
from toolkit.practice.passwords import PRACTICE_PASSWORD, hashed
from toolkit.practice.seed.first_party import AZURE_CLI, EXCHANGE_POWERSHELL, GRAPH_COMMAND_LINE
from toolkit.practice.seed.people import user_id
from toolkit.practice.store import Body
from toolkit.practice.world import World

Switch = Callable[..., None]
MIEKE = "mfa.mieke@northbridge.example"
PIET = "admin.pim@northbridge.example"


def expire(world: World, start: str) -> None:
    for ticket in world.store.all("signInTicket"):
        if ticket["id"].startswith(start):
            world.put("signInTicket", ticket["id"], ticket | {"expires": 0.0}, lag=False)


# ---- codes ----


def test_a_code_is_good_once_for_its_client_address_and_proof_key(app: Client) -> None:
    app.open().sign_in()
    code = app.browser.arrived["code"]

    assert code_of(app.redeem(code="x")) == 70000
    assert code_of(app.redeem(client_id=AZURE_CLI)) == 700005
    assert app.redeem().status_code == 200
    assert code_of(app.redeem(code=code)) == 54005


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"code_verifier": "x" * 43}, 501481),
        ({"code_verifier": None}, 900144),
        ({"redirect_uri": "http://localhost:8401"}, 500112),
        ({"redirect_uri": None}, 900144),
        ({"code": None}, 900144),
        ({"client_secret": "guess"}, 700025),
        ({"client_id": None}, 900144),
    ],
)
def test_a_code_without_what_belongs_to_it_is_worth_nothing(
    app: Client, changes: dict[str, str | None], code: int
) -> None:
    app.open().sign_in()

    assert code_of(app.redeem(**changes)) == code


def test_a_code_that_failed_once_is_spent(app: Client) -> None:
    app.open().sign_in()

    assert code_of(app.redeem(code_verifier="y" * 43)) == 501481
    assert code_of(app.redeem()) == 54005


def test_a_code_is_good_for_ten_minutes(app: Client, world: World) -> None:
    app.open().sign_in()
    (ticket,) = (one for one in world.store.all("signInTicket") if one["id"].startswith("code/"))
    expire(world, "code/")

    assert 590 < ticket["expires"] - ticket["made"] < 610
    assert code_of(app.redeem()) == 70008


def test_nothing_that_opens_a_door_lies_in_the_world_as_it_is(app: Client, world: World) -> None:
    page = app.open().sign_in()
    kept = str(world.store.all("signInTicket"))

    assert page.arrived["code"] not in kept
    assert app.redeem().json()["refresh_token"] not in str(world.store.all("signInTicket"))


# ---- an application of the tenant's own ----


@pytest.fixture
def own(app: Client, world: World) -> Client:
    """Course Planner, with a public and a single-page address besides."""
    (course,) = world.store.find("application", displayName="Course Planner")
    course |= {
        "publicClient": {"redirectUris": ["http://localhost"]},
        "spa": {"redirectUris": ["http://localhost:8400/app"]},
        "web": course["web"] | {"redirectUris": ["http://localhost:8400/web"]},
    }
    world.put("application", course["id"], course, lag=False)
    app.client_id = course["appId"]
    return app


@pytest.mark.parametrize(("path", "code"), [("", 0), ("/web", 7000218), ("/app", 9002327)])
def test_which_address_was_used_decides_what_proof_is_needed(
    own: Client, path: str, code: int
) -> None:
    address = f"http://localhost:8400{path}"
    own.open("Calendars.ReadWrite", redirect_uri=address).sign_in(METTE)
    answer = own.redeem(redirect_uri=address)

    assert (code_of(answer) if code else answer.status_code) == (code or 200)


def test_device_codes_and_passwords_need_public_flows_to_be_allowed(
    own: Client, world: World, practice: Practice
) -> None:
    form = {"username": METTE, "password": PRACTICE_PASSWORD, "scope": own.scope("User.Read")}
    path = f"/{practice.tenant_id}/oauth2/v2.0/devicecode"
    asked = {"client_id": own.client_id, "scope": own.scope("User.Read")}
    assert code_of(own.ask(grant_type="password", **form)) == 7000218
    assert code_of(own.http.post(path, data=asked)) == 7000218
    (course,) = world.store.find("application", displayName="Course Planner")
    world.put("application", course["id"], course | {"isFallbackPublicClient": True}, lag=False)

    assert own.ask(grant_type="password", **form).status_code == 200
    assert own.http.post(path, data=asked).status_code == 200


def test_an_app_that_was_switched_off_signs_nobody_in(own: Client, world: World) -> None:
    tokens = own.tokens("Calendars.ReadWrite", who=METTE)
    (one,) = world.store.find("servicePrincipal", appId=own.client_id)
    world.put("servicePrincipal", one["id"], one | {"accountEnabled": False}, lag=False)

    assert own.open().alert.startswith("AADSTS7000112")
    assert code_of(own.refresh(tokens["refresh_token"], own.scope())) == 7000112


def test_default_is_what_the_app_declares_and_then_what_was_granted(own: Client) -> None:
    tokens = own.tokens(".default", who=METTE)

    assert {"Calendars.ReadWrite", "User.Read"} <= set(read(tokens["access_token"])["scp"].split())
    assert f"{own.graph}/.default" in tokens["scope"].split()


# ---- refresh ----


def test_a_refresh_token_brings_new_ones_and_the_old_one_lives_on(app: Client) -> None:
    first = app.tokens("Directory.Read.All")
    second = app.refresh(first["refresh_token"], app.scope("Directory.Read.All")).json()

    assert second["refresh_token"] != first["refresh_token"]
    assert read(second["access_token"])["upn"] == ANNA
    assert app.refresh(first["refresh_token"], app.scope("Directory.Read.All")).status_code == 200


def test_a_refresh_token_opens_another_resource_but_not_what_nobody_consented_to(
    app: Client, practice: Practice
) -> None:
    app.client_id = EXCHANGE_POWERSHELL
    page = app.browser.open(app.address(f"{practice.cloud.exchange_scope} offline_access"))
    page.sign_in()
    tokens = app.redeem().json()
    assert read(tokens["access_token"])["scp"] == "Exchange.Manage"
    refused = app.refresh(tokens["refresh_token"], app.scope("Directory.Read.All"))
    assert code_of(refused) == 65001
    assert (refused.json()["error"], refused.json()["suberror"]) == (
        "invalid_grant",
        "consent_required",
    )
    app.client_id = AZURE_CLI
    first = app.tokens()
    arm = app.refresh(first["refresh_token"], f"{practice.url}/arm//.default").json()
    assert read(arm["access_token"])["aud"] == f"{practice.url}/arm"


def test_a_refresh_token_is_its_clients_only(app: Client) -> None:
    tokens = app.tokens()

    assert code_of(app.refresh("x", app.scope())) == 9002313
    assert (
        code_of(app.refresh(tokens["refresh_token"], app.scope(), client_id=AZURE_CLI)) == 9002313
    )


def test_revoking_sign_ins_ends_refresh_tokens_and_sessions(
    app: Client, admin: httpx.Client
) -> None:
    tokens = app.tokens()
    path = f"/v1.0/users/{user_id('admin.anna')}/revokeSignInSessions"
    assert admin.post(path).status_code == 200

    assert code_of(app.refresh(tokens["refresh_token"], app.scope())) == 50173
    assert app.open().title == "Sign in"
    assert app.open().sign_in().arrived["code"]
    fresh = app.redeem().json()
    assert app.refresh(fresh["refresh_token"], app.scope()).status_code == 200


@pytest.mark.parametrize(
    ("change", "code"), [({"accountEnabled": False}, 50057), ({"_second_factor": True}, 50076)]
)
def test_what_became_of_the_account_counts_at_the_next_refresh(
    app: Client, world: World, change: Body, code: int
) -> None:
    tokens = app.tokens(who=METTE)
    body = world.store.get("user", user_id("mette.jansen")) or {}
    world.put("user", body["id"], body | change, lag=False)

    assert code_of(app.refresh(tokens["refresh_token"], app.scope())) == code


def test_an_idle_refresh_token_ends(app: Client, world: World) -> None:
    tokens = app.tokens()
    expire(world, "refresh/")

    assert code_of(app.refresh(tokens["refresh_token"], app.scope())) == 700082


def test_a_role_made_active_is_in_the_next_token(app: Client, switch: Switch) -> None:
    tokens = app.tokens(who=PIET)
    assert len(read(tokens["access_token"])["wids"]) == 1
    switch(f"pim active {PIET}")
    fresh = app.refresh(tokens["refresh_token"], app.scope()).json()
    assert len(read(fresh["access_token"])["wids"]) == 4
    switch(f"pim eligible {PIET}")
    again = app.refresh(tokens["refresh_token"], app.scope()).json()
    assert len(read(again["access_token"])["wids"]) == 1


# ---- passwords ----


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({}, 0),
        ({"password": "wrong"}, 50126),
        ({"username": "nobody@northbridge.example"}, 50034),
        ({"username": "exams@northbridge.example"}, 50057),
        ({"username": "anna.guest@partner.example"}, 50020),
        ({"username": MIEKE}, 50076),
        ({"username": None}, 900144),
        ({"password": None}, 900144),
        ({"scope": None}, 900144),
        ({"client_id": str(uuid.uuid4())}, 700016),
    ],
)
def test_a_password_alone_does_where_nothing_more_is_demanded(
    app: Client, form: dict[str, Any], code: int
) -> None:
    given = {"username": METTE, "password": PRACTICE_PASSWORD, "scope": app.scope()} | form
    answer = app.ask(grant_type="password", **given)

    assert (code_of(answer) if code else answer.status_code) == (code or 200)


@pytest.mark.parametrize(
    ("line", "who", "code"),
    [("security-defaults on", ANNA, 50076), ("ca block=all", METTE, 53003)],
)
def test_what_the_tenant_demands_counts_for_passwords_too(
    app: Client, switch: Switch, line: str, who: str, code: int
) -> None:
    switch(line)
    form = {"username": who, "password": PRACTICE_PASSWORD, "scope": app.scope()}

    assert code_of(app.ask(grant_type="password", **form)) == code


def test_a_changed_password_is_the_one_that_counts(app: Client, world: World) -> None:
    body = world.store.get("user", user_id("mette.jansen")) or {}
    world.put("user", body["id"], body | {"_password": hashed("Another-1")}, lag=False)
    form = {"username": METTE, "scope": app.scope(), "grant_type": "password"}

    assert app.ask(password="Another-1", **form).status_code == 200
    assert code_of(app.ask(password=PRACTICE_PASSWORD, **form)) == 50126


# ---- what they say ----


def test_the_client_is_told_whose_tokens_they_are(app: Client, practice: Practice) -> None:
    tokens = app.tokens()
    info = decode(tokens["client_info"]).decode()

    assert user_id("admin.anna") in info
    assert practice.tenant_id in info


def test_a_guest_is_recognised_by_the_token(app: Client) -> None:
    claims = read(app.tokens(who="anna.guest@partner.example")["access_token"])

    assert (claims["acct"], "#EXT#" in claims["upn"], claims["wids"]) == (1, True, [])
    assert claims["idp"].startswith("https://sts.windows.net/")


def test_an_id_token_opens_nothing(app: Client, client: httpx.Client) -> None:
    tokens = app.tokens("User.Read")
    for kind, status in (("access_token", 200), ("id_token", 401)):
        headers = {"authorization": f"Bearer {tokens[kind]}"}
        assert client.get("/v1.0/me", headers=headers).status_code == status


def test_nobody_is_the_same_to_two_clients(app: Client) -> None:
    found = []
    for client_id in (GRAPH_COMMAND_LINE, AZURE_CLI):
        app.client_id = client_id
        found.append(read(app.tokens()["id_token"]))

    assert found[0]["sub"] != found[1]["sub"]
    assert found[0]["oid"] == found[1]["oid"]


def test_sign_ins_through_an_app_are_in_its_report(app: Client, admin: httpx.Client) -> None:
    app.tokens()
    path = "/beta/reports/servicePrincipalSignInActivities"
    found = admin.get(path, params={"$filter": f"appId eq '{GRAPH_COMMAND_LINE}'"}).json()["value"]

    assert found[0]["delegatedClientSignInActivity"]["lastSignInDateTime"]
    assert found[0]["applicationAuthenticationClientSignInActivity"] is None
