"""What others made stays as it is, to the byte, and what others add to ours stays and is named."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.answers import every_value
from tests.conftest import CommandLine, set_options
from tests.controls import by_hand, one_key
from tests.controls.client import Client, connect
from toolkit import playbook

ON_PURPOSE = ("certificate-rollover", "mytimetable-outlook-rest")
"""Playbooks whose very work is on what others made; their own tests say what stays."""
CASES = every_value([name for name in playbook.names() if name not in ON_PURPOSE])
MAIN = "mytimetable-graph"
MARK = "mailgrant-mytimetable-graph-prod"
APP = "MyTimetable-prod"
GROUP = "timetable-mailboxes@northbridge.example"
OTHER_GROUP = "existing-calendars@northbridge.example"
COLLEAGUE = "rector@northbridge.example"
ACCEPT = "--accept-every-mailbox"
# What services remember by themselves, about nobody's object.
FLEETING = ("permissionCache", "signInReplica")
Rows = dict[tuple[str, str], str]


def rows(mailgrant: CommandLine) -> Rows:
    """Read every live row of the world as it lies on the disk."""
    with mailgrant.world() as world:
        found = world.store.execute("select kind, id, body from object where not deleted")
    return {(kind, key): body for kind, key, body in found if kind not in FLEETING}


@pytest.mark.parametrize(("name", "flags"), CASES)
def test_what_others_made_stays_to_the_byte(
    mailgrant: CommandLine, name: str, flags: dict[str, Any]
) -> None:
    before = rows(mailgrant)
    line = (name, "--yes", "--json", ACCEPT, *set_options(flags))
    run = ""
    for command in (
        ("setup", *line),
        ("apply", *line),
        ("undo", "RUN", "--yes", "--json"),
        ("apply", *line),
    ):
        ended = mailgrant(*(run if word == "RUN" else word for word in command))
        assert ended.code == 0, ended.err
        run = ended.json["run"]

        after = rows(mailgrant)
        assert [key for key, body in before.items() if after.get(key) != body] == []


def test_the_seed_has_a_decoy_beside_everything_that_is_made(mailgrant: CommandLine) -> None:
    with mailgrant.world() as world:
        names = {app["displayName"] for app in world.store.all("application")}
        groups = {group["mail"] for group in world.store.all("group")}
        deleted = {item["body"]["displayName"] for item in world.store.all("deletedItem")}
        keys = [app["keyCredentials"] for app in world.store.all("application")]
        grants = {one["principalDisplayName"] for one in world.store.all("appRoleAssignment")}

    assert {"MyTimetable", "MyTimetable-prod (old)"} <= names & grants
    assert "timetable-mailboxes-old@northbridge.example" in groups
    assert APP in deleted
    assert any(len(each) > 1 for each in keys)


# ---- what others add to ours ----


@dataclass(frozen=True)
class Made:
    """What a set-up made, as others find it."""

    app: dict[str, Any]
    principal: dict[str, Any]


def made(client: Client) -> Made:
    app, principal = client.find("applications", APP), client.find("servicePrincipals", APP)
    assert app
    assert principal
    return Made(app, principal)


def a_member(client: Client, _ours: Made) -> None:
    client.cmdlet(
        "Add-DistributionGroupMember",
        Identity=GROUP,
        Member=COLLEAGUE,
        BypassSecurityGroupManagerCheck=True,
    )


def a_certificate(client: Client, ours: Made) -> None:
    path = f"/applications/{ours.app['id']}"
    there = client.graph("GET", f"{path}?$select=id,keyCredentials")["keyCredentials"]
    entry = {
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
        "key": base64.b64encode(one_key.certificate("theirs")).decode(),
        "displayName": "theirs",
    }
    client.patch(path, {"keyCredentials": [{**one, "key": None} for one in there] + [entry]})


def a_secret(client: Client, ours: Made) -> None:
    client.post(
        f"/applications/{ours.app['id']}/addPassword",
        {
            "passwordCredential": {
                "displayName": "theirs",
                "endDateTime": by_hand.in_ninety_days(client),
            }
        },
    )


def a_grant(client: Client, ours: Made) -> None:
    graph = client.graph("GET", f"/servicePrincipals(appId='{by_hand.GRAPH}')?$select=id,appRoles")
    role = next(one["id"] for one in graph["appRoles"] if one["value"] == "User.Read.All")
    body = {"principalId": ours.principal["id"], "resourceId": graph["id"], "appRoleId": role}
    client.post(f"/servicePrincipals/{ours.principal['id']}/appRoleAssignments", body)


def an_assignment(client: Client, ours: Made) -> None:
    client.cmdlet(
        "New-ManagementRoleAssignment",
        Name="theirs",
        App=ours.principal["id"],
        Role="Application Calendars.Read",
        RecipientGroupScope=OTHER_GROUP,
    )


def an_owner(client: Client, ours: Made) -> None:
    user = client.graph("GET", f"/users/{COLLEAGUE}?$select=id")["id"]
    link = {"@odata.id": f"{client.practice.url}/v1.0/directoryObjects/{user}"}
    client.post(f"/applications/{ours.app['id']}/owners/$ref", link)


@dataclass(frozen=True)
class Addition:
    """What somebody adds, how to see it in the world, and which step's undo must name it."""

    add: Callable[[Client, Made], None]
    there: Callable[[CommandLine, Made], bool]
    names: str


def live(mailgrant: CommandLine, kind: str, **equals: Any) -> list[dict[str, Any]]:
    with mailgrant.world() as world:
        return world.store.find(kind, **equals)


def user_id(mailgrant: CommandLine) -> str:
    return str(live(mailgrant, "user", userPrincipalName=COLLEAGUE)[0]["id"])


def credentials(mailgrant: CommandLine, ours: Made, kind: str) -> list[str]:
    (app,) = live(mailgrant, "application", id=ours.app["id"]) or [{kind: []}]
    return [entry["displayName"] for entry in app[kind]]


def members(mailgrant: CommandLine) -> list[str]:
    found = live(mailgrant, "group", mail=GROUP)
    return found[0]["_members"] if found else []


def owners(mailgrant: CommandLine, ours: Made) -> list[str]:
    found = live(mailgrant, "application", id=ours.app["id"])
    return found[0]["_owners"] if found else []


ADDITIONS = {
    "a member": Addition(a_member, lambda m, _: members(m) == [user_id(m)], "group"),
    "a certificate": Addition(
        a_certificate, lambda m, o: credentials(m, o, "keyCredentials") == ["theirs"], "app"
    ),
    "a secret": Addition(
        a_secret, lambda m, o: credentials(m, o, "passwordCredentials") == ["theirs"], "app"
    ),
    "a grant": Addition(
        a_grant,
        lambda m, o: len(live(m, "appRoleAssignment", principalId=o.principal["id"])) == 1,
        "app",
    ),
    "an assignment": Addition(
        an_assignment,
        lambda m, _: len(live(m, "managementRoleAssignment", Name="theirs")) == 1,
        "app",
    ),
    "an owner": Addition(an_owner, lambda m, o: user_id(m) in owners(m, o), "app"),
}


def set_up_and_add(
    mailgrant: CommandLine, additions: list[Addition], *, spread: bool = True
) -> tuple[str, Made]:
    ended = mailgrant("apply", MAIN, "--yes", "--json")
    assert ended.code == 0, ended.err
    with connect(mailgrant.practice) as client:
        ours = made(client)
        for addition in additions:
            addition.add(client, ours)
    if spread:
        mailgrant.switch("lag off")  # by now every replica has heard of it
    return ended.json["run"], ours


def ours_left(mailgrant: CommandLine, ours: Made) -> list[str]:
    """List what only the run can have made, and should have taken back."""
    left = [name for name in credentials(mailgrant, ours, "keyCredentials") if name != "theirs"]
    with mailgrant.world() as world:
        names = [one["Name"] for one in world.store.all("managementRoleAssignment")]
    return left + [name for name in names if name.startswith(MARK)]


@pytest.mark.parametrize("name", ADDITIONS)
def test_undo_leaves_and_names_what_somebody_added(mailgrant: CommandLine, name: str) -> None:
    addition = ADDITIONS[name]
    run, ours = set_up_and_add(mailgrant, [addition])

    undone = mailgrant("undo", run, "--yes", "--json")

    assert undone.code == 0, undone.err
    stays = {step["as"]: step["stays"] for step in undone.json["steps"] if step["stays"]}
    assert addition.names in stays
    assert addition.there(mailgrant, ours)
    assert ours_left(mailgrant, ours) == []


@pytest.mark.parametrize("name", ADDITIONS)
def test_undo_leaves_what_one_replica_does_not_show_yet(mailgrant: CommandLine, name: str) -> None:
    addition = ADDITIONS[name]
    run, ours = set_up_and_add(mailgrant, [addition], spread=False)

    undone = mailgrant("undo", run, "--yes", "--json")

    assert undone.code == 0, undone.err
    assert addition.there(mailgrant, ours)


def test_undo_leaves_everything_that_many_added(mailgrant: CommandLine) -> None:
    run, ours = set_up_and_add(mailgrant, list(ADDITIONS.values()))

    undone = mailgrant("undo", run, "--yes", "--json")

    assert undone.code == 0, undone.err
    stays = {step["as"] for step in undone.json["steps"] if step["stays"]}
    assert {addition.names for addition in ADDITIONS.values()} <= stays
    assert [name for name, one in ADDITIONS.items() if not one.there(mailgrant, ours)] == []
    assert ours_left(mailgrant, ours) == []


@pytest.mark.parametrize("name", ADDITIONS)
def test_undo_by_force_removes_what_was_made_all_the_same(
    mailgrant: CommandLine, name: str
) -> None:
    before = rows(mailgrant)
    run, ours = set_up_and_add(mailgrant, [ADDITIONS[name]])

    undone = mailgrant("undo", run, "--yes", "--json", "--force")

    assert undone.code == 0, undone.err
    assert live(mailgrant, "application", id=ours.app["id"]) == []
    assert live(mailgrant, "servicePrincipal", id=ours.principal["id"]) == []
    assert live(mailgrant, "group", mail=GROUP) == []
    after = rows(mailgrant)
    assert [key for key, body in before.items() if after.get(key) != body] == []
