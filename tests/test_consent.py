"""What a person is asked for when it is due, named at the end, and taken back on removal."""

from tests.conftest import CommandLine
from tests.signing_in import by, of_tools
from tests.windows import accept, windows
from toolkit.systems.people import READING

MAIN = "mytimetable-graph"
APP = "mailgrant-mytimetable-graph-prod"


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
