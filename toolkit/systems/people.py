"""How people sign in: a browser with PKCE, or a device code; one window by an own app, two by Microsoft's.

Tokens live in memory only, and the authority is always the tenant's id.
"""

import re
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolkit.clock import Clock
from toolkit.errors import RefusedError
from toolkit.systems import http
from toolkit.systems.aadsts import advice
from toolkit.systems.clouds import Cloud
from toolkit.systems.prompts import Prompts
from toolkit.systems.sign_in import SERVICE, Identity, SignInError, claims_of
from toolkit.systems.wire import Meter

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

GRAPH_TOOLS = "14d82eec-204b-4c2f-b7e8-296a70dab67e"
"""Microsoft Graph Command Line Tools, a public client in every tenant.

Source: learn.microsoft.com/powershell/microsoftgraph/authentication-commands
"""
EXCHANGE_TOOLS = "fb78d390-0c51-40cd-8e17-fdbfab77341b"
"""The public client of the module ExchangeOnlineManagement (github.com/microsoft/CSS-Exchange)."""
READING = ("Application.Read.All", "Organization.Read.All", "Policy.Read.All")
"""What `plan` and `verify` ask a person for on Microsoft Graph."""
PATIENCE = 300
REFUSED = re.compile(r"AADSTS(\d{4,8})")
INSISTING = "Add --insist before the command to try it all the same; nobody has yet."


@dataclass
class Asked:
    """What a person is asked for, and how: shared by the windows of one sign-in."""

    prompts: Prompts
    by_code: bool = False
    hint: str = ""
    scopes: frozenset[str] = frozenset(READING)


class _Window(Identity):
    """One public client that a person signs in with."""

    def __init__(
        self, cloud: Cloud, tenant_id: str, client_id: str, asked: Asked, *, what: str, meter: Meter
    ) -> None:
        super().__init__(cloud, tenant_id, client_id, meter=meter)
        self._asked, self._what = asked, what
        self._in_browser = False

    @property
    def title(self) -> str:
        return f"a person, for {self._what}"

    def _scopes(self, scope: str) -> tuple[str, ...]:
        if scope != self.cloud.graph_scope:
            return (scope,)
        return tuple(f"{self.cloud.graph}/{each}" for each in sorted(self._asked.scopes))

    def _make(self) -> "TokenCredential":
        from azure.identity import DeviceCodeCredential, InteractiveBrowserCredential

        options = {**self._options(), "tenant_id": self.tenant_id, "client_id": self.client_id}
        if self._asked.by_code:
            return DeviceCodeCredential(prompt_callback=self._show_code, **options)
        hint = {"login_hint": self._asked.hint} if self._asked.hint else {}
        return InteractiveBrowserCredential(timeout=PATIENCE, **hint, **options)

    def token(self, scope: str) -> str:
        """Fetch a token; a page is shown where none can be had in silence."""
        self._in_browser = False
        with DOOR.leading_to(self._open):
            return super().token(scope)

    def _open(self, url: str) -> bool:
        http.keep_to(url, SERVICE, self.cloud.login, self.cloud.login_alias)
        self._in_browser = True
        return self._asked.prompts.open_browser(url, self._what)

    def _show_code(self, url: str, code: str, _until: object) -> None:
        self._asked.prompts.show_code(url, code, self._what)

    def _asking(self, request: Any) -> None:
        super()._asking(request)
        self._in_browser = False  # it is over: the code it brought is being redeemed

    def _sorted(self, error: Exception) -> Exception:
        """Tell a window that was closed or refused from what the token service said."""
        from azure.identity import CredentialUnavailableError

        if isinstance(error, CredentialUnavailableError):
            return SignInError(
                "No browser could be opened on this computer.",
                fix="Run it where there is one, or add --device-code before the command "
                "(many tenants block that).",
                codes=frozenset(),
            )
        return self._unfinished(str(error)) if self._in_browser else super()._sorted(error)

    def _unfinished(self, words: str) -> SignInError:
        codes = frozenset(int(code) for code in REFUSED.findall(words))
        if not codes and "access_denied" not in words:
            return SignInError(
                f"Nobody finished signing in for {self._what} in the browser.",
                fix="Run the same line again. Nothing was changed.",
                codes=codes,
            )
        said = words.removeprefix("Authentication failed: ").split(" Trace ID:", maxsplit=1)[0]
        return SignInError(
            f"Signing in as {self.title} was refused: {said[:300]}",
            fix=advice(codes)
            if codes
            else "The window said no. Run the same line again and accept.",
            codes=codes,
        )


class Person(Identity):
    """Somebody who signs in to one tenant, asked to allow reading first and writing only for a plan.

    With `client_id` it is the tenant's own public client, in one window; without, Microsoft's two.
    """

    def __init__(
        self,
        cloud: Cloud,
        tenant_id: str,
        client_id: str = "",
        *,
        meter: Meter,
        prompts: Prompts,
        by_code: bool = False,
        insist: bool = False,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(cloud, tenant_id, client_id or GRAPH_TOOLS, meter=meter, clock=clock)
        self._asked, self._insist = Asked(prompts, by_code=by_code), insist
        self.own, self.by_code = bool(client_id), by_code
        self._object_id = ""
        self.allowed: frozenset[str] = frozenset()
        names = (
            ("Microsoft Graph and Exchange Online", "")
            if self.own
            else (
                "Microsoft Graph (window 1 of 2)",
                "Exchange Online (window 2 of 2)",
            )
        )
        self._graph = _Window(
            cloud, tenant_id, self.client_id, self._asked, what=names[0], meter=meter
        )
        self._exchange = (
            self._graph
            if self.own
            else _Window(cloud, tenant_id, EXCHANGE_TOOLS, self._asked, what=names[1], meter=meter)
        )

    @property
    def title(self) -> str:
        """Name who signs in."""
        by = "an app of the tenant's own" if self.own else "Microsoft's own clients"
        return f"{self.user or 'a person'} by {by}"

    @property
    def asked(self) -> frozenset[str]:
        """List the permissions on Microsoft Graph that were asked for so far."""
        return self._asked.scopes

    def ask_for(self, *scopes: str) -> None:
        """Ask for these permissions on Microsoft Graph too, at the next request."""
        self._asked.scopes |= frozenset(scopes)

    def renew(self) -> None:
        """Sign in anew: a service refused the token."""
        self._graph.renew()
        self._exchange.renew()

    def token(self, scope: str) -> str:
        """Fetch a token from memory, by refreshing it, or by showing a page.

        Raises SignInError where Entra or the person says no, and RefusedError where somebody else
        signs in than before, or somebody of another tenant.
        """
        window = self._graph if scope == self.cloud.graph_scope else self._exchange
        token = window.token(scope)
        claims = claims_of(token)
        self._meet(claims)
        if scope == self.cloud.graph_scope:
            self.allowed = frozenset(str(claims.get("scp") or "").split())
        return token

    def _meet(self, claims: dict[str, Any]) -> None:
        """Refuse a second person, and one who doesn't belong to the tenant."""
        user = str(claims.get("upn") or claims.get("preferred_username") or "")
        who = str(claims.get("oid") or "")
        if self._object_id and who != self._object_id:
            self.renew()
            raise RefusedError(
                f"Two people signed in: {self.user} first, then {user or who}.",
                fix="Sign in as the same person in both windows; nothing was changed.",
            )
        kind = _foreign(claims, self.tenant_id)
        if kind and not self._insist:
            self.renew()
            raise RefusedError(
                f"{user or who} is {kind} in this tenant. mailgrant was never tried by one.",
                fix=f"Sign in with an account of the tenant itself. {INSISTING}",
            )
        self.user, self._object_id = user, who
        self._asked.hint = user


def _foreign(claims: dict[str, Any], tenant_id: str) -> str:
    """Tell a guest or a partner by the token's claims; empty for who belongs to the tenant.

    `acct` is 1 for guests, `idp` names who vouched for the person where that isn't this tenant.
    Source: learn.microsoft.com/entra/identity-platform/access-token-claims-reference
    """
    user = str(claims.get("upn") or claims.get("preferred_username") or "")
    if "#ext#" in user.lower() or str(claims.get("acct")) == "1":
        return "a guest"
    issuer = str(claims.get("idp") or claims.get("iss") or "")
    theirs = re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", issuer.lower())
    if theirs and theirs[0] != tenant_id.lower():
        return "a partner's administrator (GDAP)"
    away = str(claims.get("tid") or tenant_id).lower() != tenant_id.lower()
    return "somebody of another tenant" if away else ""


class _Door(webbrowser.BaseBrowser):
    """Stands before this computer's browsers, so that the terminal knows which page is shown.

    azure-identity opens pages by the standard library's `webbrowser`, which asks one browser after
    the other until one takes the page. This is the first; what it doesn't take goes on to the next.
    """

    def __init__(self) -> None:
        super().__init__("mailgrant")
        self._opener: Callable[[str], bool] | None = None
        self._known = False

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:  # noqa: ARG002  webbrowser's own signature
        """Show a page, or leave it to the next browser."""
        return self._opener is not None and self._opener(url)

    @contextmanager
    def leading_to(self, opener: Callable[[str], bool]) -> Iterator[None]:
        """Hand pages to this opener for a while."""
        if not self._known:
            webbrowser.register("mailgrant", None, self, preferred=True)
            self._known = True
        self._opener = opener
        try:
            yield
        finally:
            self._opener = None


DOOR = _Door()
