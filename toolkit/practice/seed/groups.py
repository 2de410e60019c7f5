"""The groups of the practice university: some to use, some that make trouble, some decoys."""

from datetime import timedelta

from toolkit.practice.seed.people import (
    DOMAIN,
    INITIAL_DOMAIN,
    distinguished_name,
    everybody,
    known_id,
    user_id,
)
from toolkit.practice.store import Body
from toolkit.practice.world import World

SECURITY = "MailUniversalSecurityGroup"
DISTRIBUTION = "MailUniversalDistributionGroup"
MICROSOFT_365 = "GroupMailbox"
OWNERS = ["exchange.admin"]
GROUP_AGE = timedelta(days=-400)


def fill(world: World) -> None:
    """Put the groups into the world."""
    for body in _groups(world):
        world.put("group", body["id"], body, lag=False)


def group_id(alias: str) -> str:
    """Tell the id of a seeded group by the part of the address before the @."""
    return known_id(f"group/{alias}")


def _groups(world: World) -> list[Body]:
    staff = [one.alias for one in everybody() if one.kind == "UserMailbox" and one.role == "staff"]
    crowd = staff[3:]
    lecturers = [one.alias for one in everybody() if one.title in {"Lecturer", "Professor"}]
    nested = _mailing(world, "nested-calendars", "Nested Calendars", SECURITY, crowd[8:9])
    nested["_members"].append(group_id("faculty-calendars"))
    synced = _mailing(world, "synced-staff", "Synced Staff", SECURITY, crowd[10:30])
    synced |= {"onPremisesSyncEnabled": True, "onPremisesSamAccountName": "synced-staff"}
    synced["_owners"] = []
    synced["_exchange"] |= {"IsDirSynced": True, "ManagedBy": []}
    team = _mailing(world, "course-team", "Course Team", MICROSOFT_365, crowd[30:36])
    team |= {"groupTypes": ["Unified"], "securityEnabled": False, "visibility": "Private"}
    return [
        _mailing(
            world, "existing-calendars", "Existing Calendars", SECURITY, [*crowd[:4], "room.b101"]
        ),
        nested,
        _mailing(world, "faculty-calendars", "Faculty Calendars", SECURITY, crowd[4:8]),
        synced,
        _mailing(
            world, "timetable-mailboxes-old", "Timetable Mailboxes (old)", SECURITY, crowd[:12]
        ),
        _mailing(
            world,
            "history-calendars",
            "History Calendars",
            SECURITY,
            ["mette.jansen", *crowd[36:40]],
        ),
        _mailing(world, "lecture-rooms", "Lecture Rooms", SECURITY, ["room.b101", "room.b102"]),
        _mailing(world, "all-lecturers", "All Lecturers", DISTRIBUTION, lecturers),
        team,
        _plain(world, "Licensed Staff", crowd[:20]),
        _plain(world, "Help Desk", crowd[20:24]),
        _plain(world, "Empty", []),
    ]


def _plain(world: World, name: str, members: list[str]) -> Body:
    alias = name.lower().replace(" ", "-")
    return {
        "id": group_id(alias),
        "classification": None,
        "createdDateTime": world.stamp(GROUP_AGE),
        "deletedDateTime": None,
        "description": None,
        "displayName": name,
        "groupTypes": [],
        "isAssignableToRole": None,
        "mail": None,
        "mailEnabled": False,
        "mailNickname": alias,
        "onPremisesSyncEnabled": None,
        "proxyAddresses": [],
        "renewedDateTime": world.stamp(GROUP_AGE),
        "securityEnabled": True,
        "visibility": None,
        "_members": [user_id(alias) for alias in members],
        "_owners": [],
    }


def _mailing(world: World, alias: str, name: str, kind: str, members: list[str]) -> Body:
    address = f"{alias}@{DOMAIN}"
    owners = [user_id(owner) for owner in OWNERS]
    body = _plain(world, name, members) | {
        "id": group_id(alias),
        "mail": address,
        "mailEnabled": True,
        "mailNickname": alias,
        "proxyAddresses": [f"SMTP:{address}", f"smtp:{alias}@{INITIAL_DOMAIN}"],
        "securityEnabled": kind == SECURITY,
        "_owners": owners,
    }
    body["_exchange"] = {
        "Alias": alias,
        "DisplayName": name,
        "DistinguishedName": distinguished_name(alias),
        "EmailAddresses": body["proxyAddresses"],
        "ExternalDirectoryObjectId": body["id"],
        "Guid": known_id(f"recipient/{body['id']}"),
        "HiddenFromAddressListsEnabled": False,
        "IsDirSynced": False,
        "ManagedBy": owners,
        "MemberJoinRestriction": "Closed",
        "Name": alias,
        "Notes": "",
        "PrimarySmtpAddress": address,
        "RecipientType": kind,
        "RecipientTypeDetails": kind,
        "RequireSenderAuthenticationEnabled": True,
    }
    return body
