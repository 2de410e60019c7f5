"""An application's client secrets on Microsoft Graph: each is added and removed by itself, and shown once.

Sources: learn.microsoft.com/graph/api/application-addpassword, application-removepassword and
resources/passwordcredential
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from toolkit.secret import Secret
from toolkit.systems.graph_certificates import lifetime_of, rules_of
from toolkit.systems.graph_wire import Body, unfit
from toolkit.systems.retry import Kind
from toolkit.systems.shapes import misfit

if TYPE_CHECKING:
    from toolkit.systems.tenant import Tenant

RULES = "passwordCredentials"
GIVEN = {"keyId": str, "secretText": str, "endDateTime": datetime}


@dataclass(frozen=True, kw_only=True)
class Given:
    """A secret as Entra hands it out, once: the id it is known by, its value, its end (ISO time)."""

    key_id: str
    value: Secret
    ends: str


def listed(tenant: "Tenant", client_id: str) -> list[Body] | None:
    """List an application's secrets, without their values; None where there is no such application."""
    app = tenant.graph.application_by_client_id(client_id)
    return None if app is None else list(app.get("passwordCredentials") or ())


def add(tenant: "Tenant", client_id: str, name: str, ends: datetime) -> Given:
    """Add a secret of this name; what Entra answers is the only time its value is shown.

    Raises OutcomeUnknownError where the answer was lost: then there may be one that nobody holds.
    """
    url = f"{_object(tenant, client_id)}/addPassword"
    wanted = {"displayName": name, "endDateTime": ends.strftime("%Y-%m-%dT%H:%M:%SZ")}
    body = json.dumps({"passwordCredential": wanted}).encode()
    graph = tenant.graph
    answer = graph.write(
        lambda: graph.raw("POST", url, body), "add a client secret", kind=Kind.UNKEYED
    )
    if words := misfit(answer, GIVEN):
        raise unfit("add a client secret", words)
    value = Secret(answer["secretText"])  # the redactor knows it from now on
    return Given(key_id=answer["keyId"], value=value, ends=str(answer["endDateTime"]))


def remove(tenant: "Tenant", client_id: str, key_id: str) -> None:
    """Remove a secret; one that is gone already is fine."""
    url = f"{_object(tenant, client_id)}/removePassword"
    body = json.dumps({"keyId": key_id}).encode()
    graph = tenant.graph
    graph.write(
        lambda: graph.raw("POST", url, body),
        "remove a client secret",
        fine=("no password credential found",),
    )


def forbidden(tenant: "Tenant") -> bool:
    """Tell whether the tenant's app management policy lets nobody add a secret.

    Where this identity may not read the policy, the service itself refuses.
    """
    return any(rules_of(tenant.graph.policy(), RULES, "passwordAddition"))


def longest_days(tenant: "Tenant") -> int | None:
    """Tell how long a secret may live by the tenant's app management policy, in days; None if any time."""
    return lifetime_of(tenant.graph.policy(), RULES, "passwordLifetime")


def _object(tenant: "Tenant", client_id: str) -> str:
    """Address an application by its object id, which is known by what was read of it last."""
    look = tenant.graph.application_by_client_id
    app = tenant.graph.awaited(lambda: look(client_id), "the application")
    return f"{tenant.cloud.graph}/v1.0/applications/{app['id']}"
