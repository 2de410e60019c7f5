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


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def heading(page: Page) -> str:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "too wide"
    return str(page.get_by_role("heading").inner_text())
