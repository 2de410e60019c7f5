"""People are let in to a delegated application one by one, and nobody else notices."""

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
    PERSONAL_APP,
    RECTOR,
    SCOPES,
    assigned,
    done,
    grants,
    personal,
    refused,
    said,
)
from tests.set_up import colleague
from tests.windows import taking_pages

AUTHORIZE, REVOKE = ("accounts", "authorize"), ("accounts", "revoke")


class Pages(webbrowser.BaseBrowser):
    """A browser that only remembers which pages it was to open."""

    def __init__(self) -> None:
        super().__init__("test")
        self.seen: list[str] = []

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
        self.seen.append(url)
        return True


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
