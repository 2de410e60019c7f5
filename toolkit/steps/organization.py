"""Whether the Exchange organization may have roles and scopes of its own."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from toolkit.state import Change, State
from toolkit.steps.base import Right, Step
from toolkit.steps.security_group import EXCHANGE_ADMINISTRATOR
from toolkit.systems.exchange_online import CmdletError
from toolkit.systems.tenant import Tenant

AGAIN = 60.0
"""Seconds until Exchange is asked again: the first try is often refused."""
LINE = "mailgrant doctor --customize"


@dataclass(frozen=True, kw_only=True)
class Organization(Step):
    """The tenant's Exchange organization, customized once and for all.

    Until then it shares Microsoft's roles with others and refuses assignments and scopes of its own.
    Source: learn.microsoft.com/powershell/module/exchangepowershell/enable-organizationcustomization
    """

    do: ClassVar[str] = "organization"
    key: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[Right, ...]] = (EXCHANGE_ADMINISTRATOR,)
    patience: ClassVar[timedelta] = timedelta(hours=1)
    irreversible: ClassVar[str] = (
        "Microsoft offers no way back; it makes nothing visible to people."
    )

    @property
    def title(self) -> str:
        """Name the thing."""
        return "customization of the Exchange organization"

    def read(self, tenant: Tenant) -> State | None:
        """Ask Exchange whether it was ever customized."""
        return {"customized": not _is_dehydrated_now(tenant)}

    def wanted(self, found: State | None) -> State | None:  # noqa: ARG002  whatever is there
        """Want it customized."""
        return {"customized": True}

    def write(self, tenant: Tenant, change: Change) -> None:
        """Customize it; refused as long as Exchange isn't ready, so it is asked again for an hour."""
        if change.after is None or not change.after["customized"]:
            return
        end = tenant.clock.now() + self.patience
        while True:
            try:
                tenant.exchange.run("Enable-OrganizationCustomization", Confirm=False)
            except CmdletError:
                if not _is_dehydrated_now(tenant):
                    return
                if tenant.clock.now() >= end:
                    raise
            else:
                return
            tenant.prompts.waiting("Exchange isn't ready to customize the organization yet", end)
            tenant.clock.sleep(AGAIN)


def is_dehydrated(tenant: Tenant) -> bool:
    """Tell whether the organization still shares Microsoft's roles, as this command saw it first.

    Source: learn.microsoft.com/powershell/module/exchangepowershell/get-organizationconfig (IsDehydrated)
    """
    return tenant.exchange.organization().get("IsDehydrated") is True


def _is_dehydrated_now(tenant: Tenant) -> bool:
    rows = tenant.exchange.run("Get-OrganizationConfig")
    return bool(rows) and rows[0].get("IsDehydrated") is True
