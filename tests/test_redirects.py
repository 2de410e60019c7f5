"""Redirect addresses: taken exactly as they are given, or refused with the line that would be right."""

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CommandLine
from tests.crowding import CLIENT, crowd
from tests.test_delegated import ACCEPT, done, given, refused

BOOK, MAIN = "graph-delegated", "mytimetable-graph-delegated"
QUERY = "https://times.example/schedule?zoneview=0&ec_type=o365"
PAGES = """\
title: With a home page
questions:
  - {name: home_page, ask: Where, kind: text, default: "https://site.example/start"}
  - {name: kind, ask: What, kind: text, default: web}
steps:
  - {do: app, name: Pages}
  - {do: redirect, app: "${app.client_id}", addresses: ["https://site.example/back"], kind: "${kind}", home_page: "${home_page}"}
"""


@pytest.fixture
def pages(tmp_path: Path) -> str:
    path = tmp_path / "pages.yaml"
    path.write_text(PAGES, encoding="utf-8")
    return str(path)


def app(mailgrant: CommandLine, name: str) -> dict[str, Any]:
    with mailgrant.world() as world:
        (found,) = world.store.find("application", displayName=name)
    return dict(found)


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("http://times.example/back", "Write https://times.example/back"),
        ("http://localhost.times.example/back", "is not encrypted"),
        ("https://times.example/back#top", "Leave out # and what follows: https://times.example"),
        ("https://*.times.example/back", "holds a wildcard"),
        ("https://user:word@times.example/back", "names a user or a password"),
        ("https://user@times.example/back", "names a user or a password"),
        ("times.example/back", "doesn't begin with https://"),
        ("ftp://times.example/back", "doesn't begin with https://"),
        ("https:///back", "names no host"),
        ("https://https://times.example/back", "host is asked for: times.example"),
        ("https://times.example/a back", "Write a space as %20"),
        ("https://times.example\\back", "holds signs that no address has"),
        ("https://times.example:port/back", "names no host"),
        ("https://[times.example/back", "names no host"),
        (f"https://times.example/{'a' * 240}", "is longer than the 256 signs"),
    ],
)
def test_an_address_that_entra_would_not_take_is_refused_before_any_tenant_is_asked(
    mailgrant: CommandLine, address: str, says: str
):
    asked = mailgrant.status()["requests"]["read"]
    refused(mailgrant, "plan", BOOK, *given(f"addresses={address}"), says=says)
    refused(mailgrant, "guide", BOOK, *given(f"addresses={address}"), says=says)

    assert mailgrant.status()["requests"]["read"] - asked <= 1  # who the tenant is


@pytest.mark.parametrize(
    ("site", "says"),
    [
        ("https://times.example", "Give the host alone: times.example"),
        ("https://times.example/schedule?a=1", "Give the host alone: times.example"),
        ("times.example/mytimetable", "Give the host alone: times.example"),
        ("user@times.example", "Give the host alone: times.example"),
        ("times example", "Give the host alone: site.example"),
    ],
)
def test_more_than_a_host_where_a_host_is_asked_for_is_refused(
    mailgrant: CommandLine, site: str, says: str
):
    refused(mailgrant, "plan", MAIN, *given(f"site={site}"), says=says)


@pytest.mark.parametrize(
    "address", [QUERY, "http://localhost", "http://127.0.0.1:8080/back", "http://localhost:9/a?b"]
)
def test_an_address_arrives_to_the_letter(mailgrant: CommandLine, address: str):
    done(mailgrant, "apply", BOOK, *given(f"addresses={address}"))

    assert app(mailgrant, "Desk Calendar-prod")["web"]["redirectUris"] == [address]


def test_addresses_that_are_not_given_any_more_are_taken_back(mailgrant: CommandLine):
    addresses = "https://desk.northbridge.example/signed-in,https://old.example/back"
    done(mailgrant, "apply", BOOK, *given(f"addresses={addresses}"))
    second = done(mailgrant, "apply", BOOK)

    desk = "Desk Calendar-prod"
    assert app(mailgrant, desk)["web"]["redirectUris"] == addresses.split(",")[:1]
    done(mailgrant, "undo", second["run"])
    assert sorted(app(mailgrant, desk)["web"]["redirectUris"]) == sorted(addresses.split(","))


def test_another_kind_of_client_moves_the_addresses(mailgrant: CommandLine):
    done(mailgrant, "apply", BOOK)
    done(mailgrant, "apply", BOOK, *given("kind=spa"))

    desk = app(mailgrant, "Desk Calendar-prod")
    assert desk["web"]["redirectUris"] == []
    assert desk["spa"]["redirectUris"] == ["https://desk.northbridge.example/signed-in"]


def test_a_home_page_comes_and_goes_with_the_set_up(mailgrant: CommandLine, pages: str):
    first = done(mailgrant, "apply", pages)
    assert app(mailgrant, "Pages")["web"]["homePageUrl"] == "https://site.example/start"
    done(mailgrant, "apply", pages, *given("home_page=https://site.example/new"))
    assert app(mailgrant, "Pages")["web"]["homePageUrl"] == "https://site.example/new"
    assert done(mailgrant, "plan", pages, *given("home_page=https://site.example/new"))["changes"]
    assert first["outcome"] == "done"


def test_a_home_page_of_others_is_left_as_it_is(mailgrant: CommandLine, pages: str):
    crowd(mailgrant.practice)
    before = mailgrant.digest()
    first = done(mailgrant, "apply", pages, "--adopt", CLIENT, ACCEPT)
    with mailgrant.world() as world:
        (theirs,) = world.store.find("application", appId=CLIENT)
    assert theirs["web"]["homePageUrl"] == "https://library.example"
    assert done(mailgrant, "apply", pages, "--adopt", CLIENT)["outcome"] == "nothing"
    done(mailgrant, "undo", first["run"])
    assert mailgrant.digest() == before


@pytest.mark.parametrize("page", ["site.example", "ftp://site.example", "https://me@site.example"])
def test_a_home_page_is_an_absolute_address_of_the_web(
    mailgrant: CommandLine, pages: str, page: str
):
    refused(mailgrant, "plan", pages, *given(f"home_page={page}"), says="The home page")


def test_a_kind_of_client_that_there_is_not_is_refused(mailgrant: CommandLine, pages: str):
    refused(mailgrant, "plan", pages, *given("kind=native"), says="Known are: web, spa")
