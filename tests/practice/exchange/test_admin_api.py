"""The admin API around the cmdlets: who may, what a request must look like, pages, batches."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from toolkit.practice.digest import digest
from toolkit.practice.exchange import cmdlets
from toolkit.practice.exchange.cmdlet_table import CMDLETS
from toolkit.practice.seed.people import user_id

BASE = "https://localhost:8443"
GLOBAL_READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
RECIPIENT_ADMINISTRATOR = "31392ffb-586c-42d1-9346-e59415a2cc4e"
APPLICATION_ADMINISTRATOR = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
METTE = "mette.jansen@northbridge.example"
ADDRESS = "timetable-mailboxes@northbridge.example"


# ---- who may ----


def test_only_a_token_for_exchange_is_let_in(exchange):
    exchange.become(audience=BASE)
    for_graph = exchange.invoke("Get-Mailbox")
    exchange.caller = None
    without = exchange.invoke("Get-Mailbox")

    assert (for_graph.status, without.status) == (401, 401)


@pytest.mark.parametrize(
    ("stranger", "reason"),
    [
        ({"roles": frozenset()}, "Exchange.ManageAsApp"),
        ({"wids": frozenset()}, "isn't assigned to any management roles"),
        ({"wids": frozenset({APPLICATION_ADMINISTRATOR})}, "isn't supported in this scenario"),
    ],
)
def test_without_rights_the_body_is_nuls_and_the_reason_stands_in_a_header(
    exchange, stranger, reason
):
    exchange.become(**stranger)

    answer = exchange.invoke("Get-Mailbox")

    assert answer.status == 403
    assert answer.content().strip(b"\0") == b""
    assert reason in answer.headers["x-ms-diagnostics"]
    assert answer.headers["request-id"]


def test_an_eligible_role_is_refused_without_any_reason(exchange):
    piet = user_id("admin.pim")
    exchange.become(wids=frozenset(), object_id=piet)

    answer = exchange.invoke("Get-Mailbox")

    assert answer.status == 403
    assert "x-ms-diagnostics" not in answer.headers


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        (GLOBAL_READER, "Get-ManagementScope", "Test-ServicePrincipalAuthorization"),
        (GLOBAL_READER, "Test-ApplicationAccessPolicy", "New-DistributionGroup"),
        (RECIPIENT_ADMINISTRATOR, "New-DistributionGroup", "New-ManagementRoleAssignment"),
    ],
)
def test_a_smaller_role_holds_fewer_cmdlets_and_the_module_file_tells_which(
    exchange, role, may, may_not
):
    exchange.become(wids=frozenset({role}))

    answer = exchange.send(module_file(exchange))
    exported = answer.body["value"][0]["exportedCmdlets"].split(",")

    assert may in exported
    assert may_not not in exported
    assert "isn't present in the role definition" in exchange.refusal(may_not, Identity="x")


def test_an_exchange_administrator_may_run_every_cmdlet(exchange):
    answer = exchange.send(module_file(exchange))

    assert answer.body["value"][0]["exportedCmdlets"].split(",") == sorted(CMDLETS)


def module_file(exchange):
    return exchange.ask(
        None,
        method="GET",
        path=f"/adminapi/v1.0/{exchange.tenant}/EXOModuleFile",
        query=(("Version", "3.9.2"),),
        headers={"commandname": "*"},
        body=b"",
    )


def test_every_cmdlet_of_the_table_has_code_and_the_other_way_round():
    assert set(cmdlets.HANDLERS) == set(CMDLETS)


def test_get_and_test_read_and_every_other_verb_writes():
    assert not cmdlets.is_write("get-Mailbox")
    assert not cmdlets.is_write("Test-ServicePrincipalAuthorization")
    assert cmdlets.is_write("New-DistributionGroup")
    assert cmdlets.is_write("Enable-OrganizationCustomization")


# ---- the request ----


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/adminapi/v2.0/{tenant}/Mailbox", 404),
        ("/adminapi/beta/{tenant}/Mailbox", 404),
        ("/adminapi/v1.0/{tenant}/InvokeCommand", 404),
        ("/adminapi/beta/contoso.com/InvokeCommand", 404),
        ("/adminapi/beta/northbridge.onmicrosoft.com/InvokeCommand", 200),
        ("/adminapi/beta/northbridge.example/InvokeCommand", 200),
    ],
)
def test_only_the_routes_of_this_tenant_are_served(exchange, path, status):
    ask = exchange.ask(
        exchange.command("Get-AcceptedDomain"), path=path.format(tenant=exchange.tenant)
    )

    assert exchange.send(ask).status == status


@pytest.mark.parametrize(
    "anchor",
    [
        "",
        "{tenant}",
        "APP:SystemMailbox{{00000000-0000-0000-0000-000000000000}}@{tenant}",
        "APP:SystemMailbox{{bb558c35-97f1-4cb9-8ff7-d53741dc928c}}@contoso.com",
        "UPN:nobody@northbridge.example",
    ],
)
def test_a_request_needs_an_anchor_mailbox_that_is_there(exchange, anchor):
    headers = {"x-anchormailbox": anchor.format(tenant=exchange.tenant)}

    assert (
        exchange.send(exchange.ask(exchange.command("Get-Mailbox"), headers=headers)).status == 400
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "GET"},
        {"query": (("$top", "5"),)},
        {"query": (("$select", "Nonsense"),)},
        {"query": (("$skiptoken", "x"),)},
        {"headers": {"content-type": "text/plain"}},
        {"body": b"{"},
        {"body": b"[" * 5000},
        {"body": b'{"CmdletInput": {"CmdletName": "Get-Mailbox", "More": 1}}'},
        {"body": b'{"CmdletInput": {"CmdletName": 5}}'},
        {"body": b'{"CmdletInput": {"CmdletName": "Get-Mailbox"}, "more": 1}'},
    ],
)
def test_a_request_that_is_not_the_contract_is_refused(exchange, changes):
    answer = exchange.send_raw(exchange.ask(exchange.command("Get-AcceptedDomain"), **changes))

    assert answer.status in {400, 405, 415}


def test_select_gives_those_properties_only(exchange):
    ask = exchange.ask(
        exchange.command("Get-Mailbox", Identity=METTE), query=(("$select", "alias,DisplayName"),)
    )

    assert exchange.send(ask).body["value"] == [
        {"DisplayName": "Mette Jansen", "Alias": "mette.jansen"}
    ]


@pytest.mark.parametrize(
    ("cmdlet", "parameters", "text"),
    [
        ("Get-EXOMailbox", {}, "isn't recognized as the name of a cmdlet"),
        ("Get-Mailbox", {"Identiti": METTE}, "A parameter cannot be found"),
        ("Get-Mailbox", {"Identity": 5}, "Cannot process argument transformation"),
        ("Get-Mailbox", {"Identity": [METTE]}, "Cannot process argument transformation"),
        ("Get-Mailbox", {"ResultSize": "many"}, "Cannot process argument transformation"),
        ("Get-Mailbox", {"RecipientTypeDetails": "Postbox"}, "enumeration values"),
        ("Get-Mailbox", {"Identity": METTE, "identity": METTE}, "more than once"),
        ("New-DistributionGroup", {}, "missing mandatory parameters: Name"),
        ("New-DistributionGroup", {"Name": "x", "Type": "Secure"}, "enumeration values"),
        ("New-DistributionGroup", {"Name": "x", "WhatIf": "true"}, "argument transformation"),
        ("New-DistributionGroup", {"Name": None}, "null or an empty"),
        ("Remove-DistributionGroup", {"Identity": ""}, "null or an empty"),
        (
            "Add-DistributionGroupMember",
            {"Identity": ADDRESS},
            "Specify a value for the Member parameter",
        ),
        ("Get-DistributionGroup", {"Identity": "x", "ManagedBy": "y"}, "Parameter set cannot"),
        (
            "Set-ManagementRoleAssignment",
            {"Identity": "x", "RecipientGroupScope": "y", "CustomResourceScope": "z"},
            "Parameter set cannot",
        ),
    ],
)
def test_parameters_that_do_not_exist_or_fit_are_refused(exchange, cmdlet, parameters, text):
    assert text in exchange.refusal(cmdlet, **parameters)


def test_letter_case_of_cmdlets_and_parameters_does_not_matter(exchange):
    rows = exchange.rows("gET-mailbox", identity=METTE.upper())

    assert [row["PrimarySmtpAddress"] for row in rows] == [METTE]


def test_pages_come_by_posting_the_same_body_to_the_link(exchange):
    body = exchange.command("Get-Mailbox", ResultSize="Unlimited")
    everyone = exchange.send(exchange.ask(body)).body["value"]
    prefer = {"prefer": "odata.maxpagesize=100"}
    answer = exchange.send(exchange.ask(body, headers=prefer))
    found = list(answer.body["value"])

    while link := answer.body.get("@odata.nextLink"):
        assert link.startswith(f"{BASE}/exchange/adminapi/beta/")
        answer = exchange.send(exchange.ask(body, headers=prefer, query=page(link)))
        found += answer.body["value"]

    assert len(everyone) > 200
    assert found == everyone


def test_a_link_to_a_page_is_for_one_body_and_ten_minutes(exchange):
    body = exchange.command("Get-Mailbox", ResultSize="Unlimited")
    prefer = {"prefer": "odata.maxpagesize=100"}
    link = exchange.send(exchange.ask(body, headers=prefer)).body["@odata.nextLink"]
    other = exchange.ask(exchange.command("Get-Mailbox"), headers=prefer, query=page(link))

    assert exchange.send(other).status == 400
    exchange.world.clock.sleep(601)
    assert exchange.send(exchange.ask(body, headers=prefer, query=page(link))).status == 404


def page(link: str) -> tuple[tuple[str, str], ...]:
    return tuple(parse_qsl(urlsplit(link).query))


def test_what_is_left_out_is_warned_of(exchange):
    answer = exchange.invoke("Get-Mailbox", ResultSize=2)

    assert len(answer.body["value"]) == 2
    assert "more results available" in answer.body["@adminapi.warnings"][0]


def test_a_batch_answers_each_of_at_most_ten_requests_by_its_id(exchange):
    def part(key: str, cmdlet: str) -> dict[str, Any]:
        url = f"{BASE}/exchange/adminapi/beta/{exchange.tenant}/InvokeCommand"
        return {"id": key, "method": "POST", "url": url, "body": exchange.command(cmdlet)}

    path = f"/adminapi/beta/{exchange.tenant}/$batch"
    parts = [part("a", "Get-AcceptedDomain"), part("b", "Get-Nothing")]
    answer = exchange.send(exchange.ask({"requests": parts}, path=path))
    eleven = [part(str(number), "Get-AcceptedDomain") for number in range(11)]

    by_id = {one["id"]: one["body"] for one in answer.body["responses"]}
    assert len(by_id["a"]["value"]) == 3
    assert "Get-Nothing" in by_id["b"]["error"]["details"][0]["message"]
    for refused in (eleven, [parts[0], parts[0]], [part("a", "x") | {"url": "/elsewhere"}], []):
        reply = exchange.send(exchange.ask({"requests": refused}, path=path))
        bad_parts = [one for one in reply.body.get("responses", ()) if one["status"] == 400]
        assert reply.status == 400 or len(bad_parts) == 1


def test_a_change_whose_answer_cannot_be_selected_is_not_made(exchange):
    group = exchange.command("New-DistributionGroup", **exchange.group)
    select = (("$select", "Name,Nonsense"),)
    refused = exchange.send_raw(exchange.ask(group, query=select))
    scope = exchange.command(
        "New-ManagementScope", Name="A scope", RecipientRestrictionFilter="Alias -eq 'x'"
    )
    exchange.send(exchange.ask(scope))
    removal = exchange.command("Remove-ManagementScope", Identity="A scope")
    silent = exchange.send_raw(exchange.ask(removal, query=(("$select", "Name"),)))

    assert (refused.status, silent.status) == (400, 400)
    assert "nonsense" in refused.body["error"]["message"]
    assert not exchange.world.store.find("group", mail=exchange.group["PrimarySmtpAddress"])
    assert exchange.world.store.find("managementScope", Name="A scope")


def test_a_cmdlet_that_fails_half_way_leaves_nothing_of_itself(exchange):
    before = digest(exchange.world.store)
    exchange.refusal("New-DistributionGroup", **exchange.group | {"Members": [METTE, "nobody"]})

    assert digest(exchange.world.store) == before


@pytest.mark.parametrize("name", ["ErrorAction", "Verbose", "WarningAction"])
def test_what_powershell_keeps_for_itself_is_no_parameter_of_a_cmdlet(exchange, name):
    assert "A parameter cannot be found" in exchange.refusal("Get-AcceptedDomain", **{name: "Stop"})
