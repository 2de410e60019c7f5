"""Where a cloud's token service says its endpoints are: asked once by each command, not by each sign-in."""

from typing import TYPE_CHECKING, Any

from azure.core.pipeline.transport import RequestsTransport

if TYPE_CHECKING:
    from toolkit.systems.sign_in import Metadata

GOOD = 200


class MetadataTransport(RequestsTransport):  # type: ignore[misc]  # azure.core loads it by name
    """azure-identity's own transport, which remembers the good answers to GET in a table.

    All it GETs is OpenID metadata, which says the same to everybody. Tokens are fetched by POST.
    """

    def __init__(self, known: "Metadata", **options: Any) -> None:
        super().__init__(**options)
        self._known = known

    def send(self, request: Any, **options: Any) -> Any:
        """Send a request, unless its answer is known."""
        if request.method != "GET":
            return super().send(request, **options)
        if request.url not in self._known:
            answer: Any = super().send(request, **options)
            if answer.status_code != GOOD:
                return answer
            self._known[request.url] = answer
        return self._known[request.url]
