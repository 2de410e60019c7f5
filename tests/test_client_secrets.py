"""A client secret is kept at once, never doubled, never shown; policy, lag and lost answers included."""

import json
from pathlib import Path

import pytest

from tests.conftest import CommandLine, Ended
from tests.faulting import unfired
from tests.set_up import colleague, copied

BOOK = str(Path(__file__).parent / "playbooks" / "secret.yaml")
APP = "Secretive-prod"
CALM = ("lag off", "sts-lag off")


@pytest.fixture(scope="module")
def made(fresh_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    mailgrant = copied(fresh_home, tmp_path_factory.mktemp("made"))
    ended = mailgrant("apply", BOOK, "--yes")
    assert ended.code == 0, ended.err
    return mailgrant.home


@pytest.fixture
def ready(made: Path, tmp_path: Path) -> CommandLine:
    return copied(made, tmp_path)


def kept(mailgrant: CommandLine) -> dict[str, dict[str, str]]:
    """List the secrets in keep: what lies there of each, by its id."""
    files = (mailgrant.home / "keep").glob("*-secret-*.json")
    found = [json.loads(file.read_bytes()) for file in files]
    return {each["key_id"]: each for each in found}


def there(mailgrant: CommandLine, name: str = APP) -> list[str]:
    """List the ids of an application's secrets."""
    with mailgrant.world() as world:
        (app,) = world.store.find("application", displayName=name)
    return [each["keyId"] for each in app["passwordCredentials"]]


def one_of_each(mailgrant: CommandLine) -> bool:
    """Tell whether there is exactly one secret, and exactly its value is kept."""
    left = list((mailgrant.home / "keep").glob("*.asked"))
    return len(there(mailgrant)) == 1 and list(kept(mailgrant)) == there(mailgrant) and not left


def test_its_value_is_kept_and_in_no_other_place(ready: CommandLine):
    ((_, secret),) = kept(ready).items()
    places = [path for path in ready.home.rglob("*") if path.is_file() and "keep" not in path.parts]

    assert len(secret["value"]) >= 30
    assert [path for path in places if secret["value"].encode() in path.read_bytes()] == []
    assert one_of_each(ready)


@pytest.mark.parametrize(
    "fault", ["after-commit status 503", "after-commit status 504", "after-commit reset", "after-commit truncate 20"]
)  # fmt: skip
def test_one_whose_answer_was_lost_is_found_removed_and_made_again(
    mailgrant: CommandLine, fault: str
):
    mailgrant.switch(f"on POST /applications/*/addPassword #1 {fault}")

    ended = mailgrant("apply", BOOK, "--yes", "--json")

    assert (ended.code, unfired(mailgrant.practice)) == (0, []), ended.err
    assert one_of_each(mailgrant)
    assert ended.json["proof"]["verdict"] == "proved"


def test_where_no_answer_ever_comes_the_run_stops_and_the_next_one_ends_with_one(
    mailgrant: CommandLine,
):
    mailgrant.switch("on POST /applications/*/addPassword after-commit status 503")

    first = mailgrant("apply", BOOK, "--yes")
    assert (first.code, unfired(mailgrant.practice)) == (1, []), first.err
    assert "nobody knows yet" in first.err
    assert kept(mailgrant) == {}

    mailgrant("practice", "fault", "--clear")
    assert mailgrant("apply", BOOK, "--yes").code == 0
    assert one_of_each(mailgrant)


def test_it_is_handed_over_only_after_three_good_tokens(mailgrant: CommandLine):
    mailgrant.switch("lag off", "sts-lag 18s")

    ended = mailgrant("apply", BOOK, "--yes", "--json")

    assert ended.json["proof"]["verdict"] == "proved", ended.err
    assert "Not every server that gives tokens knows the new client secret yet" in ended.err
    journal = [r["event"] for r in mailgrant.journal()]
    assert journal.count("trying") > 1


def test_a_policy_that_forbids_secrets_is_met_before_anything_is_written(mailgrant: CommandLine):
    mailgrant.switch("policy secrets=deny")

    ended = mailgrant("apply", BOOK, "--yes")

    assert ended.code == 1
    assert "lets nobody add a client secret" in ended.err
    assert "certificate" in ended.err
    assert mailgrant.status()["requests"]["write"] == 0


def test_a_policy_shortens_it_in_the_plan_already(mailgrant: CommandLine):
    mailgrant.switch("policy secrets=max=30d", *CALM)

    plan = mailgrant("plan", BOOK, "--yes", "--json").json["changes"][-1]
    assert plan["after"]["key_id"] == {"later": "made when applied, valid for 30 days"}

    assert mailgrant("apply", BOOK, "--yes").code == 0
    with mailgrant.world() as world:
        (app,) = world.store.find("application", displayName=APP)
    (secret,) = app["passwordCredentials"]
    assert secret["endDateTime"] > secret["startDateTime"]


@pytest.mark.parametrize("days", ["0", "731"])
def test_a_lifetime_that_nobody_gets_is_a_wrong_answer(mailgrant: CommandLine, days: str):
    ended = mailgrant("apply", BOOK, "--yes", "--set", f"days={days}")

    assert ended.code == 2
    assert f"can't live {days} days" in ended.err
    assert mailgrant.status()["requests"]["write"] == 0


def test_secrets_of_others_stay_whatever_is_done_and_undone(ready: CommandLine):
    with ready.world() as world, world.store.transaction():
        (app,) = world.store.find("application", displayName=APP)
        theirs = {**app["passwordCredentials"][0], "keyId": world.new_id(), "displayName": "portal"}
        app["passwordCredentials"].append(theirs)
        world.put("application", app["id"], app, lag=False)

    ended = ready("undo", APP, "--yes", "--json")

    assert ended.code == 0, ended.err
    assert there(ready) == [theirs["keyId"]]
    assert any("secret portal" in step["stays"] for step in ended.json["steps"])


def test_a_new_one_stands_beside_the_old_one_and_undo_takes_it_away(ready: CommandLine):
    old = there(ready)

    made = ready("secrets", "new", APP, "--days", "90", "--yes", "--json")
    assert (made.code, made.json["proof"]["verdict"]) == (0, "proved"), made.err
    assert set(old) < set(there(ready)) == set(kept(ready))

    assert ready("undo", APP, "--yes").code == 1  # the new one builds on it
    assert ready("undo", made.json["run"], "--yes").code == 0
    assert there(ready) == old == list(kept(ready))


def test_the_newest_one_is_what_the_set_up_signs_in_with(ready: CommandLine, tmp_path: Path):
    ready("secrets", "new", APP, "--yes")
    newest = next(k for k in kept(ready).values() if k["key_id"] == there(ready)[-1])

    assert ready("handover", APP, "--key", str(tmp_path / "new.txt")).code == 0
    assert (tmp_path / "new.txt").read_text(encoding="utf-8") == newest["value"]
    assert ready("verify", APP).code == 0


def test_an_application_without_a_secret_gets_none_by_mistake(mailgrant: CommandLine):
    mailgrant("apply", "graph-application", "--yes", "--set", "mailboxes=no", "--set", "name=Bare")

    ended = mailgrant("secrets", "new", "Bare-prod", "--yes")

    assert ended.code == 1
    assert "certificates rollover" in ended.err


@pytest.mark.parametrize(
    ("file", "words"),
    [("there.txt", "already there"), ("new.pem", "signs in with a client secret"), ("new", "ends in none of")],
)  # fmt: skip
def test_handing_it_over_refuses_the_wrong_file(
    ready: CommandLine, tmp_path: Path, file: str, words: str
):
    (tmp_path / "there.txt").write_text("mine", encoding="utf-8")

    ended = ready("handover", APP, "--key", str(tmp_path / file))

    assert ended.code == 2
    assert words in ended.err
    assert (tmp_path / "there.txt").read_text(encoding="utf-8") == "mine"


def test_what_is_kept_elsewhere_is_told_and_not_made_again_unseen(made: Path, tmp_path: Path):
    other = colleague(made, tmp_path)

    planned: Ended = other("plan", BOOK, "--yes")
    verified = other("verify", BOOK, "--set", "days=180")

    assert "a client secret of this set-up already" in planned.err
    assert "value isn't on this computer" in planned.err
    assert verified.code == 1
    assert "isn't in keep on this computer. Nobody has tried it." in " ".join(verified.err.split())
    assert "not as set up" not in verified.err
