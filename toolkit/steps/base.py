"""What every step is: one thing in the tenant that is read, wanted and written."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

from toolkit.errors import PlaybookError, RefusedError
from toolkit.state import Change, State, has_later
from toolkit.steps.reach import Reach
from toolkit.systems.tenant import Tenant

T = TypeVar("T")


class NamesakeError(RefusedError):
    """A thing of that name is there and isn't ours; so ours isn't there."""


@dataclass(frozen=True)
class Right:
    """What whoever runs a step must hold, in words an administrator knows.

    `role` is the Entra role that brings it, `why` says for what. `scopes` are the permissions on
    Microsoft Graph that writing takes besides: a person is asked for them, an app must hold them.
    """

    role: str
    why: str
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mark:
    """Which set-up a thing belongs to: part of every name and key mailgrant makes."""

    playbook: str
    instance: str

    @property
    def name(self) -> str:
        """Name the set-up as it stands in keys: mailgrant-<playbook>-<instance>."""
        return f"mailgrant-{self.playbook}-{self.instance}"

    @property
    def tag(self) -> str:
        """Name the set-up as it stands in tags."""
        return f"mailgrant:{self.playbook}:{self.instance}"


@dataclass(frozen=True, kw_only=True)
class Step(ABC):
    """One thing a playbook may do; its dataclass fields are what the playbook says.

    `read` tells everything that matters about the thing, other people's additions included; what
    it reads is what later steps refer to (`${app.client_id}`). `wanted` is pure. `write` may run
    again after a cut: every sub-object is made if missing and removed if there, and for a set it
    acts on what the change adds and removes, never on the whole. Undoing is writing back. What is
    read in a `passing` key may change by itself: it is nobody's drift. `told` fields are filled
    with what is known of the whole set-up, not by the playbook. Of the fields `one_of` exactly one
    is given. `lets` is the field that lists what the thing lets the application do, `lets_key` the
    key under which that is read: what answers don't ask for any more is taken back by it.
    `cmdlets` are those of Exchange that it runs.
    """

    do: ClassVar[str]
    key: ClassVar[tuple[str, ...]]
    offers: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[Right, ...]] = ()
    patience: ClassVar[timedelta] = timedelta(minutes=20)
    irreversible: ClassVar[str] = ""
    passing: ClassVar[tuple[str, ...]] = ()
    told: ClassVar[tuple[str, ...]] = ()
    shared: ClassVar[bool] = False
    one_of: ClassVar[tuple[str, ...]] = ()
    lets: ClassVar[str] = ""
    lets_key: ClassVar[str] = ""
    cmdlets: ClassVar[frozenset[str]] = frozenset()

    mark: Mark

    @property
    @abstractmethod
    def title(self) -> str:
        """Name the thing for a person, in a few words."""

    @abstractmethod
    def read(self, tenant: Tenant) -> State | None:
        """Look at the thing now; None means it isn't there."""

    @abstractmethod
    def wanted(self, found: State | None) -> State | None:
        """Tell what it should be, given what is there; None means gone."""

    @abstractmethod
    def write(self, tenant: Tenant, change: Change) -> None:
        """Carry the change out."""

    def fitted(self, tenant: Tenant) -> "Step":  # noqa: ARG002  most steps fit as they are
        """Fit what is about to be made to the tenant's own rules; reads only."""
        return self

    def tells(self, found: State) -> dict[str, str]:  # noqa: ARG002  most things say nothing of others
        """Read from the thing what holds for the whole set-up; told to the steps that come after."""
        return {}

    def refuse(self) -> None:  # noqa: B027  most answers can only be judged in the tenant
        """Refuse, before any tenant is asked, answers that can't be meant."""

    def check(self, tenant: Tenant, found: State | None) -> None:  # noqa: B027  most steps have nothing to check
        """Refuse, before anything is written, what can't work; reads only."""

    def reach(self, tenant: Tenant, found: State | None) -> Reach | None:  # noqa: ARG002  most things let nobody in
        """Tell whom the thing will let in, for the plan; reads only, refuses what can't be meant."""
        return None

    def fewer(self, given: Iterable[str]) -> "Step":
        """Keep a part of what it lets the application do: what is to be taken back."""
        changed: dict[str, Any] = {self.lets: tuple(sorted(given))}
        return replace(self, **changed)

    def review(self, before: State | None, seen: State) -> None:  # noqa: B027  most steps can't harm others
        """Refuse to go on when writing took something of others along."""

    def elsewhere(self, tenant: Tenant) -> State | None:  # noqa: ARG002  most things have no other half
        """Look for what another computer made: the thing is there, its key or value isn't here."""
        return None

    def forget(self, tenant: Tenant) -> None:  # noqa: B027  most steps keep nothing on this computer
        """Throw away what this computer kept for what is gone from the tenant, and what a cut left."""

    def disabled(self, found: State) -> State | None:  # noqa: ARG002  most steps can't be switched off
        """Tell what the thing is when it is switched off in place of removed; None if it can't be."""
        return None

    def in_use(self, tenant: Tenant, found: State) -> str | None:  # noqa: ARG002  most steps can't tell
        """Tell when the thing was last used (ISO time), where that can be read."""
        return None

    def foreign(self, tenant: Tenant, found: State) -> list[str]:  # noqa: ARG002  most things hold nothing else
        """List what others hang on the thing beyond what is read, so that undo leaves it."""
        return []

    def leaned_on(self, tenant: Tenant, found: State) -> str:  # noqa: ARG002  most things serve one set-up
        """Say what else lives on the thing, so that nobody deletes it from under that."""
        return ""

    @property
    def rights(self) -> tuple[Right, ...]:
        """List the rights that this very thing takes, in the plan's words."""
        return self.needs

    def lost(self, tenant: Tenant) -> str:  # noqa: ARG002  most things are never given again
        """Say what the thing hung on and is gone for good, so that it can't be given again."""
        return ""

    @property
    def fleeting(self) -> bool:
        """Tell whether the thing is made only to be taken away by the same run."""
        return False

    @property
    def alarm(self) -> str:
        """Say what a person must accept in so many words; empty where nothing is alarming."""
        return ""

    @property
    def readable(self) -> bool:
        """Tell whether the thing is identified yet; if not, it can't be there either."""
        return not any(has_later(getattr(self, name)) for name in self.key)


def scopes_of(kinds: Iterable[type[Step]]) -> tuple[str, ...]:
    """List the permissions on Microsoft Graph that writing these kinds of things takes."""
    return tuple(sorted({scope for kind in kinds for each in kind.needs for scope in each.scopes}))


def parameters(kind: type[Step]) -> dict[str, Any]:
    """List the fields a playbook may give a step, with their types and whether they must be."""
    return {each.name: each for each in fields(kind) if each.name not in ("mark", *kind.told)}


def catalogue_of(*kinds: type[Step]) -> dict[str, type[Step]]:
    """Put step kinds into a table by the word a playbook uses."""
    table = {kind.do: kind for kind in kinds}
    if len(table) != len(kinds):
        raise PlaybookError("Two step kinds share one name.")
    return table
