"""The stock Microsoft Graph SDK, unchanged, and a client that knows nothing but HTTP."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from azure.identity import ClientSecretCredential

from tests.clients.conftest import Served, contradictions

GRAPH = "00000003-0000-0000-c000-000000000000"
CALENDARS = "ef54d2bf-783f-4e0f-bca1-3210c0444d99"
METTE = "mette.jansen@northbridge.example"
Use = Callable[[Any], Awaitable[Any]]
Ask = Callable[[Use], Any]


@pytest.fixture
def sdk(served: Served) -> Iterator[Ask]:
    """Use a typed client as Microsoft's own quickstart makes it, with another address."""
    credential = ClientSecretCredential(
        served.tenant_id,
        served.client_id,
        served.client_secret,
        authority=served.url,
        connection_verify=str(served.ca_file),
        disable_instance_discovery=True,
    )

    def ask(use: Use) -> Any:
        async def whole() -> Any:
            # The SDK's middleware wraps the transport and doesn't close it.
            async with httpx.AsyncHTTPTransport(verify=trust(served)) as transport:
                client = httpx.AsyncClient(transport=transport, timeout=30)
                return await use(typed(served, credential, client))

        return asyncio.run(whole())

    yield ask
    credential.close()


def typed(served: Served, credential: ClientSecretCredential, client: httpx.AsyncClient) -> Any:
    from kiota_authentication_azure.azure_identity_authentication_provider import (
        AzureIdentityAuthenticationProvider,
    )
    from msgraph import GraphRequestAdapter, GraphServiceClient
    from msgraph.graph_request_adapter import options
    from msgraph_core import GraphClientFactory

    scope = f"{served.url}/.default"
    provider = AzureIdentityAuthenticationProvider(credential, scopes=[scope])
    http = GraphClientFactory.create_with_default_middleware(client=client, options=options)
    adapter = GraphRequestAdapter(provider, client=http)
    adapter.base_url = f"{served.url}/v1.0"
    return GraphServiceClient(request_adapter=adapter)


def trust(served: Served) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(served.ca_file))


# ---- the typed client ----


def test_the_page_iterator_meets_every_person_once(sdk: Ask) -> None:
    async def use(graph: Any) -> list[str]:
        from kiota_abstractions.base_request_configuration import RequestConfiguration
        from msgraph.generated.users.users_request_builder import UsersRequestBuilder
        from msgraph_core import PageIterator

        query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(select=["id"], top=40)
        first = await graph.users.get(RequestConfiguration(query_parameters=query))
        found: list[str] = []

        def note(user: Any) -> bool:
            found.append(user.id)
            return True

        await PageIterator(first, graph.request_adapter).iterate(note)
        return found

    found = sdk(use)
    assert len(found) == len(set(found)) > 300


def test_filters_orders_and_counts_of_the_typed_client_are_understood(sdk: Ask) -> None:
    async def use(graph: Any) -> Any:
        from kiota_abstractions.base_request_configuration import RequestConfiguration
        from msgraph.generated.users.users_request_builder import UsersRequestBuilder

        query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(
            filter="startsWith(displayName,'M') and endsWith(mail,'northbridge.example')",
            orderby=["displayName"],
            select=["displayName", "mail"],
            count=True,
        )
        configuration = RequestConfiguration(query_parameters=query)
        configuration.headers.add("ConsistencyLevel", "eventual")
        return await graph.users.get(configuration)

    found = sdk(use)
    names = [user.display_name for user in found.value]
    assert names == sorted(names, key=str.casefold)
    assert "Mette Jansen" in names
    assert found.odata_count == len(names)


def test_a_whole_life_of_an_app_through_typed_models(sdk: Ask) -> None:
    async def use(graph: Any) -> dict[str, Any]:
        from msgraph.generated.applications.item.add_password.add_password_post_request_body import (
            AddPasswordPostRequestBody,
        )
        from msgraph.generated.models.app_role_assignment import AppRoleAssignment
        from msgraph.generated.models.application import Application
        from msgraph.generated.models.password_credential import PasswordCredential
        from msgraph.generated.models.reference_create import ReferenceCreate
        from msgraph.generated.models.service_principal import ServicePrincipal

        app = await graph.applications.post(Application(display_name="By the SDK", tags=["a"]))
        one = graph.applications.by_application_id(app.id)
        await one.patch(Application(notes="changed", tags=["a", "b"]))
        end = datetime.now(UTC) + timedelta(days=30)
        credential = PasswordCredential(display_name="made", end_date_time=end)
        secret = await one.add_password.post(
            AddPasswordPostRequestBody(password_credential=credential)
        )
        mette = await graph.users.by_user_id(METTE).get()
        address = f"{graph.request_adapter.base_url}/directoryObjects/{mette.id}"
        await one.owners.ref.post(ReferenceCreate(odata_id=address))
        owners = await one.owners.get()
        principal = await graph.service_principals.post(ServicePrincipal(app_id=app.app_id))
        resource = await graph.service_principals_with_app_id(GRAPH).get()
        roles = graph.service_principals.by_service_principal_id(principal.id).app_role_assignments
        given = AppRoleAssignment(
            principal_id=principal.id, resource_id=resource.id, app_role_id=CALENDARS
        )
        granted = await roles.post(given)
        await roles.by_app_role_assignment_id(granted.id).delete()
        shown = await graph.applications_with_app_id(app.app_id).get()
        await one.delete()
        deleted = graph.directory.deleted_items.by_directory_object_id(app.id)
        await deleted.restore.post()
        restored = await one.get()
        await one.delete()
        await deleted.delete()
        return locals()

    seen = sdk(use)
    assert (seen["shown"].notes, seen["shown"].tags) == ("changed", ["a", "b"])
    assert seen["secret"].secret_text
    assert METTE in [owner.user_principal_name for owner in seen["owners"].value]
    assert seen["granted"].resource_display_name == "Microsoft Graph"
    assert seen["restored"].app_id == seen["app"].app_id


def test_a_refusal_reaches_the_typed_client_whole(sdk: Ask) -> None:
    async def use(graph: Any) -> Any:
        from msgraph.generated.models.o_data_errors.o_data_error import ODataError

        with pytest.raises(ODataError) as refused:
            await graph.applications.by_application_id("11111111-1111-4111-8111-111111111111").get()
        return refused.value

    error = sdk(use)
    assert (error.response_status_code, error.error.code) == (404, "Request_ResourceNotFound")
    assert error.error.inner_error.request_id
    assert error.response_headers["request-id"] == error.error.inner_error.request_id


def test_the_stock_clients_retries_make_more_apps_than_one(sdk: Ask, served: Served) -> None:
    async def use(graph: Any) -> int:
        from msgraph.generated.models.application import Application

        await graph.applications.post(Application(display_name="Made once"))
        found = await graph.applications.get()
        return [app.display_name for app in found.value].count("Made once")

    line = "on POST /v1.0/applications #1 after-commit status 503 retry-after 1"
    served.practice("fault", line)
    try:
        assert sdk(use) == 2
    finally:
        served.practice("fault", "--clear")


# ---- a client that knows nothing but HTTP ----


@pytest.fixture
def http(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url, verify=trust(served)) as client:
        document = client.get(f"/{served.tenant_id}/v2.0/.well-known/openid-configuration").json()
        form = {
            "grant_type": "client_credentials",
            "client_id": served.client_id,
            "client_secret": served.client_secret,
            "scope": "https://graph.microsoft.com/.default",
        }
        token = client.post(document["token_endpoint"], data=form).json()
        client.headers["authorization"] = f"{token['token_type']} {token['access_token']}"
        yield client


def test_plain_requests_make_read_change_and_delete(http: httpx.Client) -> None:
    made = http.post("/v1.0/applications", json={"displayName": "By hand"})
    url = f"/v1.0/applications/{made.json()['id']}"

    assert made.status_code == 201
    assert http.patch(url, json={"notes": "n"}).status_code == 204
    assert http.get(f"{url}?$select=notes").json()["notes"] == "n"
    assert http.delete(url).status_code == 204
    assert http.get(url).status_code == 404


def test_a_batch_of_our_own_makes_in_order_and_stops_after_a_failure(http: httpx.Client) -> None:
    json = {"content-type": "application/json"}
    parts = [
        {"id": "1", "method": "GET", "url": "/organization?$select=id"},
        {
            "id": "2",
            "method": "POST",
            "url": "/applications",
            "headers": json,
            "body": {"displayName": "In a batch", "nonsense": 1},
            "dependsOn": ["1"],
        },
        {"id": "3", "method": "GET", "url": "/applications?$top=1", "dependsOn": ["2"]},
    ]
    answer = http.post("/v1.0/$batch", json={"requests": parts}).json()

    assert {one["id"]: one["status"] for one in answer["responses"]} == {"1": 200, "2": 400, "3": 424}  # fmt: skip


def test_an_unknown_grant_and_a_body_that_is_json_are_refused(
    http: httpx.Client, served: Served
) -> None:
    url = f"/{served.tenant_id}/oauth2/v2.0/token"
    form = {"grant_type": "telepathy", "client_id": served.client_id, "scope": "x/.default"}

    assert http.post(url, data=form).json()["error"] == "unsupported_grant_type"
    assert http.post(url, json=form).json()["error"] == "invalid_request"


def test_nothing_that_was_answered_contradicts_the_published_shapes(
    http: httpx.Client, served: Served
) -> None:
    http.get("/v1.0/applications")

    assert contradictions(served) == []
