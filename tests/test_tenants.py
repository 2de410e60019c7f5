"""Tenant profiles by the command line: kept, chosen, refused; and people who sign in by them."""

import json
import tomllib

import pytest

from tests.conftest import CommandLine, Ended
from tests.practice.entra.browsing import ANNA, Browser
from tests.windows import accept, windows
from toolkit.cli import consenting
from toolkit.practice.seed.people import TENANT_ID
from toolkit.systems.people import EXCHANGE_TOOLS, GRAPH_TOOLS, READING

MAIN = "mytimetable-graph"
APP = "mailgrant-mytimetable-graph-prod"
PRACTICE = "practice"
OTHER = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.fixture
def person(mailgrant: CommandLine) -> CommandLine:
    ended = mailgrant("tenants", "add", "person", "--practice")
    assert ended.code == 0, ended.err
    return mailgrant


def by(mailgrant: CommandLine, *arguments: str) -> Ended:
    return mailgrant("--tenant", "person", *arguments)


def grants(mailgrant: CommandLine) -> list[dict[str, str]]:
    with mailgrant.world() as world:
        names = {each["id"]: each["appId"] for each in world.store.all("servicePrincipal")}
        return [
            {"client": names[each["clientId"]], "scope": each["scope"] or ""}
            for each in world.store.all("oauth2PermissionGrant")
        ]


def of_tools(mailgrant: CommandLine) -> set[str]:
    found = [each["scope"].split() for each in grants(mailgrant) if each["client"] == GRAPH_TOOLS]
    return {scope for scopes in found for scope in scopes}


# ---- signing in ----


def test_a_person_plans_sets_up_proves_and_undoes_in_two_windows(person: CommandLine):
    before = person.digest()
    with windows(person.home, accept()) as browser:
        ended = by(person, "setup", MAIN, "--yes", "--json")

    assert ended.code == 0, ended.err
    assert ended.json["proof"]["verdict"] == "proved"
    assert ended.json["tenant"]["who"] == f"{ANNA} by Microsoft's own clients"
    assert [url.split("client_id=")[1][:36] for url in browser.seen] == [
        GRAPH_TOOLS,
        EXCHANGE_TOOLS,
        GRAPH_TOOLS,
    ]
    assert "window 1 of 2" in ended.err
    assert "window 2 of 2" in ended.err
    with windows(person.home, accept()):
        undone = by(person, "undo", ended.json["run"], "--yes", "--json")
    assert undone.code == 0, undone.err
    assert not [step for step in undone.json["steps"] if step["stays"]]
    assert before != person.digest()  # consent stays until it is taken back


def test_planning_asks_for_reading_and_names_what_was_added(person: CommandLine):
    with windows(person.home, accept()) as browser:
        ended = by(person, "plan", MAIN, "--yes")

    assert ended.code == 0, ended.err
    assert "Write" not in browser.seen[0]
    assert of_tools(person) >= set(READING)
    assert not [scope for scope in of_tools(person) if "Write" in scope]
    assert "may now do for" in ended.err
    assert "Sign-in: quick" in ended.out
    assert "in two windows" in " ".join(ended.out.split())
    assert set(person("tenants", "show", "person", "--json").json["consented"]) == set(READING)


DAYS_AFTER: tuple[tuple[tuple[str, ...], set[str]], ...] = (
    (("members", "add", APP, "femke.bakker@northbridge.example"), set()),
    (("stop", APP), {"Application.ReadWrite.All"}),
    (("retire", APP, "--after", "1h"), {"Application.ReadWrite.All"}),
    (("undo", APP), {"Application.ReadWrite.All", "AuditLog.Read.All"}),
)


def test_each_write_is_asked_for_when_it_is_due_and_named_at_the_end(mailgrant: CommandLine):
    """By words and as data; `members` writes in Exchange alone and asks for no more than reading."""
    assert mailgrant("setup", MAIN, "--yes").code == 0
    for number, (line, writes) in enumerate(DAYS_AFTER):
        name = f"person{number}"
        assert mailgrant("tenants", "add", name, "--practice").code == 0
        with windows(mailgrant.home, accept()) as browser:
            ended = mailgrant("--tenant", name, *line, "--yes", "--json")

        assert ended.code in (0, 75), ended.err
        assert set(ended.json["consented"]) == {*READING, *writes}, line
        assert "Write" not in browser.seen[0]
        for scope in writes:
            assert scope in ended.err
        assert set(mailgrant("tenants", "show", name, "--json").json["consented"]) >= writes
        if line[0] == "stop":
            assert mailgrant("undo", ended.json["run"], "--yes").code == 0


def test_a_person_is_asked_to_see_an_administrative_unit_when_one_is_meant(mailgrant: CommandLine):
    """Without the right to read people a unit's members have no address: both are asked for."""
    assert mailgrant("tenants", "add", "person", "--practice").code == 0
    chosen = ("--set", "mailboxes_by=administrative_unit")
    with windows(mailgrant.home, accept()):
        drawn = mailgrant("--tenant", "person", "plan", "mytimetable-graph", "--yes", *chosen)
        made = mailgrant("--tenant", "person", "setup", "mytimetable-graph", "--yes", *chosen)

    assert drawn.code == 0, drawn.err
    assert "AdministrativeUnit.Read.All" in " ".join(drawn.out.split())
    assert "AdministrativeUnit.Read.All" in " ".join(drawn.err.split())  # it is named at the end
    assert made.code == 0, made.err


def test_a_run_that_is_refused_names_its_consent_too(person: CommandLine):
    person.switch("on New-DistributionGroup before status 403")
    with windows(person.home, accept()):
        ended = by(person, "setup", MAIN, "--yes", "--json")

    assert ended.code != 0
    assert ended.json["outcome"] == "stopped"
    assert set(ended.json["consented"]) == {*READING, "Application.ReadWrite.All"}


def test_consent_that_was_added_is_taken_back_on_removal(person: CommandLine):
    with windows(person.home, accept()):
        assert by(person, "setup", MAIN, "--yes").code == 0
        removed = person("tenants", "remove", "person", "--take-back-consent", "--yes", "--json")

    assert removed.code == 0, removed.err
    assert "Application.ReadWrite.All" in removed.json["consent_taken_back"]
    assert not {scope for scope in of_tools(person) if scope.endswith(".All")}
    assert person("tenants", "list", "--json").json == {"tenants": []}


def test_a_registered_app_signs_in_in_one_window(mailgrant: CommandLine):
    line = ("tenants", "add", "person", "--practice", "--sign-in", "own", "--register", "--yes")
    with windows(mailgrant.home, accept()):
        added = mailgrant(*line, "--json")
        assert added.code == 0, added.err
        again = mailgrant(*line, "--json")
    assert again.json["client"] == added.json["client"]
    with mailgrant.world() as world:
        (app,) = [a for a in world.store.all("application") if a["appId"] == added.json["client"]]
        (principal,) = world.store.find("servicePrincipal", appId=added.json["client"])
    assert app["publicClient"]["redirectUris"] == ["http://localhost"]
    assert app["signInAudience"] == "AzureADMyOrg"
    assert principal["appRoleAssignmentRequired"] is True
    mailgrant("practice", "time", "+5m")  # until every server knows of it

    with windows(mailgrant.home, accept()) as browser:
        ended = by(mailgrant, "setup", MAIN, "--yes", "--json")

    assert ended.code == 0, ended.err
    assert len(browser.seen) == 1
    assert "Exchange.Manage" in {
        scope for each in grants(mailgrant) for scope in each["scope"].split()
    }
    assert "may now do for" not in ended.err


def test_somebody_who_declines_is_told_and_nothing_is_granted(person: CommandLine):
    def decline(browser: Browser) -> None:
        browser.sign_in()
        browser.press("Cancel").press("Continue")

    with windows(person.home, decline):
        ended = by(person, "plan", MAIN, "--yes")

    assert ended.code == 1
    assert "was refused" in ended.err
    assert not of_tools(person) & set(READING)


def test_a_window_that_is_closed_ends_it(person: CommandLine, monkeypatch: pytest.MonkeyPatch):
    from toolkit.systems import people

    monkeypatch.setattr(people, "PATIENCE", 0.5)
    with windows(person.home, lambda _page: None):
        ended = by(person, "plan", MAIN, "--yes")

    assert ended.code == 1
    assert "Nobody finished signing in" in ended.err
    assert "Traceback" not in ended.err


def test_two_people_in_two_windows_are_refused(person: CommandLine):
    who = iter([ANNA, "admin.exchange@northbridge.example"])

    def visit(page: Browser) -> None:
        accept(next(who))(page)

    with windows(person.home, visit):
        ended = by(person, "plan", MAIN, "--yes")

    assert ended.code == 1
    assert "Two people signed in" in ended.err


# ---- profiles ----


def test_a_file_written_by_hand_keeps_what_is_not_ours(person: CommandLine):
    path = person.home / "tenants.toml"
    text = path.read_text(encoding="utf-8")
    mine = f"# about contoso\n[contoso]\ntenant = '{OTHER}' # by hand\ndomain = \"contoso.com\"\n"
    path.write_text(text + "\n" + mine, encoding="utf-8")

    assert person("tenants", "use", "person").code == 0

    after = path.read_text(encoding="utf-8")
    assert mine in after
    assert tomllib.loads(after)["person"]["default"] is True
    assert person("tenants", "use", "contoso").code == 0
    found = {each["name"]: each["default"] for each in _list(person)}
    assert found == {"person": False, "contoso": True}
    assert "# about contoso" in path.read_text(encoding="utf-8")
    assert person("tenants", "remove", "person", "--yes").code == 0
    assert [each["name"] for each in _list(person)] == ["contoso"]


def _list(mailgrant: CommandLine) -> list[dict[str, object]]:
    found: list[dict[str, object]] = mailgrant("tenants", "list", "--json").json["tenants"]
    return found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tenant =", "is no TOML"),
        ("name = 1", "outside of a table"),
        ("[x]\ndomain = 'a.b'", "lacks tenant"),
        ("[x]\ntenant = 'me'", "is no id"),
        (f"[x]\ntenant = '{OTHER}'\nsecret = 'hunter2'", "isn't known"),
        (f"[x]\ntenant = '{OTHER}'\ncloud = 'mars'", "cloud is none of"),
        (f"[x]\ntenant = '{OTHER}'\nsign_in = 'own'", "needs a client"),
        (f"[x]\ntenant = '{OTHER}'\ndefault = 'yes'", "of the wrong kind"),
        (f"[Practice]\ntenant = '{OTHER}'", "can't be the name"),
        (f"[practice]\ntenant = '{OTHER}'", "can't be the name"),
    ],
)
def test_a_file_that_says_what_cannot_be_is_refused_with_its_place(
    mailgrant: CommandLine, text: str, words: str
):
    (mailgrant.home / "tenants.toml").write_text(text, encoding="utf-8")

    ended = mailgrant("tenants", "list")

    assert ended.code == 2
    assert words in ended.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "Which tenant"),
        (("--practice", "--register"), "--register makes an app"),
        (("--practice", "--sign-in", "own"), "takes --register, or --client"),
        (("--practice", "--sign-in", "certificate"), "takes --client and --key"),
        (("--practice", "--reader", OTHER), "belong together"),
    ],
)
def test_options_that_do_not_go_together_are_refused(mailgrant: CommandLine, options, words):
    ended = mailgrant("tenants", "add", "x", *options)

    assert ended.code == 2
    assert words in ended.err
    assert not (mailgrant.home / "tenants.toml").exists()


@pytest.mark.parametrize("name", ["practice", "env", "Con toso", "../x", "-x"])
def test_a_name_that_means_something_else_is_refused(mailgrant: CommandLine, name: str):
    assert mailgrant("tenants", "add", "--practice", "--", name).code == 2


def test_a_profile_for_another_tenant_is_refused_at_the_first_sign_in(mailgrant: CommandLine):
    line = ("tenants", "add", "person", "--practice", "--domain", "contoso.com")
    assert mailgrant(*line).code == 0
    with windows(mailgrant.home, accept()):
        ended = by(mailgrant, "plan", MAIN, "--yes")

    assert ended.code == 1
    assert "Profile person says contoso.com, and this is Northbridge University" in ended.err
    assert mailgrant("tenants", "add", "x", "--practice", "--id", OTHER).code == 2


def test_an_app_signs_in_by_its_secret_in_keep(mailgrant: CommandLine):
    admin = mailgrant.status()["admin"]
    secret = mailgrant.home.parent / "secret.txt"
    secret.write_text(admin["client_secret"] + "\n", encoding="utf-8")
    line = ("--sign-in", "secret", "--client", admin["client_id"], "--key", str(secret))
    assert mailgrant("tenants", "add", "person", "--practice", *line).code == 0

    ended = by(mailgrant, "plan", MAIN, "--yes")

    assert ended.code == 0, ended.err
    assert "as powerful as an Exchange administrator" in " ".join(ended.out.split())
    assert admin["client_secret"] not in (mailgrant.home / "tenants.toml").read_text("utf-8")
    assert mailgrant("tenants", "remove", "person", "--yes").code == 0
    assert not list((mailgrant.home / "keep").glob("sign-in-*"))


def test_a_reader_draws_the_plan_and_another_carries_it_out(mailgrant: CommandLine):
    from toolkit.practice.passwords import known_secret
    from toolkit.practice.seed.entries import app_id

    secret = mailgrant.home.parent / "reader.txt"
    secret.write_text(known_secret("reader"), encoding="utf-8")
    line = ("--reader", app_id("reader"), "--reader-key", str(secret))
    assert mailgrant("tenants", "add", "person", "--practice", *line).code == 0
    plan = mailgrant.home.parent / "plan.json"

    drawn = by(mailgrant, "plan", MAIN, "--yes", "--out", str(plan))  # and no window

    assert drawn.code == 0, drawn.err
    first, _, rest = " ".join(drawn.out.split()).partition("Nothing is changed yet.")
    assert f"signed in: application {app_id('reader')}, which is meant to read only" in first
    assert "Carrying it out is another's. Sign-in: quick." in rest
    with windows(mailgrant.home, accept()) as browser:
        ended = by(mailgrant, "apply", str(plan), "--yes", "--json")
    assert ended.code == 0, ended.err
    assert browser.seen
    with windows(mailgrant.home, accept()):
        assert by(mailgrant, "undo", ended.json["run"], "--yes").code == 0


def test_a_profile_that_is_changed_keeps_what_was_consented_to(person: CommandLine):
    from toolkit.practice.passwords import known_secret
    from toolkit.practice.seed.entries import app_id

    secret = person.home.parent / "reader.txt"
    secret.write_text(known_secret("reader"), encoding="utf-8")
    with windows(person.home, accept()):
        assert by(person, "plan", MAIN, "--yes").code == 0
    assert person("tenants", "use", "person").code == 0
    more = ("--reader", app_id("reader"), "--reader-key", str(secret))
    assert person("tenants", "add", "person", "--practice", *more).code == 0
    assert list((person.home / "keep").glob("sign-in-*"))

    changed = person("tenants", "add", "person", "--practice", "--apps", "UT ", "--json")

    assert changed.code == 0, changed.err
    assert set(changed.json["consented"]) == set(READING)
    assert changed.json["default"] is True
    assert not list((person.home / "keep").glob("sign-in-*"))  # nothing signs in by it any more


def test_a_key_that_is_none_is_refused(mailgrant: CommandLine):
    from toolkit.practice.seed.entries import app_id

    wrong = mailgrant.home.parent / "reader.pem"
    wrong.write_text("no key", encoding="utf-8")
    ended = mailgrant(
        "tenants", "add", "person", "--practice", "--reader", app_id("reader"), "--reader-key", str(wrong)
    )  # fmt: skip
    assert ended.code == 2
    assert "doesn't hold a private key" in ended.err
    assert not list((mailgrant.home / "keep").glob("sign-in-*"))


def test_without_a_tenant_the_default_profile_is_meant(mailgrant: CommandLine, person: CommandLine):
    from toolkit.__main__ import run

    home = ["--home", str(person.home)]
    assert run([*home, "plan", MAIN, "--yes"]) == 2  # nobody at a terminal
    assert person("tenants", "use", "person").code == 0
    with windows(person.home, accept()):
        assert run([*home, "plan", MAIN, "--yes", "--out", str(person.home / "p.json")]) == 0
    plan = json.loads((person.home / "p.json").read_text("utf-8"))
    assert (plan["tenant"]["profile"], plan["tenant"]["id"]) == ("person", TENANT_ID)


def test_what_is_asked_for_to_register_is_declared(mailgrant: CommandLine):
    assert "Application.ReadWrite.All" in consenting.REGISTERING
