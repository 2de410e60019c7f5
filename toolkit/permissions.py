"""What the permissions mean that mailgrant grants and judges."""

GRAPH = "00000003-0000-0000-c000-000000000000"
EXCHANGE_ONLINE = "00000002-0000-0ff1-ce00-000000000000"

APIS = {"Microsoft Graph": GRAPH, "Office 365 Exchange Online": EXCHANGE_ONLINE}
"""Microsoft's resources by the name an administrator sees; permission ids are read from the tenant."""

ROLES = {
    "Application Mail.Read": ("Mail.Read",),
    "Application Mail.ReadBasic": ("Mail.ReadBasic",),
    "Application Mail.ReadWrite": ("Mail.ReadWrite",),
    "Application Mail.Send": ("Mail.Send",),
    "Application MailboxSettings.Read": ("MailboxSettings.Read",),
    "Application MailboxSettings.ReadWrite": ("MailboxSettings.ReadWrite",),
    "Application Calendars.Read": ("Calendars.Read",),
    "Application Calendars.ReadWrite": ("Calendars.ReadWrite",),
    "Application Contacts.Read": ("Contacts.Read",),
    "Application Contacts.ReadWrite": ("Contacts.ReadWrite",),
    "Application Mail Full Access": ("Mail.ReadWrite", "Mail.Send"),
    "Application Exchange Full Access": (
        "Mail.ReadWrite",
        "Mail.Send",
        "MailboxSettings.ReadWrite",
        "Calendars.ReadWrite",
        "Contacts.ReadWrite",
    ),
    "Application EWS.AccessAsApp": ("EWS.AccessAsApp",),
}
"""Exchange's application roles and what each confers.

Source: learn.microsoft.com/exchange/permissions-exo/application-rbac, supported application roles.
"""

MAILBOX_FAMILIES = (
    "Mail.",
    "Mail-Advanced.",
    "Calendars.",
    "Contacts.",
    "MailboxSettings.",
    "MailboxFolder.",
    "MailboxItem.",
    "EWS.",
    "IMAP.",
    "POP.",
    "SMTP.",
    "full_access_as_app",
)

MEANING = {
    "Calendars.Read": "read every calendar",
    "Calendars.ReadWrite": "read and change every calendar",
    "Calendars.ReadBasic": "see when people are busy, without details",
    "Mail.Read": "read mail",
    "Mail.ReadBasic": "see who wrote to whom, without the text",
    "Mail.ReadWrite": "read, change and delete mail",
    "Mail.Send": "send mail as anybody in reach",
    "MailboxSettings.Read": "read mailbox settings",
    "MailboxSettings.ReadWrite": "read and change mailbox settings (time zone, categories, automatic replies)",
    "Contacts.Read": "read contacts",
    "Contacts.ReadWrite": "read and change contacts",
    "EWS.AccessAsApp": "everything in a mailbox, through EWS",
    "full_access_as_app": "everything in a mailbox, through EWS",
}
"""What a permission lets an application do, in words for the person who approves."""


def reaches_mailboxes(api: str, value: str) -> bool:
    """Tell whether an application permission of this API opens mailboxes."""
    return api in APIS and value.startswith(MAILBOX_FAMILIES)


def meaning(value: str) -> str:
    """Say a permission or a role in plain words; a role says all that it confers."""
    if value in ROLES:
        return "; ".join(MEANING.get(each, each) for each in ROLES[value])
    return MEANING.get(value, MEANING.get(value.removesuffix(".All"), value))
