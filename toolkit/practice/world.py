"""The practice world while it is being served: its store, its time, its base address."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from toolkit.practice.clock import PracticeClock
from toolkit.practice.store import Body, Lag, Store


@dataclass(frozen=True, kw_only=True)
class World:
    """What the services (login, graph, exchange_online) share.

    `base` is the address it is served at (https://localhost:8443). Kinds of objects in the store,
    with Microsoft Graph's own property names; what only the services know starts with `_`:

    application, servicePrincipal  `_owners` [ids], `_secrets` {keyId: salted hash}, `_policies`
    federatedIdentityCredential, extensionProperty   `_application` id
    user                           `_exchange` {RecipientTypeDetails, ...} where it has a mailbox
                                   or is a mail user; `_password` hash; `_manager` id;
                                   `_second_factor` true where more than a password is demanded;
                                   `_sessions_from` since when its sign-ins count
    group                          `_members` [ids], `_owners` [ids], `_exchange` {...} where
                                   mail-enabled (name in Exchange, Notes, hidden, ...)
    administrativeUnit, appRoleAssignment, oauth2PermissionGrant, subscribedSku, organization, domain
    directoryRoleAssignment        {id, principalId, roleDefinitionId, directoryScopeId}
    directoryRoleEligibility       the same: roles that could be made active (`pim eligible`)
    event                          `_mailbox` user id, `_author` who wrote it; times in UTC
    appManagementPolicy            (id "default" is the tenant's)
    accessPolicy, exchangeServicePrincipal, mailboxFolderPermission, managementRoleAssignment,
    managementScope                Exchange's own, with its property names

    No objects of the tenant are what services remember:

    deletedItem                    {id, kind, deletedDateTime, body, granted}
    permissionCache                what Exchange still believes an app may do (by appId), and its
                                   access policies (id "accessPolicies")
    signInTicket                   codes, refresh tokens, sessions and open sign-ins (hashes)
    signInFailure                  wrong passwords in a row (by the user's id)
    signInReplica                  since when the token service knows apps and keys (by appId)
    signInActivity                 when an app signed in (by appId)
    vendor                         what a vendor's server remembers: settings, connected accounts
    """

    store: Store
    clock: PracticeClock
    base: str

    def now(self) -> datetime:
        """Tell tenant time."""
        return self.clock.now()

    def at(self) -> float:
        """Tell tenant time in seconds since 1970."""
        return self.clock.now().timestamp()

    def stamp(self, after: timedelta = timedelta()) -> str:
        """Tell tenant time as Graph writes it."""
        return (self.clock.now() + after).strftime("%Y-%m-%dT%H:%M:%SZ")

    def lag(self) -> Lag:
        """Tell how replicas lag at the moment."""
        return Lag(**self.store.setting("lag", {}))

    @staticmethod
    def new_id() -> str:
        """Make an id as the service would."""
        return str(uuid.uuid4())

    def seen(self, kind: str, key: str) -> Body | None:
        """Read an object as a lagging replica answers it."""
        return self.store.seen(kind, key, at=self.at(), lag=self.lag())

    def all_seen(self, kind: str) -> list[Body]:
        """List a kind as a lagging replica answers it."""
        return list(self.seen_after(kind, ""))

    def seen_after(self, kind: str, key: str) -> Iterator[Body]:
        """List a kind as a lagging replica answers it, from the object after that id on."""
        return self.store.all_seen(kind, at=self.at(), lag=self.lag(), after=key)

    def looked_at(self, kind: str) -> list[Body]:
        """List a kind as a lagging replica answers it, to be looked at only (`shared`)."""
        return list(self.store.all_seen(kind, at=self.at(), lag=self.lag(), shared=True))

    def put(self, kind: str, key: str, body: Body, *, lag: bool = True) -> None:
        """Write an object now."""
        self.store.put(kind, key, body, at=self.at(), lag=lag)

    def remove(self, kind: str, key: str, *, lag: bool = True) -> None:
        """Take an object away now."""
        self.store.remove(kind, key, at=self.at(), lag=lag)


def utc(seconds: float) -> datetime:
    """Turn seconds since 1970 into an aware time."""
    return datetime.fromtimestamp(seconds, UTC)
