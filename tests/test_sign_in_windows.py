"""A person signs in for a command in a real Chromium; then what the terminal says, and what to do next."""

import queue
import threading
import webbrowser
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.chromium import NEEDED, Page, heading, launched, press
from tests.conftest import CommandLine, Ended
from tests.practice.entra.browsing import ANNA
from tests.windows import taking_pages
from toolkit.practice.passwords import PRACTICE_PASSWORD

pytestmark = NEEDED
MAIN = "mytimetable-graph"
MIEKE = "mfa.mieke@northbridge.example"
APPS = "admin.apps@northbridge.example"
GUEST = "anna.guest@partner.example"
ELSEWHERE = "somebody@elsewhere.example"
NARROW = {"width": 400, "height": 700}
AGAIN = "Run the same line again"


class Pages(webbrowser.BaseBrowser):
    """Puts the addresses that mailgrant opens where a real browser fetches them."""

    def __init__(self) -> None:
        super().__init__("test")
        self.addresses: queue.Queue[str] = queue.Queue()

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
        self.addresses.put(url)
        return True


class Waiting:
    """`mailgrant plan` in a thread, waiting for somebody at a browser."""

    def __init__(self, mailgrant: CommandLine, pages: Pages, context: Any, *before: str) -> None:
        self.pages, self.context = pages, context
        self._ended: queue.Queue[Ended] = queue.Queue()
        line = ("--tenant", "person", *before, "plan", MAIN, "--yes")
        self.thread = threading.Thread(target=lambda: self._ended.put(mailgrant(*line)))
        self.thread.start()

    def window(self) -> Page:
        """The next window that opens."""
        page = self.context.new_page()
        page.goto(self.pages.addresses.get(timeout=20))
        return page

    def ended(self) -> Ended:
        found = self._ended.get(timeout=60)
        self.thread.join()
        return Ended(found.code, found.out, " ".join(found.err.split()))


Plan = Callable[..., Waiting]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with launched() as opened:
        yield opened


@pytest.fixture
def plan(chromium: Any, mailgrant: CommandLine) -> Iterator[Plan]:
    assert mailgrant("tenants", "add", "person", "--practice").code == 0
    # The practice tenant's authority is its own, which no browser knows.
    context = chromium.new_context(ignore_https_errors=True, viewport=NARROW)
    context.set_default_timeout(20_000)
    started: list[Waiting] = []
    pages = Pages()

    def begin(*before: str, patience: int = 20) -> Waiting:
        taken = taking_pages(pages, patience=patience)
        taken.__enter__()
        started.append(Waiting(mailgrant, pages, context, *before))
        ends.append(taken)
        return started[-1]

    ends: list[Any] = []
    yield begin
    for each in started:
        each.thread.join(60)
    for taken in ends:
        taken.__exit__(None, None, None)
    context.close()


def who(page: Page, name: str, password: str = PRACTICE_PASSWORD) -> None:
    page.get_by_label("User principal name").fill(name)
    press(page, "Next")
    page.get_by_label("Password").fill(password)
    press(page, "Sign in")


def finish(page: Page) -> None:
    """Say yes to what is asked, and go back to the application."""
    if heading(page) == "Permissions requested":
        press(page, "Accept")
    press(page, "Continue")
    assert page.get_by_text("Authentication complete").is_visible()
    page.close()


def sign_in(page: Page, name: str = ANNA) -> None:
    """Sign in; where the browser knows somebody already, choose them."""
    if heading(page) == "Pick an account":
        press(page, name)
    else:
        who(page, name)
    finish(page)


def test_two_windows_and_the_plan_is_there(plan: Plan) -> None:
    waiting = plan()
    sign_in(waiting.window())
    sign_in(waiting.window())
    ended = waiting.ended()

    assert ended.code == 0, ended.err
    assert f"signed in: {ANNA}" in " ".join(ended.out.split())
    assert "window 1 of 2" in ended.err
    assert "window 2 of 2" in ended.err
    assert "may now do for" in ended.err


def test_a_wrong_password_is_told_in_the_window_and_put_right_there(plan: Plan) -> None:
    waiting = plan()
    page = waiting.window()
    who(page, ANNA, "wrong")
    assert "AADSTS50126" in page.get_by_role("alert").inner_text()
    page.get_by_label("Password").fill(PRACTICE_PASSWORD)
    press(page, "Sign in")
    finish(page)
    sign_in(waiting.window())

    assert waiting.ended().code == 0


def test_who_gives_up_after_a_wrong_password_is_told_how_to_go_on(plan: Plan) -> None:
    waiting = plan()
    page = waiting.window()
    who(page, ANNA, "wrong")
    press(page, "Cancel")
    press(page, "Continue")
    ended = waiting.ended()

    assert ended.code == 1
    assert "refused" in ended.err
    assert AGAIN in ended.err


def test_a_refused_consent_is_said_and_who_may_consent(plan: Plan) -> None:
    waiting = plan()
    page = waiting.window()
    who(page, ANNA)
    assert heading(page) == "Permissions requested"
    press(page, "Cancel")
    press(page, "Continue")
    ended = waiting.ended()

    assert ended.code == 1
    assert "AADSTS65004" in ended.err
    assert "nothing was granted" in ended.err
    assert AGAIN in ended.err


def test_a_closed_window_ends_in_a_sentence_not_in_silence(plan: Plan) -> None:
    waiting = plan(patience=2)
    page = waiting.window()
    page.get_by_label("User principal name").fill(ANNA)
    page.close()
    ended = waiting.ended()

    assert ended.code == 1
    assert "Nobody finished signing in" in ended.err
    assert f"{AGAIN}. Nothing was changed." in ended.err


def test_a_second_factor_is_asked_for_in_the_window(plan: Plan) -> None:
    waiting = plan()
    page = waiting.window()
    who(page, MIEKE)
    assert heading(page) == "Prove that it is you"
    page.get_by_label("Code").fill(page.locator("#shown").inner_text())
    press(page, "Verify")
    finish(page)
    sign_in(waiting.window(), MIEKE)
    ended = waiting.ended()

    assert ended.code == 0, ended.err
    assert f"signed in: {MIEKE}" in " ".join(ended.out.split())


def test_a_second_factor_that_nobody_brings_is_said(plan: Plan) -> None:
    waiting = plan()
    page = waiting.window()
    who(page, MIEKE)
    press(page, "Cancel")
    press(page, "Continue")
    ended = waiting.ended()

    assert ended.code == 1
    assert AGAIN in ended.err


def test_an_account_of_elsewhere_is_changed_for_the_right_one(plan: Plan) -> None:
    waiting = plan()
    page = waiting.window()
    page.get_by_label("User principal name").fill(ELSEWHERE)
    press(page, "Next")
    assert "AADSTS50020" in page.get_by_role("alert").inner_text()
    press(page, "Sign in with a different account")
    sign_in(page)
    sign_in(waiting.window())

    assert waiting.ended().code == 0


def test_two_accounts_in_two_windows_are_refused(plan: Plan) -> None:
    waiting = plan()
    sign_in(waiting.window())
    page = waiting.window()
    press(page, "Use another account")
    sign_in(page, APPS)
    ended = waiting.ended()

    assert ended.code == 1
    assert f"Two people signed in: {ANNA} first, then {APPS}" in ended.err
    assert "Sign in as the same person in both windows" in ended.err


def test_who_may_not_consent_is_told_who_may(plan: Plan) -> None:
    waiting = plan()
    page = waiting.window()
    who(page, GUEST)
    assert "AADSTS90094" in page.get_by_role("alert").inner_text()
    press(page, "Return to the application without signing in")
    press(page, "Continue")
    ended = waiting.ended()

    assert ended.code == 75
    assert "administrator has to consent" in ended.err
