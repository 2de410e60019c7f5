"""People assigned to an application by themselves, whoever else is; whether it asks for that stays as it is."""

from dataclasses import dataclass
from typing import ClassVar

from toolkit.state import Change, State
from toolkit.steps.base import Right, Step
from toolkit.steps.user_assignment import UserAssignment
from toolkit.systems.tenant import Tenant
from toolkit.visible import several


@dataclass(frozen=True, kw_only=True)
class Assignment(Step):
    """Assignments of people beside those of others; with `gone` they are taken away."""

    do: ClassVar[str] = "assignment"
    key: ClassVar[tuple[str, ...]] = ("app", "people")
    lets: ClassVar[str] = "people"
    lets_key: ClassVar[str] = "assigned"
    needs: ClassVar[tuple[Right, ...]] = UserAssignment.needs

    app: str
    people: tuple[str, ...]
    gone: bool = False

    @property
    def title(self) -> str:
        """Name the thing."""
        return f"assignment of {several(self.people)}"

    @property
    def _whole(self) -> UserAssignment:
        """Give the step that knows assignments, without its say on whether one is required."""
        return UserAssignment(
            mark=self.mark, app=self.app, people=self.people, required=False, gone=True
        )

    def read(self, tenant: Tenant) -> State | None:
        """Look who of these is assigned; None where nobody is."""
        return self._whole.read(tenant)

    def wanted(self, found: State | None) -> State | None:  # noqa: ARG002  whatever is there
        """Want these assigned, or none of them."""
        if self.gone:
            return None
        return {"app": self.app, "assigned": frozenset(self.people)}

    def check(self, tenant: Tenant, found: State | None) -> None:
        """Refuse who isn't there, and a role that must be chosen."""
        if not self.gone:
            self._whole.check(tenant, found)

    def lost(self, tenant: Tenant) -> str:
        """Say where its application is gone."""
        return self._whole.lost(tenant)

    def write(self, tenant: Tenant, change: Change) -> None:
        """Assign who is added, take away who is removed."""
        self._whole.write(tenant, change)
