"""Which mailboxes are inside a group, a filter or an administrative unit: counted before anybody says yes."""

from collections.abc import Iterable, Iterator
from typing import Any

from toolkit import recipient_filter
from toolkit.errors import AnswerError, RefusedError
from toolkit.steps.reach import Reach, reach_of
from toolkit.systems import graph_units
from toolkit.systems.exchange_online import CmdletError
from toolkit.systems.tenant import Tenant
from toolkit.visible import several

CMDLETS = frozenset({"Get-Recipient", "Get-DistributionGroupMember"})
CLOUD_MAILBOXES = ("UserMailbox", "SharedMailbox", "RoomMailbox", "EquipmentMailbox")
GROUPS = ("MailUniversalSecurityGroup", "MailUniversalDistributionGroup", "GroupMailbox")
MOST_NESTED = 50
EVERY_MAILBOX = "The filter fits EVERY mailbox of the tenant."
NESTED = (
    "Members of groups inside {where} are not let in: {count} mailboxes stay outside ({groups})."
)
WITHOUT = "{count} members of {where} have no mailbox in Exchange Online: {names}."


def address_of(row: dict[str, Any]) -> str:
    """Name a recipient by its address, or by its id where it has none."""
    return str(
        row.get("PrimarySmtpAddress") or row.get("ExternalDirectoryObjectId") or row.get("Name", "")
    ).lower()


def members_of(tenant: Tenant, group: str) -> list[dict[str, Any]]:
    """List the direct members of a group (Get-DistributionGroupMember), whatever they are."""
    return list(
        tenant.exchange.run("Get-DistributionGroupMember", Identity=group, ResultSize="Unlimited")
    )


def in_groups(tenant: Tenant, groups: Iterable[str], where: str) -> Reach:
    """Count the mailboxes that are direct members, and say who isn't: members of nested groups.

    Source: learn.microsoft.com/exchange/permissions-exo/application-rbac ("direct members only").
    """
    rows = [row for group in groups for row in members_of(tenant, group)]
    kinds = {address_of(row): str(row.get("RecipientTypeDetails", "")) for row in rows}
    inside = {address for address, kind in kinds.items() if kind in CLOUD_MAILBOXES}
    nested = {address for address, kind in kinds.items() if kind in GROUPS}
    others = set(kinds) - inside - nested
    remarks = []
    if nested:
        missed = set(_mailboxes_below(tenant, nested)) - inside
        remarks.append(
            NESTED.format(where=where, count=len(missed), groups=several(sorted(nested)))
        )
    if others:
        remarks.append(WITHOUT.format(where=where, count=len(others), names=several(others)))
    return reach_of(inside, remarks)


def _mailboxes_below(tenant: Tenant, groups: Iterable[str]) -> Iterator[str]:
    """Walk through groups inside groups, each once, at most fifty."""
    waiting, seen = list(groups), set(groups)
    for group in waiting[:MOST_NESTED]:
        for row in members_of(tenant, group):
            address, kind = address_of(row), row.get("RecipientTypeDetails")
            if kind in CLOUD_MAILBOXES:
                yield address
            elif kind in GROUPS and address not in seen and len(waiting) < MOST_NESTED:
                seen.add(address)
                waiting.append(address)


def fitting(tenant: Tenant, text: str) -> Reach:
    """Preview a filter; one that fits nobody is refused, one that fits everybody is an alarm."""
    recipient_filter.check(text)
    try:
        found = _preview(tenant, text, size="Unlimited")
        rest = _preview(tenant, recipient_filter.opposite(text), size="1") if found else []
    except CmdletError as error:
        raise AnswerError(
            f"Exchange doesn't take the filter: {error.words[:300]}",
            fix=f"{recipient_filter.EXAMPLE}. Properties: learn.microsoft.com/powershell/exchange/recipientfilter-properties",
        ) from error
    if not found:
        raise nobody(f"No mailbox fits the filter {text}.")
    alarm = "" if rest else EVERY_MAILBOX
    return reach_of((address_of(row) for row in found), alarm=alarm)


def _preview(tenant: Tenant, text: str, *, size: str) -> list[dict[str, Any]]:
    return list(
        tenant.exchange.run(
            "Get-Recipient",
            RecipientPreviewFilter=text,
            RecipientTypeDetails=list(CLOUD_MAILBOXES),
            ResultSize=size,
        )
    )


def in_unit(tenant: Tenant, unit: str) -> Reach:
    """Count the people of an administrative unit who have an address."""
    people = graph_units.people_in(tenant.graph, unit)
    listed = {str(each["mail"]).lower() for each in people if each.get("mail")}
    if not listed:
        raise nobody(f"Nobody with a mailbox is in the administrative unit {unit}.")
    return reach_of(listed)


def nobody(said: str) -> RefusedError:
    """Say that a scope would let the application in nowhere."""
    return RefusedError(
        said, fix="Check it for a typing mistake; a scope that lets nobody in can't be proved."
    )
