"""The resources that tokens are for: found by any of their identifiers."""

from toolkit.practice.entra.token_refusal import TokenRefusal
from toolkit.practice.seed.people import ORGANIZATION
from toolkit.practice.seed.permissions import AZURE, EXCHANGE, GRAPH
from toolkit.practice.store import Body
from toolkit.practice.world import World


def audiences(world: World) -> dict[str, str]:
    """Tell under which addresses this tenant serves Microsoft's resources, by their appId."""
    return {GRAPH: world.base, EXCHANGE: f"{world.base}/exchange", AZURE: f"{world.base}/arm"}


def find(world: World, name: str) -> tuple[Body, str]:
    """Find the resource by an identifier; the second is the audience that its tokens get."""
    here = audiences(world)
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
