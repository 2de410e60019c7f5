"""Which permissions open which routes: our own table, and the judging of a caller by it.

Sources: the Permissions sections of learn.microsoft.com/graph/api, and for directory roles
learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference.
"""

from toolkit.practice.graph.errors import GraphError, denied
from toolkit.practice.wire import Caller

OWNED = "Application.ReadWrite.OwnedBy"
APPS = "Application.Read.All Application.ReadWrite.All Directory.Read.All Directory.ReadWrite.All"
MEMBERSHIPS = (
    f"{APPS} User.Read.All User.ReadWrite.All Group.Read.All Group.ReadWrite.All"
    " GroupMember.Read.All"
)
READ_GROUPS = "Group.Read.All Group.ReadWrite.All Directory.Read.All Directory.ReadWrite.All"
READ_USERS = "User.Read.All User.ReadWrite.All Directory.Read.All Directory.ReadWrite.All"
ROLES_READ = (
    "RoleManagement.Read.Directory RoleManagement.ReadWrite.Directory Directory.Read.All"
    " Directory.ReadWrite.All"
)
UNITS = "AdministrativeUnit.Read.All AdministrativeUnit.ReadWrite.All"
ELIGIBLE = (
    "RoleEligibilitySchedule.Read.Directory RoleEligibilitySchedule.ReadWrite.Directory"
    " RoleManagement.Read.All RoleManagement.Read.Directory RoleManagement.ReadWrite.Directory"
)
POLICY = "Policy.ReadWrite.ApplicationConfiguration"

# By name: the permissions of which a caller needs one; where there are two lines, one of each.
TABLE = {
    "apps.read": [f"{APPS} {OWNED}"],
    "apps.create": [f"AppRegistration.Create {OWNED} Application.ReadWrite.All"],
    "apps.write": [f"{OWNED} Application.ReadWrite.All"],
    "credentials.write": [f"{OWNED} Application.ReadWrite.All Directory.ReadWrite.All"],
    "principals.write": [f"{OWNED} Application.ReadWrite.All Directory.ReadWrite.All"],
    "assignments.read": [f"{APPS} {OWNED}"],
    "assignments.write": ["AppRoleAssignment.ReadWrite.All", APPS],
    "assignments.delete": ["AppRoleAssignment.ReadWrite.All"],
    "assignments.people": [
        "AppRoleAssignment.ReadWrite.All Directory.Read.All Directory.ReadWrite.All"
    ],
    "grants.read": [
        (
            "Directory.Read.All Directory.ReadWrite.All DelegatedPermissionGrant.ReadWrite.All"
            " DelegatedPermissionGrant.Read.All"
        ),
    ],
    "grants.write": ["DelegatedPermissionGrant.ReadWrite.All Directory.ReadWrite.All"],
    "users.read": [f"User.ReadBasic.All {READ_USERS}"],
    "users.write": ["User.ReadWrite.All Directory.ReadWrite.All"],
    "users.patch": [
        (
            "User.ReadWrite.All Directory.ReadWrite.All User.EnableDisableAccount.All"
            " User.ManageIdentities.All"
        ),
    ],
    "users.delete": ["User.ReadWrite.All User.DeleteRestore.All"],
    "users.revoke": ["User.RevokeSessions.All User.ReadWrite.All Directory.ReadWrite.All"],
    "users.related": [READ_USERS],
    "memberships.read": [
        (
            "Directory.Read.All Directory.ReadWrite.All Group.ReadBasic.All GroupMember.Read.All"
            " GroupMember.ReadBasic.All User.Read.All"
        ),
    ],
    "principals.memberships": [f"{APPS} {OWNED}"],
    "memberships.check": [f"{MEMBERSHIPS} Group.ReadBasic.All GroupMember.ReadBasic.All"],
    "licences.read": [
        (
            "LicenseAssignment.Read.All Organization.Read.All Organization.ReadWrite.All"
            " Directory.Read.All Directory.ReadWrite.All"
        ),
    ],
    "licences.user": [f"LicenseAssignment.Read.All {READ_USERS}"],
    "licences.write": [
        "LicenseAssignment.ReadWrite.All User.ReadWrite.All Directory.ReadWrite.All"
    ],
    "groups.read": [f"Group.ReadBasic.All GroupMember.Read.All {READ_GROUPS}"],
    "groups.create": ["Group.Create Group.ReadWrite.All Directory.ReadWrite.All"],
    "groups.write": ["Group.ReadWrite.All Directory.ReadWrite.All"],
    "groups.delete": ["Group.ReadWrite.All"],
    "members.read": [
        (
            "GroupMember.ReadBasic.All GroupMember.Read.All GroupMember.ReadWrite.All"
            f" Group.ReadBasic.All {READ_GROUPS}"
        ),
    ],
    "owners.groups": [
        (
            "GroupMember.Read.All GroupMember.ReadWrite.All Group.Read.All Group.ReadWrite.All"
            " Directory.Read.All"
        ),
    ],
    "members.write": ["GroupMember.ReadWrite.All Group.ReadWrite.All Directory.ReadWrite.All"],
    "units.read": [f"{UNITS} Directory.Read.All Directory.ReadWrite.All"],
    "units.write": ["AdministrativeUnit.ReadWrite.All Directory.ReadWrite.All"],
    "directory.read": ["Directory.Read.All Directory.ReadWrite.All"],
    "deleted.read": [f"{APPS} User.Read.All User.ReadWrite.All Group.Read.All Group.ReadWrite.All"],
    "deleted.write": [
        (
            f"{OWNED} Application.ReadWrite.All User.DeleteRestore.All User.ReadWrite.All"
            " Group.ReadWrite.All Directory.ReadWrite.All"
        ),
    ],
    "organization.read": [
        (
            "Organization.Read.All Organization.ReadWrite.All Directory.Read.All"
            " Directory.ReadWrite.All User.Read.All"
        ),
    ],
    "domains.read": ["Domain.Read.All Domain.ReadWrite.All Directory.Read.All"],
    "policies.read": [f"Policy.Read.All {POLICY}"],
    "policies.write": [POLICY],
    "policies.security": ["Policy.Read.All Policy.ReadWrite.SecurityDefaults"],
    "policies.conditional": ["Policy.Read.All"],
    "policies.authorization": ["Policy.Read.All Policy.ReadWrite.Authorization"],
    "policies.apply": [POLICY, f"Application.Read.All {OWNED} Application.ReadWrite.All"],
    "roles.read": [ROLES_READ],
    "roles.definitions": [f"{ROLES_READ} RoleManagement.Read.All"],
    "roles.eligible": [ELIGIBLE],
    "roles.eligible.own": [ELIGIBLE],
    "me": ["User.Read User.ReadWrite User.Read.All User.ReadWrite.All Directory.Read.All"],
    "reports.sign_ins": ["AuditLog.Read.All"],
    "mailbox": [""],
}
WHO = {name: [frozenset(line.split()) for line in lines] for name, lines in TABLE.items()}

GLOBAL = "62e90394-69f5-4237-9190-012177145e10"
APPLICATION_ADMINISTRATORS = frozenset(
    {GLOBAL, "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", "158c047a-c907-4556-b7ef-446551a6b5f7"}
)
PRIVILEGED = frozenset({GLOBAL, "e8611ab8-c189-46e8-94e1-60213ab1f814"})
USER_ADMINISTRATORS = frozenset({GLOBAL, "fe930be7-5e62-47db-91af-98c3a49a38b1"})
GROUP_ADMINISTRATORS = USER_ADMINISTRATORS | {"fdd7a751-b60b-444a-984c-02652fe8fa1c"}
LICENCE_ADMINISTRATORS = USER_ADMINISTRATORS | {"4d6ac14f-3453-41d0-bef9-a3e0c569773a"}
READERS_OF_REPORTS = frozenset(
    {
        GLOBAL,
        "194ae4cb-b126-40b2-bd5b-6091b380977d",  # Security Administrator
        "4a5d8f65-41da-4de4-8968-e035b65339cf",  # Reports Reader
        "5d6b6bb7-de71-4623-b4af-96380a352509",  # Security Reader
        "f2ef992c-3afb-46b9-b7cf-a126ee74c451",  # Global Reader
    }
)
READERS_OF_SECURITY = frozenset(
    {
        GLOBAL,
        "194ae4cb-b126-40b2-bd5b-6091b380977d",  # Security Administrator
        "5d6b6bb7-de71-4623-b4af-96380a352509",  # Security Reader
        "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9",  # Conditional Access Administrator
        "f2ef992c-3afb-46b9-b7cf-a126ee74c451",  # Global Reader
    }
)
# Which directory role a signed-in person needs besides the scope; owners need none.
PERSON_NEEDS = {
    "apps.create": APPLICATION_ADMINISTRATORS | {"cf1c38e5-3621-4004-a7cb-879624dced7c"},
    "apps.write": APPLICATION_ADMINISTRATORS,
    "credentials.write": APPLICATION_ADMINISTRATORS,
    "principals.write": APPLICATION_ADMINISTRATORS,
    "assignments.write": APPLICATION_ADMINISTRATORS | PRIVILEGED,
    "assignments.delete": APPLICATION_ADMINISTRATORS | PRIVILEGED,
    "grants.write": APPLICATION_ADMINISTRATORS | PRIVILEGED,
    "users.write": USER_ADMINISTRATORS,
    "users.patch": USER_ADMINISTRATORS,
    "users.delete": USER_ADMINISTRATORS,
    "users.revoke": USER_ADMINISTRATORS,
    "licences.write": LICENCE_ADMINISTRATORS,
    "groups.write": GROUP_ADMINISTRATORS,
    "groups.delete": GROUP_ADMINISTRATORS,
    "members.write": GROUP_ADMINISTRATORS,
    "deleted.write": APPLICATION_ADMINISTRATORS | USER_ADMINISTRATORS,
    "policies.write": APPLICATION_ADMINISTRATORS,
    "policies.apply": APPLICATION_ADMINISTRATORS,
    "policies.conditional": READERS_OF_SECURITY,
    "roles.eligible": READERS_OF_SECURITY | PRIVILEGED,
    "reports.sign_ins": READERS_OF_REPORTS,
}


# What people may change without a role where they own it.
OWNERS_MAY = frozenset(
    {
        "apps.write",
        "credentials.write",
        "groups.delete",
        "groups.write",
        "members.write",
        "policies.apply",
        "principals.write",
    }
)

# What a guest may see: itself and whose guest it is
# (learn.microsoft.com/entra/fundamentals/users-default-permissions).
GUESTS_MAY = frozenset({"me", "organization.read", "roles.eligible.own"})


def known(caller: Caller | None, base: str) -> Caller:
    """Refuse whoever isn't signed in, or brings a token for something else."""
    if caller is None:
        raise GraphError(401, "InvalidAuthenticationToken", "Access token is empty.")
    if caller.audience not in {base, f"{base}/", "00000003-0000-0000-c000-000000000000"}:
        raise GraphError(
            401,
            "InvalidAuthenticationToken",
            "Access token validation failure. Invalid audience.",
        )
    return caller


def judge(caller: Caller, who: str) -> bool:
    """Refuse a caller without the permission; tell whether it reaches owned objects only."""
    if who == "mailbox":
        return False
    person = caller.user_id is not None
    held = caller.scopes - {OWNED} if person else caller.roles
    if not all(held & line for line in WHO[who]):
        raise denied()
    if person and not caller.wids and who not in GUESTS_MAY:  # members carry one at least
        raise denied()
    if person:
        return _person_limited(caller, who)
    return (held & WHO[who][0]) == {OWNED}


def _person_limited(caller: Caller, who: str) -> bool:
    needed = PERSON_NEEDS.get(who)
    if needed is None or caller.wids & needed:
        return False
    if who not in OWNERS_MAY:
        raise denied()
    return True
