"""What somebody may do in another person's folder: by an own entry, by groups, or as everybody may.

Source: learn.microsoft.com/powershell/module/exchange/add-mailboxfolderpermission (which rights each
role has).
"""

from collections.abc import Mapping

from toolkit.practice.store import Body
from toolkit.practice.world import World

KIND = "mailboxFolderPermission"
READ, CREATE, EDIT_ALL, EDIT_OWN = "ReadItems", "CreateItems", "EditAllItems", "EditOwnedItems"
DELETE_ALL, DELETE_OWN = "DeleteAllItems", "DeleteOwnedItems"
REVIEWER = frozenset({"FolderVisible", READ})
NON_EDITING_AUTHOR = REVIEWER | {CREATE, DELETE_OWN}
AUTHOR = NON_EDITING_AUTHOR | {EDIT_OWN}
PUBLISHING_AUTHOR = AUTHOR | {"CreateSubfolders"}
EDITOR = AUTHOR | {EDIT_ALL, DELETE_ALL}
PUBLISHING_EDITOR = EDITOR | {"CreateSubfolders"}
ROLES: Mapping[str, frozenset[str]] = {
    "None": frozenset({"FolderVisible"}),
    "AvailabilityOnly": frozenset(),
    "LimitedDetails": frozenset(),
    "Contributor": frozenset({"FolderVisible", CREATE}),
    "Reviewer": REVIEWER,
    "NonEditingAuthor": NON_EDITING_AUTHOR,
    "Author": AUTHOR,
    "PublishingAuthor": PUBLISHING_AUTHOR,
    "Editor": EDITOR,
    "PublishingEditor": PUBLISHING_EDITOR,
    "Owner": PUBLISHING_EDITOR | {"FolderContact", "FolderOwner"},
}


def rights(world: World, person: str, mailbox: Body, folder: str) -> frozenset[str]:
    """Tell somebody's rights in a folder: an own entry counts alone, groups' entries add up."""
    made = world.store.find(KIND, MailboxId=mailbox["id"], FolderType=folder)
    entries = {one["User"]: one["AccessRights"] for one in made}
    if person in entries:
        return _rights(entries[person])
    groups = _groups_of(world, person) & entries.keys()
    if groups:
        return frozenset[str]().union(*(_rights(entries[one]) for one in groups))
    return _rights(entries.get("Default", ()))


def _rights(words: list[str] | tuple[str, ...]) -> frozenset[str]:
    return frozenset[str]().union(*(ROLES.get(word, frozenset({word})) for word in words))


def _groups_of(world: World, person: str) -> set[str]:
    """List the groups somebody is in; unlike roles for applications, nested ones count too."""
    groups = {one["id"]: set(one["_members"]) for one in world.store.all("group")}
    found, fresh = set[str](), {person}
    while fresh:
        fresh = {key for key, members in groups.items() if members & fresh} - found
        found |= fresh
    return found
