"""Whether an application may sign in at all: the switch of its enterprise application."""

from dataclasses import dataclass
from typing import ClassVar

from toolkit.errors import NotFoundError
from toolkit.state import Change, State
from toolkit.steps.app import APPLICATION_ADMINISTRATOR
from toolkit.steps.base import Right, Step
from toolkit.systems.settling import settled
from toolkit.systems.tenant import Tenant


@dataclass(frozen=True, kw_only=True)
class AppSwitch(Step):
    """An enterprise application that is there, switched on or off; nothing else of it changes."""

    do: ClassVar[str] = "app_switch"
    key: ClassVar[tuple[str, ...]] = ("app",)
    needs: ClassVar[tuple[Right, ...]] = (APPLICATION_ADMINISTRATOR,)

    app: str
    name: str = ""
    enabled: bool = False

    @property
    def title(self) -> str:
        """Name the thing."""
        return f"sign-in of the enterprise application {self.name or self.app}"

    def read(self, tenant: Tenant) -> State | None:
        """Look at the switch; None where there is no such enterprise application.

        It was seen before, so one replica that doesn't know it isn't believed at once.
        """
        principal = settled(
            lambda: tenant.graph.service_principal(self.app), tenant, "the enterprise application"
        )
        if principal is None:
            return None
        return {
            "service_principal": principal["id"],
            "enabled": bool(principal.get("accountEnabled")),
        }

    def wanted(self, found: State | None) -> State | None:  # noqa: ARG002  whatever is there
        """Want it on, or off."""
        return {"enabled": self.enabled}

    def check(self, tenant: Tenant, found: State | None) -> None:  # noqa: ARG002  what was found is enough
        """Refuse an application that isn't there: this step makes none."""
        if found is None:
            raise NotFoundError(
                f"The application {self.app} has no enterprise application in this tenant.",
                fix="Nothing can sign in by it; `mailgrant runs` lists what was set up.",
            )

    def write(self, tenant: Tenant, change: Change) -> None:
        """Turn the switch."""
        principal = (change.before or {}).get("service_principal")
        if principal and change.after is not None:
            enabled = bool(change.after["enabled"])
            tenant.graph.enable_service_principal(str(principal), enabled=enabled)
