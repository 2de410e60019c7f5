"""A served practice tenant without lag, and a narrow page of a real Chromium that trusts it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.chromium import Page, launched, visiting
from tests.cli.test_practice_start import started
from tests.conftest import CommandLine

NARROW = {"width": 400, "height": 800}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with launched() as opened:
        yield opened


@pytest.fixture
def world(mailgrant: CommandLine) -> Iterator[dict[str, Any]]:
    mailgrant.switch("lag off", "sts-lag off")
    with started(mailgrant.home) as served:
        yield served


@pytest.fixture
def page(chromium: Any, world: dict[str, Any]) -> Iterator[Page]:
    with visiting(chromium, world["url"], viewport=NARROW) as opened:
        yield opened
