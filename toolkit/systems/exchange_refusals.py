"""What Exchange means when it says no: its words found, and the kinds of its 401 and 403.

Sources: github.com/MicrosoftDocs/office-docs-powershell issues 7970, 8594, 8927, 11332;
github.com/KelvinTegelaar/CIPP-API, New-ExoRequest.ps1.
"""

from typing import Any

from toolkit.systems.wire import Reply

UNAUTHORIZED = 401
ASK = " A colleague who has the right can run the same line."
KINDS = (
    (
        "isn't supported in this scenario",
        "the directory role that the application holds isn't one that Exchange takes.",
        "Give it Exchange Administrator in Entra, wait some minutes, then run the same line again.",
    ),
    (
        "exchange.manageasapp",
        "the application's token lacks Exchange.ManageAsApp.",
        "Grant it Exchange.ManageAsApp (Office 365 Exchange Online) with admin consent, then run the same line again.",
    ),
    (
        "exchange.manage",
        "the person's token lacks Exchange.Manage.",
        "Consent to Exchange.Manage for the app that signs in, or use the quick way to sign in.",
    ),
    (
        "isn't assigned to any management roles",
        "no role in Exchange is held at all.",
        "It takes an active Exchange Administrator; a role given in the last hour may not have arrived."
        + ASK,
    ),
    (
        "role definition of the current user",
        "the role that is held doesn't contain this cmdlet.",
        "It takes an active Exchange Administrator (Organization Management)." + ASK,
    ),
    (
        "cmdletaccessdenied",
        "the role that is held doesn't contain this cmdlet, or this parameter.",
        "It takes an active Exchange Administrator (Organization Management)." + ASK,
    ),
    (
        "user is not allowed to call",
        "the account may not use remote PowerShell.",
        "Have an Exchange Administrator run: Set-User NAME -RemotePowerShellEnabled $true" + ASK,
    ),
    (
        "access is denied",
        "access is denied without a reason.",
        "A Conditional Access rule or a right given minutes ago may be behind it: see Entra's sign-in log, then try again.",
    ),
)
"""A sign in Exchange's words, what it means, and what to do: the first that is found counts."""
NO_REASON = (
    "it gives no reason.",
    "The role is eligible but not active (activate it in PIM), or was given minutes ago. Sign in anew, then try again.",
)
NO_TOKEN = (
    "the token isn't one for Exchange, or has run out.",
    "Sign in anew. If it stays so: the app that signs in lacks Exchange.Manage or Exchange.ManageAsApp.",
)
OTHER = (
    "the right is missing.",
    "It takes an active Exchange Administrator. A colleague who is one can run the same line.",
)


def kind_of(status: int, diagnostics: str, words: str) -> tuple[str, str]:
    """Tell what a refusal means, and what to do about it."""
    said = f"{diagnostics} {words}".lower().strip()
    for sign, sentence, fix in KINDS:
        if sign in said:
            return sentence, fix
    if status == UNAUTHORIZED:
        return NO_TOKEN
    return OTHER if said else NO_REASON


def words_of(answer: Reply) -> str:
    """Find the words that matter: details, then the inner exception, then the message."""
    error = answer.error
    details = error.get("details")
    inner = _part(error, "innererror") or _part(error, "innerError")
    within = _part(inner, "internalException") or _part(inner, "internalexception")
    found = (
        [each.get("message") for each in details or () if isinstance(each, dict)]
        if isinstance(details, list)
        else []
    )
    text = next(
        (str(words) for words in (*found, within.get("message"), answer.message) if words), ""
    )
    code, _, rest = text.partition("|")
    kind, _, words = rest.partition("|")
    return f"{words} ({kind.rsplit('.', 1)[-1]})" if words and code.startswith("Ex") else text


def _part(of: Any, name: str) -> dict[str, Any]:
    found = of.get(name)
    return found if isinstance(found, dict) else {}
