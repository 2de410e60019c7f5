"""What an application may do in the names of single people, each by an own entry of consent."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from toolkit.errors import AnswerError, NotFoundError
from toolkit.permissions import APIS, GRAPH_NAME
from toolkit.state import Change, State
from toolkit.steps.app import application_gone
from toolkit.steps.base import Right, Step
from toolkit.steps.delegated_consent import DelegatedConsent
from toolkit.systems import graph_assignments, graph_delegated
from toolkit.systems.graph_delegated import Consented, scopes_in
from toolkit.systems.graph_wire import Body
from toolkit.systems.tenant import Tenant
from toolkit.visible import several

ON = " on "


@dataclass(frozen=True, kw_only=True)
class PersonalConsent(Step):
    """Consent in the names of people for permissions on Microsoft Graph; with `gone` all of theirs goes.

    Each permission of each person is one text of a set, so that what others consented to stays. An
    entry on another service than Microsoft Graph says which.
    """

    do: ClassVar[str] = "personal_consent"
    key: ClassVar[tuple[str, ...]] = ("app", "people")
    lets: ClassVar[str] = "people"
    lets_key: ClassVar[str] = "consented"
    needs: ClassVar[tuple[Right, ...]] = DelegatedConsent.needs

    app: str
    people: tuple[str, ...]
    delegated: tuple[str, ...] = ()
    gone: bool = False

    @property
    def title(self) -> str:
        """Name the thing."""
        what = f": {', '.join(self.delegated)}" if self.delegated else ""
        return f"consent in the names of {several(self.people)}{what}"

    def read(self, tenant: Tenant) -> State | None:
        """Look what these people have consented to; None where nothing of it is there."""
        principal = tenant.graph.principal_id(self.app)
        if principal is None:
            return None
        tenant.identity.ask_for(*graph_delegated.READING)
        known = graph_assignments.called(tenant.graph, self.people)
        names = {who.id: name for name, who in known.items()}
        there = frozenset(
            f"{names[grant['principalId']]}: {scope}{_on(tenant, grant)}"
            for grant in graph_delegated.of_client(tenant.graph, principal)
            if grant.get("principalId") in names
            for scope in scopes_in(grant)
        )
        ours = there if self.gone else there & self._texts
        return {"app": self.app, "consented": ours} if ours else None

    def wanted(self, found: State | None) -> State | None:  # noqa: ARG002  whatever is there
        """Want these consented to by each of these people, or nothing."""
        return None if self.gone else {"app": self.app, "consented": self._texts}

    def check(self, tenant: Tenant, found: State | None) -> None:  # noqa: ARG002  people count
        """Refuse in whose name nobody can consent, and consent to nothing."""
        if self.gone:
            return
        if not self.delegated:
            raise AnswerError(
                "Nothing says what the application may do in people's names.",
                fix="Name the delegated permissions that the vendor asks for.",
            )
        known = graph_assignments.called(tenant.graph, self.people)
        unfit = [name for name in self.people if name not in known or known[name].group]
        if unfit:
            raise AnswerError(
                f"Nobody signs in by {several(unfit)}.",
                fix="Check the spelling: people are named as they sign in.",
            )

    def lost(self, tenant: Tenant) -> str:
        """Say where its application is gone."""
        return application_gone(tenant, self.app)

    def write(self, tenant: Tenant, change: Change) -> None:
        """Consent to what is added and take back what is removed, person by person."""
        if change.after is None and tenant.graph.principal_id(self.app) is None:
            return
        principal = tenant.graph.awaited_principal_id(self.app)
        for key, scopes in self._entries(tenant, principal, change.added("consented")):
            graph_delegated.allow(tenant.graph, key, scopes)
        for key, scopes in self._entries(tenant, principal, change.removed("consented")):
            graph_delegated.withdraw(tenant.graph, key, scopes)

    @property
    def _texts(self) -> frozenset[str]:
        return frozenset(f"{name}: {value}" for name in self.people for value in self.delegated)

    def _entries(
        self, tenant: Tenant, principal: str, said: Iterable[str]
    ) -> list[tuple[Consented, set[str]]]:
        """Sort permissions by the entries that Entra keeps them in."""
        known = graph_assignments.called(tenant.graph, self.people)
        found: dict[Consented, set[str]] = {}
        for text in sorted(said):
            name, _, rest = text.partition(": ")
            scope, _, service = rest.partition(ON)
            if name not in known:
                raise NotFoundError(
                    f"{name} isn't in the tenant any more.", fix="Run it again without that name."
                )
            key = Consented(principal, _service(tenant, service or GRAPH_NAME), known[name].id)
            found.setdefault(key, set()).add(scope)
        return list(found.items())


def _on(tenant: Tenant, grant: Body) -> str:
    """Say on which service an entry lies where that isn't Microsoft Graph: by name, or by object id."""
    service = str(grant["resourceId"])
    if service == _service(tenant, GRAPH_NAME):
        return ""
    names = [name for name in APIS if _service(tenant, name) == service]
    return f"{ON}{next(iter(names), service)}"


def _service(tenant: Tenant, name: str) -> str:
    return str(tenant.graph.resource(APIS[name])["id"]) if name in APIS else name
