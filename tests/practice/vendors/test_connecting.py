"""Vendors connect accounts: through their own page, Entra's pages, and the tenant's endpoints."""

from datetime import UTC, datetime

import httpx
import pytest

from tests.practice.entra.browsing import ANNA, METTE, Browser
from tests.practice.vendors.conftest import (
    ALL_OF_JADU,
    ANY,
    CALENDARS,
    JADU,
    MYTIMETABLE,
    TRAY,
    Register,
    Registration,
    done,
    told,
    upload,
)
from toolkit import certificates
from toolkit.practice import control
from toolkit.practice.control import Practice
from toolkit.practice.seed.groups import group_id
from toolkit.practice.seed.people import user_id
from toolkit.practice.vendors.catalogue import Vendor
from toolkit.practice.world import World

CONNECTED = f"Connected as {METTE}, calendar "


def begin(browser: Browser, practice: Practice, vendor: Vendor, **fields: str) -> Browser:
    """Fill in a vendor's settings and press the button that connects."""
    return browser.open(f"{practice.url}{vendor.path}").press(vendor.connect, **fields)


@pytest.fixture
def jadu(register: Register) -> Registration:
    return register(JADU, ALL_OF_JADU)


# ---- the way through ----


@pytest.mark.parametrize(
    ("vendor", "scope"),
    [(JADU, ALL_OF_JADU), (TRAY, CALENDARS), (ANY, CALENDARS), (MYTIMETABLE, f"User.Read {CALENDARS}")],
    ids=lambda one: getattr(one, "key", ""),
)  # fmt: skip
def test_a_vendor_connects_the_account_that_signs_in(
    practice: Practice, browser: Browser, register: Register, vendor: Vendor, scope: str
) -> None:
    app = register(vendor, scope)
    begin(browser, practice, vendor, **app.fields)
    assert browser.title == "Sign in"
    browser.sign_in(METTE)

    assert browser.title == vendor.name
    assert told(browser).startswith(CONNECTED), browser.alert
    assert app.fields["client_secret"] not in browser.page.text_content()
    assert METTE in browser.open(f"{practice.url}{vendor.path}").text


def test_the_vendors_page_says_which_address_to_register(
    practice: Practice, browser: Browser
) -> None:
    for vendor in (JADU, TRAY, MYTIMETABLE, ANY):
        text = browser.open(f"{practice.url}{vendor.path}").text
        assert f"Redirect URI to register: {practice.url}{vendor.callback}" in text


def test_the_tenant_names_its_vendors(practice: Practice) -> None:
    assert control.status(practice.path)["vendors"] == {
        "jadu": f"{practice.url}/jadu/",
        "tray": f"{practice.url}/tray/",
        "mytimetable": f"{practice.url}/schedule",
        "vendor": f"{practice.url}/vendor/",
    }


def test_a_vendor_asks_entra_for_its_own_list_whatever_was_granted(
    practice: Practice, browser: Browser, register: Register
) -> None:
    app = register(JADU, CALENDARS)
    begin(browser, practice, JADU, **app.fields).sign_in(METTE)

    assert "AADSTS90094" in browser.alert


def test_what_a_vendor_remembers_is_nothing_of_the_tenants(
    practice: Practice, browser: Browser, jadu: Registration
) -> None:
    before = control.status(practice.path)
    begin(browser, practice, JADU, **jadu.fields).sign_in(METTE)
    after = control.status(practice.path)

    assert told(browser).startswith(CONNECTED)
    assert after["world"] == before["world"]
    for kind in ("read", "write"):
        assert after["requests"][kind] == before["requests"][kind]


# ---- refused ----


def test_somebody_who_cancels_is_told_to_the_vendor(
    practice: Practice, browser: Browser, jadu: Registration
) -> None:
    begin(browser, practice, JADU, **jadu.fields).press("Cancel")

    assert browser.title == JADU.name
    assert browser.alert.startswith("access_denied")
    assert "AADSTS65004" in browser.alert


def test_who_may_not_consent_brings_the_refusal_back(
    practice: Practice, browser: Browser, register: Register
) -> None:
    app = register(ANY)
    begin(browser, practice, ANY, **app.fields, scopes=CALENDARS).sign_in(METTE)
    browser.press("Return to the application without signing in")

    assert browser.title == ANY.name
    assert browser.alert.startswith("consent_required")
    assert "AADSTS90094" in browser.alert


def test_only_who_is_assigned_connects_where_assignment_is_required(
    practice: Practice, browser: Browser, jadu: Registration
) -> None:
    required = {"appRoleAssignmentRequired": True}
    done(jadu.graph.patch(f"/servicePrincipals/{jadu.principal['id']}", json=required))
    begin(browser, practice, JADU, **jadu.fields).sign_in(METTE)
    assert "AADSTS50105" in browser.alert
    browser.press("Return to the application without signing in")
    assert (browser.title, "AADSTS50105" in browser.alert) == (JADU.name, True)

    jadu.assign("mette.jansen")
    begin(browser, practice, JADU).sign_in(METTE)
    assert told(browser).startswith(CONNECTED)


def test_an_assigned_group_lets_its_own_members_in_and_not_those_of_groups_in_it(
    practice: Practice, browser: Browser, jadu: Registration, world: World
) -> None:
    required = {"appRoleAssignmentRequired": True}
    done(jadu.graph.patch(f"/servicePrincipals/{jadu.principal['id']}", json=required))
    outer, inner = (world.store.get("group", group_id(one)) for one in ("nested-calendars", "faculty-calendars"))  # fmt: skip
    assert outer is not None
    assert inner is not None
    assert inner["id"] in outer["_members"]
    nested = next(one for one in inner["_members"] if one not in outer["_members"])
    person = world.store.get("user", nested) or {}
    jadu.assign_to(outer["id"])
    begin(browser, practice, JADU, **jadu.fields).sign_in(person["userPrincipalName"])
    assert "AADSTS50105" in browser.alert

    jadu.assign_to(inner["id"])
    begin(browser, practice, JADU).sign_in(person["userPrincipalName"])
    assert told(browser).startswith("Connected as")


def test_an_address_that_is_not_registered_is_refused_by_entra_itself(
    practice: Practice, browser: Browser, register: Register
) -> None:
    app = register(JADU, ALL_OF_JADU, web={"redirectUris": ["https://www.jadu.example/"]})
    begin(browser, practice, JADU, **app.fields)

    assert browser.title.startswith("Sorry")
    assert "AADSTS50011" in browser.alert


@pytest.mark.parametrize("what", ["secret id", "nothing"])
def test_a_wrong_secret_is_seen_only_once_somebody_has_signed_in(
    practice: Practice, browser: Browser, jadu: Registration, what: str
) -> None:
    wrong = jadu.secret["keyId"] if what == "secret id" else ""
    begin(browser, practice, JADU, **jadu.fields | {"client_secret": wrong}).sign_in(METTE)

    assert browser.alert.startswith("invalid_client")
    assert ("AADSTS7000215" if wrong else "AADSTS7000218") in browser.alert


def test_an_unknown_tenant_or_application_is_refused_by_entra_itself(
    practice: Practice, browser: Browser, jadu: Registration
) -> None:
    begin(browser, practice, JADU, **jadu.fields | {"tenant_id": "elsewhere.example"})
    assert "AADSTS90002" in browser.alert
    begin(browser, practice, JADU, **jadu.fields | {"client_id": jadu.app["id"]})
    assert "AADSTS700016" in browser.alert


@pytest.mark.parametrize("tenant", ["", "a/b", "https://login.microsoftonline.com"])
def test_settings_that_lead_nowhere_are_said_before_anybody_signs_in(
    practice: Practice, browser: Browser, jadu: Registration, tenant: str
) -> None:
    begin(browser, practice, JADU, **jadu.fields | {"tenant_id": tenant})

    assert (browser.title, browser.alert) == (JADU.name, "settings_incompleteA tenant ID is needed first.")  # fmt: skip


def test_a_sign_in_that_was_not_begun_here_connects_nothing(
    practice: Practice, browser: Browser, jadu: Registration
) -> None:
    forged = f"{practice.url}{JADU.callback}?code=c&state=s"
    assert "invalid_state" in browser.open(forged).alert

    begin(browser, practice, JADU, **jadu.fields)
    assert "invalid_state" in browser.open(forged).alert
    assert "None yet." in browser.text


def test_a_second_press_of_back_brings_the_code_to_nobody(
    practice: Practice, browser: Browser, jadu: Registration
) -> None:
    begin(browser, practice, JADU, **jadu.fields).sign_in(METTE)
    assert told(browser).startswith(CONNECTED)

    assert "invalid_state" in browser.open(browser.url).alert


# ---- an account that was connected ----


def test_removing_an_account_at_the_vendor_changes_nothing_in_the_tenant(
    practice: Practice, browser: Browser, jadu: Registration, world: World
) -> None:
    before = control.status(practice.path)["world"]
    begin(browser, practice, JADU, **jadu.fields).sign_in(METTE).press("Remove")

    assert "What it may do in the tenant stays." in told(browser)
    assert "None yet." in browser.text
    assert control.status(practice.path)["world"] == before
    assert world.store.find("oauth2PermissionGrant", clientId=jadu.principal["id"])


def test_a_connected_account_is_read_again_when_nobody_is_there(
    practice: Practice, browser: Browser, jadu: Registration
) -> None:
    begin(browser, practice, JADU, **jadu.fields).sign_in(METTE)
    for _ in range(2):
        browser.press("Read again")
        assert told(browser).startswith(f"Read again: {METTE}, calendar ")


def test_each_way_to_end_an_access_reaches_the_vendor(
    practice: Practice, browser: Browser, register: Register, client: httpx.Client
) -> None:
    app = register(JADU)
    grant = app.grant(ALL_OF_JADU)
    assignment = app.assign("mette.jansen")
    required = {"appRoleAssignmentRequired": True}
    done(app.graph.patch(f"/servicePrincipals/{app.principal['id']}", json=required))
    begin(browser, practice, JADU, **app.fields).sign_in(METTE)

    done(app.graph.delete(assignment))
    assert "AADSTS50105" in browser.press("Read again").alert
    assert "no longer works: access_denied" in browser.text
    app.assign("mette.jansen")
    assert told(browser.press("Read again"))

    done(app.graph.delete(grant))
    assert "AADSTS65001" in browser.press("Read again").alert
    app.grant(ALL_OF_JADU)
    assert told(browser.press("Read again"))

    done(app.graph.post(f"/users/{user_id('mette.jansen')}/revokeSignInSessions"))
    assert "AADSTS50173" in browser.press("Read again").alert
    assert "no longer works: invalid_grant" in browser.text


def test_without_offline_access_a_vendor_cannot_come_back(
    practice: Practice, browser: Browser, register: Register
) -> None:
    app = register(ANY, CALENDARS)
    begin(browser, practice, ANY, **app.fields, scopes="Calendars.ReadWrite").sign_in(METTE)
    assert told(browser).startswith(CONNECTED)

    assert browser.press("Read again").alert.startswith("no_refresh_token")


def test_a_token_that_opens_no_calendar_connects_nothing(
    practice: Practice, browser: Browser, register: Register
) -> None:
    app = register(ANY, "User.Read")
    begin(browser, practice, ANY, **app.fields, scopes="User.Read").sign_in(METTE)

    assert browser.alert.startswith("403 ErrorAccessDenied")
    assert "None yet." in browser.text


# ---- a vendor with a certificate ----


def uploaded(app: Registration) -> certificates.KeyPair:
    """Make a certificate and put it on the application."""
    pair = certificates.make("MyTimetable", days=90, now=datetime.now(UTC), key_size=2048)
    upload(app, pair)
    return pair


def test_mytimetable_signs_in_with_its_certificate(
    practice: Practice, browser: Browser, register: Register
) -> None:
    app = register(MYTIMETABLE, f"User.Read {CALENDARS}")
    fields = app.fields | {"client_secret": "", "key_text": uploaded(app).pem.reveal()}
    begin(browser, practice, MYTIMETABLE, **fields).sign_in(METTE)
    assert told(browser).startswith(CONNECTED), browser.alert
    assert "PRIVATE KEY" not in browser.page.text_content()

    done(app.graph.patch(f"/applications/{app.app['id']}", json={"keyCredentials": []}))
    assert "AADSTS700027" in browser.press("Read again").alert
    assert browser.press("Forget the settings").title == MYTIMETABLE.name
    assert app.app["appId"] not in browser.page.text_content()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("hello", "What was given"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "What was given"),
    ],
)
def test_a_text_that_is_no_key_is_refused_by_the_vendor(
    practice: Practice, browser: Browser, text: str, why: str
) -> None:
    page = browser.open(f"{practice.url}{MYTIMETABLE.path}")
    page.press("Save", key_text=text, client_id="typed before")

    assert browser.alert.startswith("key_refused")
    assert browser.page.get_element_by_id("client_id").value == "typed before"
    assert why in browser.alert


def test_colours_take_one_permission_more(
    practice: Practice, browser: Browser, register: Register
) -> None:
    app = register(MYTIMETABLE, f"User.Read {CALENDARS}")
    begin(browser, practice, MYTIMETABLE, **app.fields, colours="yes").sign_in(ANNA)

    assert browser.title == "Permissions requested"
    assert "Read and write user mailbox settings" in browser.text
