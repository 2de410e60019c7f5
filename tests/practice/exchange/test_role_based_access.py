"""RBAC for Applications: pointers, scopes, assignments, and the test of them."""

import pytest

from toolkit.practice.digest import digest

METTE = "mette.jansen@northbridge.example"


def test_a_pointer_wants_the_enterprise_apps_object_id(exchange):
    application = exchange.world.store.find("application", displayName="MyTimetable")[0]
    app_id = application["appId"]

    exchange.refusal("New-ServicePrincipal", AppId=app_id, ObjectId=application["id"])
    pointer = exchange.make_principal()

    principal = exchange.world.store.find("servicePrincipal", appId=app_id)[0]
    assert pointer["ObjectId"] == principal["id"]
    assert "already exists" in exchange.refusal(
        "New-ServicePrincipal", AppId=app_id, ObjectId=principal["id"]
    )
    for identity in (app_id, principal["id"], pointer["Guid"]):
        assert exchange.rows("Get-ServicePrincipal", Identity=identity) == [pointer]


def test_a_group_scope_reaches_direct_members_only(exchange):
    pointer = exchange.make_principal()
    (nested,) = exchange.rows("Get-DistributionGroupMember", Identity="faculty-calendars")[:1]
    (direct, *_) = exchange.rows("Get-DistributionGroupMember", Identity="nested-calendars")
    exchange.rows(
        "New-ManagementRoleAssignment",
        App=pointer["AppId"],
        Role="application calendars.readwrite",
        RecipientGroupScope="nested-calendars",
        Name="scope",
    )

    def in_scope(**resource: str) -> object:
        (row,) = exchange.rows(
            "Test-ServicePrincipalAuthorization", Identity=pointer["ObjectId"], **resource
        )
        return row["InScope"]

    assert in_scope() == "Not Run"
    assert in_scope(Resource=direct["PrimarySmtpAddress"]) is True
    assert in_scope(Resource=nested["PrimarySmtpAddress"]) is False


def test_a_filter_scope_and_no_scope_reach_whom_they_say(exchange):
    pointer = exchange.make_principal()
    exchange.rows(
        "New-ManagementScope",
        Name="staff",
        RecipientRestrictionFilter="CustomAttribute1 -eq 'staff'",
    )
    app = {"App": pointer["ObjectId"], "Role": "Application Mail.Read"}
    exchange.rows("New-ManagementRoleAssignment", **app, CustomResourceScope="staff")
    exchange.rows("New-ManagementRoleAssignment", App=pointer["ObjectId"], Role="Application Exchange Full Access")  # fmt: skip

    rows = exchange.rows(
        "Test-ServicePrincipalAuthorization",
        Identity=pointer["AppId"],
        Resource="timetable.office@northbridge.example",
    )

    found = {row["RoleName"]: row for row in rows}
    assert found["Application Mail.Read"]["InScope"] is False
    assert found["Application Mail.Read"]["AllowedResourceScope"] == "staff"
    assert found["Application Mail.Read"]["ScopeType"] == "CustomRecipientScope"
    assert found["Application Exchange Full Access"]["InScope"] is True
    assert "Calendars.ReadWrite" in found["Application Exchange Full Access"]["GrantedPermissions"]
    assert found["Application Exchange Full Access"]["ScopeType"] == "Organization"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "ADObjectAlreadyExistsException"),
        ({"Name": "x" * 65}, "between 1 and 64"),
        ({"Name": "o", "Role": "ApplicationImpersonation"}, "Couldn't find object"),
        ({"Name": "o", "Role": "Application Calendars.ReadBasic"}, "Couldn't find object"),
        ({"Name": "o", "App": "nobody"}, "Couldn't find object"),
        ({"Name": "o", "RecipientGroupScope": "nobody"}, "Couldn't find object"),
        ({"Name": "o", "RecipientGroupScope": METTE}, "Couldn't find object"),
        ({"Name": "o", "RecipientAdministrativeUnitScope": "x"}, "can't be used at the same time"),
    ],
)
def test_a_role_assignment_that_makes_no_sense_is_refused(exchange, changes, text):
    pointer = exchange.make_principal()
    wanted = {
        "App": pointer["AppId"],
        "Role": "Application Calendars.Read",
        "RecipientGroupScope": "existing-calendars",
        "Name": "scope",
    }
    exchange.rows("New-ManagementRoleAssignment", **wanted)

    assert text in exchange.refusal("New-ManagementRoleAssignment", **{**wanted, **changes})


def test_assignments_are_listed_by_assignee_and_role(exchange):
    pointer = exchange.make_principal()
    role = "Application Calendars.Read"
    (made,) = exchange.rows("New-ManagementRoleAssignment", App=pointer["AppId"], Role=role)

    mine = exchange.rows("Get-ManagementRoleAssignment", RoleAssignee=pointer["AppId"], Role=role)
    everyone = exchange.rows("Get-ManagementRoleAssignment", GetEffectiveUsers=True)

    assert mine == [made]
    assert made["Name"] == f"{role}-{pointer['ObjectId']}"
    assert made["RecipientWriteScope"] == "Organization"
    assert {row["RoleAssigneeType"] for row in everyone} == {"RoleGroup", "ServicePrincipal"}
    assert exchange.rows("Get-ManagementRoleAssignment", Identity=made["Name"]) == [made]


def test_a_scope_in_use_stays_and_a_removed_pointer_takes_its_assignments(exchange):
    pointer = exchange.make_principal()
    exchange.rows(
        "New-ManagementScope", Name="scope", RecipientRestrictionFilter="Alias -like 'a*'"
    )
    exchange.rows(
        "New-ManagementRoleAssignment",
        App=pointer["AppId"],
        Role="Application Mail.Send",
        CustomResourceScope="scope",
    )

    assert "associated with one or more" in exchange.refusal("Remove-ManagementScope", Identity="scope")  # fmt: skip
    exchange.rows("Set-ManagementScope", Identity="scope", Name="renamed")
    (row,) = exchange.rows("Get-ManagementRoleAssignment", Role="Application Mail.Send", RoleAssigneeType="ServicePrincipal")  # fmt: skip
    assert row["CustomResourceScope"] == "renamed"
    exchange.rows("Remove-ServicePrincipal", Identity=pointer["AppId"])
    assert exchange.rows("Get-ManagementRoleAssignment", RoleAssigneeType="ServicePrincipal", Role="Application Mail.Send") == []  # fmt: skip
    assert exchange.rows("Remove-ManagementScope", Identity="renamed", Confirm=False) == []


def test_a_pointer_dies_with_its_service_principal(exchange):
    pointer = exchange.make_principal()
    exchange.world.remove("servicePrincipal", pointer["ObjectId"])

    exchange.refusal("Get-ServicePrincipal", Identity=pointer["AppId"])
    exchange.refusal("Test-ServicePrincipalAuthorization", Identity=pointer["AppId"])


def test_a_dehydrated_organisation_is_customized_at_the_second_try(exchange):
    exchange.world.store.set_setting("dehydrated", True)
    scope = {"Name": "scope", "RecipientRestrictionFilter": "Alias -like 'a*'"}

    refusal = exchange.refusal("New-ManagementScope", **scope)
    exchange.refusal("Enable-OrganizationCustomization")
    exchange.rows("Enable-OrganizationCustomization")

    assert "InvalidOperationInDehydratedContextException" in refusal
    exchange.rows("New-ManagementScope", **scope)
    assert "not required" in exchange.refusal("Enable-OrganizationCustomization")


def test_a_set_up_that_is_taken_back_leaves_the_world_as_it_was(exchange):
    before = digest(exchange.world.store)
    pointer = exchange.make_principal()
    group = exchange.make_group()
    exchange.rows(
        "New-ManagementRoleAssignment",
        App=pointer["AppId"],
        Role="Application Calendars.ReadWrite",
        RecipientGroupScope=group["Guid"],
        Name="scope",
    )
    done = digest(exchange.world.store)
    exchange.rows("Remove-ManagementRoleAssignment", Identity="scope", Confirm=False)
    exchange.rows("Remove-ServicePrincipal", Identity=pointer["ObjectId"], Confirm=False)
    bypass = {"BypassSecurityGroupManagerCheck": True, "Confirm": False}
    exchange.rows("Remove-DistributionGroup", Identity=group["Guid"], **bypass)

    assert done != before
    assert digest(exchange.world.store) == before


def test_what_was_just_made_cannot_be_used_until_replicas_know_it(exchange):
    exchange.world.store.set_setting("lag", {"reads": 1, "seconds": 5})
    pointer = exchange.make_principal()
    wanted = {"App": pointer["ObjectId"], "Role": "Application Calendars.Read"}

    early = exchange.refusal("New-ManagementRoleAssignment", **wanted)
    exchange.world.clock.sleep(6)
    (made,) = exchange.rows("New-ManagementRoleAssignment", **wanted)

    assert "Couldn't find object" in early
    (row,) = exchange.rows("Test-ServicePrincipalAuthorization", Identity=pointer["AppId"])
    assert row["RoleName"] == "Application Calendars.Read"
    exchange.refusal("Remove-ManagementRoleAssignment", Identity=made["Name"])


def test_exchange_shows_a_scopes_filter_in_its_own_spelling(exchange):
    exchange.rows(
        "New-ManagementScope",
        Name="own",
        RecipientRestrictionFilter='(customattribute1 -EQ "O\'Neill") -and {Title -ne $Null}',
    )

    (scope,) = exchange.rows("Get-ManagementScope", Identity="own")
    assert scope["RecipientFilter"] == "((CustomAttribute1 -eq 'O''Neill') -and (Title -ne $null))"
