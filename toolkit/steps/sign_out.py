"""People signed out of every application at once: what they signed in with is of no use any more."""

from dataclasses import dataclass
from typing import ClassVar

from toolkit.state import Change, State
from toolkit.steps.base import Right, Step
from toolkit.systems import graph_accounts
from toolkit.systems.tenant import Tenant
from toolkit.visible import several


@dataclass(frozen=True, kw_only=True)
class SignOut(Step):
    """Every sign-in of these people is over; `since` is when that was so of one of them before, at the latest.

    Entra notes the moment with each person, so a run that was cut knows whom it has signed out.
    """

    do: ClassVar[str] = "sign_out"
    key: ClassVar[tuple[str, ...]] = ("people",)
    needs: ClassVar[tuple[Right, ...]] = (
        Right(
            "User Administrator",
            "to sign people out everywhere",
            ("User.RevokeSessions.All", *graph_accounts.LOOKING),
        ),
    )
    irreversible: ClassVar[str] = "nobody can sign them in again but they themselves"

    people: tuple[str, ...]
    since: str = ""

    @property
    def title(self) -> str:
        """Name the thing."""
        return f"every sign-in of {several(self.people)}, in all applications: over"

    @property
    def alarm(self) -> str:
        """Say what a person must accept in so many words."""
        return (
            f"This signs {several(self.people)} out of EVERY application and device, mail and Teams included, "
            "not of this application alone."
        )

    def read(self, tenant: Tenant) -> State | None:
        """Look who has been signed out since; None where nobody has."""
        when = graph_accounts.signed_out(tenant.graph, self.people)
        over = frozenset(name for name in self.people if when.get(name.lower(), "") > self.since)
        return {"signed_out": over} if over else None

    def wanted(self, found: State | None) -> State | None:  # noqa: ARG002  whatever is there
        """Want all of them signed out."""
        return {"signed_out": frozenset(self.people)}

    def write(self, tenant: Tenant, change: Change) -> None:
        """Sign out who isn't yet."""
        for person in sorted(change.added("signed_out")):
            graph_accounts.sign_out(tenant.graph, person)
