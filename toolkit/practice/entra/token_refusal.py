"""How Entra refuses to sign somebody in: an AADSTS code and sentences around it."""

import uuid
from datetime import UTC, datetime

from toolkit.practice.store import Body
from toolkit.practice.wire import Answer, Ask
from toolkit.practice.world import World


class TokenRefusal(Exception):  # noqa: N818  it is an answer, not a fault of ours
    """A refused sign-in: code, OAuth error, text and status, as recorded from the real service.

    Codes: learn.microsoft.com/entra/identity-platform/reference-error-codes.
    """

    def __init__(
        self, code: int, error: str, text: str, *, status: int = 400, suberror: str = ""
    ) -> None:
        super().__init__(text)
        self.code = code
        self.error = error
        self.text = text
        self.status = status
        self.suberror = suberror

    def answer(self, world: World, ask: Ask) -> Answer:
        """Write the refusal as the token endpoint does."""
        correlation = ask.headers.get("client-request-id") or str(uuid.uuid4())
        body = self._parts(correlation) | {"error_uri": f"{world.base}/error?code={self.code}"}
        if self.suberror:
            body["suberror"] = self.suberror
        return Answer(status=self.status, body=body)

    def parameters(self) -> dict[str, str]:
        """Write the refusal as it goes back to a client through the browser (RFC 6749, 4.1.2.1)."""
        parts = self._parts(str(uuid.uuid4()))
        return {name: str(parts[name]) for name in ("error", "error_description")}

    def _parts(self, correlation: str) -> Body:
        trace = str(uuid.uuid4())
        when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        # Since August 2025 spaces, no line ends, stand before the three ids.
        description = (
            f"AADSTS{self.code}: {self.text} Trace ID: {trace}"
            f" Correlation ID: {correlation} Timestamp: {when}"
        )
        return {
            "error": self.error,
            "error_description": description,
            "error_codes": [self.code],
            "timestamp": when,
            "trace_id": trace,
            "correlation_id": correlation,
        }


def unknown_tenant(name: str) -> TokenRefusal:
    """Refuse a tenant that isn't here."""
    return TokenRefusal(
        90002,
        "invalid_tenant",
        f"Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are"
        " signing into the correct cloud. Check with your subscription administrator, this may"
        " happen if there are no active subscriptions for the tenant.",
    )


def missing(parameter: str) -> TokenRefusal:
    """Refuse a form that lacks a parameter."""
    return TokenRefusal(
        900144,
        "invalid_request",
        f"The request body must contain the following parameter: '{parameter}'.",
    )


def bad_client(code: int, text: str) -> TokenRefusal:
    """Refuse a client that couldn't prove who it is."""
    return TokenRefusal(code, "invalid_client", text, status=401)
