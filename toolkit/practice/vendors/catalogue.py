"""The vendors: what their settings ask for, which permissions they want, where they are answered.

Fields and permissions as the vendors' own pages have them: Jadu's "Integrations: Office 365",
Tray.io's "Microsoft Calendar", Semestry's "MyTimetable: Microsoft Graph, delegated permissions",
read 2026-11-20. The texts around them are ours.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from toolkit.practice.store import Body

COLOURS = "MailboxSettings.ReadWrite"


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a settings page, by kind.

    text, lines (a longer text), secret, once (a secret that isn't kept), file, tick, or fixed (only
    shown).
    """

    name: str
    label: str
    kind: str = "text"
    value: str = ""


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """One vendor; `callback` has the query string that its address is registered with."""

    key: str
    name: str
    trail: str
    path: str
    callback: str
    fields: tuple[Field, ...]
    scopes: str = ""
    connect: str = "Connect account"

    def asks(self, settings: Body) -> str:
        """Tell the scopes that it asks for at sign-in."""
        chosen = str(self.scopes or settings.get("scopes") or "")
        return f"{chosen} {COLOURS}" if settings.get("colours") else chosen

    def serves(self, path: str) -> bool:
        """Tell whether a path is one of its own."""
        return path.rstrip("/") in {self.path.rstrip("/"), urlsplit(self.callback).path}


CLIENT = Field(name="client_id", label="Client ID")
SECRET = Field(name="client_secret", label="Client secret", kind="secret")
TENANT = Field(name="tenant_id", label="Tenant ID")
VENDORS = (
    Vendor(
        key="jadu",
        name="Jadu XFP",
        trail="Utilities > Integrations > Office 365",
        path="/jadu/",
        callback="/jadu/integrations/office365/callback",
        fields=(CLIENT, SECRET, TENANT),
        scopes="Calendars.Read Calendars.Read.Shared Calendars.ReadWrite"
        " Calendars.ReadWrite.Shared offline_access openid profile",
    ),
    Vendor(
        key="tray",
        name="Tray.io",
        trail="Authentications > Microsoft Calendar > Your own application",
        path="/tray/",
        callback="/oauth2/token",
        fields=(
            CLIENT,
            SECRET,
            TENANT,
            Field(name="version", label="API version", kind="fixed", value="v2.0"),
            Field(
                name="scopes",
                label="Scopes",
                value="https://graph.microsoft.com/.default offline_access",
            ),
        ),
        connect="Create authentication",
    ),
    Vendor(
        key="mytimetable",
        name="MyTimetable",
        trail="Administration > Calendar connection > Office 365 (delegated)",
        path="/schedule",
        callback="/schedule?zoneview=0&ec_type=o365",
        fields=(
            Field(name="client_id", label="Application (client) ID"),
            Field(name="tenant_id", label="Azure AD tenant ID"),
            Field(name="key_file", label="Certificate with its private key (PEM or PFX)", kind="file"),
            Field(name="key_text", label="Or the same as text (PEM)", kind="lines"),
            Field(name="passphrase", label="Passphrase of the key, if it has one", kind="once"),
            SECRET,
            Field(name="colours", label="Each event gets its own colour", kind="tick"),
        ),
        scopes="User.Read Calendars.ReadWrite offline_access",
        connect="Connect to Office 365",
    ),
    Vendor(
        key="vendor",
        name="Any vendor",
        trail="Settings > Microsoft 365",
        path="/vendor/",
        callback="/vendor/callback",
        fields=(
            CLIENT,
            SECRET,
            TENANT,
            Field(name="scopes", label="Scopes", value="Calendars.ReadWrite offline_access"),
        ),
    ),
)  # fmt: skip


def find(path: str) -> Vendor | None:
    """Find whose path one is."""
    return next((one for one in VENDORS if one.serves(path)), None)


def addresses(base: str) -> dict[str, str]:
    """Tell where each vendor's settings are."""
    return {one.key: f"{base}{one.path}" for one in VENDORS}
