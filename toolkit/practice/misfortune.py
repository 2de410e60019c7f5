"""What a fault does to an answer, or instead of one."""

import os
import signal
import uuid
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from toolkit.practice.faults import Action
from toolkit.practice.wire import Answer, Ask

SOON = timedelta(seconds=2)
CODES = {
    400: "Request_BadRequest",
    401: "InvalidAuthenticationToken",
    403: "Authorization_RequestDenied",
    404: "Request_ResourceNotFound",
    409: "Directory_ConcurrencyViolation",
    429: "TooManyRequests",
    500: "InternalServerError",
    502: "BadGateway",
    503: "ServiceNotAvailable",
    504: "GatewayTimeout",
}
# What Entra answers with invalid_client, and 401: reference-error-codes of Microsoft's documentation.
OF_CLIENTS = frozenset({50012, 700024, 700027, 700030, 7000112, 7000215, 7000218, 7000222})
PAGE = """<!DOCTYPE html>
<html><head><title>Sign in to the network</title></head>
<body><form><p>Please accept the terms of use to go on.</p></form></body></html>
"""
CLIENT_HEADER = "x-mailgrant-pid"


def failure(action: Action, *, token: bool) -> Answer:
    """Write the failure that stands in for an answer, in the shape of the service asked."""
    code = CODES.get(int(action.number), "UnknownError")
    headers = {"content-type": "application/json"}
    if action.retry_after == "date":
        headers["retry-after"] = format_datetime(datetime.now(UTC) + SOON, usegmt=True)
    elif action.retry_after is not None:
        headers["retry-after"] = action.retry_after
    body = (
        _token_failure(
            90033, "temporarily_unavailable", "A transient error has occurred. Please try again."
        )
        if token
        else error(code, "The practice tenant fails as it was told to.")
    )
    return Answer(status=int(action.number), body=body, headers=headers)


def refusal(code: int) -> Answer:
    """Refuse a sign-in by a code of Entra's, as the token endpoint does."""
    kind = "invalid_client" if code in OF_CLIENTS else "invalid_grant"
    body = _token_failure(code, kind, "The practice tenant refuses as it was told to.")
    return Answer(status=401 if code in OF_CLIENTS else 400, body=body)


def page() -> Answer:
    """Write what a captive portal or a proxy puts in the place of any answer."""
    return Answer(body=PAGE, headers={"content-type": "text/html; charset=utf-8"})


def error(code: str, message: str, request_id: str | None = None) -> dict[str, object]:
    """Write an error as Microsoft Graph does."""
    key = request_id or str(uuid.uuid4())
    inner = {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": key,
        "client-request-id": key,
    }
    return {"error": {"code": code, "message": message, "innerError": inner}}


def kill_client(ask: Ask, *, embedded: bool) -> bool:
    """End the client as if the power had gone; False where it isn't known who it is."""
    # Windows has no SIGKILL; there os.kill ends the process at once for SIGTERM too.
    hard = getattr(signal, "SIGKILL", signal.SIGTERM)
    if embedded:
        os.kill(os.getpid(), hard)
        return True
    text = ask.headers.get(CLIENT_HEADER, "")
    if not text.isdecimal() or int(text) in {0, 1, os.getpid()}:
        return False
    try:
        os.kill(int(text), hard)
    except OSError:
        return False
    return True


def _token_failure(code: int, kind: str, text: str) -> dict[str, object]:
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    return {
        "error": kind,
        "error_description": f"AADSTS{code}: {text}"
        f" Trace ID: {trace} Correlation ID: {correlation} Timestamp: {when}",
        "error_codes": [code],
        "timestamp": when,
        "trace_id": trace,
        "correlation_id": correlation,
    }
