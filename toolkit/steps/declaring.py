"""What an application says it needs of an API (requiredResourceAccess): ours go in and out, others' stay."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is to be declared of one API from now on, and what no more, by ids."""

    api: str
    kind: Kind
    adding: Collection[str] = ()
    removing: Collection[str] = ()

    def of(self, access: Iterable[Mapping[str, str]]) -> list[Mapping[str, str]]:
        """Tell what is declared of the API then; others' stays."""
        mine = [
            each
            for each in access
            if not (each["type"] == self.kind and each["id"] in self.removing)
        ]
        have = {each["id"] for each in mine if each["type"] == self.kind}
        return mine + [{"id": id_, "type": self.kind} for id_ in sorted(set(self.adding) - have)]


def declare(tenant: Tenant, client_id: str, *wishes: Wish) -> None:
    """Bring what an application declares to these wishes; declares nothing of a vendor's own app.

    Entra takes the whole list, and a reading right after a write may be old, so all go in one.
    """
    app = tenant.graph.application_by_client_id(client_id)
    if app is None or not any(wish.adding or wish.removing for wish in wishes):
        return
    blocks: dict[str, list[Mapping[str, str]]] = {
        block["resourceAppId"]: list(block["resourceAccess"])
        for block in app.get("requiredResourceAccess") or ()
    }
    for wish in wishes:
        blocks[wish.api] = wish.of(blocks.get(wish.api, ()))
    tenant.graph.declare(app["id"], {name: access for name, access in blocks.items() if access})
