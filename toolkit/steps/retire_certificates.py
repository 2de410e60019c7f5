"""Certificates of an application that others have replaced, taken away once the new one is in use."""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from toolkit.errors import AnswerError, NotFoundError, RefusedError
from toolkit.state import Change, State
from toolkit.steps.app import APPLICATION_ADMINISTRATOR
from toolkit.steps.base import Right, Step
from toolkit.systems.graph_certificates import thumbprint_in
from toolkit.systems.tenant import Tenant

THUMBPRINT_LENGTH = 40
STAMP = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, kw_only=True)
class RetireCertificates(Step):
    """Some certificates of an application, by their thumbprints; all others stay.

    Their public parts are kept before they go, so that undo can put them back. The last
    certificate that is still good is never taken away.
    """

    do: ClassVar[str] = "retire_certificates"
    key: ClassVar[tuple[str, ...]] = ("app",)
    needs: ClassVar[tuple[Right, ...]] = (APPLICATION_ADMINISTRATOR,)

    app: str
    thumbprints: tuple[str, ...]

    @property
    def title(self) -> str:
        """Name the thing."""
        listed = ", ".join(f"{each[:8]}..." for each in self.listed) or "none"
        return f"certificates that the new one replaces: {listed}"

    @property
    def listed(self) -> tuple[str, ...]:
        """List each thumbprint once, as Entra shows it."""
        return tuple(dict.fromkeys(each.replace(":", "").upper() for each in self.thumbprints))

    def read(self, tenant: Tenant) -> State | None:
        """Look which of them are still on the application; None where that isn't there."""
        entries = tenant.graph.certificates(self.app)
        if entries is None:
            return None
        there = {thumbprint_in(entry) for entry in entries}
        return {"app": self.app, "certificates": frozenset(there & set(self.listed))}

    def wanted(self, found: State | None) -> State | None:
        """Want none of them."""
        return None if found is None else {"app": self.app, "certificates": frozenset()}

    def refuse(self) -> None:
        """Refuse what is no thumbprint."""
        odd = [each for each in self.listed if not _is_thumbprint(each)]
        if odd:
            raise AnswerError(
                f"{odd[0]!r} is no thumbprint of a certificate.",
                fix="Give 40 hexadecimal digits, as Entra and `mailgrant certificates inspect` show them.",
            )

    def check(self, tenant: Tenant, found: State | None) -> None:  # noqa: ARG002  what was found is enough
        """Refuse an application that isn't there."""
        if found is None:
            raise NotFoundError(
                f"The application {self.app} isn't registered in this tenant.",
                fix="Check the client id in Entra (App registrations).",
            )

    def write(self, tenant: Tenant, change: Change) -> None:
        """Take away what is to go, its public part kept first; or put it back."""
        if tenant.graph.certificates(self.app) is None:
            return
        entries = tenant.graph.settled_certificates(self.app)
        there = {thumbprint_in(entry): entry for entry in entries}
        going = [there[each] for each in change.removed("certificates") if each in there]
        back = [each for each in sorted(change.added("certificates")) if each not in there]
        if not (going or back):
            return
        for entry in going:
            self._keep(tenant, entry)
        staying = [entry for entry in entries if entry not in going]
        if going:
            _refuse_none(staying, tenant.clock.now())
        tenant.graph.set_certificates(self.app, [*staying, *(self._kept(tenant, e) for e in back)])

    def forget(self, tenant: Tenant) -> None:
        """Throw away the public parts of those that are on the application again."""
        there = {thumbprint_in(entry) for entry in tenant.graph.last_certificates(self.app) or ()}
        for thumbprint in self.listed:
            if thumbprint in there:
                tenant.keep.remove(self._name(thumbprint))

    def _name(self, thumbprint: str) -> str:
        return f"{self.mark.name}-retired-{thumbprint.lower()}.json"

    def _keep(self, tenant: Tenant, entry: Mapping[str, Any]) -> None:
        if not entry.get("key"):
            raise RefusedError(
                f"Entra doesn't show the public part of certificate {thumbprint_in(entry)}, so it couldn't be put back.",
                fix="Take it away by hand in Entra (Certificates & secrets) if you are sure.",
            )
        public = {name: entry.get(name) for name in ("type", "usage", "displayName", "key")}
        tenant.keep.put(self._name(thumbprint_in(entry)), json.dumps(public).encode())

    def _kept(self, tenant: Tenant, thumbprint: str) -> Mapping[str, Any]:
        kept = tenant.keep.get(self._name(thumbprint))
        if kept is None:
            raise NotFoundError(
                f"The public part of certificate {thumbprint} isn't in keep on this computer.",
                fix="Undo where the run was made, or upload the certificate by hand.",
            )
        entry = json.loads(kept)
        der = base64.b64decode(entry["key"])
        return {**entry, "key": der, **_fitted(der, thumbprint, tenant)}


def _fitted(data: bytes, thumbprint: str, tenant: Tenant) -> dict[str, str]:
    """Shorten the life of one that was uploaded before the tenant's policy forbade such a long one."""
    from toolkit import certificates

    public, limit = certificates.read(data, thumbprint), tenant.graph.longest_certificate_days()
    if not limit or (public.not_after - public.not_before).days <= limit:
        return {}
    start = max(public.not_before, tenant.clock.now())
    end = min(public.not_after, start + timedelta(days=limit))
    return {"startDateTime": start.strftime(STAMP), "endDateTime": end.strftime(STAMP)}


def _is_thumbprint(text: str) -> bool:
    return len(text) == THUMBPRINT_LENGTH and not set(text) - set("0123456789ABCDEF")


def _refuse_none(staying: Iterable[Mapping[str, Any]], now: datetime) -> None:
    if not any(datetime.fromisoformat(entry["endDateTime"]) > now for entry in staying):
        raise RefusedError(
            "No certificate that is still good would be left on the application.",
            fix="Make the new one first (mailgrant certificates rollover APP); nothing was taken away.",
        )
