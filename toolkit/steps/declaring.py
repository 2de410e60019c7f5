"""What an application says it needs of an API (requiredResourceAccess): ours go in and out, others' stay."""

from collections.abc import Collection, Mapping
from typing import Literal

from toolkit.systems.tenant import Tenant

Kind = Literal["Role", "Scope"]
"""A permission of the application itself, or one in people's names."""


def declared(
    tenant: Tenant, client_id: str, api: str, kind: Kind, names: Mapping[str, str]
) -> frozenset[str]:
    """List what is declared of one API, by value where `names` knows the id."""
    app = tenant.graph.application_by_client_id(client_id) or {}
    return frozenset(
        names.get(access["id"], access["id"])
        for block in app.get("requiredResourceAccess") or ()
        if block["resourceAppId"] == api
        for access in block["resourceAccess"]
        if access["type"] == kind
    )


def declare(
    tenant: Tenant,
    client_id: str,
    api: str,
    kind: Kind,
    *,
    adding: Collection[str],
    removing: Collection[str],
) -> None:
    """Declare permissions by their ids, or declare them no more; declares nothing of a vendor's own app."""
    app = tenant.graph.application_by_client_id(client_id)
    if app is None or not (adding or removing):
        return
    blocks = {
        block["resourceAppId"]: list(block["resourceAccess"])
        for block in app.get("requiredResourceAccess") or ()
    }
    mine = [
        access
        for access in blocks.get(api, [])
        if not (access["type"] == kind and access["id"] in removing)
    ]
    have = {access["id"] for access in mine if access["type"] == kind}
    blocks[api] = mine + [{"id": each, "type": kind} for each in sorted(set(adding) - have)]
    tenant.graph.declare(app["id"], {name: access for name, access in blocks.items() if access})
