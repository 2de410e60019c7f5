"""The tenant's own app to sign in by: it goes with its profile, comes back, and takes codes where told."""

from tests.conftest import CommandLine
from tests.signing_in import by, grants
from tests.windows import accept, typing_codes, windows

MAIN = "mytimetable-graph"
OWN = ("tenants", "add", "person", "--practice", "--sign-in", "own", "--register", "--yes")


def test_the_registered_app_goes_with_its_profile_and_can_be_made_again(mailgrant: CommandLine):
    with windows(mailgrant.home, accept()):
        first = mailgrant(*OWN, "--json")
        kept = mailgrant("tenants", "remove", "person", "--yes", "--json")
        assert mailgrant(*OWN).code == 0
        mailgrant("practice", "time", "+5m")
        gone = mailgrant("tenants", "remove", "person", "--yes", "--delete-app", "--json")
        mailgrant("practice", "time", "+5m")
        again = mailgrant(*OWN, "--json")

    assert (kept.code, kept.json["app_deleted"]) == (0, False)
    assert "stays in the tenant" in kept.err
    assert (gone.code, gone.json["app_deleted"]) == (0, True), gone.err
    assert again.code == 0, again.err
    assert again.json["client"] == first.json["client"]  # restored: no twin


def test_an_app_that_others_made_stays(mailgrant: CommandLine):
    with windows(mailgrant.home, accept()):
        made = mailgrant(*OWN, "--json")
    with mailgrant.world() as world:
        (app,) = [a for a in world.store.all("application") if a["appId"] == made.json["client"]]
        world.put("application", app["id"], app | {"uniqueName": "theirs"}, lag=False)
    mailgrant("practice", "time", "+5m")
    with windows(mailgrant.home, accept()):
        ended = mailgrant("tenants", "remove", "person", "--yes", "--delete-app", "--json")

    assert (ended.code, ended.json["app_deleted"]) == (0, False), ended.err
    assert "mailgrant didn't make" in ended.err


def test_a_code_will_do_for_an_app_that_was_registered_for_it(mailgrant: CommandLine):
    plan = ("--device-code", "--tenant", "person", "plan", MAIN, "--yes")
    with windows(mailgrant.home, accept()):
        assert mailgrant(*OWN).code == 0
    mailgrant("practice", "time", "+5m")

    refused = mailgrant(*plan)

    assert refused.code == 1
    assert "AADSTS7000218" in refused.err
    assert "registered with --device-code" in " ".join(refused.err.split())
    with typing_codes(mailgrant.home):
        allowed = mailgrant("--device-code", *OWN)
        assert allowed.code == 0, allowed.err
        mailgrant("practice", "time", "+5m")
        ended = mailgrant(*plan)
    assert ended.code == 0, ended.err
    assert "Sign-in: own. A person signs in by an app of the tenant's own, in one window." in (
        " ".join(ended.out.split())
    )


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
