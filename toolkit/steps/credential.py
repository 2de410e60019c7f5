"""How an application that was set up signs in, by what lies in keep: its certificate or its secret."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.secret import Secret
from toolkit.steps.certificate import kept_key
from toolkit.steps.client_secret import kept_secret
from toolkit.systems.tenant import Tenant

if TYPE_CHECKING:
    from toolkit.systems.graph import Graph
    from toolkit.systems.visit import Visit


@dataclass(frozen=True, kw_only=True)
class Credential:
    """A certificate by its thumbprint, or a client secret by its id; neither where it has none."""

    thumbprint: str = ""
    secret_id: str = ""

    def __bool__(self) -> bool:
        return bool(self.thumbprint or self.secret_id)

    @property
    def what(self) -> str:
        """Name it in a sentence."""
        return "client secret" if self.secret_id else "certificate"

    def enter(self, tenant: Tenant, client_id: str) -> "Graph":
        """Open Microsoft Graph as the application: a new credential and a new token every time.

        Raises NotFoundError where its key or value isn't in keep on this computer.
        """
        if self.secret_id:
            return tenant.graph_as(client_id, secret=kept_secret(tenant.keep, self.secret_id))
        return tenant.graph_as(client_id, key=Secret(kept_key(tenant.keep, self.thumbprint)))

    def visit(self, tenant: Tenant, client_id: str) -> "Visit":
        """Have one person sign in through the application; raises NotFoundError as `enter` does."""
        if self.secret_id:
            return tenant.visit(client_id, secret=kept_secret(tenant.keep, self.secret_id))
        return tenant.visit(client_id, key=Secret(kept_key(tenant.keep, self.thumbprint)))
