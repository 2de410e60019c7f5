"""What the steps of a set-up let its application do, and which small request tries it."""

from collections.abc import Iterable

from toolkit.steps.base import Step
from toolkit.steps.consent import Consent
from toolkit.steps.mailbox_scope import MailboxScope

PROBES = {
    "Calendars.": "/users/{mailbox}/calendar?$select=id",
    "MailboxSettings.": "/users/{mailbox}/mailboxSettings",
    "Contacts.": "/users/{mailbox}/contacts?$top=1&$select=id",
    "Mail.Read": "/users/{mailbox}/mailFolders/inbox?$select=id",
    "Mail Full Access": "/users/{mailbox}/mailFolders/inbox?$select=id",
    "Exchange Full Access": "/users/{mailbox}/calendar?$select=id",
}
"""How to try a mailbox by reading one thing in it, by what an application may do there.

What isn't here (sending mail, EWS) can't be tried without doing it. Paths:
learn.microsoft.com/graph/api (calendar-get, mailboxsettings-get, user-list-contacts, mailfolder-get).
"""


def probe_for(rights: Iterable[str]) -> str | None:
    """Tell which request tries a mailbox, by what an application may do; None where none can."""
    for right in rights:
        for sign, path in PROBES.items():
            if right.removeprefix("Application ").startswith(sign):
                return path
    return None


def roles_of(steps: list[Step]) -> tuple[str, ...]:
    """Collect the application roles that the scopes of a set-up give."""
    return tuple(role for step in steps if isinstance(step, MailboxScope) for role in step.roles)


def granted_of(steps: list[Step]) -> tuple[str, ...]:
    """Collect the permissions that a set-up has granted for the whole tenant."""
    return tuple(each for step in steps if isinstance(step, Consent) for each in step.application)
