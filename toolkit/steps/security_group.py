"""The mail-enabled security group that holds the mailboxes."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from toolkit import members as member_lists
from toolkit.errors import AnswerError, RefusedError
from toolkit.members import MemberList
from toolkit.state import Change, State, texts
from toolkit.steps import mailboxes, names
from toolkit.steps.base import NamesakeError, Right, Step
from toolkit.steps.reach import Reach, reach_of
from toolkit.steps.sharing import scopes_of_others
from toolkit.systems.exchange_online import CmdletError
from toolkit.systems.tenant import Tenant
from toolkit.visible import several

EXCHANGE_ADMINISTRATOR = Right("Exchange Administrator", "for the group and the scope")
SECURITY_GROUP = "MailUniversalSecurityGroup"
FIRST_MEMBERS = 100
"""Members that a new group is made with; more are added one by one, and a cut goes on there."""
SYNCED = "Its members are managed on-premises: whoever is added there is let in after the next synchronization."
NAMING = "The tenant's naming policy for groups applies to its name: {policy}"
LEFT_OUT = "{left} lines of the list are blank or repeated, and were left out."
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

    `members` and the addresses in `members_file` are a minimum. To a group mailgrant didn't make
    nobody is added.
    """

    do: ClassVar[str] = "security_group"
    key: ClassVar[tuple[str, ...]] = ("address",)
    shared: ClassVar[bool] = True
    offers: ClassVar[tuple[str, ...]] = ("id", "address", "name")
    needs: ClassVar[tuple[Right, ...]] = (EXCHANGE_ADMINISTRATOR,)
    told: ClassVar[tuple[str, ...]] = ("groups_begin",)
    cmdlets: ClassVar[frozenset[str]] = mailboxes.CMDLETS | {
        *("New-DistributionGroup", "Set-DistributionGroup", "Remove-DistributionGroup"),
        *("Add-DistributionGroupMember", "Remove-DistributionGroupMember"),
        "Get-OrganizationConfig",
    }

    groups_begin: str = ""
    address: str
    members: tuple[str, ...] = ()
    members_file: str = ""
    owner: str = ""

    @property
    def title(self) -> str:
        """Name the thing."""
        return f"mail-enabled security group {self.address}"

    @property
    def called(self) -> str:
        """Name it in Exchange's directory."""
        return names.group(self.mark, self.groups_begin, self.address)

    @property
    def shown(self) -> str:
        """Name it for people."""
        return f"{self.groups_begin}{self.address.partition('@')[0]}"[: names.LONGEST]

    @cached_property
    def listed(self) -> MemberList:
        """Read the file of members; nobody where there is none."""
        if not self.members_file:
            return MemberList(addresses=(), blank=0, repeated=0)
        return member_lists.read(Path(self.members_file))

    @property
    def minimum(self) -> frozenset[str]:
        """Collect who must be in."""
        return frozenset(each.lower() for each in (*self.members, *self.listed.addresses))

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
            "called": row.get("Name", ""),
            "hidden": bool(row.get("HiddenFromAddressListsEnabled")),
            "ours": self.mark.tag == row.get("CustomAttribute15")
            or self.mark.name in str(row.get("Name", "")),
            "synced": bool(row.get("IsDirSynced")),
            "members": members,
        }

    def wanted(self, found: State | None) -> State | None:
        """Want a hidden group with at least these members; of others' groups want what they are."""
        if found and not found["ours"]:
            return {"address": self.address.lower()}
        return {
            "address": self.address.lower(),
            "hidden": True,
            "ours": True,
            "members": texts(found, "members") | self.minimum,
        }

    def check(self, tenant: Tenant, found: State | None) -> None:
        """Refuse a new group without an owner, and a mailbox that isn't in a group of others."""
        if found is None and not self.owner:
            raise AnswerError(
                f"The group {self.address} is new and needs an owner.",
                fix="Name one person's mail address.",
            )
        missing = self.minimum - texts(found, "members")
        if found and not found["ours"] and missing:
            raise RefusedError(
                f"{several(missing)} is no direct member of {self.address}, and mailgrant didn't make that group.",
                fix="Its members are managed on-premises: have them added there; nested groups don't count."
                if found["synced"]
                else "Name mailboxes that are direct members, or have the group's owner add them; nested groups don't count.",
            )
        if missing and self.members_file:
            self._check_listed(tenant, missing)

    def _check_owner(self, tenant: Tenant) -> None:
        if tenant.exchange.find("Get-Recipient", Identity=self.owner) is None:
            raise AnswerError(
                f"The owner {self.owner} isn't known to Exchange.",
                fix="Name one person's mail address.",
            )

    def _check_listed(self, tenant: Tenant, missing: Iterable[str]) -> None:
        """Refuse a list with anybody who has no mailbox here, by one listing of all mailboxes."""
        verified = tenant.graph.organization().get("verifiedDomains") or ()
        foreign = self.listed.outside(str(domain["name"]) for domain in verified)
        if foreign:
            raise AnswerError(
                f"{len(foreign)} addresses of {Path(self.members_file).name} are of other domains: {several(foreign)}.",
                fix="Take them out of the file: only mailboxes of this tenant can be let in.",
            )
        tenant.prompts.working("looking for the listed mailboxes")
        rows = tenant.exchange.run(
            "Get-Recipient",
            RecipientTypeDetails=list(mailboxes.CLOUD_MAILBOXES),
            ResultSize="Unlimited",
        )
        strangers = set(missing) - {mailboxes.address_of(row) for row in rows}
        if strangers:
            raise AnswerError(
                f"{len(strangers)} addresses of {Path(self.members_file).name} are no mailbox in Exchange Online: {several(strangers)}.",
                fix="Correct the file; it must name mailboxes by their primary address.",
            )

    def reach(self, tenant: Tenant, found: State | None) -> Reach | None:
        """Count the mailboxes inside, those that are to be added among them."""
        if found is None:
            self._check_owner(tenant)
            return reach_of(self.minimum, self._naming(tenant))
        inside = mailboxes.in_groups(tenant, [str(found["id"])], self.address)
        adding = self.minimum - texts(found, "members") if found["ours"] else frozenset()
        remarks = [*inside.remarks, *([SYNCED] if found["synced"] else [])]
        return reach_of(inside.addresses | adding, remarks)

    def _naming(self, tenant: Tenant) -> list[str]:
        """Show the tenant's naming policy for groups: Exchange applies it to ours too.

        Source: learn.microsoft.com/exchange/recipients-in-exchange-online/manage-distribution-groups/
        create-group-naming-policy
        """
        policy = str(tenant.exchange.organization().get("DistributionGroupNamingPolicy") or "")
        said = [NAMING.format(policy=policy)] if policy else []
        left = self.listed.blank + self.listed.repeated
        return said + ([LEFT_OUT.format(left=left)] if left else [])

    def leaned_on(self, tenant: Tenant, found: State) -> str:
        """Say which scopes of others point to the group: deleting it would close their mailboxes."""
        return scopes_of_others(tenant, found, self.mark)

    def write(self, tenant: Tenant, change: Change) -> None:
        """Make the group, adjust its members, or remove it."""
        exchange = tenant.exchange
        if change.after is None:
            identity = (change.before or {}).get("id")
            if identity:
                exchange.remove(
                    "Remove-DistributionGroup",
                    Identity=identity,
                    BypassSecurityGroupManagerCheck=True,
                )
            return
        if change.before is None:
            self._make(tenant, sorted(change.added("members"))[:FIRST_MEMBERS])
        identity = str((change.before or {}).get("id") or self.address)
        if change.differs("hidden"):
            exchange.run(
                "Set-DistributionGroup",
                settle=True,
                Identity=identity,
                HiddenFromAddressListsEnabled=bool(change.after["hidden"]),
                CustomAttribute15=self.mark.tag,
                BypassSecurityGroupManagerCheck=True,
            )
        adding = sorted(change.added("members"))
        self._add(tenant, identity, adding if change.before else adding[FIRST_MEMBERS:])
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
    def _add(tenant: Tenant, group: str, members: list[str]) -> None:
        """Add members one by one: nobody else is touched, and a cut goes on with those still missing."""
        for number, member in enumerate(members, 1):
            tenant.prompts.working(f"adding member {number} of {len(members)}")
            tenant.exchange.run(
                "Add-DistributionGroupMember",
                settle=True,
                fine=("already a member",),
                Identity=group,
                Member=member,
                BypassSecurityGroupManagerCheck=True,
            )

    @staticmethod
    def _members(tenant: Tenant, group: str) -> frozenset[str] | None:
        """List the direct members; None where this replica doesn't know the group (any more, or yet)."""
        try:
            rows = mailboxes.members_of(tenant, group)
        except CmdletError as error:
            if error.missing:
                return None
            raise
        return frozenset(mailboxes.address_of(row) for row in rows)

    def _make(self, tenant: Tenant, members: list[str]) -> None:
        local = self.address.partition("@")[0]
        tenant.exchange.run(
            "New-DistributionGroup",
            fine=("already exists", "already being used"),
            Name=self.called,
            Alias=local[:64],
            DisplayName=self.shown,
            PrimarySmtpAddress=self.address,
            Type="Security",
            ManagedBy=[self.owner],
            Members=members,
            MemberJoinRestriction="Closed",
            RequireSenderAuthenticationEnabled=True,
            Notes=f"Mailboxes that an application may enter. Set up by mailgrant ({self.mark.tag}).",
        )
