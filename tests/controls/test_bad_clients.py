"""Bad clients must fail on the practice tenant; where one gets away with it, the tenant is too kind."""

import base64
from datetime import timedelta
from typing import Any

import pytest
from kiota_http.middleware.options import RetryHandlerOption

from tests.conftest import CommandLine
from tests.controls import (
    by_hand,
    first_page,
    impatient,
    one_key,
    rolls_back,
    stock_sdk,
)
from tests.controls.client import Client, RefusedError, connect
from toolkit.practice import control

MAIN = "mytimetable-graph"
WITHOUT_LAG = ("lag off", "sts-lag off")
UNION = "Calendars.ReadWrite"


def applications(mailgrant: CommandLine, **equals: Any) -> list[dict[str, Any]]:
    with mailgrant.world() as world:
        return world.store.find("application", **equals)


def fired(mailgrant: CommandLine) -> list[int]:
    return [fault["fired"] for fault in mailgrant.status()["faults"]]


# ---- the SDK's own retries ----


@pytest.mark.parametrize("status", [503, 504])
def test_the_stock_sdk_makes_four_applications_of_one_post(mailgrant: CommandLine, status: int):
    mailgrant.switch(f"on POST /applications after-commit status {status} retry-after 1")

    with control.serve(mailgrant.practice) as practice:
        error = stock_sdk.create(practice, "Out of the box")

    assert error is not None
    assert fired(mailgrant) == [4]
    assert len(applications(mailgrant, displayName="Out of the box")) == 4


def test_the_sdk_without_retries_makes_one(mailgrant: CommandLine):
    mailgrant.switch("on POST /applications after-commit status 503 retry-after 1")
    off = {RetryHandlerOption.get_key(): RetryHandlerOption(max_retries=0, should_retry=False)}

    with control.serve(mailgrant.practice) as practice:
        error = stock_sdk.create(practice, "Out of the box", **off)

    assert error is not None
    assert fired(mailgrant) == [1]
    assert len(applications(mailgrant, displayName="Out of the box")) == 1


# ---- keys ----


def test_sending_one_key_loses_the_others(mailgrant: CommandLine):
    (before,) = applications(mailgrant, displayName="MyTimetable")
    assert len(before["keyCredentials"]) == 2

    with connect(mailgrant.practice) as client:
        one_key.upload(client, before["id"], one_key.certificate("ours"))

    (after,) = applications(mailgrant, displayName="MyTimetable")
    lost = {entry["keyId"] for entry in before["keyCredentials"]}
    assert [entry["displayName"] for entry in after["keyCredentials"]] == ["ours"]
    assert not lost & {entry["keyId"] for entry in after["keyCredentials"]}


def test_a_certificate_encoded_twice_is_refused(mailgrant: CommandLine):
    (before,) = applications(mailgrant, displayName="MyTimetable")

    twice = base64.b64encode(one_key.certificate("ours"))
    with connect(mailgrant.practice) as client, pytest.raises(RefusedError) as refused:
        one_key.upload(client, before["id"], twice)

    assert refused.value.status == 400
    assert applications(mailgrant, displayName="MyTimetable") == [before]


# ---- the union trap ----


def test_a_grant_beside_the_scope_opens_the_mailbox_outside(mailgrant: CommandLine):
    mailgrant.switch("cache off", "lag off")
    with connect(mailgrant.practice) as client:
        made = by_hand.scope(client)
        fenced = client.as_app(made.client_id, made.secret)
        assert fenced.calendar(by_hand.INSIDE) == 200
        assert fenced.calendar(by_hand.OUTSIDE) == 403

        by_hand.grant_everything(client, made.principal)

        assert client.as_app(made.client_id, made.secret).calendar(by_hand.OUTSIDE) == 200


def test_mailgrant_names_the_union_trap_where_a_grant_stands_beside_its_scope(
    mailgrant: CommandLine,
):
    run = mailgrant("setup", MAIN, "--yes", "--json").json["run"]
    (app,) = applications(mailgrant, displayName="MyTimetable-prod")
    with connect(mailgrant.practice) as client:
        principal = client.find("servicePrincipals", "MyTimetable-prod")
        assert principal
        assert principal["appId"] == app["appId"]
        by_hand.grant_everything(client, principal["id"])

    verified = mailgrant("verify", run, "--json")

    assert verified.code == 1
    assert verified.json["proof"]["verdict"] == "failed"
    assert "union trap" in verified.json["proof"]["why"]
    assert UNION in verified.json["proof"]["why"]


# ---- Exchange's cache ----


def test_who_hammers_waits_two_hours_and_who_is_quiet_half_an_hour(mailgrant: CommandLine):
    with connect(mailgrant.practice) as client:
        made = by_hand.scope(client)
        hammering = client.as_app(made.client_id, made.secret)
        assert 110 <= impatient.minutes_until_open(hammering, by_hand.INSIDE, every=10) <= 130

        made = by_hand.scope(client, "Quiet")
        quiet = client.as_app(made.client_id, made.secret)
        assert impatient.minutes_until_open(quiet, by_hand.INSIDE, every=31) == 31


# ---- tokens ----


def test_a_cached_token_still_has_the_roles_from_before_the_consent(mailgrant: CommandLine):
    with connect(mailgrant.practice) as client:
        made = by_hand.scope(client)
        signed_in = stock_sdk.credential(client.practice, made.client_id, made.secret)
        early = signed_in.get_token(client.graph_scope).token
        by_hand.grant_everything(client, made.principal)
        client.sleep(timedelta(minutes=10).total_seconds())

        late = signed_in.get_token(client.graph_scope).token
        signed_in.close()
        new = [fresh_token(client, made) for _ in range(4)]

    assert late == early
    assert roles(early) == []
    assert roles(new[-1]) == [UNION]


def fresh_token(client: Client, made: by_hand.Scoped) -> str:
    with stock_sdk.credential(client.practice, made.client_id, made.secret) as signed_in:
        return signed_in.get_token(client.graph_scope).token


def roles(token: str) -> list[str]:
    import json

    text = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return list(claims.get("roles", []))


# ---- lists ----


def test_the_first_page_is_not_the_list(mailgrant: CommandLine):
    with connect(mailgrant.practice) as client:
        assert len(first_page.people(client)) == 100 < len(first_page.all_people(client))
        assert len(first_page.recipients(client)) == 50 < len(first_page.all_recipients(client))


def test_exchange_gives_no_second_page_to_a_get(mailgrant: CommandLine):
    with connect(mailgrant.practice) as client:
        assert first_page.second_page_by_get(client).status_code >= 400


# ---- rolling back ----


def test_who_rolls_back_by_deleting_finds_the_name_taken(mailgrant: CommandLine):
    with connect(mailgrant.practice) as client:
        made, looked, again = rolls_back.run(client)

    assert (made, looked, again) == (201, 404, 400)
    assert applications(mailgrant, uniqueName=rolls_back.UNIQUE) == []
    with mailgrant.world() as world:
        kept = [item["body"].get("uniqueName") for item in world.store.all("deletedItem")]
    assert rolls_back.UNIQUE in kept
