"""How mailgrant signs in: azure-identity credentials, its own retries off, tokens in memory only."""

import base64
import json
from typing import TYPE_CHECKING, Any

from toolkit.errors import RefusedError
from toolkit.secret import Secret
from toolkit.systems import http
from toolkit.systems.clouds import Cloud
from toolkit.systems.retry import TRANSIENT, NoReply
from toolkit.systems.wire import Meter, Reply, reply

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

CONNECT_SECONDS, READ_SECONDS = 10, 60

ADVICE = {
    700027: "The tenant doesn't know this certificate on the app. One just uploaded takes minutes; otherwise compare thumbprints.",
    7000215: "The client secret is wrong: paste the secret's VALUE, not its id. One just made takes minutes.",
    7000222: "The client secret has expired. Make a new one.",
    700016: "There is no such application in this tenant: check tenant id and cloud. One just made takes minutes.",
    7000112: "The application is disabled. Enable the enterprise application in Entra.",
    90002: "There is no such tenant. Check tenant id and cloud.",
    500011: "The service asked for has no service principal in this tenant.",
    700024: "This computer's clock is wrong for the service. Correct the clock.",
    500133: "This computer's clock is wrong for the service. Correct the clock.",
    53003: "Conditional Access blocks this sign-in. Ask who manages it.",
    50105: "The user isn't assigned to the application, which demands assignment.",
    65001: "Nobody has consented to the application yet.",
    7000218: "The request lacks a secret or certificate.",
}
"""What to do, by AADSTS code (learn.microsoft.com/entra/identity-platform/reference-error-codes).

Microsoft changes codes, so they choose the advice and never the way the program goes on, but for
one fact that a proof waits for: a key or an app that the token service doesn't know yet.
"""
NOT_KNOWN_YET = frozenset({700027, 7000215, 700016})


class SignInError(RefusedError):
    """Entra refused a token; `codes` are its AADSTS numbers."""

    def __init__(self, message: str, *, fix: str, codes: frozenset[int]) -> None:
        super().__init__(message, fix=fix)
        self.codes = codes

    @property
    def may_pass(self) -> bool:
        """Tell whether a key or an app just made explains it."""
        return bool(self.codes & NOT_KNOWN_YET)


class BusyError(Exception):
    """The token service answered that it is busy; `answer` holds status and Retry-After."""

    def __init__(self, answer: Reply) -> None:
        super().__init__(f"the token service answered {answer.status}")
        self.answer = answer


class Identity:
    """One application that signs in to one tenant, by a client secret or by a key with its certificate.

    Each Identity has a credential of its own: a verdict on a new key or a new grant through a
    cached token proves nothing, so every proof makes a new Identity.
    """

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
        self.cloud, self.tenant_id, self.client_id = cloud, tenant_id, client_id
        self._secret, self._key, self._meter = secret, key, meter
        self._credential: TokenCredential | None = None
        self._heard: Reply | None = None

    def token(self, scope: str) -> str:
        """Fetch a token for a scope, from memory while it is good.

        Raises SignInError when Entra says no, BusyError when it is busy, NoReply when it can't be
        reached.
        """
        from azure.core.exceptions import AzureError

        if self._credential is None:
            self._credential = self._make()
        self._heard = None
        try:
            return self._credential.get_token(scope).token
        except (AzureError, OSError, ValueError) as error:
            raise self._sorted(error) from error

    def claims(self, scope: str) -> dict[str, Any]:
        """Read the claims of a token; they are shown, nothing is decided by them."""
        body = self.token(scope).split(".")[1]
        found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return found

    def _make(self) -> "TokenCredential":
        from azure.identity import CertificateCredential, ClientSecretCredential

        ca_file = self.cloud.ca_file
        options: dict[str, Any] = {
            "authority": self.cloud.login,
            "connection_verify": str(ca_file) if ca_file else True,
            "disable_instance_discovery": ca_file is not None,
            "retry_total": 0,
            "connection_timeout": CONNECT_SECONDS,
            "read_timeout": READ_SECONDS,
            "raw_request_hook": self._asking,
            "raw_response_hook": self._hear,
        }
        if self._secret is not None:
            secret = self._secret.reveal()
            return ClientSecretCredential(self.tenant_id, self.client_id, secret, **options)
        if self._key is None:
            raise RefusedError(
                f"There is no key to sign in as {self.client_id}.",
                fix="Give a secret or a certificate.",
            )
        key = self._key.reveal_bytes()
        return CertificateCredential(
            self.tenant_id, self.client_id, certificate_data=key, **options
        )

    def _asking(self, request: Any) -> None:
        self._meter.count()
        request.http_request.headers.update(http.greeting(self.cloud))

    def _hear(self, response: Any) -> None:
        http = response.http_response
        self._heard = reply(http.status_code, dict(http.headers), http.body())

    def _sorted(self, error: Exception) -> Exception:
        """Tell busy, silent and refused apart; azure-identity raises the same for all."""
        heard = self._heard
        if heard is None or heard.status < 400:  # noqa: PLR2004  HTTP
            return NoReply(
                f"gave no token ({(str(error).splitlines() or ['no reason given'])[0][:160]})",
                sent=False,
            )
        if heard.status in TRANSIENT:
            return BusyError(heard)
        body = heard.body if isinstance(heard.body, dict) else {}
        codes = frozenset(code for code in body.get("error_codes", ()) if isinstance(code, int))
        text = str(body.get("error_description") or error)
        text = text.split("\r\n", maxsplit=1)[0].split(" Trace ID:", maxsplit=1)[0][:300]
        fix = next(
            (ADVICE[code] for code in codes if code in ADVICE), "Look it up in Entra's sign-in log."
        )
        if body.get("correlation_id"):
            fix += f" Correlation id: {body['correlation_id']}."
        return SignInError(
            f"Signing in as application {self.client_id} was refused: {text}", fix=fix, codes=codes
        )
