"""Proof: sign in as the application, see a mailbox inside answer and one outside refuse.

Exchange keeps an application's permissions for 30 minutes while it is idle and for up to two hours
while it calls (learn.microsoft.com/exchange/permissions-exo/application-rbac), so: no call before
Exchange's own test says yes; after a refusal silence for 31 minutes, then one call each; after two
quiet hours with the test saying yes it has failed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from toolkit.errors import NotFoundError, UnreachableError
from toolkit.permissions import APIS, reaches_mailboxes
from toolkit.probes import probe_for
from toolkit.steps.credential import Credential
from toolkit.systems.exchange_online import CmdletError
from toolkit.systems.sign_in import SignInError
from toolkit.systems.tenant import Tenant
from toolkit.systems.wire import Reply
from toolkit.verdicts import Check, Found, Verdict

SILENCE = timedelta(minutes=31)
TOO_LONG = timedelta(hours=2)
KEY_SPREADS = timedelta(minutes=1)
KEY_TOO_LONG = timedelta(minutes=30)
GOOD_TOKENS = 3
"""A new secret reaches the servers that give tokens one by one, so one good token says little.

Seen at github.com/hashicorp/vault-plugin-secrets-azure issues 23 and 26.
"""
FIRST_CALL = (
    "Only the vendor can sign in as this application: what proves it is the vendor's first call."
)
REFUSALS = {"ErrorAccessDenied", "Authorization_RequestDenied"}


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What is to be proved: `outside` is None where every mailbox is let in on purpose.

    `refused` is when the application was first and last refused, as the journal remembers it;
    `moved` when mailboxes last came in or went out, which Exchange notices as late as anything
    else. `interim` says that a tenant-wide grant still stands beside the scope and will be taken
    away: until then Exchange's own test is asked, and a mailbox inside must answer. `theirs` says
    that others set the application up: what it holds is their decision.
    """

    app: str
    inside: str | None
    outside: str | None
    credential: Credential
    roles: tuple[str, ...]
    granted: tuple[str, ...] = ()
    refused: tuple[datetime, ...] = field(default=())
    since: datetime | None = None
    proved: datetime | None = None
    moved: datetime | None = None
    interim: bool = False
    theirs: bool = False

    def look(self, tenant: Tenant, remember: Callable[[datetime], None]) -> Verdict:
        """Look once; `remember` is told when the application was refused."""
        now = tenant.clock.now()
        configured = self._configured(tenant) if self.roles else ()
        verdict = self._judge_configured(configured, now)
        if verdict is not None:
            return verdict
        if self.outside and not self.inside:
            why = f"Exchange's own test says {self.outside} is closed; nobody is inside to compare it with."
            return Verdict(word="unknown", why=why, checks=configured, at=now)
        last = max(self.refused[-1:] + ((self.moved,) if self.moved else ()), default=None)
        wait = last + SILENCE if last else now
        if wait > now:
            return Verdict(word="pending", why=_CACHE, checks=configured, until=wait, at=now)
        if not self.credential:
            said = (
                "Set up, and Exchange's own test says what it should." if configured else "Set up."
            )
            return Verdict(word="pending", why=f"{said} {FIRST_CALL}", checks=configured, at=now)
        try:
            graph = self.credential.enter(tenant, self.app)
        except NotFoundError as error:
            return self._without_key(error, configured, now)
        return self._live(tenant, graph, configured, now, remember)

    def _without_key(
        self, error: NotFoundError, configured: tuple[Check, ...], now: datetime
    ) -> Verdict:
        """Judge what can't be tried again because the vendor holds the key."""
        if self.proved is None:
            tested = "Exchange's own test says what it should; nobody" if configured else "Nobody"
            why = f"{error.message} {tested} has tried it."
            return Verdict(word="unknown", why=why, checks=configured, at=now)
        why = (
            f"Proved live at {self.proved:%Y-%m-%d %H:%M} with a key of its own, since taken away; "
            "Exchange's own test says the same now."
        )
        return Verdict(word="proved", why=why, checks=configured, at=now)

    # ---- configured: Exchange's own test, which bypasses its cache ----

    def _configured(self, tenant: Tenant) -> tuple[Check, ...]:
        checks = []
        for mailbox, expected in self._mailboxes():
            try:
                rows = tenant.exchange.run(
                    "Test-ServicePrincipalAuthorization", Identity=self.app, Resource=mailbox
                )
                found = self._in_scope(rows)
            except CmdletError:
                found = "unknown"
            checks.append(
                Check(mailbox=mailbox, expected=expected, found=found, layer="configured")
            )
        return tuple(checks)

    def _in_scope(self, rows: list[dict[str, Any]]) -> Found:
        """Read the test's rows: open where any role of ours or of others lets the app in."""
        answers = {str(row.get("RoleName")): str(row.get("InScope")).lower() for row in rows}
        if any(answer == "not run" for answer in answers.values()):
            return "unknown"
        if any(answers.get(role) is None for role in self.roles):
            return (
                "closed" if not any(answer == "true" for answer in answers.values()) else "unknown"
            )
        return "open" if any(answer == "true" for answer in answers.values()) else "closed"

    @property
    def probe(self) -> str | None:
        """Tell which request tries a mailbox; None where reading can't tell."""
        return probe_for((*self.roles, *self.granted))

    def _mailboxes(self) -> list[tuple[str, Found]]:
        pairs: list[tuple[str | None, Found]] = [(self.inside, "open"), (self.outside, "closed")]
        return [(mailbox, expected) for mailbox, expected in pairs if mailbox]

    def _judge_configured(self, checks: tuple[Check, ...], now: datetime) -> Verdict | None:
        """Stop before any call as the application where Exchange's own test says no."""
        for check in checks:
            if check.found == "unknown":
                why = f"Exchange's own test gives no answer for {check.mailbox} yet."
                return Verdict(
                    word="pending", why=why, checks=checks, until=now + timedelta(minutes=5), at=now
                )
            if check.found != check.expected:
                if check.expected == "closed":
                    why = f"{check.mailbox} must stay closed, and Exchange's own test says the application may enter it."
                else:
                    why = f"Exchange's own test says {check.mailbox} isn't in the scope; only direct members of the group are."
                return Verdict(word="failed", why=why, checks=checks, at=now)
        return None

    # ---- live: as the application, with a credential and a token made for this look ----

    def _live(
        self,
        tenant: Tenant,
        graph: Any,
        configured: tuple[Check, ...],
        now: datetime,
        remember: Callable[[datetime], None],
    ) -> Verdict:
        try:
            self._again(tenant)
            wide = _wide(graph.claims())
            verdict = self._judge_token(wide, configured, now)
            if verdict is not None:
                return verdict
            live: list[Check] = []
            if self._mailboxes() and self.probe is None:
                why = "What it may do can't be tried by reading; Exchange's own test says what it should."
                return Verdict(word="unknown", why=why, checks=configured, at=now)
            for mailbox, expected in self._mailboxes()[: 1 if self.interim else None]:
                if not live or live[0].found == "open":
                    live.append(self._try(graph, mailbox, expected))
        except SignInError as error:
            return self._not_signed_in(error, configured, now)
        finally:
            graph.close()
        if live and live[0].found == "closed":
            remember(now)
        if not live:
            return self._signed_in(wide, configured, now)
        return self._judge_live((*configured, *live), now)

    def _again(self, tenant: Tenant) -> None:
        """Sign in some more times with a secret, since not every server may know it yet."""
        for _ in range(GOOD_TOKENS - 1 if self.credential.secret_id else 0):
            another = self.credential.enter(tenant, self.app)
            try:
                another.claims()
            finally:
                another.close()

    def _judge_token(
        self, wide: list[str], configured: tuple[Check, ...], now: datetime
    ) -> Verdict | None:
        """Judge a token that opens every mailbox although nobody agreed to that."""
        if not wide or self.granted or self.interim or (self.theirs and not self.roles):
            return None
        if self.roles and self.moved and now - self.moved < TOO_LONG:
            return Verdict(
                word="pending", why=_CACHE, checks=configured, until=now + SILENCE, at=now
            )
        beside = ": a tenant-wide grant stands beside the scope" if self.roles else ""
        why = f"The token itself opens every mailbox ({', '.join(wide)}){beside}."
        return Verdict(word="failed", why=why, checks=configured, at=now)

    def _try(self, graph: Any, mailbox: str, expected: Found) -> Check:
        try:
            answer: Reply = graph.request("GET", (self.probe or "").format(mailbox=mailbox))
        except UnreachableError:
            return Check(mailbox=mailbox, expected=expected, found="unknown", layer="live")
        found: Found = "unknown"
        if answer.status == 200 and _is_what_was_asked(answer.body):  # noqa: PLR2004  HTTP
            found = "open"
        elif answer.status == 403 and answer.code in REFUSALS:  # noqa: PLR2004  HTTP
            found = "closed"
        return Check(
            mailbox=mailbox,
            expected=expected,
            found=found,
            layer="live",
            status=answer.status,
            code=answer.code,
        )

    def _signed_in(self, wide: list[str], configured: tuple[Check, ...], now: datetime) -> Verdict:
        """Judge an application that has no mailbox to try: it signed in, and its token says what it may."""
        holds = f"opens every mailbox ({', '.join(wide)})" if wide else "opens no mailbox"
        why = f"The application signed in with its {self.credential.what}; its token {holds}."
        return Verdict(word="proved", why=why, checks=configured, at=now)

    def _judge_live(self, checks: tuple[Check, ...], now: datetime) -> Verdict:
        live = [check for check in checks if check.layer == "live"]
        inside, outside = live[0], live[1] if len(live) > 1 else None
        if inside.found == "unknown" or (outside and outside.found == "unknown"):
            odd = inside if inside.found == "unknown" else live[1]
            why = f"{odd.mailbox} answered {odd.status or 'nothing'} {odd.code}, which proves neither open nor closed."
            return Verdict(word="unknown", why=why, checks=checks, at=now)
        if inside.found == "closed":
            first = min((*self.refused, now))
            if now - first >= TOO_LONG:
                why = "Exchange's own test says yes, and after two quiet hours the application is still refused."
                return Verdict(word="failed", why=why, checks=checks, at=now)
            return Verdict(word="pending", why=_CACHE, checks=checks, until=now + SILENCE, at=now)
        if outside and outside.found == "open":
            if self.moved and now - self.moved < TOO_LONG:
                return Verdict(
                    word="pending", why=_CACHE, checks=checks, until=now + SILENCE, at=now
                )
            why = f"{outside.mailbox} must stay closed, and it answered the application."
            return Verdict(word="failed", why=why, checks=checks, at=now)
        if self.interim:
            why = f"{inside.mailbox} answered the application, and Exchange's own test says what it should."
            return Verdict(word="proved", why=why, checks=checks, at=now)
        why = (
            f"{inside.mailbox} answered the application, {outside.mailbox} refused it."
            if outside
            else f"{inside.mailbox} answered the application; every mailbox is open to it, as agreed."
        )
        return Verdict(word="proved", why=why, checks=checks, at=now)

    def _not_signed_in(
        self, error: SignInError, configured: tuple[Check, ...], now: datetime
    ) -> Verdict:
        age = now - (self.since or now)
        if error.may_pass and age < KEY_TOO_LONG:
            why = f"Not every server that gives tokens knows the new {self.credential.what} yet."
            return Verdict(
                word="pending", why=why, checks=configured, until=now + KEY_SPREADS, at=now
            )
        return Verdict(word="failed", why=f"{error.message} {error.fix}", checks=configured, at=now)


_CACHE = (
    "Exchange still goes by what it remembers of the application (30 minutes, up to two hours)."
)


def _wide(claims: dict[str, Any]) -> list[str]:
    return sorted(
        role
        for role in claims.get("roles", ())
        if any(reaches_mailboxes(api, role) for api in APIS)
    )


def _is_what_was_asked(body: object) -> bool:
    """Tell an answer of Graph from a page or an empty object that somebody put in its place."""
    return isinstance(body, dict) and bool({"id", "value", "timeZone"} & set(body))
