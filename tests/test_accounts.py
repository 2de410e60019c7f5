"""People are let in to a delegated application and out of it, one by one, and nobody else notices."""

import json
import shutil
import webbrowser
from pathlib import Path

import pytest

from tests.conftest import CommandLine
from tests.desk import (
    APP,
    FEMKE,
    GROUP,
    GUEST,
    LOTTE,
    METTE,
    OPEN,
    PERSONAL_APP,
    RECTOR,
    SCOPES,
    assigned,
    desk,
    done,
    grants,
    personal,
    refused,
)
from tests.set_up import colleague, copied
from tests.windows import accept, taking_pages, windows
from toolkit.systems.graph_assignments import AT_ONCE

AUTHORIZE, REVOKE = ("accounts", "authorize"), ("accounts", "revoke")


@pytest.fixture(scope="module")
def home(fresh_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return desk(fresh_home, tmp_path_factory.mktemp("made"))


@pytest.fixture
def mailgrant(home: Path, tmp_path: Path) -> CommandLine:
    return copied(home, tmp_path)


@pytest.fixture(scope="module")
def open_home(fresh_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return desk(fresh_home, tmp_path_factory.mktemp("open"), *OPEN)


@pytest.fixture
def everybody(open_home: Path, tmp_path: Path) -> CommandLine:
    return copied(open_home, tmp_path / "everybody")


@pytest.fixture(scope="module")
def personal_home(fresh_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Path(shutil.copytree(fresh_home, tmp_path_factory.mktemp("personal") / "home"))
    personal(CommandLine(made))
    return made


@pytest.fixture
def one_by_one(personal_home: Path, tmp_path: Path) -> CommandLine:
    return copied(personal_home, tmp_path / "one")


class Pages(webbrowser.BaseBrowser):
    """A browser that only remembers which pages it was to open."""

    def __init__(self) -> None:
        super().__init__("test")
        self.seen: list[str] = []

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
        self.seen.append(url)
        return True


def said(text: str) -> str:
    return " ".join(text.split())


# ---- letting in ----


def test_who_is_let_in_where_everybody_consented_is_assigned_and_nothing_else(
    mailgrant: CommandLine,
):
    before, consented = mailgrant.digest(), grants(mailgrant, APP)
    let_in = done(mailgrant, *AUTHORIZE, APP, RECTOR, FEMKE.upper(), "--no-browser")

    assert assigned(mailgrant, APP) == {
        METTE,
        "history-calendars@northbridge.example",
        RECTOR,
        FEMKE,
    }
    assert grants(mailgrant, APP) == consented
    assert (let_in["outcome"], let_in["people"]) == ("done", [RECTOR, FEMKE])
    done(mailgrant, "undo", let_in["run"])
    assert mailgrant.digest() == before


def test_nobody_needs_letting_in_where_everybody_may(everybody: CommandLine):
    before = everybody.digest()
    ended = everybody(
        *AUTHORIZE, APP, RECTOR, "--yes", "--no-browser", "--connect", "https://x.example/c"
    )

    assert ended.code == 0, ended.err
    assert "everybody of the tenant may use it already" in said(ended.err)
    assert "https://x.example/c" in ended.err.splitlines()
    assert everybody.digest() == before
    assert done(everybody, *AUTHORIZE, APP, RECTOR, "--no-browser")["outcome"] == "nothing"


def test_consent_in_one_name_is_written_where_nobody_consented_for_everybody(
    one_by_one: CommandLine,
):
    before = one_by_one.digest()
    let_in = done(one_by_one, *AUTHORIZE, PERSONAL_APP, RECTOR, "--no-browser")

    scopes = set(SCOPES.split())
    assert grants(one_by_one, PERSONAL_APP) == {METTE: scopes, RECTOR: scopes}
    assert assigned(one_by_one, PERSONAL_APP) == set()
    assert let_in["connect"].startswith("https://desk.example/connect?of=")
    done(one_by_one, "undo", let_in["run"])
    assert one_by_one.digest() == before


def test_where_both_are_needed_both_are_written(mailgrant: CommandLine):
    personal(mailgrant, "only_assigned=yes")
    before = mailgrant.digest()
    let_in = done(mailgrant, *AUTHORIZE, PERSONAL_APP, RECTOR, LOTTE, "--no-browser")

    assert set(grants(mailgrant, PERSONAL_APP)) == {METTE, RECTOR, LOTTE}
    assert assigned(mailgrant, PERSONAL_APP) == {METTE, RECTOR, LOTTE}
    done(mailgrant, "undo", let_in["run"])
    assert mailgrant.digest() == before


def test_what_the_person_had_consented_to_before_stays_after_undo(one_by_one: CommandLine):
    done(one_by_one, *AUTHORIZE, PERSONAL_APP, RECTOR, "--no-browser")
    with one_by_one.world() as world:
        (user,) = world.store.find("user", userPrincipalName=RECTOR)
        (grant,) = world.store.find("oauth2PermissionGrant", principalId=user["id"])
        world.put(
            "oauth2PermissionGrant", grant["id"], grant | {"scope": "Mail.Read openid"}, lag=False
        )
    let_in = done(one_by_one, *AUTHORIZE, PERSONAL_APP, RECTOR, "--no-browser")
    assert grants(one_by_one, PERSONAL_APP)[RECTOR] == {"Mail.Read", *SCOPES.split()}
    done(one_by_one, "undo", let_in["run"])
    assert grants(one_by_one, PERSONAL_APP)[RECTOR] == {"Mail.Read", "openid"}


def test_letting_in_twice_writes_once(mailgrant: CommandLine):
    done(mailgrant, *AUTHORIZE, APP, RECTOR, "--no-browser")
    writes = mailgrant.status()["requests"]["write"]
    again = done(mailgrant, *AUTHORIZE, APP, RECTOR, "--no-browser")
    assert (again["outcome"], again["run"]) == ("nothing", None)
    assert mailgrant.status()["requests"]["write"] == writes


def test_a_colleague_lets_somebody_in_from_another_computer(home: Path, tmp_path: Path):
    other = colleague(home, tmp_path)
    done(other, *AUTHORIZE, APP, RECTOR, "--no-browser")
    assert RECTOR in assigned(other, APP)
    done(other, *REVOKE, APP, RECTOR)
    assert RECTOR not in assigned(other, APP)


def test_the_whole_set_up_is_undone_after_somebody_was_let_in(
    mailgrant: CommandLine, fresh_home: Path
):
    done(mailgrant, *AUTHORIZE, APP, RECTOR, "--no-browser")
    done(mailgrant, "undo", APP, "--delete")
    assert mailgrant.digest() == CommandLine(fresh_home).digest()
    states = {run["playbook"]: run["state"] for run in mailgrant("runs", "--json").json["runs"]}
    assert states == {"graph-delegated": "undone", "authorize": "undone"}


# ---- the connect page ----


def test_the_connect_page_of_the_playbook_is_shown_with_where_to_press(one_by_one: CommandLine):
    ended = one_by_one(*AUTHORIZE, PERSONAL_APP, RECTOR, "--yes", "--no-browser")
    assert "(Settings, Connect account)" in said(ended.err)
    assert any(
        line.startswith("https://desk.example/connect?of=") for line in ended.err.splitlines()
    )


@pytest.mark.parametrize(
    "page",
    [
        "http://desk.example/connect",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://somebody@desk.example/",
        "https://desk.example/\u202econnect",
        "desk.example",
        "",
    ],
)
def test_nobody_is_sent_to_a_page_that_is_none(mailgrant: CommandLine, page: str):
    if page:
        refused(mailgrant, *AUTHORIZE, APP, RECTOR, "--connect", page, code=2, says="The page")
    else:
        ended = mailgrant(*AUTHORIZE, APP, METTE, "--yes", "--connect", page)
        assert "--connect URL opens that page" in said(ended.err)


def test_the_connect_page_opens_in_the_browser_of_this_computer(mailgrant: CommandLine):
    pages = Pages()
    with taking_pages(pages):
        ended = mailgrant(*AUTHORIZE, APP, METTE, "--yes", "--connect", "https://desk.example/c")
    assert ended.code == 0, ended.err
    assert pages.seen == ["https://desk.example/c"]


def test_a_page_on_this_computer_needs_no_encryption(mailgrant: CommandLine):
    page = "http://localhost:8080/connect"
    ended = mailgrant(*AUTHORIZE, APP, METTE, "--yes", "--no-browser", "--connect", page)
    assert (ended.code, page in ended.err.splitlines()) == (0, True)


# ---- letting out ----


def test_who_is_let_out_loses_the_assignment_and_undo_gives_it_back(mailgrant: CommandLine):
    done(mailgrant, *AUTHORIZE, APP, RECTOR, "--no-browser")
    before = mailgrant.digest()
    ended = mailgrant(*REVOKE, APP, RECTOR, "--yes", "--json")

    assert ended.code == 0, ended.err
    assert "60 to 90 minutes" in said(ended.err)
    assert RECTOR not in assigned(mailgrant, APP)
    done(mailgrant, "undo", ended.json["run"])
    assert mailgrant.digest() == before


def test_who_is_let_out_loses_all_of_an_own_consent_on_every_service(one_by_one: CommandLine):
    with one_by_one.world() as world:
        (principal,) = world.store.find("servicePrincipal", displayName=PERSONAL_APP)
        (user,) = world.store.find("user", userPrincipalName=METTE)
        for app_id in (
            "00000002-0000-0ff1-ce00-000000000000",
            "00000002-0000-0000-c000-000000000000",
        ):
            (service,) = world.store.find("servicePrincipal", appId=app_id)
            entry = {
                "clientId": principal["id"],
                "consentType": "Principal",
                "principalId": user["id"],
                "resourceId": service["id"],
                "scope": "User.Read EWS.AccessAsUser.All",
            }
            world.put("oauth2PermissionGrant", app_id, entry | {"id": app_id}, lag=False)
    before = one_by_one.digest()
    out = done(one_by_one, *REVOKE, PERSONAL_APP, METTE)

    assert grants(one_by_one, PERSONAL_APP) == {}
    done(one_by_one, "undo", out["run"])
    assert one_by_one.digest() == before


def test_who_never_authorised_is_named_and_nothing_is_written(mailgrant: CommandLine):
    text = refused(
        mailgrant, *REVOKE, APP, RECTOR, code=1, says=f"{RECTOR}: never authorised for it"
    )
    assert "accounts list" in text


def test_one_person_cannot_be_kept_out_where_everybody_may(everybody: CommandLine):
    text = refused(everybody, *REVOKE, APP, RECTOR, code=1, says="one person can't be kept out")
    assert "only_assigned" in text


def test_who_is_assigned_by_a_group_is_named_with_it(mailgrant: CommandLine):
    with mailgrant.world() as world:
        (group,) = world.store.find("group", mail=GROUP)
        names = {each["id"]: each["userPrincipalName"] for each in world.store.all("user")}
    name = next(names[each] for each in group["_members"] if names[each] != METTE)
    text = refused(
        mailgrant, *REVOKE, APP, name, code=1, says="assigned by the group History Calendars"
    )
    assert "out of the group" in text


def test_one_of_several_who_never_authorised_stops_them_all(mailgrant: CommandLine):
    refused(mailgrant, *REVOKE, APP, METTE, RECTOR, code=1, says=f"{RECTOR}: never authorised")
    assert METTE in assigned(mailgrant, APP)


def test_what_stays_open_beside_what_is_taken_back_is_said(everybody: CommandLine):
    with everybody.world() as world:
        (principal,) = world.store.find("servicePrincipal", displayName=APP)
        (grant,) = world.store.find("oauth2PermissionGrant", clientId=principal["id"])
        (user,) = world.store.find("user", userPrincipalName=RECTOR)
        own = {"id": "own", "consentType": "Principal", "principalId": user["id"]}
        world.put("oauth2PermissionGrant", "own", grant | own, lag=False)
    ended = everybody(*REVOKE, APP, RECTOR, "--yes", "--json")
    assert ended.code == 0, ended.err
    assert "one person can't be kept out" in " ".join(ended.json["stays"])
    assert set(grants(everybody, APP)) == {""}


def test_signing_out_everywhere_is_said_done_and_not_undone(mailgrant: CommandLine):
    done(mailgrant, *AUTHORIZE, APP, RECTOR, "--no-browser")
    ended = mailgrant(*REVOKE, APP, RECTOR, "--sign-out-everywhere", "--yes")
    assert ended.code == 0, ended.err
    assert "EVERY application and device" in said(ended.err)
    run = mailgrant("runs", "--json").json["runs"][-1]["run"]
    with mailgrant.world() as world:
        (user,) = world.store.find("user", userPrincipalName=RECTOR)
        (other,) = world.store.find("user", userPrincipalName=METTE)
    assert user["_sessions_from"] > other.get("_sessions_from", 0)

    undone = mailgrant("undo", run, "--yes", "--json")
    stays = {step["do"]: step["stays"] for step in undone.json["steps"]}
    assert "they themselves" in stays["sign_out"]
    assert RECTOR in assigned(mailgrant, APP)


def test_somebody_is_signed_out_a_second_time_by_a_second_run(mailgrant: CommandLine):
    moments = []
    for _ in range(2):
        done(mailgrant, *AUTHORIZE, APP, RECTOR, "--no-browser")
        done(mailgrant, *REVOKE, APP, RECTOR, "--sign-out-everywhere")
        mailgrant("practice", "time", "+5m")
        with mailgrant.world() as world:
            moments.append(world.store.find("user", userPrincipalName=RECTOR)[0]["_sessions_from"])
    assert moments[1] > moments[0]


def test_without_being_asked_nobody_is_signed_out(mailgrant: CommandLine):
    done(mailgrant, *REVOKE, APP, METTE)
    with mailgrant.world() as world:
        (user,) = world.store.find("user", userPrincipalName=METTE)
    assert "_sessions_from" not in user


def test_a_person_is_asked_for_the_right_to_sign_others_out_only_then(mailgrant: CommandLine):
    right, seen = "User.RevokeSessions.All", []
    for number, words in enumerate(((), ("--sign-out-everywhere",))):
        name = f"person{number}"
        assert mailgrant("tenants", "add", name, "--practice").code == 0
        done(mailgrant, *AUTHORIZE, APP, RECTOR, "--no-browser")
        with windows(mailgrant.home, accept()) as browser:
            ended = mailgrant("--tenant", name, *REVOKE, APP, RECTOR, *words, "--yes", "--json")
        assert (RECTOR in assigned(mailgrant, APP)) is False, ended.err
        seen.append(any(right in url for url in browser.seen))
    assert seen == [False, True]


# ---- who can't be meant ----


@pytest.mark.parametrize("command", [AUTHORIZE, REVOKE])
@pytest.mark.parametrize(
    ("who", "says"),
    [
        ("nobody@northbridge.example", "Nobody signs in by"),
        (GROUP, "is a group, and people authorise one by one"),
        (GUEST, "Nobody signs in by"),
        ("anna.guest_partner.example#EXT#@northbridge.onmicrosoft.com", "is a guest"),
        ("", "Nobody signs in by"),
        ("' or '1' eq '1", "Nobody signs in by"),
    ],
)
def test_who_cannot_be_meant_is_refused_by_name(
    mailgrant: CommandLine, command: tuple[str, str], who: str, says: str
):
    refused(mailgrant, *command, APP, METTE, who, code=2, says=says)


def test_an_application_that_acts_in_nobodys_name_is_refused(mailgrant: CommandLine):
    done(mailgrant, "apply", "mytimetable-graph")
    line = (*AUTHORIZE, "MyTimetable-prod", RECTOR)
    refused(mailgrant, *line, code=1, says="acts by itself and in nobody's name")


def test_an_application_of_others_is_listed_and_left_alone(mailgrant: CommandLine):
    refused(mailgrant, *AUTHORIZE, "Nobodys-app", RECTOR, code=1, says="bears mailgrant's mark")


@pytest.mark.parametrize("words", [(), (RECTOR, "--probe", RECTOR), (RECTOR, "--wait", "5m")])
def test_what_is_not_meant_together_is_refused(mailgrant: CommandLine, words: tuple[str, ...]):
    refused(mailgrant, *AUTHORIZE, APP, *words, code=2, says="mailgrant:")


def test_nobody_at_the_terminal_agrees_to_nothing(mailgrant: CommandLine):
    before = mailgrant.digest()
    for line in ((*AUTHORIZE, APP, RECTOR), (*REVOKE, APP, METTE)):
        ended = mailgrant(*line)
        assert (ended.code, "Add --yes" in ended.err) == (2, True)
    assert mailgrant.digest() == before


# ---- listing ----


def test_everybody_groups_and_people_are_listed_by_what_lets_them_in(mailgrant: CommandLine):
    done(mailgrant, *AUTHORIZE, APP, RECTOR, "--no-browser")
    found = mailgrant("accounts", "list", APP, "--json").json
    listed = {row["who"]: row for row in found["accounts"]}

    assert found["assignment_required"] is True
    assert list(listed) == ["everybody who is assigned", "History Calendars", METTE, RECTOR]
    assert listed["everybody who is assigned"]["since"] is None
    assert listed["History Calendars"]["members"] > 0
    assert listed[RECTOR]["how"] == ["assigned directly"]
    assert listed[RECTOR]["since"].startswith("20")


def test_own_consent_is_listed_with_its_permissions(one_by_one: CommandLine):
    (row,) = one_by_one("accounts", "list", PERSONAL_APP, "--json").json["accounts"]
    assert (row["who"], row["how"], row["since"]) == (METTE, ["own consent"], None)
    assert set(row["scopes"]) == set(SCOPES.split())


def test_any_application_is_listed_by_its_client_id_and_nothing_is_written(mailgrant: CommandLine):
    before = mailgrant.digest()
    graph_tools = "14d82eec-204b-4c2f-b7e8-296a70dab67e"
    ended = mailgrant("accounts", "list", graph_tools, "--json")
    assert (ended.code, ended.json["client_id"]) == (0, graph_tools)
    assert mailgrant.digest() == before
    unknown = mailgrant("accounts", "list", "11111111-2222-3333-4444-555555555555")
    assert (unknown.code, "no enterprise application" in said(unknown.err)) == (1, True)


def test_sign_ins_that_nobody_paid_for_are_said_to_be_unreadable(mailgrant: CommandLine):
    assert mailgrant("accounts", "list", APP, "--json").json["sign_ins_readable"] is True
    mailgrant.switch("entra-p1 off")
    ended = mailgrant("accounts", "list", APP)
    assert (ended.code, "Last sign-ins: not readable" in said(ended.err)) == (0, True)


def test_a_list_takes_no_more_requests_for_more_people(mailgrant: CommandLine):
    few = mailgrant("accounts", "list", APP, "--json").json["requests"]
    with mailgrant.world() as world:
        people = [
            u["userPrincipalName"]
            for u in world.store.all("user")
            if "#" not in u["userPrincipalName"]
        ]
    done(mailgrant, *AUTHORIZE, APP, *people[: 2 * AT_ONCE + 1], "--no-browser")
    many = mailgrant("accounts", "list", APP, "--json").json
    assert len(many["accounts"]) > 2 * AT_ONCE
    assert many["requests"] == few


def test_nothing_secret_lies_in_the_journal(mailgrant: CommandLine):
    let_in = done(mailgrant, *AUTHORIZE, APP, RECTOR, "--no-browser")
    folder = mailgrant.home / "runs" / let_in["run"]
    text = (folder / "journal.jsonl").read_text(encoding="utf-8")
    assert [json.loads(line)["event"] for line in text.splitlines()][-1] == "finished"
    assert "eyJ" not in text
