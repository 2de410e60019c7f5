import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from toolkit import handover, render
from toolkit.clock import SystemClock
from toolkit.errors import NotFoundError, RefusedError
from toolkit.handover import Sheet
from toolkit.home import Run
from toolkit.journal import Journal

Runs = Callable[..., Run]
Form = Callable[[Sheet], str]

FORMS: dict[str, Form] = {
    "html": render.handover_html,
    "markdown": render.handover_markdown,
    "mail": render.mail_text,
}
INSIDE, OUTSIDE = "mette.jansen@northbridge.example", "rector@northbridge.example"
GROUP = "timetable-mailboxes@northbridge.example"
EVERYWHERE = ("--set", "every_mailbox=yes", "--accept-every-mailbox")


@pytest.fixture(params=list(FORMS))
def form(request: pytest.FixtureRequest) -> Form:
    return FORMS[request.param]


@pytest.fixture
def after(made: Runs, tmp_path: Path) -> Callable[..., Run]:
    """Copy the proved run, keep its first lines, and write on in its journal."""

    def changed(*events: dict[str, Any], keep: int = 10_000) -> Run:
        folder = Path(shutil.copytree(made().folder, tmp_path / made().id))
        path = folder / "journal.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)[:keep]
        path.write_text("".join(lines), encoding="utf-8", newline="\n")
        journal = Journal(path, SystemClock())
        for event in events:
            journal.add(**event)
        return Run(folder, journal)

    return changed


def words(form: Form, sheet: Sheet) -> str:
    text = form(sheet).replace("&#39;", "'").replace("`", "").replace("\\", "")
    return " ".join(text.split())


def test_the_vendors_fields_are_filled_with_what_was_really_made(made: Runs, form: Form) -> None:
    run = made()
    app, key = (run.journal.confirmed(step) for step in ("app", "certificate"))
    assert app is not None
    assert key is not None
    sheet = handover.sheet_of(run)

    fields = {field.label: field.value for field in sheet.fields}
    assert fields == {
        "Azure AD tenant ID": run.plan()["tenant"]["id"],
        "Application (client) ID": app["seen"]["client_id"],
        "Certificate thumbprint": key["seen"]["thumbprint"],
        "Certificate valid until": key["seen"]["not_after"],
    }
    for label, value in fields.items():
        assert label in words(form, sheet)
        assert value in form(sheet)


def test_a_proved_sheet_says_how_it_was_proved_both_ways(made: Runs, form: Form) -> None:
    sheet = handover.sheet_of(made())
    text = words(form, sheet)

    assert sheet.word == "proved"
    assert f"{INSIDE} answered the application, {OUTSIDE} refused it" in text
    assert f"GET /users/{INSIDE}/calendar" in text
    assert f"GET /users/{OUTSIDE}/calendar" in text
    assert "403 ErrorAccessDenied" in text


def test_a_fenced_application_is_handed_over_with_its_warnings(made: Runs, form: Form) -> None:
    text = words(form, handover.sheet_of(made()))

    assert f"direct members of {GROUP}, and in no others" in text
    assert "Your token carries no roles claim: that is right" in text
    assert "Nobody may press 'Grant admin consent'" in text
    assert "There is no private key in this sheet" in text
    assert "EVERY" not in text


def test_an_application_in_every_mailbox_says_so_and_names_no_fence(made: Runs, form: Form) -> None:
    text = words(form, handover.sheet_of(made(*EVERYWHERE)))

    assert "EVERY mailbox of the tenant" in text
    assert "Grant admin consent" not in text
    assert "no roles claim" not in text
    assert OUTSIDE not in text


def test_a_pending_sheet_says_until_when_refusals_are_to_be_expected(
    made: Runs, form: Form
) -> None:
    run = made("--wait", "0s")
    sheet = handover.sheet_of(run)

    assert run.until is not None
    assert sheet.word == "pending"
    assert "not effective yet" in words(form, sheet)
    assert f"Until about {run.until:%Y-%m-%d %H:%M} UTC" in words(form, sheet)


def test_the_vendor_with_its_own_key_is_told_to_keep_and_renew_it(
    made: Runs, vendor_file: Path, form: Form
) -> None:
    sheet = handover.sheet_of(made("--set", f"certificate_file={vendor_file}"))
    [key] = sheet.keys
    ends = date.fromisoformat(key.ends)

    assert key.theirs
    assert date.fromisoformat(key.renew_by) == ends - timedelta(days=90)
    assert "Never send us your private key" in words(form, sheet)
    assert f"next public certificate (.cer or .pem) by {key.renew_by}" in words(form, sheet)
    assert "There is no private key in this sheet" not in words(form, sheet)


def test_our_own_key_is_renewed_by_us_90_days_before_its_end(made: Runs, form: Form) -> None:
    sheet = handover.sheet_of(made())
    [key] = sheet.keys

    assert not key.theirs
    assert date.fromisoformat(key.renew_by) == date.fromisoformat(key.ends) - timedelta(days=90)
    assert f"We make the next key by {key.renew_by}" in words(form, sheet)


def test_practice_is_said_in_every_form(made: Runs, form: Form) -> None:
    sheet = handover.sheet_of(made())

    assert "nothing here is real" in form(sheet)
    assert sheet.as_json()["practice"] is True


def test_no_sheet_holds_a_private_key(made: Runs, form: Form) -> None:
    run = made()
    kept = [path.read_text(encoding="ascii") for path in (run.folder.parents[1] / "keep").iterdir()]
    lines = [line for text in kept for line in text.splitlines() if len(line) > 40]
    text = form(handover.sheet_of(run)) + str(handover.sheet_of(run).as_json())

    assert lines
    assert not [line for line in lines if line in text]
    assert "PRIVATE KEY" not in text


def test_run_and_journal_are_named_so_that_tampering_shows(made: Runs) -> None:
    run = made()
    sheet = handover.sheet_of(run)

    assert sheet.journal == run.journal.head
    for form in (render.handover_html, render.handover_markdown):
        assert run.id in form(sheet)
        assert run.journal.head in form(sheet)


def test_the_json_holds_fields_proof_and_certificate(made: Runs) -> None:
    data = handover.sheet_of(made()).as_json()

    assert data["proof"]["verdict"] == "proved"
    assert {check["layer"] for check in data["proof"]["checks"]} == {"configured", "live"}
    assert data["certificates"][0]["renew_by"] < data["certificates"][0]["ends"]
    assert data["allowed"] == [
        {
            "permission": "Application Calendars.ReadWrite",
            "words": "read and change every calendar",
            "group": GROUP,
            "where": f"the mailboxes that are direct members of {GROUP}",
            "every_mailbox": False,
        }
    ]


def test_the_mail_begins_with_its_subject_and_stays_narrow(made: Runs) -> None:
    run = made()
    lines = render.mail_text(handover.sheet_of(run)).splitlines()

    assert lines[0].startswith("Subject: ")
    assert lines[0].endswith("MyTimetable-prod at Northbridge University: access is ready")
    assert lines[1] == ""
    assert max(len(line) for line in lines[1:]) <= 80
    assert "\n".join(lines).isascii()


def test_a_failed_proof_can_not_be_handed_over_unnoticed(
    after: Callable[..., Run], form: Form
) -> None:
    why = "rector answered the application."
    failed: dict[str, Any] = {
        "verdict": "failed",
        "why": why,
        "checks": [],
        "until": None,
        "at": None,
    }
    run = after({"event": "verdict", **failed, "at": "2026-11-20T10:00:00+00:00"})

    text = words(form, handover.sheet_of(run))
    assert why in text
    assert "DO NOT SEND" in text or "Don't hand this over" in text


def test_an_undone_run_has_nothing_to_hand_over(after: Callable[..., Run]) -> None:
    run = after({"event": "undo"}, {"event": "undone run", "stays": []})

    with pytest.raises(NotFoundError, match="was undone") as refusal:
        handover.sheet_of(run)
    assert refusal.value.fix


def test_a_half_undone_run_has_nothing_to_hand_over(after: Callable[..., Run]) -> None:
    run = after({"event": "undo"})

    with pytest.raises(RefusedError, match="not finished") as refusal:
        handover.sheet_of(run)
    assert f"mailgrant undo {run.id}" in refusal.value.fix


@pytest.mark.parametrize("keep", [1, 2, 5])
def test_an_interrupted_run_has_nothing_to_hand_over(after: Callable[..., Run], keep: int) -> None:
    run = after(keep=keep)

    with pytest.raises(RefusedError, match="isn't carried out whole") as refusal:
        handover.sheet_of(run)
    assert f"mailgrant runs resume {run.id}" in refusal.value.fix
