"""One person signs in through an application: its own code is redeemed with its own credential, once.

azure-identity redeems codes with secrets only, so this is done by msal, which comes with it. No
refresh token is asked for; the access token stays in memory, and nobody can renew it.
Source: learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
"""

import json
import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from toolkit.errors import UnreachableError
from toolkit.permissions import OPEN_ID
from toolkit.secret import Secret
from toolkit.systems import http
from toolkit.systems.aadsts import advice
from toolkit.systems.clouds import Cloud
from toolkit.systems.retry import NETWORK, PROXY
from toolkit.systems.sign_in import SERVICE, Identity, SignInError, codes_of
from toolkit.systems.wire import Meter

if TYPE_CHECKING:
    import httpx

BUSY = 500
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Who came: the object id and the name of the ID token, and an identity with the access token."""

    id: str
    name: str
    identity: Identity


class Visit:
    """A sign-in under way; `url` is where the person goes."""

    def __init__(
        self,
        cloud: Cloud,
        tenant_id: str,
        client_id: str,
        *,
        meter: Meter,
        secret: Secret | None = None,
        key: Secret | None = None,
    ) -> None:
        self._cloud, self._tenant_id, self._client_id = cloud, tenant_id, client_id
        self._secret, self._key, self._meter = secret, key, meter
        self._flow: dict[str, Any] = {}
        self._client: Any = None

    def begin(self, scopes: Collection[str], *, address: str, state: str, hint: str) -> str:
        """Tell the page at which the person signs in; its proof key (PKCE) stays here."""
        from msal import ConfidentialClientApplication  # type: ignore[import-untyped]

        self._client = ConfidentialClientApplication(
            self._client_id,
            client_credential=self._credential(),
            authority=f"{self._cloud.login}/{self._tenant_id}",
            instance_discovery=False,
            validate_authority=False,
            http_client=_Transport(self._cloud, self._meter),
            exclude_scopes=["offline_access"],
        )
        self._flow = self._client.initiate_auth_code_flow(
            [f"{self._cloud.graph}/{each}" for each in sorted(set(scopes) - OPEN_ID.keys())],
            redirect_uri=address,
            state=state,
            prompt="select_account",
            login_hint=hint,
            response_mode="form_post",  # so that no code lies in the browser's history
        )
        url = str(self._flow["auth_uri"])
        http.keep_to(url, SERVICE, self._cloud.login, self._cloud.login_alias)
        return url

    def _credential(self) -> str | dict[str, str]:
        if self._secret is not None:
            return self._secret.reveal()
        from toolkit import certificates

        pem = self._key.reveal_bytes() if self._key is not None else b""
        thumbprint = certificates.inspect(pem, name="The key in keep")[0].thumbprint
        return {"private_key": pem.decode("ascii"), "thumbprint": thumbprint}

    def redeem(self, answer: Mapping[str, str]) -> Visitor:
        """Redeem what came back; raises SignInError where Entra or the person said no."""
        if "error" in answer:
            raise refusal(answer)
        try:
            with _unlogged():
                found = self._client.acquire_token_by_auth_code_flow(self._flow, dict(answer))
        except ValueError as error:
            raise UnreachableError(
                f"{SERVICE} gave an answer that can't be read.", fix=PROXY
            ) from error
        claims = found.get("id_token_claims")
        if "error" in found:
            raise refusal(found)
        if not isinstance(claims, dict) or not isinstance(found.get("access_token"), str):
            raise UnreachableError(f"{SERVICE} gave an answer that can't be read.", fix=PROXY)
        token = Secret(found["access_token"])
        return Visitor(
            id=str(claims.get("oid") or ""),
            name=str(claims.get("preferred_username") or claims.get("name") or ""),
            identity=_Once(
                self._cloud, self._tenant_id, self._client_id, meter=self._meter, token=token
            ),
        )


@contextmanager
def _unlogged() -> Iterator[None]:
    """Keep msal from logging, for it writes down answers that it can't read, tokens and all."""
    log = logging.getLogger("msal")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(level)


class _Once(Identity):
    """Whoever has just signed in: one token, and none after it."""

    def __init__(
        self, cloud: Cloud, tenant_id: str, client_id: str, *, meter: Meter, token: Secret
    ) -> None:
        super().__init__(cloud, tenant_id, client_id, meter=meter)
        self._token = token

    def token(self, scope: str) -> str:  # noqa: ARG002  there is only one
        """Give the token, whatever is asked for."""
        return self._token.reveal()


class _Transport:
    """What msal asks Entra through: the cloud's own trust, no second try, no other host."""

    def __init__(self, cloud: Cloud, meter: Meter) -> None:
        self._cloud, self._meter = cloud, meter

    def get(self, url: str, **options: Any) -> "httpx.Response":
        """Fetch what the token service says of itself."""
        return self._sent("GET", url, options)

    def post(self, url: str, **options: Any) -> "httpx.Response":
        """Ask for a token."""
        http.keep_to(url, SERVICE, self._cloud.login, self._cloud.login_alias)
        return self._sent("POST", url, options)

    def close(self) -> None:
        """Close nothing: each request has a connection of its own."""

    def _sent(self, method: str, url: str, options: dict[str, Any]) -> "httpx.Response":
        import httpx

        known: dict[str, Any] = {name: options.get(name) for name in ("params", "headers")}
        if "data" in options:  # msal's assertion is bytes, of which httpx would make b'...'
            known["content"] = urlencode(options["data"])
            known["headers"] = {**(known["headers"] or {}), "Content-Type": FORM}
        self._meter.count()
        try:
            with http.one_by_one(self._cloud) as client:
                answer = client.request(method, url, **known)
        except httpx.HTTPError as error:
            raise UnreachableError(f"{http.silence(error, SERVICE).why}.", fix=NETWORK) from error
        try:
            body = json.loads(answer.text)
        except ValueError:
            body = None
        if answer.status_code >= BUSY or not isinstance(body, dict):
            raise UnreachableError(
                f"{SERVICE} answered HTTP {answer.status_code}.",
                fix=PROXY if body is None else NETWORK,
            )
        return answer


def refusal(body: Mapping[str, Any]) -> SignInError:
    """Say what a refusal means to whoever signs in through an application."""
    text = str(body.get("error_description") or body["error"])
    codes = codes_of(dict(body))
    said = text.splitlines()[0].split(" Trace ID:", maxsplit=1)[0][:300]
    return SignInError(said, fix=advice(codes, visiting=True), codes=codes)
