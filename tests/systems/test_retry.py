"""When a request is sent again: counted at a server that answers what it is told to."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.systems.conftest import Patient, Told
from tests.systems.liar import Liar, Says, one_after_the_other, says
from toolkit.errors import NotYetError, OutcomeUnknownError, RefusedError, UnreachableError
from toolkit.systems.graph_wire import GraphError
from toolkit.systems.retry import MOST_TRIES, retry_after
from toolkit.systems.tenant import Tenant
from toolkit.systems.wire import Reply

FINE = says({"value": [{"id": "1", "appId": "2"}], "id": "1", "appId": "2"})
RESET = Says(raw=b"")
HALF = Says(raw=b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n" + b'{"value": [')
PAGE = Says(
    200, b"<html><body>Please accept the terms</body></html>", {"content-type": "text/html"}
)
NOTHING = Says(200)

Send = Callable[[Tenant], object]


def read(tenant: Tenant) -> object:
    return tenant.graph.organization()


def keyed(tenant: Tenant) -> object:
    return tenant.graph.upsert_application("mailgrant-x-prod", {"display_name": "X"})


def cmdlet(tenant: Tenant) -> object:
    return tenant.exchange.run("New-DistributionGroup", Name="x")


def unkeyed(tenant: Tenant) -> object:
    return tenant.graph.request("POST", "/applications", b"{}")


def trouble(status: int, retry: str | None = None) -> Says:
    headers = {} if retry is None else {"retry_after": retry}
    return says({"error": {"code": "Trouble", "message": "no"}}, status, **headers)


# ---- how often ----


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 509])
@pytest.mark.parametrize("send", [read, keyed, cmdlet])
def test_one_failure_costs_exactly_one_more_request(
    believer: Tenant, liar: Liar, patient: Patient, send: Send, status: int
):
    liar.answer = one_after_the_other(trouble(status), FINE)

    send(believer)

    assert len(liar.asked()) == 2
    assert len(liar.asked(tokens=True)) == 1
    assert believer.meter.counts["retry"] == 1
    assert len(patient.slept) == 1
    assert 0.5 <= patient.slept[0] <= 1


@pytest.mark.parametrize("broken", [RESET, HALF, PAGE], ids=["reset", "half", "page"])
@pytest.mark.parametrize("send", [read, keyed, cmdlet])
def test_no_answer_or_half_of_one_is_asked_for_again(
    believer: Tenant, liar: Liar, send: Send, broken: Says
):
    liar.answer = one_after_the_other(broken, FINE)

    send(believer)

    assert len(liar.asked()) == 2


@pytest.mark.parametrize("broken", [RESET, HALF, PAGE, trouble(500), trouble(503), trouble(504)])
def test_an_unkeyed_write_is_never_repeated_when_it_may_have_been_done(
    believer: Tenant, liar: Liar, patient: Patient, broken: Says
):
    liar.answer = one_after_the_other(broken, FINE)

    with pytest.raises(OutcomeUnknownError, match="done or not, nobody knows yet") as caught:
        unkeyed(believer)

    assert "Run the same line again" in caught.value.fix
    assert len(liar.asked()) == 1
    assert patient.slept == []


def test_an_unkeyed_write_is_repeated_after_429(believer: Tenant, liar: Liar):
    liar.answer = one_after_the_other(trouble(429, "1"), says({"id": "1"}, 201))

    assert unkeyed(believer).status == 201  # type: ignore[attr-defined]
    assert len(liar.asked()) == 2


def test_an_unkeyed_write_is_repeated_where_only_its_token_was_refused_for_now(
    believer: Tenant, liar: Liar
):
    fine = liar.token
    answers = iter([trouble(503)])
    liar.token = lambda heard: next(answers, None) or fine(heard)
    liar.answer = lambda heard: says({"id": "1"}, 201)

    unkeyed(believer)

    assert len(liar.asked()) == 1
    assert len(liar.asked(tokens=True)) == 2


def test_a_server_that_is_gone_is_tried_six_times_and_said_to_be_unreachable(
    believer: Tenant, liar: Liar, patient: Patient
):
    believer.identity.token(liar.cloud.graph_scope)
    liar.stop()

    with pytest.raises(
        UnreachableError, match=r"Microsoft Graph can not be reached \(.*\), 6 times"
    ) as caught:
        unkeyed(believer)

    assert "nothing is lost" in caught.value.fix
    assert len(patient.slept) == MOST_TRIES - 1


def test_waiting_grows_and_is_said(believer: Tenant, liar: Liar, patient: Patient, told: Told):
    liar.answer = lambda heard: trouble(503)

    with pytest.raises(UnreachableError, match="Microsoft Graph answered 503 Trouble, 6 times"):
        read(believer)

    assert len(liar.asked()) == MOST_TRIES
    for nap, most in zip(patient.slept, (1, 2, 4, 8, 16), strict=True):
        assert most / 2 <= nap <= most
    assert len(told.waited) == 4  # the first wait is shorter than a second


@pytest.mark.parametrize("status", [400, 404, 409, 412])
def test_what_is_an_answer_is_not_asked_for_again(believer: Tenant, liar: Liar, status: int):
    liar.answer = lambda heard: trouble(status)

    with pytest.raises(RefusedError):
        read(believer)

    assert len(liar.asked()) == 1


def test_two_changes_that_met_are_made_one_after_the_other(
    believer: Tenant, liar: Liar, patient: Patient
):
    met = says({"error": {"code": "Directory_ConcurrencyViolation", "message": "busy"}}, 409)
    liar.answer = one_after_the_other(met, says({"id": "1"}, 200))

    keyed(believer)

    assert len(liar.asked()) == 2
    assert 5 <= sum(patient.slept) <= 30


def test_another_conflict_is_a_refusal(believer: Tenant, liar: Liar):
    liar.answer = lambda heard: says({"error": {"code": "Conflict", "message": "no"}}, 409)

    with pytest.raises(GraphError, match="409 Conflict"):
        keyed(believer)

    assert len(liar.asked()) == 1


# ---- how long ----


def test_retry_after_is_obeyed_in_seconds_and_said(
    believer: Tenant, liar: Liar, patient: Patient, told: Told
):
    liar.answer = one_after_the_other(trouble(429, "2"), FINE)

    read(believer)

    assert patient.slept == [2]
    assert told.waited == ["Microsoft Graph answered 429 Trouble; trying again in 2 s"]


def test_retry_after_is_obeyed_as_a_date(believer: Tenant, liar: Liar, patient: Patient):
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    liar.answer = one_after_the_other(trouble(503, soon), FINE)

    read(believer)

    assert 80 < patient.slept[0] <= 90


@pytest.mark.parametrize(
    "garbage", ["0", "-5", "soon", "1.5", "", "²", "Fri, 31 Dec 99999 00:00:00 GMT"]
)
def test_a_retry_after_that_says_nothing_is_as_good_as_none(
    believer: Tenant, liar: Liar, patient: Patient, garbage: str
):
    wire = garbage.encode().decode("latin-1")
    liar.answer = one_after_the_other(trouble(429, wire), FINE)

    read(believer)

    assert len(patient.slept) == 1
    assert 0.5 <= patient.slept[0] <= 1


@pytest.mark.parametrize("long", ["601", "3600", "99999999999", "9" * 400])
@pytest.mark.parametrize("send", [read, keyed, unkeyed, cmdlet])
def test_more_than_ten_minutes_is_nothing_to_wait_for_in_silence(
    believer: Tenant, liar: Liar, patient: Patient, send: Send, long: str
):
    liar.answer = lambda heard: trouble(429, long)

    with pytest.raises(
        NotYetError, match="answered 429 Trouble and asks to wait until 20"
    ) as caught:
        send(believer)

    assert caught.value.exit_code == 75
    assert caught.value.until is not None
    assert caught.value.until > datetime.now(UTC) + timedelta(minutes=10)
    assert "nothing is lost" in caught.value.fix
    assert patient.slept == []
    assert len(liar.asked()) == 1


def test_ten_minutes_are_waited(believer: Tenant, liar: Liar, patient: Patient):
    liar.answer = one_after_the_other(trouble(429, "600"), FINE)

    read(believer)

    assert patient.slept == [600]


@given(st.text() | st.integers().map(str) | st.datetimes().map(format_datetime))
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_no_retry_after_is_too_strange(text: str):
    answer = Reply(status=429, headers={"retry-after": text}, body="")

    found = retry_after(answer, datetime(2026, 11, 20, tzinfo=UTC))

    assert found is None or found > 0
