import json
from collections.abc import Callable
from typing import Any

import pytest

from toolkit.practice import graph
from toolkit.practice.entra.person_tokens import MEMBER_WID
from toolkit.practice.seed.entries import principal_id
from toolkit.practice.seed.people import user_id
from toolkit.practice.seed.permissions import EXCHANGE, GRAPH, role_id
from toolkit.practice.wire import Answer, Ask, Caller
from toolkit.practice.world import World

Asking = Callable[..., Answer]
PRIVILEGED_ROLE_ADMINISTRATOR = "e8611ab8-c189-46e8-94e1-60213ab1f814"
APPLICATION_ADMINISTRATOR = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"


@pytest.fixture
def asking(world: World) -> Asking:
    """What a token says is written by hand here; tests/practice/entra signs people in."""

    def ask(path: str, *scopes: str, method: str = "GET", body: bytes = b"", **more: Any) -> Answer:
        caller = Caller(
            audience=world.base,
            app_id="14d82eec-204b-4c2f-b7e8-296a70dab67e",
            object_id="14d82eec-204b-4c2f-b7e8-296a70dab67f",
            user_id=user_id("mette.jansen"),
            scopes=frozenset(scopes),
            wids=more.pop("wids", frozenset({MEMBER_WID})),
            **more,
        )
        headers = {"content-type": "application/json"} if body else {}
        asked = Ask(method=method, path=f"/v1.0{path}", headers=headers, body=body, caller=caller)
        with world.store.transaction():
            return graph.answer(world, asked)

    return ask


def test_me_is_whoever_signed_in(asking: Asking) -> None:
    assert asking("/me", "User.Read").body["displayName"] == "Mette Jansen"
    assert asking("/me/memberOf", "User.Read").status == 200
    assert asking("/me").status == 403


def test_the_right_to_read_oneself_shows_nobody_else(asking: Asking) -> None:
    assert asking("/users/rector@northbridge.example", "User.Read").status == 403
    assert asking("/users/rector@northbridge.example", "User.Read.All").status == 200


def test_a_person_reads_the_own_calendar_and_no_other(asking: Asking) -> None:
    assert asking("/me/calendar", "Calendars.Read").status == 200
    assert asking("/users/rector@northbridge.example/calendar", "Calendars.Read").status == 403
    assert asking("/me/calendar", "User.Read").status == 403


def test_a_scope_alone_changes_only_what_one_owns(asking: Asking) -> None:
    apps = asking("/applications", "Application.Read.All").body["value"]
    path = (
        f"/applications/{next(one['id'] for one in apps if one['displayName'] == 'Mail Archiver')}"
    )
    right = "Application.ReadWrite.All"

    def patched(**more: Any) -> int:
        return int(asking(path, right, method="PATCH", body=b'{"notes":"x"}', **more).status)

    assert patched() == 403
    assert patched(wids=frozenset({APPLICATION_ADMINISTRATOR})) == 204


def test_without_a_role_nothing_is_made_but_a_security_group(asking: Asking) -> None:
    app, group = b'{"displayName":"x"}', b'{"displayName":"x","mailEnabled":false,"mailNickname":"x","securityEnabled":true}'  # fmt: skip

    assert (
        asking("/applications", "Application.ReadWrite.All", method="POST", body=app).status == 403
    )
    made = asking("/groups", "Group.ReadWrite.All", method="POST", body=group)
    assert made.status == 201


@pytest.mark.parametrize(
    ("resource", "value", "role", "status"),
    [
        (GRAPH, "Calendars.Read", APPLICATION_ADMINISTRATOR, 403),
        (GRAPH, "Calendars.Read", PRIVILEGED_ROLE_ADMINISTRATOR, 201),
        (EXCHANGE, "full_access_as_app", APPLICATION_ADMINISTRATOR, 201),
    ],
)
def test_graphs_own_permissions_are_given_by_privileged_administrators_only(
    asking: Asking, resource: str, value: str, role: str, status: int
) -> None:
    principal = principal_id("archiver")
    body = {
        "principalId": principal,
        "resourceId": principal_id(resource),
        "appRoleId": role_id(resource, value),
    }
    answer = asking(
        f"/servicePrincipals/{principal}/appRoleAssignments",
        "AppRoleAssignment.ReadWrite.All",
        "Application.Read.All",
        method="POST",
        body=json.dumps(body).encode(),
        wids=frozenset({role}),
    )

    assert answer.status == status
