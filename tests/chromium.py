"""Debian's Chromium, driven by Playwright; tests that need it are skipped where it isn't."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright isn't installed: pip install mailgrant[test]"
)
PLACES = map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
CHROMIUM = next(filter(None, PLACES), None)
NEEDED = pytest.mark.skipif(CHROMIUM is None, reason="Chromium isn't here (Debian: chromium)")
Page = Any


@contextmanager
def launched() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@contextmanager
def visiting(chromium: Any, url: str, **options: Any) -> Iterator[Page]:
    """Open a page for a host whose authority no browser knows; it must not complain of that host."""
    context = chromium.new_context(ignore_https_errors=True, **options)
    context.set_default_timeout(20_000)
    page, complaints = context.new_page(), []
    page.on("console", lambda one: complaints.append((one.location["url"], one.text)))
    yield page
    context.close()
    assert [text for address, text in complaints if address.startswith(url)] == []


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def heading(page: Page) -> str:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "too wide"
    return str(page.get_by_role("heading", level=1).inner_text())
