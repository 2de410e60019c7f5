"""What `tenants` changes in a tenant after a yes: the app to sign in by, and consent taken back."""

from toolkit.cli import Settings
from toolkit.cli.connect import session, terminal_of
from toolkit.cli.identities import added, tell
from toolkit.errors import UsageError
from toolkit.profiles import Profile

CONSENTING = ("DelegatedPermissionGrant.ReadWrite.All",)
"""What a person is asked for to see and take back consent."""
REGISTERING = ("Application.ReadWrite.All", *CONSENTING, "AppRoleAssignment.ReadWrite.All")


def agreed(settings: Settings, question: str, *, yes: bool) -> None:
    """Have something agreed; raises UsageError where nobody says yes."""
    terminal = terminal_of(settings)
    if yes:
        return
    if not terminal.can_ask:
        raise UsageError("Nobody is there to agree.", fix="Add --yes, or run it at a terminal.")
    if not terminal.confirm(question):
        raise UsageError("Nothing was changed.", fix="Run it again when you mean it.")


def registered(settings: Settings, profile: Profile, *, yes: bool) -> tuple[str, tuple[str, ...]]:
    """Make the tenant's own app, signed in by Microsoft's clients once."""
    from toolkit import doctor
    from toolkit.steps import CATALOGUE
    from toolkit.steps.base import scopes_of
    from toolkit.systems import graph_units
    from toolkit.systems.graph_grants import REDIRECT, TITLE, Grants
    from toolkit.systems.people import READING
    from toolkit.undo import SIGN_INS

    writing = scopes_of(CATALOGUE.values())
    looking = (*READING, *graph_units.SCOPES, SIGN_INS, doctor.PIM)
    scopes = sorted({*looking, *writing, *CONSENTING})
    terminal = terminal_of(settings, practice=profile.practice)
    terminal.say(f"Make an application in {profile.domain or profile.tenant}:", "title")
    for line in (
        f"{TITLE}: for this tenant only, a public client that answers to {REDIRECT}",
        "only who is assigned to it may sign in by it: you, and whom you assign in Entra",
        f"Microsoft Graph, in the name of who signs in: {', '.join(scopes)}",
        "Office 365 Exchange Online, in the name of who signs in: Exchange.Manage",
        *(
            ("a code typed in elsewhere (--device-code) will do too",)
            if settings.device_code
            else ()
        ),
    ):
        terminal.say(f"  + {line}", "add")
    agreed(settings, "Make it?", yes=yes)
    with session(settings, profile=profile) as here:
        here.tenant.identity.ask_for(*REGISTERING)
        client = Grants(here.tenant).register(scopes, by_code=settings.device_code)
        here.terminal.still()
        here.terminal.say(f"Made: client id {client}.", "good")
        consented = added(here.tenant.identity)
        tell(here.terminal, profile, here.tenant.identity.user, consented)
    return client, consented


def withdrawn(settings: Settings, profile: Profile) -> list[str]:
    """Take back what the person consented to, and the right to do so last."""
    from toolkit.systems.graph_grants import Grants
    from toolkit.systems.people import GRAPH_TOOLS

    taken = {*profile.consented, *CONSENTING}
    with session(settings, profile=profile) as here:
        here.tenant.identity.ask_for(*CONSENTING)
        person = str(here.tenant.graph.claims().get("oid"))
        grants = Grants(here.tenant)
        found = grants.of_person(GRAPH_TOOLS, person)
        there = {scope for grant in found for scope in str(grant.get("scope") or "").split()}
        for grant in found:
            grants.withdraw(grant, taken)
        here.terminal.still()
        here.terminal.say(
            f"Taken back: {', '.join(sorted(there & taken)) or 'nothing was there'}.", "good"
        )
    return sorted(there & taken)


def taken_back(settings: Settings, profile: Profile, *, consent: bool | None) -> list[str]:
    """Offer to take back what a person consented to for Microsoft's own client."""
    if not profile.consented:
        return []
    terminal = terminal_of(settings, practice=profile.practice)
    terminal.say(
        f"Signing in by {profile.name} added to Microsoft Graph Command Line Tools: {', '.join(profile.consented)}. "
        "Other tools of the same person, such as Graph PowerShell, may rely on it since."
    )
    if consent is None and terminal.can_ask:
        consent = terminal.confirm("Take that back, in the tenant?")
    return withdrawn(settings, profile) if consent else []


def unregistered(settings: Settings, profile: Profile, *, app: bool | None) -> bool:
    """Offer to delete the tenant's own app to sign in by, where mailgrant made it."""
    if profile.sign_in != "own":
        return False
    terminal = terminal_of(settings, practice=profile.practice)
    if app is None and terminal.can_ask:
        app = terminal.confirm(
            f"Delete the app {profile.client} in the tenant, if mailgrant made it?"
        )
    if not app:
        terminal.say(f"Its app {profile.client} stays in the tenant.", "note")
        return False
    from toolkit.systems.graph_grants import Grants

    with session(settings, profile=profile) as here:
        here.tenant.identity.ask_for("Application.ReadWrite.All")
        grants = Grants(here.tenant)
        others = grants.others(profile.client)
        if others is not None:
            grants.unregister(profile.client)
    if others is None:
        terminal.say(f"mailgrant didn't make {profile.client}, so it stays in the tenant.", "note")
        return False
    terminal.say(f"The app {profile.client} is deleted; Entra keeps it for 30 days.", "good")
    if others:
        terminal.say(f"Who else signed in by it, and can't any more: {', '.join(others)}.", "note")
    return True
