"""Tags of applications and enterprise applications: our mark on what others made."""

from typing import TYPE_CHECKING

from toolkit.systems.graph_query import query, text
from toolkit.systems.graph_shapes import MARKED, TAGGED
from toolkit.systems.graph_wire import Body
from toolkit.systems.shapes import names

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


def marked(graph: "Graph", tag: str) -> list[Body]:
    """List the enterprise applications that carry a tag, or whose application here does.

    What was made here has it on both, what was taken as it is has it on the application.
    """
    theirs = graph.sdk.service_principals
    options = query(theirs, filter=f"tags/any(t:t eq {text(tag)})", select=names(MARKED))
    request = theirs.to_get_request_information(options)
    found = graph.read_all(request, "look for what mailgrant set up", MARKED)
    known = {each["appId"] for each in found}
    registered = graph.sdk.applications
    wanted = query(registered, filter=f"tags/any(t:t eq {text(tag)})", select=names(TAGGED))
    tagged = registered.to_get_request_information(wanted)
    for app in graph.read_all(tagged, "look for what mailgrant was given", TAGGED):
        principal = None if app["appId"] in known else graph.service_principal(app["appId"])
        if principal is not None:
            found.append({**principal, "tags": app["tags"]})
    return found
