"""How mailgrant signs in: azure-identity credentials, its own retries off, tokens in memory only."""

import base64
import json
import logging
import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from toolkit.clock import Clock, SystemClock
from toolkit.errors import LackingRightError, RefusedError, UnreachableError
from toolkit.secret import Secret
from toolkit.systems import http
from toolkit.systems.aadsts import BUSY, CLOCK, CONSENT, NOT_KNOWN_YET, advice
from toolkit.systems.clouds import Cloud
from toolkit.systems.retry import MOST_TRIES, NETWORK, PROXY, TRANSIENT, UNREADABLE_TRIES, NoReply
from toolkit.systems.wire import Meter, Reply, reply

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

CONNECT_SECONDS, READ_SECONDS = 10, 60
FAILED = 400
SERVICE = "Entra's token service"
logging.getLogger("azure.identity").setLevel(logging.CRITICAL)  # what it warns of, we say ourselves
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
Metadata = dict[str, Any]
"""What token services said of themselves, by address."""
TOKEN = re.compile(r"[!-~]{1,65536}")


class SignInError(RefusedError):
    """Entra refused a token; `codes` are its AADSTS numbers."""

    def __init__(self, message: str, *, fix: str, codes: frozenset[int]) -> None:
        super().__init__(message, fix=fix)
        self.codes = codes
        if codes & CONSENT:  # somebody else may give it
            self.exit_code = LackingRightError.exit_code

    @property
    def may_pass(self) -> bool:
        """Tell whether a key or an app just made explains it."""
        return bool(self.codes & NOT_KNOWN_YET)


class Identity:
    """One application that signs in to one tenant, by a client secret or by a key with its certificate.

    Each Identity has a credential of its own: a verdict on a new key or a new grant through a
    cached token proves nothing, so every proof makes a new Identity; they share `metadata`. People sign in by a kind of
    its own, `Person`; `user` is the name such a person signs in with.
    """

    user = ""
    by_code = False

    def __init__(
        self,
        cloud: Cloud,
        tenant_id: str,
        client_id: str,
        *,
        meter: Meter,
        secret: Secret | None = None,
        key: Secret | None = None,
        clock: Clock | None = None,
        metadata: Metadata | None = None,
    ) -> None:
        self.metadata: Metadata = {} if metadata is None else metadata
        self.cloud, self.tenant_id, self.client_id = cloud, tenant_id, client_id
        self._secret, self._key, self._meter = secret, key, meter
        self._clock = clock or SystemClock()
        self._credential: TokenCredential | None = None
        self._heard: Reply | None = None

    def token(self, scope: str) -> str:
        """Fetch a token for a scope, from memory while it is good.

        Raises SignInError when Entra says no, and NoReply when it is busy, can't be reached, or
        says what nobody can read.
        """
        from azure.core.exceptions import AzureError

        if self._credential is None:
            self._credential = self._make()
        self._heard = None
        try:
            found: object = self._credential.get_token(*self._scopes(scope)).token
        except (AzureError, OSError, ValueError) as error:
            self._credential = None  # msal would repeat a refusal for a minute without asking
            if isinstance(error.__cause__, RefusedError):  # ours, from within
                raise error.__cause__ from None
            raise self._sorted(error) from error
        if not isinstance(found, str) or not TOKEN.fullmatch(found):
            self._credential = None
            raise _unreadable(self._heard)
        return Secret(found).reveal()  # the redactor knows it from now on

    def claims(self, scope: str) -> dict[str, Any]:
        """Read the claims of a token; they are shown, and at most a reason to refuse."""
        return claims_of(self.token(scope))

    def ask_for(self, *scopes: str) -> None:
        """Have a person allow more than reading from now on; an application has what it has."""

    def renew(self) -> None:
        """Forget the token that a service refused, so that the next one is new."""
        self._credential = None

    @property
    def title(self) -> str:
        """Name who signs in."""
        return f"application {self.client_id}"

    def _scopes(self, scope: str) -> tuple[str, ...]:
        """Tell what to ask the token service for where a system asks for a scope."""
        return (scope,)

    def _options(self) -> dict[str, Any]:
        from toolkit.systems.metadata import MetadataTransport

        return {
            "authority": self.cloud.login,
            "transport": MetadataTransport(
                self.metadata,
                connection_verify=str(http.authorities(self.cloud)),
                use_env_settings=not self.cloud.practice,
                connection_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
            ),
            "disable_instance_discovery": self.cloud.ca_file is not None,
            "retry_total": 0,
            "raw_request_hook": self._asking,
            "raw_response_hook": self._hear,
        }

    def _make(self) -> "TokenCredential":
        from azure.identity import CertificateCredential, ClientSecretCredential

        options = self._options()
        if self._secret is not None:
            secret = self._secret.reveal()
            if GUID.fullmatch(secret.strip()):
                raise RefusedError(
                    "That is the client secret's ID, not the secret.",
                    fix="Use the secret's VALUE, which Entra shows only once. Nothing was sent.",
                )
            return ClientSecretCredential(self.tenant_id, self.client_id, secret, **options)
        if self._key is None:
            raise RefusedError(
                f"There is no key to sign in as {self.client_id}.",
                fix="Give a secret or a certificate.",
            )
        key = self._key.reveal_bytes()
        try:
            return CertificateCredential(
                self.tenant_id, self.client_id, certificate_data=key, **options
            )
        except ValueError as error:
            raise RefusedError(
                "The certificate to sign in with can't be read.",
                fix="It takes one PEM file with an RSA private key and its certificate.",
            ) from error

    def _asking(self, request: Any) -> None:
        asked = request.http_request
        if asked.method == "POST":  # discovery holds no secret, and asks elsewhere for some clouds
            http.keep_to(asked.url, SERVICE, self.cloud.login, self.cloud.login_alias)
        self._heard = None  # an answer to the question before this one explains nothing
        if asked.url not in self.metadata:
            self._meter.count()
        asked.headers.update(http.greeting(self.cloud))

    def _hear(self, response: Any) -> None:
        answer = response.http_response
        self._heard = reply(answer.status_code, dict(answer.headers), answer.body())

    def _sorted(self, error: Exception) -> Exception:
        """Tell busy, silent, garbled and refused apart; azure-identity raises the same for all."""
        heard = self._heard
        if heard is None:
            return _silent(error)
        body = heard.body if isinstance(heard.body, dict) else {}
        codes = codes_of(body)
        if (
            heard.status in TRANSIENT
            or body.get("error") == "temporarily_unavailable"
            or codes & BUSY
        ):
            return NoReply(f"{SERVICE} is busy (HTTP {heard.status})", sent=False, answer=heard)
        if heard.status < FAILED or not isinstance(body.get("error"), str):
            return _unreadable(heard)
        return self._refused(body, codes, heard)

    def _refused(self, body: dict[str, Any], codes: frozenset[int], heard: Reply) -> SignInError:
        text = str(body.get("error_description") or body["error"])
        text = text.splitlines()[0].split(" Trace ID:", maxsplit=1)[0][:300]
        fix = advice(codes)
        if codes & CLOCK:
            fix += self._skew(heard)
        if body.get("correlation_id"):
            fix += f" Correlation id: {str(body['correlation_id'])[:64]}."
        return SignInError(f"Signing in as {self.title} was refused: {text}", fix=fix, codes=codes)

    def _skew(self, heard: Reply) -> str:
        try:
            theirs = parsedate_to_datetime(heard.headers.get("date", ""))
            seconds = (self._clock.now() - theirs).total_seconds()
        except (ValueError, TypeError):
            return ""
        return f" Here it is {self._clock.now():%H:%M:%S} UTC, there {theirs:%H:%M:%S}: {seconds:+.0f} s."


def claims_of(token: str) -> dict[str, Any]:
    """Read what a token says; raises UnreachableError where nobody can."""
    try:
        body = token.split(".")[1]
        found = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (IndexError, ValueError) as error:
        raise UnreachableError(f"{SERVICE} gave a token that can't be read.", fix=PROXY) from error
    return dict(found) if isinstance(found, dict) else {}


def codes_of(body: dict[str, Any]) -> frozenset[int]:
    """Read the AADSTS numbers; where the list is missing, from the beginning of the text."""
    listed = body.get("error_codes")
    if isinstance(listed, list):
        return frozenset(code for code in listed if isinstance(code, int))
    return frozenset(
        int(code) for code in re.findall(r"^AADSTS(\d{4,8})\b", str(body.get("error_description")))
    )


def _silent(error: Exception) -> NoReply:
    why = http.reason(error)
    untrusted = why == http.UNTRUSTED
    return NoReply(
        f"{SERVICE} gave no answer ({why})",
        sent=False,
        fix=http.UNTRUSTED_FIX if untrusted else NETWORK,
        tries=1 if untrusted else MOST_TRIES,
    )


def _unreadable(heard: Reply | None) -> NoReply:
    status = f"HTTP {heard.status}" if heard else "no status"
    return NoReply(
        f"{SERVICE} answered {status} with something that is neither a token nor a refusal",
        sent=False,
        fix=PROXY,
        tries=UNREADABLE_TRIES,
    )
