"""RBAC for Applications: the roles there are, and which mailboxes an app reaches by them."""

from dataclasses import dataclass

from toolkit.practice import administrative_units
from toolkit.practice.exchange import recipients
from toolkit.practice.store import Body
from toolkit.practice.world import World

FULL_MAIL = ("Mail.ReadWrite", "Mail.Send")
# Role (without "Application "): the permissions it grants, its own name unless said otherwise.
# As listed at learn.microsoft.com/exchange/permissions-exo/application-rbac.
ROLES: dict[str, tuple[str, ...]] = {
    f"Application {name}": permissions or (name,)
    for name, permissions in {
        "Calendars.Read": (),
        "Calendars.ReadWrite": (),
        "Contacts.Read": (),
        "Contacts.ReadWrite": (),
        "EWS.AccessAsApp": (),
        "Exchange Full Access": (
            *FULL_MAIL,
            *("MailboxSettings.ReadWrite", "Calendars.ReadWrite", "Contacts.ReadWrite"),
        ),
        "Mail Full Access": FULL_MAIL,
        "Mail-Advanced.ReadWrite.All": (),
        "Mail.Read": (),
        "Mail.ReadBasic": (),
        "Mail.ReadWrite": (),
        "Mail.Send": (),
        "MailTips.ReadBasic.All": (),
        "MailboxConfigItem.Read": (),
        "MailboxConfigItem.ReadWrite": (),
        "MailboxFolder.Read": (),
        "MailboxFolder.ReadWrite": (),
        "MailboxItem.Export": (),
        "MailboxItem.ImportExport": (),
        "MailboxItem.Read": (),
        "MailboxItem.ReadWrite": (),
        "MailboxSettings.Read": (),
        "MailboxSettings.ReadWrite": (),
        "SMTP.SendAsApp": (),
    }.items()
}


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What one role assignment lets an app do, in which mailboxes (None: in all of them)."""

    role: str
    permissions: frozenset[str]
    members: frozenset[str] | None

    def reaches(self, user_id: str) -> bool:
        """Tell whether a mailbox is in scope."""
        return self.members is None or user_id in self.members


def pointers(world: World) -> list[Body]:
    """List Exchange's pointers to service principals; one dies with its service principal."""
    listed = world.store.all("exchangeServicePrincipal")
    return [one for one in listed if world.store.get("servicePrincipal", one["ObjectId"])]


def bury(world: World) -> None:
    """Take away the pointers whose service principal is gone, and what was assigned to them."""
    living = {one["Guid"] for one in pointers(world)}
    for pointer in world.store.all("exchangeServicePrincipal"):
        if pointer["Guid"] not in living:
            world.remove("exchangeServicePrincipal", pointer["Guid"], lag=False)
            for assignment in assignments(world, pointer["ObjectId"]):
                world.remove("managementRoleAssignment", assignment["Guid"], lag=False)


def assignments(world: World, object_id: str) -> list[Body]:
    """List an app's role assignments, the disabled ones too."""
    listed = world.store.find("managementRoleAssignment", App=object_id)
    return [one for one in listed if one["RoleAssigneeType"] == "ServicePrincipal"]


def grants(world: World, app_id: str) -> frozenset[Grant]:
    """Work out what an app may do by its role assignments, as they are right now."""
    return frozenset(
        grant(world, assignment)
        for pointer in pointers(world)
        if pointer["AppId"].lower() == app_id.lower()
        for assignment in assignments(world, pointer["ObjectId"])
        if assignment["Enabled"]
    )


def grant(world: World, assignment: Body) -> Grant:
    """Work out what one role assignment grants."""
    return Grant(
        role=assignment["Role"],
        permissions=frozenset(ROLES.get(assignment["Role"], ())),
        members=_members(world, assignment),
    )


def _members(world: World, assignment: Body) -> frozenset[str] | None:
    """List who is in scope: direct members only, of a group, a filter or an administrative unit."""
    if assignment.get("RecipientGroupScope"):
        group = world.store.get("group", assignment["RecipientGroupScope"]) or {}
        return frozenset(group.get("_members") or ())
    if assignment.get("RecipientAdministrativeUnitScope"):
        unit = world.store.get("administrativeUnit", assignment["RecipientAdministrativeUnitScope"])
        return frozenset(administrative_units.members(world, unit) if unit else ())
    if not assignment.get("CustomResourceScope"):
        return None
    found: list[Body] = []
    for scope in world.store.find("managementScope", Name=assignment["CustomResourceScope"]):
        everyone, groups = recipients.true(world, "user"), recipients.true(world, "group")
        found += recipients.matching(world, scope["RecipientFilter"], everyone, groups)
    return frozenset(body["id"] for body in found)
