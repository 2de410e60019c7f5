"""azure-identity signs people in at the practice tenant, with a browser that answers."""

import threading
import webbrowser
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import (
    DeviceCodeCredential,
    InteractiveBrowserCredential,
)

from tests.practice.entra.browsing import ANNA, Browser, browsing
from tests.practice.entra.conftest import read
from toolkit.practice.control import Practice
from toolkit.practice.seed.first_party import EXCHANGE_POWERSHELL, GRAPH_COMMAND_LINE

SECONDS = 20


@pytest.fixture
def browser(practice: Practice) -> Iterator[Browser]:
    with browsing(practice, deliver=True) as opened:
        yield opened


@pytest.fixture
def answering(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Callable[[Browser], object]], None]]:
    """Let somebody answer in the browser whenever a client opens it."""
    failures: list[BaseException] = []
    started: list[threading.Thread] = []

    def let(answer: Callable[[Browser], object]) -> None:
        def run(url: str) -> None:
            try:
                answer(browser.open(url))
            except BaseException as error:  # noqa: BLE001  told at the end of the test
                failures.append(error)

        def opened(url: str) -> bool:
            started.append(threading.Thread(target=run, args=(url,)))
            started[-1].start()
            return True

        monkeypatch.setattr(webbrowser, "open", opened)

    yield let
    for thread in started:
        thread.join(SECONDS)
    assert not failures


def real(practice: Practice) -> dict[str, Any]:
    return {
        "authority": practice.cloud.login,
        "tenant_id": practice.tenant_id,
        "connection_verify": str(practice.ca_file),
        "disable_instance_discovery": True,
        "retry_total": 0,
        "timeout": SECONDS,
    }


def accept(page: Browser) -> Browser:
    return page.sign_in().press("Accept").press("Continue")


def test_one_sign_in_serves_two_scopes_of_graph_and_a_second_window_exchange(
    practice: Practice, browser: Browser, answering: Callable[..., None]
) -> None:
    answering(accept)
    with InteractiveBrowserCredential(client_id=GRAPH_COMMAND_LINE, **real(practice)) as credential:
        scopes = [f"{practice.url}/{name}" for name in ("Application.ReadWrite.All", "User.Read")]
        token = credential.get_token(*scopes).token
        answering(lambda _: pytest.fail("the second token needs no browser"))
        again = credential.get_token(scopes[0]).token
    assert read(token)["upn"] == ANNA
    assert {"Application.ReadWrite.All", "User.Read"} <= set(read(again)["scp"].split())
    answering(lambda page: page.press(ANNA).press("Continue"))
    with InteractiveBrowserCredential(
        client_id=EXCHANGE_POWERSHELL, **real(practice)
    ) as credential:
        token = credential.get_token(practice.cloud.exchange_scope).token
    assert (read(token)["scp"], read(token)["aud"]) == ("Exchange.Manage", practice.cloud.exchange)


def test_a_refused_consent_reaches_the_client(
    practice: Practice, answering: Callable[..., None]
) -> None:
    answering(lambda page: page.sign_in().press("Cancel").press("Continue"))
    with (
        InteractiveBrowserCredential(client_id=GRAPH_COMMAND_LINE, **real(practice)) as credential,
        pytest.raises(ClientAuthenticationError, match="AADSTS65004"),
    ):
        credential.get_token(f"{practice.url}/Directory.Read.All")


def test_a_device_code_serves_a_client_without_a_browser(
    practice: Practice, browser: Browser
) -> None:
    def prompt(address: str, code: str, _ends: object) -> None:
        browser.open(address).press("Next", user_code=code)
        browser.sign_in().press("Continue").press("Accept")

    with DeviceCodeCredential(
        client_id=GRAPH_COMMAND_LINE, prompt_callback=prompt, **real(practice)
    ) as credential:
        token = credential.get_token(f"{practice.url}/User.Read").token

    assert read(token)["upn"] == ANNA


def test_a_device_code_that_is_declined_ends_the_wait(practice: Practice, browser: Browser) -> None:
    def prompt(address: str, code: str, _ends: object) -> None:
        browser.open(address).press("Next", user_code=code).press("Cancel")

    with (
        DeviceCodeCredential(
            client_id=GRAPH_COMMAND_LINE, prompt_callback=prompt, **real(practice)
        ) as credential,
        pytest.raises(ClientAuthenticationError, match="AADSTS65004"),
    ):
        credential.get_token(f"{practice.url}/User.Read")
