from collections.abc import Callable

import pytest

from tests.practice.entra.browsing import ANNA, METTE
from tests.practice.entra.conftest import REDIRECT, Client, read
from toolkit.practice.control import Practice
from toolkit.practice.seed.entries import principal_id
from toolkit.practice.seed.people import user_id
from toolkit.practice.store import Body
from toolkit.practice.world import World

Switch = Callable[..., None]
MIEKE = "mfa.mieke@northbridge.example"
WRITES = ("Application.ReadWrite.All", "Directory.Read.All")


def grants(world: World) -> list[Body]:
    clients = {principal_id("14d82eec-204b-4c2f-b7e8-296a70dab67e")}
    return [one for one in world.store.all("oauth2PermissionGrant") if one["clientId"] in clients]


# ---- the way through ----


def test_somebody_signs_in_page_by_page_and_the_client_gets_a_code(
    app: Client, world: World
) -> None:
    page = app.open(*WRITES)
    assert page.title == "Sign in"
    assert "Practice tenant" in page.page.text_content()
    page.press("Next", user=ANNA)
    assert (page.title, ANNA in page.text) == ("Enter password", True)
    page.press("Sign in", password="Practice-makes-2026")
    assert page.title == "Permissions requested"
    for sentence in (
        "Read and write applications",
        "Read directory data",
        "Microsoft Graph Command",
    ):
        assert sentence in page.text
    page.press("Accept")

    assert page.arrived["state"] == "st-1"
    tokens = app.redeem().json()
    claims, identity = read(tokens["access_token"]), read(tokens["id_token"])
    assert {*WRITES, "openid", "profile"} == set(claims["scp"].split())
    assert (claims["upn"], claims["oid"], claims["amr"]) == (ANNA, user_id("admin.anna"), ["pwd"])
    assert (claims["idtyp"], claims["aud"], claims["acct"]) == ("user", app.graph, 0)
    assert (identity["nonce"], identity["aud"]) == ("no-1", app.client_id)
    assert identity["preferred_username"] == ANNA
    assert set(tokens["scope"].split()) >= {f"{app.graph}/{name}" for name in WRITES}


def test_consent_is_asked_once_and_written_down_for_the_person(app: Client, world: World) -> None:
    app.tokens(*WRITES)
    (grant,) = grants(world)
    assert (grant["consentType"], grant["principalId"]) == ("Principal", user_id("admin.anna"))
    assert {*WRITES, "openid"} < set(grant["scope"].split())

    page = app.open("Directory.Read.All", prompt="login").sign_in()
    assert "code" in page.arrived
    page.arrived = {}
    page = app.open("Policy.Read.All", prompt="login").sign_in()
    assert "organization's policies" in page.text
    assert "Read directory data" not in page.text
    page.press("Accept")
    (grant,) = grants(world)
    assert {*WRITES, "Policy.Read.All"} < set(grant["scope"].split())


def test_consent_on_behalf_of_the_organization_is_asked_of_nobody_again(
    app: Client, world: World
) -> None:
    app.open(*WRITES).sign_in().press("Accept", everybody="yes")
    (grant,) = grants(world)
    app.browser.arrived = {}
    page = app.open(*WRITES, prompt="login").sign_in("admin.exchange@northbridge.example")

    assert (grant["consentType"], grant["principalId"]) == ("AllPrincipals", None)
    assert "code" in page.arrived


@pytest.mark.parametrize("mode", ["query", "fragment", "form_post"])
def test_the_answer_comes_as_the_client_asked(app: Client, mode: str) -> None:
    page = app.open(response_mode=mode).sign_in()
    if mode == "form_post":
        assert "localhost:8400" in page.text
        page.press("Continue")

    assert page.arrived["state"] == "st-1"
    assert app.redeem().status_code == 200


def test_a_hint_fills_in_who_and_a_session_is_offered_not_assumed(app: Client) -> None:
    page = app.open(login_hint=ANNA)
    assert page.page.get_element_by_id("user").get("value") == ANNA
    page.sign_in()
    page.arrived = {}
    page = app.open(prompt="select_account")
    assert (page.title, ANNA in page.text) == ("Pick an account", True)
    assert "code" in page.press(ANNA).arrived
    page = app.open(prompt="select_account").press("Use another account")
    assert page.title == "Sign in"
    page.sign_in(METTE).arrived.clear()
    assert app.open(prompt="login").title == "Sign in"
    assert app.open(login_hint=ANNA).title == "Sign in"  # the session is another's
    assert "code" in app.open().arrived


def test_a_silent_sign_in_shows_no_page_and_says_what_is_missing(app: Client) -> None:
    assert app.open(prompt="none").arrived["error"] == "login_required"
    app.open().sign_in().arrived.clear()
    assert "code" in app.open(prompt="none").arrived
    app.browser.arrived = {}
    silent = app.open(*WRITES, prompt="none").arrived
    assert silent["error"] == "interaction_required"
    assert "AADSTS65001" in silent["error_description"]


def test_a_second_factor_is_brought_once_for_all_windows(app: Client, switch: Switch) -> None:
    app.open().sign_in().arrived.clear()
    switch("security-defaults on")
    page = app.open()
    assert page.title == "Prove that it is you"
    page.verify().arrived.clear()

    assert "code" in app.open().arrived


def test_people_of_this_tenant_may_come_by_the_door_of_all_and_its_guests_may_not(
    app: Client, practice: Practice
) -> None:
    page = app.open(tenant="organizations").press("Next", user="anna.guest@partner.example")
    assert page.alert.startswith("AADSTS50020")
    page.press("Sign in with a different account").sign_in()

    assert read(app.redeem(tenant="organizations").json()["access_token"])["tid"] == (
        practice.tenant_id
    )


def test_signing_out_ends_the_session(app: Client, practice: Practice) -> None:
    app.open().sign_in().arrived.clear()
    page = app.browser.open(f"{practice.url}/{practice.tenant_id}/oauth2/v2.0/logout")

    assert page.title == "You have signed out"
    assert app.open().title == "Sign in"


# ---- no ----


def test_a_wrong_password_stays_on_the_page_and_the_right_one_goes_on(app: Client) -> None:
    page = app.open().sign_in(password="wrong")
    assert page.title == "Enter password"
    assert page.alert.startswith("AADSTS50126")

    assert "code" in page.press("Sign in", password="Practice-makes-2026").arrived


def test_ten_wrong_passwords_lock_the_account_for_a_while(app: Client, practice: Practice) -> None:
    page = app.open().sign_in(password="wrong")
    for _ in range(9):
        page.press("Sign in", password="wrong")
    page.press("Sign in", password="Practice-makes-2026")
    assert page.alert.startswith("AADSTS50053")
    practice.clock.sleep(61)

    assert "code" in page.press("Sign in", password="Practice-makes-2026").arrived


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("nobody.here@northbridge.example", 50034),
        ("somebody@elsewhere.example", 50020),
        ("vera@partner.example", 50020),
    ],
)
def test_who_is_not_of_this_tenant_is_told_so(app: Client, who: str, code: int) -> None:
    page = app.open().press("Next", user=who)

    assert page.alert.startswith(f"AADSTS{code}")
    assert not page.arrived


def test_an_account_that_is_switched_off_gets_no_further(app: Client) -> None:
    page = app.open().sign_in("exams@northbridge.example")
    assert page.alert.startswith("AADSTS50057")
    page.press("Return to the application without signing in")

    assert page.arrived["error_description"].startswith("AADSTS50057")
    assert page.arrived["state"] == "st-1"


def test_cancel_goes_back_with_access_denied(app: Client) -> None:
    assert app.open().press("Cancel").arrived["error"] == "access_denied"
    page = app.open(*WRITES).sign_in().press("Cancel")

    assert page.arrived["error"] == "access_denied"
    assert page.arrived["error_description"].startswith("AADSTS65004")
    assert app.browser.client.post("/common/login", data={"flow": "x"}).status_code == 400


def test_a_second_factor_is_demanded_of_some_and_of_administrators_by_security_defaults(
    app: Client, switch: Switch
) -> None:
    page = app.open().sign_in(MIEKE)
    assert page.title == "Prove that it is you"
    assert page.verify().arrived
    assert read(app.redeem().json()["access_token"])["amr"] == ["pwd", "mfa"]
    page.arrived = {}
    switch("security-defaults on")
    assert app.open(prompt="login").sign_in(METTE).arrived
    page.arrived = {}
    page = app.open(prompt="login").sign_in(ANNA)
    assert page.title == "Prove that it is you"
    assert page.press("Verify", factor="nonsense").alert.startswith("AADSTS500121")


def test_who_cannot_bring_a_second_factor_is_refused(app: Client, switch: Switch) -> None:
    switch("mfa refuse")
    page = app.open().sign_in(MIEKE).verify()
    assert page.alert.startswith("AADSTS50076")
    page.press("Return to the application without signing in")

    assert page.arrived["error"] == "interaction_required"


def test_conditional_access_blocks(app: Client, switch: Switch) -> None:
    switch("ca block=all")
    page = app.open().sign_in()
    assert page.alert.startswith("AADSTS53003")
    switch("ca block=device_code")
    page.press("Sign in with a different account").sign_in()

    assert "code" in page.arrived


def test_assignment_lets_in_whom_it_names(app: Client, world: World) -> None:
    key = principal_id("14d82eec-204b-4c2f-b7e8-296a70dab67e")
    body = world.store.get("servicePrincipal", key) or {}
    world.put("servicePrincipal", key, body | {"appRoleAssignmentRequired": True}, lag=False)
    page = app.open().sign_in()
    assert page.alert.startswith("AADSTS50105")
    assigned = {
        "id": "a",
        "principalId": user_id("admin.anna"),
        "resourceId": key,
        "appRoleId": "0",
    }
    world.put("appRoleAssignment", "a", assigned, lag=False)

    assert "code" in app.open().sign_in().arrived


@pytest.mark.parametrize(
    ("names", "mode", "code"),
    [
        (("User.Read",), "users", 0),
        (("Calendars.ReadWrite",), "users", 90094),
        (("Application.Read.All",), "users", 90094),
        (("User.Read",), "admins", 90094),
        (("User.Read",), "requests", 90095),
    ],
)
def test_people_may_consent_to_little_and_administrators_to_all(
    app: Client, switch: Switch, names: tuple[str, ...], mode: str, code: int
) -> None:
    switch(f"consent {mode}")
    page = app.open(*names).sign_in(METTE)
    if code:
        assert page.alert.startswith(f"AADSTS{code}")
        page.press("Sign in with a different account").sign_in(ANNA)
    assert ("Consent on behalf of your organization" in page.text) == bool(code)
    assert "code" in page.press("Accept").arrived


# ---- clients ----


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"client_id": None}, 900144),
        ({"client_id": "5f3a0f4e-0000-4000-8000-000000000000"}, 700016),
        ({"redirect_uri": None}, 900971),
        ({"redirect_uri": "https://elsewhere.example/"}, 50011),
        ({"redirect_uri": "http://localhost:8400/path"}, 50011),
        ({"redirect_uri": "http://127.0.0.1:8400"}, 50011),
        ({"redirect_uri": "http://localhost@elsewhere.example"}, 50011),
        ({"tenant": "elsewhere.example"}, 90002),
    ],
)
def test_an_unknown_client_or_address_is_told_on_the_page_and_sent_nowhere(
    app: Client, changes: dict[str, str | None], code: int
) -> None:
    page = app.open(**changes)

    assert page.alert.startswith(f"AADSTS{code}")
    assert not page.page.xpath("//button")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"response_type": "token"}, 700054),
        ({"response_type": None}, 900144),
        ({"scope": None}, 900144),
        ({"scope": "Nonsense.Read"}, 650053),
        ({"scope": "https://nowhere.example/X"}, 500011),
        ({"code_challenge": None, "code_challenge_method": None}, 9002325),
        ({"code_challenge_method": "plain"}, 50147),
        ({"code_challenge": "short"}, 50147),
        ({"prompt": "nonsense"}, 90023),
        ({"response_mode": "pigeon"}, 70007),
    ],
)
def test_a_wrong_request_goes_back_to_the_client(
    app: Client, changes: dict[str, str | None], code: int
) -> None:
    scope = app.scope("User.Read")
    address = app.address(**({"scope": scope} | changes))  # type: ignore[arg-type]
    arrived = app.browser.open(address).arrived

    assert arrived["error_description"].startswith(f"AADSTS{code}:")
    assert arrived["state"] == "st-1"


@pytest.mark.parametrize(
    ("scope", "code"),
    [
        ("{graph}/User.Read {exchange}/Exchange.Manage", 28000),
        ("{graph}/.default {graph}/User.Read", 70011),
    ],
)
def test_scopes_of_two_resources_and_mixed_defaults_are_refused(
    app: Client, practice: Practice, scope: str, code: int
) -> None:
    cloud = practice.cloud
    text = scope.format(graph=cloud.graph, exchange=cloud.exchange)
    arrived = app.browser.open(app.address(text)).arrived

    assert f"AADSTS{code}:" in arrived["error_description"]


def test_an_address_with_a_query_keeps_it(app: Client, world: World) -> None:
    (course,) = world.store.find("application", displayName="Course Planner")
    web = course["web"] | {"redirectUris": ["https://planner.example/back?zone=0"]}
    world.put("application", course["id"], course | {"web": web}, lag=False)
    app.client_id = course["appId"]
    page = app.open("Calendars.ReadWrite", redirect_uri="https://planner.example/back?zone=0")
    page.sign_in(METTE)

    assert page.arrived["zone"] == "0"
    assert page.arrived["code"]
    wrong = app.redeem(redirect_uri="https://planner.example/back?zone=0")
    assert wrong.json()["error_codes"] == [7000218]
    assert REDIRECT not in page.arrived.values()


def test_a_page_that_was_left_open_too_long_says_so(app: Client, world: World) -> None:
    page = app.open()
    (ticket,) = world.store.all("signInTicket")
    world.put("signInTicket", ticket["id"], ticket | {"expires": 0.0}, lag=False)

    assert page.press("Next", user=ANNA).alert.startswith("AADSTS900144")


def test_what_is_shown_to_people_is_escaped(app: Client) -> None:
    page = app.open(login_hint='"><b>x</b>')

    assert page.page.get_element_by_id("user").get("value") == '"><b>x</b>'
