"""Events in calendars: an application's, one's own, and those that others have shared."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.practice.conftest import SignIn
from tests.practice.entra.browsing import ANNA, METTE
from tests.practice.entra.conftest import Client
from toolkit.practice import control
from toolkit.practice.control import Practice
from toolkit.practice.passwords import known_secret
from toolkit.practice.seed.entries import app_id
from toolkit.practice.world import World

RECTOR = "rector@northbridge.example"
GROUP = "faculty-calendars@northbridge.example"
HEADERS = {"prefer": 'outlook.timezone="W. Europe Standard Time"'}
LECTURE = {
    "subject": "Roman law",
    "start": {"dateTime": "2026-12-01T10:00:00", "timeZone": "W. Europe Standard Time"},
    "end": {"dateTime": "2026-12-01T11:45:00", "timeZone": "W. Europe Standard Time"},
    "body": {"contentType": "html", "content": "<p>Bring the code.</p>"},
    "location": {"displayName": "B1.01"},
    "categories": ["Lecture"],
    "showAs": "busy",
    "transactionId": "timetable-4711",
}
Run = Callable[..., None]
As = Callable[..., dict[str, str]]


@pytest.fixture
def vendor(world: World, sign_in: SignIn) -> dict[str, str]:
    """A token of an application that may write in every calendar."""
    entry = {
        "client_id": app_id("mytimetable-old"),
        "client_secret": known_secret("mytimetable-old"),
    }
    world.store.set_setting("vendor", entry)
    return sign_in("vendor")


@pytest.fixture
def granted(app: Client) -> As:
    """Tokens of people whose application everybody's administrator has consented to."""

    def signed(who: str, *names: str) -> dict[str, str]:
        if not app.open(*names, prompt="login").sign_in(ANNA).arrived:
            app.browser.press("Accept", everybody="yes")
        app.browser.arrived = {}
        return app.bearer(*names, who=who)

    return signed


@pytest.fixture
def share(practice: Practice, client: httpx.Client, sign_in: SignIn) -> Run:
    """Share the rector's calendar."""
    control.add_fault(practice.path, "cache off")
    url = f"{practice.cloud.exchange}/adminapi/beta/{practice.tenant_id}/InvokeCommand"
    anchor = f"APP:SystemMailbox{{bb558c35-97f1-4cb9-8ff7-d53741dc928c}}@{practice.tenant_id}"
    headers = {"X-AnchorMailbox": anchor, **sign_in("admin", practice.cloud.exchange_scope)}

    def run(verb: str, user: str, *rights: str) -> None:
        given: dict[str, Any] = {"Identity": f"{RECTOR}:\\Agenda", "User": user}
        given |= {"AccessRights": list(rights)} if rights else {"Confirm": False}
        call = {"CmdletName": f"{verb}-MailboxFolderPermission", "Parameters": given}
        answer = client.post(url, json={"CmdletInput": call}, headers=headers)
        assert answer.status_code == 200, answer.text

    return run


def place(who: str, rest: str = "events") -> str:
    return f"/v1.0/users/{who}/{rest}" if "@" in who else f"/v1.0/me/{rest}"


# ---- an application ----


@pytest.mark.parametrize("rest", ["events", "calendar/events"])
def test_an_application_writes_a_timetable(
    client: httpx.Client, vendor: dict[str, str], rest: str
) -> None:
    client.headers.update(vendor)
    made = client.post(place(METTE, rest), json=LECTURE)
    assert made.status_code == 201, made.text
    url = f"{place(METTE, rest)}/{made.json()['id']}"
    moved = {"end": {"dateTime": "2026-12-01T12:00:00", "timeZone": "UTC"}}
    changed = client.patch(url, json=moved)
    found = client.get(url, headers=HEADERS).json()

    assert made.json()["start"] == {"dateTime": "2026-12-01T09:00:00.0000000", "timeZone": "UTC"}
    assert (changed.status_code, changed.json()["end"]["dateTime"][11:16]) == (200, "12:00")
    assert (found["start"]["dateTime"][11:16], found["end"]["dateTime"][11:16]) == (
        "10:00",
        "13:00",
    )
    assert (found["subject"], found["bodyPreview"]) == ("Roman law", "Bring the code.")
    assert [one["id"] for one in client.get(place(METTE)).json()["value"]] == [found["id"]]
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404
    assert client.get(place(METTE)).json()["value"] == []


def test_an_event_sent_twice_is_made_once(client: httpx.Client, vendor: dict[str, str]) -> None:
    client.headers.update(vendor)
    statuses = [client.post(place(METTE), json=LECTURE).status_code for _ in range(2)]

    assert statuses == [201, 409]
    assert client.post(place(RECTOR), json=LECTURE).status_code == 201


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"subjekt": "x"}, 400),
        ({"start": None}, 400),
        ({"start": {"dateTime": "tomorrow", "timeZone": "UTC"}}, 400),
        ({"start": {"dateTime": "2026-12-02T10:00:00", "timeZone": "UTC"}}, 400),
        ({"start": {"dateTime": "2026-12-01T10:00:00", "timeZone": "Tokyo Standard Time"}}, 501),
        ({"isAllDay": True}, 400),
        ({"showAs": "asleep"}, 400),
        ({"location": "B1.01"}, 400),
        ({"attendees": [{"mail": "x"}]}, 400),
        ({"organizer": {"emailAddress": {"address": "x@y.example"}}}, 201),
        ({"attendees": [{"emailAddress": {"address": METTE}, "type": "optional"}]}, 201),
    ],
)
def test_an_event_is_judged_to_its_depth(
    client: httpx.Client, vendor: dict[str, str], change: dict[str, Any], status: int
) -> None:
    answer = client.post(place(METTE), json=LECTURE | change, headers=vendor)

    assert answer.status_code == status, answer.text
    count = len(client.get(place(METTE), headers=vendor).json()["value"])
    assert count == (1 if status == 201 else 0)


def test_a_day_is_a_day_in_every_zone(client: httpx.Client, vendor: dict[str, str]) -> None:
    zone = "W. Europe Standard Time"
    day = {
        "isAllDay": True,
        "start": {"dateTime": "2026-12-25T00:00:00", "timeZone": zone},
        "end": {"dateTime": "2026-12-26T00:00:00", "timeZone": zone},
    }
    made = client.post(place(METTE), json=LECTURE | day, headers=vendor | HEADERS).json()

    assert made["start"] == {"dateTime": "2026-12-25T00:00:00.0000000", "timeZone": "UTC"}


@pytest.mark.parametrize("rest", ["calendarView", "calendar/calendarView"])
@pytest.mark.parametrize(
    ("start", "end", "count"),
    [
        ("2026-12-01T09:30:00Z", "2026-12-01T10:00:00Z", 1),
        ("2026-12-01T10:45:00Z", "2026-12-02T00:00:00Z", 0),
        ("2026-12-01T11:00:00+01:00", "2026-12-01T11:15:00+01:00", 1),
        ("2026-07-01", "2026-12-01T09:00:00", 0),
    ],
)
def test_a_view_shows_what_lies_between_two_moments(
    client: httpx.Client, vendor: dict[str, str], rest: str, start: str, end: str, count: int
) -> None:
    client.headers.update(vendor)
    client.post(place(METTE), json=LECTURE).raise_for_status()
    window = {"startDateTime": start, "endDateTime": end}

    assert len(client.get(place(METTE, rest), params=window).json()["value"]) == count
    assert client.get(place(METTE, rest)).status_code == 400


def test_clocks_change_between_summer_and_winter(
    client: httpx.Client, vendor: dict[str, str]
) -> None:
    for local, hour in (("2026-10-25T02:00", "00"), ("2026-10-25T03:00", "02"), ("2026-07-01T10:00", "08")):  # fmt: skip
        times = {name: {"dateTime": local, "timeZone": "Europe/Amsterdam"} for name in ("start", "end")}  # fmt: skip
        made = client.post(place(METTE), json={"subject": "x"} | times, headers=vendor)
        assert made.json()["start"]["dateTime"][11:13] == hour


def test_an_app_that_only_reads_writes_nothing(
    client: httpx.Client, world: World, sign_in: SignIn
) -> None:
    entry = {"client_id": app_id("visitors"), "client_secret": known_secret("visitors")}
    world.store.set_setting("visitors", entry)
    (group,) = world.store.find("group", mail="existing-calendars@northbridge.example")
    member = group["_members"][0]
    client.headers.update(sign_in("visitors"))

    assert client.get(f"/v1.0/users/{member}/events").status_code == 200
    assert client.post(f"/v1.0/users/{member}/events", json=LECTURE).status_code == 403


# ---- a person ----


def test_a_person_writes_in_the_own_calendar(client: httpx.Client, granted: As) -> None:
    client.headers.update(granted(METTE, "Calendars.ReadWrite"))
    made = client.post("/v1.0/me/events", json=LECTURE)
    assert made.status_code == 201, made.text
    calendar = client.get("/v1.0/me/calendar").json()["id"]
    for rest in ("events", "calendar/events", f"calendars/{calendar}/events"):
        assert client.get(f"/v1.0/me/{rest}/{made.json()['id']}").status_code == 200
    window = "startDateTime=2026-12-01&endDateTime=2026-12-02"
    for rest in ("calendarView", "calendar/calendarView", f"calendars/{calendar}/calendarView"):
        assert len(client.get(f"/v1.0/me/{rest}?{window}").json()["value"]) == 1

    assert client.get(f"/v1.0/me/calendars/{calendar}x/events").status_code == 404
    assert client.get(place(RECTOR)).status_code == 403


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("calendar", "Calendars.Read"),
        ("calendars", "Calendars.Read.Shared"),
        ("events", "Calendars.Read"),
        ("calendar/events", "Calendars.ReadWrite.Shared"),
        ("mailboxSettings", "MailboxSettings.Read"),
        ("contacts", "Contacts.Read"),
        ("mailFolders/inbox", "Mail.Read"),
    ],
)
def test_each_part_of_the_own_mailbox_takes_its_scope(
    client: httpx.Client, granted: As, path: str, scope: str
) -> None:
    assert client.get(f"/v1.0/me/{path}", headers=granted(METTE, "User.Read")).status_code == 403
    assert client.get(f"/v1.0/me/{path}", headers=granted(METTE, scope)).status_code == 200


def test_reading_is_not_writing(client: httpx.Client, granted: As) -> None:
    headers = granted(METTE, "Calendars.Read", "Calendars.Read.Shared")

    assert client.post("/v1.0/me/events", json=LECTURE, headers=headers).status_code == 403


def test_an_application_is_nobody_and_has_no_me(
    client: httpx.Client, vendor: dict[str, str]
) -> None:
    answer = client.get("/v1.0/me/calendar", headers=vendor)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest")
    assert "only valid with delegated authentication flow" in answer.json()["error"]["message"]


# ---- what others share ----


@pytest.mark.parametrize(
    ("rights", "sees", "makes", "changes"),
    [
        (["AvailabilityOnly"], False, False, False),
        (["Reviewer"], True, False, False),
        (["Contributor"], False, True, False),
        (["Author"], True, True, False),
        (["Editor"], True, True, True),
        (["FolderVisible", "ReadItems"], True, False, False),
    ],
)
def test_a_shared_calendar_is_open_as_far_as_it_was_shared(
    client: httpx.Client,
    granted: As,
    share: Run,
    vendor: dict[str, str],
    rights: list[str],
    *,
    sees: bool,
    makes: bool,
    changes: bool,
) -> None:
    theirs = client.post(place(RECTOR), json=LECTURE, headers=vendor).json()["id"]
    client.headers.update(granted(METTE, "Calendars.ReadWrite.Shared"))
    assert client.get(place(RECTOR)).status_code == 403
    share("Add", METTE, *rights)

    mine = client.post(place(RECTOR), json=LECTURE | {"transactionId": "m"})
    assert client.get(place(RECTOR)).status_code == (200 if sees else 403)
    assert mine.status_code == (201 if makes else 403)
    change = client.patch(f"{place(RECTOR)}/{theirs}", json={"subject": "Moved"})
    assert change.status_code == (200 if changes else 403)
    if sees and makes:  # whoever writes may change what is their own
        assert client.delete(f"{place(RECTOR)}/{mine.json()['id']}").status_code == 204
        assert client.get(place(RECTOR, "calendar")).json()["canEdit"] is changes
    share("Remove", METTE)
    assert client.get(place(RECTOR)).status_code == 403


def test_a_calendar_shared_with_a_group_is_open_to_its_members(
    client: httpx.Client, granted: As, share: Run, world: World
) -> None:
    (group,) = world.store.find("group", mail=GROUP)
    member = next(
        user["mail"]
        for user in world.store.all("user")
        if user["id"] in group["_members"] and user["accountEnabled"] and "@north" in user["mail"]
    )
    headers = granted(member, "Calendars.Read.Shared")
    assert client.get(place(RECTOR), headers=headers).status_code == 403
    share("Add", GROUP, "Reviewer")

    assert client.get(place(RECTOR), headers=headers).status_code == 200
    # An own entry counts alone.
    share("Add", member, "AvailabilityOnly")
    assert client.get(place(RECTOR), headers=headers).status_code == 403


def test_what_was_shared_takes_the_scope_for_what_is_shared(
    client: httpx.Client, granted: As, share: Run
) -> None:
    share("Add", METTE, "Editor")
    headers = granted(METTE, "Calendars.ReadWrite")

    assert client.get(place(RECTOR), headers=headers).status_code == 403
