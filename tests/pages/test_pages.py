import html
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from toolkit import handover, render
from toolkit.home import Run
from toolkit.plan import Plan

Browse = Callable[..., "subprocess.CompletedProcess[str]"]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
)
SCHEMES = {"light": 1, "dark": 0}
LONG = "</script><!-- {{7*7}} " + "x" * 300 + " \u202egpj"

# The page lies in a frame of the wanted width, under its own policy; the page around it measures.
AROUND = """<!doctype html><meta charset="utf-8"><body><iframe width="{width}" height="900"
srcdoc="{page}"></iframe><pre id="found"></pre><script>
const luminance = colour => {{
  const parts = colour.match(/[\\d.]+/g).slice(0, 3).map(each => each / 255)
    .map(each => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
  return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
}};
const ground = (view, element) => {{
  for (; element; element = element.parentElement) {{
    const colour = view.getComputedStyle(element).backgroundColor;
    if (!/, 0\\)$/.test(colour)) return colour;
  }}
}};
onload = () => {{
  const view = frames[0], page = view.document, wide = [], pale = [];
  for (const element of page.body.querySelectorAll("*")) {{
    const box = element.getBoundingClientRect(), own = [...element.childNodes]
      .some(node => node.nodeType === 3 && node.data.trim());
    if (box.right > view.innerWidth + 1) wide.push(element.outerHTML.slice(0, 200));
    if (!own || !box.width) continue;
    const pair = [view.getComputedStyle(element).color, ground(view, element)].map(luminance);
    const contrast = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (contrast < 4.5) pale.push(contrast.toFixed(2) + " " + element.outerHTML.slice(0, 200));
  }}
  found.textContent = JSON.stringify({{
    wide, pale, inner: view.innerWidth, full: page.documentElement.scrollWidth,
    paper: view.getComputedStyle(page.documentElement).backgroundColor,
    select: [...page.querySelectorAll(".field")].map(f => view.getComputedStyle(f).userSelect),
    loaded: performance.getEntriesByType("resource").length
      + view.performance.getEntriesByType("resource").length,
  }});
}};
</script>"""


@pytest.fixture(scope="session")
def browser() -> str:
    found = [path for name in BROWSERS if (path := shutil.which(name))]
    if not found:
        pytest.skip(f"none of {', '.join(BROWSERS)} is installed")
    return found[0]


@pytest.fixture
def browse(browser: str, tmp_path: Path) -> Browse:
    def visit(
        page: str, *options: str, scheme: str = "light"
    ) -> "subprocess.CompletedProcess[str]":
        path = tmp_path / "page.html"
        path.write_text(page, encoding="utf-8", newline="\n")
        colours = f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}"
        line = [browser, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", colours, *options]
        return subprocess.run(
            [*line, path.as_uri()], capture_output=True, encoding="utf-8", check=True, timeout=60
        )

    return visit


HELD = "Calendars.ReadWrite (Microsoft Graph)"


@pytest.fixture(params=["plan", "hostile plan", "two goes", "handover", "secret handed over"])
def page(
    request: pytest.FixtureRequest,
    draw: Callable[..., Plan],
    made: Callable[..., Run],
    vendor_file: Path,
) -> str:
    if request.param == "handover":
        return render.handover_html(handover.sheet_of(made()))
    if request.param == "secret handed over":
        return render.handover_html(handover.sheet_of(made(name="jadu-xfp")))
    if request.param == "two goes":
        held = frozenset({HELD, LONG})
        there = {"app": "x", "granted": held, "consented": frozenset[str](), "declared": held}
        return render.plan_html(draw(name="mytimetable-outlook-rest", found={"retired": there}))
    wide = {"every_mailbox": True, "colours": True, "certificate_file": str(vendor_file)}
    if request.param == "plan":
        return render.plan_html(draw(answers=wide, tenant={"practice": True}))
    return render.plan_html(draw(answers={"change": "x" * 300}, tenant={"name": LONG, "who": LONG}))


def measured(browse: Browse, page: str, width: int, scheme: str = "light") -> dict[str, Any]:
    around = AROUND.format(width=width, page=html.escape(page))
    shown = browse(around, "--dump-dom", "--virtual-time-budget=2000", scheme=scheme).stdout
    text = re.search(r'<pre id="found">(.*?)</pre>', shown, re.DOTALL)
    assert text is not None
    found: dict[str, Any] = json.loads(html.unescape(text[1]))
    return found


@pytest.mark.parametrize("width", [1280, 400])
def test_nothing_sticks_out_at_any_width(browse: Browse, page: str, width: int) -> None:
    found = measured(browse, page, width)

    assert found["wide"] == []
    assert found["full"] <= found["inner"] <= width


@pytest.mark.parametrize("scheme", list(SCHEMES))
def test_every_text_stands_out_from_its_ground(browse: Browse, page: str, scheme: str) -> None:
    found = measured(browse, page, 1280, scheme)

    assert found["pale"] == []
    assert found["paper"] == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 27)"}[scheme]


def test_the_style_applies_under_the_policy_and_nothing_is_loaded(
    browse: Browse, page: str
) -> None:
    found = measured(browse, page, 1280)

    assert found["select"]
    assert set(found["select"]) == {"all"}
    assert found["loaded"] == 0


def test_the_browser_reports_no_breach_of_the_policy(
    browse: Browse, page: str, tmp_path: Path
) -> None:
    picture = tmp_path / "page.png"
    talk = browse(page, f"--screenshot={picture}", "--window-size=1280,2000").stderr

    assert "Content Security Policy" not in talk
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_browser_would_report_a_breach(browse: Browse, page: str, tmp_path: Path) -> None:
    broken = page.replace("</style>", " </style>")
    talk = browse(broken, f"--screenshot={tmp_path / 'page.png'}").stderr

    assert "Content Security Policy" in talk


def test_a_page_prints_on_numbered_sheets(browse: Browse, page: str, tmp_path: Path) -> None:
    path = tmp_path / "page.pdf"
    browse(page, f"--print-to-pdf={path}")

    data = path.read_bytes()
    assert data.startswith(b"%PDF")
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", data)) <= 6
