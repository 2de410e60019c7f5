"""Administrative units as scopes: members put in by hand, and a rule that is judged anew."""

import pytest

from toolkit.practice import switches
from toolkit.practice.administrative_units import members, paid_for
from toolkit.practice.seed.people import user_id
from toolkit.practice.seed.units import HISTORIANS, TIMETABLED, unit_id

METTE = "mette.jansen@northbridge.example"
RECTOR = "rector@northbridge.example"


@pytest.fixture(name="reach")
def _reach(exchange):
    def make(unit: str):
        pointer = exchange.make_principal()
        role = {"App": pointer["ObjectId"], "Role": "Application Mail.Read", "Name": "unit"}
        exchange.rows("New-ManagementRoleAssignment", **role, RecipientAdministrativeUnitScope=unit)

        def reaches(address: str) -> object:
            rows = exchange.rows(
                "Test-ServicePrincipalAuthorization", Identity=pointer["AppId"], Resource=address
            )
            return rows[0]["InScope"]

        return reaches

    return make


def test_those_who_were_put_in_are_in_scope_and_members_of_groups_inside_are_not(exchange, reach):
    reaches = reach(unit_id(TIMETABLED))
    (nested, *_) = exchange.rows("Get-DistributionGroupMember", Identity="faculty-calendars")

    assert reaches(METTE) is True
    assert reaches(RECTOR) is False
    assert reaches(nested["PrimarySmtpAddress"]) is False


def test_somebody_whom_the_rule_fits_from_now_on_is_in_scope_from_now_on(exchange, reach):
    reaches = reach(unit_id(HISTORIANS))
    assert reaches(RECTOR) is False

    rector = exchange.world.store.get("user", user_id("rector"))
    exchange.world.put("user", rector["id"], rector | {"department": "history"})

    assert reaches(RECTOR) is True


def test_without_its_licence_a_rule_lets_nobody_new_in(exchange):
    unit = exchange.world.store.get("administrativeUnit", unit_id(HISTORIANS))
    judged = members(exchange.world, unit)

    switches.turn(exchange.world, "entra-p1 off")

    assert len(judged) > 10
    assert not paid_for(exchange.world)
    assert members(exchange.world, unit) == [user_id("mette.jansen")]
