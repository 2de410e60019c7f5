"""Set-ups of an application that people sign in to: for who is assigned, for everybody, or for one person each."""

import shutil
from pathlib import Path
from typing import Any

from tests.conftest import CommandLine

BOOK, APP = "graph-delegated", "Desk Calendar-prod"
METTE = "mette.jansen@northbridge.example"
FEMKE = "femke.bakker@northbridge.example"
LOTTE = "lotte.mulder@northbridge.example"
RECTOR = "rector@northbridge.example"
GROUP = "history-calendars@northbridge.example"
GUEST = "anna.guest@partner.example"
OPEN = ("--set", "only_assigned=no")
SCOPES = "Calendars.ReadWrite Calendars.Read.Shared offline_access openid profile"
PERSONAL = """
title: A vendor whose people consent one by one
questions:
  - {name: addresses, ask: Where it is answered, kind: list}
  - {name: first, ask: Who tries it first, kind: mail_address}
  - {name: permissions, ask: What it may do, kind: list}
  - {name: only_assigned, ask: Only for who is assigned, kind: yes_no, default: false}
steps:
  - do: app
    as: app
    name: Desk-personal-${instance}
  - do: redirect
    app: ${app.client_id}
    addresses: ${addresses}
  - do: client_secret
    as: secret
    app: ${app.client_id}
  - do: delegated_consent
    as: consent
    app: ${app.client_id}
    delegated: ${permissions}
    person: ${first}
  - do: user_assignment
    as: users
    when: only_assigned
    app: ${app.client_id}
    people: ["${first}"]
  - do: user_assignment
    as: users
    unless: only_assigned
    app: ${app.client_id}
    required: false
connect: {page: "https://desk.example/connect?of=${app.client_id}", where: "Settings, Connect account"}
proof: {app: "${app.client_id}", secret: "${secret.key_id}"}
"""
PERSONAL_APP = "Desk-personal-prod"


def desk(fresh_home: Path, folder: Path, *answers: str) -> Path:
    """Make a home in which the playbook for any vendor was applied."""
    home = Path(shutil.copytree(fresh_home, folder / "home"))
    done(CommandLine(home), "apply", BOOK, *answers)
    return home


def personal(
    mailgrant: CommandLine, *answers: str, address: str = "https://desk.example/back"
) -> Any:
    """Set up an application to which one person has consented alone."""
    book = mailgrant.home / "personal.yaml"
    book.write_text(PERSONAL, encoding="utf-8")
    told = (f"addresses={address}", f"first={METTE}", f"permissions={','.join(SCOPES.split())}")
    given = [word for each in (*told, *answers) for word in ("--set", each)]
    return done(mailgrant, "apply", str(book), *given)


def done(mailgrant: CommandLine, *line: str) -> Any:
    """Run a command that must end well, and give back what it says."""
    ended = mailgrant(*line, "--yes", "--json")
    assert ended.code == 0, ended.err
    return ended.json


def refused(mailgrant: CommandLine, *line: str, code: int, says: str) -> str:
    """Expect a refusal before anything is written."""
    before = mailgrant.digest()
    ended = mailgrant(*line, "--yes")
    text = said(ended.err)
    assert (ended.code, says in text) == (code, True), f"{ended.code}: {text}"
    assert "What to do:" in text
    assert mailgrant.digest() == before
    return text


def grants(mailgrant: CommandLine, name: str) -> dict[str, set[str]]:
    """List what was consented to for an application: scopes by person; everybody is the empty name."""
    with mailgrant.world() as world:
        (principal,) = world.store.find("servicePrincipal", displayName=name)
        people = {each["id"]: each["userPrincipalName"] for each in world.store.all("user")}
        return {
            people.get(each.get("principalId"), ""): set(each["scope"].split())
            for each in world.store.find("oauth2PermissionGrant", clientId=principal["id"])
        }


def assigned(mailgrant: CommandLine, name: str) -> set[str]:
    """List who is assigned to an application, by the names of people and groups."""
    with mailgrant.world() as world:
        (principal,) = world.store.find("servicePrincipal", displayName=name)
        names = {each["id"]: each["userPrincipalName"] for each in world.store.all("user")}
        names |= {each["id"]: each["mail"] for each in world.store.all("group")}
        found = world.store.find("appRoleAssignment", resourceId=principal["id"])
        return {names[each["principalId"]] for each in found}


def addresses(mailgrant: CommandLine, name: str) -> list[str]:
    """List the addresses at which an application is answered."""
    with mailgrant.world() as world:
        (found,) = world.store.find("application", displayName=name)
        return list((found.get("web") or {}).get("redirectUris") or ())


def said(text: str) -> str:
    """Read what the terminal shows as one line."""
    return " ".join(text.split())
