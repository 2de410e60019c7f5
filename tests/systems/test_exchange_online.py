"""Exchange Online's cmdlets: pages, warnings, and refusals that say what they mean."""

from typing import Any

import pytest

from tests.systems.conftest import Patient, Told
from tests.systems.liar import Liar, Says, one_after_the_other, says
from toolkit.errors import LackingRightError, NotYetError, RefusedError, UnreachableError
from toolkit.practice import control
from toolkit.practice.control import Practice
from toolkit.systems.cmdlet import Cmdlet
from toolkit.systems.exchange_online import CmdletError, ExchangeOnline
from toolkit.systems.retry import Kind
from toolkit.systems.tenant import Tenant

GROUP = "couldn't be found on 'DC01'"
ROW = {"ExternalDirectoryObjectId": "1", "RecipientTypeDetails": "UserMailbox"}


def turn(practice: Practice, *lines: str) -> None:
    for line in lines:
        control.add_fault(practice.path, line)


def refusal(status: int = 400, **error: object) -> Says:
    return says({"error": {"code": "BadRequest", **error}}, status)


def refused(tenant: Tenant) -> CmdletError:
    with pytest.raises(CmdletError) as caught:
        tenant.exchange.run("Get-Recipient", Identity="x")
    return caught.value


# ---- pages ----


def test_small_pages_hold_the_same_rows_as_a_large_one(practice: Practice, tenant: Tenant):
    turn(practice, "lag off")
    whole = tenant.exchange.run("Get-Recipient", ResultSize="Unlimited")
    before = tenant.meter.counts["request"]
    small = ExchangeOnline(tenant, page=100)

    rows = small.run("Get-Recipient", ResultSize="Unlimited")
    small.close()

    assert len(whole) > 300
    assert list(rows) == list(whole)
    assert tenant.meter.counts["request"] - before == -(-len(whole) // 100)


def test_a_link_that_has_run_out_is_a_failure_and_not_the_end(practice: Practice, tenant: Tenant):
    class Slow(Told):
        def working(self, what: str) -> None:
            control.move(practice.path, 11 * 60)

    tenant.prompts = Slow()
    small = ExchangeOnline(tenant, page=100)

    with pytest.raises(UnreachableError, match="page 2 was refused"):
        small.find("Get-Recipient", ResultSize="Unlimited")
    small.close()


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (refusal(404, message=GROUP), "page 2 was refused"),
        (refusal(400, message=GROUP), "page 2 was refused"),
        (says({"value": []}), "page 2 is empty"),
        (says({}), "lacks value"),
        (Says(200), "no object"),
    ],
    ids=["404", "400", "no rows", "no value", "no body"],
)
def test_a_further_page_that_is_nothing_is_a_failure(
    believer: Tenant, liar: Liar, second: Says, words: str
):
    link = f"{liar.cloud.exchange}/adminapi/more"
    liar.answer = one_after_the_other(says({"value": [ROW], "@odata.nextLink": link}), second)

    with pytest.raises(UnreachableError, match=words):
        believer.exchange.find("Get-Recipient", Identity="x")


def test_a_further_page_is_a_post_of_the_same_body(believer: Tenant, liar: Liar):
    link = f"{liar.cloud.exchange}/adminapi/more?$skiptoken=1"
    liar.answer = one_after_the_other(
        says({"value": [ROW], "@odata.nextLink": link}), says({"value": [ROW]})
    )

    assert len(believer.exchange.run("Get-Recipient", Identity="x")) == 2

    first, second = liar.asked()
    assert (second.method, second.body) == ("POST", first.body)
    assert second.path == "/exchange/adminapi/more?$skiptoken=1"
    assert second.headers["x-anchormailbox"] == first.headers["x-anchormailbox"]


# ---- warnings ----


def test_warnings_stand_beside_the_rows_and_are_told(believer: Tenant, liar: Liar, told: Told):
    words = "The command completed successfully but no settings have been modified."
    liar.answer = lambda heard: says({"value": [ROW], "@adminapi.warnings": [words]})

    rows = believer.exchange.run("Set-DistributionGroup", Identity="x")

    assert rows == [ROW]
    assert rows.warnings == (words,)
    assert f"Set-DistributionGroup warns: {words}" in told.worked


@pytest.mark.parametrize(
    "said", [Says(200), says({}), says({"value": []}), says({"@adminapi.warnings": ["w"]})]
)
def test_a_change_may_answer_nothing(believer: Tenant, liar: Liar, said: Says):
    liar.answer = lambda heard: said

    assert believer.exchange.run("Remove-DistributionGroup", Identity="x") == []


# ---- refusals ----

INNER = {"internalException": {"message": "from within"}, "message": "not this"}


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ({"details": [{"message": "from details"}], "innererror": INNER, "message": "outer"}, "from details"),
        ({"details": [{"message": ""}, {"message": "second"}], "message": "outer"}, "second"),
        ({"details": [], "innererror": INNER, "message": "outer"}, "from within"),
        ({"innerError": {"internalexception": {"message": "within"}}, "message": "outer"}, "within"),
        ({"innererror": {"message": "not this"}, "message": "outer"}, "outer"),
        ({"details": "nonsense", "innererror": 5, "message": "outer"}, "outer"),
        ({"details": [5, None], "innererror": {"internalException": []}, "message": "outer"}, "outer"),
        ({"details": [{"message": "Ex6F9304|Microsoft.Exchange.Tasks.ManagementObjectNotFoundException|Words."}]}, "Words. (ManagementObjectNotFoundException)"),
        ({}, ""),
    ],
)  # fmt: skip
def test_the_words_that_matter_come_first(
    believer: Tenant, liar: Liar, error: dict[str, Any], words: str
):
    liar.answer = lambda heard: refusal(**error)

    assert refused(believer).words == words


@pytest.mark.parametrize("status", [400, 404])
@pytest.mark.parametrize(
    "words",
    [
        "The object 'x' couldn't be found on 'DC01'.",
        "The object 'x' wasn't found.",
        "Ex6F9304|Microsoft.Exchange.ManagementObjectNotFoundException|Das Objekt fehlt.",
    ],
)
def test_not_there_is_said_in_two_statuses_and_three_ways(
    believer: Tenant, liar: Liar, status: int, words: str
):
    liar.answer = lambda heard: refusal(status, message="Error", details=[{"message": words}])

    assert believer.exchange.find("Get-Recipient", Identity="x") is None


def test_another_404_is_no_absence(believer: Tenant, liar: Liar):
    liar.answer = lambda heard: refusal(404, message="Preview not enabled")

    with pytest.raises(CmdletError, match="Preview not enabled"):
        believer.exchange.find("Get-Recipient", Identity="x")


def test_two_of_one_name_are_one_too_many(believer: Tenant, liar: Liar):
    liar.answer = lambda heard: says({"value": [ROW, ROW]})

    with pytest.raises(RefusedError, match="found 2 objects for one name"):
        believer.exchange.find("Get-Recipient", Identity="x")


def test_what_is_only_eligible_has_to_be_activated(practice: Practice, tenant: Tenant):
    turn(practice, "pim eligible")

    with pytest.raises(
        LackingRightError, match="doesn't let Practice Administrator run Get-R"
    ) as caught:
        tenant.exchange.run("Get-Recipient", Identity="rector@northbridge.example")

    assert caught.value.exit_code == 75
    assert "activate it in PIM" in caught.value.fix
    assert "Sign in anew" in caught.value.fix


def test_a_permission_that_is_missing_is_read_from_the_diagnostics(
    practice: Practice, tenant: Tenant
):
    turn(practice, "role remove Exchange.ManageAsApp")

    with pytest.raises(LackingRightError, match=r"Exchange\.ManageAsApp") as caught:
        tenant.exchange.run("Get-Recipient", Identity="rector@northbridge.example")

    assert "with admin consent" in caught.value.fix
    assert "PIM" not in caught.value.fix


@pytest.mark.parametrize(
    "words",
    [
        "'New-DistributionGroup' isn't present in the role definition of the current user.",
        "Ex12|Microsoft.Exchange.CmdletAccessDeniedException|No.",
    ],
)
def test_a_cmdlet_that_a_role_lacks_is_a_lacking_right(believer: Tenant, liar: Liar, words: str):
    liar.answer = lambda heard: refusal(400, details=[{"message": words}])

    with pytest.raises(LackingRightError):
        believer.exchange.run("New-DistributionGroup", Name="x")


def test_fine_words_are_no_refusal(believer: Tenant, liar: Liar):
    liar.answer = lambda heard: refusal(400, message="x is Already a Member of the group.")

    assert believer.exchange.run("Add-DistributionGroupMember", fine=("already a member",)) == []


# ---- what was just made ----


def test_what_is_not_known_yet_is_waited_for_and_counted_apart(
    believer: Tenant, liar: Liar, patient: Patient
):
    missing = refusal(404, message="The group couldn't be found.")
    liar.answer = one_after_the_other(missing, missing, says({"value": []}))

    believer.exchange.run("Set-DistributionGroup", settle=True, Identity="x")

    assert patient.slept == [10, 10]
    assert believer.meter.counts["poll"] == 2


def test_after_twenty_minutes_it_says_not_yet(believer: Tenant, liar: Liar, patient: Patient):
    liar.answer = lambda heard: refusal(404, message="The group couldn't be found.")

    with pytest.raises(NotYetError, match="after 20 minutes of Set-DistributionGroup") as caught:
        believer.exchange.run("Set-DistributionGroup", settle=True, Identity="x")

    assert "nothing is lost" in caught.value.fix
    assert 1200 <= sum(patient.slept) <= 1260


def test_without_settling_absent_is_absent(believer: Tenant, liar: Liar, patient: Patient):
    liar.answer = lambda heard: refusal(404, message="The group couldn't be found.")

    with pytest.raises(CmdletError):
        believer.exchange.run("Set-DistributionGroup", Identity="x")

    assert patient.slept == []


# ---- what may run ----


@pytest.mark.parametrize(
    "name", ["Remove-Mailbox", "Get-Recipient; Remove-Mailbox", "Invoke-Expression", ""]
)
def test_no_other_cmdlet_runs(believer: Tenant, liar: Liar, name: str):
    with pytest.raises(RefusedError, match="mailgrant doesn't run"):
        believer.exchange.run(name)

    assert liar.heard == []


def test_a_cmdlet_reads_or_is_a_keyed_write():
    assert Cmdlet("Get-Recipient").kind is Kind.READ
    assert Cmdlet("Test-ServicePrincipalAuthorization").kind is Kind.READ
    assert Cmdlet("New-ManagementRoleAssignment").kind is Kind.KEYED
