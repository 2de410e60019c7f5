"""Delegated access: what people consented to before stays, and only who is assigned signs in."""

import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import CommandLine
from tests.crowding import CLIENT, crowd, foreign
from tests.practice.entra.browsing import METTE, Browser, browsing
from tests.practice.entra.conftest import Client
from tests.signing_in import by
from tests.windows import accept, windows
from toolkit.permissions import covered, meaning_in_names, said_twice
from toolkit.practice import control

BOOK, MAIN = "graph-delegated", "mytimetable-graph-delegated"
ACCEPT = "--accept-every-mailbox"
FEMKE, RECTOR = "femke.bakker@northbridge.example", "rector@northbridge.example"
ADDRESS = "http://localhost:8400/schedule?zoneview=0&ec_type=o365"
TWO = ("Calendars.Read,User.Read", "Calendars.Read,Calendars.ReadWrite.Shared")
JADU = ("Calendars.Read", "Calendars.Read.Shared", "Calendars.ReadWrite", "Calendars.ReadWrite.Shared")  # fmt: skip


def given(*answers: str) -> list[str]:
    return [word for answer in answers for word in ("--set", answer)]


def done(mailgrant: CommandLine, *line: str) -> Any:
    ended = mailgrant(*line, "--yes", "--json")
    assert ended.code == 0, ended.err
    return ended.json


def refused(mailgrant: CommandLine, *line: str, code: int = 2, says: str) -> str:
    """Expect a refusal before anything is written."""
    before = mailgrant.digest()
    ended = mailgrant(*line, "--yes")
    said = " ".join(ended.err.split())
    assert (ended.code, says in said) == (code, True), said
    assert "What to do:" in said
    assert mailgrant.digest() == before
    return said


def grants(mailgrant: CommandLine, client: str) -> list[dict[str, Any]]:
    with mailgrant.world() as world:
        (principal,) = world.store.find("servicePrincipal", appId=client)
        return list(world.store.find("oauth2PermissionGrant", clientId=principal["id"]))


def client_of(applied: Any, mailgrant: CommandLine) -> str:
    ended = mailgrant("handover", applied["run"], "--format", "json").json
    return str(next(f["value"] for f in ended["fields"] if "client" in f["label"]))


# ---- beside what others put there ----


@pytest.fixture
def crowded(mailgrant: CommandLine) -> CommandLine:
    crowd(mailgrant.practice)
    return mailgrant


def test_all_that_others_put_on_an_application_survives_apply_rerun_and_undo(
    crowded: CommandLine,
):
    """Its addresses of all kinds, home page, consent, declared permissions, notes."""
    before = crowded.digest()
    theirs = foreign(crowded.practice)
    answers = given("only_assigned=no", "permissions=Calendars.Read,User.Read")
    first = done(crowded, "apply", BOOK, "--adopt", CLIENT, *answers)
    (grant,) = grants(crowded, CLIENT)
    assert set(grant["scope"].split()) == {"Calendars.Read", "User.Read"}
    with crowded.world() as world:
        (app,) = world.store.find("application", appId=CLIENT)
    assert app["web"]["redirectUris"] == [
        "https://library.example/signed-in",
        "https://desk.northbridge.example/signed-in",
    ]
    assert app["web"]["homePageUrl"] == "https://library.example"
    assert done(crowded, "apply", BOOK, "--adopt", CLIENT, *answers)["outcome"] == "nothing"

    done(crowded, "undo", first["run"])

    (grant,) = grants(crowded, CLIENT)
    assert grant["scope"].split() == ["User.Read"]
    assert crowded.digest() == before
    assert foreign(crowded.practice) == theirs


def test_what_somebody_else_consents_to_meanwhile_outlives_the_undo(mailgrant: CommandLine):
    first = done(mailgrant, "apply", BOOK)
    client = client_of(first, mailgrant)
    with mailgrant.world() as world:
        (grant,) = grants(mailgrant, client)
        body = grant | {"scope": f"{grant['scope']} Mail.Read"}
        world.put("oauth2PermissionGrant", grant["id"], body, lag=False)

    done(mailgrant, "apply", BOOK)
    (kept,) = grants(mailgrant, client)
    assert "Mail.Read" in kept["scope"].split()
    undone = done(mailgrant, "undo", first["run"])

    assert {step["as"]: step["stays"] for step in undone["steps"]}["consent"] == ""


def test_an_entry_that_is_not_to_be_seen_yet_is_waited_for_and_added_to(crowded: CommandLine):
    """Entra answers 409 to a second entry; what is in the first one stays."""
    with crowded.world() as world:
        (grant,) = grants(crowded, CLIENT)
        world.remove("oauth2PermissionGrant", grant["id"])
    crowded.switch("lag reads=6")
    with crowded.world() as world:
        world.put("oauth2PermissionGrant", grant["id"], grant)

    answers = given("only_assigned=no", "permissions=Calendars.Read")
    done(crowded, "apply", BOOK, "--adopt", CLIENT, *answers)

    (grant,) = grants(crowded, CLIENT)
    assert set(grant["scope"].split()) == {"Calendars.Read", "User.Read"}


def test_a_permission_that_is_not_asked_for_any_more_is_taken_back(mailgrant: CommandLine):
    first = done(mailgrant, "apply", MAIN, *given("colours=yes"))
    client = client_of(first, mailgrant)

    planned = done(mailgrant, "plan", MAIN)["changes"]
    assert [c["title"] for c in planned if c["verb"] == "remove"] == [
        "consent for everybody who signs in: MailboxSettings.ReadWrite (Microsoft Graph)"
    ]
    second = done(mailgrant, "apply", MAIN)

    (grant,) = grants(mailgrant, client)
    assert set(grant["scope"].split()) == {"Calendars.ReadWrite", "User.Read", "offline_access"}
    done(mailgrant, "undo", second["run"])
    (grant,) = grants(mailgrant, client)
    assert "MailboxSettings.ReadWrite" in grant["scope"].split()


# ---- one person ----

ONE = """\
title: For one person
questions:
  - {name: person, ask: Who, kind: text, default: mette.jansen@northbridge.example}
  - {name: api, ask: Which, kind: text, default: Microsoft Graph}
  - {name: permissions, ask: What, kind: list, default: [Calendars.Read, openid]}
steps:
  - {do: app, name: Desk}
  - {do: certificate, app: "${app.client_id}"}
  - {do: delegated_consent, app: "${app.client_id}", api: "${api}", person: "${person}", delegated: "${permissions}"}
proof: {app: "${app.client_id}", certificate: "${certificate.thumbprint}"}
"""


@pytest.fixture
def one(tmp_path: Path) -> str:
    path = tmp_path / "one.yaml"
    path.write_text(ONE, encoding="utf-8")
    return str(path)


def test_consent_for_one_person_declares_nothing_and_names_that_person(
    mailgrant: CommandLine, one: str
):
    before = mailgrant.digest()
    first = done(mailgrant, "apply", one)

    with mailgrant.world() as world:
        (app,) = world.store.find("application", displayName="Desk")
        (grant,) = grants(mailgrant, app["appId"])
        (mette,) = world.store.find("user", userPrincipalName=METTE)
    assert app["requiredResourceAccess"] == []
    assert (grant["consentType"], grant["principalId"]) == ("Principal", mette["id"])
    sheet = mailgrant("handover", first["run"], "--format", "json").json
    assert all(METTE in each["where"] for each in sheet["allowed"])
    done(mailgrant, "undo", first["run"])
    assert mailgrant.digest() == before


@pytest.mark.parametrize(
    ("answer", "code", "says"),
    [
        ("permissions=.default,Calendars.Read", 2, ".default is no permission"),
        ("permissions=https://graph.microsoft.com/Calendars.Read", 2, "Write Calendars.Read."),
        ("permissions=Calenders.Read", 2, "Did you mean Calendars.Read?"),
        ("permissions=open_id", 2, "Did you mean openid?"),
        ("permissions=Calendars.Read.All", 2, "It belongs to Office 365 Exchange Online"),
        ("permissions=Calendars.ReadBasic.All", 2, "as an application permission only"),
        ("api=Office 365 Exchange Online", 2, "It belongs to Microsoft Graph"),
        ("api=Graph", 2, "The API 'Graph' isn't known"),
        ("person=nobody@northbridge.example", 1, "There is no user nobody@northbridge.example"),
    ],
)
def test_a_permission_that_cannot_be_meant_is_refused_with_what_is(
    mailgrant: CommandLine, one: str, answer: str, code: int, says: str
):
    refused(mailgrant, "apply", one, *given(answer), code=code, says=says)


def test_an_administrator_is_asked_for_writing_only_when_it_is_due(person: CommandLine):
    with windows(person.home, accept()) as browser:
        planned = by(person, "plan", BOOK, "--yes", *given(f"people={METTE}"))
        assert planned.code == 0, planned.err
        assert not [url for url in browser.seen if "Write" in url]
        ended = by(person, "setup", BOOK, "--yes", "--json", *given(f"people={METTE}"))

    assert ended.code == 0, ended.err
    assert ended.json["proof"]["verdict"] == "proved"
    assert set(ended.json["consented"]) >= {
        "AppRoleAssignment.ReadWrite.All",
        "DelegatedPermissionGrant.ReadWrite.All",
    }


# ---- people sign in ----


@pytest.fixture
def signing_in(mailgrant: CommandLine) -> Iterator[Client]:
    """The vendor's software at an address of this computer, its set-up made for Mette and Femke."""
    answers = (f"addresses={ADDRESS}", f"people={METTE},{FEMKE}", "kind=public_client")
    applied = done(mailgrant, "apply", BOOK, *given(*answers))
    client = client_of(applied, mailgrant)
    mailgrant("practice", "time", "+5m")
    with control.serve(mailgrant.practice) as practice, browsing(practice) as browser:
        trust = ssl.create_default_context(cafile=str(practice.ca_file))
        with httpx.Client(base_url=practice.url, verify=trust, trust_env=False) as http:
            yield Client(practice, http, browser, client)


def opened(client: Client, address: str = ADDRESS) -> Browser:
    return client.open("Calendars.Read", redirect_uri=address)


def test_who_is_assigned_signs_in_without_being_asked_to_consent(signing_in: Client):
    page = opened(signing_in).sign_in(METTE)

    assert page.arrived["code"]
    tokens = signing_in.redeem(redirect_uri=ADDRESS).json()
    assert "Calendars.Read" in tokens["scope"]
    assert tokens["refresh_token"]


def test_who_is_not_assigned_is_sent_away(signing_in: Client):
    assert "AADSTS50105" in opened(signing_in).sign_in(RECTOR).alert


def test_another_address_even_by_its_query_is_not_answered(signing_in: Client):
    assert "AADSTS50011" in opened(signing_in, ADDRESS.replace("o365", "")).alert


# ---- in words ----


def test_a_plan_says_in_whose_name_and_when(mailgrant: CommandLine):
    said = " ".join(mailgrant("plan", MAIN, "--yes").out.split())
    assert "read and change the calendars of whoever signs in" in said
    assert "as whoever signs in, also later; nothing for those who never sign in" in said

    answers = given("permissions=Calendars.Read,User.Read")
    said = " ".join(mailgrant("plan", BOOK, "--yes", *answers).out.split())
    assert "as whoever signs in; nothing while nobody is signed in" in said
    assert "EVERY mailbox" not in said


def test_four_permissions_that_amount_to_one_are_named(mailgrant: CommandLine):
    answers = given(f"permissions={','.join(JADU)}")
    twice = (
        "Calendars.Read, Calendars.Read.Shared, Calendars.ReadWrite allow nothing beyond "
        "Calendars.ReadWrite.Shared."
    )
    assert twice in " ".join(mailgrant("plan", BOOK, "--yes", *answers).out.split())
    applied = done(mailgrant, "apply", BOOK, *answers)
    sheet = mailgrant("handover", applied["run"], "--format", "json").json
    assert any(twice in warning for warning in sheet["warnings"])


def test_a_sheet_holds_all_that_the_vendors_form_asks_for(mailgrant: CommandLine):
    applied = done(mailgrant, "apply", MAIN, *given("colours=yes", "only_assigned=yes"))
    sheet = mailgrant("handover", applied["run"], "--format", "json").json
    fields = {each["label"]: each["value"] for each in sheet["fields"]}
    tenant = sheet["tenant"]["id"]

    assert fields["Redirect URI"] == "https://localhost:8443/schedule?zoneview=0&ec_type=o365"
    assert fields["Scopes"] == (
        "Calendars.ReadWrite, MailboxSettings.ReadWrite, User.Read, offline_access"
    )
    assert fields["Authorization endpoint"].endswith(f"/{tenant}/oauth2/v2.0/authorize")
    assert fields["Token endpoint"].endswith(f"/{tenant}/oauth2/v2.0/token")
    assert len(fields["Certificate thumbprint"]) == 40
    assert any("AADSTS50105" in warning for warning in sheet["warnings"])
    assert "Exchange" not in json.dumps(sheet["warnings"])


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("Calendars.ReadWrite.Shared", "read and change the calendars of whoever signs in, and"),
        ("User.Read", "sign people in and read the profile of whoever signs in"),
        ("offline_access", "go on in the name of whoever has signed in once"),
        ("Unheard.Of", "Unheard.Of"),
    ],
)
def test_a_delegated_permission_is_said_in_plain_words(value: str, words: str):
    assert meaning_in_names(value).startswith(words)


def test_only_what_another_permission_holds_whole_is_said_twice():
    assert covered(JADU) == dict.fromkeys(JADU[:3], JADU[3])
    assert covered(("Calendars.ReadWrite", "Calendars.Read.Shared")) == {}
    assert covered(("Mail.Read", "Calendars.ReadWrite", "User.Read")) == {}
    assert said_twice(("Mail.ReadBasic", "Mail.Read")) == (
        "Mail.ReadBasic allows nothing beyond Mail.Read."
    )
