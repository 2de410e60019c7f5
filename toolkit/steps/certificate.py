"""A certificate the application signs in with: made here and kept, or the vendor's public one."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from toolkit.errors import AnswerError, NotFoundError, RefusedError
from toolkit.secret import Keep
from toolkit.state import Change, Later, State, texts
from toolkit.steps.app import APPLICATION_ADMINISTRATOR
from toolkit.steps.base import Right, Step
from toolkit.systems.graph_certificates import thumbprint_in
from toolkit.systems.tenant import Tenant

if TYPE_CHECKING:
    from toolkit.certificates import Certificate as PublicCertificate

RENEW_DAYS = 90
PROOF_DAYS = 1


@dataclass(frozen=True, kw_only=True)
class Certificate(Step):
    """One key beside the others of an application; those of others are never touched.

    Ours is a certificate that is on the application *and* whose private key lies in keep. With
    `file` it is the vendor's, who holds the key: found by its thumbprint. `days` is clamped to the
    tenant's app management policy. `set_up` is the set-up that it belongs to where that isn't this
    one, `beside` the certificate that it is made beside, so that there is one more in any case. `proof` is a key of 24 hours that only serves the proof;
    a plan brings it and takes it away (`gone`), a playbook can't.
    """

    do: ClassVar[str] = "certificate"
    key: ClassVar[tuple[str, ...]] = ("app",)
    offers: ClassVar[tuple[str, ...]] = ("thumbprint", "not_after", "subject")
    needs: ClassVar[tuple[Right, ...]] = (APPLICATION_ADMINISTRATOR,)
    passing: ClassVar[tuple[str, ...]] = ("days_left", "others")
    told: ClassVar[tuple[str, ...]] = ("proof", "gone")

    app: str
    file: str = ""
    days: int = 365
    set_up: str = ""
    beside: str = ""
    proof: bool = False
    gone: bool = False

    @property
    def title(self) -> str:
        """Name the thing."""
        if self.proof:
            return "key of 24 hours for the proof" + (", taken away again" if self.gone else "")
        if self.file:
            return f"the vendor's certificate {Path(self.file).name}"
        return f"certificate made here, private key kept here, for {self.days} days"

    @property
    def prefix(self) -> str:
        """Begin the names of this set-up's keys in keep."""
        return f"{self.name}-proof-" if self.proof else f"{self.name}-key-"

    @property
    def name(self) -> str:
        """Name the set-up whose key it is."""
        return f"mailgrant-{self.set_up}" if self.set_up else self.mark.name

    def fitted(self, tenant: Tenant) -> "Certificate":
        """Clamp the lifetime to what the tenant's policy allows."""
        if self.file or self.proof:
            return self
        limit = tenant.graph.longest_certificate_days()
        return replace(self, days=min(self.days, limit)) if limit else self

    def read(self, tenant: Tenant) -> State | None:
        """Look at the application's certificates; ours is the one that ends last."""
        entries = tenant.graph.certificates(self.app)
        if entries is None:
            return None
        there = {thumbprint_in(entry): entry for entry in entries}
        ours = self._ours(tenant, there)
        if not ours:
            return None
        last = max(ours, key=lambda thumbprint: str(there[thumbprint].get("endDateTime")))
        end = datetime.fromisoformat(there[last]["endDateTime"])
        return {
            "app": self.app,
            "thumbprint": last,
            "subject": there[last].get("displayName") or "",
            "not_after": end.date().isoformat(),
            "days_left": (end - tenant.protocol_clock.now()).days,
            "others": frozenset(there) - {last},
        }

    def wanted(self, found: State | None) -> State | None:
        """Want the vendor's certificate, or one made here; one good for 90 more days wants itself."""
        if self.gone:
            return None
        if self.file:
            return {"app": self.app, "thumbprint": self._vendor().thumbprint}
        if found and int(str(found["days_left"])) >= self._enough:
            return {"app": self.app, "thumbprint": found["thumbprint"]}
        return {
            "app": self.app,
            "thumbprint": Later(f"made when applied, valid for {self._days} days"),
        }

    def write(self, tenant: Tenant, change: Change) -> None:
        """Add our certificate to the application's list, or take it out; the others stay."""
        if change.after is None and tenant.graph.certificates(self.app) is None:
            return
        entries = tenant.graph.settled_certificates(self.app)
        there = {thumbprint_in(entry) for entry in entries}
        wanted = (change.after or {}).get("thumbprint")
        if wanted is None or wanted in there:  # gone, or back to an earlier one
            self._remove(tenant, entries, (change.before or {}).get("thumbprint"))
            return
        if change.before is None and self._ours(tenant, {thumbprint_in(e): e for e in entries}):
            return  # it is there: a replica that lagged hid it
        public = self._vendor() if self.file else self._make(tenant, there)
        if public.thumbprint in there:
            return
        new = {
            "type": "AsymmetricX509Cert",
            "usage": "Verify",
            "key": public.der,
            "displayName": f"{self.name}{'-proof' if self.proof else ''}",
        }
        tenant.graph.set_certificates(self.app, [*entries, new])

    def elsewhere(self, tenant: Tenant) -> State | None:
        """Look for this set-up's certificate whose private key lies on another computer."""
        theirs = [
            entry
            for entry in tenant.graph.certificates(self.app) or ()
            if entry.get("displayName") == self.name and entry.get("customKeyIdentifier")
        ]
        if not theirs or self.file:
            return None
        last = max(theirs, key=lambda entry: str(entry.get("endDateTime")))
        return {
            "app": self.app,
            "thumbprint": thumbprint_in(last),
            "subject": self.name,
            "not_after": str(last.get("endDateTime"))[:10],
        }

    def forget(self, tenant: Tenant) -> None:
        """Throw away the keys of this set-up whose certificate is on the application no more."""
        if self.file:
            return
        there = {thumbprint_in(entry) for entry in tenant.graph.last_certificates(self.app) or ()}
        for name in tenant.keep.names():
            if (
                name.startswith(self.prefix)
                and name.removeprefix(self.prefix).removesuffix(".pem").upper() not in there
            ):
                tenant.keep.remove(name)

    def review(self, before: State | None, seen: State) -> None:
        """Say loudly when a certificate of somebody else vanished while ours was written."""
        gone = texts(before, "others") - texts(seen, "others") - {(before or {}).get("thumbprint")}
        if gone:
            raise RefusedError(
                f"Certificates of others vanished from the application: {', '.join(sorted(map(str, gone)))}.",
                fix="Tell their owner at once and have them uploaded again: somebody else changed the list in the same seconds.",
            )

    def _remove(self, tenant: Tenant, entries: list[dict[str, Any]], thumbprint: object) -> None:
        staying = [entry for entry in entries if thumbprint_in(entry) != thumbprint]
        if len(staying) < len(entries):
            tenant.graph.set_certificates(self.app, staying)

    def _ours(self, tenant: Tenant, there: dict[str, dict[str, Any]]) -> list[str]:
        if self.file:
            thumbprint = self._vendor().thumbprint
            return [thumbprint] if thumbprint in there else []
        kept = {
            name.removeprefix(self.prefix).removesuffix(".pem").upper()
            for name in tenant.keep.names()
            if name.startswith(self.prefix)
        }
        return [each for each in there if each in kept and each != self.beside]

    def check(self, tenant: Tenant, found: State | None) -> None:
        """Refuse a vendor's file that is no certificate the application could sign in with."""
        if not self.file or found:
            return
        public, limit = self._vendor(), tenant.graph.longest_certificate_days()
        days = (public.not_after - public.not_before).days
        if limit and days > limit:
            raise RefusedError(
                f"The vendor's certificate lives {days} days, and this tenant's app management policy allows {limit}.",
                fix=f"Ask the vendor for one of at most {limit} days.",
            )

    def _vendor(self) -> "PublicCertificate":
        from toolkit import certificates

        path = Path(self.file)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise AnswerError(
                f"The vendor's certificate {path} can't be read: {error.strerror or error}.",
                fix="Put the file back, or draw a new plan with the right one.",
            ) from error
        return certificates.read(data, path.name)

    def _make(self, tenant: Tenant, there: set[str]) -> "PublicCertificate":
        """Take the key that an interrupted run made and never uploaded, or make one; keep it first."""
        from toolkit import certificates

        for name in tenant.keep.names():
            if name.startswith(self.prefix):
                kept = certificates.inspect(tenant.keep.get(name) or b"", None)[0]
                left = kept.days_left(tenant.protocol_clock.now())
                if kept.thumbprint not in there and left >= self._days - 1:
                    return kept
        pair = certificates.make(self.name, days=self._days, now=tenant.protocol_clock.now())
        name = f"{self.prefix}{pair.certificate.thumbprint.lower()}.pem"
        tenant.keep.put(name, pair.private_key.reveal_bytes() + pair.certificate.pem)
        return pair.certificate

    @property
    def fleeting(self) -> bool:
        """Tell whether it is made only to be taken away by the same run."""
        return self.proof

    @property
    def _enough(self) -> int:
        return 0 if self.proof else min(RENEW_DAYS, self.days // 4)

    @property
    def _days(self) -> int:
        return PROOF_DAYS if self.proof else self.days


def kept_key(keep: Keep, thumbprint: str) -> bytes:
    """Fetch a private key and its certificate from keep; raises NotFoundError where it isn't."""
    for name in keep.names():
        if name.endswith(f"-{thumbprint.lower()}.pem"):
            return keep.get(name) or b""
    raise NotFoundError(
        f"The private key of certificate {thumbprint} isn't in keep on this computer.",
        fix="The vendor holds it, or it lies where the set-up was made: run this there.",
    )
