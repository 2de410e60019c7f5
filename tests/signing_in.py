"""People who sign in by the profile `person`, and what Microsoft remembers of their consent."""

from tests.conftest import CommandLine, Ended
from toolkit.systems.people import GRAPH_TOOLS


def by(mailgrant: CommandLine, *arguments: str) -> Ended:
    return mailgrant("--tenant", "person", *arguments)


def grants(mailgrant: CommandLine) -> list[dict[str, str]]:
    with mailgrant.world() as world:
        names = {each["id"]: each["appId"] for each in world.store.all("servicePrincipal")}
        return [
            {"client": names[each["clientId"]], "scope": each["scope"] or ""}
            for each in world.store.all("oauth2PermissionGrant")
        ]


def of_tools(mailgrant: CommandLine) -> set[str]:
    found = [each["scope"].split() for each in grants(mailgrant) if each["client"] == GRAPH_TOOLS]
    return {scope for scopes in found for scope in scopes}
