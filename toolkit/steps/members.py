"""Who is in a group: some come, some go, everybody else stays."""

from dataclasses import dataclass
from typing import ClassVar

from toolkit.errors import NotFoundError
from toolkit.state import Change, State, texts
from toolkit.steps.base import Right, Step
from toolkit.systems.exchange_online import CmdletError
from toolkit.systems.tenant import Tenant


@dataclass(frozen=True, kw_only=True)
class Members(Step):
    """Members added to and removed from a mail-enabled security group, one by one.

    Addresses are primary ones, as Exchange lists them. Who was added or removed by others since
    is nobody's drift: only these come and go.
    """

    do: ClassVar[str] = "members"
    key: ClassVar[tuple[str, ...]] = ("group",)
    needs: ClassVar[tuple[Right, ...]] = (
        Right("Exchange Administrator", "for the members of the group"),
    )

    cmdlets: ClassVar[frozenset[str]] = frozenset(
        {
            "Get-DistributionGroupMember",
            *("Add-DistributionGroupMember", "Remove-DistributionGroupMember"),
        }
    )

    group: str
    address: str = ""
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Name the thing."""
        return f"members of {self.address or self.group}"

    def read(self, tenant: Tenant) -> State | None:
        """List the direct members; None where the group isn't there."""
        members = self._members(tenant)
        return None if members is None else {"members": members}

    def wanted(self, found: State | None) -> State | None:
        """Want those who come in, and those who go out."""
        came, went = _lower(self.add), _lower(self.remove)
        return {"members": (texts(found, "members") | came) - went}

    def check(self, tenant: Tenant, found: State | None) -> None:  # noqa: ARG002  what was found is enough
        """Refuse a group that isn't there (any more): this step makes none."""
        if found is None:
            raise NotFoundError(
                f"The group {self.address or self.group} isn't there.",
                fix="Draw the set-up's plan again: mailgrant plan PLAYBOOK shows what is missing.",
            )

    def write(self, tenant: Tenant, change: Change) -> None:
        """Add and remove one by one; who is there, or gone, is fine."""
        if change.after is None:
            return
        for member in sorted(change.added("members")):
            tenant.prompts.working(f"add {member}")
            tenant.exchange.run(
                "Add-DistributionGroupMember",
                fine=("already a member",),
                Identity=self.group,
                Member=member,
                BypassSecurityGroupManagerCheck=True,
            )
        for member in sorted(change.removed("members")):
            tenant.prompts.working(f"remove {member}")
            tenant.exchange.run(
                "Remove-DistributionGroupMember",
                fine=("isn't a member", "is not a member"),
                Identity=self.group,
                Member=member,
                Confirm=False,
                BypassSecurityGroupManagerCheck=True,
            )

    def _members(self, tenant: Tenant) -> frozenset[str] | None:
        try:
            rows = tenant.exchange.run(
                "Get-DistributionGroupMember", Identity=self.group, ResultSize="Unlimited"
            )
        except CmdletError as error:
            if error.missing:
                return None
            raise
        return frozenset(
            str(row.get("PrimarySmtpAddress") or row.get("Name", "")).lower() for row in rows
        )


def _lower(addresses: tuple[str, ...]) -> frozenset[str]:
    return frozenset(address.lower() for address in addresses)
