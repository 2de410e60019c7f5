"""Which mailboxes an app really reaches, and when Exchange comes to believe it."""

import pytest

from toolkit.practice.exchange import access

METTE = "mette.jansen@northbridge.example"
RECTOR = "rector@northbridge.example"
READ = "Calendars.Read"
WRITE = "Calendars.ReadWrite"
MINUTE = 60


@pytest.fixture(name="app_id")
def _app_id(exchange):
    return exchange.make_principal()["AppId"]


@pytest.fixture(name="scoped")
def _scoped(exchange, app_id):
    """Let the app into Mette's mailbox, and tell its id."""
    group = exchange.make_group()
    assign(exchange, app_id, RecipientGroupScope=group["ExternalDirectoryObjectId"])
    return app_id


def assign(exchange, app_id, **scope):
    exchange.rows(
        "New-ManagementRoleAssignment",
        App=app_id,
        Role="Application Calendars.ReadWrite",
        Name="scope",
        **scope,
    )


def reason(exchange):
    error = exchange.last.body["error"]
    return error["code"], error["message"]


def later(exchange, minutes):
    exchange.world.clock.sleep(minutes * MINUTE)


def test_without_any_right_graph_itself_refuses(exchange, app_id):
    assert exchange.opens(METTE, app_id, "User.Read.All") == 403
    assert reason(exchange)[0] == "Authorization_RequestDenied"


@pytest.mark.parametrize(
    ("role", "write", "status"),
    [
        (READ, False, 200),
        ("Calendars.ReadBasic.All", False, 200),
        (WRITE, False, 200),
        (WRITE, True, 200),
        (READ, True, 403),
        ("Mail.Read", False, 403),
    ],
)
def test_a_grant_in_the_token_opens_every_mailbox_at_once(exchange, app_id, role, write, status):
    assert exchange.opens(RECTOR, app_id, role, write=write) == status


def test_a_role_takes_thirty_idle_minutes_while_the_test_says_yes_at_once(exchange, scoped):
    (row,) = exchange.rows("Test-ServicePrincipalAuthorization", Identity=scoped, Resource=METTE)
    later(exchange, 29)
    assert row["InScope"] is True

    assert exchange.opens(METTE, scoped) == 403
    assert reason(exchange)[0] == "Authorization_RequestDenied"


def test_after_thirty_idle_minutes_inside_is_open_and_outside_is_refused(exchange, scoped):
    later(exchange, 30)

    assert exchange.opens(METTE, scoped) == 200
    assert exchange.opens(METTE, scoped, write=True) == 200
    assert exchange.opens(RECTOR, scoped) == 403
    assert reason(exchange) == (
        "ErrorAccessDenied",
        "Access is denied. Check credentials and try again.",
    )


def test_every_call_puts_it_off_but_not_beyond_two_hours(exchange, scoped):
    found = []
    for _ in range(6):
        later(exchange, 20)
        found.append(exchange.opens(METTE, scoped))

    assert found == [403] * 5 + [200]


def test_one_early_call_puts_it_off_to_thirty_minutes_after_itself(exchange, scoped):
    later(exchange, 20)
    exchange.opens(METTE, scoped)
    later(exchange, 29)
    early = dict(exchange.world.store.get("permissionCache", scoped))
    later(exchange, 1)

    assert early["called"] > early["changed"]
    assert exchange.opens(METTE, scoped) == 200


def test_without_the_cache_everything_is_effective_at_once(exchange, scoped):
    exchange.world.store.set_setting("permission_cache", False)

    assert exchange.opens(METTE, scoped) == 200
    assert exchange.opens(RECTOR, scoped) == 403


def test_a_removed_role_stays_open_just_as_long(exchange, scoped):
    later(exchange, 30)
    assert exchange.opens(METTE, scoped) == 200
    later(exchange, 60)
    exchange.rows("Remove-ManagementRoleAssignment", Identity="scope")

    later(exchange, 29)
    assert exchange.opens(METTE, scoped) == 200
    later(exchange, 30)
    assert exchange.opens(METTE, scoped) == 403


def test_a_new_member_waits_like_a_new_role(exchange, scoped):
    later(exchange, 30)
    exchange.opens(METTE, scoped)
    later(exchange, 60)
    exchange.rows(
        "Add-DistributionGroupMember",
        Identity="timetable-mailboxes",
        Member=RECTOR,
        BypassSecurityGroupManagerCheck=True,
    )

    assert exchange.opens(RECTOR, scoped) == 403
    later(exchange, 30)
    assert exchange.opens(RECTOR, scoped) == 200


def test_a_change_that_is_taken_back_is_no_change(exchange, scoped):
    later(exchange, 30)
    exchange.opens(METTE, scoped)
    member = {"Identity": "timetable-mailboxes", "BypassSecurityGroupManagerCheck": True}
    exchange.rows("Add-DistributionGroupMember", **member, Member=RECTOR)
    exchange.rows("Remove-DistributionGroupMember", **member, Member=RECTOR)

    assert exchange.world.store.get("permissionCache", scoped)["changed"] is None


def test_what_was_there_from_the_start_is_believed_from_the_start(exchange):
    display = exchange.world.store.find("servicePrincipal", displayName="Library Room Display")[0]

    assert exchange.opens("room.b101@northbridge.example", display["appId"]) == 200
    assert exchange.opens(METTE, display["appId"]) == 403


def test_a_member_who_came_by_graph_waits_since_that_change(exchange, app_id):
    team = exchange.world.store.find("group", mailNickname="course-team")[0]
    assign(exchange, app_id, RecipientGroupScope="course-team")
    later(exchange, 31)
    assert exchange.opens(RECTOR, app_id) == 403
    rector = exchange.world.store.find("user", mail=RECTOR)[0]
    grown = team | {"_members": [*team["_members"], rector["id"]]}
    exchange.world.put("group", team["id"], grown)

    assert exchange.opens(RECTOR, app_id) == 403
    later(exchange, 31)
    assert exchange.opens(RECTOR, app_id) == 200


def test_a_nested_member_is_out_of_scope(exchange, app_id):
    (nested, *_) = exchange.rows("Get-DistributionGroupMember", Identity="faculty-calendars")
    assign(exchange, app_id, RecipientGroupScope="nested-calendars")
    later(exchange, 31)

    assert exchange.opens(nested["PrimarySmtpAddress"], app_id) == 403


def test_an_administrative_unit_is_a_scope(exchange, app_id):
    rector = exchange.world.store.find("user", mail=RECTOR)[0]
    unit = {"id": exchange.world.new_id(), "displayName": "Board", "_members": [rector["id"]]}
    exchange.world.put("administrativeUnit", unit["id"], unit)
    assign(exchange, app_id, RecipientAdministrativeUnitScope="Board")
    later(exchange, 31)

    assert exchange.opens(RECTOR, app_id) == 200
    assert exchange.opens(METTE, app_id) == 403


def test_a_role_without_a_scope_reaches_everybody(exchange, app_id):
    assign(exchange, app_id)
    later(exchange, 31)

    assert exchange.opens(RECTOR, app_id) == 200


def test_a_disabled_assignment_opens_nothing(exchange, scoped):
    exchange.rows("Set-ManagementRoleAssignment", Identity="scope", Enabled=False)
    later(exchange, 31)

    assert exchange.opens(METTE, scoped) == 403


def test_a_grant_beside_a_scope_makes_the_scope_void(exchange, scoped):
    later(exchange, 30)

    assert exchange.opens(RECTOR, scoped, WRITE) == 200


def restrict(exchange, app_id):
    exchange.rows(
        "New-ApplicationAccessPolicy",
        AccessRight="RestrictAccess",
        AppId=[app_id],
        PolicyScopeGroupId="existing-calendars",
    )


def test_a_policy_blocks_after_an_hour_and_says_so(exchange, app_id):
    restrict(exchange, app_id)
    later(exchange, 60)
    assert exchange.opens(METTE, app_id, READ) == 200
    later(exchange, 6)

    assert exchange.opens(METTE, app_id, READ) == 403
    assert reason(exchange)[0] == "ErrorAccessDenied"
    assert "[RAOP]" in reason(exchange)[1]
    (inside, *_) = exchange.rows("Get-DistributionGroupMember", Identity="existing-calendars")
    assert exchange.opens(inside["PrimarySmtpAddress"], app_id, READ) == 200


def test_a_policy_constrains_grants_but_not_roles_nor_basic_reading(exchange, scoped):
    restrict(exchange, scoped)
    later(exchange, 66)

    assert exchange.opens(METTE, scoped, READ) == 200
    assert exchange.opens(RECTOR, scoped, READ) == 403
    assert exchange.opens(RECTOR, scoped, "Calendars.ReadBasic.All") == 200


def test_a_seeded_policy_is_in_force(exchange):
    desk = exchange.world.store.find("servicePrincipal", displayName="Visitor Desk")[0]

    assert exchange.opens(METTE, desk["appId"], READ) == 403
    assert "[RAOP]" in reason(exchange)[1]


def test_a_person_opens_their_own_mailbox_only(exchange):
    mette = exchange.world.store.find("user", mail=METTE)[0]
    exchange.become(user_id=mette["id"], scopes=frozenset({READ}))

    def opens(address, **how):
        user = exchange.world.store.find("user", mail=address)[0]
        return access.calendar_refusal(exchange.world, exchange.caller, user, **how) is None

    assert opens(METTE)
    assert not opens(METTE, write=True)
    assert not opens(RECTOR)


def test_mailbox_settings_need_a_role_of_their_own(exchange, scoped):
    later(exchange, 31)
    assert exchange.opens(METTE, scoped) == 200
    mette = exchange.world.store.find("user", mail=METTE)[0]
    exchange.become(audience=exchange.world.base, app_id=scoped, roles=frozenset())
    without = access.settings_refusal(exchange.world, exchange.caller, mette)
    exchange.become(roles=frozenset({"MailboxSettings.Read"}))

    assert without is not None
    assert access.settings_refusal(exchange.world, exchange.caller, mette) is None
