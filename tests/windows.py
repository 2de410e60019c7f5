"""A browser for tests: stands in for the computer's own, and does in its windows what it is told to."""

import re
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from tests.practice.entra.browsing import ANNA, Browser, browsing, browsing_at
from toolkit.systems import people

SHOWN_CODE = re.compile(r"open (\S+) and type in this code: (\S+)")
Visit = Callable[[Browser], Any]


@dataclass
class Windows(webbrowser.BaseBrowser):
    """What opens when somebody is to sign in; `visit` is what the person does with the page."""

    ca_file: Path
    visit: Visit
    seen: list[str] = field(default_factory=list)
    trouble: list[BaseException] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
        self.seen.append(url)
        thread = threading.Thread(target=self._act, args=(url,), daemon=True)
        self.threads.append(thread)
        thread.start()
        return True

    def _act(self, url: str) -> None:
        parts = urlsplit(url)
        place: Any = SimpleNamespace(url=f"{parts.scheme}://{parts.netloc}", ca_file=self.ca_file)
        try:
            with browsing(place, deliver=True) as browser:
                self.visit(browser.open(url))
        except BaseException as error:  # noqa: BLE001  told to the test, which looks
            self.trouble.append(error)


def buttons(browser: Browser) -> list[str]:
    return [button.text_content().strip() for button in browser.page.xpath("//button")]


def accept(who: str = ANNA, *, for_all: bool = False) -> Visit:
    """Sign in and say yes to whatever is asked, for oneself or for the whole organisation."""

    def visit(browser: Browser) -> None:
        browser.sign_in(who)
        if "Accept" in buttons(browser):
            browser.press("Accept", **({"everybody": "yes"} if for_all else {}))
        back = "Return to the application without signing in"  # where Entra refuses
        browser.press("Continue" if "Continue" in buttons(browser) else back)
        if not browser.arrived:
            browser.press("Continue")

    return visit


@contextmanager
def windows(home: Path, visit: Visit) -> Iterator[Windows]:
    """Have pages opened by somebody who acts as told, for a while."""
    browser = Windows(home / "practice" / "ca.pem", visit)
    with taking_pages(browser):
        yield browser
        for thread in browser.threads:
            thread.join(timeout=20)
        assert browser.trouble == [], browser.trouble


@contextmanager
def taking_pages(browser: webbrowser.BaseBrowser, *, patience: int = 20) -> Iterator[None]:
    """Have this browser take every page, for a while; whoever waits for it has so many seconds."""
    before_it, people.PATIENCE = people.PATIENCE, min(people.PATIENCE, patience)
    library: Any = webbrowser  # it has no way to take a browser out again
    library.register("test", None, browser)
    before = [name for name in library._tryorder if name not in ("mailgrant", "test")]
    library._tryorder = [*_door(library), "test"]
    try:
        yield
    finally:
        library._tryorder = [*_door(library), *before]
        people.PATIENCE = before_it


def _door(library: Any) -> list[str]:
    """Find mailgrant's own place in the line of browsers, once it has one."""
    return [name for name in library._tryorder if name == "mailgrant"]


@contextmanager
def typing_codes(home: Path) -> Iterator[list[str]]:
    """Have somebody type each code that the terminal shows into a browser, for a while."""
    over, typed = threading.Event(), list[str]()
    trouble: list[BaseException] = []

    def look() -> None:
        said = getattr(sys.stderr, "getvalue", str)()
        for url, code in SHOWN_CODE.findall(" ".join(said.split())):
            if code not in typed:
                typed.append(code)
                _type(home, url, code)

    def keep_looking() -> None:
        try:
            while not over.wait(0.1):
                look()
        except BaseException as error:  # noqa: BLE001  told to the test, which looks
            trouble.append(error)

    thread = threading.Thread(target=keep_looking, daemon=True)
    thread.start()
    try:
        yield typed
    finally:
        over.set()
        thread.join(timeout=20)
    assert trouble == [], trouble


def _type(home: Path, url: str, code: str) -> None:
    parts = urlsplit(url)
    with browsing_at(f"{parts.scheme}://{parts.netloc}", home / "practice" / "ca.pem") as browser:
        browser.open(url).press("Next", user_code=code)
        browser.sign_in().press("Continue")
        if "Accept" in buttons(browser):
            browser.press("Accept")
