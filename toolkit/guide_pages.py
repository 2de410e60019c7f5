"""The guide as a script, a page, Markdown or data."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolkit import render, wording
from toolkit.days import TOKENS
from toolkit.errors import AnswerError
from toolkit.guide import ByHand, Guide
from toolkit.permissions import APIS, MAILBOX_FAMILIES
from toolkit.powershell import Variable
from toolkit.steps import names, scope_ways
from toolkit.steps.app import ANSWERS_BEGIN
from toolkit.steps.base import Step
from toolkit.steps.certificate import Certificate
from toolkit.steps.mailbox_scope import MailboxScope
from toolkit.steps.security_group import SecurityGroup
from toolkit.steps.user_assignment import UserAssignment
from toolkit.systems import graph_assignments, graph_redirects

if TYPE_CHECKING:
    from markupsafe import Markup

SCOPES = ("Application.ReadWrite.All",)
MORE_SCOPES = {
    "consent": ("AppRoleAssignment.ReadWrite.All",),
    "delegated_consent": ("DelegatedPermissionGrant.ReadWrite.All",),
    "user_assignment": ("AppRoleAssignment.ReadWrite.All", "User.ReadBasic.All", "Group.Read.All"),
}
"""What the script asks for besides, by kind of step.

Source: the Permissions sections of learn.microsoft.com/graph/api (oauth2permissiongrant-post,
serviceprincipal-post-approleassignedto, user-list, group-list)
"""
OWNER_SCOPES = ("User.ReadBasic.All",)
SPELLED = str.maketrans(
    {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "Ä": "Ae",
        "Ö": "Oe",
        "Ü": "Ue",
        "ß": "ss",
        "ø": "o",
        "æ": "ae",
    }
)
"""How comments spell what isn't ASCII; values are literals and stay exactly what they are."""
ENVIRONMENTS = {
    "us-gov-high": ("USGov", "O365USGovGCCHigh"),
    "us-dod": ("USGovDoD", "O365USGovDoD"),
    "china": ("China", "O365China"),
}
"""What PowerShell calls the clouds that aren't Microsoft's worldwide one: for Graph, for Exchange.

Source: learn.microsoft.com/powershell/microsoftgraph/authentication-commands (Environment), and
learn.microsoft.com/powershell/module/exchangepowershell/connect-exchangeonline
"""
SAME_ANSWERS = (
    "Give the same answers, or name the application in place of the playbook: its notes tell them."
)
SIGNS_IN = "mailgrant signs in as the application with the key file; its passphrase is asked for."
KEEPING = "With --keep the key stays with mailgrant, and the set-up is one like any other: plan, members, handover, retire."
PROVING = (
    SAME_ANSWERS,
    SIGNS_IN,
    "It sees a mailbox inside answer and one outside refuse. Too early, it says when to look again.",
    KEEPING,
)
PROVING_SIGN_IN = (SAME_ANSWERS, SIGNS_IN, KEEPING)
"""Where an application has no mailbox of its own to try."""
STOPPING = (
    "At once: entra.microsoft.com, Entra ID, Enterprise apps, the application, Properties, Enabled for users to sign-in: No. "
    + TOKENS,
    "For good, in this order, what there is of them: the role assignments (Remove-ManagementRoleAssignment), the management scope, Exchange's pointer (Remove-ServicePrincipal), the group if nothing else uses it, the app registration.",
    "mailgrant finds the set-up by its marks and does both: mailgrant stop, mailgrant retire.",
)
VENDORS_KEY = (
    SAME_ANSWERS,
    "The vendor holds the key, so Exchange's own test is all that can be seen from here; what proves it is the vendor's first call.",
)


def script(guide: Guide) -> str:
    """Write the one PowerShell script, in ASCII: every PowerShell reads it alike."""
    text = render.text("guide.ps1.j2", _values(guide)).translate(SPELLED)
    plain = (
        each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each)
    )
    return "".join(plain).encode("ascii", errors="replace").decode("ascii")


def markdown(guide: Guide) -> str:
    """Write the steps with boxes to tick, and the script."""
    return render.text("guide.md.j2", {**_values(guide), "script": script(guide)})


def html(guide: Guide) -> str:
    """Write one page that needs nothing else and can be printed."""
    footer = f"guide {guide.book.name}"
    return render.page("guide.html.j2", footer, {**_values(guide), "script": _plain(script(guide))})


def as_json(guide: Guide) -> dict[str, Any]:
    """Write it as data."""
    return {
        "practice": bool(guide.tenant.get("practice")),
        "playbook": guide.book.name,
        "instance": guide.mark.instance,
        "steps": [
            {
                "as": each.name,
                "do": each.do,
                "title": each.title,
                "portal": portal(guide, each),
            }
            for each in guide.steps
        ],
        "rights": guide.rights,
        "script": script(guide),
    }


def portal(guide: Guide, each: ByHand) -> list[str]:
    """List what to do in the portals, one line each."""
    text = render.text(f"guide/{each.do}.txt.j2", _of_step(guide, each))
    return [line.strip() for line in text.splitlines() if line.strip()]


def _commands(guide: Guide, each: ByHand) -> "Markup":
    from markupsafe import Markup

    text = render.text(f"guide/{each.do}.ps1.j2", _of_step(guide, each))
    return Markup(text)  # noqa: S704  every value in it went through the escaper


def _of_step(guide: Guide, each: ByHand) -> dict[str, Any]:
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


def _values(guide: Guide) -> dict[str, Any]:
    return {
        "guide": guide,
        "practice": bool(guide.tenant.get("practice")),
        "wording": wording,
        "prove": _prove(guide),
        "proving": _proving(guide),
        "stopping": STOPPING,
        "environments": ENVIRONMENTS.get(guide.cloud.name),
        "steps": [(each, _commands(guide, each), portal(guide, each)) for each in guide.steps],
        "scopes": [
            *SCOPES,
            *dict.fromkeys(
                scope for do in MORE_SCOPES if do in guide.kinds for scope in MORE_SCOPES[do]
            ),
            *(
                OWNER_SCOPES
                if any(getattr(each.step, "owners", ()) for each in guide.steps)
                else ()
            ),
        ],
    }


def _proving(guide: Guide) -> tuple[str, ...]:
    if not _own_key(guide):
        return VENDORS_KEY
    return PROVING if guide.inside else PROVING_SIGN_IN


def _own_key(guide: Guide) -> bool:
    return any(isinstance(each.step, Certificate) and not each.step.file for each in guide.steps)


def _prove(guide: Guide) -> str:
    """Write the line that proves it; the key is the file that the script exports."""
    key = f" --key {guide.mark.name}.pfx" if _own_key(guide) else ""
    instance = "" if guide.mark.instance == "prod" else f" --set instance={guide.mark.instance}"
    return f"mailgrant --tenant {guide.tenant['profile']} verify {guide.book.name}{instance}{key}"


def _plain(text: str) -> "Markup":
    from markupsafe import Markup, escape

    return Markup(escape(text))  # noqa: S704  escaped here, so that lines stay lines
