"""The four ways to say which mailboxes an application may enter: one group, several, a filter, a unit."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from toolkit import recipient_filter
from toolkit.errors import AnswerError, NotYetError, RefusedError
from toolkit.inputs import MAIL_ADDRESS
from toolkit.state import Later, State, has_later
from toolkit.steps import mailboxes
from toolkit.steps.base import Mark, Right
from toolkit.steps.reach import Reach
from toolkit.steps.security_group import EXCHANGE_ADMINISTRATOR, KINDS, SECURITY_GROUP
from toolkit.systems import graph_units
from toolkit.systems.tenant import Tenant

GROUP, GROUPS, FILTER, UNIT = "group", "groups", "filter", "administrative_unit"
WAYS = (GROUP, GROUPS, FILTER, UNIT)
NAMED = (GROUPS, FILTER)
"""The ways that take a management scope, which has a name of its own."""
CMDLETS = mailboxes.CMDLETS | {
    *("Get-ManagementScope", "New-ManagementScope", "Set-ManagementScope"),
    "Remove-ManagementScope",
    *("Get-ManagementRoleAssignment", "New-ManagementRoleAssignment"),
    "Remove-ManagementRoleAssignment",
    *("Get-ServicePrincipal", "New-ServicePrincipal", "Remove-ServicePrincipal"),
    "Get-OrganizationConfig",
}
UNITS = Right(
    EXCHANGE_ADMINISTRATOR.role,
    f"for the scope; {' and '.join(graph_units.SCOPES)} on Microsoft Graph show who is in the unit",
    graph_units.SCOPES,
)
PARAMETERS = {GROUP: "RecipientGroupScope", UNIT: "RecipientAdministrativeUnitScope"}
TITLES = {
    GROUP: "mailboxes of the group only",
    GROUPS: "mailboxes of these groups only",
    FILTER: "mailboxes that fit the filter only",
    UNIT: "mailboxes of the administrative unit only",
}
WHERE = {
    GROUP: "the mailboxes that are direct members of {}",
    GROUPS: "the mailboxes that are direct members of {}",
    FILTER: "the mailboxes that fit the filter {}",
    UNIT: "the mailboxes of people in the administrative unit {}",
}
EVERYWHERE = "the whole organization"
BEGINNING = 46
PATIENCE = timedelta(minutes=20)
LOOK_EVERY = 10.0
DYNAMIC = "Dynamic"


@dataclass(frozen=True)
class Place:
    """Where a role assignment reaches: which way, and what it says there; `shown` to a person."""

    way: str
    value: str
    shown: str = field(default="", compare=False)


def place_in(state: State) -> Place:
    """Tell the place that a state names."""
    way = next((way for way in WAYS if state.get(way)), GROUP)
    return Place(way, str(state.get(way) or ""))


def said(places: Iterable[Place]) -> dict[str, str]:
    """Write places as a state does: what each way says, empty where nothing is said by it."""
    known = sorted(places, key=lambda place: place.value)
    return {way: ", ".join(place.value for place in known if place.way == way) for way in WAYS}


def place_of(tenant: Tenant, row: dict[str, Any]) -> Place:
    """Tell where an assignment reaches, whatever Exchange shows it by."""
    if row.get(PARAMETERS[UNIT]):
        return Place(UNIT, str(row[PARAMETERS[UNIT]]))
    scope, shown = row.get("CustomResourceScope"), row.get(PARAMETERS[GROUP])
    text = _filter_of(tenant, str(scope)) if scope else None
    if text is not None:
        return _filtered(tenant, text)
    if not (shown or scope):
        return Place(GROUP, EVERYWHERE)
    group = tenant.exchange.find("Get-Recipient", Identity=shown or scope)
    if group is None:
        return Place(GROUP, str(shown or scope))
    key = group.get("ExternalDirectoryObjectId") or shown or scope
    return Place(GROUP, str(key), mailboxes.address_of(group))


def _filter_of(tenant: Tenant, scope: str) -> str | None:
    """Tell the filter of a management scope; None where the name is a group's."""
    if scope in tenant.exchange.made:
        return tenant.exchange.made[scope]
    found = tenant.exchange.find("Get-ManagementScope", Identity=scope)
    return None if found is None else str(found.get("RecipientFilter", ""))


def _filtered(tenant: Tenant, text: str) -> Place:
    names = recipient_filter.groups_in(text)
    if names is None:
        return Place(FILTER, recipient_filter.bare(text))
    return Place(GROUPS, joined([_address(tenant, name) for name in names]))


def _address(tenant: Tenant, name: str) -> str:
    known = tenant.exchange.groups
    if name not in known:
        row = tenant.exchange.find("Get-Recipient", Identity=name)
        if row is None:
            return name
        known[name] = mailboxes.address_of(row)
    return known[name]


def joined(groups: Sequence[str]) -> str:
    """Write several groups as one text, in one order always; known later while one of them is."""
    later = next((group for group in groups if isinstance(group, Later)), None)
    return later if later is not None else ", ".join(sorted({group.lower() for group in groups}))


def same(ours: Place, there: Place) -> bool:
    """Tell whether an assignment reaches what we want; Exchange spells filters its own way."""
    if ours.way == there.way == FILTER:
        return recipient_filter.same(ours.value, there.value)
    return ours.way == there.way and ours.value.lower() == there.value.lower()


# ---- management scopes ----


def scope_name(mark: Mark, place: Place) -> str:
    """Name the management scope of a place: fixed, so that it is found again, and ours alone."""
    digest = hashlib.sha256(f"{mark.tag} {place.way} {place.value}".encode()).hexdigest()
    return f"{mark.name[:BEGINNING]}-only-{digest[:8]}"


def ours(mark: Mark, name: str) -> bool:
    """Tell whether a management scope is one of this set-up, by its name."""
    return bool(re.fullmatch(rf"{re.escape(mark.name[:BEGINNING])}-only-[0-9a-f]{{8}}", name))


def made(tenant: Tenant, mark: Mark, place: Place) -> bool:
    """Tell whether this command made the management scope of a place, and so looked at it."""
    return place.way in NAMED and scope_name(mark, place) in tenant.exchange.made


def parameters(tenant: Tenant, mark: Mark, place: Place) -> dict[str, str]:
    """Give what New-ManagementRoleAssignment is told; makes the management scope if one is due."""
    if place.value == EVERYWHERE:
        raise RefusedError(
            "The application was let into the whole organization before; mailgrant doesn't do that again.",
            fix="If it is really wanted, somebody must do it by hand (New-ManagementRoleAssignment).",
        )
    if place.way not in NAMED:
        return {PARAMETERS[place.way]: place.value}
    name = scope_name(mark, place)
    if made(tenant, mark, place):
        return {"CustomResourceScope": name}
    wanted = place.value if place.way == FILTER else _of_groups(tenant, place.value)
    new = tenant.exchange.run(  # first: a replica may still show one that is gone
        "New-ManagementScope",
        settle=True,
        fine=("already exists",),
        Name=name,
        RecipientRestrictionFilter=wanted,
    )
    found = None if new else tenant.exchange.find("Get-ManagementScope", Identity=name)
    if found and not recipient_filter.same(wanted, str(found.get("RecipientFilter", ""))):
        tenant.exchange.run("Set-ManagementScope", Identity=name, RecipientRestrictionFilter=wanted)
    tenant.exchange.made[name] = wanted
    return {"CustomResourceScope": name}


def remove(tenant: Tenant, name: str) -> None:
    """Remove a management scope; one just made may be known by the fifth try only."""
    tenant.exchange.made.pop(name, None)
    tenant.exchange.remove("Remove-ManagementScope", Identity=name)


def _of_groups(tenant: Tenant, value: str) -> str:
    return recipient_filter.of_groups([_distinguished(tenant, each) for each in value.split(", ")])


def _distinguished(tenant: Tenant, group: str) -> str:
    """Tell the distinguished name of a group; one just made has none for a while."""
    end, purpose = tenant.clock.now() + PATIENCE, tenant.meter.purpose
    while True:
        with tenant.meter.counting_as(purpose):
            row = tenant.exchange.find("Get-Recipient", Identity=group) or {}
        if row.get("DistinguishedName"):
            name = str(row["DistinguishedName"])
            tenant.exchange.groups[name] = mailboxes.address_of(row)
            return name
        if tenant.clock.now() >= end:
            raise NotYetError(
                f"Exchange still doesn't say where the group {group} lies, after 20 minutes.",
                fix="Run the same line again later: nothing is lost.",
            )
        tenant.prompts.waiting(
            f"the group {group} isn't known to every server of Exchange yet", end
        )
        tenant.clock.sleep(LOOK_EVERY)
        purpose = "poll"


# ---- before anything is written ----


def reach(tenant: Tenant, place: Place) -> Reach | None:
    """Count whom a place lets in; nothing where that is known only later."""
    if place.way == FILTER:
        return mailboxes.fitting(tenant, place.value)
    if place.way == UNIT:
        return mailboxes.in_unit(tenant, place.value)
    groups = place.value.split(", ")
    found = mailboxes.in_groups(tenant, groups, "these groups" if len(groups) > 1 else "the group")
    if place.way == GROUPS and not found.count:
        raise mailboxes.nobody(f"No mailbox is a direct member of {place.value}.")
    return found


def check(tenant: Tenant, place: Place) -> None:
    """Refuse a place that isn't there, or that Exchange would take in another way than meant."""
    if has_later(place.value):
        return
    if place.way == FILTER:
        recipient_filter.check(place.value)
    elif place.way == GROUPS:
        for group in place.value.split(", "):
            _check_group(tenant, group)
    elif place.way == UNIT:
        _check_unit(tenant, place.value)


def _check_group(tenant: Tenant, group: str) -> None:
    if not MAIL_ADDRESS.fullmatch(group):
        raise AnswerError(
            f"{group!r} is no mail address.", fix="Name each group by its primary mail address."
        )
    row = tenant.exchange.find("Get-Recipient", Identity=group)
    if row is None:
        raise AnswerError(
            f"There is no group {group} in this tenant.", fix="Check the spelling of the address."
        )
    kind = str(row.get("RecipientTypeDetails", ""))
    if kind != SECURITY_GROUP:
        raise RefusedError(
            f"{group} is {KINDS.get(kind, f'no group but a {kind}')}, not a mail-enabled security group.",
            fix="Name mail-enabled security groups only: who is in others is often up to their members.",
        )
    if mailboxes.address_of(row) != group:
        raise AnswerError(
            f"{group} is a second address of {mailboxes.address_of(row)}.",
            fix="Name the group by its primary address.",
        )


def _check_unit(tenant: Tenant, key: str) -> None:
    try:
        UUID(key)
    except ValueError:
        found = ", ".join(str(each["id"]) for each in graph_units.units_named(tenant.graph, key))
        raise AnswerError(
            f"{key!r} is no id of an administrative unit.",
            fix=f"Units of this name have the ids: {found}."
            if found
            else "Look it up in Entra (Roles and admins, Admin units), and give its object id.",
        ) from None
    unit = graph_units.unit(tenant.graph, key)
    if unit is None:
        raise AnswerError(
            f"There is no administrative unit {key} in this tenant.", fix="Check the id."
        )
    if unit.get("membershipType") != DYNAMIC:
        return
    name = unit.get("displayName") or key
    if unit.get("membershipRuleProcessingState") != "On":
        raise RefusedError(
            f"The rule of the administrative unit {name} is paused, so who comes later is not let in.",
            fix="Switch its processing on in Entra, or choose another way.",
        )
    if not graph_units.pays_for_rules(tenant.graph):
        raise RefusedError(
            f"The administrative unit {name} has a rule, and this tenant has no Microsoft Entra ID P1 to run it.",
            fix="Get that licence, put people in by hand, or choose a filter.",
        )
