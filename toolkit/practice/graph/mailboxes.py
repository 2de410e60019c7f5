"""Mailboxes through Graph: calendars and settings, open only as far as Exchange lets somebody in.

Sources: learn.microsoft.com/graph/api/calendar-get, user-list-calendars, user-get-mailboxsettings,
mailfolder-get, user-list-contacts.
"""

import base64
import hashlib
from collections.abc import Callable
from typing import Any

from toolkit.practice.exchange import access, shared_folders
from toolkit.practice.graph.errors import GraphError, missing
from toolkit.practice.graph.objects import Call, Rows, identify
from toolkit.practice.graph.paths import Route
from toolkit.practice.graph.query import Row
from toolkit.practice.store import Body

CLOUD_MAILBOXES = frozenset({"UserMailbox", "SharedMailbox", "RoomMailbox", "EquipmentMailbox"})
CALENDAR_NAMES = {"de": "Kalender", "nl": "Agenda"}
INBOX_NAMES = {"de": "Posteingang", "nl": "Postvak IN"}
PURPOSES = {"SharedMailbox": "shared", "RoomMailbox": "room", "EquipmentMailbox": "equipment"}
PERMISSIONS = {
    "calendar": access.CALENDAR_READ,
    "contacts": frozenset({"Contacts.Read", "Contacts.ReadWrite"}),
    "mail": frozenset({"Mail.ReadBasic", "Mail.ReadBasic.All", "Mail.Read", "Mail.ReadWrite"}),
    "mailboxSettings": frozenset({"MailboxSettings.Read", "MailboxSettings.ReadWrite"}),
    "events": access.CALENDAR_WRITE,
}
# The folder that has to be shared with whoever comes from outside; settings can't be.
FOLDERS = {"calendar": "Calendar", "events": "Calendar", "contacts": "Contacts", "mail": "Inbox"}


def routes() -> list[Route]:
    """List the routes of this module."""
    person = "users/{object}"
    found: list[tuple[str, Callable[[Call], Any], str]] = [
        ("calendar", _calendar, "one"),
        ("calendars", _calendars, "list"),
        ("calendars/{item}", _calendar_by_id, "one"),
        ("contacts", _contacts, "list"),
        ("mailFolders/inbox", _inbox, "one"),
        ("mailboxSettings", _settings, "one"),
    ]
    return [
        Route(method="GET", pattern=f"{person}/{path}", serve=serve, who="mailbox", answers=answers)
        for path, serve, answers in found
    ]


def opened(call: Call, what: str, right: str = shared_folders.READ) -> Body:
    """Find the mailbox and ask Exchange whether the caller may come in, to write where `events`."""
    user = _user(call)
    if user.get("_exchange", {}).get("RecipientTypeDetails") not in CLOUD_MAILBOXES:
        raise GraphError(
            404,
            "MailboxNotEnabledForRESTAPI",
            "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
        )
    folder = FOLDERS.get(what, "")
    refusal = access.mailbox_refusal(
        call.world, call.caller, user, PERMISSIONS[what], folder=folder, right=right
    )
    if refusal is not None:
        error = refusal.body["error"]
        raise GraphError(refusal.status, error["code"], error["message"])
    return user


def _user(call: Call) -> Body:
    key = call.keys["object"]
    found = identify(call.world, "user", key)
    user = call.world.seen("user", found) if found else None
    if user is None:
        raise GraphError(404, "ErrorInvalidUser", f"The requested user '{key.value}' is invalid.")
    return user


def _key(user: Body, what: str) -> str:
    return base64.urlsafe_b64encode(
        hashlib.sha256(f"{what}{user['id']}".encode()).digest()
    ).decode()


def calendar_id(user: Body) -> str:
    """Tell the id of the one calendar that a mailbox has here."""
    return _key(user, "calendar")


def _calendar_of(call: Call, user: Body) -> Row:
    person = call.caller.user_id
    mine = person in {None, user["id"]}
    held = shared_folders.rights(call.world, person, user, "Calendar") if person else frozenset()
    language = str(user["_exchange"].get("Language") or "en")[:2].lower()
    body = {
        "id": calendar_id(user),
        "name": CALENDAR_NAMES.get(language, "Calendar"),
        "color": "auto",
        "hexColor": "",
        "isDefaultCalendar": True,
        "changeKey": _key(user, "change")[:24],
        "canShare": mine,
        "canViewPrivateItems": mine,
        "canEdit": mine or shared_folders.EDIT_ALL in held,
        "allowedOnlineMeetingProviders": ["teamsForBusiness"],
        "defaultOnlineMeetingProvider": "teamsForBusiness",
        "isTallyingResponses": True,
        "isRemovable": False,
        "owner": {"name": user["displayName"], "address": user.get("mail")},
    }
    return Row(type_name="calendar", body=body)


def _calendar(call: Call) -> Row:
    return _calendar_of(call, opened(call, "calendar"))


def _calendars(call: Call) -> Rows:
    return Rows(type_name="calendar", rows=[_calendar_of(call, opened(call, "calendar"))])


def _calendar_by_id(call: Call) -> Row:
    found = _calendar(call)
    if found.body["id"] != call.keys["item"].value:
        raise missing(call.keys["item"].value)
    return found


def _contacts(call: Call) -> Rows:
    opened(call, "contacts")
    return Rows(type_name="contact", rows=[])


def _inbox(call: Call) -> Row:
    user = opened(call, "mail")
    language = str(user["_exchange"].get("Language") or "en")[:2].lower()
    body = {
        "id": _key(user, "inbox"),
        "displayName": INBOX_NAMES.get(language, "Inbox"),
        "parentFolderId": _key(user, "root"),
        "childFolderCount": 0,
        "unreadItemCount": 0,
        "totalItemCount": 0,
        "isHidden": False,
    }
    return Row(type_name="mailFolder", body=body)


def _settings(call: Call) -> Row:
    user = opened(call, "mailboxSettings")
    language = str(user["_exchange"].get("Language") or "en-GB")
    kind = user["_exchange"]["RecipientTypeDetails"]
    body = {
        "archiveFolder": None,
        "timeZone": "W. Europe Standard Time",
        "language": {"locale": language, "displayName": language},
        "dateFormat": "dd-MM-yyyy",
        "timeFormat": "HH:mm",
        "userPurpose": PURPOSES.get(kind, "user"),
        "delegateMeetingMessageDeliveryOptions": "sendToDelegateOnly",
        "automaticRepliesSetting": {
            "status": "disabled",
            "externalAudience": "all",
            "internalReplyMessage": "",
            "externalReplyMessage": "",
        },
        "workingHours": {
            "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
            "startTime": "08:00:00.0000000",
            "endTime": "17:00:00.0000000",
            "timeZone": {"name": "W. Europe Standard Time"},
        },
    }
    return Row(type_name="mailboxSettings", body=body)
