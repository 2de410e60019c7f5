"""How requests of msgraph-sdk travel to Microsoft Graph: our retries, our errors, plain answers.

Answers are read as plain JSON: deserialising one object through the SDK loads 1,220 modules.
"""

from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from toolkit.errors import LackingRightError, NotYetError, RefusedError, UnreachableError
from toolkit.systems import http, retry
from toolkit.systems.retry import Kind
from toolkit.systems.shapes import Shape, misfit
from toolkit.systems.sign_in import Identity
from toolkit.systems.wire import Reply, reply

if TYPE_CHECKING:
    import httpx
    from kiota_abstractions.request_information import RequestInformation
    from msgraph import GraphRequestAdapter, GraphServiceClient

    from toolkit.systems.tenant import Tenant

Body = dict[str, Any]

SERVICE = "Microsoft Graph"
NOT_FOUND = 404
OK = (200, 201, 202, 204)
LAG_PATIENCE = timedelta(minutes=20)
LAG_STEP = 5.0
LAG_SIGNS = (
    "does not reference a valid application object",
    "backing application",
    "not a valid reference update",
)
"""What Graph says of an object just made that this replica doesn't know yet, besides 404.

Source: github.com/hashicorp/terraform-provider-azuread issues 581, 611; msgraph-bicep-types 193.
"""
TOO_FAST = "Directory_ConcurrencyViolation"
"""Two changes of one object met; the later one may come again (github.com/nais/azurerator/issues/448)."""
REMEDIES = {
    "Directory_ObjectNotFound": "This is not the tenant it seems, or it isn't ready: check tenant id and cloud.",
    "CredentialInvalidLifetimeAsPerAppPolicy": "The tenant's app management policy wants a shorter life.",
    "CredentialTypeNotAllowedAsPerAppPolicy": "The tenant's app management policy forbids this kind of credential.",
}
LACKING = ("Authorization_RequestDenied", "InvalidAuthenticationToken")


class GraphError(RefusedError):
    """Graph refused a request; `answer` is what it said."""

    def __init__(self, what: str, answer: Reply) -> None:
        detail = f"{answer.status} {answer.code}: {answer.message}".strip()
        super().__init__(
            f"Microsoft Graph refused to {what} ({detail[:400]}).",
            fix=f"{REMEDIES.get(answer.code, '')} Request id for Microsoft's support: {answer.request_id or 'none'}.".strip(),
        )
        self.answer = answer


class GraphWire:
    """Microsoft Graph as one identity: sending what the SDK's builders make."""

    def __init__(self, tenant: "Tenant", identity: Identity) -> None:
        self._tenant, self.identity, self._memory = tenant, identity, tenant.memory
        self._opened: tuple[GraphServiceClient, GraphRequestAdapter, httpx.AsyncClient] | None = (
            None
        )
        self._transports: list[httpx.AsyncBaseTransport] = []

    # ---- transport ----

    @property
    def sdk(self) -> "GraphServiceClient":
        """The SDK's client, made when first used."""
        return self._open()[0]

    def _open(self) -> "tuple[GraphServiceClient, GraphRequestAdapter, httpx.AsyncClient]":
        if self._opened is None:
            from kiota_abstractions.authentication import AnonymousAuthenticationProvider
            from kiota_http.middleware.options import RedirectHandlerOption, RetryHandlerOption
            from msgraph import GraphRequestAdapter, GraphServiceClient
            from msgraph.graph_request_adapter import options
            from msgraph_core import GraphClientFactory

            off = {
                RetryHandlerOption.get_key(): RetryHandlerOption(max_retries=0, should_retry=False),
                RedirectHandlerOption.get_key(): RedirectHandlerOption(should_redirect=False),
            }
            raw = http.client(self._tenant.cloud)
            self._transports = http.transports(raw)
            client = GraphClientFactory.create_with_default_middleware(
                client=raw, options={**options, **off}
            )
            adapter = GraphRequestAdapter(AnonymousAuthenticationProvider(), client=client)
            adapter.base_url = f"{self._tenant.cloud.graph}/v1.0"
            self._opened = (GraphServiceClient(request_adapter=adapter), adapter, client)
        return self._opened

    def close(self) -> None:
        """Close the connections, which the SDK's own transport forgets to do."""
        for transport in self._transports:
            self._tenant.loop.take_leave(transport.aclose)
        self._transports, self._opened = [], None

    def send(
        self, request: "RequestInformation", *, kind: Kind, what: str, any_body: bool = False
    ) -> Reply:
        """Send one request of the SDK's making, with mailgrant's own retries."""
        if kind is not Kind.READ:
            self._memory.forget(SERVICE)
        self._tenant.prompts.working(what)
        return self._retried(lambda: self._once(request), kind, any_body=any_body)

    def _asks(self, request: "RequestInformation") -> tuple[str, ...]:
        """Tell one request from another, and who asks."""
        self._open()[1].set_base_url_for_request_information(request)
        return SERVICE, str(id(self.identity)), request.url

    async def _once(self, request: "RequestInformation") -> Reply:
        import httpx

        _, adapter, client = self._open()
        adapter.set_base_url_for_request_information(request)
        native = await adapter.convert_to_native_async(request)
        http.keep_to(str(native.url), SERVICE, self._tenant.cloud.graph)
        token = self.identity.token(self._tenant.cloud.graph_scope)
        native.headers["Authorization"] = f"Bearer {token}"
        self._tenant.meter.count()
        try:
            response = await client.send(native)
        except httpx.HTTPError as error:
            raise http.silence(error, SERVICE) from error
        return reply(response.status_code, dict(response.headers), response.content)

    def claims(self) -> dict[str, Any]:
        """Read the claims of the token in use."""
        return dict(self._retried(self._claims_once, Kind.READ).body)

    async def _claims_once(self) -> Reply:
        body = self.identity.claims(self._tenant.cloud.graph_scope)
        return Reply(status=200, headers={}, body=body)

    def _retried(
        self,
        once: "Callable[[], Coroutine[Any, Any, Reply]]",
        kind: Kind,
        *,
        any_body: bool = False,
    ) -> Reply:
        tenant = self._tenant
        return retry.send(
            lambda: tenant.loop.run(once()),
            kind=kind,
            service=SERVICE,
            clock=tenant.protocol_clock,
            meter=tenant.meter,
            prompts=tenant.prompts,
            renew=self.identity.renew,
            any_body=any_body,
        )

    def read(self, request: "RequestInformation", what: str, shape: Shape) -> Body | None:
        """Fetch one object of this shape, or remember it; None where it isn't there."""
        return self._memory.recall(self._asks(request), lambda: self._read(request, what, shape))

    def _read(self, request: "RequestInformation", what: str, shape: Shape) -> Body | None:
        answer = self.send(request, kind=Kind.READ, what=what)
        return None if answer.status == NOT_FOUND else self._good(answer, what, shape)

    def read_all(
        self,
        request: "RequestInformation",
        what: str,
        shape: Shape,
        *,
        missing_is_empty: bool = False,
    ) -> list[Body]:
        """Fetch a list of objects of this shape, page after page, or remember it."""
        return self._memory.recall(
            self._asks(request),
            lambda: self._read_all(request, what, shape, missing_is_empty=missing_is_empty),
        )

    def _read_all(
        self, request: "RequestInformation", what: str, shape: Shape, *, missing_is_empty: bool
    ) -> list[Body]:
        rows: list[Body] = []
        seen: set[str] = set()
        whole = {"value": [shape], "@odata.nextLink?": str}
        answer = self.send(request, kind=Kind.READ, what=what)
        if answer.status == NOT_FOUND and missing_is_empty:
            return rows
        page = self._good(answer, what, whole)
        rows += page["value"]
        while link := page.get("@odata.nextLink"):
            if link in seen:
                raise unfit(what, "it sends us round in circles")
            seen.add(link)
            http.keep_to(link, SERVICE, self._tenant.cloud.graph)
            answer = self.send(self.raw("GET", link), kind=Kind.READ, what=what)
            page = self._good(answer, what, whole)
            rows += page["value"]
        return rows

    def write(
        self,
        make: "Callable[[], RequestInformation]",
        what: str,
        *,
        fine: Sequence[str] = (),
        gone_is_fine: bool = False,
        kind: Kind = Kind.KEYED,
    ) -> Body:
        """Send a write; one that has a natural key may be repeated when its answer is lost.

        What says that an object just made isn't known everywhere is tried again for twenty minutes
        of tenant time, visibly. `fine` are words of a refusal that mean: already so.
        """
        clock, meter = self._tenant.clock, self._tenant.meter
        end, purpose = clock.now() + LAG_PATIENCE, meter.purpose
        while True:
            with meter.counting_as(purpose):
                answer = self.send(make(), kind=kind, what=what)
            if answer.status == NOT_FOUND and gone_is_fine:
                return {}
            if not _lagging(answer):
                break
            if clock.now() >= end:
                raise NotYetError(
                    f"Microsoft Graph still doesn't know what was just made, after 20 minutes of trying to {what}.",
                    fix="Run the same line again later: nothing is lost.",
                )
            self._tenant.prompts.waiting(f"not known to every server of Entra yet ({what})", end)
            clock.sleep(LAG_STEP)
            purpose = "poll"
        if answer.status not in OK and any(words in answer.message.lower() for words in fine):
            return {}
        return self._good(answer, what)

    def _good(self, answer: Reply, what: str, shape: Shape = None) -> Body:
        """Give back the body of a good answer, or say why there is none; a write's may be empty."""
        if answer.status in OK:
            body: Body = answer.body if isinstance(answer.body, dict) or shape else {}
            if words := misfit(body, shape or {}):
                raise unfit(what, words)
            return body
        if answer.status in (401, 403) and answer.code in LACKING:
            raise LackingRightError(
                f"Microsoft Graph doesn't let {self._tenant.who or 'this identity'} {what} ({answer.code}).",
                fix="It takes an active Application Administrator (consent for Graph: Privileged Role Administrator); "
                "a role just activated needs a new sign-in. A colleague who has it can run the same line.",
            )
        raise GraphError(what, answer)

    def raw(self, method: str, url: str, body: bytes | None = None) -> "RequestInformation":
        """Make a request the SDK has no builder for; `url` must lie within this cloud's Graph."""
        from kiota_abstractions.method import Method
        from kiota_abstractions.request_information import RequestInformation

        request = RequestInformation(Method[method.upper()])
        request.url = url
        request.headers.try_add("Accept", "application/json")
        if body is not None:
            request.set_stream_content(body, "application/json")
        return request

    def request(
        self, method: str, path: str, body: bytes | None = None, *, any_body: bool = False
    ) -> Reply:
        """Send any request to a path of Graph and give back its answer, whatever status it has.

        `any_body` takes what is no JSON too, such as a photo or a table.
        """
        if not path.startswith(("/v1.0/", "/beta/")):
            path = "/v1.0/" + path.lstrip("/")
        url = f"{self._tenant.cloud.graph}/{quote(path.lstrip('/'), safe='/?&=$(),.:@+%-_~!*;')}"
        kind = Kind.READ if method.upper() in ("GET", "HEAD") else Kind.UNKEYED
        return self.send(
            self.raw(method, url, body),
            kind=kind,
            what=f"{method.upper()} {path}",
            any_body=any_body,
        )


def unfit(what: str, words: str) -> UnreachableError:
    """Say that an answer isn't of the shape it must have."""
    return UnreachableError(
        f"{SERVICE} was asked to {what} and answered something that can't be read: {words}.",
        fix=retry.PROXY,
    )


def _lagging(answer: Reply) -> bool:
    if answer.code == TOO_FAST:
        return True
    if answer.status == NOT_FOUND and answer.code == "Request_ResourceNotFound":
        return True
    return answer.status in (400, 403) and any(sign in answer.message.lower() for sign in LAG_SIGNS)
