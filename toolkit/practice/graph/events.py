"""Events of a mailbox's calendar: written, read, changed and deleted, as a timetable does it.

Sources: learn.microsoft.com/graph/api/user-post-events, user-list-events, user-list-calendarview,
event-get, event-update and event-delete. The codes of refusals are from memory.
"""

import base64
import re
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from toolkit.practice.exchange import shared_folders
from toolkit.practice.graph import mailboxes, time_zones
from toolkit.practice.graph.errors import GraphError, bad
from toolkit.practice.graph.objects import DONE, Call, Rows
from toolkit.practice.graph.paths import Route
from toolkit.practice.graph.query import Row
from toolkit.practice.store import Body
from toolkit.practice.wire import Answer

KIND = "event"
PREFERRED = re.compile(r'outlook\.timezone\s*=\s*"([^"]+)"', re.IGNORECASE)
INVALID = "ErrorPropertyValidationFailure"
LONGEST_SUBJECT = 255


def routes() -> list[Route]:
    """List the routes of this module."""
    person = "users/{object}"
    made = []
    for place in (person, f"{person}/calendar", f"{person}/calendars/{{calendar}}"):
        one = f"{place}/events/{{item}}"
        made += [
            _route("GET", f"{place}/events", _list, answers="list"),
            _route("POST", f"{place}/events", _create, takes="event"),
            _route("GET", f"{place}/calendarView", _view, answers="view"),
            _route("GET", one, _get, answers="one"),
            _route("PATCH", one, _change, takes="event"),
            _route("DELETE", one, _delete),
        ]
    return made


def _route(method: str, pattern: str, serve: Callable[[Call], Any], **more: Any) -> Route:
    return Route(method=method, pattern=pattern, serve=serve, who="mailbox", **more)


def _mailbox(call: Call, *, write: bool = False, right: str = shared_folders.READ) -> Body:
    user = mailboxes.opened(call, "events" if write else "calendar", right)
    if "calendar" in call.keys and call.keys["calendar"].value != mailboxes.calendar_id(user):
        raise _no_item()
    return user


# ---- read ----


def _list(call: Call) -> Rows:
    user = _mailbox(call)
    return Rows(type_name="event", rows=[_row(call, one) for one in _events(call, user)])


def _view(call: Call) -> Rows:
    user = _mailbox(call)
    names = ("startdatetime", "enddatetime")
    if any(name not in call.options.values for name in names):
        raise bad(
            "This request requires a time window specified by the query string parameters"
            " StartDateTime and EndDateTime.",
            "ErrorInvalidParameter",
        )
    # An offset's plus sign that wasn't encoded arrives as a space.
    start, end = (time_zones.moment(call.options.values[name].replace(" ", "+")) for name in names)
    inside = [one for one in _events(call, user) if _at(one, "start") < end and start < _at(one, "end")]  # fmt: skip
    return Rows(type_name="event", rows=[_row(call, one) for one in inside])


def _get(call: Call) -> Row:
    return _row(call, _event(call, _mailbox(call)))


def _events(call: Call, user: Body) -> list[Body]:
    found = call.world.store.find(KIND, _mailbox=user["id"])
    return sorted(found, key=lambda one: _at(one, "start"))


def _event(call: Call, user: Body) -> Body:
    found = call.world.store.get(KIND, call.keys["item"].value)
    if found is None or found["_mailbox"] != user["id"]:
        raise _no_item()
    return found


def _no_item() -> GraphError:
    return GraphError(404, "ErrorItemNotFound", "The specified object was not found in the store.")


def _row(call: Call, event: Body) -> Row:
    """Write an event as it is read: in UTC, or in the zone that the client prefers."""
    wish = PREFERRED.search(call.ask.headers.get("prefer", ""))
    zone = wish[1] if wish and not event["isAllDay"] else "UTC"
    shown = {
        name: {
            "dateTime": time_zones.written(time_zones.from_utc(_at(event, name), zone)),
            "timeZone": zone,
        }
        for name in ("start", "end")
    }
    return Row(type_name="event", body=event | shown)


def _at(event: Body, name: str) -> datetime:
    return time_zones.to_utc(event[name]["dateTime"], "UTC")


# ---- write ----


def _create(call: Call) -> Row:
    user = _mailbox(call, write=True, right=shared_folders.CREATE)
    given = call.body
    for name in ("start", "end"):
        if not given.get(name):
            raise bad("At least one property failed validation.", INVALID)
    transaction = given.get("transactionId")
    if transaction and call.world.store.find(KIND, _mailbox=user["id"], transactionId=transaction):
        raise GraphError(
            409,
            "ErrorDuplicateTransactionId",
            "Your request can't be completed. The transaction ID was used before.",
        )
    key = base64.urlsafe_b64encode(uuid.uuid4().bytes * 3).decode()
    organizer = {"emailAddress": {"name": user["displayName"], "address": user.get("mail")}}
    event: Body = {
        "id": key,
        "createdDateTime": call.world.stamp(),
        "hasAttachments": False,
        "iCalUId": uuid.uuid4().hex.upper(),
        "isAllDay": False,
        "isCancelled": False,
        "isOrganizer": True,
        "organizer": organizer,
        "type": "singleInstance",
        "webLink": f"{call.world.base}/owa/?itemid={key}",
        "_mailbox": user["id"],
        "_author": call.actor,
    }
    return _kept(call, event, given)


def _change(call: Call) -> Row:
    user = _mailbox(call, write=True, right=_right(call, "Edit"))
    return _kept(call, _event(call, user), call.body)


def _delete(call: Call) -> Answer:
    event = _event(call, _mailbox(call, write=True, right=_right(call, "Delete")))
    call.world.remove(KIND, event["id"], lag=False)
    return DONE


def _right(call: Call, verb: str) -> str:
    """Tell which right in a shared calendar it takes: less where somebody wrote the event."""
    event = call.world.store.get(KIND, call.keys["item"].value)
    own = event is not None and event["_author"] == call.actor
    return f"{verb}OwnedItems" if own else f"{verb}AllItems"


def _kept(call: Call, event: Body, given: Body) -> Row:
    """Put what was given into an event, its times as UTC, and write it down."""
    if len(given.get("subject") or "") > LONGEST_SUBJECT:
        raise bad("At least one property failed validation.", INVALID)
    zones = {
        f"original{name.title()}TimeZone": given[name].get("timeZone") or "UTC"
        for name in ("start", "end")
        if given.get(name)
    }
    event = event | given | zones
    for name in ("start", "end"):
        if given.get(name):
            event[name] = _in_utc(given[name], whole_day=bool(event["isAllDay"]))
    if _at(event, "end") < _at(event, "start"):
        raise bad("End Date earlier than Start Date.", "ErrorCalendarEndDateIsEarlierThanStartDate")
    event |= {
        "bodyPreview": re.sub("<[^>]*>", "", (event.get("body") or {}).get("content") or "")[:255],
        "changeKey": uuid.uuid4().hex,
        "lastModifiedDateTime": call.world.stamp(),
    }
    call.world.put(KIND, event["id"], event, lag=False)
    return _row(call, event)


def _in_utc(given: Body, *, whole_day: bool) -> Body:
    zone = given.get("timeZone") or "UTC"
    text = given.get("dateTime") or ""
    if whole_day:
        # Days have no zone: they are kept as they were written.
        moment = time_zones.to_utc(text, "UTC")
        if (moment.hour, moment.minute, moment.second) != (0, 0, 0):
            raise bad("An all-day event has to begin and end at midnight.", INVALID)
    else:
        moment = time_zones.to_utc(text, zone)
    return {"dateTime": time_zones.written(moment.replace(tzinfo=None)), "timeZone": "UTC"}
