"""The sign-in log: who signed in to which app, for whoever may read it, where it is paid for."""

from typing import Any

import httpx

from tests.practice.entra.browsing import METTE, Browser
from tests.practice.vendors.conftest import CALENDARS, TRAY, Register, done
from toolkit.practice import control
from toolkit.practice.control import Practice

LOG = "/auditLogs/signIns"
MONTH = 31 * 86_400


def logged(graph: httpx.Client, app_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = done(graph.get(LOG, params={"$filter": f"appId eq '{app_id}'"}))["value"]  # fmt: skip
    return found


def test_whoever_signed_in_is_logged_with_the_app_for_thirty_days(
    graph: httpx.Client, browser: Browser, practice: Practice, register: Register
) -> None:
    app = register(TRAY, CALENDARS)
    browser.open(f"{practice.url}{TRAY.path}").press(TRAY.connect, **app.fields).sign_in(METTE)
    (row,) = logged(graph, app.app["appId"])
    assert (row["userPrincipalName"], row["status"]["errorCode"]) == (METTE, 0)
    assert logged(graph, "11111111-2222-3333-4444-555555555555") == []

    practice.clock.sleep(MONTH)
    assert logged(graph, app.app["appId"]) == []


def test_coming_back_with_a_refresh_token_is_no_sign_in_at_a_browser(
    graph: httpx.Client, browser: Browser, practice: Practice, register: Register
) -> None:
    app = register(TRAY, CALENDARS)
    browser.open(f"{practice.url}{TRAY.path}").press(TRAY.connect, **app.fields).sign_in(METTE)
    browser.press("Read again")
    assert len(logged(graph, app.app["appId"])) == 1


def test_a_tenant_without_entra_p1_reads_none(graph: httpx.Client, practice: Practice) -> None:
    control.add_fault(practice.path, "entra-p1 off")
    answer = graph.get(LOG)
    assert answer.status_code == 403
    code = answer.json()["error"]["code"]
    assert code == "Authentication_RequestFromNonPremiumTenantOrB2CTenant"
