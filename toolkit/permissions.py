"""What the permissions mean that mailgrant grants and judges."""

GRAPH = "00000003-0000-0000-c000-000000000000"
EXCHANGE_ONLINE = "00000002-0000-0ff1-ce00-000000000000"

APIS = {"Microsoft Graph": GRAPH, "Office 365 Exchange Online": EXCHANGE_ONLINE}
"""Microsoft's resources by the name an administrator sees; permission ids are read from the tenant."""

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


def reaches_mailboxes(api: str, value: str) -> bool:
    """Tell whether an application permission of this API opens mailboxes."""
    return api in APIS and value.startswith(MAILBOX_FAMILIES)


def permission(api: str, value: str) -> str:
    """Name an application permission together with its API."""
    return f"{value} ({api})"


def meaning(value: str) -> str:
    """Say a permission or a role in plain words; a role says all that it confers."""
    if value in ROLES:
        return "; ".join(meaning(each) for each in ROLES[value])
    return MEANING.get(value, MEANING.get(value.removesuffix(".All"), value))
