"""Calendar reminders, as a file that every calendar takes (iCalendar, RFC 5545); pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

LONGEST = 75
"""Octets of a line, its end aside. Source: RFC 5545, 3.1."""
SPECIAL = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})
EVE = "-PT15H"  # nine o'clock on the day before


@dataclass(frozen=True, kw_only=True)
class Reminder:
    """A day to remember; the same `uid` again means the same one, changed."""

    uid: str
    day: date
    title: str
    text: str


def calendar(reminders: Sequence[Reminder], stamp: datetime) -> bytes:
    """Write reminders as all-day events with an alarm; `stamp` is when they were written."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//mailgrant//expiring//EN"]
    for reminder in reminders:
        lines += _event(reminder, f"{stamp.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    return b"".join(_folded(line) for line in [*lines, "END:VCALENDAR"])


def _event(reminder: Reminder, stamp: str) -> list[str]:
    title = _escaped(reminder.title)
    return [
        "BEGIN:VEVENT",
        f"UID:{_escaped(reminder.uid)}",
        f"DTSTAMP:{stamp}",
        f"LAST-MODIFIED:{stamp}",
        f"DTSTART;VALUE=DATE:{reminder.day:%Y%m%d}",
        f"SUMMARY:{title}",
        f"DESCRIPTION:{_escaped(reminder.text)}",
        "TRANSP:TRANSPARENT",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{title}",
        f"TRIGGER:{EVE}",
        "END:VALARM",
        "END:VEVENT",
    ]


def _escaped(text: str) -> str:
    return text.translate(SPECIAL)


def _folded(line: str) -> bytes:
    """Break a line after 75 octets at most, never inside a letter; the rest begins with a space."""
    lines, current = [], b""
    for letter in line:
        octets = letter.encode()
        if len(current) + len(octets) > LONGEST:
            lines.append(current)
            current = b" "
        current += octets
    return b"\r\n".join([*lines, current]) + b"\r\n"
