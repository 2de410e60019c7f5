"""What the templates of single steps by hand know beside the step itself."""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from toolkit.errors import AnswerError
from toolkit.guide import ByHand, Guide
from toolkit.permissions import (
    APIS,
    DEAD_APIS,
    EVERY_API,
    EXCHANGE_ONLINE_NAME,
    GRAPH_NAME,
    MAILBOX_FAMILIES,
    OUTLOOK_REST,
)
from toolkit.powershell import Variable
from toolkit.steps import client_secret, names, scope_ways
from toolkit.steps.app import ANSWERS_BEGIN
from toolkit.steps.base import Step
from toolkit.steps.client_secret import ClientSecret
from toolkit.steps.mailbox_scope import MailboxScope
from toolkit.steps.retire_certificates import RetireCertificates
from toolkit.steps.retire_grants import RetireGrants
from toolkit.steps.security_group import SecurityGroup
from toolkit.steps.user_assignment import UserAssignment
from toolkit.systems import graph_assignments, graph_redirects

NOTHING = "^$"
"""A pattern that no permission fits."""


def of_step(guide: Guide, each: ByHand) -> dict[str, Any]:
    """List what a step's templates may name."""
    step = each.step
    return {
        "step": step,
        "name": each.name,
        "apis": APIS,
        "consents": bool({"consent", "delegated_consent"} & guide.kinds),
        "places": graph_redirects.PLACES,
        "no_role": graph_assignments.NO_ROLE,
        "people": list(_people(step)),
        "graph": guide.cloud.graph,
        "answers_begin": ANSWERS_BEGIN,
        "notes": names.notes(step.mark, str(guide.answers.get("change", ""))),
        "wide": f"^({'|'.join(map(re.escape, MAILBOX_FAMILIES))})",
        "minimum": sorted(step.minimum) if isinstance(step, SecurityGroup) else [],
        "scope": _scope(step),
        "where": _where(guide, step),
        "key_file": each.key_file,
        "secret_names": _secret_names(step),
        "going": _going(step),
        "services": _services(step),
        "leaving": _leaving(guide),
    }


def _people(step: Step) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Tell by what people and groups are looked up in the script, and which of them."""
    said = step.people if isinstance(step, UserAssignment) else ()
    ids = tuple(each for each in said if graph_assignments.ID.fullmatch(each.lower()))
    named = tuple(each for each in said if each not in ids)
    found = (("userPrincipalName", "mail", named), ("id", "id", ids))
    yield from (each for each in found if each[2])


def _where(guide: Guide, step: Step) -> str:
    """Say which mailboxes a scope is for; a group that an earlier step makes, by its address."""
    if not isinstance(step, MailboxScope):
        return ""
    place = step.place
    made = {f"{each.name}_id": each.step for each in guide.steps}
    group = made.get(place.value) if isinstance(place.value, Variable) else None
    value = group.address if isinstance(group, SecurityGroup) else place.value
    return scope_ways.WHERE[place.way].format(value)


@dataclass(frozen=True, kw_only=True)
class Scope:
    """How a role assignment is limited in the script; `name` is that of a management scope to make."""

    parameter: str
    value: object
    name: str = ""
    groups: tuple[str, ...] = ()
    filter: str = ""


def _scope(step: Step) -> Scope | None:
    """Tell how a scope is limited; one that isn't limited at all is never written down."""
    if not isinstance(step, MailboxScope):
        return None
    if step.group:
        return Scope(parameter="RecipientGroupScope", value=step.group)
    if step.administrative_unit:
        return Scope(parameter="RecipientAdministrativeUnitScope", value=step.administrative_unit)
    if not (step.groups or step.filter):
        raise AnswerError(
            f"Nothing says which mailboxes {', '.join(step.roles)} is for.",
            fix="Give a group, groups, a filter or an administrative unit.",
        )
    name = scope_ways.scope_name(step.mark, step.place)
    return Scope(
        parameter="CustomResourceScope",
        value=name,
        name=name,
        groups=step.groups,
        filter=step.filter,
    )


def _secret_names(step: Step) -> str:
    """Write the pattern of the names that mailgrant's secrets have on the application."""
    if not isinstance(step, ClientSecret):
        return ""
    return f"^{re.escape(step.begin)}{client_secret.NONCE}$"


def _going(step: Step) -> list[str]:
    """List the thumbprints that go in both ways in which Entra shows them."""
    listed = step.listed if isinstance(step, RetireCertificates) else ()
    return [*listed, *(base64.b64encode(bytes.fromhex(each)).decode() for each in listed)]


@dataclass(frozen=True, kw_only=True)
class Service:
    """What an application is to lose of one service: patterns of permissions, and in words."""

    api: str
    id: str
    roles: str
    scopes: str
    said: str


def _services(step: Step) -> list[Service]:
    """Tell by service what is taken away, as the step itself judges it."""
    if not isinstance(step, RetireGrants):
        return []
    return [_service(api, step) for api in EVERY_API]


def _service(api: str, step: RetireGrants) -> Service:
    dead, wide = NOTHING, step.wide if api == GRAPH_NAME else ()
    said = ", ".join(wide)
    if api in DEAD_APIS:
        dead, said = ".", "everything, for the whole tenant and for everybody"
    elif api == EXCHANGE_ONLINE_NAME:
        dead = f"^({'|'.join(map(re.escape, OUTLOOK_REST))})"
        said = f"all that begins with {', '.join(each.strip('.') for each in OUTLOOK_REST)}"
    roles = f"^({'|'.join(map(re.escape, wide))})$" if wide else dead
    return Service(api=api, id=EVERY_API[api], roles=roles, scopes=dead, said=said)


def _leaving(guide: Guide) -> str:
    """Write the pattern of what still stands beside a scope until the second go: service and permission."""
    going = [each for by_hand in guide.second for each in _services(by_hand.step)]
    parts = [f"{each.id} {each.roles.removeprefix('^')}" for each in going if each.roles != NOTHING]
    return f"^({'|'.join(parts)})" if parts else ""
