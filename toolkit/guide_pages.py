"""The guide as a script, a page, Markdown or data."""

import unicodedata
from typing import TYPE_CHECKING, Any

from toolkit import render, wording
from toolkit.days import TOKENS
from toolkit.guide import ByHand, Guide
from toolkit.guide_steps import of_step
from toolkit.steps.app import App
from toolkit.visible import prose

if TYPE_CHECKING:
    from markupsafe import Markup

SCOPES = ("Application.ReadWrite.All",)
MORE_SCOPES = {
    "consent": ("AppRoleAssignment.ReadWrite.All",),
    "delegated_consent": ("DelegatedPermissionGrant.ReadWrite.All",),
    "retire_grants": ("AppRoleAssignment.ReadWrite.All", "DelegatedPermissionGrant.ReadWrite.All"),
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
SIGNS_IN = {
    "certificate": "mailgrant signs in as the application with the key file; its passphrase is asked for.",
    "client_secret": "mailgrant signs in as the application with the file that holds the client secret's VALUE, and nothing else.",
}
MAILBOXES = (
    "It sees a mailbox inside answer and one outside refuse. Too early, it says when to look again."
)
BETWEEN = (
    "It sees a mailbox inside answer, and says pending as long as the second go is to come: what that takes away opens "
    "the others still. Afterwards it sees one outside refuse. Too early, it says when to look again."
)
KEEPING = {
    "certificate": "With --keep the key stays with mailgrant, and the set-up is one like any other: plan, members, handover, retire.",
    "client_secret": "With --keep the VALUE stays with mailgrant, and the set-up is one like any other. Then delete the file.",
}
KEEPING_KEY = "With --keep the key stays with mailgrant."
WORD = "SECOND GO"
"""What a person types before the script begins the second go; Enter isn't enough, nor is a pasted line."""
AT_ONCE = (
    "At once: entra.microsoft.com, Entra ID, Enterprise apps, the application, Properties, Enabled for users to sign-in: No. "
    + TOKENS
)
FOR_GOOD = "For good, in this order, what there is of them: the role assignments (Remove-ManagementRoleAssignment), the management scope, Exchange's pointer (Remove-ServicePrincipal), the group if nothing else uses it, "
GOES = "the app registration."
STAYS = "the new certificate. The app registration stays: others made it."
GIVEN_BACK = (
    "What the second go took away is granted again under API permissions, from the list you noted."
)
BY_MAILGRANT = (
    "mailgrant finds the set-up by its marks and does both: mailgrant stop, mailgrant retire."
)
STOPPING_KEY = (
    "Before the second go: delete the new certificate; the earlier ones still work.",
    "After it: upload the .cer files that the script wrote, then delete the new certificate.",
)
"""Where a certificate is all that is made, on an application that was there."""
VENDORS_KEY = (
    SAME_ANSWERS,
    "The vendor holds the key, so Exchange's own test is all that can be seen from here; what proves it is the vendor's first call.",
)
VENDORS_SIGN_IN = (
    SAME_ANSWERS,
    "The vendor holds the key: what proves it is the vendor's first sign-in.",
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
                "second_go": each.second,
                "portal": portal(guide, each),
            }
            for each in guide.steps
        ],
        "rights": guide.rights,
        "script": script(guide),
    }


def portal(guide: Guide, each: ByHand) -> list[str]:
    """List what to do in the portals, one line each."""
    text = render.text(f"guide/{each.do}.txt.j2", of_step(guide, each))
    return [line.strip() for line in text.splitlines() if line.strip()]


def _commands(guide: Guide, each: ByHand) -> "Markup":
    from markupsafe import Markup

    text = render.text(f"guide/{each.do}.ps1.j2", of_step(guide, each))
    return Markup(text)  # noqa: S704  every value in it went through the escaper


def _shown(guide: Guide, each: ByHand) -> tuple[ByHand, "Markup", list[str]]:
    return each, _commands(guide, each), portal(guide, each)


def _values(guide: Guide) -> dict[str, Any]:
    return {
        "guide": guide,
        "practice": bool(guide.tenant.get("practice")),
        "wording": wording,
        "prove": _prove(guide),
        "proving": _proving(guide),
        "stopping": _stopping(guide),
        "opening": wording.opening(guide.book.gate) if guide.second else "",
        "asking": _asking(guide),
        "word": WORD,
        "environments": ENVIRONMENTS.get(guide.cloud.name),
        "first": [_shown(guide, each) for each in guide.first],
        "second": [_shown(guide, each) for each in guide.second],
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
    if guide.credential is None:
        return VENDORS_KEY if guide.exchange else VENDORS_SIGN_IN
    do = guide.credential.do
    if "app" not in guide.kinds:
        return (SIGNS_IN[do], KEEPING_KEY)
    seen = ((BETWEEN if guide.second else MAILBOXES),) if guide.inside else ()
    return (SAME_ANSWERS, SIGNS_IN[do], *seen, KEEPING[do])


def _prove(guide: Guide) -> str:
    """Write the line that proves it; the key is the file that the script writes."""
    made = guide.credential
    belongs = getattr(made.step, "set_up", "") if made else ""
    what = f"mailgrant-{belongs}" if belongs else guide.book.name
    test = guide.mark.instance != "prod" and not belongs
    instance = f" --set instance={guide.mark.instance}" if test else ""
    key = f" --key {made.key_file}" if made else ""
    return f"mailgrant --tenant {guide.tenant['profile']} verify {what}{instance}{key}"


def _stopping(guide: Guide) -> tuple[str, ...]:
    apps = [each.step for each in guide.steps if isinstance(each.step, App)]
    if not apps:
        return STOPPING_KEY
    taken = any(app.taken for app in apps)
    back = (GIVEN_BACK,) if guide.second else ()
    return (AT_ONCE, FOR_GOOD + (STAYS if taken else GOES), *back, BY_MAILGRANT)


def _asking(guide: Guide) -> str:
    """Ask for the word before the second go."""
    gate = guide.book.gate
    stands = f"has it stood for {gate.after}" if gate.after else ""
    asked = " and ".join(filter(None, ("Is it proved", stands))) + "?"
    words = " ".join(filter(None, (asked, prose(gate.confirm))))
    return f"{words} Type {WORD} if so; Enter stops here"


def _plain(text: str) -> "Markup":
    from markupsafe import Markup, escape

    return Markup(escape(text))  # noqa: S704  escaped here, so that lines stay lines
