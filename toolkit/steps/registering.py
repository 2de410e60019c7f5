"""Registers an application under its uniqueName; one that an undo has deleted is brought back."""

from collections.abc import Mapping
from typing import Any

from toolkit.errors import RefusedError
from toolkit.steps.base import Mark
from toolkit.systems.graph_wire import GraphError
from toolkit.systems.tenant import Tenant


def register(
    tenant: Tenant, mark: Mark, properties: Mapping[str, Any], *, new: bool
) -> dict[str, Any]:
    """Make an application, or bring it to these properties; gives back a new one.

    A deleted application keeps its uniqueName for 30 days: where the name is refused, ours is
    restored, and brought to these properties.
    """
    try:
        return tenant.graph.upsert_application(mark.name, properties)
    except GraphError:
        if not new or not _restored(tenant, mark):
            raise
    return tenant.graph.upsert_application(mark.name, properties)


def _restored(tenant: Tenant, mark: Mark) -> bool:
    deleted = tenant.graph.deleted_applications(mark.name)
    for app in deleted:
        if mark.tag not in (app.get("tags") or ()):
            raise RefusedError(
                f"A deleted application {app.get('displayName')!r} that mailgrant didn't make holds the name {mark.name}.",
                fix="Delete it for good in Entra (App registrations, Deleted applications), or choose another instance.",
            )
        tenant.graph.restore(app["id"])
    return bool(deleted)
