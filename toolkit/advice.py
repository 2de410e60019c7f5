"""What a vendor should try and must know about an application that Exchange fences in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from toolkit import playbook, probes
from toolkit.allowed import EVERY_MAILBOX, Allowed
from toolkit.permissions import said_twice
from toolkit.plan import Plan
from toolkit.verdicts import Verdict
from toolkit.visible import moment, several

OUT_OF_REACH = "403 ErrorAccessDenied"
CACHE = (
    "Exchange remembers what an application may do for 30 minutes while it is quiet, and for up to "
    "two hours while it calls"
)
"""Source: learn.microsoft.com/exchange/permissions-exo/application-rbac."""


@dataclass(frozen=True)
class Trial:
    """One request the vendor makes to see for itself, and the right answer."""

    request: str
    expect: str


def trials(plan: Plan, known: Mapping[str, Any], allowed: tuple[Allowed, ...]) -> Iterator[Trial]:
    """List the requests that show that it works; a mailbox that was never asked for is left out."""
    scoped = any(each.fence for each in allowed)
    expected = {"inside": "200", **({"outside": OUT_OF_REACH} if scoped else {})}
    request = _request(allowed)
    for name, answer in expected.items():
        mailbox = playbook.fill(plan.book.proof.get(name, ""), known)
        if request and mailbox and mailbox in plan.answers.values():
            yield Trial(request.format(mailbox=mailbox), answer)


def _request(allowed: tuple[Allowed, ...]) -> str:
    """Write the request that tries a mailbox; empty where reading can't tell."""
    path = probes.probe_for(each.value for each in allowed if not each.as_whom)
    return f"GET {path.partition('?')[0]}" if path else ""


def warnings(
    plan: Plan,
    allowed: tuple[Allowed, ...],
    verdict: Verdict | None,
    theirs: set[bool],
    *,
    secret: bool = False,
) -> Iterator[str]:
    """Say what whoever runs the application must know; `theirs` tells for each key who holds it."""
    if verdict is not None and verdict.word == "pending" and verdict.until is not None:
        yield (
            f"Until about {moment(verdict.until)} mailboxes that are open to the application may "
            f"still refuse it ({OUT_OF_REACH}). {CACHE}. Don't call before then."
        )
    if any(each.fence for each in allowed):
        yield from _when_scoped(allowed)
    if any(each.as_whom for each in allowed):
        yield from _in_names(plan, allowed)
    if any(each.everywhere for each in allowed):
        yield f"This application may enter {EVERY_MAILBOX}, as we agreed to on our side."
    if True in theirs:
        yield "Never send us your private key: we need the public certificate only."
    if False in theirs:
        yield (
            "There is no private key in this sheet. It reaches whoever installs it over another "
            "channel, never by mail."
        )
    if secret:
        yield (
            "The client secret isn't in this sheet: its VALUE reaches whoever installs it over another "
            "channel, never by mail. It isn't the Secret ID, which looks like the client ID."
        )


def _in_names(plan: Plan, allowed: tuple[Allowed, ...]) -> Iterator[str]:
    """Say what signing people in takes; what it may do in their names was consented to here."""
    values = {each.value for each in allowed if each.as_whom}
    yield (
        f"Ask for exactly these permissions when people sign in: {several(values)}. We consented to "
        "them here, so nobody is asked; most tenants don't let people consent to more."
    )
    if twice := said_twice(values):
        yield f"{twice} We allowed all the same what your page asks for."
    if any((planned.change.after or {}).get("required") for planned in plan.changes):
        yield (
            "Only who is assigned to the application here can sign in; others get AADSTS50105. Tell "
            "us who needs it, rather than having them try again."
        )
    if any(value.startswith("Calendars.") for value in values):
        yield "Test it as somebody who has signed in: GET /me/calendar answers 200."


def _when_scoped(allowed: tuple[Allowed, ...]) -> Iterator[str]:
    granted = [each.value for each in allowed if not (each.fence or each.as_whom)]
    request = _request(allowed)
    if granted:
        yield (
            f"Your token's roles claim names {several(granted)} and no mailbox permission: "
            "that is right. Exchange decides which mailboxes it opens."
        )
    else:
        yield (
            "Your token carries no roles claim: that is right. Exchange decides which mailboxes "
            "it opens."
        )
        yield (
            (f"Test with {request.format(mailbox='{address}')}. " if request else "")
            + "Looking people up in the directory (GET /users/{address}) is refused: the "
            "application has no right to do so."
        )
    yield (
        "Nobody may press 'Grant admin consent' for this application in the portal: it would open "
        "every mailbox."
    )
    yield (
        f"A mailbox outside the group answers {OUT_OF_REACH}: that is the fence, no fault. One that "
        f"joins the group may answer so for up to two hours: {CACHE}."
    )
