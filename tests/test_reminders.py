"""What a calendar reads is what was written, whatever stands in it."""

from datetime import UTC, date, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.reminders import Reminder, calendar

STAMP = datetime(2026, 11, 27, 8, 30, tzinfo=UTC)
texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), max_size=300
)
reminders = st.builds(
    Reminder, uid=st.uuids().map(str), day=st.dates(date(2000, 1, 1)), title=texts, text=texts
)


def lines(data: bytes) -> list[str]:
    """Unfold the lines of a calendar."""
    text = data.decode()
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    return text.replace("\r\n ", "").split("\r\n")[:-1]


def events(data: bytes) -> list[dict[str, str]]:
    """Read the events of a calendar, what stands in their alarms aside."""
    found: list[dict[str, str]] = []
    inside: list[str] = []
    for line in lines(data):
        name, _, value = line.partition(":")
        if name == "BEGIN":
            inside.append(value)
            found += [{}] if value == "VEVENT" else []
        elif name == "END":
            assert inside.pop() == value
        elif inside == ["VCALENDAR", "VEVENT"]:
            found[-1][name] = value
    assert inside == []
    return found


def plain(value: str) -> str:
    """Undo the escapes of a text."""
    out, rest = "", value
    while rest:
        if rest[0] == "\\":
            out += "\n" if rest[1] == "n" else rest[1]
            rest = rest[2:]
        else:
            assert rest[0] not in ";,"
            out += rest[0]
            rest = rest[1:]
    return out


@settings(deadline=None)
@given(st.lists(reminders, max_size=4))
def test_every_text_comes_back_whole_and_never_becomes_a_line_of_its_own(written):
    read = events(calendar(written, STAMP))

    assert [
        (
            each["UID"],
            each["DTSTART;VALUE=DATE"],
            plain(each["SUMMARY"]),
            plain(each["DESCRIPTION"]),
        )
        for each in read
    ] == [(each.uid, f"{each.day:%Y%m%d}", each.title, each.text) for each in written]


@settings(deadline=None)
@given(st.lists(reminders, max_size=4))
def test_no_line_has_more_than_75_octets_and_none_is_broken_inside_a_letter(written):
    for line in calendar(written, STAMP).split(b"\r\n"):
        assert len(line) <= 75
        line.decode()


@settings(deadline=None)
@given(reminders)
def test_every_event_has_an_alarm_and_the_time_it_was_written(reminder):
    data = calendar([reminder], STAMP)

    assert events(data)[0]["DTSTAMP"] == "20261127T083000Z"
    found = lines(data)
    assert found[found.index("BEGIN:VALARM") + 1] == "ACTION:DISPLAY"
    assert "TRIGGER:-PT15H" in found


def test_an_empty_calendar_is_one_too():
    assert lines(calendar([], STAMP)) == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//mailgrant//expiring//EN",
        "END:VCALENDAR",
    ]
