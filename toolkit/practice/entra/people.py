"""Who signs in: found, believed, and let through what the tenant demands of people.

Codes: learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from toolkit.practice.entra.clients import Client
from toolkit.practice.entra.token_refusal import TokenRefusal
from toolkit.practice.passwords import matches
from toolkit.practice.seed.people import ORGANIZATION
from toolkit.practice.store import Body
from toolkit.practice.world import World

FAILURES = "signInFailure"
MOST_FAILURES = 10
LOCKED_SECONDS = 60
WRONG = "Error validating credentials due to invalid username or password."


def find(world: World, name: str, client: Client, *, home: bool = True) -> Body:
    """Find whom a name stands for; `home` says that the sign-in is for this very tenant."""
    low = name.strip().lower()
    domains = {one["id"].lower() for one in world.store.all("domain")}
    ours = low.rpartition("@")[2] in domains
    for one in world.store.all("user"):
        guest = one.get("userType") == "Guest"
        names = {one["userPrincipalName"].lower()}
        if guest and home and one.get("externalUserState") != "PendingAcceptance":
            names.add(str(one.get("mail")).lower())
        if low in names:
            return one
    if ours or "@" not in low:
        raise TokenRefusal(
            50034,
            "invalid_grant",
            f"The user account {name.strip()} does not exist in the {ORGANIZATION} directory. To"
            " sign into this application, the account must be added to the directory.",
        )
    raise TokenRefusal(
        50020,
        "invalid_grant",
        f"User account '{name.strip()}' from identity provider"
        f" '{low.rpartition('@')[2]}' does not exist in tenant '{ORGANIZATION}' and cannot access"
        f" the application '{client.app_id}'({client.name}) in that tenant. The account needs to"
        " be added as an external user in the tenant first. Sign out and sign in again with a"
        " different Azure Active Directory user account.",
    )


def check_password(world: World, user: Body, text: str) -> None:
    """Refuse a wrong password, and after ten of them every one for a minute of tenant time."""
    failed = world.store.get(FAILURES, user["id"]) or {"id": user["id"], "count": 0, "at": 0.0}
    locked = failed["count"] >= MOST_FAILURES
    if locked and world.at() < failed["at"] + LOCKED_SECONDS:
        raise TokenRefusal(
            50053,
            "invalid_grant",
            "The account is locked, you've tried to sign in too many times with an incorrect user"
            " ID or password.",
        )
    if not matches(text, user.get("_password") or "$"):
        count = failed["count"] + 1
        world.put(FAILURES, user["id"], failed | {"count": count, "at": world.at()}, lag=False)
        raise TokenRefusal(50126, "invalid_grant", WRONG)
    world.remove(FAILURES, user["id"], lag=False)
    check_account(user)


def check_account(user: Body) -> None:
    """Refuse an account that was switched off."""
    if not user["accountEnabled"]:
        raise TokenRefusal(50057, "invalid_grant", "The user account is disabled.")


def roles_of(world: World, user: Body) -> list[str]:
    """List the directory roles that somebody holds actively, for the whole tenant."""
    held = world.store.find("directoryRoleAssignment", principalId=user["id"])
    return sorted(
        one["roleDefinitionId"] for one in held if one.get("directoryScopeId", "/") == "/"
    )


def needs_second_factor(world: World, user: Body) -> bool:
    """Tell whether more than a password is demanded: Security Defaults ask it of administrators."""
    defaults = world.store.setting("security_defaults", default=False)
    return bool(user.get("_second_factor") or (defaults and roles_of(world, user)))


def second_factor_missing() -> TokenRefusal:
    """Refuse a sign-in that only brought a password."""
    return TokenRefusal(
        50076,
        "interaction_required",
        "Due to a configuration change made by your administrator, or because you moved to a new"
        " location, you must use multi-factor authentication to access"
        " '00000003-0000-0000-c000-000000000000'.",
        suberror="basic_action",
    )


def check_access(world: World, user: Body, client: Client, *, device: bool = False) -> None:
    """Refuse what Conditional Access blocks, and who isn't assigned to an app that asks for it."""
    blocks = world.store.setting("ca_block", "none")
    if blocks == "all" or (blocks == "device_code" and device):
        raise TokenRefusal(
            53003,
            "access_denied",
            "Access has been blocked by Conditional Access policies. The access policy does not"
            " allow token issuance.",
            suberror="message_only",
        )
    if client.principal.get("appRoleAssignmentRequired") and not _assigned(world, user, client):
        raise TokenRefusal(
            50105,
            "access_denied",
            f"Your administrator has configured the application {client.name} ('{client.app_id}')"
            " to block users unless they are specifically granted ('assigned') access to the"
            f" application. The signed-in user '{user['userPrincipalName']}' is blocked because"
            " they are not a direct member of a group with access, nor had access directly"
            " assigned by an administrator. Please contact your administrator to assign access to"
            " this application.",
        )


def _assigned(world: World, user: Body, client: Client) -> bool:
    groups = [one["id"] for one in world.store.all("group") if user["id"] in one["_members"]]
    held = world.store.find("appRoleAssignment", resourceId=client.principal["id"])
    return any(one["principalId"] in {user["id"], *groups} for one in held)


def check_session(user: Body, ticket: Body) -> None:
    """Refuse what was handed out before sign-ins were revoked or the password was changed."""
    if ticket["at"] < user.get("_sessions_from", 0.0):
        raise TokenRefusal(
            50173,
            "invalid_grant",
            "The provided grant has expired due to it being revoked, a fresh auth token is needed."
            " The user might have changed or reset their password.",
            suberror="bad_token",
        )
