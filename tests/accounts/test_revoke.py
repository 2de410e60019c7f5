"""People are let out of a delegated application one by one, and nobody else notices."""

from tests.conftest import CommandLine
from tests.desk import (
    APP,
    GROUP,
    METTE,
    PERSONAL_APP,
    RECTOR,
    assigned,
    done,
    grants,
    refused,
    said,
)
from tests.windows import accept, windows

AUTHORIZE, REVOKE = ("accounts", "authorize"), ("accounts", "revoke")


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
