"""Who was let in connects at the vendor's own page in a real Chromium; who was let out is out there too."""

import json
import queue
import threading
from collections.abc import Iterator
from typing import Any, Self

import pytest

from tests.chromium import NEEDED, Page, heading, press
from tests.conftest import CommandLine, Ended
from tests.desk import FEMKE, METTE, PERSONAL_APP, RECTOR, addresses, done, personal
from tests.practice.vendors.conftest import ALL_OF_JADU, CALENDARS, JADU, TRAY
from tests.test_sign_in_windows import Pages
from tests.windows import taking_pages
from toolkit.practice.passwords import PRACTICE_PASSWORD
from toolkit.practice.vendors.catalogue import Vendor

pytestmark = NEEDED
AUTHORIZE, REVOKE = ("accounts", "authorize", PERSONAL_APP), ("accounts", "revoke", PERSONAL_APP)
BACK = "Return to the application without signing in"


def set_up(
    mailgrant: CommandLine, world: dict[str, Any], vendor: Vendor, scopes: str, *answers: str
) -> dict[str, str]:
    """Set the vendor's application up, and tell what its settings ask for."""
    asked = f"permissions={','.join(scopes.split())}"
    personal(mailgrant, asked, *answers, address=f"{world['url']}{vendor.callback}")
    (kept,) = (mailgrant.home / "keep").glob("*-secret-*.json")
    listed = mailgrant("accounts", "list", PERSONAL_APP, "--json").json
    return {
        "client_id": listed["client_id"],
        "client_secret": json.loads(kept.read_bytes())["value"],
        "tenant_id": world["tenant_id"],
    }


def connecting(page: Page, url: str, vendor: Vendor, settings: dict[str, str]) -> None:
    """Fill the vendor's settings in, and press its button."""
    page.goto(url)
    labels = {one.name: one.label for one in vendor.fields}
    for name, text in settings.items():
        page.get_by_label(labels[name], exact=True).fill(text)
    press(page, vendor.connect)


def sign_in(page: Page, who: str) -> None:
    page.get_by_label("User principal name").fill(who)
    press(page, "Next")
    page.get_by_label("Password").fill(PRACTICE_PASSWORD)
    press(page, "Sign in")


def alert(page: Page) -> str:
    return str(page.get_by_role("alert").inner_text())


def status(page: Page) -> str:
    return str(page.get_by_role("status").inner_text())


def connect_page(ended: Ended) -> str:
    """Tell the address that the terminal shows to copy."""
    return next(line for line in ended.err.splitlines() if line.startswith("https://"))


def test_consent_in_one_name_opens_jadu_to_that_person_until_it_is_revoked(
    mailgrant: CommandLine, world: dict[str, Any], page: Page
):
    settings = set_up(mailgrant, world, JADU, ALL_OF_JADU)
    place = f"{world['url']}{JADU.path}"
    connecting(page, place, JADU, settings)
    sign_in(page, RECTOR)
    assert "AADSTS90094" in alert(page)
    page.context.clear_cookies()

    ended = mailgrant(*AUTHORIZE, RECTOR, "--yes", "--no-browser", "--connect", place)
    assert ended.code == 0, ended.err
    connecting(page, connect_page(ended), JADU, settings)
    sign_in(page, RECTOR)
    assert status(page).startswith(f"Connected as {RECTOR}, calendar ")
    page.get_by_role("button", name=f"Read again {RECTOR}").click()
    assert status(page).startswith("Read again")
    rows = mailgrant("accounts", "list", PERSONAL_APP, "--json").json["accounts"]
    assert {row["who"]: bool(row["last_sign_in"]) for row in rows} == {METTE: False, RECTOR: True}

    done(mailgrant, *REVOKE, RECTOR)
    page.get_by_role("button", name=f"Read again {RECTOR}").click()
    assert "AADSTS65001" in alert(page)


def test_assignment_opens_tray_to_that_person_until_it_is_revoked(
    mailgrant: CommandLine, world: dict[str, Any], page: Page
):
    settings = set_up(mailgrant, world, TRAY, CALENDARS, "only_assigned=yes")
    place = f"{world['url']}{TRAY.path}"
    connecting(page, place, TRAY, settings)
    sign_in(page, RECTOR)
    assert "AADSTS50105" in alert(page)
    page.context.clear_cookies()

    done(mailgrant, *AUTHORIZE, RECTOR, "--no-browser")
    connecting(page, place, TRAY, settings)
    sign_in(page, RECTOR)
    assert status(page).startswith(f"Connected as {RECTOR}, calendar ")

    done(mailgrant, *REVOKE, RECTOR)
    page.get_by_role("button", name=f"Read again {RECTOR}").click()
    assert "AADSTS50105" in alert(page)


def test_letting_one_person_in_lets_no_other_account_in(
    mailgrant: CommandLine, world: dict[str, Any], page: Page
):
    settings = set_up(mailgrant, world, JADU, ALL_OF_JADU)
    done(mailgrant, *AUTHORIZE, RECTOR, "--no-browser")
    connecting(page, f"{world['url']}{JADU.path}", JADU, settings)
    sign_in(page, FEMKE)
    assert "AADSTS90094" in alert(page)


def test_who_was_signed_out_everywhere_has_to_connect_again(
    mailgrant: CommandLine, world: dict[str, Any], page: Page
):
    settings = set_up(mailgrant, world, TRAY, CALENDARS)
    done(mailgrant, *AUTHORIZE, RECTOR, "--no-browser")
    connecting(page, f"{world['url']}{TRAY.path}", TRAY, settings)
    sign_in(page, RECTOR)
    done(mailgrant, *REVOKE, RECTOR, "--sign-out-everywhere")
    done(mailgrant, *AUTHORIZE, RECTOR, "--no-browser")
    page.get_by_role("button", name=f"Read again {RECTOR}").click()
    assert "AADSTS50173" in alert(page)


# ---- the probe ----


class Probe:
    """`accounts authorize --probe` in a thread, waiting for somebody at a browser."""

    def __init__(self, mailgrant: CommandLine) -> None:
        self.pages, self._ended = Pages(), queue.Queue[Ended]()
        line = (*AUTHORIZE, "--probe", METTE, "--yes", "--json")
        self.thread = threading.Thread(target=lambda: self._ended.put(mailgrant(*line)))

    def __enter__(self) -> Self:
        self.taken = taking_pages(self.pages)
        self.taken.__enter__()
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.thread.join(60)
        self.taken.__exit__(None, None, None)

    def visited(self, page: Page) -> Page:
        page.goto(self.pages.addresses.get(timeout=30))
        return page

    def ended(self) -> Ended:
        return self._ended.get(timeout=60)


@pytest.fixture
def ready(mailgrant: CommandLine, world: dict[str, Any]) -> Iterator[CommandLine]:
    set_up(mailgrant, world, TRAY, CALENDARS)
    yield mailgrant
    assert len(addresses(mailgrant, PERSONAL_APP)) == 1


def test_the_person_signs_in_and_is_sent_back_to_the_terminal(ready: CommandLine, page: Page):
    with Probe(ready) as probe:
        probe.visited(page)
        sign_in(page, METTE)
        press(page, "Continue")
        assert heading(page) == "Go on in the terminal"
        ended = probe.ended()
    assert (ended.code, ended.json["proof"]["verdict"]) == (0, "proved"), ended.err


def test_the_wrong_account_is_named_and_nothing_is_read(ready: CommandLine, page: Page):
    done(ready, *AUTHORIZE, RECTOR, "--no-browser")
    with Probe(ready) as probe:
        probe.visited(page)
        sign_in(page, RECTOR)
        press(page, "Continue")
        ended = probe.ended()
    assert (ended.code, ended.json["proof"]["verdict"]) == (1, "failed")
    assert f"Somebody else signed in: {RECTOR}" in ended.json["proof"]["why"]


def test_who_declines_reads_that_entra_said_no(ready: CommandLine, page: Page):
    with Probe(ready) as probe:
        probe.visited(page)
        press(page, "Cancel")
        press(page, "Continue")
        assert heading(page) == "Entra said no"
        ended = probe.ended()
    assert (ended.code, "AADSTS65004" in ended.json["proof"]["why"]) == (1, True), ended.err


def test_a_refusal_is_told_with_the_line_that_lets_in(ready: CommandLine, page: Page):
    with Probe(ready) as probe:
        probe.visited(page)
        sign_in(page, FEMKE)
        assert "AADSTS90094" in alert(page)
        press(page, BACK)
        press(page, "Continue")
        ended = probe.ended()
    assert "mailgrant accounts authorize" in ended.json["proof"]["why"]
