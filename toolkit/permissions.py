"""What the permissions mean that mailgrant grants and judges."""

import re
from collections.abc import Collection

GRAPH = "00000003-0000-0000-c000-000000000000"
EXCHANGE_ONLINE = "00000002-0000-0ff1-ce00-000000000000"

GRAPH_NAME = "Microsoft Graph"
EXCHANGE_ONLINE_NAME = "Office 365 Exchange Online"
APIS = {GRAPH_NAME: GRAPH, EXCHANGE_ONLINE_NAME: EXCHANGE_ONLINE}
"""Microsoft's resources by the name an administrator sees; permission ids are read from the tenant."""

DEAD_APIS = {"Windows Azure Active Directory": "00000002-0000-0000-c000-000000000000"}
"""Azure AD Graph, which Microsoft switched off in 2025: whatever is granted on it opens nothing.

Source: learn.microsoft.com/graph/migrate-azure-ad-graph-overview
"""
EVERY_API = {**APIS, **DEAD_APIS}
OUTLOOK_REST = ("Calendars.", "Contacts.", "Mail.", "MailboxSettings.")
"""How Exchange Online's permissions begin that were for the Outlook REST API, which ended in 2024.

Source: learn.microsoft.com/outlook/rest (deprecation). The others (EWS, IMAP, POP, SMTP, ManageAsApp)
are alive. One of them has the id of a permission of Microsoft Graph, so the API always counts.
"""

DIRECTORY_ROLES = {
    "62e90394-69f5-4237-9190-012177145e10": "Global Administrator",
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3": "Application Administrator",
    "158c047a-c907-4556-b7ef-446551a6b5f7": "Cloud Application Administrator",
    "e8611ab8-c189-46e8-94e1-60213ab1f814": "Privileged Role Administrator",
    "29232cdf-9323-42fd-ade2-1d097af3e4de": "Exchange Administrator",
    "31392ffb-586c-42d1-9346-e59415a2cc4e": "Exchange Recipient Administrator",
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451": "Global Reader",
    "88d8e3e3-8f55-4a1e-953a-9b9898b8876b": "Directory Readers",
    "fe930be7-5e62-47db-91af-98c3a49a38b1": "User Administrator",
}
"""Entra's roles by the template ids that tokens carry.

Source: learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference
"""
ALSO = {
    "Application Administrator": ("Cloud Application Administrator", "Global Administrator"),
    "Privileged Role Administrator": ("Global Administrator",),
    "Exchange Administrator": ("Global Administrator",),
}
"""The roles that bring the same rights and more; none of them is needed."""

FULL_MAIL = ("Mail.ReadWrite", "Mail.Send")
FULL_EXCHANGE = (
    *FULL_MAIL,
    *("MailboxSettings.ReadWrite", "Calendars.ReadWrite", "Contacts.ReadWrite"),
)
ROLES: dict[str, tuple[str, ...]] = {
    "Application Mail.Read": ("Mail.Read",),
    "Application Mail.ReadBasic": ("Mail.ReadBasic",),
    "Application Mail.ReadWrite": ("Mail.ReadWrite",),
    "Application Mail.Send": ("Mail.Send",),
    "Application Mail-Advanced.ReadWrite.All": ("Mail-Advanced.ReadWrite.All",),
    "Application MailTips.ReadBasic.All": ("MailTips.ReadBasic.All",),
    "Application MailboxSettings.Read": ("MailboxSettings.Read",),
    "Application MailboxSettings.ReadWrite": ("MailboxSettings.ReadWrite",),
    "Application MailboxConfigItem.Read": ("MailboxConfigItem.Read",),
    "Application MailboxConfigItem.ReadWrite": ("MailboxConfigItem.ReadWrite",),
    "Application MailboxFolder.Read": ("MailboxFolder.Read.All",),
    "Application MailboxFolder.ReadWrite": ("MailboxFolder.ReadWrite.All",),
    "Application MailboxItem.Read": ("MailboxItem.Read.All",),
    "Application MailboxItem.ReadWrite": ("MailboxItem.ReadWrite.All",),
    "Application MailboxItem.Export": ("MailboxItem.Export.All",),
    "Application MailboxItem.ImportExport": ("MailboxItem.ImportExport.All",),
    "Application Calendars.Read": ("Calendars.Read",),
    "Application Calendars.ReadWrite": ("Calendars.ReadWrite",),
    "Application Contacts.Read": ("Contacts.Read",),
    "Application Contacts.ReadWrite": ("Contacts.ReadWrite",),
    "Application Mail Full Access": FULL_MAIL,
    "Application Exchange Full Access": FULL_EXCHANGE,
    "Application EWS.AccessAsApp": ("EWS.AccessAsApp",),
    "Application SMTP.SendAsApp": ("SMTP.SendAsApp",),
}
"""Exchange's application roles and the permissions each stands for.

Source: learn.microsoft.com/exchange/permissions-exo/application-rbac, supported application roles.
"""

MAILBOX_FAMILIES = (
    "Mail.",
    "Mail-Advanced.",
    "MailTips.",
    "Mailbox.",
    "MailboxConfigItem.",
    "MailboxFolder.",
    "MailboxItem.",
    "MailboxSettings.",
    "Calendars.",
    "Contacts.",
    "Tasks.",
    "EWS.",
    "IMAP.",
    "POP.",
    "SMTP.",
    "full_access_as_app",
)
"""How the names of application permissions begin that open what lies in mailboxes."""

MEANING = {
    "Calendars.Read": "read every calendar",
    "Calendars.ReadWrite": "read and change every calendar",
    "Calendars.ReadBasic": "see when people are busy, without details",
    "Mail.Read": "read mail",
    "Mail.ReadBasic": "see who wrote to whom, without the text",
    "Mail.ReadWrite": "read, change and delete mail",
    "Mail.Send": "send mail as anybody in reach",
    "Mail-Advanced.ReadWrite": "read, change and delete mail, also what is no draft any more",
    "MailTips.ReadBasic": "see automatic replies and full mailboxes before a mail is sent",
    "Mailbox.Migration": "move mailboxes to another tenant",
    "MailboxSettings.Read": "read mailbox settings",
    "MailboxSettings.ReadWrite": "read and change mailbox settings (time zone, categories, automatic replies)",
    "MailboxConfigItem.Read": "read what programs keep in a mailbox for themselves",
    "MailboxConfigItem.ReadWrite": "read and change what programs keep in a mailbox for themselves",
    "MailboxFolder.Read": "see the folders of a mailbox",
    "MailboxFolder.ReadWrite": "see, make and delete the folders of a mailbox",
    "MailboxItem.Read": "read everything in a mailbox",
    "MailboxItem.ReadWrite": "read, change and delete everything in a mailbox",
    "MailboxItem.Export": "copy everything out of a mailbox",
    "MailboxItem.ImportExport": "copy everything out of a mailbox, and put anything into it",
    "Contacts.Read": "read contacts",
    "Contacts.ReadWrite": "read and change contacts",
    "Tasks.Read": "read tasks",
    "Tasks.ReadWrite": "read and change tasks",
    "EWS.AccessAsApp": "everything in a mailbox, through EWS",
    "IMAP.AccessAsApp": "read, change and delete mail, through IMAP",
    "POP.AccessAsApp": "read and delete mail, through POP",
    "SMTP.SendAsApp": "send mail as anybody in reach, through SMTP",
    "full_access_as_app": "everything in a mailbox, through EWS",
    "User.ReadBasic": "see the names and addresses of everybody, not what is in mailboxes",
    "User.Read": "read everybody's profile, not what is in mailboxes",
}
"""What a permission lets an application do, in words for the person who approves."""

OFFLINE = "offline_access"
OPEN_ID = {
    "openid": "see who signs in",
    "profile": "see the name of whoever signs in",
    "email": "see the mail address of whoever signs in",
    OFFLINE: "go on in the name of whoever has signed in once, without asking again",
}
"""The permissions of OpenID Connect, which belong to Microsoft Graph.

Source: learn.microsoft.com/entra/identity-platform/scopes-oidc
"""
OWN = {
    "Calendars.Read": "read the calendars",
    "Calendars.ReadWrite": "read and change the calendars",
    "Calendars.ReadBasic": "see the calendars without their details",
    "Contacts.Read": "read the contacts",
    "Contacts.ReadWrite": "read and change the contacts",
    "Mail.Read": "read the mail",
    "Mail.ReadBasic": "see who wrote to whom, without the text, in the mail",
    "Mail.ReadWrite": "read, change and delete the mail",
    "MailboxSettings.Read": "read the mailbox settings",
    "MailboxSettings.ReadWrite": "read and change the mailbox settings (time zone, categories, automatic replies)",
    "Tasks.Read": "read the tasks",
    "Tasks.ReadWrite": "read and change the tasks",
    "User.Read": "sign people in and read the profile",
    "User.ReadWrite": "read and change the profile",
    "EWS.AccessAsUser.All": "do everything in the mailbox, through EWS,",
    "IMAP.AccessAsUser.All": "read, change and delete the mail, through IMAP,",
    "POP.AccessAsUser.All": "read and delete the mail, through POP,",
}
"""What a delegated permission lets an application do with what belongs to whoever signs in."""
AS_A_PERSON = {
    "Mail.Send": "send mail as whoever signs in",
    "Mail.Send.Shared": "send mail as whoever signs in, and on behalf of those who let them",
    "SMTP.Send": "send mail as whoever signs in, through SMTP",
    "User.Read.All": "read everybody's profile, as far as whoever signs in may",
    "User.ReadBasic.All": "see the names and addresses of everybody",
}
SHARED = ", and those that others share with that person, as far as they share them"
LEVELS = ("ReadBasic", "Read", "ReadWrite")
"""Each allows what the ones before it allow."""
STEPPED = re.compile(
    rf"(Calendars|Contacts|Mail|MailboxSettings|Tasks)\.({'|'.join(LEVELS)})(\.Shared)?"
)


def reaches_mailboxes(api: str, value: str) -> bool:
    """Tell whether an application permission of this API opens mailboxes."""
    return api in APIS and value.startswith(MAILBOX_FAMILIES)


def is_dead(api: str, value: str) -> bool:
    """Tell whether a permission is for an API that answers no more."""
    return api in DEAD_APIS or (APIS.get(api) == EXCHANGE_ONLINE and value.startswith(OUTLOOK_REST))


def permission(api: str, value: str) -> str:
    """Name an application permission together with its API."""
    return f"{value} ({api})"


def meaning(value: str) -> str:
    """Say a permission or a role in plain words; a role says all that it confers."""
    if value in ROLES:
        return "; ".join(meaning(each) for each in ROLES[value])
    return MEANING.get(value, MEANING.get(value.removesuffix(".All"), value))


def meaning_in_names(value: str) -> str:
    """Say a delegated permission in plain words."""
    said = OPEN_ID.get(value) or AS_A_PERSON.get(value)
    if said:
        return said
    shared = value.endswith(".Shared") and value.removesuffix(".Shared") in OWN
    own = OWN.get(value.removesuffix(".Shared") if shared else value)
    return f"{own} of whoever signs in{SHARED if shared else ''}" if own else value


def covered(values: Collection[str]) -> dict[str, str]:
    """Tell which of these delegated permissions say nothing beyond another one, and beyond which.

    Source: learn.microsoft.com/graph/permissions-reference: ReadWrite reads too, Shared holds what is one's own.
    """
    widest: dict[str, str] = {}
    for value in sorted(values):
        wider = [other for other in values if other != value and _covers(other, value)]
        if wider:
            widest[value] = max(wider, key=_width)
    return widest


def _covers(wide: str, narrow: str) -> bool:
    one, other = STEPPED.fullmatch(wide), STEPPED.fullmatch(narrow)
    if not (one and other) or one[1] != other[1]:
        return False
    shared = bool(one[3]) or not other[3]
    return shared and LEVELS.index(one[2]) >= LEVELS.index(other[2])


def _width(value: str) -> tuple[int, bool]:
    found = STEPPED.fullmatch(value)
    return (LEVELS.index(found[2]), bool(found[3])) if found else (-1, False)


def said_twice(values: Collection[str]) -> str:
    """Say in a sentence which permissions amount to others; empty where none does."""
    wider: dict[str, list[str]] = {}
    for narrow, wide in covered(values).items():
        wider.setdefault(wide, []).append(narrow)
    return " ".join(
        f"{', '.join(narrow)} allow{'s' if len(narrow) == 1 else ''} nothing beyond {wide}."
        for wide, narrow in sorted(wider.items())
    )
