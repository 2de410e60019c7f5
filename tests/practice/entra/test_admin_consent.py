"""An administrator consents for everybody at the address that a vendor sends."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.practice.entra.browsing import ANNA, METTE, Browser
from toolkit.practice.control import Practice
from toolkit.practice.seed.entries import app_id, principal_id
from toolkit.practice.seed.permissions import EXCHANGE, GRAPH, role_id, scope_id
from toolkit.practice.world import World

APPS = "admin.apps@northbridge.example"
HOME = "https://vendor.example/consented"
DEFAULT = "https://graph.microsoft.com/.default"
Open = Callable[..., Browser]
PLANNER = "planner"


def declare(world: World, scopes: str = "", roles: str = "", resource: str = GRAPH) -> None:
    """Let the seeded Course Planner declare permissions, and give it an address."""
    access = [{"id": scope_id(resource, one), "type": "Scope"} for one in scopes.split()]
    access += [{"id": role_id(resource, one), "type": "Role"} for one in roles.split()]
    (app,) = world.store.find("application", appId=app_id(PLANNER))
    app["web"]["redirectUris"] = [HOME]
    app["requiredResourceAccess"] = [{"resourceAppId": resource, "resourceAccess": access}]
    world.put("application", app["id"], app, lag=False)


def granted(world: World) -> tuple[list[str], list[str]]:
    """Tell what everybody has granted to it: delegated, and ids of application permissions."""
    found = world.store.find("oauth2PermissionGrant", clientId=principal_id(PLANNER))
    for_all = [one for one in found if one["consentType"] == "AllPrincipals"]
    held = world.store.find("appRoleAssignment", principalId=principal_id(PLANNER))
    scopes = sorted(" ".join(one["scope"] for one in for_all).split())
    return scopes, sorted(one["appRoleId"] for one in held)


@pytest.fixture
def consent(practice: Practice, browser: Browser) -> Open:
    def opened(form: str = "/v2.0/adminconsent", **changes: str | None) -> Browser:
        asked: dict[str, Any] = {
            "client_id": app_id(PLANNER),
            "redirect_uri": HOME,
            "scope": DEFAULT,
            "state": "st-7",
            **changes,
        }
        kept = {name: value for name, value in asked.items() if value is not None}
        return browser.open(f"{practice.url}/{practice.tenant_id}{form}?{urlencode(kept)}")

    return opened


@pytest.mark.parametrize("form", ["/v2.0/adminconsent", "/adminconsent"])
def test_what_is_declared_is_granted_for_everybody(
    consent: Open, world: World, practice: Practice, form: str
) -> None:
    declare(world, "Calendars.ReadWrite offline_access", "User.Read.All")
    page = consent(form).sign_in(ANNA)
    assert page.title == "Permissions requested"
    for sentence in ("Read all users' full profiles", "Have full access to user calendars"):
        assert sentence in page.text
    page.press("Accept")

    scopes, roles = granted(world)
    assert {"Calendars.ReadWrite", "offline_access"} <= set(scopes)
    assert roles == [role_id(GRAPH, "User.Read.All")]
    arrived = page.arrived
    assert (arrived["admin_consent"], arrived["tenant"]) == ("True", practice.tenant_id)
    assert arrived["state"] == "st-7"
    assert f"{practice.url}/Calendars.ReadWrite" in arrived["scope"].split()
    assert "code" not in arrived


def test_what_is_not_declared_any_more_ends(consent: Open, world: World) -> None:
    declare(world, "User.Read")
    before, _ = granted(world)
    assert "Calendars.ReadWrite" in before
    consent().sign_in(ANNA).press("Accept")

    assert granted(world) == (["User.Read"], [])


def test_application_permissions_that_are_not_declared_any_more_end_too(
    consent: Open, world: World
) -> None:
    declare(world, roles="Calendars.Read User.Read.All")
    consent().sign_in(ANNA).press("Accept")
    assert len(granted(world)[1]) == 2
    declare(world, roles="User.Read.All")
    consent().press(ANNA).press("Accept")

    assert granted(world)[1] == [role_id(GRAPH, "User.Read.All")]


def test_scopes_that_are_named_are_added_to_what_was_granted(consent: Open, world: World) -> None:
    declare(world)
    before, _ = granted(world)
    page = consent(scope="https://graph.microsoft.com/Mail.Read openid").sign_in(ANNA)
    page.press("Accept")

    assert granted(world)[0] == sorted({*before, "Mail.Read", "openid"})


def test_who_is_no_administrator_is_refused(consent: Open, world: World) -> None:
    declare(world, "Calendars.ReadWrite")
    before = granted(world)
    page = consent().sign_in(METTE)
    assert "AADSTS90093" in page.alert
    page.press("Return to the application without signing in")

    assert (page.arrived["error"], page.arrived["admin_consent"]) == ("access_denied", "True")
    assert granted(world) == before


def test_application_permissions_of_graph_take_a_privileged_administrator(
    consent: Open, world: World
) -> None:
    declare(world, roles="Calendars.Read")
    assert "AADSTS90093" in consent().sign_in(APPS).alert
    declare(world, roles="full_access_as_app", resource=EXCHANGE)

    assert consent().sign_in(APPS).title == "Permissions requested"


def test_an_administrator_may_decline(consent: Open, world: World) -> None:
    declare(world, "Calendars.ReadWrite")
    before = granted(world)
    page = consent().sign_in(ANNA).press("Cancel")

    assert page.arrived["error"] == "consent_required"
    assert page.arrived["error_description"].startswith("AADSTS65004")
    assert (page.arrived["admin_consent"], page.arrived["state"]) == ("True", "st-7")
    assert granted(world) == before


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"client_id": None}, 900144),
        ({"client_id": "33333333-0000-4000-8000-000000000000"}, 700016),
        ({"redirect_uri": "https://elsewhere.example/"}, 50011),
        ({"redirect_uri": None}, 50011),
    ],
)
def test_where_nobody_may_be_sent_back_a_page_says_why(
    consent: Open, world: World, changes: dict[str, str | None], code: int
) -> None:
    declare(world, "Calendars.ReadWrite")

    assert f"AADSTS{code}:" in consent(**changes).alert


@pytest.mark.parametrize(("scope", "code"), [(None, 900144), ("No.Such", 650053)])
def test_scopes_that_cannot_be_read_go_back_to_the_vendor(
    consent: Open, world: World, scope: str | None, code: int
) -> None:
    declare(world, "Calendars.ReadWrite")
    arrived = consent(scope=scope).arrived

    assert arrived["error_description"].startswith(f"AADSTS{code}:")
    assert arrived["state"] == "st-7"
