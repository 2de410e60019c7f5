from collections.abc import Callable

import httpx
import pytest

from toolkit.practice.control import Practice
from toolkit.practice.passwords import known_secret
from toolkit.practice.world import World

SignIn = Callable[..., dict[str, str]]
REPORT = "/beta/reports/servicePrincipalSignInActivities"
GRAPH = "00000003-0000-0000-c000-000000000000"
HOUR = 3600


@pytest.fixture
def desk(world: World) -> str:
    app = str(world.store.find("servicePrincipal", displayName="Visitor Desk")[0]["appId"])
    secret = {"client_id": app, "client_secret": known_secret("visitors")}
    world.store.set_setting("visitor_desk", secret)
    return app


def rows(admin: httpx.Client, app: str) -> list[dict[str, object]]:
    answer = admin.get(REPORT, params={"$filter": f"appId eq '{app}'"})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, object]] = answer.json()["value"]
    return found


def test_a_sign_in_is_reported_with_its_time(
    admin: httpx.Client, sign_in: SignIn, desk: str, world: World
) -> None:
    assert rows(admin, desk) == []
    sign_in("visitor_desk")
    first = world.stamp()
    world.clock.sleep(HOUR)
    sign_in("visitor_desk")

    (row,) = rows(admin, desk)
    last = row["lastSignInActivity"]
    assert isinstance(last, dict)
    assert row["appId"] == desk
    assert last["lastSignInDateTime"] > first
    assert row["applicationAuthenticationClientSignInActivity"] == last
    assert row["delegatedClientSignInActivity"] is None


def test_signing_in_to_a_resource_is_reported_of_the_resource(
    admin: httpx.Client, sign_in: SignIn
) -> None:
    (row,) = rows(admin, GRAPH)

    assert row["applicationAuthenticationResourceSignInActivity"]
    assert row["applicationAuthenticationClientSignInActivity"] is None


def test_a_refused_sign_in_is_not_reported(
    admin: httpx.Client, practice: Practice, desk: str, client: httpx.Client
) -> None:
    form = {
        "client_id": desk,
        "client_secret": "wrong",
        "grant_type": "client_credentials",
        "scope": practice.cloud.graph_scope,
    }
    assert client.post(f"/{practice.tenant_id}/oauth2/v2.0/token", data=form).status_code == 401

    assert rows(admin, desk) == []


def test_the_report_is_filled_as_late_as_it_is_set_to(
    admin: httpx.Client, sign_in: SignIn, desk: str, world: World
) -> None:
    world.store.set_setting("sign_in_report_seconds", 6 * HOUR)
    sign_in("visitor_desk")
    early = rows(admin, desk)
    world.clock.sleep(6 * HOUR)
    shown = rows(admin, desk)
    sign_in("visitor_desk")

    assert early == []
    assert len(shown) == 1
    assert rows(admin, desk) == shown


def test_one_report_is_found_by_its_id(admin: httpx.Client, sign_in: SignIn, desk: str) -> None:
    sign_in("visitor_desk")
    (row,) = rows(admin, desk)

    one = admin.get(f"{REPORT}/{row['id']}").json()
    assert one.pop("@odata.context")
    assert one == row
    assert admin.get(f"{REPORT}/nobody").status_code == 404


def test_the_report_is_for_auditors_and_in_beta_only(
    admin: httpx.Client, client: httpx.Client, sign_in: SignIn, desk: str
) -> None:
    assert client.get(REPORT, headers=sign_in("visitor_desk")).status_code == 403
    assert client.get(REPORT, headers=sign_in("reader")).status_code == 200
    assert admin.get(REPORT.replace("/beta", "/v1.0")).status_code == 400
    assert admin.get("/beta/reports/appCredentialSignInActivities").status_code == 501
