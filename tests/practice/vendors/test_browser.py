"""An administrator connects accounts at a vendor's page in a real Chromium."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.chromium import NEEDED, Page, heading, launched, press, visiting
from tests.practice.entra.browsing import METTE
from tests.practice.vendors.conftest import (
    ALL_OF_JADU,
    CALENDARS,
    JADU,
    MYTIMETABLE,
    TRAY,
    Register,
    Registration,
    done,
    upload,
)
from toolkit import certificates, keystores, packing
from toolkit.practice.control import Practice
from toolkit.practice.passwords import PRACTICE_PASSWORD
from toolkit.practice.vendors.catalogue import Vendor
from toolkit.redaction import Secret

pytestmark = NEEDED
NARROW = {"width": 400, "height": 800}
RECTOR = "rector@northbridge.example"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with launched() as opened:
        yield opened


@pytest.fixture
def page(chromium: Any, practice: Practice) -> Iterator[Page]:
    with visiting(chromium, practice.url, viewport=NARROW) as opened:
        yield opened


def fill(page: Page, practice: Practice, vendor: Vendor, app: Registration) -> None:
    page.goto(f"{practice.url}{vendor.path}")
    labels = {one.name: one.label for one in vendor.fields}
    for name, text in app.fields.items():
        page.get_by_label(labels[name], exact=True).fill(text)


def sign_in(page: Page, name: str) -> None:
    page.get_by_label("User principal name").fill(name)
    press(page, "Next")
    page.get_by_label("Password").fill(PRACTICE_PASSWORD)
    press(page, "Sign in")


def connected(page: Page) -> list[str]:
    return list(page.locator("ul.accounts b").all_inner_texts())


def test_an_account_is_connected_and_removed(
    page: Page, practice: Practice, register: Register
) -> None:
    fill(page, practice, JADU, register(JADU, ALL_OF_JADU))
    assert heading(page) == "Jadu XFP"
    press(page, "Connect account")
    assert heading(page) == "Sign in"
    sign_in(page, METTE)

    assert page.get_by_role("status").inner_text().startswith(f"Connected as {METTE}, calendar ")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name=f"Read again {METTE}").click()
    assert page.get_by_role("status").inner_text().startswith("Read again")
    page.get_by_role("button", name=f"Remove {METTE}").click()
    assert connected(page) == []


def test_whoever_signed_in_with_the_wrong_account_connects_another(
    page: Page, practice: Practice, register: Register
) -> None:
    fill(page, practice, TRAY, register(TRAY, CALENDARS))
    press(page, "Create authentication")
    sign_in(page, RECTOR)
    assert connected(page) == [RECTOR]
    page.get_by_role("button", name=f"Remove {RECTOR}").click()

    press(page, "Create authentication")
    assert heading(page) == "Pick an account"
    press(page, "Use another account")
    sign_in(page, METTE)
    assert connected(page) == [METTE]


def test_who_is_not_assigned_reads_why_at_entra_and_at_the_vendor(
    page: Page, practice: Practice, register: Register
) -> None:
    app = register(JADU, ALL_OF_JADU)
    required = {"appRoleAssignmentRequired": True}
    done(app.graph.patch(f"/servicePrincipals/{app.principal['id']}", json=required))
    fill(page, practice, JADU, app)
    press(page, "Connect account")
    sign_in(page, METTE)
    assert "AADSTS50105" in page.get_by_role("alert").inner_text()
    press(page, "Return to the application without signing in")

    assert heading(page) == "Jadu XFP"
    assert "AADSTS50105" in page.get_by_role("alert").inner_text()
    assert connected(page) == []


def test_somebody_who_declines_is_told_to_the_vendor(
    page: Page, practice: Practice, register: Register
) -> None:
    fill(page, practice, JADU, register(JADU, ALL_OF_JADU))
    press(page, "Connect account")
    press(page, "Cancel")

    assert "AADSTS65004" in page.get_by_role("alert").inner_text()


def test_a_key_file_is_given_to_mytimetable_as_it_was_exported(
    page: Page, practice: Practice, register: Register, tmp_path: Path
) -> None:
    app = register(MYTIMETABLE, f"User.Read {CALENDARS}")
    pair = certificates.make("MyTimetable", days=90, now=datetime.now(UTC), key_size=2048)
    upload(app, pair)
    contents = keystores.open_file(pair.pem.reveal_bytes(), name="key")
    file = tmp_path / "mytimetable.pfx"
    file.write_bytes(packing.pfx(contents, passphrase=Secret("open sesame")))
    fill(page, practice, MYTIMETABLE, app)
    page.get_by_label("Client secret").fill("")
    page.get_by_label("Certificate with its private key").set_input_files(file)
    page.get_by_label("Passphrase of the key").fill("open sesame")
    press(page, "Connect to Office 365")
    sign_in(page, METTE)

    assert connected(page) == [METTE]
    assert page.get_by_text(pair.certificate.thumbprint).is_visible()
