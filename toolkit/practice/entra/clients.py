"""The applications that ask people to sign in: who they are, and where they may be answered.

Source: learn.microsoft.com/entra/identity-platform/reply-url
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from toolkit.practice.entra import replicas
from toolkit.practice.entra.token_refusal import TokenRefusal
from toolkit.practice.seed.first_party import PUBLIC_CLIENTS
from toolkit.practice.seed.people import ORGANIZATION
from toolkit.practice.store import Body
from toolkit.practice.world import World

PUBLIC, WEB, SINGLE_PAGE = "publicClient", "web", "spa"


@dataclass(frozen=True, kw_only=True)
class Client:
    """An application with its service principal; Microsoft's own have no application here."""

    app_id: str
    name: str
    principal: Body
    application: Body | None
    redirects: tuple[tuple[str, str], ...]
    public_flows: bool
    preauthorised: Mapping[str, str] = field(default_factory=dict)

    @property
    def first_party(self) -> bool:
        """Tell whether it is Microsoft's own."""
        return self.application is None

    def redirect_kind(self, asked: str) -> str:
        """Tell as which kind of client it is answered at an address, or refuse the address."""
        for kind, registered in self.redirects:
            if same_address(registered, asked):
                return kind
        if not self.redirects:
            raise TokenRefusal(
                500113, "invalid_request", "No reply address is registered for the application."
            )
        raise TokenRefusal(
            50011,
            "invalid_request",
            f"The redirect URI '{asked}' specified in the request does not match the redirect URIs"
            f" configured for the application '{self.app_id}'. Make sure the redirect URI sent in"
            " the request matches one added to your application in the Azure portal. Navigate to"
            " https://aka.ms/redirectUriMismatchError to learn more about how to fix this.",
        )


def find(world: World, app_id: str) -> Client:
    """Find a client by its id; refused where this tenant doesn't know it, or has disabled it."""
    principals = world.store.find("servicePrincipal", appId=app_id.lower())
    applications = world.store.find("application", appId=app_id.lower())
    own = PUBLIC_CLIENTS.get(app_id.lower())
    if not principals or not (applications or own) or not replicas.knows_app(world, app_id):
        raise unknown(app_id)
    (principal,) = principals
    if not principal["accountEnabled"]:
        raise disabled(app_id, principal["displayName"])
    if own:
        return Client(
            app_id=own.app_id,
            name=own.name,
            principal=principal,
            application=None,
            redirects=tuple((PUBLIC, one) for one in own.redirects),
            public_flows=True,
            preauthorised=own.preauthorised,
        )
    app = applications[0]
    kinds = (PUBLIC, SINGLE_PAGE, WEB)
    return Client(
        app_id=app["appId"],
        name=app["displayName"],
        principal=principal,
        application=app,
        redirects=tuple(
            (kind, one) for kind in kinds for one in (app.get(kind) or {}).get("redirectUris", ())
        ),
        public_flows=bool(app.get("isFallbackPublicClient")),
    )


def same_address(registered: str, asked: str) -> bool:
    """Tell whether an address is the registered one: exactly, but for the port of http://localhost.

    Without a path, a slash at the end says nothing.
    """
    one, two = urlsplit(registered), urlsplit(asked)
    try:
        loopback = one.scheme == "http" and one.hostname in {"localhost", "127.0.0.1", "::1"}
        same_host = one.hostname == two.hostname and (loopback or one.port == two.port)
    except ValueError:
        return False
    plain = not (two.username or two.password or two.fragment)
    ends = (one.path or "/", one.query) == (two.path or "/", two.query)
    return plain and one.scheme == two.scheme and same_host and ends


def unknown(app_id: str) -> TokenRefusal:
    """Refuse an application that isn't in this tenant."""
    return TokenRefusal(
        700016,
        "unauthorized_client",
        f"Application with identifier '{app_id}' was not found in the directory"
        f" '{ORGANIZATION}'. This can happen if the application has not been installed by the"
        " administrator of the tenant or consented to by any user in the tenant. You may have"
        " sent your authentication request to the wrong tenant.",
    )


def disabled(app_id: str, name: str) -> TokenRefusal:
    """Refuse an application that was switched off."""
    return TokenRefusal(
        7000112, "unauthorized_client", f"Application '{app_id}'({name}) is disabled."
    )
