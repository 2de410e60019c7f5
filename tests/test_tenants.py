"""Tenant profiles by the command line: kept, chosen, refused."""

import json
import tomllib

import pytest

from tests.conftest import CommandLine
from tests.signing_in import by
from tests.windows import accept, windows
from toolkit.cli import consenting
from toolkit.practice.seed.people import TENANT_ID
from toolkit.systems.people import READING

MAIN = "mytimetable-graph"
OTHER = "0f8fad5b-d9cb-469f-a165-70867728950e"


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
