"""One cmdlet and its parameters: the shape in which mailgrant speaks to every Exchange."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from toolkit.errors import RefusedError
from toolkit.systems.retry import Kind

Row = dict[str, Any]

READING = ("Get-", "Test-")
ALLOWED = frozenset(
    {
        "Get-Recipient",
        "Get-DistributionGroup",
        "New-DistributionGroup",
        "Set-DistributionGroup",
        "Remove-DistributionGroup",
        "Get-DistributionGroupMember",
        "Add-DistributionGroupMember",
        "Remove-DistributionGroupMember",
        "Get-ServicePrincipal",
        "New-ServicePrincipal",
        "Remove-ServicePrincipal",
        "Get-ManagementRoleAssignment",
        "New-ManagementRoleAssignment",
        "Remove-ManagementRoleAssignment",
        "Get-ManagementScope",
        "New-ManagementScope",
        "Set-ManagementScope",
        "Remove-ManagementScope",
        "Test-ServicePrincipalAuthorization",
        "Get-OrganizationConfig",
        "Enable-OrganizationCustomization",
    }
)
"""Every cmdlet mailgrant may run, on any carrier; a playbook can't add to it."""

ROWS = {
    "Get-Recipient": {"ExternalDirectoryObjectId?": str, "RecipientTypeDetails": str},
    "Get-ServicePrincipal": {"ObjectId": str, "AppId": str},
    "Get-ManagementRoleAssignment": {"Name": str, "Role": str},
    "Test-ServicePrincipalAuthorization": {"RoleName": str},
}
"""What a row must have, by cmdlet; the names are those of each cmdlet's reference page."""


@dataclass(frozen=True)
class Cmdlet:
    """A cmdlet to run. Parameter names are those of its reference page; a switch is true."""

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.name not in ALLOWED:
            raise RefusedError(
                f"mailgrant doesn't run {self.name}.", fix="This is a defect; please report it."
            )

    @property
    def kind(self) -> Kind:
        """Tell whether it only reads; every cmdlet here that writes has a natural key."""
        return Kind.READ if self.name.startswith(READING) else Kind.KEYED


class Rows(list[Row]):
    """What a cmdlet gave; `warnings` are what it said beside, which is no failure."""

    def __init__(self, rows: Iterable[Row] = (), warnings: Sequence[str] = ()) -> None:
        super().__init__(rows)
        self.warnings = tuple(warnings)
