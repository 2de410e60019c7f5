"""Answers a request for a token: who asks, by what proof, for which resource."""

import base64
from collections.abc import Callable
from datetime import datetime
from urllib.parse import parse_qsl, unquote

from toolkit.practice.entra import (
    activity,
    assertions,
    clients,
    person_grants,
    replicas,
    resources,
    tokens,
)
from toolkit.practice.entra.token_refusal import TokenRefusal, bad_client, missing
from toolkit.practice.passwords import matches
from toolkit.practice.seed.people import TENANT_ID
from toolkit.practice.store import Body
from toolkit.practice.wire import Answer, Ask
from toolkit.practice.world import World

Form = dict[str, str]
ON_BEHALF_OF = "urn:ietf:params:oauth:grant-type:jwt-bearer"
WITHOUT_PROOF = (
    "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
)


def answer(world: World, ask: Ask, tenant: str) -> Answer:
    """Give a token to an app that proves who it is, or refuse as Entra does."""
    replicas.turn(world)
    form = _form(ask)
    if form.get("grant_type") in person_grants.GRANTS:
        return _for_person(world, ask, form, tenant)
    for check in (_check_grant, _check_tenant):
        check(form, tenant)
    application, principal = _client(world, form)
    asked = _asked(ask, form)
    _check_proof(world, form, _credentials(application, principal), ask)
    resource, audience = resources.find(world, asked)
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
    if grant == ON_BEHALF_OF:
        raise TokenRefusal(
            7000014,
            "unsupported_grant_type",
            "The practice tenant signs nobody in on behalf of somebody else.",
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
        raise clients.unknown(client)
    if not principals[0]["accountEnabled"]:
        raise clients.disabled(client, applications[0]["displayName"])
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


def _for_person(world: World, ask: Ask, form: Form, tenant: str) -> Answer:
    if not _is_v2(ask):
        raise TokenRefusal(
            7000014,
            "unsupported_grant_type",
            "The practice tenant signs people in at version 2 of the token endpoint only.",
        )
    if not form.get("client_id"):
        raise missing("client_id")
    client = clients.find(world, form["client_id"])

    def prove() -> None:
        if client.application is None:
            raise bad_client(7000218, WITHOUT_PROOF)
        _check_proof(world, form, _credentials(client.application, client.principal), ask)

    return Answer(body=person_grants.redeem(world, form, client, tenant, prove))


def _check_proof(world: World, form: Form, application: Body, ask: Ask) -> None:
    proofs: dict[str, Callable[[World, Form, Body, Ask], None]] = {
        "client_assertion": assertions.check,
        "client_secret": _check_secret,
    }
    for name, check in proofs.items():
        if form.get(name):
            return check(world, form, application, ask)
    raise bad_client(7000218, WITHOUT_PROOF)


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
