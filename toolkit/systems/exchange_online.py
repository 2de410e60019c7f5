"""Exchange Online's cmdlets over HTTPS: InvokeCommand, which its PowerShell module uses itself.

Microsoft publishes no contract for it (the published Admin API has no cmdlet for scopes), so every
plan says so. Shape and errors: github.com/KelvinTegelaar/CIPP-API, New-ExoRequest.ps1.
"""

import json
import uuid
from collections.abc import Callable, Coroutine, Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from toolkit.errors import LackingRightError, NotYetError, RefusedError, UnreachableError
from toolkit.systems import http, retry
from toolkit.systems.cmdlet import ROWS, Cmdlet, Row, Rows
from toolkit.systems.exchange_refusals import kind_of, words_of
from toolkit.systems.retry import Kind
from toolkit.systems.shapes import misfit
from toolkit.systems.wire import Reply, reply

if TYPE_CHECKING:
    import httpx

    from toolkit.systems.tenant import Tenant

SERVICE = "Exchange Online"
PAGE = 1000
REMEMBERED = "Get-"
BAD = 300
MODULE = "3.9.2"
"""The version of ExchangeOnlineManagement whose list of cmdlets is asked for."""
ANCHOR = "SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}"
"""The arbitration mailbox that app-only calls are routed by, the same in every organization."""
MISSING = ("couldn't be found", "wasn't found", "managementobjectnotfound")
LACKING = ("role definition of the current user", "cmdletaccessdenied")
LAG_PATIENCE = timedelta(minutes=20)
LAG_STEP = 10.0
REMOVE_TRIES = 5


class CmdletError(RefusedError):
    """Exchange refused a cmdlet."""

    def __init__(self, cmdlet: Cmdlet, words: str, answer: Reply) -> None:
        super().__init__(
            f"Exchange refused {cmdlet.name} ({answer.status}): {words[:400]}",
            fix=f"Request id for Microsoft's support: {answer.request_id or 'none'}.",
        )
        self.words = words
        self.answer = answer

    @property
    def missing(self) -> bool:
        """Tell whether it says that the object named isn't there (as 404 or as 400)."""
        return any(sign in self.words.lower() for sign in MISSING)


class ExchangeOnline:
    """Exchange Online as whoever is signed in; `page` is how many rows an answer may hold.

    `made` is what this command has made, by name (management scopes with their filter, pointers to
    applications by id); `groups` are addresses by distinguished name, as they were seen.
    """

    def __init__(self, tenant: "Tenant", *, page: int = PAGE) -> None:
        self._tenant = tenant
        self._page = page
        self._client: httpx.AsyncClient | None = None
        self._connection = str(uuid.uuid4())
        self._organization: Row | None = None
        self.made: dict[str, str] = {}
        self.groups: dict[str, str] = {}

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._tenant.loop.take_leave(self._client.aclose)
            self._client = None

    def run(
        self, name: str, /, *, settle: bool = False, fine: Sequence[str] = (), **parameters: Any
    ) -> Rows:
        """Run a cmdlet and give back all its rows.

        `settle` tries again while an object just made "couldn't be found"; `fine` are words of a
        refusal that mean: already so. Raises CmdletError, LackingRightError.
        """
        cmdlet = Cmdlet(name, parameters)
        if name.startswith(REMEMBERED) and not settle:
            return self._tenant.memory.recall(
                _question(cmdlet, one=False), lambda: self._run(cmdlet, fine)
            )
        if cmdlet.kind is not Kind.READ:
            self._tenant.memory.forget(SERVICE)
        return self._run(cmdlet, fine, settle=settle)

    def _run(self, cmdlet: Cmdlet, fine: Sequence[str], *, settle: bool = False) -> Rows:
        tenant = self._tenant
        end, purpose = tenant.clock.now() + LAG_PATIENCE, tenant.meter.purpose
        while True:
            try:
                with tenant.meter.counting_as(purpose):
                    return self._all(cmdlet)
            except CmdletError as error:
                if any(words in error.words.lower() for words in fine):
                    return Rows()
                if not settle or not error.missing:
                    raise
                if tenant.clock.now() >= end:
                    raise NotYetError(
                        f"Exchange still doesn't know what was just made, after 20 minutes of {cmdlet.name}.",
                        fix="Run the same line again later: nothing is lost.",
                    ) from error
            tenant.prompts.waiting(
                f"not known to every server of Exchange yet ({cmdlet.name})", end
            )
            tenant.clock.sleep(LAG_STEP)
            purpose = "poll"

    def remove(self, name: str, /, **parameters: Any) -> None:
        """Run a Remove- cmdlet; one replica that doesn't know the object isn't believed at once."""
        tenant = self._tenant
        purpose = tenant.meter.purpose
        for left in reversed(range(REMOVE_TRIES)):
            try:
                with tenant.meter.counting_as(purpose):
                    self.run(name, Confirm=False, **parameters)
            except CmdletError as error:
                if not error.missing:
                    raise
            else:
                return
            if left:
                tenant.clock.sleep(LAG_STEP)
                purpose = "settled"

    def organization(self) -> Row:
        """Give the organization's settings (Get-OrganizationConfig); read once for each command."""
        if self._organization is None:
            self._organization = next(iter(self.run("Get-OrganizationConfig")), {})
        return self._organization

    def find(self, name: str, /, **parameters: Any) -> Row | None:
        """Run a Get- cmdlet for one object; None where it isn't there."""
        cmdlet = Cmdlet(name, parameters)
        rows = self._tenant.memory.recall(_question(cmdlet, one=True), lambda: self._found(cmdlet))
        if len(rows) > 1:
            raise RefusedError(
                f"{name} found {len(rows)} objects for one name ({parameters}).",
                fix="Name it by its full address or its id.",
            )
        return rows[0] if rows else None

    def _found(self, cmdlet: Cmdlet) -> Rows:
        try:
            return self._run(cmdlet, ())
        except CmdletError as error:
            if error.missing:
                return Rows()
            raise

    def foresee(self, addresses: Iterable[str]) -> None:
        """Look several recipients up by one request, so that `Get-Recipient` of each is known.

        A whole address needs no prefix. What isn't found is asked by itself later, and so is
        everything where Exchange doesn't take the filter. Source:
        learn.microsoft.com/powershell/exchange/recipientfilter-properties (EmailAddresses)
        """
        asked = sorted({address.lower() for address in addresses})
        if not self._tenant.memory.on or len(asked) < 2:  # noqa: PLR2004  one is asked by itself
            return
        quoted = [address.replace("'", "''") for address in asked]
        either = " -or ".join(f"(EmailAddresses -eq '{each}')" for each in quoted)
        try:
            rows = self.run("Get-Recipient", RecipientPreviewFilter=either)
        except CmdletError:
            return
        for row in rows:
            address = str(row.get("PrimarySmtpAddress", "")).lower()
            if address in asked:
                cmdlet = Cmdlet("Get-Recipient", {"Identity": address})
                self._tenant.memory.learn(_question(cmdlet, one=True), Rows([row]))

    def _all(self, cmdlet: Cmdlet) -> Rows:
        """Run it and follow the pages: by POST of the same body, on this host only."""
        base = self._tenant.cloud.exchange
        url = f"{base}/adminapi/beta/{self._tenant.id}/InvokeCommand"
        rows: list[Row] = []
        warnings: list[str] = []
        seen: set[str] = set()
        while url:
            seen.add(url)
            body = self._page_of(cmdlet, url, number=len(seen))
            rows += body.get("value") or []
            warnings += [str(words) for words in body.get("@adminapi.warnings") or ()]
            url = body.get("@odata.nextLink") or ""
            if url in seen:
                raise _broken(cmdlet, "it sends us round in circles")
            if url:
                http.keep_to(url, SERVICE, base)
        for words in warnings:
            self._tenant.prompts.working(f"{cmdlet.name} warns: {words}")
        return Rows(rows, warnings)

    def _page_of(self, cmdlet: Cmdlet, url: str, *, number: int) -> Row:
        """Fetch one page; a further one that is refused or empty is a failure, never the end."""
        try:
            answer = self._send(cmdlet, url)
        except CmdletError as error:
            if number == 1:
                raise
            raise _broken(cmdlet, f"page {number} was refused: {error.words[:200]}") from error
        shape: dict[str, Any] = {
            "value" if cmdlet.kind is Kind.READ else "value?": [ROWS.get(cmdlet.name, {})],
            "@adminapi.warnings?": list,
            "@odata.nextLink?": str,
        }
        body: Row = answer.body if answer.body != "" or cmdlet.kind is Kind.READ else {}
        words = misfit(body, shape)
        if not words and number > 1 and not body.get("value"):
            words = f"page {number} is empty"
        if words:
            raise _broken(cmdlet, words)
        return body

    def _send(self, cmdlet: Cmdlet, url: str) -> Reply:
        self._tenant.prompts.working(cmdlet.name)
        answer = self._retried(lambda: self._once(cmdlet, url), cmdlet.kind)
        if answer.status < 300:  # noqa: PLR2004  HTTP
            return answer
        words = words_of(answer)
        if answer.status in (401, 403) or any(sign in words.lower() for sign in LACKING):
            raise self._lacking(cmdlet.name, answer, words)
        raise CmdletError(cmdlet, words, answer)

    def _retried(self, once: Callable[[], Coroutine[Any, Any, Reply]], kind: Kind) -> Reply:
        tenant = self._tenant
        return retry.send(
            lambda: tenant.loop.run(once()),
            kind=kind,
            service=SERVICE,
            clock=tenant.protocol_clock,
            meter=tenant.meter,
            prompts=tenant.prompts,
            renew=tenant.identity.renew,
        )

    async def _get(self, url: str) -> Reply:
        return await self._sent("GET", url, {"CommandName": "*"}, None)

    async def _once(self, cmdlet: Cmdlet, url: str) -> Reply:
        headers = {
            "X-CmdletName": cmdlet.name,
            "Prefer": f"odata.maxpagesize={self._page}",
            "client-request-id": str(uuid.uuid4()),
            "connection-id": self._connection,
        }
        body = {"CmdletInput": {"CmdletName": cmdlet.name, "Parameters": dict(cmdlet.parameters)}}
        return await self._sent("POST", url, headers, body)

    async def _sent(self, method: str, url: str, headers: dict[str, str], body: Any) -> Reply:
        import httpx

        if self._client is None:
            self._client = http.client(self._tenant.cloud)
        token = self._tenant.identity.token(self._tenant.cloud.exchange_scope)
        headers |= {"Authorization": f"Bearer {token}", "X-AnchorMailbox": self._anchor()}
        self._tenant.meter.count()
        try:
            response = await self._client.request(method, url, json=body, headers=headers)
        except httpx.HTTPError as error:
            raise http.silence(error, SERVICE) from error
        return reply(response.status_code, dict(response.headers), response.content)

    def _lacking(self, what: str, answer: Reply, said: str) -> LackingRightError:
        diagnostics = answer.headers.get("x-ms-diagnostics", "").strip()
        sentence, fix = kind_of(answer.status, diagnostics, said)
        said = diagnostics or said
        return LackingRightError(
            f"Exchange doesn't let {self._tenant.who or 'this identity'} run {what}: {sentence}"
            + (f" ({said[:300]})" if said else ""),
            fix=fix,
        )

    def _anchor(self) -> str:
        """Name the mailbox that a request is routed by: the person's own, or the organization's."""
        user = self._tenant.identity.user
        return f"UPN:{user}" if user else f"APP:{ANCHOR}@{self._tenant.id}"

    def may_run(self) -> frozenset[str]:
        """List the cmdlets that who is signed in may run; raises LackingRightError.

        GET EXOModuleFile, as the module itself does when it connects (CIPP-API, New-ExoRequest.ps1).
        """
        url = f"{self._tenant.cloud.exchange}/adminapi/v1.0/{self._tenant.id}/EXOModuleFile"
        answer = self._retried(lambda: self._get(f"{url}?Version={MODULE}"), Kind.READ)
        if answer.status >= BAD:
            raise self._lacking("any cmdlet", answer, words_of(answer))
        if misfit(answer.body, {"value": [{"exportedCmdlets": str}]}) or not answer.body["value"]:
            raise UnreachableError(
                f"{SERVICE} doesn't say which cmdlets there are.", fix="Run the same line again."
            )
        names = answer.body["value"][0]["exportedCmdlets"].split(",")
        return frozenset(name.strip() for name in names if name.strip())


def _question(cmdlet: Cmdlet, *, one: bool) -> tuple[str, ...]:
    """Tell one question from another; for `one` object its absence is an answer too."""
    said = json.dumps(dict(cmdlet.parameters), sort_keys=True)
    return SERVICE, cmdlet.name, said, "one" if one else "all"


def _broken(cmdlet: Cmdlet, words: str) -> UnreachableError:
    return UnreachableError(
        f"{SERVICE} answered {cmdlet.name} with something that can't be read: {words}.",
        fix="Run the same line again.",
    )
