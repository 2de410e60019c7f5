"""A client secret the application signs in with: made by Entra, shown once, kept here at once."""

import json
import re
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from toolkit.errors import AnswerError, NotFoundError, OutcomeUnknownError, RefusedError
from toolkit.secret import Keep, Secret
from toolkit.state import Change, Later, State, texts
from toolkit.steps.app import APPLICATION_ADMINISTRATOR
from toolkit.steps.base import Right, Step
from toolkit.systems import graph_secrets
from toolkit.systems.settling import settled
from toolkit.systems.tenant import Tenant

RENEW_DAYS = 90
MOST_DAYS = 730
"""What Entra's own pages offer at most: 24 months."""
NONCE_BYTES = 4
UNSURE_SECONDS = 120.0
"""How long a secret whose answer was lost may take to be seen on every server."""
TRIES = 3
ASKED, KEPT = ".asked", ".json"
NONCE = "[0-9a-f]{8}"
NAME_IN_KEEP = re.compile(rf"({NONCE})(\.asked|\.json)")


@dataclass(frozen=True, kw_only=True)
class ClientSecret(Step):
    """One secret beside the others of an application; those of others are never touched.

    Ours is a secret on the application *and* its value in keep. Its name holds a nonce that lies
    in keep before Entra is asked, so a secret whose answer was lost is found by its name, removed
    and made again: nobody ever had its value. `days` is clamped to the tenant's policy. `set_up`
    is the set-up that it belongs to where that isn't this one; `beside` is the id of the secret
    that it is made beside, so that there is one more in any case.
    """

    do: ClassVar[str] = "client_secret"
    key: ClassVar[tuple[str, ...]] = ("app",)
    offers: ClassVar[tuple[str, ...]] = ("key_id", "name", "not_after")
    needs: ClassVar[tuple[Right, ...]] = (APPLICATION_ADMINISTRATOR,)
    passing: ClassVar[tuple[str, ...]] = ("days_left", "others", "unsure")

    app: str
    days: int = 365
    set_up: str = ""
    beside: str = ""

    @property
    def title(self) -> str:
        """Name the thing."""
        return f"client secret made by Entra, its value kept here, for {self.days} days"

    @property
    def begin(self) -> str:
        """Begin the names of this set-up's secrets on the application."""
        return f"{f'mailgrant-{self.set_up}' if self.set_up else self.mark.name}-"

    @property
    def prefix(self) -> str:
        """Begin the names of this set-up's secrets in keep."""
        return f"{self.begin}secret-"

    def fitted(self, tenant: Tenant) -> "ClientSecret":
        """Clamp the lifetime to what the tenant's policy allows."""
        limit = graph_secrets.longest_days(tenant)
        return replace(self, days=min(self.days, limit)) if limit else self

    def read(self, tenant: Tenant) -> State | None:
        """Look at the application's secrets; ours is the one made last."""
        entries = graph_secrets.listed(tenant, self.app)
        if entries is None:
            return None
        kept = self._nonces(tenant, KEPT)
        ours = [e for e in entries if self._nonce(e) in kept and e["keyId"] != self.beside]
        if not ours:
            return None
        last = max(ours, key=lambda entry: str(entry.get("startDateTime")))
        end = datetime.fromisoformat(last["endDateTime"])
        return {
            "app": self.app,
            "key_id": last["keyId"],
            "name": str(last.get("displayName")),
            "not_after": end.date().isoformat(),
            "days_left": (end - tenant.clock.now()).days,
            "others": frozenset(str(e["keyId"]) for e in entries) - {last["keyId"]},
            "unsure": self._nonces(tenant, ASKED),
        }

    def wanted(self, found: State | None) -> State | None:
        """Want a secret; one that is good for 90 more days wants itself, and nothing left unsure."""
        if found and int(str(found["days_left"])) >= min(RENEW_DAYS, self.days // 4):
            return {"app": self.app, "key_id": found["key_id"], "unsure": frozenset()}
        return {
            "app": self.app,
            "key_id": Later(f"made when applied, valid for {self.days} days"),
            "unsure": frozenset(),
        }

    def refuse(self) -> None:
        """Refuse a lifetime that nobody gets."""
        if not 1 <= self.days <= MOST_DAYS:
            raise AnswerError(
                f"A client secret can't live {self.days} days.",
                fix=f"Give 1 to {MOST_DAYS} days; a year is usual.",
            )

    def check(self, tenant: Tenant, found: State | None) -> None:
        """Refuse a secret that the tenant's policy doesn't let be made."""
        if not found and graph_secrets.forbidden(tenant):
            raise RefusedError(
                "This tenant's app management policy lets nobody add a client secret.",
                fix="A certificate does the same and is allowed: ask whether the vendor takes one (mailgrant's playbooks "
                "for Microsoft Graph make it). Otherwise whoever owns the policy must exempt this application.",
            )

    def write(self, tenant: Tenant, change: Change) -> None:
        """Add our secret, or remove it; first remove what an earlier try may have left."""
        if change.after is None and graph_secrets.listed(tenant, self.app) is None:
            return
        for nonce in sorted(self._nonces(tenant, ASKED)):
            self._settle(tenant, nonce)
        before, wanted = (change.before or {}).get("key_id"), (change.after or {}).get("key_id")
        if wanted == before and before is not None:
            return
        entries = graph_secrets.listed(tenant, self.app) or []
        there = {entry["keyId"] for entry in entries}
        if wanted is None or wanted in there:  # gone, or back to an earlier one
            cut = isinstance(before, Later)
            for each in self._hidden(tenant, change) if cut else {before} - {None}:
                graph_secrets.remove(tenant, self.app, str(each))
                self._throw_away(tenant, str(each))
        elif not self._hidden(tenant, change):
            self._make(tenant)

    def elsewhere(self, tenant: Tenant) -> State | None:
        """Look for this set-up's secret whose value lies on another computer."""
        theirs = [e for e in graph_secrets.listed(tenant, self.app) or () if self._nonce(e)]
        if not theirs:
            return None
        last = max(theirs, key=lambda entry: str(entry.get("startDateTime")))
        return {
            "app": self.app,
            "key_id": last["keyId"],
            "name": str(last["displayName"]),
            "not_after": str(last["endDateTime"])[:10],
            "unsure": frozenset(),
        }

    def forget(self, tenant: Tenant) -> None:
        """Throw away the values whose secret is on the application no more, and what a cut left."""
        for nonce in sorted(self._nonces(tenant, ASKED)):
            self._settle(tenant, nonce)
        entries = graph_secrets.listed(tenant, self.app) or ()
        there = {self._nonce(entry) for entry in entries}
        for nonce in self._nonces(tenant, KEPT) - there:
            tenant.keep.remove(f"{self.prefix}{nonce}{KEPT}")

    def matching(self, tenant: Tenant, value: Secret) -> tuple[str, str, Secret] | None:
        """Find this set-up's secret that a value is of: its name in keep, its id, and what is kept.

        Which one it is Entra's hint tells: the first characters of the value.
        Source: learn.microsoft.com/graph/api/resources/passwordcredential
        """
        begun = [
            entry
            for entry in graph_secrets.listed(tenant, self.app) or ()
            if self._nonce(entry) and value.reveal().startswith(str(entry.get("hint") or ""))
        ]
        if not begun:
            return None
        last = max(begun, key=lambda entry: str(entry.get("startDateTime")))
        ends = str(last["endDateTime"])
        given = graph_secrets.Given(key_id=str(last["keyId"]), value=value, ends=ends)
        return f"{self.prefix}{self._nonce(last)}{KEPT}", given.key_id, _as_kept(given)

    def _throw_away(self, tenant: Tenant, key_id: str) -> None:
        """Throw away the value of a secret that is removed; a lagging replica may go on showing it."""
        for nonce in self._nonces(tenant, KEPT):
            name = f"{self.prefix}{nonce}{KEPT}"
            if json.loads(tenant.keep.get(name) or b"{}").get("key_id") == key_id:
                tenant.keep.remove(name)

    def _hidden(self, tenant: Tenant, change: Change) -> frozenset[str]:
        """List what is there and a lagging replica hid: Entra has given us its value."""
        found, wanted = change.before or {}, (change.after or {}).get("key_id")
        known = {self.beside, *texts(found, "others"), str(found.get("key_id")), str(wanted)}

        def look() -> tuple[frozenset[str], bool]:
            entries = graph_secrets.listed(tenant, self.app) or ()
            shown = {self._nonce(e): str(e["keyId"]) for e in entries}
            kept = self._nonces(tenant, KEPT)
            new = frozenset(shown[nonce] for nonce in kept & shown.keys()) - known
            return new, bool(kept - shown.keys())

        new, missing = look()
        if new or not missing:
            return new
        what = "the client secret whose value is kept here"
        waited = settled(lambda: look()[0] or None, tenant, what, seconds=UNSURE_SECONDS)
        return waited or frozenset()

    def _make(self, tenant: Tenant) -> None:
        """Have a secret made; where the answer is lost, find what was made, remove it, try again."""
        for left in reversed(range(TRIES)):
            nonce = secrets.token_hex(NONCE_BYTES)
            asked = f"{self.prefix}{nonce}{ASKED}"
            tenant.keep.put(asked, b"{}")
            ends = tenant.clock.now() + timedelta(days=self.days)
            try:
                given = graph_secrets.add(tenant, self.app, f"{self.begin}{nonce}", ends)
            except OutcomeUnknownError:
                self._settle(tenant, nonce)
                if not left:
                    raise
                continue
            tenant.keep.put(f"{self.prefix}{nonce}{KEPT}", _as_kept(given).reveal_bytes())
            tenant.keep.remove(asked)
            return

    def _settle(self, tenant: Tenant, nonce: str) -> None:
        """Remove a secret that was asked for and whose value nobody has, wherever it shows up."""
        asked = f"{self.prefix}{nonce}{ASKED}"
        if nonce not in self._nonces(tenant, KEPT):
            what = "the client secret whose answer was lost"
            found = settled(
                lambda: self._named(tenant, nonce), tenant, what, seconds=UNSURE_SECONDS
            )
            if found is not None:
                graph_secrets.remove(tenant, self.app, found)
        tenant.keep.remove(asked)

    def _named(self, tenant: Tenant, nonce: str) -> str | None:
        entries = graph_secrets.listed(tenant, self.app) or ()
        return next((str(e["keyId"]) for e in entries if self._nonce(e) == nonce), None)

    def _nonce(self, entry: dict[str, Any]) -> str:
        """Tell the nonce in a secret's name; empty where the name isn't one of this set-up's."""
        name = str(entry.get("displayName") or "")
        nonce = name.removeprefix(self.begin)
        return nonce if name != nonce and re.fullmatch(NONCE, nonce) else ""

    def _nonces(self, tenant: Tenant, ending: str) -> frozenset[str]:
        """List the nonces in keep: of the values that are there, or of those only asked for."""
        rest = [
            n.removeprefix(self.prefix) for n in tenant.keep.names() if n.startswith(self.prefix)
        ]
        found = [NAME_IN_KEEP.fullmatch(each) for each in rest]
        return frozenset(match[1] for match in found if match and match[2] == ending)


def _as_kept(given: graph_secrets.Given) -> Secret:
    kept = {"key_id": given.key_id, "value": given.value.reveal(), "ends": given.ends}
    return Secret(json.dumps(kept))


def kept_secret(keep: Keep, key_id: str) -> Secret:
    """Fetch a secret's value from keep by its id; raises NotFoundError where it isn't."""
    for name in keep.names():
        if "-secret-" in name and name.endswith(KEPT):
            kept = json.loads(keep.get(name) or b"{}")
            if kept.get("key_id") == key_id:
                return Secret(str(kept["value"]))
    raise NotFoundError(
        f"The value of client secret {key_id} isn't in keep on this computer.",
        fix="Run this where it was made, or make a new one there: mailgrant secrets new APP.",
    )
