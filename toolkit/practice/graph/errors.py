"""How Microsoft Graph says no: the errors its routes raise, and their shape on the wire."""

from datetime import UTC, datetime
from typing import Any

ADVANCED = (
    "Operator '{}' is not supported because the required parameters might be missing. Try adding "
    "$count=true query parameter and ConsistencyLevel:eventual header. Refer to "
    "https://aka.ms/graph-docs/advanced-queries for more information"
)


class GraphError(Exception):
    """A refusal with Graph's status, code and message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def body(self, request_id: str, client_id: str, at: datetime) -> dict[str, Any]:
        """Write it as Graph does (learn.microsoft.com/graph/errors)."""
        inner = {
            "date": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            "request-id": request_id,
            "client-request-id": client_id,
        }
        return {"error": {"code": self.code, "message": self.message, "innerError": inner}}


def bad(message: str, code: str = "Request_BadRequest") -> GraphError:
    """Refuse a request that is wrong in itself."""
    return GraphError(400, code, message)


def unsupported(message: str) -> GraphError:
    """Refuse a query that the directory can't answer."""
    return GraphError(400, "Request_UnsupportedQuery", message)


def missing(key: str) -> GraphError:
    """Say that an object isn't there, or not yet."""
    return GraphError(
        404,
        "Request_ResourceNotFound",
        f"Resource '{key}' does not exist or one of its queried reference-property objects are"
        " not present.",
    )


def denied(message: str = "Insufficient privileges to complete the operation.") -> GraphError:
    """Say that the caller lacks a right."""
    return GraphError(403, "Authorization_RequestDenied", message)


def no_segment(name: str) -> GraphError:
    """Say that a path leads nowhere."""
    return bad(f"Resource not found for the segment '{name}'.")


def not_modelled(what: str) -> GraphError:
    """Say that the real service knows this and the practice tenant doesn't."""
    return GraphError(501, "NotImplemented", f"The practice tenant doesn't know {what}.")
