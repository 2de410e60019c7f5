"""Who may use Exchange's admin API: tenant, token, directory role, and the mailbox it goes by."""

import re

from toolkit.practice.exchange import cmdlets
from toolkit.practice.store import Body
from toolkit.practice.wire import Answer, Ask, Caller
from toolkit.practice.world import World

ANCHOR = re.compile(
    r"(?P<kind>APP|UPN|SMTP|MBX):(?P<box>[^@\s]+)@(?P<place>[^@\s]+)", re.IGNORECASE
)
SYSTEM_MAILBOXES = frozenset(
    {
        "systemmailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}",
        "systemmailbox{8cc370d3-822a-4ab8-a926-bb94bd0641a9}",
    }
)
# The body of a 403 has been seen as nothing but NULs, with the reason in a header.
NULS = b"\0" * 256


class GatewayError(Exception):
    """The gateway says no before any cmdlet runs."""

    def __init__(self, status: int, code: str, message: str, headers: Body | None = None) -> None:
        super().__init__(message)
        self.answer = Answer(
            status=status,
            body={"error": {"code": code, "message": message}},
            headers=headers or {},
        )


def bad(message: str) -> GatewayError:
    """Say that a request isn't well-formed."""
    return GatewayError(400, "BadRequest", message)


def check_tenant(world: World, tenant: str) -> None:
    """Check that the path names this tenant, by its id or a verified domain."""
    if tenant.lower() not in _tenant_names(world):
        raise GatewayError(404, "TenantNotFound", f"The tenant '{tenant}' couldn't be found.")


def _tenant_names(world: World) -> set[str]:
    domains = {one["id"].lower() for one in world.store.all("domain") if one.get("isVerified")}
    return domains | {one["id"].lower() for one in world.store.all("organization")}


def signed_in(world: World, ask: Ask) -> Caller:
    """Check the token: for Exchange, with the permission, and a directory role that fits."""
    caller = ask.caller
    if caller is None or caller.audience != f"{world.base}/exchange":
        raise GatewayError(
            401,
            "Unauthorized",
            "The access token is missing, expired or meant for another resource.",
            {"WWW-Authenticate": 'Bearer error="invalid_token"'},
        )
    app_only = caller.user_id is None
    if app_only and "Exchange.ManageAsApp" not in caller.roles:
        raise _forbidden("The token doesn't contain the role Exchange.ManageAsApp.")
    if not app_only and "Exchange.Manage" not in caller.scopes:
        raise _forbidden("The token doesn't contain the scope Exchange.Manage.")
    if not cmdlets.allowed(caller.wids):
        raise _forbidden("" if _not_active(world, caller) else _without_role(caller))
    return caller


def _not_active(world: World, caller: Caller) -> bool:
    """Tell whether a role is eligible only, or was made active after the token was given.

    Who calls so gets no reason at all.
    """
    kinds = ("directoryRoleEligibility", "directoryRoleAssignment")
    found = [one for kind in kinds for one in world.store.find(kind, principalId=caller.object_id)]
    return any(one["roleDefinitionId"] not in caller.wids for one in found)


def _without_role(caller: Caller) -> str:
    if caller.wids and caller.user_id is None:
        return (
            f"The role assigned to application {caller.app_id} isn't supported in this scenario."
            " Please check online documentation for assigning correct Directory Roles to Azure AD"
            " Application for EXO App-Only Authentication."
        )
    return f"The user or application {caller.object_id} isn't assigned to any management roles."


def _forbidden(reason: str) -> GatewayError:
    error = GatewayError(403, "Forbidden", reason)
    header = {"x-ms-diagnostics": f'2000008;reason="{reason}";error_category="invalid_user"'}
    error.answer = Answer(
        status=403,
        body=NULS,
        headers={"Content-Type": "text/plain", **(header if reason else {})},
    )
    return error


def check_anchor(world: World, ask: Ask, caller: Caller) -> None:
    """Check the mailbox that decides where a request is sent to."""
    anchor = ask.headers.get("x-anchormailbox", "")
    match = ANCHOR.fullmatch(anchor)
    if match is None or match["place"].lower() not in _tenant_names(world):
        raise bad(f"The header X-AnchorMailbox is missing or isn't valid: '{anchor}'.")
    system = match["kind"].upper() == "APP"
    if system and (caller.user_id is not None or match["box"].lower() not in SYSTEM_MAILBOXES):
        raise bad(f"The mailbox of the header X-AnchorMailbox isn't there: '{anchor}'.")
    address = f"{match['box']}@{match['place']}".lower()
    if not system and not _has_mailbox(world, address):
        raise bad(f"The mailbox of the header X-AnchorMailbox isn't there: '{anchor}'.")


def _has_mailbox(world: World, address: str) -> bool:
    return any(
        address in {str(one.get("userPrincipalName")).lower(), str(one.get("mail")).lower()}
        for one in world.store.all("user")
    )
