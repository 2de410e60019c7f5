import base64
import hashlib
import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from toolkit import plan as planning
from toolkit import render
from toolkit.plan import Plan
from toolkit.redaction import Secret

Draw = Callable[..., Plan]
Form = Callable[[Plan], str]

STYLE_WORDS = {"title", "add", "change", "remove", "keep", "alarm", "detail", "note", "total"}
HOSTILE = (
    "</script><script>alert(1)</script>",
    "<!-- ",
    "{{7*7}}",
    "{% for x in y %}",
    "</style><img src=x onerror=alert(1)>",
    "\"' onclick=alert(1) x='",
    "| a | b |",
    "x" * 300,
)
PLAYBOOK = """
title: '{title}'
questions:
  - {{name: colours, ask: '{title}', kind: yes_no, default: true}}
steps:
  - {{do: app, as: app, name: '{title}', because: '{title}'}}
  - {{do: mailbox_scope, as: scope, app: '${{app.client_id}}', roles: ['{title}'], group: '{title}'}}
"""


def terminal(plan: Plan) -> str:
    return "\n".join(text for _, text in render.plan_lines(plan))


FORMS: dict[str, Form] = {
    "terminal": terminal,
    "html": render.plan_html,
    "markdown": render.plan_markdown,
}


@pytest.fixture(params=list(FORMS))
def form(request: pytest.FixtureRequest) -> Form:
    return FORMS[request.param]


class Page(HTMLParser):
    """What a browser would make of a page: its tags, attributes, texts, and its style."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.policy = self.style = self.text = ""
        self._inside = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._inside = tag
        given = {name: value or "" for name, value in attrs}
        self.attributes += given.items()
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"]

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "style":
            self.style += data
        else:
            self.text += data


def hostile(draw: Draw, title: str) -> Plan:
    text = PLAYBOOK.format(title=title.replace("'", "''"))
    return draw(name="hostile", text=text, tenant={"name": title, "who": title})


# ---- what every form says ----


def test_every_form_names_tenant_domain_id_and_who_is_signed_in(draw: Draw, form: Form) -> None:
    text = form(draw())

    for value in ("Contoso", "contoso.example", "3fa85f64-5717-4562-b3fc-2c963f66afa6", "ada@"):
        assert value in text


def test_every_form_says_so_on_a_practice_tenant_and_only_there(draw: Draw, form: Form) -> None:
    assert "Practice tenant" in form(draw(tenant={"practice": True}))
    assert "ractice" not in form(draw())


def test_every_form_holds_digest_rights_undo_and_what_apply_writes(draw: Draw, form: Form) -> None:
    plan = draw()
    text = form(plan)

    for value in (
        plan.digest,
        "Application Administrator",
        "mailgrant undo RUN",
        "Exchange Online",
    ):
        assert value in text
    assert "a private key" in text or "private keys" in text


def test_every_mailbox_is_said_before_the_first_step(draw: Draw, form: Form) -> None:
    text = form(draw(answers={"every_mailbox": True}))

    assert text.index("EVERY mailbox of the tenant") < text.index("app registration")


def test_a_fenced_application_is_said_to_reach_the_group_and_no_others(
    draw: Draw, form: Form
) -> None:
    text = " ".join(form(draw()).replace("`", "").split())

    assert "direct members of timetable-mailboxes@northbridge.example, and in no others" in text
    assert "EVERY" not in text


def test_what_is_known_later_stands_in_one_line(draw: Draw, form: Form) -> None:
    text = form(draw())

    assert text.count("Known after apply: application id, group id.") == 1
    assert "known after" not in text


def test_what_is_removed_comes_first_in_the_summary(draw: Draw, vendor_file, form: Form) -> None:
    plan = draw(answers={"certificate_file": str(vendor_file)})
    text = form(plan)

    assert "To remove 1, create 5, change 0, keep 0." in text
    removes = text.index("Removes")
    assert "key of 24 hours for the proof, taken away again" in text[removes : removes + 150]


def test_a_changed_set_shows_the_difference_and_not_the_others(draw: Draw, form: Form) -> None:
    members = frozenset(f"person{number}@contoso.example" for number in range(12))
    group = {"id": "g", "address": "rooms@contoso.example", "name": "rooms", "hidden": True}
    found = {"group": {**group, "ours": True, "members": members}}
    text = form(
        draw(
            found=found,
            answers={"group": "rooms@contoso.example", "inside": "room4@contoso.example"},
        )
    )

    assert "12" in text
    assert "13: adds room4@contoso.example" in text
    assert "person3@contoso.example" not in text


def test_nothing_to_change_is_one_sentence_without_undo(draw: Draw, form: Form) -> None:
    found = {
        "app": {
            "name": "Course Mirror-prod",
            "client_id": "c",
            "audience": "AzureADMyOrg",
            "enterprise_app": True,
            "enabled": True,
            "tags": frozenset({"mailgrant", "mailgrant:graph-application:prod"}),
        },
        "certificate": {"app": "c", "thumbprint": "AB", "days_left": 300, "others": frozenset()},
    }
    text = form(draw(name="graph-application", found=found, answers={"mailboxes": False}))

    assert "Nothing to change: all 2 steps are as they should be." in text
    assert "undo" not in text


def test_a_saved_plan_reads_the_same(draw: Draw, form: Form) -> None:
    plan = draw()

    assert form(planning.from_saved(plan.as_json(), "plan.json")) == form(plan)


def test_a_secret_that_slipped_into_a_plan_is_hidden(draw: Draw, form: Form) -> None:
    Secret("correct-horse-battery-staple")

    assert "correct-horse" not in form(draw(answers={"change": "correct-horse-battery-staple"}))


def test_signs_that_hide_or_turn_text_are_shown_as_escapes(draw: Draw, form: Form) -> None:
    name = "ab\u202egpj.exe\u200bcd\ufeff\u2066\U000e0041"
    found = {"app": {"name": name, "tags": frozenset({name})}}
    text = form(draw(tenant={"name": name, "who": name}, found=found))

    for escape in (r"\u202e", r"\u200b", r"\ufeff", r"\u2066", r"\U000e0041"):
        assert escape in text.replace("\\\\", "\\")
    assert not re.search(
        "[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f]", text
    )


def test_accents_piled_up_can_not_cover_other_lines(draw: Draw, form: Form) -> None:
    text = form(hostile(draw, "e" + "\u0301" * 40))

    assert text.count("\u0301") <= 3 * text.count("e\u0301")


def test_names_of_people_stay_as_they_are(draw: Draw, form: Form) -> None:
    assert "Zoë Nguyễn 山田\u3000太郎 שלום" in form(hostile(draw, "Zoë Nguyễn 山田\u3000太郎 שלום"))


def test_a_value_is_never_a_template(draw: Draw, form: Form) -> None:
    text = form(hostile(draw, "{{7*7}} {% if x %}")).replace("\\", "")

    assert "{{7*7}} {% if x %}" in text


# ---- the terminal ----


def test_terminal_lines_are_80_wide_with_known_styles(draw: Draw) -> None:
    lines = list(render.plan_lines(draw(answers={"every_mailbox": True, "colours": True})))

    assert {style for style, _ in lines} <= STYLE_WORDS
    assert max(len(text) for _, text in lines) <= 80


def test_our_own_words_are_ascii(draw: Draw) -> None:
    assert terminal(draw(tenant={"practice": True})).isascii()


def test_a_long_value_is_never_cut(draw: Draw) -> None:
    address = f"{'a' * 60}@{'b' * 50}.example"

    lines = [text for _, text in render.plan_lines(draw(answers={"group": address}))]
    assert any(address in line for line in lines)


def test_each_step_carries_its_mark_and_style(draw: Draw) -> None:
    lines = list(render.plan_lines(draw()))

    assert ("add", "  + app registration MyTimetable-prod") in lines
    assert [style for style, text in lines if text.startswith("  + ")] == ["add"] * 4


# ---- the page ----


@pytest.mark.parametrize("practice", [True, False])
def test_the_policy_names_the_one_style_by_its_hash_and_nothing_else(
    draw: Draw, practice: bool
) -> None:
    page = Page(render.plan_html(draw(tenant={"practice": practice})))
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()

    assert page.policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:")
    assert page.tags.count("style") == 1


@pytest.mark.parametrize("title", ["Timetable", *HOSTILE])
def test_a_page_runs_nothing_and_loads_nothing(draw: Draw, title: str) -> None:
    page = Page(render.plan_html(hostile(draw, title)))

    assert not {"script", "img", "iframe", "object", "embed", "a", "form"} & set(page.tags)
    names = {name for name, _ in page.attributes}
    assert not {name for name in names if name.startswith("on") or name in ("style", "src")}
    assert [value for name, value in page.attributes if name == "href"] == ["data:,"]
    assert "url(" not in page.style
    assert "@import" not in page.style


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_name_changes_no_tag_of_the_page(draw: Draw, title: str) -> None:
    page = Page(render.plan_html(hostile(draw, title)))

    assert page.tags == Page(render.plan_html(hostile(draw, "Timetable"))).tags
    assert title.strip() in page.text


def test_a_page_begins_with_its_charset_and_has_language_one_heading_and_main(draw: Draw) -> None:
    text = render.plan_html(draw())
    page = Page(text)

    assert '<meta charset="utf-8">' in text[:100]
    assert ("lang", "en") in page.attributes
    assert page.tags.count("h1") == 1
    assert page.tags.count("main") == 1


def test_every_table_has_a_caption_and_every_header_a_scope(draw: Draw) -> None:
    text = render.plan_html(draw(found={"app": {"name": "old", "tags": frozenset()}}))

    assert Page(text).tags.count("caption") == Page(text).tags.count("table") > 3
    assert not re.search(r"<th(?![^>]*scope=)[ >]", text)


def test_the_approval_sheet_has_lines_to_sign_and_the_digest_in_its_footer(draw: Draw) -> None:
    plan = draw()
    page = Page(render.plan_html(plan))

    for words in ("Requested by", "Approved by", "Date"):
        assert words in page.text
    assert f'content: "mailgrant plan {plan.digest}"' in page.style


# ---- Markdown ----


@pytest.mark.parametrize(
    "title", ["Timetable", *HOSTILE, "a`b``c", "*b* _i_ [l](http://x.example)"]
)
def test_markdown_tables_keep_their_columns(draw: Draw, title: str) -> None:
    lines = render.plan_markdown(hostile(draw, title)).splitlines()

    tables = [line for line in lines if line.startswith("|")]
    assert tables
    columns = 0
    for before, line in zip(["", *lines], lines, strict=False):
        if line.startswith("|"):
            found = len(re.findall(r"(?<!\\)\|", line))
            columns = found if not before.startswith("|") else columns
            assert found == columns, line


@pytest.mark.parametrize("title", HOSTILE)
def test_markdown_holds_no_tag(draw: Draw, title: str) -> None:
    text = re.sub(r"(`+).*?\1", "", render.plan_markdown(hostile(draw, title)))

    assert "<" not in text


def test_importing_render_loads_no_template_engine() -> None:
    probe = "import sys, toolkit.render, toolkit.handover; sys.exit('jinja2' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0
