"""What Exchange knows of the seeded apps: RBAC for Applications, and the older access policies."""

from datetime import timedelta

from toolkit.practice.seed.entries import app_id, principal_id
from toolkit.practice.seed.groups import group_id
from toolkit.practice.seed.people import TENANT_ID, known_id
from toolkit.practice.store import Body
from toolkit.practice.world import World

# App, its name, the role, the group (alias) or None for the whole organisation, the name.
ASSIGNMENTS = (
    ("room-display", "Application Calendars.Read", "lecture-rooms", "Library Room Display rooms"),
    ("capture", "Application Calendars.ReadWrite", "faculty-calendars", "Lecture Capture scope"),
    (
        "planner",
        "Application Calendars.Read",
        "existing-calendars",
        "mailgrant-like Course Planner",
    ),
)
NAMES = {
    "room-display": "Library Room Display",
    "capture": "Lecture Capture",
    "planner": "Course Planner",
}
POLICIES = (("visitors", "existing-calendars", "Visitors see the open calendars only"),)


def fill(world: World) -> None:
    """Put the pointers, role assignments and access policies into the world."""
    for key, name in NAMES.items():
        pointer = {
            "AppId": app_id(key),
            "DisplayName": name,
            "Guid": known_id(f"pointer/{key}"),
            "Identity": principal_id(key),
            "Name": principal_id(key),
            "ObjectId": principal_id(key),
            "OrganizationId": TENANT_ID,
        }
        world.put("exchangeServicePrincipal", pointer["Guid"], pointer, lag=False)
    for row in ASSIGNMENTS:
        body = _assignment(world, *row)
        world.put("managementRoleAssignment", body["Guid"], body, lag=False)
    for key, group, text in POLICIES:
        policy = _policy(key, group, text)
        world.put("accessPolicy", policy["Guid"], policy, lag=False)


def _assignment(world: World, key: str, role: str, group: str, name: str) -> Body:
    return {
        "App": principal_id(key),
        "AssignmentMethod": "Direct",
        "CustomResourceScope": None,
        "Enabled": True,
        "Guid": known_id(f"assignment/{name}"),
        "Identity": name,
        "Name": name,
        "RecipientAdministrativeUnitScope": None,
        "RecipientGroupScope": group_id(group),
        "RecipientWriteScope": "Group",
        "Role": role,
        "RoleAssignee": principal_id(key),
        "RoleAssigneeName": principal_id(key),
        "RoleAssigneeType": "ServicePrincipal",
        "WhenCreated": world.stamp(timedelta(days=-100)),
    }


def _policy(key: str, group: str, text: str) -> Body:
    guid = known_id(f"policy/{key}")
    return {
        "AccessRight": "RestrictAccess",
        "AppId": app_id(key),
        "Description": text,
        "Guid": guid,
        "Identity": f"{TENANT_ID}\\{app_id(key)}:{group_id(group)};{guid}",
        "IsValid": True,
        "ScopeIdentity": group_id(group),
        "ScopeName": group,
    }
