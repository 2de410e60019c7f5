"""What Microsoft Graph's types look like: properties, their types, and what may be asked of them.

A paragraph is a type, each word a property: `name:type/marks`. A type is string, bool, int, guid,
time, date, clock, duration, bytes, the names of an enumeration joined by `|`, or another type; `[]`
makes it a collection. The marks:

R read-only                     C settable only while creating     M must be given
D in lists of people by default S only when selected               A filter is an advanced query
e n t i g s w                   filter by eq, ne, not, in, ge/le/gt/lt, startsWith, endsWith
o                               may be sorted by                   q may be searched
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from toolkit.practice.graph.schema_actions import PARAMETERS
from toolkit.practice.graph.schema_entities import ENTITIES
from toolkit.practice.graph.schema_values import VALUES

SIMPLE = frozenset(["string", "bool", "int", "guid", "time", "date", "clock", "duration", "bytes"])
# Types whose answers carry only a default set of properties unless $select asks for others.
SPARSE = frozenset({"user", "group"})
# What an object shows where nothing was ever set; other properties show null, collections [].
FILLED: dict[str, dict[str, Any]] = {
    "application": {
        "signInAudience": "AzureADMyOrg",
        "api": {
            "acceptMappedClaims": None,
            "knownClientApplications": [],
            "requestedAccessTokenVersion": None,
            "oauth2PermissionScopes": [],
            "preAuthorizedApplications": [],
        },
        "info": {
            "termsOfServiceUrl": None,
            "supportUrl": None,
            "privacyStatementUrl": None,
            "marketingUrl": None,
            "logoUrl": None,
        },
        "parentalControlSettings": {"countriesBlockedForMinors": [], "legalAgeGroupRule": "Allow"},
        "publicClient": {"redirectUris": []},
        "spa": {"redirectUris": []},
        "verifiedPublisher": {
            "displayName": None,
            "verifiedPublisherId": None,
            "addedDateTime": None,
        },
        "web": {
            "homePageUrl": None,
            "logoutUrl": None,
            "redirectUris": [],
            "implicitGrantSettings": {
                "enableAccessTokenIssuance": False,
                "enableIdTokenIssuance": False,
            },
            "redirectUriSettings": [],
        },
        "oauth2RequirePostResponse": False,
    },
    "servicePrincipal": {
        "accountEnabled": True,
        "appRoleAssignmentRequired": False,
        "servicePrincipalType": "Application",
        "info": {
            "termsOfServiceUrl": None,
            "supportUrl": None,
            "privacyStatementUrl": None,
            "marketingUrl": None,
            "logoUrl": None,
        },
        "verifiedPublisher": {
            "displayName": None,
            "verifiedPublisherId": None,
            "addedDateTime": None,
        },
    },
    "event": {
        "importance": "normal",
        "isAllDay": False,
        "isReminderOn": True,
        "reminderMinutesBeforeStart": 15,
        "responseRequested": True,
        "sensitivity": "normal",
        "showAs": "busy",
    },
    "user": {"accountEnabled": True, "userType": "Member"},
    "organization": {"mobileDeviceManagementAuthority": "unknown"},
    "group": {"mailEnabled": False, "securityEnabled": True},
}


@dataclass(frozen=True)
class Property:
    """One property of a type: `name`, its type without `[]`, whether it is many, its marks."""

    name: str
    type: str
    many: bool = False
    marks: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The values of an enumeration; nothing for other types."""
        return tuple(self.type.split("|")) if "|" in self.type or self.single_name else ()

    @property
    def single_name(self) -> bool:
        """Whether the type is an enumeration of one value only."""
        return self.type not in SIMPLE and self.type not in TYPES


def _read(text: str) -> dict[str, dict[str, Property]]:
    types: dict[str, dict[str, Property]] = {}
    properties: dict[str, Property] = {}
    for line in text.strip().splitlines():
        if not line.startswith(" "):
            properties = types[line] = {}
            continue
        for word in line.split():
            name, _, rest = word.partition(":")
            kind, _, marks = rest.partition("/")
            properties[name] = Property(name, kind.removesuffix("[]"), kind.endswith("[]"), marks)
    return types


TYPES = _read(ENTITIES) | _read(VALUES) | _read(PARAMETERS)
ENTITY_NAMES = frozenset(_read(ENTITIES)) | {"directoryObject", "event"}
ID = Property("id", "string", marks="ReDi")
DELETED = Property("deletedDateTime", "time", marks="RDe")
# What a list of mixed directory objects may be asked for: the properties of each of these.
MIXED = ("user", "group", "servicePrincipal", "application", "directoryRole", "administrativeUnit")
DIRECTORY = frozenset((*MIXED, "appRoleAssignment", "organization", "directoryObject"))


@cache
def properties_of(type_name: str) -> dict[str, Property]:
    """Tell the properties of a type by their names in lower case."""
    own: dict[str, Property] = {}
    if type_name in ENTITY_NAMES:
        own["id"] = ID
    if type_name in DIRECTORY:
        own["deleteddatetime"] = DELETED
    if type_name == "directoryObject":
        for kind in MIXED:
            own = properties_of(kind) | own
    return own | {name.lower(): prop for name, prop in TYPES[type_name].items()}


def find(type_name: str, name: str) -> Property | None:
    """Find a property by its name in any letter case (Graph's own clients differ in it)."""
    return properties_of(type_name).get(name.lower())


@cache
def default_names(type_name: str) -> tuple[str, ...]:
    """Tell what an answer carries without $select (learn.microsoft.com/graph/api/resources)."""
    every = properties_of(type_name).values()
    if type_name in SPARSE:
        return tuple(prop.name for prop in every if "D" in prop.marks and _shown(type_name, prop))
    return tuple(prop.name for prop in every if "S" not in prop.marks)


def _shown(type_name: str, prop: Property) -> bool:
    # A user answers only the eleven documented ones, although more are marked in the metadata.
    return type_name != "user" or prop.name not in {"securityIdentifier", "deletedDateTime"}


@cache
def empty(type_name: str) -> dict[str, Any]:
    """Make an object of that type in which nothing is set."""
    filled = FILLED.get(type_name, {})
    return {
        prop.name: filled.get(prop.name, [] if prop.many else None)
        for prop in properties_of(type_name).values()
    }
