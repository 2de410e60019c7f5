"""A real Chromium signs somebody in while azure-identity waits for the answer."""

import queue
import threading
import webbrowser
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import InteractiveBrowserCredential

from tests.chromium import NEEDED, Page, heading, launched, press, visiting
from tests.practice.entra.browsing import ANNA, METTE
from tests.practice.entra.conftest import read
from toolkit.practice import control
from toolkit.practice.control import Practice
from toolkit.practice.passwords import PRACTICE_PASSWORD
from toolkit.practice.seed.first_party import GRAPH_COMMAND_LINE

pytestmark = NEEDED
MIEKE = "mfa.mieke@northbridge.example"
NARROW = {"width": 400, "height": 700}


class Waiting:
    """A client in a thread of its own that waits for somebody at a browser."""

    def __init__(self, practice: Practice, seconds: int) -> None:
        self.addresses: queue.Queue[str] = queue.Queue()
        self.ended: queue.Queue[str | Exception] = queue.Queue()
        self.thread = threading.Thread(target=self._run, args=(practice, seconds))

    def opened(self, address: str) -> bool:
        self.addresses.put(address)
        return True

    def _run(self, practice: Practice, seconds: int) -> None:
        with InteractiveBrowserCredential(
            client_id=GRAPH_COMMAND_LINE,
            authority=practice.cloud.login,
            tenant_id=practice.tenant_id,
            connection_verify=str(practice.ca_file),
            disable_instance_discovery=True,
            timeout=seconds,
        ) as credential:
            try:
                self.ended.put(credential.get_token(f"{practice.url}/Directory.Read.All").token)
            except ClientAuthenticationError as error:
                self.ended.put(error)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with launched() as opened:
        yield opened


@pytest.fixture
def page(chromium: Any, practice: Practice) -> Iterator[Page]:
    with visiting(chromium, practice.url, viewport=NARROW) as opened:
        yield opened


@pytest.fixture
def wait(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Waiting]]:
    started = []

    def begin(page: Page, seconds: int = 60) -> Waiting:
        client = Waiting(practice, seconds)
        monkeypatch.setattr(webbrowser, "open", client.opened)
        client.thread.start()
        started.append(client)
        page.goto(client.addresses.get(timeout=20))
        return client

    yield begin
    for client in started:
        client.thread.join(70)


def who(page: Page, name: str, password: str = PRACTICE_PASSWORD) -> None:
    page.get_by_label("User principal name").fill(name)
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def token(client: Waiting) -> dict[str, Any]:
    ended = client.ended.get(timeout=30)
    assert isinstance(ended, str), ended
    return read(ended)


def refusal(client: Waiting) -> str:
    ended = client.ended.get(timeout=30)
    assert isinstance(ended, ClientAuthenticationError), ended
    return str(ended)


def test_somebody_signs_in(page: Page, wait: Callable[..., Waiting]) -> None:
    client = wait(page)
    assert heading(page) == "Sign in"
    who(page, ANNA)
    assert heading(page) == "Permissions requested"
    assert page.get_by_text("Read directory data").is_visible()
    page.get_by_label("Consent on behalf of your organization").check()
    press(page, "Accept")
    assert heading(page) == "You have signed in"
    press(page, "Continue")

    assert page.get_by_text("Authentication complete").is_visible()
    assert token(client)["upn"] == ANNA


def test_a_wrong_password_is_told_and_can_be_put_right(
    page: Page, wait: Callable[..., Waiting]
) -> None:
    client = wait(page)
    who(page, ANNA, "wrong")
    assert "AADSTS50126" in page.get_by_role("alert").inner_text()
    page.get_by_label("Password").fill(PRACTICE_PASSWORD)
    page.keyboard.press("Enter")
    press(page, "Accept")
    press(page, "Continue")

    assert token(client)["upn"] == ANNA


def test_a_refused_consent_reaches_the_client(page: Page, wait: Callable[..., Waiting]) -> None:
    client = wait(page)
    who(page, ANNA)
    press(page, "Cancel")
    press(page, "Continue")

    assert "AADSTS65004" in refusal(client)


def test_a_closed_window_lets_the_client_wait_until_it_gives_up(
    page: Page, wait: Callable[..., Waiting]
) -> None:
    client = wait(page, 2)
    page.get_by_label("User principal name").fill(ANNA)
    page.close()

    assert "Timed out after waiting 2 seconds" in refusal(client)


def test_a_second_factor_is_demanded(page: Page, wait: Callable[..., Waiting]) -> None:
    client = wait(page)
    who(page, MIEKE)
    assert heading(page) == "Prove that it is you"
    page.get_by_label("Code").fill(page.locator("#shown").inner_text())
    press(page, "Verify")
    press(page, "Accept")
    press(page, "Continue")

    assert token(client)["amr"] == ["pwd", "mfa"]


def test_a_wrong_account_can_be_changed_for_the_right_one(
    page: Page, wait: Callable[..., Waiting]
) -> None:
    client = wait(page)
    page.get_by_label("User principal name").fill("somebody@elsewhere.example")
    press(page, "Next")
    assert "AADSTS50020" in page.get_by_role("alert").inner_text()
    press(page, "Sign in with a different account")
    who(page, ANNA)
    press(page, "Accept")
    press(page, "Continue")

    assert token(client)["upn"] == ANNA


def test_who_may_not_consent_returns_to_the_client_with_the_reason(
    page: Page, practice: Practice, wait: Callable[..., Waiting]
) -> None:
    client = wait(page)
    who(page, METTE)
    assert "AADSTS90094" in page.get_by_role("alert").inner_text()
    press(page, "Return to the application without signing in")
    press(page, "Continue")

    assert "AADSTS90094" in refusal(client)
    assert control.status(practice.path)["running"]
