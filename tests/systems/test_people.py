"""People who sign in by a code: each refusal has its sentence, strangers are refused, tokens renewed."""

import base64
import json
import time

import pytest

from tests.systems.conftest import Told
from tests.systems.liar import TENANT, Answer, Heard, Liar, Says, says
from toolkit.errors import LackingRightError, RefusedError
from toolkit.systems.aadsts import ADVICE, ADVICE_FOR_PEOPLE, CONSENT
from toolkit.systems.exchange_refusals import KINDS, NO_REASON, NO_TOKEN, OTHER
from toolkit.systems.people import READING, Person
from toolkit.systems.sign_in import SignInError
from toolkit.systems.tenant import Tenant
from toolkit.systems.wire import Meter

ANNA = {"oid": "1", "upn": "anna@northbridge.example", "tid": TENANT}
PENDING = {70016, 70019}


def jwt(claims: dict[str, object]) -> str:
    parts = ({"alg": "none"}, claims)
    return (
        ".".join(
            base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
            for part in parts
        )
        + ".x"
    )


def signed_in(liar: Liar, **claims: object) -> Says:
    who = {**ANNA, "iss": f"{liar.url}/{TENANT}/v2.0", **claims}
    now = int(time.time())
    identity = {"aud": "14d82eec-204b-4c2f-b7e8-296a70dab67e", "sub": "s", "exp": now + 3600}
    info = base64.urlsafe_b64encode(json.dumps({"uid": "1", "utid": TENANT}).encode()).decode()
    return says(
        {
            "token_type": "Bearer",
            "expires_in": 3599,
            "access_token": jwt({"scp": " ".join(READING), **who}),
            "id_token": jwt({**identity, **who, "preferred_username": who["upn"]}),
            "client_info": info,
            "refresh_token": "a-token-to-refresh-with",
        }
    )


def codes(liar: Liar) -> Answer:
    def answer(heard: Heard) -> Says:
        if not heard.path.endswith("/devicecode"):
            return says({"value": []})
        return says(
            {
                "device_code": "a-device-code",
                "user_code": "ABC-123",
                "verification_uri": "https://localhost/device",
                "expires_in": 900,
                "interval": 1,
            }
        )

    return answer


@pytest.fixture
def person(liar: Liar, told: Told) -> Person:
    document = liar._document()
    document["device_authorization_endpoint"] = f"{liar.url}/{TENANT}/oauth2/v2.0/devicecode"
    liar.discovery = lambda heard: says(document)
    liar.answer = codes(liar)
    return Person(liar.cloud, TENANT, meter=Meter(), prompts=told, by_code=True)


@pytest.mark.parametrize("code", sorted((set(ADVICE) | set(ADVICE_FOR_PEOPLE)) - PENDING))
def test_each_refusal_has_its_own_sentence(person: Person, liar: Liar, code: int):
    liar.token = lambda heard: says(
        {
            "error": "invalid_grant",
            "error_description": f"AADSTS{code}: It may not be. Trace ID: 1",
            "error_codes": [code],
        },
        400,
    )

    with pytest.raises(SignInError) as caught:
        person.token(liar.cloud.graph_scope)

    assert caught.value.codes == {code}
    assert caught.value.fix.startswith({**ADVICE, **ADVICE_FOR_PEOPLE}[code])
    assert caught.value.exit_code == (75 if code in CONSENT else 1)


def test_the_25_most_common_are_known_and_none_is_said_twice():
    common = {
        50076, 50079, 53003, 53000, 65001, 90094, 700016, 7000215, 7000222, 7000218, 700027,
        700024, 7000112, 500011, 650052, 70011, 50011, 90002, 50126, 50034, 50053, 50055, 50057,
        50105, 50173, 700082, 70016, 50196,
    }  # fmt: skip
    assert common <= set(ADVICE) | set(ADVICE_FOR_PEOPLE)
    assert not set(ADVICE) & set(ADVICE_FOR_PEOPLE)


def test_a_code_is_shown_and_reading_is_asked_for(person: Person, liar: Liar, told: Told):
    liar.token = lambda heard: signed_in(liar)

    person.token(liar.cloud.graph_scope)

    assert any("ABC-123" in line for line in told.worked)
    asked = next(heard for heard in liar.heard if heard.path.endswith("/devicecode"))
    assert all(scope in asked.body.decode() for scope in READING)
    assert b"Write" not in asked.body
    assert (person.user, person.allowed) == (ANNA["upn"], frozenset(READING))


@pytest.mark.parametrize(
    ("claims", "kind"),
    [
        ({"acct": 1}, "a guest"),
        ({"upn": "vera_vendor.example#EXT#@northbridge.onmicrosoft.com"}, "a guest"),
        ({"idp": "https://sts.windows.net/0f8fad5b-d9cb-469f-a165-70867728950e/"}, "GDAP"),
        ({"tid": "0f8fad5b-d9cb-469f-a165-70867728950e"}, "of another tenant"),
    ],
)
def test_a_stranger_is_refused_unless_somebody_insists(
    liar: Liar, told: Told, person: Person, claims: dict[str, object], kind: str
):
    liar.token = lambda heard: signed_in(liar, **claims)

    with pytest.raises(RefusedError, match="never tried") as caught:
        person.token(liar.cloud.graph_scope)

    assert kind in caught.value.message
    assert "--insist" in caught.value.fix
    insisting = Person(liar.cloud, TENANT, meter=Meter(), prompts=told, by_code=True, insist=True)
    assert insisting.token(liar.cloud.graph_scope)


def test_a_token_that_is_refused_is_renewed_once(believer: Tenant, liar: Liar):
    refused = says({"error": {"code": "InvalidAuthenticationToken", "message": "expired"}}, 401)
    answers = iter([refused, says({"value": []})])
    liar.answer = lambda heard: next(answers)

    believer.graph.organization()

    assert len(liar.asked(tokens=True)) == 2
    liar.answer = lambda heard: refused
    with pytest.raises(LackingRightError):
        believer.graph.organization()
    assert len(liar.asked(tokens=True)) == 3


EXCHANGE = [
    *((403, f'2000008;reason="It {sign} so."', "", found) for sign, *found in KINDS),
    (403, "", "", NO_REASON),
    (401, "", "", NO_TOKEN),
    (403, "something else", "", OTHER),
]


@pytest.mark.parametrize(("status", "diagnostics", "words", "found"), EXCHANGE)
def test_each_refusal_of_exchange_has_its_own_sentence(
    believer: Tenant, liar: Liar, status: int, diagnostics: str, words: str, found
):
    headers = {"x_ms_diagnostics": diagnostics} if diagnostics else {}
    liar.answer = lambda heard: says(
        {"error": {"code": "Forbidden", "message": words}}, status, **headers
    )

    with pytest.raises(LackingRightError) as caught:
        believer.exchange.run("Get-Recipient", Identity="x")

    assert caught.value.exit_code == 75
    assert (found[0] in caught.value.message, caught.value.fix) == (True, found[1])


def test_no_sentence_about_exchange_is_said_twice():
    sentences = [sentence for _, sentence, _ in KINDS] + [
        each[0] for each in (NO_REASON, NO_TOKEN, OTHER)
    ]
    assert len(sentences) == len(set(sentences))
