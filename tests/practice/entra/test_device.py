from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.practice.entra.browsing import ANNA, METTE, Browser
from tests.practice.entra.conftest import Client, code_of, read
from toolkit.practice.control import Practice
from toolkit.practice.world import World

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
Begin = Callable[..., dict[str, Any]]


@pytest.fixture
def begin(app: Client, practice: Practice) -> Begin:
    def ask(*names: str) -> dict[str, Any]:
        form = {"client_id": app.client_id, "scope": app.scope(*names)}
        answer = app.http.post(f"/{practice.tenant_id}/oauth2/v2.0/devicecode", data=form)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    return ask


def enter(browser: Browser, codes: dict[str, Any], who: str = ANNA) -> Browser:
    browser.open(codes["verification_uri"]).press("Next", user_code=codes["user_code"].lower())
    return browser.sign_in(who)


def poll(app: Client, codes: dict[str, Any], **changes: str | None) -> httpx.Response:
    form: dict[str, str | None] = {"grant_type": GRANT, "device_code": codes["device_code"]}
    return app.ask(**(form | changes))


def let_time_pass(world: World) -> None:
    for ticket in world.store.all("signInTicket"):
        if "polled" in ticket:
            world.put("signInTicket", ticket["id"], ticket | {"polled": 0.0}, lag=False)


def test_somebody_enters_the_code_and_the_device_goes_on(
    app: Client, begin: Begin, world: World
) -> None:
    codes = begin("User.Read")
    assert codes["user_code"] in codes["message"]
    assert (codes["expires_in"], codes["interval"]) == (900, 5)
    waiting = poll(app, codes)
    assert (code_of(waiting), waiting.json()["error"]) == (70016, "authorization_pending")
    page = enter(app.browser, codes)
    assert page.title == "Are you trying to sign in?"
    assert "Microsoft Graph Command Line Tools" in page.text
    page.press("Continue").press("Accept")
    assert page.title == "You have signed in"
    let_time_pass(world)
    tokens = poll(app, codes)

    assert read(tokens.json()["access_token"])["upn"] == ANNA
    assert poll(app, codes).json()["error"] == "bad_verification_code"


def test_a_device_that_asks_too_often_is_slowed_down(app: Client, begin: Begin) -> None:
    codes = begin()

    assert [poll(app, codes).json()["error"] for _ in range(2)] == [
        "authorization_pending",
        "slow_down",
    ]


def test_a_device_code_ends_after_a_quarter_of_an_hour(
    app: Client, begin: Begin, world: World
) -> None:
    codes = begin()
    for ticket in world.store.all("signInTicket"):
        world.put("signInTicket", ticket["id"], ticket | {"expires": 0.0}, lag=False)
    answer = poll(app, codes)

    assert (code_of(answer), answer.json()["error"]) == (70020, "expired_token")
    page = app.browser.open(codes["verification_uri"])
    assert page.press("Next", user_code=codes["user_code"]).alert.startswith("AADSTS70018")


@pytest.mark.parametrize("at", ["Sign in", "Are you trying to sign in?", "Permissions requested"])
def test_whoever_cancels_tells_the_device_so(app: Client, begin: Begin, at: str) -> None:
    codes = begin("User.Read")
    page = app.browser.open(codes["verification_uri"])
    page.press("Next", user_code=codes["user_code"])
    if at != "Sign in":
        page.sign_in()
    if at == "Permissions requested":
        page.press("Continue")
    assert page.title == at
    page.press("Cancel")

    assert page.title == "Nothing was signed in"
    assert poll(app, codes).json()["error"] == "authorization_declined"


def test_conditional_access_blocks_device_codes_and_nothing_else(
    app: Client, begin: Begin, switch: Callable[..., None]
) -> None:
    switch("ca block=device_code")
    codes = begin()
    page = enter(app.browser, codes, METTE).press("Continue")

    assert page.alert.startswith("AADSTS53003")
    assert code_of(poll(app, codes)) == 53003
    assert "code" in app.open(prompt="login").sign_in(METTE).arrived


def test_a_device_code_is_its_clients_only(app: Client, begin: Begin, practice: Practice) -> None:
    codes = begin()
    other = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"

    assert poll(app, codes, client_id=other).json()["error"] == "bad_verification_code"
    assert code_of(poll(app, codes, device_code=None)) == 900144
    path = f"/{practice.tenant_id}/oauth2/v2.0/devicecode"
    assert code_of(app.http.post(path, data={"client_id": app.client_id})) == 900144
    assert code_of(app.http.post(path, data={"scope": "openid"})) == 900144
    assert app.http.get(path).status_code == 405
