"""Every page that people read, in a real Chromium: on screen, at 400 pixels, in the dark, and printed."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.answers import only_in_the_matrix
from tests.chromium import NEEDED, Page, launched
from tests.conftest import CommandLine, set_options
from toolkit import playbook, render
from toolkit.clock import SystemClock
from toolkit.home import Run
from toolkit.steps.base import Mark
from toolkit.survey_all import Looked

pytestmark = NEEDED
VENDOR = "5f0e4c1a-6d0e-4a53-9d5b-0f3a7c1b2d4e"
LONG = "Universität Süd-Württemberg, außerordentlich lange Kalender-Synchronisierung, " * 2
WIDTHS = (1280, 400)
PAPER = {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 27)"}
EDGE = re.compile(r"mailgrant guide [a-z-]+|\d+ / \d+|Practice tenant: nothing here is real")
GUIDES = [
    *(
        pytest.param(
            case.values[0], tuple(set_options(case.values[1])), id=case.id, marks=case.marks
        )
        for case in only_in_the_matrix(playbook.names())
    ),
    pytest.param("graph-application", ("--set", f"name={LONG}"), id="long"),
    pytest.param("mytimetable-graph", ("--adopt", VENDOR), id="adopted"),
]
STICKING_OUT = """() => [...document.body.querySelectorAll("*")]
  .filter(each => each.getBoundingClientRect().right > innerWidth + 1)
  .map(each => each.outerHTML.slice(0, 200))"""


class Seen:
    """A page in one window, and what it asked for or complained about."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda one: self.complaints.append(one.text))
        page.on("request", lambda one: self.asked.append(one.url))


Show = Callable[..., Seen]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with launched() as opened:
        yield opened


@pytest.fixture
def show(chromium: Any, tmp_path: Path) -> Iterator[Show]:
    contexts = []

    def opened(html: str, width: int = 1280, scheme: str = "light") -> Seen:
        path = tmp_path / "page.html"
        path.write_text(html, encoding="utf-8", newline="\n")
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme
        )
        contexts.append(context)
        seen = Seen(context.new_page())
        seen.page.goto(path.as_uri())
        return seen

    yield opened
    for context in contexts:
        context.close()


def guide(mailgrant: CommandLine, name: str, options: tuple[str, ...], form: str = "html") -> str:
    ended = mailgrant("guide", name, "--yes", "--format", form, *options)
    assert ended.code == 0, ended.err
    return ended.out


def looks_right(show: Show, html: str) -> None:
    """Nothing sticks out at any width, the dark is dark, nothing is fetched, no policy is broken."""
    for width, scheme in ((1280, "light"), (400, "light"), (1280, "dark")):
        seen = show(html, width, scheme)
        assert seen.page.evaluate(STICKING_OUT) == []
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
        paper = "getComputedStyle(document.documentElement).backgroundColor"
        assert seen.page.evaluate(paper) == PAPER[scheme]
        assert [each for each in seen.asked if not each.startswith(("file:", "data:"))] == []
        assert seen.complaints == []


@pytest.mark.parametrize(("name", "options"), GUIDES)
def test_a_guide_on_screen_and_on_a_telephone(
    mailgrant: CommandLine, show: Show, name: str, options: tuple[str, ...]
) -> None:
    looks_right(show, guide(mailgrant, name, options))


@pytest.mark.parametrize("options", [(), ("--set", "mailboxes_by=groups", "--set", "colours=yes")])
def test_nothing_of_the_script_is_cut_in_print(
    mailgrant: CommandLine, show: Show, tmp_path: Path, options: tuple[str, ...]
) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext isn't here (Debian: poppler-utils)")
    path = tmp_path / "guide.pdf"
    html = guide(mailgrant, "mytimetable-graph", options)
    show(html).page.pdf(path=path, prefer_css_page_size=True)
    line = ["pdftotext", "-raw", str(path), "-"]
    printed = subprocess.run(line, capture_output=True, check=True, encoding="utf-8").stdout

    script = guide(mailgrant, "mytimetable-graph", options, "ps1")
    squeezed = re.sub(r"\s", "", EDGE.sub("", printed))
    for each in script.splitlines():
        assert re.sub(r"\s", "", EDGE.sub("", each)) in squeezed, each
    (first,) = [each for each in printed.split("\f") if "The same as one script" in each]
    assert "Prove it" not in first


def test_opening_every_mailbox_by_hand_is_said_in_red(mailgrant: CommandLine, show: Show) -> None:
    seen = show(guide(mailgrant, "mytimetable-graph", ("--set", "every_mailbox=yes")))

    assert "EVERY mailbox" in seen.page.locator(".alarm").inner_text()
    assert "Don't press" not in seen.page.inner_text("main")


def test_the_page_of_every_set_up_with_long_names(show: Show) -> None:
    at = SystemClock().now()
    looked = [
        Looked(mark=Mark("graph-application", "prod"), name=LONG, client_id=VENDOR, here=here,
               word=word, why=LONG, drift=(LONG,) * (word == "failed"))
        for here, word in ((True, "failed"), (False, "proved"))
    ]  # fmt: skip
    tenant = {"name": LONG, "domain": "northbridge.example", "id": VENDOR, "who": LONG}

    looks_right(show, render.all_html(looked, tenant, at))


def test_the_handover_sheet_on_a_telephone_says_what_each_column_was(
    show: Show, made: Callable[..., Run]
) -> None:
    from toolkit import handover

    html = render.handover_html(handover.sheet_of(made()))
    looks_right(show, html)
    for column in ("Where", "Right answer"):
        cell = f"document.querySelector('[data-label=\"{column}\"]')"
        label = f"getComputedStyle({cell}, '::before').content"
        assert show(html, 400).page.evaluate(label) == f'"{column}: "'
        assert show(html, 1280).page.evaluate(label) == "none"


@pytest.mark.parametrize("name", ["certificate-rollover", "mytimetable-outlook-rest"])
def test_a_second_go_stands_apart_after_the_proof(
    mailgrant: CommandLine, show: Show, name: str
) -> None:
    html = guide(mailgrant, name, ())
    looks_right(show, html)
    headings = show(html).page.locator("h2").all_inner_texts()

    assert [each.partition(",")[0] for each in headings] == [
        "Step by step in the portals",
        "Prove it",
        "Second go",
        "Stop it",
        "The same as one script",
    ]


@pytest.mark.parametrize("name", ["certificate-rollover", "mytimetable-outlook-rest"])
def test_a_plan_with_two_goes_on_a_telephone(mailgrant: CommandLine, show: Show, name: str) -> None:
    html = mailgrant("plan", name, "--yes", "--format", "html").out
    looks_right(show, html)
    seen = show(html, 400).page
    now = seen.locator("[data-label=Now]").first.bounding_box()

    assert now is not None
    assert now["width"] > 200
    assert "Second go, once this is proved" in seen.inner_text("main")
