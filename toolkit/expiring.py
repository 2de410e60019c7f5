"""Which certificates and client secrets end soon or have ended, whose they are, and what to do."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from toolkit import marks, setups
from toolkit.certificates import thumbprint_of
from toolkit.reminders import Reminder
from toolkit.steps.base import Mark
from toolkit.systems import graph_credentials
from toolkit.systems.tenant import Tenant
from toolkit.visible import visible

AHEAD = timedelta(days=30)
"""So long before the end a calendar reminds."""
CERTIFICATE, SECRET, SAML = "certificate", "client secret", "SAML signing certificate"
COMMANDS = {CERTIFICATE: "certificates rollover", SECRET: "secrets new"}
"""What mailgrant does for its own set-ups."""
PORTAL = {
    CERTIFICATE: "Ask its owner, who adds a new one in Entra: App registrations, Certificates & secrets.",
    SECRET: "Ask its owner, who adds a new one in Entra: App registrations, Certificates & secrets.",
    SAML: "Make a new one in Entra: Enterprise applications, Single sign-on, SAML certificates.",
}
OF_ENTERPRISE = (
    "Ask its owner. It is the enterprise application's own, which Entra's pages don't show:"
    " Get-MgServicePrincipal does."
)
Holder = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Ending:
    """A certificate or secret and its end; `ends` is None where Entra names none.

    `command` is what mailgrant does about it, `advice` what a person does where there is none.
    """

    application: str
    client_id: str
    kind: str
    name: str
    thumbprint: str
    key_id: str
    ends: datetime | None
    days: int | None
    owner: str
    command: str
    advice: str

    def as_json(self) -> dict[str, Any]:
        """Write it as JSON."""
        return {**vars(self), "ends": self.ends.isoformat() if self.ends else None}


def soon(tenant: Tenant, within: timedelta, *, every: bool) -> list[Ending]:
    """List what ends within the time, or has ended, of mailgrant's set-ups or of all; first to end first.

    What ends is judged by the clock by which signing in with it is: a secret by tenant time, a
    certificate by protocol time. They differ on the practice tenant only.
    """
    # What was taken as it is has the mark on its application alone: what its enterprise application
    # may hold besides is seen with `every`.
    tag = "" if every else setups.TAG.removesuffix(":")
    registered = graph_credentials.registered(tenant.graph, tag)
    enterprise = graph_credentials.enterprise(tenant.graph, tag)
    ours, owners = _ours([*enterprise, *registered]), _owners(enterprise)
    found = []
    for holder, own in (
        *((one, False) for one in registered),
        *((one, True) for one in enterprise),
    ):
        mark, owner = ours.get(holder["appId"]), owners.get(holder["appId"], "")
        for kind, entry in _credentials(holder):
            now = (tenant.clock if kind == SECRET else tenant.protocol_clock).now()
            ends = _moment(entry.get("endDateTime"))
            if ends is None or ends <= now + within:
                command, advice = _next_move(kind, entry, mark, of_enterprise=own)
                found.append(
                    Ending(
                        **_names(holder, kind, entry),
                        kind=kind,
                        ends=ends,
                        days=(ends - now).days if ends else None,
                        owner=visible(owner),
                        command=command,
                        advice=advice,
                    )
                )
    last = datetime.max.replace(tzinfo=UTC)
    return sorted(found, key=lambda one: (one.ends or last, one.application, one.key_id))


def remind(endings: Iterable[Ending], tenant: str, now: datetime) -> list[Reminder]:
    """Make a reminder of each, thirty days before its end, or today where that is over."""
    made = []
    for one in endings:
        day = max((one.ends - AHEAD).date(), now.date()) if one.ends else now.date()
        what = f"{one.kind} of {one.application}"
        verb = "ended" if one.days is not None and one.days < 0 else "ends"
        end = f"{verb} on {one.ends:%Y-%m-%d}" if one.ends else "has an end that Entra doesn't tell"
        names = [text for text in (one.name, one.thumbprint, f"client id {one.client_id}") if text]
        owner = [f"Owner: {one.owner}"] if one.owner else []
        move = f"mailgrant {one.command}" if one.command else one.advice
        made.append(
            Reminder(
                uid=f"{uuid5(NAMESPACE_URL, f'{tenant}/{one.client_id}/{one.key_id}')}@mailgrant",
                day=day,
                title=f"{what} {end}",
                text="\n".join([f"The {what} {end}.", *names, *owner, move]),
            )
        )
    return made


def _ours(holders: Iterable[Holder]) -> dict[str, Mark]:
    """Tell which set-up an application belongs to, by its client id."""
    found = ((holder["appId"], setups.mark_of(holder)) for holder in holders)
    return {client_id: mark for client_id, mark in found if mark is not None}


def _owners(enterprise: Iterable[Holder]) -> dict[str, str]:
    """Tell who owns a set-up, where its answers are noted: a list of owners takes a request each."""
    noted = ((each["appId"], marks.answers_in(each.get("notes") or "")) for each in enterprise)
    return {
        client_id: str(answers["owner"])
        for client_id, answers in noted
        if answers and answers.get("owner")
    }


def _credentials(holder: Holder) -> Iterator[tuple[str, Holder]]:
    """List certificates and secrets, each once.

    A certificate that signs SAML is there three times: to sign, to verify, and as the password of
    the key to sign. All have one customKeyIdentifier, the two private ones one keyId. Source:
    learn.microsoft.com/graph/api/serviceprincipal-addtokensigningcertificate
    """
    keys = holder.get("keyCredentials") or []
    signing = {key.get("customKeyIdentifier") for key in keys if key.get("usage") == "Sign"}
    private = {key["keyId"] for key in keys if key.get("usage") == "Sign"}
    for key in keys:
        if key["keyId"] not in private:
            saml = key.get("customKeyIdentifier") in signing
            yield SAML if saml else CERTIFICATE, key
    for secret in holder.get("passwordCredentials") or []:
        if secret["keyId"] not in private:
            yield SECRET, secret


def _next_move(
    kind: str, entry: Holder, mark: Mark | None, *, of_enterprise: bool
) -> tuple[str, str]:
    """Tell what mailgrant does about it, or else what a person does."""
    if kind == SAML:
        return "", PORTAL[SAML]
    if of_enterprise:
        return "", OF_ENTERPRISE
    if mark is None:
        return "", PORTAL[kind]
    if entry.get("displayName") == f"{mark.name}-proof":
        return "runs resume", ""  # which takes it away
    return f"{COMMANDS[kind]} {mark.name}", ""


def _names(holder: Holder, kind: str, entry: Holder) -> dict[str, str]:
    return {
        "application": visible(str(holder.get("displayName") or holder["appId"])),
        "client_id": holder["appId"],
        "name": visible(str(entry.get("displayName") or "")),
        "thumbprint": ""
        if kind == SECRET
        else thumbprint_of(entry.get("customKeyIdentifier") or ""),
        "key_id": entry["keyId"],
    }


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
