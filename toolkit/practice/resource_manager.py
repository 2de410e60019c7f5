"""What Azure CLI reads of Azure Resource Manager when it signs in: a tenant without subscriptions."""

from toolkit.practice.seed.people import DOMAIN, ORGANIZATION, TENANT_ID
from toolkit.practice.store import Body
from toolkit.practice.wire import Answer, Ask
from toolkit.practice.world import World

LISTS: dict[str, list[Body]] = {
    "/subscriptions": [],
    "/tenants": [
        {
            "id": f"/tenants/{TENANT_ID}",
            "tenantId": TENANT_ID,
            "countryCode": "NL",
            "displayName": ORGANIZATION,
            "domains": [DOMAIN],
            "tenantCategory": "Home",
        }
    ],
}


def answer(world: World, ask: Ask) -> Answer:
    """Answer a request below the address of Azure Resource Manager.

    Source: learn.microsoft.com/rest/api/resources (subscriptions, tenants), version 2022-12-01.
    """
    if (ask.method, ask.path) == ("GET", "/metadata/endpoints"):
        return Answer(body=_endpoints(world))
    if ask.caller is None or ask.caller.audience != f"{world.base}/arm":
        return _refusal(
            401,
            "AuthenticationFailed",
            "Authentication failed. The 'Authorization' header is missing or for another service.",
        )
    if ask.method != "GET" or ask.path not in LISTS:
        return _refusal(
            501, "NotImplemented", f"The practice tenant has no {ask.method} {ask.path} in Azure."
        )
    if set(dict(ask.query)) != {"api-version"}:
        return _refusal(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required, and no other.",
        )
    rows = LISTS[ask.path]
    count = {"type": "Total", "value": len(rows)}
    return Answer(body={"value": rows, "count": count})


def _endpoints(world: World) -> Body:
    """Describe the cloud, for anybody: this is how `az cloud register` learns it by one address."""
    return {
        "name": "MailgrantPractice",
        "authentication": {
            "audiences": [f"{world.base}/arm"],
            "identityProvider": "AAD",
            "loginEndpoint": world.base,
            "tenant": "common",
        },
        "graph": world.base,
        "graphAudience": world.base,
        "microsoftGraphResourceId": world.base,
        "resourceManager": f"{world.base}/arm",
        "suffixes": {},
    }


def _refusal(status: int, code: str, message: str) -> Answer:
    return Answer(status=status, body={"error": {"code": code, "message": message}})
