"""The cmdlets about a mailbox's folders and who else may open them; folder names follow the language."""

import base64
import uuid
from collections.abc import Mapping

from toolkit.practice.exchange import recipients
from toolkit.practice.exchange.cmdlet_call import (
    Call,
    Cmdlet,
    CmdletError,
    Result,
    no_such_reference,
)
from toolkit.practice.exchange.recipients import MAILBOXES
from toolkit.practice.exchange.shared_folders import KIND
from toolkit.practice.store import Body
from toolkit.practice.world import World

# Folder type: its name in English, German and Dutch.
FOLDERS: Mapping[str, tuple[str, str, str]] = {
    "Root": ("Top of Information Store", "Oberste Ebene des Informationsspeichers", "Postvak"),
    "Inbox": ("Inbox", "Posteingang", "Postvak IN"),
    "Calendar": ("Calendar", "Kalender", "Agenda"),
    "BirthdayCalendar": ("Birthdays", "Geburtstage", "Verjaardagen"),
    "Contacts": ("Contacts", "Kontakte", "Contactpersonen"),
    "DeletedItems": ("Deleted Items", "Gelöschte Elemente", "Verwijderde items"),
    "Drafts": ("Drafts", "Entwürfe", "Concepten"),
    "SentItems": ("Sent Items", "Gesendete Elemente", "Verzonden items"),
    "Tasks": ("Tasks", "Aufgaben", "Taken"),
}
LANGUAGES = {"de": 1, "nl": 2}
INSIDE = {"BirthdayCalendar": "Calendar"}
ROLES = (
    *("None", "Owner", "PublishingEditor", "Editor", "PublishingAuthor", "Author"),
    *("NonEditingAuthor", "Reviewer", "Contributor", "AvailabilityOnly", "LimitedDetails"),
)
RIGHTS = (
    *("CreateItems", "CreateSubfolders", "DeleteAllItems", "DeleteOwnedItems", "EditAllItems"),
    *("EditOwnedItems", "FolderContact", "FolderOwner", "FolderVisible", "ReadItems"),
)
CALENDAR_ONLY = frozenset({"AvailabilityOnly", "LimitedDetails"})
# Everybody's own entries, which are there without anybody having made them.
IMPLIED = {"Default": "AvailabilityOnly", "Anonymous": "None"}
STORAGE = "Microsoft.Exchange.Management.StoreTasks"
BAD_RIGHTS = f"{STORAGE}.InvalidAccessRightException"


def get_mailbox_folder_statistics(call: Call) -> Result:
    """Answer Get-MailboxFolderStatistics; FolderType is the same in every language."""
    user = _mailbox(call, call.text("Identity"))
    scope = call.text("FolderScope") or "All"
    kinds = [one for one in FOLDERS if scope in {"All", one, INSIDE.get(one)}]
    rows: list[Body] = [
        {
            "Identity": f"{recipients.name(user)}\\{_path(user, kind).strip('/')}",
            "Name": _name(user, kind),
            "FolderPath": _path(user, kind),
            "FolderId": _folder_id(user, kind),
            "FolderType": kind,
            "ItemsInFolder": 0,
            "ItemsInFolderAndSubfolders": 0,
            "FolderSize": "0 B (0 bytes)",
        }
        for kind in kinds
    ]
    return Result(rows=rows)


def get_mailbox_folder_permission(call: Call) -> Result:
    """Answer Get-MailboxFolderPermission."""
    user, kind = _folder(call)
    entries = _entries(call.world, user, kind)
    if call.text("User"):
        key = _grantee(call)
        if key not in entries:
            raise _no_entry(call)
        entries = {key: entries[key]}
    return Result(rows=[_row(call.world, user, kind, *entry) for entry in entries.items()])


def add_mailbox_folder_permission(call: Call) -> Result:
    """Answer Add-MailboxFolderPermission."""
    user, kind = _folder(call)
    grantee = _grantee(call)
    if grantee in _entries(call.world, user, kind):
        raise CmdletError(
            f"{STORAGE}.UserAlreadyExistsInPermissionEntryException",
            f"An existing permission entry was found for user: {call.text('User')}.",
        )
    entry = _write(call, user, kind, grantee)
    return Result(rows=[_row(call.world, user, kind, grantee, entry)])


def set_mailbox_folder_permission(call: Call) -> Result:
    """Answer Set-MailboxFolderPermission."""
    user, kind = _folder(call)
    grantee = _grantee(call)
    if grantee not in _entries(call.world, user, kind):
        raise _no_entry(call)
    _write(call, user, kind, grantee)
    return Result()


def remove_mailbox_folder_permission(call: Call) -> Result:
    """Answer Remove-MailboxFolderPermission."""
    user, kind = _folder(call)
    grantee = _grantee(call)
    if grantee in IMPLIED or grantee not in _entries(call.world, user, kind):
        raise _no_entry(call)
    if not call.flag("WhatIf"):
        call.world.remove(KIND, _key(user, kind, grantee), lag=False)
    return Result()


def _mailbox(call: Call, identity: str) -> Body:
    user = recipients.find(call.world, identity, MAILBOXES)
    if user is None:
        raise call.missing()
    return user


def _folder(call: Call) -> tuple[Body, str]:
    r"""Resolve mailbox:\name or mailbox:FolderId; without a folder the root is meant."""
    mailbox, _, wanted = call.text("Identity").partition(":")
    user = _mailbox(call, mailbox)
    if not wanted:
        return user, "Root"
    for kind in FOLDERS:
        path = _path(user, kind).replace("/", "\\").lower()
        if wanted == _folder_id(user, kind) or wanted.replace("/", "\\").lower() == path:
            return user, kind
    raise call.missing()


def _name(user: Body, kind: str) -> str:
    language = str(user["_exchange"].get("Language") or "en")[:2].lower()
    return FOLDERS[kind][LANGUAGES.get(language, 0)]


def _path(user: Body, kind: str) -> str:
    parts = [INSIDE[kind], kind] if kind in INSIDE else [kind]
    return "".join(f"/{_name(user, part)}" for part in parts)


def _folder_id(user: Body, kind: str) -> str:
    made = uuid.uuid5(uuid.UUID(user["id"]), kind).bytes + uuid.UUID(user["id"]).bytes
    return "LgAAAA" + base64.b64encode(made).decode().replace("/", "_").replace("+", "-")


def _grantee(call: Call) -> str:
    identity = call.text("User")
    implied = [one for one in IMPLIED if one.lower() == identity.lower()]
    if implied:
        return implied[0]
    body = recipients.find(call.world, identity)
    if body is None:
        raise no_such_reference(identity)
    return str(body["id"])


def _entries(world: World, user: Body, kind: str) -> dict[str, Body]:
    implied = {
        name: {"AccessRights": [right if kind == "Calendar" else "None"]}
        for name, right in IMPLIED.items()
    }
    made = world.store.find(KIND, MailboxId=user["id"], FolderType=kind)
    return implied | {entry["User"]: entry for entry in made}


def _key(user: Body, kind: str, grantee: str) -> str:
    return f"{user['id']}:{kind}:{grantee}"


def _write(call: Call, user: Body, kind: str, grantee: str) -> Body:
    rights = [_right(one, kind) for one in call.texts("AccessRights")]
    flags = call.texts("SharingPermissionFlags")
    if set(flags) - {"None"} and rights != ["Editor"]:
        raise CmdletError(
            BAD_RIGHTS,
            "The SharingPermissionFlags parameter can be used only when AccessRights is Editor.",
        )
    entry = {
        "AccessRights": rights,
        "FolderType": kind,
        "MailboxId": user["id"],
        "SharingPermissionFlags": ", ".join(flags),
        "User": grantee,
    }
    if not call.flag("WhatIf"):
        call.world.put(KIND, _key(user, kind, grantee), entry, lag=False)
    return entry


def _right(wanted: str, kind: str) -> str:
    for right in (*ROLES, *RIGHTS):
        if right.lower() == wanted.lower() and (right not in CALENDAR_ONLY or kind == "Calendar"):
            return right
    raise CmdletError(BAD_RIGHTS, f"The access right '{wanted}' isn't valid for this folder.")


def _no_entry(call: Call) -> CmdletError:
    return CmdletError(
        f"{STORAGE}.UserNotFoundInPermissionEntryException",
        f"There is no existing permission entry found for user: {call.text('User')}.",
    )


def _row(world: World, user: Body, kind: str, grantee: str, entry: Body) -> Body:
    body = world.store.get("user", grantee) or world.store.get("group", grantee)
    path = _path(user, kind).replace("/", "\\")
    return {
        "Identity": f"{recipients.name(user)}:{path}",
        "FolderName": _name(user, kind),
        "User": body["displayName"] if body else grantee,
        "AccessRights": entry["AccessRights"],
        "SharingPermissionFlags": entry.get("SharingPermissionFlags") or None,
        "IsValid": True,
    }


CMDLETS: Mapping[str, Cmdlet] = {
    "Get-MailboxFolderStatistics": get_mailbox_folder_statistics,
    "Get-MailboxFolderPermission": get_mailbox_folder_permission,
    "Add-MailboxFolderPermission": add_mailbox_folder_permission,
    "Set-MailboxFolderPermission": set_mailbox_folder_permission,
    "Remove-MailboxFolderPermission": remove_mailbox_folder_permission,
}
