"""Who signs in at the practice university: its administrators, a reader, and who has trouble."""

from dataclasses import dataclass

from toolkit.practice.seed.people import DOMAIN, Person, known_id, user_id
from toolkit.practice.store import Body
from toolkit.practice.world import World

# Template ids of Entra's roles: learn.microsoft.com/entra/identity/role-based-access-control/
# permissions-reference
APPLICATION_ADMINISTRATOR = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
PRIVILEGED_ROLE_ADMINISTRATOR = "e8611ab8-c189-46e8-94e1-60213ab1f814"
EXCHANGE_ADMINISTRATOR = "29232cdf-9323-42fd-ade2-1d097af3e4de"
GLOBAL_READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"

HELD, ELIGIBLE = "directoryRoleAssignment", "directoryRoleEligibility"
ALL = (APPLICATION_ADMINISTRATOR, EXCHANGE_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR)


@dataclass(frozen=True, kw_only=True)
class Administrator:
    """An account that signs in: what it may do, and what stands in its way."""

    alias: str
    given: str
    surname: str
    roles: tuple[str, ...] = ()
    eligible: tuple[str, ...] = ()
    second_factor: bool = False

    @property
    def person(self) -> Person:
        """Tell what is needed to write the account: no mailbox, no licence, as such accounts are."""
        return Person(
            given=self.given,
            surname=self.surname,
            address=self.alias,
            department="IT",
            title="Administrator",
            kind="User",
            role="administrator",
            sku=None,
        )


ADMINISTRATORS = (
    Administrator(alias="admin.anna", given="Anna", surname="Admin", roles=ALL),
    Administrator(
        alias="admin.apps", given="Arno", surname="Apps", roles=(APPLICATION_ADMINISTRATOR,)
    ),
    Administrator(
        alias="admin.exchange", given="Elke", surname="Exchange", roles=(EXCHANGE_ADMINISTRATOR,)
    ),
    Administrator(alias="admin.pim", given="Piet", surname="Pim", eligible=ALL),
    Administrator(alias="reader.gl", given="Greta", surname="Lezer", roles=(GLOBAL_READER,)),
    Administrator(
        alias="mfa.mieke",
        given="Mieke",
        surname="Mfa",
        roles=(APPLICATION_ADMINISTRATOR, EXCHANGE_ADMINISTRATOR),
        second_factor=True,
    ),
)
# Everybody here signs in with the one practice password; these are worth naming.
NAMED = (
    *(f"{one.alias}@{DOMAIN}" for one in ADMINISTRATORS),
    f"mette.jansen@{DOMAIN}",
    "anna.guest@partner.example",
)


def accounts() -> list[Person]:
    """List their accounts."""
    return [one.person for one in ADMINISTRATORS]


def second_factors() -> frozenset[str]:
    """Tell of whom a second factor is demanded, by the part of the address before the @."""
    return frozenset(one.alias for one in ADMINISTRATORS if one.second_factor)


def fill(world: World) -> None:
    """Give them their directory roles, and write down who is worth naming."""
    for one in ADMINISTRATORS:
        for kind, roles in ((HELD, one.roles), (ELIGIBLE, one.eligible)):
            for role in roles:
                body = _holding(one.alias, role)
                world.put(kind, body["id"], body, lag=False)
    world.store.set_setting("people", NAMED)


def _holding(alias: str, role: str) -> Body:
    return {
        "id": known_id(f"role/{alias}/{role}"),
        "directoryScopeId": "/",
        "principalId": user_id(alias),
        "roleDefinitionId": role,
    }
