"""Recipients: found by any of their names, filtered, and of the right kind."""

import pytest

METTE = "mette.jansen@northbridge.example"


@pytest.mark.parametrize(
    "identity",
    ["mette.jansen", METTE, "mette.jansen@northbridge.onmicrosoft.com", "Mette Jansen"],
)
def test_a_mailbox_is_found_by_any_of_its_names(exchange, identity):
    (row,) = exchange.rows("Get-Mailbox", Identity=identity)

    assert row["ExternalDirectoryObjectId"]
    for name in ("Guid", "ExternalDirectoryObjectId", "DistinguishedName"):
        assert exchange.rows("Get-Mailbox", Identity=row[name]) == [row]


def test_a_display_name_that_two_have_is_ambiguous(exchange):
    for user in exchange.world.store.all("user")[:2]:
        exchange.world.put("user", user["id"], user | {"displayName": "Kim Kim"})

    assert "matches multiple entries" in exchange.refusal("Get-Recipient", Identity="Kim Kim")


def test_not_found_comes_as_404_or_as_400(exchange):
    assert "couldn't be found on" in exchange.refusal("Get-Mailbox", 404, Identity="nobody")
    assert "couldn't be found on" in exchange.refusal("Get-ManagementScope", 400, Identity="none")
    assert "Couldn't find object" in exchange.refusal(
        "Add-DistributionGroupMember",
        400,
        Identity="existing-calendars",
        Member="nobody",
        BypassSecurityGroupManagerCheck=True,
    )


def test_guests_and_people_on_premises_have_no_mailbox_here(exchange):
    exchange.refusal("Get-Mailbox", 404, Identity="jan.onprem@northbridge.example")

    (row,) = exchange.rows("Get-Recipient", Identity="jan.onprem@northbridge.example")
    assert row["RecipientTypeDetails"] == "MailUser"
    assert {one["RecipientTypeDetails"] for one in exchange.rows("Get-MailUser")} == {
        "MailUser",
        "GuestMailUser",
    }


def test_a_filter_is_previewed_over_recipients(exchange):
    text = "(CustomAttribute1 -eq 'staff') -and -not (DisplayName -like 'M*') -and (RecipientTypeDetails -eq 'UserMailbox')"

    rows = exchange.rows("Get-Recipient", RecipientPreviewFilter=text, ResultSize="Unlimited")

    assert rows
    assert {row["CustomAttribute1"] for row in rows} == {"staff"}
    assert not [row for row in rows if row["DisplayName"].startswith("M")]


def test_a_filter_by_group_takes_direct_members_only(exchange):
    (group,) = exchange.rows("Get-DistributionGroup", Identity="nested-calendars")
    members = exchange.rows("Get-DistributionGroupMember", Identity="nested-calendars")
    text = f"MemberOfGroup -eq '{group['DistinguishedName']}'"

    rows = exchange.rows("Get-Recipient", RecipientPreviewFilter=text)

    assert {row["Guid"] for row in rows} == {row["Guid"] for row in members}
    assert {row["RecipientType"] for row in rows} == {"UserMailbox", "MailUniversalSecurityGroup"}


@pytest.mark.parametrize(
    "text",
    [
        "Shoesize -eq '5'",
        "Alias -is 'x'",
        "Alias -eq",
        "(Alias -eq 'x'",
        "Alias -eq 'x' Alias -eq 'y'",
        "Alias -eq 'it's'",
        "Alias",
        "-not",
    ],
)
def test_a_filter_that_cannot_be_read_is_refused(exchange, text):
    exchange.refusal("Get-Recipient", Filter=text)
    exchange.refusal("New-ManagementScope", Name="scope", RecipientRestrictionFilter=text)


def test_a_doubled_quote_in_a_filter_is_one_quote(exchange):
    user = exchange.world.store.find("user", mail=METTE)[0]
    exchange.world.put("user", user["id"], user | {"displayName": "Mette 't Hart"})

    rows = exchange.rows("Get-Mailbox", Filter="DisplayName -eq 'Mette ''t Hart'")

    assert [row["PrimarySmtpAddress"] for row in rows] == [METTE]


def test_links_of_a_microsoft_365_group_are_not_its_members_to_exchange(exchange):
    assert exchange.rows("Get-DistributionGroupMember", Identity="course-team") == []
    assert len(exchange.rows("Get-UnifiedGroupLinks", Identity="course-team", LinkType="Members")) == 6  # fmt: skip
    exchange.refusal("Get-UnifiedGroupLinks", Identity="course-team")
