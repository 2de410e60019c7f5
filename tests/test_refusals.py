"""What Entra and Exchange refuse is told at the command line: which code, what it means, what to do."""

import pytest

from tests.conftest import CommandLine, Ended
from tests.windows import accept, windows
from toolkit.systems.aadsts import ADVICE, ADVICE_FOR_PEOPLE, CONSENT

MAIN = "mytimetable-graph"
OFTEN = (53003, 65001, 700016, 7000215, 7000222, 700027, 700024, 7000112, 500011, 7000229)
OFTEN_OF_PEOPLE = (50076, 50079, 53000, 70043)


def told(ended: Ended) -> str:
    return " ".join(ended.err.split())


def refused(mailgrant: CommandLine, code: int) -> Ended:
    mailgrant.switch(f"on token before aadsts {code}")
    return mailgrant("plan", MAIN, "--yes", "--json")


@pytest.mark.parametrize("code", OFTEN)
def test_a_refusal_that_apps_meet_is_told_with_its_remedy(mailgrant: CommandLine, code: int):
    ended = refused(mailgrant, code)

    assert ended.code == (75 if code in CONSENT else 1)
    assert f"AADSTS{code}" in told(ended)
    assert ended.json["error"]["fix"].startswith(ADVICE[code])
    assert mailgrant.status()["requests"]["write"] == 0


@pytest.mark.matrix
@pytest.mark.parametrize("code", sorted({*ADVICE, *ADVICE_FOR_PEOPLE} - {*OFTEN}))
def test_every_refusal_is_told_with_its_remedy(mailgrant: CommandLine, code: int):
    ended = refused(mailgrant, code)

    assert ended.code == (75 if code in CONSENT else 1)
    assert ended.json["error"]["fix"].startswith({**ADVICE, **ADVICE_FOR_PEOPLE}[code])


@pytest.mark.parametrize("code", OFTEN_OF_PEOPLE)
def test_a_refusal_that_people_meet_is_told_with_its_remedy(mailgrant: CommandLine, code: int):
    assert mailgrant("tenants", "add", "person", "--practice").code == 0
    mailgrant.switch(f"on token before aadsts {code}")
    with windows(mailgrant.home, accept()):
        ended = mailgrant("--tenant", "person", "plan", MAIN, "--yes", "--json")

    assert ended.code == 1
    assert ended.json["error"]["fix"].startswith({**ADVICE, **ADVICE_FOR_PEOPLE}[code])


# ---- as they come about ----


def test_a_guest_is_refused_unless_somebody_insists(mailgrant: CommandLine):
    assert mailgrant("tenants", "add", "person", "--practice").code == 0
    plan = ("--tenant", "person", "plan", MAIN, "--yes")
    with windows(mailgrant.home, accept(for_all=True)):
        assert mailgrant(*plan).code == 0

    with windows(mailgrant.home, accept("anna.guest@partner.example")):
        ended = mailgrant(*plan)
        insisting = mailgrant("--insist", *plan)

    assert ended.code == 1
    assert "is a guest in this tenant. mailgrant was never tried by one" in told(ended)
    assert "Add --insist" in told(ended)
    assert "is a guest in this tenant" not in told(insisting)
    assert insisting.code == 75  # and now it is a right that is missing
    assert mailgrant.status()["requests"]["write"] == 0


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("vera@partner.example", "AADSTS50020"),
        ("nobody@northbridge.example", "AADSTS50034"),
    ],
)
def test_who_is_not_of_the_tenant_is_told_so_in_the_window(
    mailgrant: CommandLine, monkeypatch: pytest.MonkeyPatch, who: str, words: str
):
    from toolkit.systems import people

    monkeypatch.setattr(people, "PATIENCE", 2)
    alerts = []
    assert mailgrant("tenants", "add", "person", "--practice").code == 0
    with windows(mailgrant.home, lambda page: alerts.append(page.press("Next", user=who).alert)):
        ended = mailgrant("--tenant", "person", "plan", MAIN, "--yes")

    assert words in alerts[0]
    assert ended.code == 1
    assert "Nobody finished signing in" in told(ended)


@pytest.fixture
def consented(mailgrant: CommandLine) -> CommandLine:
    """A profile for people, after an administrator allowed everybody what `plan` reads."""
    assert mailgrant("tenants", "add", "person", "--practice").code == 0
    with windows(mailgrant.home, accept(for_all=True)):
        assert mailgrant("--tenant", "person", "plan", MAIN, "--yes").code == 0
    return mailgrant


@pytest.mark.parametrize(
    ("who", "words", "fix"),
    [
        ("pim", "doesn't let admin.pim", "eligible but not active (activate it in PIM)"),
        ("apps", "no role in Exchange is held", "It takes an active Exchange Administrator"),
    ],
)
def test_who_lacks_a_right_is_told_which_and_the_doctor_says_why(
    consented: CommandLine, who: str, words: str, fix: str
):
    with windows(consented.home, accept(f"admin.{who}@northbridge.example")):
        planned = consented("--tenant", "person", "plan", MAIN, "--yes")
        looked = consented("--tenant", "person", "doctor", MAIN, "--json")

    assert planned.code == 75
    assert words in told(planned)
    assert fix in told(planned)
    checks = {each["name"]: each for each in looked.json["checks"]}
    assert checks["sign-in"]["word"] == "ok"  # what may not be asked for doesn't end it
    assert checks["Exchange Administrator"]["word"] == "FAIL"
    assert checks["Exchange Administrator"]["remedy"]


def test_a_token_that_runs_out_in_the_middle_is_renewed_and_one_that_stays_refused_is_told(
    mailgrant: CommandLine,
):
    mailgrant.switch("on POST /servicePrincipals #1 before status 401")
    mailgrant.switch("on New-DistributionGroup #1 before status 401")

    ended = mailgrant("setup", MAIN, "--yes", "--json")

    assert ended.code == 0, ended.err
    assert [each["fired"] for each in mailgrant.status()["faults"]] == [1, 1]
    mailgrant.switch("on GET /organization before status 401")
    refused = mailgrant("plan", MAIN, "--yes")
    assert refused.code == 75
    assert "Microsoft Graph" in told(refused)
    assert "What to do:" in told(refused)


def test_an_id_that_is_no_tenant_of_this_cloud_is_told(mailgrant: CommandLine):
    other = "0f8fad5b-d9cb-469f-a165-70867728950e"
    text = f'[person]\ntenant = "{other}"\ncloud = "practice"\n'
    (mailgrant.home / "tenants.toml").write_text(text, encoding="utf-8")

    ended = mailgrant("--device-code", "--tenant", "person", "plan", MAIN, "--yes")

    assert ended.code == 1
    assert "What to do:" in told(ended)
    assert "Check tenant id and cloud" in told(ended)
