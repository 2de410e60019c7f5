"""A bad client: msgraph-sdk as it comes out of the box, which repeats what may have happened."""

import asyncio
import ssl
from typing import Any

import httpx
from azure.identity import ClientSecretCredential
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.application import Application
from msgraph.graph_request_adapter import options
from msgraph_core import GraphClientFactory

from toolkit.practice.control import Practice


def credential(practice: Practice, client_id: str, secret: str) -> ClientSecretCredential:
    """Sign in as azure-identity does, with its cache of tokens."""
    return ClientSecretCredential(
        practice.tenant_id,
        client_id,
        secret,
        authority=practice.url,
        connection_verify=str(practice.ca_file),
        disable_instance_discovery=True,
    )


def create(practice: Practice, name: str, **changed: Any) -> Exception | None:
    """Create one application by one call of the SDK; give back the error it ended with."""
    return asyncio.run(_create(practice, Application(display_name=name), **changed))


async def _create(practice: Practice, app: Application, **changed: Any) -> Exception | None:
    trust = ssl.create_default_context(cafile=str(practice.ca_file))
    raw = httpx.AsyncClient(verify=trust, timeout=30)
    transport = raw._transport  # the SDK wraps it and forgets to close it
    http = GraphClientFactory.create_with_default_middleware(
        client=raw, options={**options, **changed}
    )
    signed_in = credential(practice, practice.client_id, practice.client_secret)
    scopes = [practice.cloud.graph_scope]
    adapter = GraphRequestAdapter(
        AzureIdentityAuthenticationProvider(signed_in, scopes=scopes), client=http
    )
    adapter.base_url = f"{practice.url}/v1.0"
    try:
        await GraphServiceClient(request_adapter=adapter).applications.post(app)
    except Exception as error:  # noqa: BLE001  whatever the SDK ends with is the finding
        return error
    finally:
        await transport.aclose()
        signed_in.close()
    return None
