"""Answers a request for a token: who asks, by what proof, for which resource."""

import base64
from collections.abc import Callable
from datetime import datetime
from urllib.parse import parse_qsl, unquote

from toolkit.practice.entra import activity, assertions, replicas, tokens
from toolkit.practice.entra.token_refusal import TokenRefusal, bad_client, missing
from toolkit.practice.passwords import matches
from toolkit.practice.seed.people import ORGANIZATION, TENANT_ID
from toolkit.practice.seed.permissions import AZURE, EXCHANGE, GRAPH
from toolkit.practice.store import Body
from toolkit.practice.wire import Answer, Ask
from toolkit.practice.world import World

Form = dict[str, str]
# Grants of people, which this practice tenant can't serve yet.
OF_PEOPLE = {
    "authorization_code",
    "refresh_token",
    "password",
    "device_code",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
}


def answer(world: World, ask: Ask, tenant: str) -> Answer:
    """Give a token to an app that proves who it is, or refuse as Entra does."""
    form = _form(ask)
    for check in (_check_grant, _check_tenant):
        check(form, tenant)
    application, principal = _client(world, form)
    asked = _asked(ask, form)
    _check_proof(world, form, _credentials(application, principal), ask)
    resource, audience = _resource(world, asked)
    token = tokens.issue(world, principal=principal, resource=resource, audience=audience)
    activity.note(world, application["appId"], resource["appId"])
    body: Body = {
        "token_type": "Bearer",
        "expires_in": tokens.LIFETIME,
        "ext_expires_in": tokens.LIFETIME,
        "access_token": token,
    }
    if not _is_v2(ask):
        body |= {"expires_in": str(tokens.LIFETIME), "resource": form["resource"]}
    return Answer(body=body)


def _form(ask: Ask) -> Form:
    form = dict(parse_qsl(ask.body.decode("utf-8", "replace"), keep_blank_values=True))
    scheme, _, value = ask.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic" and "client_id" not in form:
        try:
            text = base64.b64decode(value, validate=True).decode()
        except ValueError:
            raise bad_client(7000216, "The authorization header can't be read.") from None
        name, _, secret = text.partition(":")
        form |= {"client_id": unquote(name), "client_secret": unquote(secret)}
    return form


def _check_grant(form: Form, _tenant: str) -> None:
    grant = form.get("grant_type")
    if not grant:
        raise missing("grant_type")
    if grant in OF_PEOPLE:
        raise TokenRefusal(
            7000014,
            "unsupported_grant_type",
            f"The practice tenant signs in apps only; the grant '{grant}' is for people.",
        )
    if grant != "client_credentials":
        raise TokenRefusal(
            70003,
            "unsupported_grant_type",
            f"The app requested an unsupported grant type '{grant}'.",
        )
    if not form.get("client_id"):
        raise missing("client_id")


def _check_tenant(_form: Form, tenant: str) -> None:
    if tenant != TENANT_ID:
        raise TokenRefusal(
            50059,
            "invalid_request",
            "No tenant-identifying information found in either the request or implied by any"
            " provided credentials.",
        )


def _client(world: World, form: Form) -> tuple[Body, Body]:
    client = form["client_id"]
    applications = world.store.find("application", appId=client)
    principals = world.store.find("servicePrincipal", appId=client)
    if not (applications and principals and replicas.knows_app(world, client)):
        raise TokenRefusal(
            700016,
            "unauthorized_client",
            f"Application with identifier '{client}' was not found in the directory"
            f" '{ORGANIZATION}'. This can happen if the application has not been installed by the"
            " administrator of the tenant or consented to by any user in the tenant. You may have"
            " sent your authentication request to the wrong tenant.",
        )
    if not principals[0]["accountEnabled"]:
        name = applications[0]["displayName"]
        raise TokenRefusal(
            7000112, "unauthorized_client", f"Application '{client}'({name}) is disabled."
        )
    return applications[0], principals[0]


def _credentials(application: Body, principal: Body) -> Body:
    """Put together what an app may sign in with: its service principal may have keys of its own."""
    kinds = ("keyCredentials", "passwordCredentials")
    both = {kind: [*application.get(kind, ()), *principal.get(kind, ())] for kind in kinds}
    secrets = application.get("_secrets", {}) | principal.get("_secrets", {})
    return {"appId": application["appId"], "_secrets": secrets, **both}


def _is_v2(ask: Ask) -> bool:
    return ask.path.endswith("/v2.0/token")


def _asked(ask: Ask, form: Form) -> str:
    name = "scope" if _is_v2(ask) else "resource"
    value = form.get(name, "").strip()
    if not value:
        raise missing(name)
    if name == "resource":
        return value
    if " " in value or not value.endswith("/.default"):
        raise TokenRefusal(
            70011,
            "invalid_scope",
            "The provided request must include a 'scope' input parameter. The provided value for"
            f" the input parameter 'scope' is not valid. The scope {value} is not valid. Client"
            " credential flows must have a scope value with /.default suffixed to the resource"
            " identifier (application ID URI).",
        )
    return value.removesuffix("/.default")


def _resource(world: World, name: str) -> tuple[Body, str]:
    """Find the resource by an identifier; the second is the audience that its tokens get."""
    here = {
        GRAPH: world.base,
        EXCHANGE: f"{world.base}/exchange",
        AZURE: f"{world.base}/arm",
    }
    wanted = name.rstrip("/")
    for one in world.store.all("servicePrincipal"):
        app: str = one["appId"]
        audience = here.get(app, app)
        known = {audience, *(text.rstrip("/") for text in one["servicePrincipalNames"])}
        if wanted in known:
            return one, audience
    raise TokenRefusal(
        500011,
        "invalid_resource",
        f"The resource principal named {name} was not found in the tenant named {ORGANIZATION}."
        " This can happen if the application has not been installed by the administrator of the"
        " tenant or consented to by any user in the tenant. You might have sent your"
        " authentication request to the wrong tenant.",
    )


def _check_proof(world: World, form: Form, application: Body, ask: Ask) -> None:
    proofs: dict[str, Callable[[World, Form, Body, Ask], None]] = {
        "client_assertion": assertions.check,
        "client_secret": _check_secret,
    }
    for name, check in proofs.items():
        if form.get(name):
            return check(world, form, application, ask)
    raise bad_client(
        7000218,
        "The request body must contain the following parameter: 'client_assertion' or"
        " 'client_secret'.",
    )


def _check_secret(world: World, form: Form, application: Body, _ask: Ask) -> None:
    app = application["appId"]
    for entry in application.get("passwordCredentials", ()):
        stored = application.get("_secrets", {}).get(entry["keyId"])
        if not (stored and matches(form["client_secret"], stored)):
            continue
        if datetime.fromisoformat(entry["endDateTime"]) <= world.now():
            raise bad_client(
                7000222,
                f"The provided client secret keys for app '{app}' are expired. Visit the Azure"
                " portal to create new keys for your app: https://aka.ms/NewClientSecret, or"
                " consider using certificate credentials for added security:"
                " https://aka.ms/certCreds.",
            )
        if replicas.knows_key(world, app, entry["keyId"]):
            return
    raise bad_client(
        7000215,
        "Invalid client secret provided. Ensure the secret being sent in the request is the client"
        f" secret value, not the client secret ID, for a secret added to app '{app}'.",
    )
