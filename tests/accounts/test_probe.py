"""The delegated way in is proved by one person's sign-in, and nothing of it is left behind."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from tests.conftest import CommandLine, Ended
from tests.desk import (
    APP,
    METTE,
    OPEN,
    PERSONAL_APP,
    RECTOR,
    addresses,
    desk,
    done,
    personal,
    refused,
)
from tests.practice.entra.browsing import Browser
from tests.set_up import colleague, copied
from tests.windows import buttons, windows
from toolkit.practice.passwords import PRACTICE_PASSWORD

AUTHORIZE = ("accounts", "authorize")
TOKEN = re.compile(r"eyJ[\w-]+\.eyJ[\w-]+")
Act = Callable[[Browser, str], None]


@pytest.fixture(scope="module")
def home(fresh_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return desk(fresh_home, tmp_path_factory.mktemp("made"))


@pytest.fixture
def mailgrant(home: Path, tmp_path: Path) -> CommandLine:
    return copied(home, tmp_path)


def back_at(url: str) -> str:
    """Tell the address on this computer that a sign-in page would lead to."""
    return parse_qs(urlsplit(url).query)["redirect_uri"][0]


def bring(address: str, **fields: str) -> httpx.Response:
    """Bring an answer to the address on this computer, as a browser does."""
    with httpx.Client(trust_env=False) as plain:
        return plain.post(address, data=fields)


def continued(browser: Browser) -> dict[str, str]:
    """Go on from Entra's last page, and tell what it sends to this computer."""
    browser.deliver = False
    if "Continue" not in buttons(browser):
        browser.press("Return to the application without signing in")
    return browser.press("Continue").arrived


def probing(
    mailgrant: CommandLine, act: Act, who: str = METTE, *words: str, app: str = APP
) -> Ended:
    """Run the probe, with somebody at the browser who does as told."""
    seen: list[str] = []

    def visit(browser: Browser) -> None:
        act(browser, back_at(seen[0]))

    with windows(mailgrant.home, visit) as opened:
        seen = opened.seen
        ended = mailgrant(*AUTHORIZE, app, "--probe", who, "--yes", "--json", *words)
    assert len(opened.seen) == 1
    return ended


def signing_in(who: str, password: str = PRACTICE_PASSWORD) -> Act:
    def act(browser: Browser, address: str) -> None:
        browser.sign_in(who, password)
        page = bring(address, **continued(browser))
        assert page.status_code == 200
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "<script" not in page.text

    return act


def nothing_is_left(mailgrant: CommandLine, app: str = APP) -> None:
    assert [each for each in addresses(mailgrant, app) if "localhost" in each] == []
    probes = [r for r in mailgrant("runs", "--json").json["runs"] if r["playbook"] == "probe"]
    assert {run["state"] for run in probes} == {"undone"}


def words(ended: Ended) -> str:
    return str(ended.json["proof"]["why"])


def test_one_person_signs_in_and_one_calendar_opens(mailgrant: CommandLine):
    before = mailgrant.digest()
    ended = probing(mailgrant, signing_in(METTE))

    assert (ended.code, ended.json["proof"]["verdict"]) == (0, "proved"), ended.err
    assert "their calendar opened (HTTP 200)" in words(ended)
    assert mailgrant.digest() == before
    nothing_is_left(mailgrant)


def test_a_client_secret_redeems_the_code_as_well(mailgrant: CommandLine):
    personal(mailgrant)
    mailgrant("practice", "time", "+5m")
    ended = probing(mailgrant, signing_in(METTE), app=PERSONAL_APP)
    assert ended.json["proof"]["verdict"] == "proved", words(ended)
    nothing_is_left(mailgrant, PERSONAL_APP)


def test_the_wrong_account_proves_nothing_and_nothing_is_read(fresh_home: Path, tmp_path: Path):
    everybody = CommandLine(desk(fresh_home, tmp_path, *OPEN))
    ended = probing(everybody, signing_in(RECTOR))

    assert (ended.code, ended.json["proof"]["verdict"]) == (1, "failed")
    assert f"Somebody else signed in: {RECTOR}, not {METTE}" in words(ended)
    nothing_is_left(everybody)


def test_who_is_not_assigned_is_told_the_line_that_lets_in(mailgrant: CommandLine):
    ended = probing(mailgrant, signing_in(RECTOR), RECTOR)

    assert (ended.code, ended.json["proof"]["verdict"]) == (1, "failed")
    assert "AADSTS50105" in words(ended)
    assert "mailgrant accounts authorize" in words(ended)
    nothing_is_left(mailgrant)


def test_who_declines_is_no_proof(mailgrant: CommandLine):
    def declining(browser: Browser, address: str) -> None:
        browser.press("Cancel")
        bring(address, **continued(browser))

    ended = probing(mailgrant, declining)
    assert (ended.code, "AADSTS65004" in words(ended)) == (1, True), words(ended)
    nothing_is_left(mailgrant)


def test_nobody_at_the_browser_proves_nothing(mailgrant: CommandLine):
    ended = mailgrant(
        *AUTHORIZE, APP, "--probe", METTE, "--yes", "--json", "--wait", "0s", "--no-browser"
    )
    assert (ended.code, ended.json["proof"]["verdict"]) == (1, "unknown")
    assert "Nobody came back" in words(ended)
    assert "/oauth2/v2.0/authorize?" in ended.err
    nothing_is_left(mailgrant)


def test_strangers_at_the_address_confuse_nobody(mailgrant: CommandLine):
    def among_strangers(browser: Browser, address: str) -> None:
        browser.sign_in(METTE)
        answer, place = continued(browser), urlsplit(address)
        twice = urlencode([*answer.items(), ("code", "another")])
        form = {"content-type": "application/x-www-form-urlencoded"}
        with httpx.Client(trust_env=False) as plain:
            assert plain.get(f"http://{place.netloc}/favicon.ico").status_code == 404
            assert plain.get(address).status_code == 404
            assert plain.get(f"{address}?{urlencode(answer)}").status_code == 404
            assert plain.put(address).status_code == 501
            assert plain.post(address).status_code == 400
            assert plain.post(address, data={"code": "stolen"}).status_code == 400
            assert plain.post(address, data={"code": "stolen", "state": "x"}).status_code == 400
            assert plain.post(address, data={"state": answer["state"]}).status_code == 400
            assert plain.post(address, content=twice, headers=form).status_code == 400
            assert plain.post(address, content=b"x" * 20_000).status_code == 413
            rebound = {"host": "rebound.example"}
            assert plain.post(address, data=answer, headers=rebound).status_code == 404
        assert bring(address, **answer).status_code == 200

    ended = probing(mailgrant, among_strangers)
    assert ended.json["proof"]["verdict"] == "proved", words(ended)


def test_a_code_that_entra_never_gave_is_refused(mailgrant: CommandLine):
    def swapping(browser: Browser, address: str) -> None:
        browser.sign_in(METTE)
        bring(address, state=continued(browser)["state"], code="0.made-up-by-somebody")

    ended = probing(mailgrant, swapping)
    assert ended.json["proof"]["verdict"] == "failed"
    assert "AADSTS" in words(ended)


def test_no_code_no_token_and_no_state_is_written_down_or_shown(mailgrant: CommandLine):
    carried: dict[str, str] = {}

    def watched(browser: Browser, address: str) -> None:
        browser.sign_in(METTE)
        carried.update(continued(browser))
        bring(address, **carried)

    ended = probing(mailgrant, watched, METTE, "--json")
    assert ended.json["proof"]["verdict"] == "proved", ended.err
    texts = [ended.out, ended.err.replace(carried["state"], "")]  # the address that is shown has it
    texts += [
        path.read_text(encoding="utf-8", errors="replace")
        for path in mailgrant.home.rglob("*")
        if path.is_file() and "practice" not in path.parts and path.suffix != ".pem"
    ]
    assert len(texts) > 4
    for text in texts:
        assert carried["code"] not in text
        assert not TOKEN.search(text)
    assert carried["state"] not in "".join(texts[2:])
    with mailgrant.world() as world:
        kept = world.store.all("signInTicket")
        assert [each for each in kept if each.get("kind") == "refresh"] == []


# ---- what is in the way ----


def test_a_key_that_is_not_here_is_asked_for_before_anything_is_written(home: Path, tmp_path: Path):
    other = colleague(home, tmp_path)
    line = (*AUTHORIZE, APP, "--probe", METTE)
    refused(other, *line, code=1, says="isn't in keep on this computer")


def test_an_application_that_asks_for_no_calendar_is_not_tried(fresh_home: Path, tmp_path: Path):
    asks = ("--set", "permissions=Contacts.Read,User.Read")
    mailgrant = CommandLine(desk(fresh_home, tmp_path, *asks))
    refused(mailgrant, *AUTHORIZE, APP, "--probe", METTE, code=1, says="asks for no calendar")


def test_an_application_that_acts_in_nobodys_name_is_not_tried(mailgrant: CommandLine):
    done(mailgrant, "apply", "mytimetable-graph")
    line = (*AUTHORIZE, "MyTimetable-prod", "--probe", METTE)
    refused(mailgrant, *line, code=1, says="acts by itself and in nobody's name")


@pytest.mark.parametrize(
    ("who", "says"),
    [
        ("nobody@northbridge.example", "Nobody signs in by"),
        ("history-calendars@northbridge.example", "is a group"),
    ],
)
def test_who_cannot_sign_in_is_not_waited_for(mailgrant: CommandLine, who: str, says: str):
    refused(mailgrant, *AUTHORIZE, APP, "--probe", who, code=2, says=says)


def test_a_person_without_a_mailbox_is_no_proof(mailgrant: CommandLine):
    nobody_home = "admin.apps@northbridge.example"
    done(mailgrant, *AUTHORIZE, APP, nobody_home, "--no-browser")
    ended = probing(mailgrant, signing_in(nobody_home), nobody_home)
    assert (ended.code, ended.json["proof"]["verdict"]) == (1, "failed"), words(ended)
    assert "the calendar didn't open" in words(ended)
    nothing_is_left(mailgrant)
