"""Tags of applications and enterprise applications: our mark on what others made."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toolkit.systems.graph import Graph


def replace(graph: "Graph", tags: list[str], *, application: str | None, principal: str) -> None:
    """Set the tags of an application, or of an enterprise app whose application lies elsewhere."""
    from msgraph.generated.models.application import Application
    from msgraph.generated.models.service_principal import ServicePrincipal

    if application:
        registered = graph.sdk.applications.by_application_id(application)
        body = Application(tags=tags)
        graph.write(lambda: registered.to_patch_request_information(body), "tag the application")
        return
    enterprise = graph.sdk.service_principals.by_service_principal_id(principal)
    tagged = ServicePrincipal(tags=tags)
    graph.write(
        lambda: enterprise.to_patch_request_information(tagged), "tag the enterprise application"
    )
