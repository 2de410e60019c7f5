"""The addresses of an application: where it may be answered, and what Entra refuses as one.

Source: learn.microsoft.com/entra/identity-platform/reply-url. It publishes no error texts: they are
those that Graph has for other properties, from memory.
"""

import re
from urllib.parse import SplitResult, urlsplit

from toolkit.practice.graph.errors import GraphError, bad, not_modelled
from toolkit.practice.store import Body

KINDS = ("web", "spa", "publicClient")
WORK_ACCOUNTS = frozenset({"AzureADMyOrg", "AzureADMultipleOrgs"})
MOST, MOST_WITH_PERSONAL_ACCOUNTS = 256, 100
LONGEST = 256
UNSUPPORTED = re.compile(r"[!$'(),;\s]")
LOCAL = frozenset({"localhost", "127.0.0.1"})


def check(body: Body, given: Body) -> None:
    """Refuse addresses that Entra refuses; `given` is what is to change of the application."""
    now = {kind: _addresses(given if _names(given, kind) else body, kind) for kind in KINDS}
    work = (given.get("signInAudience") or body.get("signInAudience")) in WORK_ACCOUNTS
    for kind in KINDS:
        if not _names(given, kind):
            continue
        for address in now[kind]:
            _check_address(address, kind, work=work)
        if len(set(now[kind])) != len(now[kind]):
            raise _invalid("redirectUris")
    if sum(map(len, now.values())) > (MOST if work else MOST_WITH_PERSONAL_ACCOUNTS):
        raise bad("The number of redirect URIs exceeds the maximum allowed for the application.")
    home = (given.get("web") or {}).get("homePageUrl")
    if home and not (urlsplit(home).scheme and urlsplit(home).netloc):
        raise _invalid("homePageUrl")


def _names(body: Body, kind: str) -> bool:
    return "redirectUris" in (body.get(kind) or {})


def _addresses(body: Body, kind: str) -> list[str]:
    return list((body.get(kind) or {}).get("redirectUris", ()))


def _check_address(address: str, kind: str, *, work: bool) -> None:
    parts = _parts(address)
    local = parts.scheme == "http" and parts.hostname in LOCAL
    if kind != "publicClient" and parts.scheme != "https" and not local:
        raise bad(f"Reply URL '{address}' must start with HTTPS or http://localhost.")
    if "*" in address:
        # Allowed for work accounts only, and only in the manifest; there it is refused of late too:
        # github.com/MicrosoftDocs/azure-docs/issues/94968.
        raise (
            not_modelled("redirect addresses with wildcards") if work else _invalid("redirectUris")
        )
    absolute = parts.scheme and (parts.netloc or kind == "publicClient")
    plain = "#" not in address and not UNSUPPORTED.search(address) and not parts.username
    query = work or not parts.query
    if not (absolute and plain and query and len(address) <= LONGEST):
        raise _invalid("redirectUris")


def _parts(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018  reading it judges it
    except ValueError:
        raise _invalid("redirectUris") from None
    return parts


def _invalid(name: str) -> GraphError:
    return bad(f"Invalid value specified for property '{name}' of resource 'Application'.")
