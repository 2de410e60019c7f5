import json
import re
from pathlib import Path
from typing import Any

import pytest

from toolkit.permissions import APIS, MAILBOX_FAMILIES, MEANING, ROLES, meaning, reaches_mailboxes
from toolkit.practice.exchange import application_roles

PUBLISHED = Path(__file__).parent.parent.parent / "shared" / "contracts" / "permissions.json"
SECTIONS = {"microsoft_graph": "Microsoft Graph", "exchange_online": "Office 365 Exchange Online"}
NEVER_MAILBOXES = {"User-Mail.ReadWrite.All"}  # a person's second addresses, not a mailbox
ABOUT_MAILBOXES = re.compile(r"\bmail(box|boxes)?\b|calendars? in|contacts in", re.IGNORECASE)


@pytest.fixture(scope="module")
def published() -> list[tuple[str, str, str]]:
    """List API, name and title of every application permission that is published."""
    if not PUBLISHED.is_file():
        pytest.skip("the published permissions don't lie beside this checkout")
    data: dict[str, Any] = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    return [
        (api, name, entry["application"].get("displayName") or "")
        for section, api in SECTIONS.items()
        for name, entry in data[section].items()
        if "application" in entry
    ]


def test_every_published_permission_that_speaks_of_mailboxes_is_known_to_reach_them(published):
    about = [(api, name) for api, name, title in published if ABOUT_MAILBOXES.search(title)]
    missed = [(api, name) for api, name in about if not reaches_mailboxes(api, name)]

    assert len(about) > 30
    assert [name for _, name in missed if name not in NEVER_MAILBOXES] == []


def test_what_a_role_confers_is_published_and_reaches_mailboxes(published):
    names = {name for _, name, _ in published} | {"EWS.AccessAsApp"}  # the role's own word for EWS

    for role, permissions in ROLES.items():
        assert role.startswith("Application ")
        assert set(permissions) <= names, role
        assert all(reaches_mailboxes("Microsoft Graph", each) for each in permissions), role


def test_no_family_is_without_a_permission(published):
    names = [name for _, name, _ in published] + ["EWS.AccessAsApp"]

    assert [f for f in MAILBOX_FAMILIES if not any(name.startswith(f) for name in names)] == []


def test_the_practice_tenant_has_the_same_roles_in_tables_of_its_own():
    assert set(application_roles.ROLES) == set(ROLES)
    assert application_roles.ROLES is not ROLES


@pytest.mark.parametrize(
    ("api", "value", "reaches"),
    [
        ("Microsoft Graph", "Calendars.ReadWrite", True),
        ("Microsoft Graph", "Mail.ReadBasic.All", True),
        ("Microsoft Graph", "MailboxFolder.Read.All", True),
        ("Office 365 Exchange Online", "full_access_as_app", True),
        ("Office 365 Exchange Online", "IMAP.AccessAsApp", True),
        ("Microsoft Graph", "User.Read.All", False),
        ("Microsoft Graph", "User-Mail.ReadWrite.All", False),
        ("Microsoft Graph", "Contacts-OnPremisesSyncBehavior.ReadWrite.All", False),
        ("Microsoft Graph", "OrgContact.Read.All", False),
        ("Office 365 Exchange Online", "Exchange.ManageAsApp", False),
        ("Somebody's own API", "Mail.Read", False),
    ],
)
def test_what_opens_mailboxes_is_told_from_what_does_not(api, value, reaches):
    assert reaches_mailboxes(api, value) is reaches


def test_every_role_is_said_in_plain_words():
    for role in ROLES:
        words = meaning(role)
        assert "." not in words, role
        assert words[0].islower() or words.startswith("EWS"), role


def test_a_role_that_stands_for_several_says_them_all():
    assert meaning("Application Mail Full Access") == (
        "read, change and delete mail; send mail as anybody in reach"
    )


def test_what_a_permission_means_does_not_hang_on_its_ending():
    assert meaning("Calendars.ReadBasic.All") == MEANING["Calendars.ReadBasic"]
    assert meaning("Directory.Read.All") == "Directory.Read.All"


def test_the_resources_are_microsofts_own():
    assert APIS == {
        "Microsoft Graph": "00000003-0000-0000-c000-000000000000",
        "Office 365 Exchange Online": "00000002-0000-0ff1-ce00-000000000000",
    }
