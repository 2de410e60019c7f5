"""Mail-enabled groups: made once, owned by somebody, the same object in Entra."""

import pytest

METTE = "mette.jansen@northbridge.example"
OWNER = "exchange.admin@northbridge.example"
ADDRESS = "timetable-mailboxes@northbridge.example"


def test_a_new_security_group_is_graphs_object_too(exchange):
    row = exchange.make_group(Notes="made by a test", MemberJoinRestriction="Closed")

    body = exchange.world.store.get("group", row["ExternalDirectoryObjectId"])
    assert body["mail"] == ADDRESS
    assert (body["mailEnabled"], body["securityEnabled"], body["groupTypes"]) == (True, True, [])
    assert row["RecipientTypeDetails"] == "MailUniversalSecurityGroup"
    assert row["ManagedBy"] == ["exchange.admin"]
    members = exchange.rows("Get-DistributionGroupMember", Identity=ADDRESS)
    assert [member["PrimarySmtpAddress"] for member in members] == [METTE]
    assert exchange.rows("Get-Group", Identity=ADDRESS)[0]["Notes"] == "made by a test"
    assert "Notes" not in exchange.rows("Get-DistributionGroup", Identity=ADDRESS)[0]


def test_an_app_must_name_an_owner(exchange):
    refusal = exchange.refusal("New-DistributionGroup", Name="x", Type="Security")

    assert "ManagedBy" in refusal
    assert exchange.world.store.find("group", displayName="x") == []


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "ADObjectAlreadyExistsException"),
        ({"Name": "other"}, 'property "Alias" is used'),
        ({"Name": "other", "Alias": "other"}, "is already being used by the proxy addresses"),
        ({"Name": "x" * 65, "Alias": "x"}, "between 1 and 64"),
        ({"Name": "other", "Alias": "a b"}, "isn't valid"),
        ({"Name": "o", "Alias": "o", "PrimarySmtpAddress": "o@contoso.com"}, "accepted domain"),
        ({"Name": "o", "Alias": "o", "PrimarySmtpAddress": METTE}, "Mette Jansen"),
        ({"Name": "o", "Alias": "o", "ManagedBy": ["all-lecturers"]}, "Couldn't find object"),
        ({"Name": "o", "Alias": "o", "Members": ["nobody"]}, "Couldn't find object"),
    ],
)
def test_a_second_group_of_the_same_name_alias_or_address_is_refused(exchange, changes, text):
    exchange.make_group()
    before = len(exchange.world.store.all("group"))
    wanted = {**exchange.group, "Alias": "timetable-mailboxes", **changes}

    assert text in exchange.refusal("New-DistributionGroup", **wanted)
    assert len(exchange.world.store.all("group")) == before


def test_a_naming_policy_holds_unless_it_is_ignored(exchange):
    exchange.world.store.set_setting("naming_policy", "GRP_<GroupName>")

    assert exchange.make_group()["Name"] == "GRP_timetable-mailboxes"
    other = {"Name": "free", "PrimarySmtpAddress": "free@northbridge.example"}
    assert exchange.make_group(**other, IgnoreNamingPolicy=True)["Name"] == "free"


@pytest.mark.parametrize(
    ("cmdlet", "parameters"),
    [
        ("Set-DistributionGroup", {"HiddenFromAddressListsEnabled": True}),
        ("Set-Group", {"Notes": "other"}),
        ("Add-DistributionGroupMember", {"Member": OWNER}),
        ("Remove-DistributionGroupMember", {"Member": METTE}),
        ("Update-DistributionGroupMember", {"Members": []}),
        ("Remove-DistributionGroup", {}),
    ],
)
def test_whoever_does_not_own_a_security_group_must_say_so(exchange, cmdlet, parameters):
    exchange.make_group()

    refusal = exchange.refusal(cmdlet, Identity=ADDRESS, **parameters)
    assert "only be performed by a manager of the group" in refusal
    assert exchange.rows(
        cmdlet, Identity=ADDRESS, BypassSecurityGroupManagerCheck=True, **parameters
    ) == []  # fmt: skip


def test_a_group_synced_from_on_premises_cannot_be_changed_here(exchange):
    refusal = exchange.refusal(
        "Add-DistributionGroupMember",
        Identity="synced-staff",
        Member=METTE,
        BypassSecurityGroupManagerCheck=True,
    )

    assert "synchronized from your on-premises organization" in refusal


def test_members_are_added_and_removed_once(exchange):
    exchange.make_group()
    member = {"Identity": ADDRESS, "BypassSecurityGroupManagerCheck": True}

    already = exchange.refusal("Add-DistributionGroupMember", **member, Member=METTE)
    exchange.rows("Remove-DistributionGroupMember", **member, Member=METTE)
    gone = exchange.refusal("Remove-DistributionGroupMember", **member, Member=METTE)

    assert "MemberAlreadyExistsException" in already
    assert 'is already a member of the group "timetable-mailboxes"' in already
    assert "MemberNotFoundException" in gone
    assert exchange.rows("Get-DistributionGroupMember", Identity=ADDRESS) == []


def test_setting_what_is_set_already_warns_and_changes_nothing(exchange):
    exchange.make_group()
    change = {
        "Identity": ADDRESS,
        "CustomAttribute15": "mailgrant",
        "BypassSecurityGroupManagerCheck": True,
    }

    first = exchange.invoke("Set-DistributionGroup", **change)
    second = exchange.invoke("Set-DistributionGroup", **change)

    assert first.body["@adminapi.warnings"] == []
    assert "no settings of 'timetable-mailboxes' have been modified" in second.body["@adminapi.warnings"][0]  # fmt: skip
    assert exchange.rows("Get-DistributionGroup", Identity=ADDRESS)[0]["CustomAttribute15"] == "mailgrant"  # fmt: skip


def test_a_hashtable_adds_and_removes_and_a_list_replaces(exchange):
    exchange.make_group()
    change = {"Identity": ADDRESS, "BypassSecurityGroupManagerCheck": True}
    more = {"@odata.type": "#Exchange.GenericHashTable", "Add": ["smtp:more@northbridge.example"]}

    exchange.rows("Set-DistributionGroup", **change, EmailAddresses=more)
    (row,) = exchange.rows("Get-DistributionGroup", Identity="more@northbridge.example")
    exchange.rows("Set-DistributionGroup", **change, EmailAddresses=[f"SMTP:{ADDRESS}"])

    assert len(row["EmailAddresses"]) == 3
    (after,) = exchange.rows("Get-DistributionGroup", Identity=ADDRESS)
    assert after["EmailAddresses"] == [f"SMTP:{ADDRESS}"]
    untyped = {"Add": ["smtp:x@northbridge.example"]}
    exchange.refusal("Set-DistributionGroup", **change, EmailAddresses=untyped)
    exchange.refusal("New-DistributionGroup", **{**exchange.group, "Members": more})


def test_what_if_changes_nothing(exchange):
    assert exchange.rows("New-DistributionGroup", **exchange.group, WhatIf=True) == []

    exchange.refusal("Get-DistributionGroup", 404, Identity=ADDRESS)


def test_a_new_group_is_not_found_until_replicas_know_it_and_its_dn_comes_later(exchange):
    exchange.world.store.set_setting("lag", {"reads": 2, "seconds": 10})
    exchange.make_group()

    for _ in range(3):
        exchange.refusal("Get-DistributionGroup", 404, Identity=ADDRESS)
    exchange.refusal(
        "Add-DistributionGroupMember",
        404,
        Identity=ADDRESS,
        Member=OWNER,
        BypassSecurityGroupManagerCheck=True,
    )
    exchange.world.clock.sleep(11)
    (fresh,) = exchange.rows("Get-DistributionGroup", Identity=ADDRESS)
    exchange.world.clock.sleep(11)
    (settled,) = exchange.rows("Get-DistributionGroup", Identity=ADDRESS)

    assert fresh["DistinguishedName"] == ""
    assert settled["DistinguishedName"].startswith("CN=timetable-mailboxes,OU=")


def test_a_removed_group_leaves_its_name_free_and_nothing_to_restore(exchange):
    first = exchange.make_group()
    exchange.rows(
        "Remove-DistributionGroup", Identity=ADDRESS, BypassSecurityGroupManagerCheck=True
    )

    second = exchange.make_group()

    assert first["Guid"] != second["Guid"]
    assert exchange.world.store.get("deletedItem", first["ExternalDirectoryObjectId"]) is None
