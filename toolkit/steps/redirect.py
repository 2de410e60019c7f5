"""The addresses at which an application is answered after somebody has signed in, and its home page."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from toolkit.errors import AnswerError, NotFoundError
from toolkit.state import Change, State, has_later, texts
from toolkit.steps import addresses
from toolkit.steps.app import APPLICATION_ADMINISTRATOR, application_gone
from toolkit.steps.base import Right, Step
from toolkit.strict_yaml import shown
from toolkit.systems import graph_redirects
from toolkit.systems.tenant import Tenant

KINDS = {"web": "a server", "spa": "pages in a browser", "public_client": "a program of people"}


@dataclass(frozen=True, kw_only=True)
class Redirect(Step):
    """Redirect addresses beside those of others, exactly as they are given, query included.

    `kind` says who signs in: a web server (which shows a key), pages in a browser (spa), or a
    program on people's computers (public_client). `host` is the host of which the playbook builds
    an address: it is judged by itself, since a path in it would go unnoticed in the whole.
    """

    do: ClassVar[str] = "redirect"
    key: ClassVar[tuple[str, ...]] = ("app", "kind")
    offers: ClassVar[tuple[str, ...]] = ("addresses",)
    needs: ClassVar[tuple[Right, ...]] = (APPLICATION_ADMINISTRATOR,)
    lets: ClassVar[str] = "addresses"
    lets_key: ClassVar[str] = "addresses"

    app: str
    addresses: tuple[str, ...]
    kind: str = "web"
    host: str = ""
    home_page: str = ""

    @property
    def title(self) -> str:
        """Name the thing."""
        home = f", home page {self.home_page}" if self.home_page else ""
        many = "es" if len(self.addresses) > 1 else ""
        kind = KINDS.get(self.kind, self.kind)
        return f"redirect address{many} for {kind}: {', '.join(self.addresses)}{home}"

    def refuse(self) -> None:
        """Refuse addresses that Entra wouldn't take, or that would answer somebody else."""
        if self.kind not in KINDS:
            raise AnswerError(
                f"There is no kind of client {shown(self.kind)}.",
                fix=f"Known are: {', '.join(KINDS)}.",
            )
        if not self.addresses:
            raise AnswerError(
                "No redirect address is given, so nobody could sign in.",
                fix="Ask the vendor for it, and give it whole: https://...",
            )
        if self.host:
            addresses.refuse_host(self.host)
        for address in self.addresses:
            if not has_later(address):
                addresses.refuse(address)
        if self.home_page and not has_later(self.home_page):
            addresses.refuse_home_page(self.home_page)

    def read(self, tenant: Tenant) -> State | None:
        """Look which of these addresses are there; None where none is, and no home page matters."""
        app = tenant.graph.application_by_client_id(self.app)
        there = set(graph_redirects.addresses(app, self.kind))
        ours, home = there & set(self.addresses), graph_redirects.home_page(app)
        if app is None or not (ours or (self.home_page and home)):
            return None
        found: State = {"app": self.app, "addresses": frozenset(ours)}
        if not self.home_page:
            return found
        return {**found, "home_page": home, "ours": app.get("uniqueName") == self.mark.name}

    def wanted(self, found: State | None) -> State | None:
        """Want these addresses, and the home page unless others have set one on an app of theirs."""
        asked: State = {"app": self.app, "addresses": frozenset(self.addresses)}
        free = found is None or bool(found.get("ours")) or not found.get("home_page")
        return {**asked, "home_page": self.home_page} if self.home_page and free else asked

    def check(self, tenant: Tenant, found: State | None) -> None:  # noqa: ARG002  the registration counts
        """Refuse what no address can be put on: a vendor's app that is registered elsewhere."""
        self.refuse()
        if self.readable and tenant.graph.application_by_client_id(self.app) is None:
            raise NotFoundError(
                f"The application {self.app} isn't registered in this tenant, so it takes no address here.",
                fix="Its vendor keeps the addresses: leave this step out.",
            )

    def fewer(self, given: Iterable[str]) -> "Redirect":
        """Keep the addresses that are to be taken back; the home page stays."""
        return replace(self, addresses=tuple(sorted(given)), host="", home_page="")

    def lost(self, tenant: Tenant) -> str:
        """Say where its application is gone."""
        return application_gone(tenant, self.app)

    def write(self, tenant: Tenant, change: Change) -> None:
        """Add what is added and take out what is removed; addresses of others stay."""
        gone = change.after is None
        if gone and tenant.graph.application_by_client_id(self.app) is None:
            return
        home = str((change.after or {})["home_page"]) if change.differs("home_page") else None
        if gone and self.home_page and (change.before or {}).get("home_page") == self.home_page:
            home = ""
        graph_redirects.change(
            tenant.graph,
            self.app,
            self.kind,
            adding=change.added("addresses"),
            removing=texts(change.before, "addresses") if gone else change.removed("addresses"),
            home=home,
        )
