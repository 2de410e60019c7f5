"""The administrative units of the practice university: one by hand, one by a rule."""

from toolkit.practice.seed.groups import group_id
from toolkit.practice.seed.people import known_id, user_id
from toolkit.practice.store import Body
from toolkit.practice.world import World

TIMETABLED = "Timetabled Staff"
HISTORIANS = "Historians"


def fill(world: World) -> None:
    """Put the administrative units into the world."""
    staff = [one["id"] for one in world.store.all("user") if one.get("department") == "Timetabling"]
    timetabled = _unit(TIMETABLED, "Staff whose teaching is planned, put in by hand.") | {
        "_members": [user_id("mette.jansen"), *sorted(staff)[:6], group_id("faculty-calendars")],
    }
    historians = _unit(HISTORIANS, "Whoever works in the department.") | {
        "membershipRule": '(user.department -eq "History")',
        "membershipRuleProcessingState": "On",
        "membershipType": "Dynamic",
        "_members": [user_id("mette.jansen")],
    }
    for body in (timetabled, historians):
        world.put("administrativeUnit", body["id"], body, lag=False)


def unit_id(name: str) -> str:
    """Tell the id of a seeded administrative unit."""
    return known_id(f"unit/{name}")


def _unit(name: str, description: str) -> Body:
    return {
        "id": unit_id(name),
        "deletedDateTime": None,
        "description": description,
        "displayName": name,
        "isMemberManagementRestricted": False,
        "membershipRule": None,
        "membershipRuleProcessingState": None,
        "membershipType": None,
        "visibility": None,
        "_members": [],
    }
