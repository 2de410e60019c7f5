"""The mail-enabled security group that holds the mailboxes."""

from dataclasses import dataclass
from typing import Any, ClassVar

from toolkit.errors import AnswerError, RefusedError
from toolkit.state import Change, State, texts
from toolkit.steps.base import NamesakeError, Right, Step
from toolkit.steps.sharing import scopes_of_others
from toolkit.systems.exchange_online import CmdletError
from toolkit.systems.tenant import Tenant

EXCHANGE_ADMINISTRATOR = Right("Exchange Administrator", "for the group and the scope")
SECURITY_GROUP = "MailUniversalSecurityGroup"
KINDS = {
    "MailUniversalDistributionGroup": "a distribution list",
    "MailNonUniversalGroup": "a non-universal group",
    "DynamicDistributionGroup": "a dynamic distribution list",
    "GroupMailbox": "a Microsoft 365 group",
    "RoomList": "a room list",
}


@dataclass(frozen=True, kw_only=True)
class SecurityGroup(Step):
    """One mail-enabled security group, made in Exchange: Microsoft Graph can't make them.

    `members` is a minimum. To a group mailgrant didn't make nobody is added.
    """

    do: ClassVar[str] = "security_group"
    key: ClassVar[tuple[str, ...]] = ("address",)
    shared: ClassVar[bool] = True
    offers: ClassVar[tuple[str, ...]] = ("id", "address", "name")
    needs: ClassVar[tuple[Right, ...]] = (EXCHANGE_ADMINISTRATOR,)

    address: str
    members: tuple[str, ...] = ()
    owner: str = ""

    @property
    def title(self) -> str:
        """Name the thing."""
        return f"mail-enabled security group {self.address}"

    def read(self, tenant: Tenant) -> State | None:
        """Look for the address; anything but a mail-enabled security group stops everything."""
        row = tenant.exchange.find("Get-Recipient", Identity=self.address)
        if row is None:
            return None
        kind = row.get("RecipientTypeDetails", "")
        if kind != SECURITY_GROUP:
            raise NamesakeError(
                f"{self.address} is {KINDS.get(kind, f'no group but a {kind}')}, not a mail-enabled security group.",
                fix="Give the address of a mail-enabled security group, or one that is free: mailgrant makes the group.",
            )
        group = str(row["ExternalDirectoryObjectId"])
        members = self._members(tenant, group)
        if members is None:
            return None
        return {
            "id": group,
            "address": str(row.get("PrimarySmtpAddress", "")).lower(),
            "name": row.get("DisplayName") or row.get("Name", ""),
            "hidden": bool(row.get("HiddenFromAddressListsEnabled")),
            "ours": self.mark.tag == row.get("CustomAttribute15") or self.mark.name == row.get("Name"),
            "members": members,
        }

    def wanted(self, found: State | None) -> State | None:
        """Want a hidden group with at least these members; of others' groups want what they are."""
        minimum = frozenset(member.lower() for member in self.members)
        if found and not found["ours"]:
            return {"address": self.address.lower()}
        return {
            "address": self.address.lower(),
            "hidden": True,
            "ours": True,
            "members": texts(found, "members") | minimum,
        }

    def check(self, tenant: Tenant, found: State | None) -> None:
        """Refuse a new group without an owner, and a mailbox that isn't in a group of others."""
        if found is None and not self.owner:
            raise AnswerError(
                f"The group {self.address} is new and needs an owner.",
                fix="Name one person's mail address.",
            )
        if found is None and tenant.exchange.find("Get-Recipient", Identity=self.owner) is None:
            raise AnswerError(
                f"The owner {self.owner} isn't known to Exchange.",
                fix="Name one person's mail address.",
            )
        missing = {member.lower() for member in self.members} - texts(found, "members")
        if found and not found["ours"] and missing:
            raise RefusedError(
                f"{', '.join(sorted(missing))} is no direct member of {self.address}, and mailgrant didn't make that group.",
                fix="Name a mailbox that is a direct member, or have the group's owner add it; nested groups don't count.",
            )

    def leaned_on(self, tenant: Tenant, found: State) -> str:
        """Say which scopes of others point to the group: deleting it would close their mailboxes."""
        return scopes_of_others(tenant, found, self.mark)

    def write(self, tenant: Tenant, change: Change) -> None:
        """Make the group, adjust its members, or remove it."""
        exchange = tenant.exchange
        if change.after is None:
            identity = (change.before or {}).get("id")
            if identity:
                exchange.run(
                    "Remove-DistributionGroup",
                    fine=("couldn't be found",),
                    Identity=identity,
                    Confirm=False,
                    BypassSecurityGroupManagerCheck=True,
                )
            return
        if change.before is None:
            self._make(tenant, sorted(change.added("members")))
        identity = str((change.before or {}).get("id") or self.address)
        if not (change.before or {}).get("hidden") and change.after.get("hidden"):
            exchange.run(
                "Set-DistributionGroup",
                settle=True,
                Identity=identity,
                HiddenFromAddressListsEnabled=True,
                CustomAttribute15=self.mark.tag,
                BypassSecurityGroupManagerCheck=True,
            )
        if change.before is None:
            return
        for member in sorted(change.added("members")):
            exchange.run(
                "Add-DistributionGroupMember",
                fine=("already a member",),
                Identity=identity,
                Member=member,
                BypassSecurityGroupManagerCheck=True,
            )
        for member in sorted(change.removed("members")):
            exchange.run(
                "Remove-DistributionGroupMember",
                fine=("isn't a member", "is not a member"),
                Identity=identity,
                Member=member,
                Confirm=False,
                BypassSecurityGroupManagerCheck=True,
            )

    @staticmethod
    def _members(tenant: Tenant, group: str) -> frozenset[str] | None:
        """List the direct members; None where this replica doesn't know the group (any more, or yet)."""
        try:
            rows = tenant.exchange.run(
                "Get-DistributionGroupMember", Identity=group, ResultSize="Unlimited"
            )
        except CmdletError as error:
            if error.missing:
                return None
            raise
        return frozenset(_address(row) for row in rows)

    def _make(self, tenant: Tenant, members: list[str]) -> None:
        local = self.address.partition("@")[0]
        tenant.exchange.run(
            "New-DistributionGroup",
            fine=("already exists", "already being used"),
            Name=self.mark.name[:64],
            Alias=local[:64],
            DisplayName=local[:64],
            PrimarySmtpAddress=self.address,
            Type="Security",
            ManagedBy=[self.owner],
            Members=members,
            MemberJoinRestriction="Closed",
            RequireSenderAuthenticationEnabled=True,
            Notes=f"Mailboxes that an application may enter. Set up by mailgrant ({self.mark.tag}).",
        )


def _address(row: dict[str, Any]) -> str:
    return str(
        row.get("PrimarySmtpAddress") or row.get("ExternalDirectoryObjectId") or row.get("Name", "")
    ).lower()
