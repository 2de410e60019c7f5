"""Signing in: what the token service says, told apart, and never more requests than needed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from tests.systems.conftest import Patient, Told
from tests.systems.liar import Liar, Says, one_after_the_other, says
from toolkit.errors import NotYetError, RefusedError, UnreachableError
from toolkit.practice import control
from toolkit.practice.control import Practice
from toolkit.secret import Secret
from toolkit.systems import sign_in
from toolkit.systems.aadsts import ADVICE, UNKNOWN
from toolkit.systems.sign_in import Identity, SignInError
from toolkit.systems.tenant import Tenant
from toolkit.systems.wire import Meter

NO_SIGN_IN_OF_AN_APP = {
    50076, 50079, 50074, 50072, 53001, 50097, 50131, 65004, 50011, 900971,
    50126, 50034, 50053, 50055, 50057, 50173, 700082, 70043, 50133, 70016, 70019, 50199,
}  # fmt: skip
"""Codes that only people meet: passwords, second factors, devices, browsers."""
CORRELATION = "5b2c5cd8-9b5b-4d5e-a0c3-6e9e3a2f0c11"
FINE = says({"token_type": "Bearer", "expires_in": 3599, "access_token": "not.a.jwt"})
GARBLED = [
    Says(200, b"<html>Sign in to the network</html>", {"content-type": "text/html"}),
    Says(403, b"<html>Forbidden by the proxy</html>", {"content-type": "text/html"}),
    Says(407, b"Proxy Authentication Required"),
    Says(200, b'{"token_type": "Bearer", "expires_in": 35'),
    Says(200),
    Says(400),
    says([]),
    says(None),
    says({}),
    says({"access_token": 5, "token_type": "Bearer", "expires_in": 3599}),
    says({"access_token": "", "token_type": "Bearer", "expires_in": 3599}),
    says({"access_token": "new\r\nline", "token_type": "Bearer", "expires_in": 3599}),
    says({"access_token": "x", "token_type": "Bearer", "expires_in": "soon"}),
    says({"access_token": "x", "token_type": "Bearer"}),
    says({"error": 5}, 400),
    says({"error": None, "error_codes": [7000215]}, 401),
    says(["error"], 400),
    Says(302, b"", {"location": "https://example.org/"}),
]


def refusal(code: int, status: int = 401, text: str | None = None, **more: object) -> Says:
    said = text or f"AADSTS{code}: It may not be. Trace ID: 1 Correlation ID: 2 Timestamp: 3"
    body = {
        "error": "invalid_client",
        "error_description": said,
        "error_codes": [code],
        "correlation_id": CORRELATION,
    }
    return says({**body, **more}, status)


def read(tenant: Tenant) -> object:
    return tenant.graph.organization()


# ---- busy, unreachable, garbled: none of them is a wrong secret ----


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_token_service_is_asked_once_more_by_us_and_by_nobody_else(
    believer: Tenant, liar: Liar, patient: Patient, told: Told, status: int
):
    liar.token = one_after_the_other(says({"error": "busy"}, status), FINE)
    liar.answer = lambda heard: says({"value": []})

    read(believer)

    assert len(liar.asked(tokens=True)) == 2
    assert len(patient.slept) == 1


def test_throttled_for_an_hour_it_comes_back_at_once_and_names_the_time(
    believer: Tenant, liar: Liar, patient: Patient
):
    liar.token = lambda heard: says({"error": "busy"}, 429, retry_after="3600")

    with pytest.raises(NotYetError, match=r"Entra's token service is busy.*wait until") as caught:
        read(believer)

    assert caught.value.until is not None
    assert len(liar.asked(tokens=True)) == 1
    assert patient.slept == []


def test_a_passing_trouble_is_known_by_its_name_whatever_the_status(believer: Tenant, liar: Liar):
    liar.token = one_after_the_other(refusal(90033, 400, error="temporarily_unavailable"), FINE)
    liar.answer = lambda heard: says({"value": []})

    read(believer)

    assert len(liar.asked(tokens=True)) == 2


@pytest.mark.parametrize("garbled", GARBLED, ids=lambda said: f"{said.status} {said.body[:30]!r}")
def test_a_garbled_answer_is_no_wrong_secret(believer: Tenant, liar: Liar, garbled: Says):
    liar.token = lambda heard: garbled

    with pytest.raises(UnreachableError, match="Entra's token service answered HTTP") as caught:
        read(believer)

    assert "proxy" in caught.value.fix
    assert 1 <= len(liar.asked(tokens=True)) <= 3
    assert liar.asked() == []


@pytest.mark.parametrize(
    "garbled", [GARBLED[0], GARBLED[3], says([]), says({}), says({"token_endpoint": 5})]
)
def test_a_garbled_discovery_is_no_wrong_secret(believer: Tenant, liar: Liar, garbled: Says):
    liar.discovery = lambda heard: garbled

    with pytest.raises(UnreachableError, match="Entra's token service answered HTTP 200"):
        read(believer)


def test_a_connection_that_breaks_is_said_in_a_few_words(believer: Tenant, liar: Liar):
    liar.token = lambda heard: Says(raw=b"")

    with pytest.raises(
        UnreachableError,
        match=r"Entra's token service gave no answer \(the connection broke\), 6 times",
    ):
        read(believer)


def test_half_a_token_is_no_token(believer: Tenant, liar: Liar):
    half = Says(raw=b'HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{"access_token"')
    liar.token = lambda heard: half

    with pytest.raises(UnreachableError, match="Entra's token service gave no answer"):
        read(believer)


def test_a_token_service_that_is_gone_is_unreachable(believer: Tenant, liar: Liar):
    liar.stop()

    with pytest.raises(
        UnreachableError, match=r"no answer \(the connection was refused\), 6 times"
    ):
        read(believer)


def test_one_that_hangs_is_given_up(
    practice: Practice, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sign_in, "READ_SECONDS", 0.1)
    control.add_fault(practice.path, "on token before hang 30")

    with pytest.raises(UnreachableError, match=r"no answer \(it took too long\)"):
        read(tenant)


# ---- refused ----


def refused(tenant: Tenant) -> SignInError:
    with pytest.raises(SignInError) as caught:
        read(tenant)
    return caught.value


@pytest.mark.parametrize("code", sorted(ADVICE))
def test_each_code_has_its_advice(believer: Tenant, liar: Liar, code: int):
    liar.token = lambda heard: refusal(code)

    error = refused(believer)

    assert error.codes == {code}
    assert error.message == (
        f"Signing in as application app was refused: AADSTS{code}: It may not be."
    )
    assert error.fix.startswith(ADVICE[code])
    assert CORRELATION in error.fix
    assert len(liar.asked(tokens=True)) == 1


def test_every_code_that_an_app_may_meet_is_known():
    met = {
        53003, 53000, 530035, 530032, 65001, 90094, 90095, 700016, 700011, 7000215, 7000222,
        7000218, 700027, 50012, 700030, 500133, 700024, 7000112, 500011, 650052, 650057, 70011,
        28002, 90002, 50059, 90038, 50105, 50196,
    }  # fmt: skip

    assert met <= set(ADVICE)
    assert not NO_SIGN_IN_OF_AN_APP & set(ADVICE)


def test_an_unknown_code_is_passed_on_with_its_correlation_id(believer: Tenant, liar: Liar):
    liar.token = lambda heard: refusal(999999)

    error = refused(believer)

    assert error.fix == f"{UNKNOWN} Correlation id: {CORRELATION}."
    assert "AADSTS999999" in error.message


def test_a_code_is_found_in_the_text_where_the_list_is_missing(believer: Tenant, liar: Liar):
    liar.token = lambda heard: refusal(7000222, error_codes=None)

    assert refused(believer).codes == {7000222}


def test_a_wrong_clock_is_named_with_both_times(believer: Tenant, liar: Liar):
    ahead = format_datetime(datetime.now(UTC) + timedelta(minutes=7), usegmt=True)

    def late(heard: object) -> Says:
        said = refusal(700024)
        head = f"HTTP/1.1 401 Unauthorized\r\ndate: {ahead}\r\ncontent-length: {len(said.body)}\r\n"
        return Says(raw=head.encode() + b"content-type: application/json\r\n\r\n" + said.body)

    liar.token = late

    fix = refused(believer).fix

    assert "clock is wrong" in fix
    skew = float(fix.split(" s.")[0].rsplit(" ", 1)[1])
    assert -425 < skew < -415


@pytest.mark.parametrize(
    ("change", "code", "advice"),
    [
        ({"secret": Secret("wrong-secret-that-is-long")}, 7000215, "VALUE"),
        ({"client_id": "00000000-0000-4000-8000-000000000000"}, 700016, "no such application"),
        ({"tenant_id": "00000000-0000-4000-8000-000000000000"}, 90002, "no such tenant"),
    ],
)
def test_the_practice_tenant_refuses_as_entra_does(
    practice: Practice, tenant: Tenant, change: dict[str, object], code: int, advice: str
):
    given: dict[str, object] = {
        "tenant_id": practice.tenant_id,
        "client_id": practice.client_id,
        "secret": Secret(practice.client_secret),
    }
    tenant.identity = Identity(practice.cloud, meter=Meter(), **{**given, **change})  # type: ignore[arg-type]

    error = refused(tenant)

    assert code in error.codes
    assert advice in error.fix


def test_the_secret_s_id_in_place_of_its_value_is_never_sent(liar: Liar):
    secret = Secret("0f8fad5b-d9cb-469f-a165-70867728950e")
    identity = Identity(liar.cloud, "t", "app", secret=secret, meter=Meter())

    with pytest.raises(RefusedError, match="the client secret's ID"):
        identity.token("s/.default")

    assert liar.heard == []


@pytest.mark.parametrize(
    "key", [b"", b"no pem", b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"]
)
def test_a_key_that_is_none_is_said_to_be(liar: Liar, key: bytes):
    identity = Identity(liar.cloud, "t", "app", key=Secret(key), meter=Meter())

    with pytest.raises(RefusedError, match="can't be read"):
        identity.token("s/.default")

    assert liar.heard == []


@pytest.mark.parametrize("token", ["opaque", "a.b", "a.!!.c", "a.bnVsbA.c", "a.W10.c"])
def test_claims_that_cannot_be_read_are_no_traceback(believer: Tenant, liar: Liar, token: str):
    liar.token = lambda heard: says(
        {"token_type": "Bearer", "expires_in": 3599, "access_token": token}
    )
    look: Callable[[], object] = believer.graph.claims
    try:
        assert look() == {}
    except UnreachableError as error:
        assert "can't be read" in error.message  # noqa: PT017  either is fine


def test_a_token_is_asked_for_once_and_another_identity_asks_anew(believer: Tenant, liar: Liar):
    liar.answer = lambda heard: says({"value": []})
    read(believer)
    read(believer)
    assert len(liar.asked(tokens=True)) == 1

    other = Identity(liar.cloud, believer.id, "app", secret=Secret("another-secret"), meter=Meter())
    other.token(liar.cloud.graph_scope)

    assert len(liar.asked(tokens=True)) == 2
