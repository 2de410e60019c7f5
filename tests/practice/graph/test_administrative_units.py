"""Administrative units through Graph: read, and members put in where no rule decides."""

from toolkit.practice.seed.people import user_id
from toolkit.practice.seed.units import HISTORIANS, TIMETABLED, unit_id

UNITS = "/v1.0/directory/administrativeUnits"


def test_units_are_listed_with_what_decides_who_is_in(admin):
    found = {one["displayName"]: one for one in admin.get(UNITS).json()["value"]}

    assert found[TIMETABLED]["membershipType"] is None
    assert found[HISTORIANS]["membershipType"] == "Dynamic"
    assert found[HISTORIANS]["membershipRuleProcessingState"] == "On"


def test_members_come_as_people_with_what_is_asked_of_them(admin):
    answer = admin.get(
        f"{UNITS}/{unit_id(TIMETABLED)}/members/microsoft.graph.user?$select=id,mail"
    )

    assert "mette.jansen@northbridge.example" in {one["mail"] for one in answer.json()["value"]}


def test_a_unit_is_among_what_its_members_are_in(admin):
    mine = admin.get("/v1.0/users/mette.jansen@northbridge.example/memberOf").json()["value"]

    assert {TIMETABLED, HISTORIANS} <= {one["displayName"] for one in mine}


def test_somebody_is_put_in_by_hand_but_not_where_a_rule_decides(admin, practice, world):
    world.store.set_setting("lag", {})
    who = {"@odata.id": f"{practice.url}/v1.0/directoryObjects/{user_id('rector')}"}

    by_hand = admin.post(f"{UNITS}/{unit_id(TIMETABLED)}/members/$ref", json=who)
    by_rule = admin.post(f"{UNITS}/{unit_id(HISTORIANS)}/members/$ref", json=who)

    assert by_hand.status_code == 204
    assert by_rule.status_code == 400
