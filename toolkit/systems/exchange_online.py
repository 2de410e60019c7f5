"""Exchange Online's cmdlets over HTTPS: InvokeCommand, which its PowerShell module uses itself.

Microsoft publishes no contract for it (the published Admin API has no cmdlet for scopes), so every
plan says so. Shape and errors: github.com/KelvinTegelaar/CIPP-API, New-ExoRequest.ps1.
"""

import uuid
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from toolkit.errors import LackingRightError, NotYetError, RefusedError, UnreachableError
from toolkit.systems import http, retry
from toolkit.systems.cmdlet import Cmdlet, Row
from toolkit.systems.sign_in import BusyError
from toolkit.systems.wire import Reply, reply

if TYPE_CHECKING:
    import httpx

    from toolkit.systems.tenant import Tenant

PAGE = 1000
ANCHOR = "SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}"
"""The arbitration mailbox that app-only calls are routed by, the same in every organization."""
MISSING = ("couldn't be found", "wasn't found", "managementobjectnotfound")
LAG_PATIENCE = timedelta(minutes=20)
LAG_STEP = 10.0


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
    """Exchange Online as whoever is signed in."""

    def __init__(self, tenant: "Tenant") -> None:
        self._tenant = tenant
        self._client: httpx.AsyncClient | None = None
        self._connection = str(uuid.uuid4())

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._tenant.loop.run(self._client.aclose())
            self._client = None

    def run(
        self, name: str, /, *, settle: bool = False, fine: Sequence[str] = (), **parameters: Any
    ) -> list[Row]:
        """Run a cmdlet and give back all its rows.

        `settle` tries again while an object just made "couldn't be found"; `fine` are words of a
        refusal that mean: already so. Raises CmdletError, LackingRightError.
        """
        cmdlet = Cmdlet(name, parameters)
        clock = self._tenant.clock
        end = clock.now() + LAG_PATIENCE
        while True:
            try:
                return self._all(cmdlet)
            except CmdletError as error:
                if any(words in error.words.lower() for words in fine):
                    return []
                if not settle or not error.missing:
                    raise
                if clock.now() >= end:
                    raise NotYetError(
                        f"Exchange still doesn't know what was just made, after 20 minutes of {name}.",
                        fix="Run the same line again later: nothing is lost.",
                    ) from error
            self._tenant.prompts.waiting(f"not known to every server of Exchange yet ({name})", end)
            clock.sleep(LAG_STEP)

    def find(self, name: str, /, **parameters: Any) -> Row | None:
        """Run a Get- cmdlet for one object; None where it isn't there."""
        try:
            rows = self.run(name, **parameters)
        except CmdletError as error:
            if error.missing:
                return None
            raise
        return rows[0] if rows else None

    def _all(self, cmdlet: Cmdlet) -> list[Row]:
        """Run it and follow the pages: by POST of the same body, on this host only."""
        url = f"{self._tenant.cloud.exchange}/adminapi/beta/{self._tenant.id}/InvokeCommand"
        rows: list[Row] = []
        page = 1
        while url:
            answer = self._send(cmdlet, url)
            body = answer.body if isinstance(answer.body, dict) else {}
            if page > 1 and not isinstance(body.get("value"), list):
                raise UnreachableError(
                    f"Exchange broke off {cmdlet.name} on page {page}.",
                    fix="Run the same line again.",
                )
            rows += body.get("value") or []
            url = str(body.get("@odata.nextLink") or "")
            if url and not url.startswith(f"{self._tenant.cloud.exchange}/"):
                raise RefusedError(
                    f"Exchange answered with a link to another host: {url[:100]}",
                    fix="Nothing was sent there.",
                )
            page += 1
        return rows

    def _send(self, cmdlet: Cmdlet, url: str) -> Reply:
        self._tenant.prompts.working(cmdlet.name)
        answer = retry.send(
            lambda: self._tenant.loop.run(self._once(cmdlet, url)),
            kind=cmdlet.kind,
            service="Exchange Online",
            clock=self._tenant.protocol_clock,
            meter=self._tenant.meter,
            prompts=self._tenant.prompts,
        )
        if answer.status < 300:  # noqa: PLR2004  HTTP
            return answer
        if answer.status in (401, 403):
            raise self._lacking(cmdlet, answer)
        words = _words(answer)
        if "role definition of the current user" in words or "CmdletAccessDenied" in words:
            raise self._lacking(cmdlet, answer)
        raise CmdletError(cmdlet, words, answer)

    async def _once(self, cmdlet: Cmdlet, url: str) -> Reply:
        import httpx

        if self._client is None:
            self._client = http.client(self._tenant.cloud)
        try:
            token = self._tenant.identity.token(self._tenant.cloud.exchange_scope)
        except BusyError as busy:
            return busy.answer
        headers = {
            "Authorization": f"Bearer {token}",
            "X-AnchorMailbox": f"APP:{ANCHOR}@{self._tenant.id}",
            "X-CmdletName": cmdlet.name,
            "Prefer": f"odata.maxpagesize={PAGE}",
            "client-request-id": str(uuid.uuid4()),
            "connection-id": self._connection,
        }
        body = {"CmdletInput": {"CmdletName": cmdlet.name, "Parameters": dict(cmdlet.parameters)}}
        self._tenant.meter.count()
        try:
            response = await self._client.post(url, json=body, headers=headers)
        except httpx.HTTPError as error:
            raise http.silence(error) from error
        return reply(response.status_code, dict(response.headers), response.content)

    def _lacking(self, cmdlet: Cmdlet, answer: Reply) -> LackingRightError:
        diagnostics = answer.headers.get("x-ms-diagnostics", "")
        if answer.status == 403 and not diagnostics and not answer.error:  # noqa: PLR2004  HTTP
            fix = (
                "Exchange gave no reason: the role is eligible but not active (activate it in PIM), or was given minutes "
                "ago. Sign in anew and run the same line again."
            )
        else:
            fix = "It takes an active Exchange Administrator. A colleague who is one can run the same line."
        words = (diagnostics or _words(answer)).strip()
        return LackingRightError(
            f"Exchange doesn't let {self._tenant.who or 'this identity'} run {cmdlet.name}"
            + (f": {words[:300]}" if words else "."),
            fix=fix,
        )


def _words(answer: Reply) -> str:
    """Find the words that matter: details, then the inner exception, then the message."""
    error = answer.error
    details = [
        str(each.get("message", ""))
        for each in error.get("details") or ()
        if isinstance(each, dict)
    ]
    inner = error.get("innererror") or error.get("innerError") or {}
    found = ""
    with suppress(AttributeError):
        found = str(
            (inner.get("internalException") or inner.get("internalexception") or {}).get(
                "message", ""
            )
        )
    text = next((words for words in (*details, found, answer.message) if words), "")
    code, _, rest = text.partition("|")
    kind, _, words = rest.partition("|")
    return f"{words} ({kind.rsplit('.', 1)[-1]})" if words and code.startswith("Ex") else text
