"""What an application may do in people's names: delegated permissions as Microsoft Graph keeps them.

Source: learn.microsoft.com/graph/api/resources/oauth2permissiongrant
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.systems.graph_query import query, text
from toolkit.systems.graph_shapes import CONSENTED
from toolkit.systems.graph_wire import Body
from toolkit.systems.shapes import misfit

if TYPE_CHECKING:
    from toolkit.systems.graph import Graph

EVERYBODY = "AllPrincipals"
ONE = "Principal"
READING = ("Directory.Read.All",)
"""What a person is asked for to list consent.

Source: learn.microsoft.com/graph/api/oauth2permissiongrant-list
"""
WHAT = "what was consented to"


@dataclass(frozen=True)
class Consented:
    """Whose consent to what: Entra keeps one entry for a client, a service, and a person or everybody.

    `client` and `service` are ids of enterprise applications; `person` is empty for everybody.
    """

    client: str
    service: str
    person: str = ""

    def fits(self, grant: Body) -> bool:
        """Tell whether an entry is this one."""
        kind = ONE if self.person else EVERYBODY
        return (grant["resourceId"], grant["consentType"], grant.get("principalId") or "") == (
            self.service,
            kind,
            self.person,
        )


def scopes_in(grant: Body | None) -> frozenset[str]:
    """List the permissions of an entry."""
    return frozenset(str((grant or {}).get("scope") or "").split())


def of_client(graph: "Graph", principal: str) -> list[Body]:
    """List all that was consented to for an enterprise application, by whomever."""
    builder = graph.sdk.oauth2_permission_grants
    options = query(builder, filter=f"clientId eq {text(principal)}")
    return graph.read_all(builder.to_get_request_information(options), f"read {WHAT}", CONSENTED)


def entry(graph: "Graph", key: Consented) -> Body | None:
    """Find one entry."""
    return next((each for each in of_client(graph, key.client) if key.fits(each)), None)


def allow(graph: "Graph", key: Consented, scopes: Collection[str]) -> None:
    """Consent to these permissions; what is in the entry already stays.

    An entry that is there and isn't to be seen yet answers 409, and is waited for.
    """
    last = entry(graph, key)
    if last is None and _made(graph, key, scopes):
        return
    found = graph.agreeing(lambda: entry(graph, key), _sign, WHAT, last)
    have = scopes_in(found)
    if not have >= set(scopes):
        _change(graph, found, have | set(scopes))


def withdraw(graph: "Graph", key: Consented, scopes: Collection[str]) -> None:
    """Take permissions out of an entry; what else is in it stays, an empty one goes.

    They were seen there, so a reading that lacks them isn't believed at once.
    """

    def held() -> Body | None:
        found = entry(graph, key)
        return found if scopes_in(found) & set(scopes) else None

    last = graph.lasting(held, WHAT)
    if last is None:
        return
    agreed = graph.agreeing(lambda: entry(graph, key) or {}, _sign, WHAT, last)
    found = agreed if scopes_in(agreed) & set(scopes) else last
    left = scopes_in(found) - set(scopes)
    if left:
        _change(graph, found, left)
        return
    builder = graph.sdk.oauth2_permission_grants.by_o_auth2_permission_grant_id(found["id"])
    graph.write(builder.to_delete_request_information, "take consent back", gone_is_fine=True)


def _made(graph: "Graph", key: Consented, scopes: Collection[str]) -> bool:
    """Make an entry; tells whether there was none."""
    from msgraph.generated.models.o_auth2_permission_grant import OAuth2PermissionGrant

    body = OAuth2PermissionGrant(
        client_id=key.client,
        consent_type=ONE if key.person else EVERYBODY,
        principal_id=key.person or None,
        resource_id=key.service,
        scope=" ".join(sorted(scopes)),
    )
    builder = graph.sdk.oauth2_permission_grants
    made = graph.write(
        lambda: builder.to_post_request_information(body), "consent", fine=("already exists",)
    )
    return not misfit(made, {"id": str})


def _change(graph: "Graph", found: Body, scopes: Collection[str]) -> None:
    """Replace the permissions of an entry, which are always sent whole."""
    from msgraph.generated.models.o_auth2_permission_grant import OAuth2PermissionGrant

    builder = graph.sdk.oauth2_permission_grants.by_o_auth2_permission_grant_id(found["id"])
    body = OAuth2PermissionGrant(scope=" ".join(sorted(scopes)))
    graph.write(lambda: builder.to_patch_request_information(body), "change " + WHAT)


def _sign(found: Body) -> object:
    return found.get("id"), scopes_in(found)
