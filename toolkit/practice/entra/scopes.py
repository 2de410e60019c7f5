"""What a client asks for when it signs somebody in: one resource, and permissions on it.

Source: learn.microsoft.com/entra/identity-platform/scopes-oidc
"""

from dataclasses import dataclass

from toolkit.practice.entra import resources
from toolkit.practice.entra.clients import Client
from toolkit.practice.entra.token_refusal import TokenRefusal, missing
from toolkit.practice.seed.permissions import GRAPH
from toolkit.practice.store import Body
from toolkit.practice.world import World

OPEN_ID = frozenset({"openid", "profile", "email", "offline_access"})
DEFAULT = ".default"
# What Microsoft's Graph command line asks for when it is told `.default` for the first time.
BASIC = ("User.Read",)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """The resource, the audience of its tokens, the permissions; `prefix` as the client wrote it."""

    resource: Body
    audience: str
    prefix: str
    permissions: frozenset[str]
    default: bool
    open_id: frozenset[str]


def read(world: World, text: str, client: Client) -> Wish:
    """Read the parameter `scope`, refusing what Entra refuses."""
    words = text.split()
    if not words:
        raise missing("scope")
    others = [word for word in words if word not in OPEN_ID]
    pairs = [word.rpartition("/") for word in others]
    prefixes = {prefix for prefix, _, _ in pairs}
    prefix = max(prefixes, default="")
    resource, audience = resources.find(world, prefix or GRAPH)
    if any(resources.find(world, one or GRAPH)[0]["id"] != resource["id"] for one in prefixes):
        raise _invalid(28000, text, "contains more than one resource")
    asked = {value for _, _, value in pairs}
    default = DEFAULT in asked
    if default and asked != {DEFAULT}:
        raise _invalid(
            70011, text, f"mixes {DEFAULT} with resource-specific scopes, which can't be combined"
        )
    wanted = _declared(client, resource) if default else asked
    return Wish(
        resource=resource,
        audience=audience,
        prefix=prefix,
        permissions=frozenset(_checked(client, resource, wanted)),
        default=default,
        open_id=OPEN_ID & set(words),
    )


def written(wish: Wish, granted: frozenset[str]) -> str:
    """Write what was granted as the client wrote what it asked for."""
    start = f"{wish.prefix}/" if wish.prefix else ""
    names = [f"{start}{one}" for one in sorted(granted)]
    if wish.default:
        names.append(f"{start}{DEFAULT}")
    return " ".join([*sorted(wish.open_id - {"offline_access"}), *names])


def _declared(client: Client, resource: Body) -> set[str]:
    values = {one["id"]: one["value"] for one in resource["oauth2PermissionScopes"]}
    if client.application is None:
        own = client.preauthorised.get(resource["appId"], "").split()
        return set(own or BASIC if resource["appId"] == GRAPH else own)
    return {
        values[access["id"]]
        for needed in client.application.get("requiredResourceAccess", ())
        if needed["resourceAppId"] == resource["appId"]
        for access in needed["resourceAccess"]
        if access["type"] == "Scope" and access["id"] in values
    } - OPEN_ID


def _checked(client: Client, resource: Body, asked: set[str]) -> set[str]:
    known = {one["value"].lower(): one["value"] for one in resource["oauth2PermissionScopes"]}
    for one in sorted(asked):
        if one.lower() not in known:
            raise TokenRefusal(
                650053,
                "invalid_client",
                f"The application '{client.name}' asked for scope '{one}' that doesn't exist on the"
                f" resource '{resource['appId']}'. Contact the app vendor.",
            )
    return {known[one.lower()] for one in asked}


def _invalid(code: int, text: str, why: str) -> TokenRefusal:
    return TokenRefusal(
        code,
        "invalid_scope",
        f"Provided value for the input parameter scope '{text}' is not valid because it {why}.",
    )
