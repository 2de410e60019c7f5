"""What is checked before the first write: the mailboxes of the proof, and what can't be both."""

from toolkit import playbook
from toolkit.errors import AnswerError, RefusedError
from toolkit.inputs import MAIL_ADDRESS, Answers
from toolkit.playbook import Playbook
from toolkit.steps.base import Mark
from toolkit.steps.mailboxes import CLOUD_MAILBOXES, address_of
from toolkit.steps.reach import Reach
from toolkit.systems.tenant import Tenant

OTHERS = {
    "GuestMailUser": "a guest, who has no mailbox here",
    "MailUser": "a mail user: its mailbox lies outside this tenant or on-premises",
    "RemoteUserMailbox": "an on-premises mailbox",
    "MailContact": "a contact",
    "MailUniversalSecurityGroup": "a group",
    "MailUniversalDistributionGroup": "a distribution list",
    "GroupMailbox": "a Microsoft 365 group",
    "LegacyMailbox": "a mailbox of an old Exchange",
}
WRONG_SIDE = {
    True: "isn't one of the mailboxes that the application will be let into.",
    False: "must stay closed, and is one of the mailboxes that the application will be let into.",
}
INVOKE_COMMAND = (
    "Exchange is asked through the same endpoint as its PowerShell module (InvokeCommand), for which "
    "Microsoft publishes no contract."
)


def check(book: Playbook, answers: Answers, tenant: Tenant) -> tuple[str, ...]:
    """Refuse answers that can't work in this tenant; give back what the plan must mention."""
    mark = Mark(book.name, str(answers["instance"]))
    for entry in book.active(answers):
        playbook.build(entry, answers, mark).refuse()
    if not any(entry.kind.cmdlets for entry in book.active(answers)):
        return ()
    said = [book.proof[name] for name in ("inside", "outside") if name in book.proof]
    mailboxes = [playbook.fill(each, answers) for each in said]
    mailboxes = [str(each) for each in mailboxes if str(each) in answers.values()]
    if len(mailboxes) != len(set(mailboxes)):
        raise AnswerError(
            f"{mailboxes[0]} can't be inside and outside at once.",
            fix="Name a mailbox that may be entered, and another one that must stay closed.",
        )
    tenant.exchange.foresee(_addresses(answers))
    for mailbox in mailboxes:
        _cloud_mailbox(tenant, mailbox)
    return (INVOKE_COMMAND,)


def hold_against(reach: Reach, book: Playbook, answers: Answers, tenant: Tenant) -> None:
    """Refuse mailboxes for the proof that a scope will put on the wrong side of the fence.

    One that lets everybody in is an alarm of its own.
    """
    if reach.alarm or not reach.addresses:
        return
    for name, belongs in (("inside", True), ("outside", False)):
        mailbox = str(playbook.fill(book.proof.get(name, ""), answers))
        row = tenant.exchange.find("Get-Recipient", Identity=mailbox) if mailbox else None
        if row is None or mailbox not in answers.values():
            continue
        if (address_of(row) in reach.addresses) != belongs:
            raise AnswerError(
                f"{mailbox} {WRONG_SIDE[belongs]}",
                fix=f"Name another mailbox for {name}, or change which mailboxes are meant.",
            )


def _addresses(answers: Answers) -> list[str]:
    """List the answers that are mail addresses."""
    every = [each for a in answers.values() for each in (a if isinstance(a, tuple) else (a,))]
    return [each for each in every if isinstance(each, str) and MAIL_ADDRESS.fullmatch(each)]


def _cloud_mailbox(tenant: Tenant, address: str) -> None:
    row = tenant.exchange.find("Get-Recipient", Identity=address)
    if row is None:
        raise AnswerError(
            f"There is no mailbox {address} in this tenant.",
            fix="Check the spelling of the address.",
        )
    kind = str(row.get("RecipientTypeDetails", ""))
    if kind not in CLOUD_MAILBOXES:
        raise RefusedError(
            f"{address} is {OTHERS.get(kind, kind)}. The proof needs a mailbox of a person, a room or a share in Exchange Online.",
            fix="Name another mailbox.",
        )
