import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from toolkit.practice import control
from toolkit.practice.clock import PracticeClock
from toolkit.practice.digest import digest
from toolkit.practice.passwords import matches
from toolkit.practice.seed import permissions
from toolkit.practice.seed.apps import DELETED
from toolkit.practice.seed.groups import group_id
from toolkit.practice.seed.people import TENANT_ID, user_id
from toolkit.practice.store import Body, Store
from toolkit.practice.world import World

CONTRACT = Path(__file__).parents[4] / "shared" / "contracts" / "permissions.json"
KINDS = (("application", permissions.roles), ("delegated", permissions.scopes))


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    opened = Store(folder / control.FILE)
    yield opened
    opened.close()


def the(store: Store, kind: str, **equals: object) -> Body:
    (found,) = store.find(kind, **equals)
    return found


def test_two_worlds_made_apart_mean_the_same(tmp_path: Path) -> None:
    digests = []
    for name in ("one", "two"):
        control.make(tmp_path / name)
        store = Store(tmp_path / name / control.FILE)
        digests.append(digest(store))
        store.close()

    assert digests[0] == digests[1]


@pytest.mark.parametrize(
    ("address", "kind", "enabled"),
    [
        ("mette.jansen@northbridge.example", "UserMailbox", True),
        ("rector@northbridge.example", "UserMailbox", True),
        ("exchange.admin@northbridge.example", "UserMailbox", True),
        ("room.b101@northbridge.example", "RoomMailbox", False),
        ("timetable.office@northbridge.example", "SharedMailbox", False),
        ("jan.onprem@northbridge.example", "MailUser", True),
        ("anna.guest@partner.example", "GuestMailUser", True),
    ],
)
def test_the_people_that_playbooks_name_are_there(
    store: Store, address: str, kind: str, enabled: bool
) -> None:
    user = the(store, "user", mail=address)

    assert user["_exchange"]["RecipientTypeDetails"] == kind
    assert user["_exchange"]["PrimarySmtpAddress"] == address
    assert user["_exchange"]["ExternalDirectoryObjectId"] == user["id"]
    assert user["accountEnabled"] is enabled


def test_nobody_has_the_address_or_id_of_somebody_else(store: Store) -> None:
    recipients = [*store.all("user"), *store.all("group")]
    for wanted in ("mail", "id"):
        values = Counter(one[wanted] for one in recipients if one[wanted])
        assert [value for value, count in values.items() if count > 1] == []
    names = Counter(
        one["_exchange"]["DistinguishedName"] for one in recipients if "_exchange" in one
    )
    assert max(names.values()) == 1
    assert len(recipients) > 300


def test_what_the_main_job_makes_is_not_there_yet(store: Store) -> None:
    assert store.find("group", mail="timetable-mailboxes@northbridge.example") == []
    for name in ("MyTimetable-prod", "MyTimetable-test"):
        assert store.find("application", displayName=name) == []
        assert store.find("servicePrincipal", displayName=name) == []


def test_a_deleted_namesake_and_living_ones_lie_beside_what_the_main_job_makes(
    store: Store,
) -> None:
    bin_ = store.all("deletedItem")
    assert {one["body"]["displayName"] for one in bin_} == {DELETED.name}
    assert {one["kind"] for one in bin_} == {"application", "servicePrincipal"}
    for name in ("MyTimetable", "MyTimetable-prod (old)"):
        app = the(store, "application", displayName=name)
        principal = the(store, "servicePrincipal", appId=app["appId"])
        assert app["keyCredentials"]
        assert store.find("appRoleAssignment", principalId=principal["id"])
    assert the(store, "group", mail="timetable-mailboxes-old@northbridge.example")


def test_a_tenant_wide_grant_stands_beside_a_scope_of_the_same_app(store: Store) -> None:
    role = permissions.role_id(permissions.GRAPH, "Calendars.ReadWrite")
    (scope,) = [
        one
        for one in store.all("managementRoleAssignment")
        if store.find("appRoleAssignment", principalId=one["App"], appRoleId=role)
    ]

    assert scope["Role"] == "Application Calendars.ReadWrite"


def test_groups_make_the_trouble_they_are_there_for(store: Store) -> None:
    nested = store.get("group", group_id("nested-calendars"))
    synced = store.get("group", group_id("synced-staff"))
    assert nested is not None
    assert synced is not None

    assert group_id("faculty-calendars") in nested["_members"]
    assert synced["onPremisesSyncEnabled"] is True
    assert the(store, "group", mail="all-lecturers@northbridge.example")["securityEnabled"] is False
    team = the(store, "group", mail="course-team@northbridge.example")
    assert team["groupTypes"] == ["Unified"]
    everybody = {one["id"] for one in [*store.all("user"), *store.all("group")]}
    for group in store.all("group"):
        assert {*group["_members"], *group["_owners"]} <= everybody
        assert user_id("rector") not in group["_members"]


def test_licences_in_use_are_counted_right_and_one_kind_is_used_up(store: Store) -> None:
    held = Counter(
        licence["skuId"] for user in store.all("user") for licence in user["assignedLicenses"]
    )
    free = {}
    for sku in store.all("subscribedSku"):
        assert sku["consumedUnits"] == held[sku["skuId"]]
        free[sku["skuPartNumber"]] = sku["prepaidUnits"]["enabled"] - sku["consumedUnits"]

    assert free == {
        "AAD_PREMIUM": 25,
        "ENTERPRISEPACK": 3,
        "EXCHANGESTANDARD": 5,
        "STANDARDWOFFPACK_STUDENT": 0,
    }


def test_secrets_stand_in_the_world_as_hashes_only(store: Store) -> None:
    for name in ("admin", "reader", "half_admin"):
        entry = store.setting(name)
        app = the(store, "application", appId=entry["client_id"])
        (stored,) = app["_secrets"].values()

        assert matches(entry["client_secret"], stored)
        assert not matches(entry["client_secret"] + "x", stored)
        assert entry["client_secret"] not in json.dumps(app)
        assert len(entry["client_secret"]) == 40


def test_expired_keys_are_expired_and_dates_go_by_the_worlds_clock(store: Store) -> None:
    world = World(store=store, clock=PracticeClock(store), base="")
    mailer = the(store, "application", displayName="Survey Mailer")
    kiosk = the(store, "application", displayName="Print Kiosk")

    for entry in (*mailer["passwordCredentials"], *kiosk["keyCredentials"]):
        assert datetime.fromisoformat(entry["endDateTime"]) < world.now()
        assert datetime.fromisoformat(entry["startDateTime"]) < datetime.fromisoformat(
            entry["endDateTime"]
        )


def test_resources_show_their_permissions(store: Store) -> None:
    for resource in (permissions.GRAPH, permissions.EXCHANGE, permissions.WINDOWS_AZURE_AD):
        principal = the(store, "servicePrincipal", appId=resource)

        assert len(principal["appRoles"]) == len(permissions.roles(resource)) > 0
        assert len(principal["oauth2PermissionScopes"]) == len(permissions.scopes(resource)) > 0
        assert principal["appOwnerOrganizationId"] != TENANT_ID


@pytest.mark.skipif(not CONTRACT.exists(), reason="the published contracts aren't beside this tree")
@pytest.mark.parametrize(
    ("resource", "section"),
    [(permissions.GRAPH, "microsoft_graph"), (permissions.EXCHANGE, "exchange_online")],
)
def test_every_permission_id_is_the_published_one(resource: str, section: str) -> None:
    published = json.loads(CONTRACT.read_text(encoding="utf-8"))[section]
    for kind, listed in KINDS:
        for one in listed(resource):
            assert published[one.value][kind]["id"] == one.id, (one.value, kind)


def test_the_app_of_the_dead_calendar_api_still_reaches_every_mailbox(store: Store) -> None:
    app = the(store, "application", displayName="MyTimetable (Outlook REST)")
    principal = the(store, "servicePrincipal", appId=app["appId"])
    resources = {the(store, "servicePrincipal", appId=one)["id"]: one for one in permissions.SCOPES}
    held = {
        (resources[one["resourceId"]], one["appRoleId"])
        for one in store.find("appRoleAssignment", principalId=principal["id"])
    }
    (grant,) = store.find("oauth2PermissionGrant", clientId=principal["id"])
    (key,) = app["keyCredentials"]
    world = World(store=store, clock=PracticeClock(store), base="")
    activity = store.get("signInActivity", app["appId"])

    # The retired permission of Exchange has the id that Graph's has: only the resource differs.
    calendars = permissions.role_id(permissions.GRAPH, "Calendars.ReadWrite")
    assert held == {(permissions.GRAPH, calendars), (permissions.EXCHANGE, calendars)}
    assert (resources[grant["resourceId"]], grant["scope"]) == (permissions.WINDOWS_AZURE_AD, "User.Read")  # fmt: skip
    assert {one["resourceAppId"] for one in app["requiredResourceAccess"]} == {
        permissions.GRAPH,
        permissions.EXCHANGE,
        permissions.WINDOWS_AZURE_AD,
    }
    assert datetime.fromisoformat(key["endDateTime"]) > world.now()
    assert (app["uniqueName"], app["tags"], app["web"]["redirectUris"]) == (None, [], [])
    assert activity is not None
