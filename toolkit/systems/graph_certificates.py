"""An application's certificates on Microsoft Graph: one list that is always replaced whole."""

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from toolkit.errors import LackingRightError, NotYetError, RefusedError
from toolkit.systems.graph_query import query
from toolkit.systems.graph_shapes import APPLICATION, POLICY
from toolkit.systems.graph_wire import LAG_PATIENCE, LAG_STEP, SERVICE, Body, GraphWire
from toolkit.systems.settling import settled
from toolkit.systems.shapes import names

if TYPE_CHECKING:
    from kiota_abstractions.request_information import RequestInformation

    from toolkit.systems.sign_in import Identity
    from toolkit.systems.tenant import Tenant

T = TypeVar("T")
JUST_BEFORE = timedelta(seconds=20)
DAYS = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T.*)?")


class GraphCertificates(GraphWire):
    """Reads the list until it can be trusted, and replaces it without harm to others' entries."""

    def __init__(self, tenant: "Tenant", identity: "Identity") -> None:
        super().__init__(tenant, identity)
        self._read_policy: Body | None = None
        self._objects: dict[str, str] = {}
        self._lists: dict[str, tuple[datetime, list[Body] | None]] = {}
        self._before: dict[str, list[Body]] = {}

    @property
    def base(self) -> str:
        """Where Graph's published version answers."""
        return f"{self._tenant.cloud.graph}/v1.0"

    def last_certificates(self, client_id: str) -> list[Body] | None:
        """List an application's certificates as they were last read since they were last changed."""
        if client_id not in self._lists:
            return self.certificates(client_id)
        return self._lists[client_id][1]

    def application_by_client_id(self, client_id: str) -> Body | None:
        """Fetch one application by its client id."""
        return self.read(self._by_client_id(client_id), "read the application", APPLICATION)

    def _by_client_id(self, client_id: str) -> "RequestInformation":
        """Make the one request by which every step reads an application."""
        builder = self.sdk.applications_with_app_id(client_id)
        return builder.to_get_request_information(query(builder, select=names(APPLICATION)))

    def certificates(self, client_id: str) -> list[Body] | None:
        """List an application's certificates; None where there is no such application."""
        app = self.application_by_client_id(client_id)
        at = self._memory.asked_at(self._asks(self._by_client_id(client_id)))
        if app is None:
            self._lists[client_id] = at, None
            return None
        self._objects[client_id] = app["id"]
        found: list[Body] = app.get("keyCredentials") or []
        self._refuse_loss(client_id, found)
        self._lists[client_id] = at, found
        return found

    def settled_certificates(self, client_id: str) -> list[Body]:
        """List an application's certificates when two readings in a row agree, and it is there.

        The list is replaced whole, so a stale reading would wipe out what somebody just added.
        The first may be one made just before.
        """
        at, before = self._lists.get(client_id, (None, None))
        if at is None or self._tenant.protocol_clock.now() - at > JUST_BEFORE:
            before = None
        what = "the list of certificates"
        return self.agreeing(lambda: self.certificates(client_id), _ids, what, before)

    def agreeing(
        self,
        look: Callable[[], T | None],
        sign: Callable[[T], object],
        what: str,
        before: T | None = None,
    ) -> T:
        """Look until two readings in a row agree by their sign; raises NotYetError after twenty minutes.

        What is replaced whole is read so first: a stale reading would wipe out what others just added.
        """
        end = self._tenant.clock.now() + LAG_PATIENCE
        while True:
            self._memory.forget(SERVICE)
            found = look()
            if found is not None and before is not None and sign(found) == sign(before):
                return found
            if self._tenant.clock.now() >= end:
                raise _tired(what)
            if found is None or before is not None:
                self._tenant.prompts.waiting(f"{what} isn't the same everywhere yet", end)
                self._tenant.clock.sleep(LAG_STEP)
            before = found

    def set_certificates(self, client_id: str, entries: Sequence[Mapping[str, Any]]) -> None:
        """Replace the list; a new entry has DER bytes in `key`, all others stay as Graph gave them.

        They go back as the JSON they came as: the SDK's model would round their dates and drop
        what it doesn't know, and Graph refuses a changed entry of somebody else. Source:
        learn.microsoft.com/graph/api/application-update
        """
        body = json.dumps({"keyCredentials": [_as_json(entry) for entry in entries]}).encode()
        url = f"{self.base}/applications/{self._objects[client_id]}"
        self.write(lambda: self.raw("PATCH", url, body), "change the application's certificates")
        self._lists.pop(client_id, None)
        sent = [dict(entry) for entry in entries if entry.get("keyId")]
        if len(sent) < len(entries):
            self._before[client_id] = sent

    def _refuse_loss(self, client_id: str, found: Sequence[Mapping[str, Any]]) -> None:
        """Say loudly when what we sent back is gone although what we added is there."""
        sent = self._before.get(client_id)
        if sent is None or not _ids(found) - _ids(sent):
            return  # our own isn't to be seen here yet
        del self._before[client_id]
        gone = [entry for entry in sent if entry["keyId"] not in _ids(found)]
        if gone:
            listed = ", ".join(
                f"{entry.get('displayName')} ({thumbprint_in(entry)})" for entry in gone
            )
            raise RefusedError(
                f"Certificates of others vanished from the application: {listed}.",
                fix="Tell their owner at once and have them uploaded again: somebody else changed the list in the same seconds.",
            )

    def longest_certificate_days(self) -> int | None:
        """Tell how long a certificate may live by the tenant's app management policy, in days.

        None where nothing limits it, or where this identity may not read the policy: the service
        then refuses what it doesn't allow. GET /policies/defaultAppManagementPolicy.
        """
        return lifetime_of(self.policy(), "keyCredentials", "asymmetricKeyLifetime")

    def policy(self) -> Body:
        """Read the tenant's app management policy, once; nothing where that isn't allowed."""
        if self._read_policy is None:
            request = self.sdk.policies.default_app_management_policy.to_get_request_information()
            what = "read the app management policy"
            try:
                self._read_policy = self.read(request, what, POLICY) or {}
            except LackingRightError:
                self._read_policy = {}
        return self._read_policy

    def lasting(self, look: Callable[[], T | None], what: str) -> T | None:
        """Look for what was seen before; it is gone only if several looks say so."""

        def afresh() -> T | None:
            self._memory.forget(SERVICE)
            return look()

        return settled(afresh, self._tenant, what)

    def awaited(self, look: Callable[[], T | None], what: str) -> T:
        """Look until Graph shows what was just made; raises NotYetError after twenty minutes."""
        end = self._tenant.clock.now() + LAG_PATIENCE
        found = look()
        while found is None:
            if self._tenant.clock.now() >= end:
                raise _tired(what)
            self._tenant.prompts.waiting(f"{what} isn't known everywhere yet", end)
            self._tenant.clock.sleep(LAG_STEP)
            with self._tenant.meter.counting_as("poll"):
                found = look()
        return found


def rules_of(policy: Mapping[str, Any], kind: str, restriction: str) -> list[Body]:
    """List the rules of a policy that are in force for one kind of credential and one restriction."""
    if not policy.get("isEnabled"):
        return []
    rules = (policy.get("applicationRestrictions") or {}).get(kind) or ()
    return [
        rule
        for rule in rules
        if rule.get("restrictionType") == restriction and rule.get("state") == "enabled"
    ]


def lifetime_of(policy: Mapping[str, Any], kind: str, restriction: str) -> int | None:
    """Tell for how many days a policy lets one kind of credential live; None where it doesn't say."""
    rules = rules_of(policy, kind, restriction)
    limits = [_days(rule.get("maxLifetime") or "") for rule in rules]
    return min((days for days in limits if days), default=None)


def _tired(what: str) -> NotYetError:
    return NotYetError(
        f"After 20 minutes Microsoft Graph still doesn't agree on {what}.",
        fix="Run the same line again later: nothing is lost.",
    )


def _ids(entries: Sequence[Mapping[str, Any]]) -> set[str]:
    return {str(entry["keyId"]) for entry in entries}


def thumbprint_in(entry: Mapping[str, Any]) -> str:
    """Tell the thumbprint of an entry of the list; its id where Entra shows none."""
    from toolkit.certificates import thumbprint_of

    identifier = entry.get("customKeyIdentifier")
    return thumbprint_of(identifier) if identifier else f"KEYID-{entry.get('keyId')}"


def _days(duration: str) -> int | None:
    """Read an ISO 8601 duration as days; Entra counts a month as 30 and a year as 365."""
    match = DAYS.fullmatch(duration)
    if not match:
        return None
    years, months, weeks, days = (int(part or 0) for part in match.groups())
    return years * 365 + months * 30 + weeks * 7 + days


def _as_json(entry: Mapping[str, Any]) -> Body:
    key = entry.get("key")
    return {**entry, "key": base64.b64encode(key).decode()} if isinstance(key, bytes) else {**entry}
