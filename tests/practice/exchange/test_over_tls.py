"""The same Exchange, asked over loopback TLS with tokens of the practice tenant's own."""

import pytest

from toolkit.practice.passwords import known_secret

METTE = "mette.jansen@northbridge.example"
RECTOR = "rector@northbridge.example"


@pytest.fixture(name="run")
def _run(practice, client, sign_in):
    def run(cmdlet, who="admin", **parameters):
        anchor = f"APP:SystemMailbox{{bb558c35-97f1-4cb9-8ff7-d53741dc928c}}@{practice.tenant_id}"
        url = f"{practice.cloud.exchange}/adminapi/beta/{practice.tenant_id}/InvokeCommand"
        body = {"CmdletInput": {"CmdletName": cmdlet, "Parameters": parameters}}
        token = sign_in(who, practice.cloud.exchange_scope)
        return client.post(url, json=body, headers={"X-AnchorMailbox": anchor, **token})

    return run


def test_a_group_made_by_cmdlet_is_read_in_graph_once_replicas_know_it(run, client, sign_in, world):
    made = run(
        "New-DistributionGroup",
        Name="timetable-mailboxes",
        Type="Security",
        ManagedBy=["exchange.admin@northbridge.example"],
        Members=[METTE],
    ).json()["value"][0]
    url = f"/v1.0/groups/{made['ExternalDirectoryObjectId']}"
    early = client.get(url, headers=sign_in())
    world.clock.sleep(60)
    for _ in range(5):
        client.get(url, headers=sign_in())

    assert early.status_code == 404
    assert client.get(url, headers=sign_in()).json()["mail"] == made["PrimarySmtpAddress"]


def test_who_may_do_what_is_decided_by_roles_and_permissions(run):
    assert run("Get-Mailbox", who="admin", ResultSize=1).status_code == 200
    assert run("Get-Mailbox", who="reader", ResultSize=1).status_code == 200
    refused = run("New-ManagementScope", who="reader")
    half = run("Get-Mailbox", who="half_admin")

    assert "isn't present in the role definition" in refused.text
    assert half.status_code == 403
    assert half.content.strip(b"\0") == b""
    assert half.headers["x-ms-diagnostics"]


def test_pages_are_followed_over_the_wire(run, practice, client, sign_in):
    first = run("Get-Mailbox", ResultSize="Unlimited").json()
    body = {"CmdletInput": {"CmdletName": "Get-Mailbox", "Parameters": {"ResultSize": "Unlimited"}}}
    anchor = f"APP:SystemMailbox{{bb558c35-97f1-4cb9-8ff7-d53741dc928c}}@{practice.domain}"
    headers = {
        "X-AnchorMailbox": anchor,
        "Prefer": "odata.maxpagesize=150",
        **sign_in("admin", practice.cloud.exchange_scope),
    }
    link = f"{practice.cloud.exchange}/adminapi/beta/{practice.tenant_id}/InvokeCommand"
    found = []
    while link:
        page = client.post(link, json=body, headers=headers).json()
        found += page["value"]
        link = page.get("@odata.nextLink")

    assert found == first["value"]


def test_an_app_behind_a_policy_meets_it_in_graph(run, world, client, sign_in):
    (member, *_) = run("Get-DistributionGroupMember", Identity="existing-calendars").json()["value"]
    app = world.store.find("servicePrincipal", displayName="Visitor Desk")[0]
    secret = {"client_id": app["appId"], "client_secret": known_secret("visitors")}
    world.store.set_setting("visitor_desk", secret)
    token = sign_in("visitor_desk")

    inside = client.get(f"/v1.0/users/{member['PrimarySmtpAddress']}/calendar", headers=token)
    outside = client.get(f"/v1.0/users/{RECTOR}/calendar", headers=token)

    assert inside.status_code == 200
    assert outside.status_code == 403
    assert "[RAOP]" in outside.json()["error"]["message"]


@pytest.mark.parametrize("start", ["", "/exchange"])
@pytest.mark.parametrize(
    "path", ["/api/v2.0/me/events", "/api/beta/users/x@y.example/calendar", "/api/v2.0/users('x')"]
)
def test_the_outlook_rest_api_is_gone_for_everybody(client, sign_in, start, path):
    for method in ("GET", "POST"):
        assert client.request(method, f"{start}{path}").status_code == 410
        assert client.request(method, f"{start}{path}", headers=sign_in()).status_code == 410
