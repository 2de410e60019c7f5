"""The practice tenant's sign-in endpoints: discovery, keys, and where tokens are asked for."""

import re
from collections.abc import Callable

from toolkit.practice.entra import (
    admin_consent,
    authorize,
    clients,
    device,
    device_page,
    pages,
    sessions,
    sign_in,
    token_request,
    tokens,
)
from toolkit.practice.entra.token_refusal import (
    TokenRefusal,
    bad_client,
    missing,
    unknown_tenant,
)
from toolkit.practice.seed.people import TENANT_ID
from toolkit.practice.store import Body
from toolkit.practice.wire import Answer, Ask
from toolkit.practice.world import World

MANY_TENANTS = {"common", "organizations"}
# Where somebody looks at the answer, and no program.
PAGES = (
    *("/oauth2/v2.0/authorize", "/oauth2/deviceauth", "/login", "/oauth2/v2.0/logout"),
    *("/adminconsent", "/v2.0/adminconsent"),
)
CONTENT = {"content-type": "application/json; charset=utf-8", "cache-control": "no-store, no-cache"}

Handler = Callable[[World, Ask, str], Answer]


def answer(world: World, ask: Ask) -> Answer | None:
    """Answer a sign-in request; None where the path is none of sign-in's."""
    allowed = []
    for method, pattern, handler in ROUTES:
        found = re.fullmatch(pattern, ask.path)
        if found is None:
            continue
        if ask.method == method:
            return _handled(world, ask, handler, found.group(1).lower())
        allowed.append(method)
    return Answer(status=405, headers={"allow": ", ".join(allowed)}) if allowed else None


def _handled(world: World, ask: Ask, handler: Handler, name: str) -> Answer:
    try:
        reply = handler(world, ask, name)
    except TokenRefusal as refusal:
        shown = ask.path.endswith(PAGES)
        reply = pages.trouble(world, refusal, None) if shown else refusal.answer(world, ask)
    return Answer(status=reply.status, body=reply.body, headers={**CONTENT, **reply.headers})


def tenant_of(world: World, name: str) -> str:
    """Find the tenant that a path names, by id or by a verified domain."""
    if name == TENANT_ID or name in MANY_TENANTS:
        return name
    if world.store.get("domain", name):
        return TENANT_ID
    raise unknown_tenant(name)


def _discovery(world: World, _ask: Ask, name: str) -> Answer:
    tenant = tenant_of(world, name)
    # Entra leaves the tenant open in the document that many tenants share.
    owner = "{tenantid}" if tenant in MANY_TENANTS else tenant
    at = f"{world.base}/{tenant}"
    return Answer(
        body={
            "token_endpoint": f"{at}/oauth2/v2.0/token",
            "jwks_uri": f"{at}/discovery/v2.0/keys",
            "issuer": f"{world.base}/{owner}/v2.0",
            "authorization_endpoint": f"{at}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{at}/oauth2/v2.0/devicecode",
            "end_session_endpoint": f"{at}/oauth2/v2.0/logout",
            "userinfo_endpoint": f"{world.base}/oidc/userinfo",
            **_common(world),
        }
    )


def _discovery_v1(world: World, _ask: Ask, name: str) -> Answer:
    tenant = tenant_of(world, name)
    owner = "{tenantid}" if tenant in MANY_TENANTS else tenant
    at = f"{world.base}/{tenant}"
    return Answer(
        body={
            "token_endpoint": f"{at}/oauth2/token",
            "jwks_uri": f"{world.base}/common/discovery/keys",
            "issuer": f"{world.base}/{owner}/",
            "authorization_endpoint": f"{at}/oauth2/authorize",
            "device_authorization_endpoint": f"{at}/oauth2/devicecode",
            "end_session_endpoint": f"{at}/oauth2/logout",
            **_common(world),
        }
    )


def _common(world: World) -> Body:
    return {
        "token_endpoint_auth_methods_supported": [
            "client_secret_post",
            "private_key_jwt",
            "client_secret_basic",
        ],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "request_uri_parameter_supported": False,
        "http_logout_supported": True,
        "frontchannel_logout_supported": True,
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nonce", "name", "tid", "ver"],
        "tenant_region_scope": "EU",
        "cloud_instance_name": _host(world),
        "cloud_graph_host_name": _host(world),
        "msgraph_host": _host(world),
    }


def _keys(world: World, _ask: Ask, name: str) -> Answer:
    tenant_of(world, name)
    return Answer(body=tokens.public_keys(world))


def _instance(world: World, ask: Ask, _name: str) -> Answer:
    asked = dict(ask.query).get("authorization_endpoint", "")
    if not asked.startswith(f"{world.base}/"):
        raise TokenRefusal(50049, "invalid_instance", "Unknown or invalid instance.", status=400)
    entry = {"preferred_network": _host(world), "preferred_cache": _host(world)}
    return Answer(
        body={
            "tenant_discovery_endpoint": f"{world.base}/common/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [{**entry, "aliases": [_host(world)]}],
        }
    )


def _realm(world: World, _ask: Ask, address: str) -> Answer:
    domain = address.rpartition("@")[2]
    if not world.store.get("domain", domain):
        return Answer(body={"ver": "1.0", "account_type": "Unknown"})
    return Answer(
        body={
            "ver": "1.0",
            "account_type": "Managed",
            "domain_name": domain,
            "cloud_instance_name": _host(world),
            "cloud_audience_urn": "urn:federation:MicrosoftOnline",
        }
    )


def _token(world: World, ask: Ask, name: str) -> Answer:
    return token_request.answer(world, ask, tenant_of(world, name))


def _device_code(world: World, ask: Ask, name: str) -> Answer:
    tenant = tenant_of(world, name)
    form = sign_in.fields(ask)
    if not form.get("client_id"):
        raise missing("client_id")
    client = clients.find(world, form["client_id"])
    if not client.public_flows:
        raise bad_client(7000218, token_request.WITHOUT_PROOF)
    return Answer(body=device.begin(world, client, form.get("scope", ""), tenant))


def _authorize(world: World, ask: Ask, name: str) -> Answer:
    return sign_in.begin(world, ask, tenant_of(world, name))


def _admin_consent(world: World, ask: Ask, name: str) -> Answer:
    asked = sign_in.fields(ask)
    tenant = tenant_of(world, name)
    flow = admin_consent.read(
        world, asked, tenant, static=not ask.path.endswith("/v2.0/adminconsent")
    )
    refusal = admin_consent.refusal(world, flow)
    if refusal is not None:
        return authorize.send_back(world, flow, refusal.parameters())
    return sign_in.start(world, flow, sessions.of(world, ask))


def _sign_out(world: World, ask: Ask, _name: str) -> Answer:
    headers = sessions.close(world, ask)
    return pages.page(world, "out", message="Nobody is signed in here now.", headers=headers)


def _version_one(_world: World, _ask: Ask, _name: str) -> Answer:
    raise TokenRefusal(
        7000014,
        "unsupported_response_type",
        "The practice tenant signs people in by version 2 of the endpoints only.",
        status=501,
    )


def _host(world: World) -> str:
    return world.base.removeprefix("https://")


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("POST", r"/([^/]+)/oauth2/v2\.0/token", _token),
    ("POST", r"/([^/]+)/oauth2/token", _token),
    ("GET", r"/([^/]+)/v2\.0/\.well-known/openid-configuration", _discovery),
    ("GET", r"/([^/]+)/\.well-known/openid-configuration", _discovery_v1),
    ("GET", r"/([^/]+)/discovery/v2\.0/keys", _keys),
    ("GET", r"/([^/]+)/discovery/keys", _keys),
    ("GET", r"/(common)/discovery/instance", _instance),
    ("GET", r"/common/userrealm/([^/]+)", _realm),
    ("POST", r"/([^/]+)/oauth2/v2\.0/devicecode", _device_code),
    ("GET", r"/(common)/oauth2/deviceauth", device_page.show),
    ("POST", r"/(common)/oauth2/deviceauth", device_page.enter),
    ("GET", r"/([^/]+)/oauth2/v2\.0/authorize", _authorize),
    ("POST", r"/([^/]+)/oauth2/v2\.0/authorize", _authorize),
    ("GET", r"/([^/]+)/v2\.0/adminconsent", _admin_consent),
    ("GET", r"/([^/]+)/adminconsent", _admin_consent),
    ("POST", r"/([^/]+)/login", sign_in.go_on),
    ("GET", r"/([^/]+)/oauth2/v2\.0/logout", _sign_out),
    ("POST", r"/([^/]+)/oauth2/devicecode", _version_one),
    ("GET", r"/([^/]+)/oauth2/authorize", _version_one),
)


def is_token_request(ask: Ask) -> bool:
    """Tell whether a request asks for a token."""
    return ask.method == "POST" and bool(re.fullmatch(r"/[^/]+/oauth2/(v2\.0/)?token", ask.path))
