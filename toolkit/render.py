"""Plans and handover sheets as pages, Markdown, mail and terminal lines."""

import base64
import hashlib
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from toolkit import allowed, shelf, wording
from toolkit.plan import Plan, Planned
from toolkit.redaction import redact
from toolkit.visible import moment, prose, visible

if TYPE_CHECKING:
    from jinja2 import Environment

    from toolkit.handover import Sheet
    from toolkit.retiring import Closing
    from toolkit.survey_all import Looked

WIDTH = 80
LABEL_WIDTH = 18
WORST = ("failed", "unknown", "pending", "proved")
STYLES = {"create": "add", "change": "change", "remove": "remove", "keep": "keep"}
POLICY = (
    "default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
SAFE_IN_STYLE = re.compile(r"[A-Za-z0-9 :,-]*")
MARKDOWN_SIGNS = re.compile(r"[\\`*_\[\]~|#]|:(?=//)|(?<=www)\.|(?<=WWW)\.")


# ---- pages ----


def plan_html(plan: Plan) -> str:
    """Write the approval sheet: one page that needs nothing else and can be printed and signed."""
    return page("plan.html.j2", f"plan {plan.digest}", _of_plan(plan))


def plan_markdown(plan: Plan) -> str:
    """Write the plan as Markdown, for a ticket."""
    return text("plan.md.j2", _of_plan(plan))


def handover_html(sheet: "Sheet") -> str:
    """Write the vendor's handover sheet as a page."""
    return page("handover.html.j2", f"journal {sheet.journal}", _of_sheet(sheet))


def handover_markdown(sheet: "Sheet") -> str:
    """Write the vendor's handover sheet as Markdown."""
    return text("handover.md.j2", _of_sheet(sheet))


def mail_text(sheet: "Sheet") -> str:
    """Write the mail to the vendor: plain text, the subject in its first line."""
    return text("mail.txt.j2", _of_sheet(sheet))


def closing_html(closing: "Closing") -> str:
    """Write the closing sheet of a retired application as a page."""
    return page("closing.html.j2", f"journal {closing.journal}", _of_closing(closing))


def closing_markdown(closing: "Closing") -> str:
    """Write the closing sheet as Markdown."""
    return text("closing.md.j2", _of_closing(closing))


def all_html(looked: "Sequence[Looked]", tenant: Mapping[str, Any], at: datetime) -> str:
    """Write what became of every set-up as one page, the worst first."""
    values = {
        "looked": sorted(looked, key=lambda each: (WORST.index(each.word), each.name)),
        "tenant": tenant,
        "practice": bool(tenant.get("practice")),
        "at": at,
        "wording": wording,
    }
    return page("all.html.j2", f"verify {at:%Y-%m-%d}", values)


def _of_closing(closing: "Closing") -> dict[str, Any]:
    return {"closing": closing, "practice": closing.practice, "wording": wording}


def _of_plan(plan: Plan) -> dict[str, Any]:
    return {
        "plan": plan,
        "practice": bool(plan.tenant.get("practice")),
        "blocks": [(planned, wording.rows(plan, planned)) for planned in plan.changes],
        "allowed": allowed.of(plan),
        "wording": wording,
    }


def _of_sheet(sheet: "Sheet") -> dict[str, Any]:
    return {"sheet": sheet, "practice": sheet.practice, "wording": wording}


def page(name: str, footer: str, values: Mapping[str, Any]) -> str:
    """Fill a page: its one style is named by its hash in the policy, and nothing else may load."""
    from markupsafe import Markup

    style = _environment("css").get_template("page.css.j2").render(footer=footer, **values)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    template = _environment("html").get_template(name)
    return redact(
        template.render(style=Markup(style), policy=POLICY.format(digest=digest), **values)  # noqa: S704  our own template
    )


def text(name: str, values: Mapping[str, Any]) -> str:
    """Fill a text: Markdown, plain text or PowerShell, as its name says."""
    kind = name.split(".")[1]
    return redact(_environment(kind).get_template(name).render(**values))


# ---- the one environment; what is printed depends on where it lands ----


@cache
def _environment(kind: str) -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(shelf.templates(), encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_shown,
    )
    environment.filters |= {"prose": prose, "moment": moment}
    environment.filters |= {"code": _code, "folded": _folded, "ps": _literal, "fenced": _fenced}
    ways = {"html": _shown, "md": _markdown, "txt": _shown, "css": _in_style, "ps1": _shown}
    return environment.overlay(autoescape=kind == "html", finalize=ways[kind])


def _shown(value: object) -> object:
    return visible(str(value)) if not hasattr(value, "__html__") else value


def _markdown(value: object) -> object:
    """Let nothing that is printed be read as Markdown or HTML."""
    if hasattr(value, "__html__"):
        return value
    text = visible(str(value)).replace("&", "&amp;").replace("<", "&lt;")
    return MARKDOWN_SIGNS.sub(r"\\\g<0>", text)


def _code(value: object) -> object:
    """Set a value that is copied from a Markdown table: as it is, between backticks."""
    from markupsafe import Markup

    text = visible(str(value)).replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return Markup(f"{fence}{pad}{text}{pad}{fence}")  # noqa: S704  a code span holds no markup


def _fenced(value: object) -> object:
    """Set a whole text as code in Markdown, whatever fences stand in it."""
    from markupsafe import Markup

    longest = max((len(run) for run in re.findall("`+", str(value))), default=0)
    fence = "`" * max(longest + 1, 3)
    return Markup(f"{fence}powershell\n{value}{fence}")  # noqa: S704  a code block holds no markup


def _literal(value: object) -> object:
    """Write a value as a PowerShell literal."""
    from markupsafe import Markup

    from toolkit import powershell

    return Markup(powershell.literal(value))  # noqa: S704  the escaper is what makes it safe


def _folded(text: str, lead: str = "") -> object:
    """Fold a sentence of a mail between words; what follows a bullet hangs under it."""
    from markupsafe import Markup

    lines = [line for _, line in _wrapped("", lead + text, hang=len(lead))]
    return Markup("\n".join(lines))  # noqa: S704  plain text, where nothing is markup


def _in_style(value: object) -> object:
    text = str(value)
    if not SAFE_IN_STYLE.fullmatch(text):
        raise ValueError(f"{text!r} doesn't belong into a style")
    return text


# ---- the terminal ----


def plan_lines(plan: Plan) -> Iterator[tuple[str, str]]:
    """Write the plan for a terminal, at most 80 wide unless a single value is longer.

    Each line comes with a style word: title, add, change, remove, keep, alarm, detail, note, total.
    """
    yield from _wrapped("title", wording.first_line(plan))
    yield from _wrapped(
        "title", f"Plan: {plan.book.title} ({plan.mark.instance}). Nothing is changed yet."
    )
    for alarm in dict.fromkeys(plan.alarms):
        yield from _wrapped("alarm", f"! {alarm}")
    yield "detail", ""
    heading = wording.second_go(plan)
    for planned in plan.changes:
        if heading and planned.second:
            yield "detail", ""
            yield from _wrapped("title", f"  {heading}", hang=4)
            heading = ""
        yield from _block(plan, planned)
    yield "detail", ""
    yield from _ending(plan)


def _block(plan: Plan, planned: Planned) -> Iterator[tuple[str, str]]:
    verb = planned.change.verb
    yield from _wrapped(STYLES[verb], f"  {wording.MARKS[verb]} {planned.title}", hang=6)
    for row in wording.rows(plan, planned):
        value = f"{row.now} -> {row.then}" if row.now else row.then
        yield from _wrapped(
            "detail", f"      {row.label:<{LABEL_WIDTH - 1}} {value}", hang=6 + LABEL_WIDTH
        )
    if planned.change.needed and planned.alarm:
        yield from _wrapped("alarm", f"      ! {planned.alarm}", hang=8)
    if planned.change.needed and planned.irreversible:
        yield from _wrapped(
            "alarm", f"      can't be taken back: {prose(planned.irreversible)}", hang=8
        )


def _ending(plan: Plan) -> Iterator[tuple[str, str]]:
    if text := wording.unknown(plan):
        yield from _wrapped("detail", text)
    if plan.needs:
        yield "note", "Rights it takes:"
    for right in plan.needs:
        yield from _wrapped("note", f"  {right.role}: {right.why}", hang=4)
    writes = wording.writes(plan)
    if writes:
        yield "note", "Apply writes:"
    for line in writes:
        yield from _wrapped("note", f"  {line}", hang=4)
    for note in plan.notes:
        yield from _wrapped("note", f"Note: {prose(note)}")
    yield "detail", ""
    for planned in plan.changes:
        if planned.change.verb == "remove":
            yield from _wrapped("remove", f"Removes: {planned.title}")
    yield from _wrapped("total", wording.summary(plan))
    if plan.needed:
        yield from _wrapped("total", wording.UNDO)
    yield "note", f"Digest: {plan.digest}"


def _wrapped(style: str, text: str, *, hang: int = 2) -> Iterator[tuple[str, str]]:
    """Break a line between words only, so that what is copied from it is whole."""
    lead = len(text) - len(text.lstrip(" "))
    lines = textwrap.wrap(
        " " * lead + visible(text.strip(" ")),
        WIDTH,
        subsequent_indent=" " * hang,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )
    yield from ((style, line) for line in lines)
