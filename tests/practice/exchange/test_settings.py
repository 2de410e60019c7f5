"""Access policies, folder permissions and the organisation's switches."""

METTE = "mette.jansen@northbridge.example"
OWNER = "exchange.admin@northbridge.example"


def test_an_access_policy_is_tested_at_once_and_takes_security_principals_only(exchange):
    app_id = "33333333-3333-4333-8333-333333333333"
    test = {"AppId": app_id, "Identity": METTE}
    assert exchange.rows("Test-ApplicationAccessPolicy", **test)[0]["AccessCheckResult"] == "Granted"  # fmt: skip
    policy = {"AccessRight": "RestrictAccess", "AppId": [app_id]}

    exchange.refusal("New-ApplicationAccessPolicy", **policy, PolicyScopeGroupId="all-lecturers")
    (made,) = exchange.rows(
        "New-ApplicationAccessPolicy", **policy, PolicyScopeGroupId="nested-calendars"
    )

    assert exchange.rows("Test-ApplicationAccessPolicy", **test)[0]["AccessCheckResult"] == "Denied"  # fmt: skip
    exchange.rows("Remove-ApplicationAccessPolicy", Identity=made["Identity"])
    assert exchange.rows("Test-ApplicationAccessPolicy", **test)[0]["AccessCheckResult"] == "Granted"  # fmt: skip


def test_a_nested_member_is_inside_an_access_policy(exchange):
    app_id = "33333333-3333-4333-8333-333333333333"
    (nested, *_) = exchange.rows("Get-DistributionGroupMember", Identity="faculty-calendars")
    exchange.rows(
        "New-ApplicationAccessPolicy",
        AccessRight="RestrictAccess",
        AppId=[app_id],
        PolicyScopeGroupId="nested-calendars",
    )

    (row,) = exchange.rows("Test-ApplicationAccessPolicy", AppId=app_id, Identity=nested["Guid"])

    assert row["AccessCheckResult"] == "Granted"


def test_the_calendar_has_its_name_in_the_mailboxs_language(exchange):
    rows = exchange.rows("Get-MailboxFolderStatistics", Identity=METTE, FolderScope="Calendar")
    calendar = next(row for row in rows if row["FolderType"] == "Calendar")

    assert calendar["Name"] == "Agenda"
    exchange.refusal("Get-MailboxFolderPermission", 404, Identity=f"{METTE}:\\Calendar")
    by_name = exchange.rows("Get-MailboxFolderPermission", Identity=f"{METTE}:\\Agenda")
    by_id = exchange.rows("Get-MailboxFolderPermission", Identity=f"{METTE}:{calendar['FolderId']}")
    assert by_name == by_id
    assert [row["User"] for row in by_name] == ["Default", "Anonymous"]


def test_a_folder_permission_is_added_once_then_set_then_removed(exchange):
    entry = {"Identity": f"{METTE}:\\Agenda", "User": OWNER}

    missing = exchange.refusal("Set-MailboxFolderPermission", **entry, AccessRights=["Editor"])
    exchange.rows("Add-MailboxFolderPermission", **entry, AccessRights=["Reviewer"])
    twice = exchange.refusal("Add-MailboxFolderPermission", **entry, AccessRights=["Editor"])
    exchange.rows("Set-MailboxFolderPermission", **entry, AccessRights=["editor"])
    (row,) = exchange.rows("Get-MailboxFolderPermission", **entry)
    exchange.rows("Remove-MailboxFolderPermission", **entry, Confirm=False)

    assert "There is no existing permission entry found" in missing
    assert "An existing permission entry was found" in twice
    assert row["AccessRights"] == ["Editor"]
    exchange.refusal("Remove-MailboxFolderPermission", **entry)
    exchange.refusal("Add-MailboxFolderPermission", **entry, AccessRights=["King"])
    exchange.refusal(
        "Add-MailboxFolderPermission",
        **entry,
        AccessRights=["Reviewer"],
        SharingPermissionFlags="Delegate",
    )


def test_the_ews_switches_are_replaced_whole_and_taken_back(exchange):
    before = exchange.world.store.all("organization")
    apps = "33333333-3333-4333-8333-333333333333"

    exchange.rows("Set-OrganizationConfig", EwsEnabled=True, EwsAllowedAppIDs=apps)
    (plain,) = exchange.rows("Get-OrganizationConfig")
    (full,) = exchange.rows("Get-OrganizationConfig", RetrieveEwsOperationAccessPolicy=True)
    exchange.rows("Set-OrganizationConfig", EwsEnabled=None, EwsAllowedAppIDs=None)

    assert plain["EwsEnabled"] is True
    assert "EwsAllowedAppIDs" not in plain
    assert full["EwsAllowedAppIDs"] == apps
    assert exchange.world.store.all("organization") == before
    exchange.refusal("Set-OrganizationConfig", EwsAllowedAppIDs="all")
