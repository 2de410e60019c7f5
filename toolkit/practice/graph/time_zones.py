"""The few time zones in which events may be written here, and their way to UTC and back.

No library: Windows has no zone files. Source of the names: learn.microsoft.com/graph/api/resources/
datetimetimezone; of the change: directive 2000/84/EC (last Sundays of March and October, 01:00 UTC).
"""

from datetime import UTC, datetime, timedelta, timezone

from toolkit.practice.graph.errors import GraphError, bad, not_modelled

CENTRAL_EUROPE = frozenset(
    {
        *("W. Europe Standard Time", "Central Europe Standard Time", "Romance Standard Time"),
        *("Europe/Amsterdam", "Europe/Berlin", "Europe/Brussels", "Europe/Paris", "Europe/Vienna"),
    }
)
LAST_DAY = 31  # of March and of October


def to_utc(text: str, zone: str) -> datetime:
    """Read a moment in one of the known zones; its own offset counts where it has one."""
    local = _read(text)
    if local.tzinfo is not None:
        return local.astimezone(UTC)
    if zone == "UTC":
        return local.replace(tzinfo=UTC)
    _check(zone)
    # Of the two that a local time may be in the hour of the change, the earlier.
    guess = local.replace(tzinfo=timezone(timedelta(hours=2))).astimezone(UTC)
    hours = 2 if _summer(guess) else 1
    return local.replace(tzinfo=timezone(timedelta(hours=hours))).astimezone(UTC)


def from_utc(moment: datetime, zone: str) -> datetime:
    """Tell what clocks in a known zone show, without an offset."""
    if zone == "UTC":
        return moment.replace(tzinfo=None)
    _check(zone)
    return (moment + timedelta(hours=2 if _summer(moment) else 1)).replace(tzinfo=None)


def moment(text: str) -> datetime:
    """Read a moment that may have an offset; without one it is UTC."""
    read = _read(text)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def written(local: datetime) -> str:
    """Write a moment as Graph does, to a tenth of a microsecond."""
    return local.strftime("%Y-%m-%dT%H:%M:%S.%f0")


def _read(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise unreadable(text) from None


def unreadable(text: str) -> GraphError:
    """Refuse a moment that can't be read."""
    return bad(f"The value '{text}' is not a date and time.", "ErrorInvalidRequest")


def _check(zone: str) -> None:
    if zone not in CENTRAL_EUROPE:
        raise not_modelled(f"the time zone '{zone}'")


def _summer(moment: datetime) -> bool:
    return _last_sunday(moment.year, 3) <= moment < _last_sunday(moment.year, 10)


def _last_sunday(year: int, month: int) -> datetime:
    end = datetime(year, month, LAST_DAY, 1, tzinfo=UTC)
    return end - timedelta(days=(end.weekday() + 1) % 7)
