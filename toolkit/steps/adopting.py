"""What stands in the way of taking an application of others as it is."""

from toolkit.errors import NotFoundError, RefusedError
from toolkit.state import State
from toolkit.systems.tenant import Tenant


def refuse_missing(tenant: Tenant, *, existing: str, taken: str) -> None:
    """Refuse a client id that names nothing here, or a vendor's own app where a registration is needed."""
    principal = tenant.graph.service_principal(taken) if taken else None
    if principal:
        raise RefusedError(
            f"{principal.get('displayName')} is its vendor's own app for many tenants: its addresses, keys and secrets "
            "lie in the vendor's tenant, and nobody can change them here.",
            fix="Ask the vendor, or have a new app registered: leave the client id out.",
        )
    raise NotFoundError(
        f"There is no application {existing or taken} in this tenant.",
        fix="Open the vendor's consent link once, or run New-MgServicePrincipal -AppId with that id."
        if existing
        else "Check the client id in Entra (App registrations).",
    )


def refuse_idle(found: State) -> None:
    """Refuse one that can't sign in."""
    if not (found["enterprise_app"] and found["enabled"]):
        raise RefusedError(
            f"{found['name']} can't sign in: its enterprise app is {'disabled' if found['enterprise_app'] else 'missing'}.",
            fix="Its owner must switch it on in Entra (Enterprise applications); mailgrant only adds to it.",
        )
