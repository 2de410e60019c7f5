"""Proof of delegated access: one person signs in through the application, and one calendar is read.

For that an address on this computer is registered, in a run of its own that is taken back at the end
however it ends. A run that was cut is taken back by the next one, by `runs resume` or by `undo`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from toolkit import days, engine
from toolkit import undo as taking_back
from toolkit.errors import RefusedError, UnreachableError
from toolkit.home import Home, Run
from toolkit.plan import Plan
from toolkit.setups import SetUp, Target
from toolkit.steps.credential import Credential
from toolkit.systems import browser
from toolkit.systems.loopback import Listener
from toolkit.systems.sign_in import SignInError
from toolkit.systems.tenant import Tenant
from toolkit.systems.visit import Visit, Visitor
from toolkit.verdicts import Verdict, Word

KIND = "probe"
CALENDAR = "/me/calendar?$select=id"
"""Source: learn.microsoft.com/graph/api/calendar-get"""
READS = "Calendars."
GOOD, REFUSED = 200, (403, 404)
TO_TAKE_BACK = "The address on this computer is to be taken away again."


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who is to sign in: the name and the object id."""

    name: str
    id: str


def credential_of(found: SetUp) -> Credential:
    """Tell what a set-up's application signs in with; raises RefusedError where that isn't known here."""
    credential = Credential(
        thumbprint=str(found.seen("certificate").get("thumbprint", "")),
        secret_id=str(found.seen("client_secret").get("key_id", "")),
    )
    if not credential:
        raise RefusedError(
            f"{found.name} has no certificate and no secret that is kept on this computer, so nothing can be redeemed.",
            fix="Run this where it was set up; where the vendor holds the key, the vendor's own page is the proof.",
        )
    return credential


def refuse_what_reads_nothing(name: str, scopes: Collection[str]) -> None:
    """Refuse to try an application that may read no calendar."""
    if not any(scope.startswith(READS) for scope in scopes):
        raise RefusedError(
            f"{name} asks for no calendar, and the probe reads nothing else.",
            fix="The vendor's own page is the proof: `accounts authorize` with --connect opens it.",
        )


def left_over(home: Home, of: Target, tenant: Tenant) -> list[Run]:
    """List the probes of this application that were cut before all was taken back."""
    set_up = f"{of.mark.playbook}-{of.mark.instance}"
    return [
        run
        for run in home.runs()
        if run.set_up[:2] == (tenant.id, KIND)
        and run.state != "undone"
        and run.plan()["answers"].get("set_up") == set_up
    ]


def put_up(drawn: Plan, run: Run, tenant: Tenant, show: engine.Show) -> None:
    """Register the address; the run stays pending until it is taken back."""
    days.carry_out(drawn, run, tenant, show, wait=timedelta())
    run.journal.add("pending", until=None, why=TO_TAKE_BACK)


def take_back(run: Run, tenant: Tenant, show: engine.Show) -> None:
    """Take the address away."""
    taking_back.undo(run, tenant, show, force=False, delete=False)


# ---- the sign-in ----


def look(
    visit: Visit,
    scopes: Collection[str],
    person: Person,
    listener: Listener,
    tenant: Tenant,
    *,
    wait: timedelta,
    opens: bool,
) -> Verdict:
    """Have the person sign in, and read one calendar in their name."""
    address = visit.begin(scopes, address=listener.address, state=listener.state, hint=person.name)
    browser.show(address, f"{person.name} signs in", tenant.prompts, opens=opens)
    end = tenant.protocol_clock.now() + wait
    minutes = f"until {end:%H:%M} UTC on this computer's clock"
    tenant.prompts.waiting(f"{person.name} signs in in the browser ({minutes})", None)
    answer = listener.wait(end, tenant.protocol_clock)
    if answer is None:
        return _verdict(
            tenant,
            "unknown",
            f"Nobody came back from the sign-in {minutes}. What the page said counts: Entra keeps some refusals to itself.",
        )
    try:
        visitor = visit.redeem(answer)
    except SignInError as error:
        return _verdict(tenant, "failed", f"Entra refused: {error.message} {error.fix}")
    except UnreachableError as error:
        return _verdict(tenant, "unknown", f"{error.message} {error.fix}")
    if visitor.id != person.id:
        why = f"Somebody else signed in: {visitor.name or visitor.id}, not {person.name}. Nothing was read."
        return _verdict(tenant, "failed", f"{why} Choose the right account, or a private window.")
    return _read(visitor, person, tenant)


def _read(visitor: Visitor, person: Person, tenant: Tenant) -> Verdict:
    """Read the calendar of whoever signed in."""
    graph = tenant.graph_of(visitor.identity)
    try:
        answer = graph.request("GET", CALENDAR)
    except UnreachableError as error:
        return _verdict(tenant, "unknown", f"{person.name} signed in, and {error.message}")
    finally:
        graph.close()
    said = f"HTTP {answer.status} {answer.code}".rstrip()
    if answer.status == GOOD and isinstance(answer.body, dict) and answer.body.get("id"):
        why = (
            f"{person.name} signed in through the application, and their calendar opened ({said})."
        )
        return _verdict(tenant, "proved", why)
    if answer.status in REFUSED:
        why = f"{person.name} signed in, and the calendar didn't open ({said}): {answer.message}"
        return _verdict(tenant, "failed", why)
    return _verdict(tenant, "unknown", f"{person.name} signed in; the calendar answered {said}.")


def _verdict(tenant: Tenant, word: Word, why: str) -> Verdict:
    return Verdict(word=word, why=why, at=tenant.clock.now())
