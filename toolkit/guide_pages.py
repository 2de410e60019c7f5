"""The guide as a script, a page, Markdown or data."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolkit import render, wording
from toolkit.errors import AnswerError
from toolkit.guide import ByHand, Guide
from toolkit.permissions import APIS
from toolkit.steps import scope_ways
from toolkit.steps.base import Step
from toolkit.steps.mailbox_scope import MailboxScope

if TYPE_CHECKING:
    from markupsafe import Markup

SCOPES = ("Application.ReadWrite.All",)
CONSENT_SCOPES = ("AppRoleAssignment.ReadWrite.All",)


def script(guide: Guide) -> str:
    """Write the one PowerShell script, in ASCII: every PowerShell reads it alike."""
    text = render.text("guide.ps1.j2", _values(guide))
    return text.encode("ascii", errors="replace").decode("ascii")


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
            {"as": each.name, "do": each.do, "title": each.step.title, "portal": portal(each)}
            for each in guide.steps
        ],
        "rights": guide.rights,
        "script": script(guide),
    }


def portal(each: ByHand) -> list[str]:
    """List what to do in the portals, one line each."""
    text = render.text(f"guide/{each.do}.txt.j2", {"step": each.step, "name": each.name})
    return [line.strip() for line in text.splitlines() if line.strip()]


def _commands(each: ByHand) -> "Markup":
    from markupsafe import Markup

    values = {"step": each.step, "name": each.name, "apis": APIS, "scope": _scope(each.step)}
    return Markup(render.text(f"guide/{each.do}.ps1.j2", values))  # noqa: S704  every value in it went through the escaper


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
        "steps": [(each, _commands(each), portal(each)) for each in guide.steps],
        "scopes": [*SCOPES, *(CONSENT_SCOPES if "consent" in guide.kinds else ())],
    }


def _plain(text: str) -> "Markup":
    from markupsafe import Markup, escape

    return Markup(escape(text))  # noqa: S704  escaped here, so that lines stay lines
