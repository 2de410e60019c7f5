"""Which addresses an application may be answered at, and how a wrong one is put right."""

import re
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

from toolkit.errors import AnswerError
from toolkit.inputs import LABEL
from toolkit.strict_yaml import shown

LOCAL = ("localhost", "127.0.0.1")
LONGEST = 256
"""Characters of a redirect address (learn.microsoft.com/entra/identity-platform/reply-url)."""
HOST = re.compile(rf"{LABEL}(\.{LABEL})*(:[0-9]{{1,5}})?")
PLAIN = re.compile(r"[!-~]+")
Test = Callable[[str, SplitResult], bool]
Fault = tuple[Test, str, str]
"""What is wrong with an address, how to say so, and what would be right."""
WITH_SIGN_IN: tuple[Fault, ...] = (
    (
        lambda text, _: "*" in text,
        "holds a wildcard: whoever gets hold of one such host would be answered too",
        "Name each address by itself.",
    ),
    (
        lambda text, _: "#" in text,
        "has a fragment, which no browser sends",
        "Leave out # and what follows: {start}",
    ),
    (
        lambda _, parts: parts.scheme == "http" and parts.hostname not in LOCAL,
        "is not encrypted, so others could read who signs in",
        "Write https:{rest}",
    ),
)
"""What Entra refuses where people are sent after they have signed in.

Source: learn.microsoft.com/entra/identity-platform/reply-url
"""
OF_THE_WEB: tuple[Fault, ...] = (
    (
        lambda text, _: not PLAIN.fullmatch(text) or "\\" in text,
        "holds signs that no address has",
        "Write a space as %20, and a host beyond ASCII as xn--...",
    ),
    (
        lambda _, parts: parts.scheme not in ("https", "http"),
        "doesn't begin with https://",
        "Give the whole address: https://...",
    ),
    (
        lambda _, parts: parts.netloc in ("https:", "http:"),
        "names the scheme twice",
        "Give the host alone where a host is asked for: {inner}",
    ),
    (
        lambda _, parts: "@" in parts.netloc,
        "names a user or a password, which everybody could read",
        "Leave out what stands before the @.",
    ),
    (
        lambda _, parts: not HOST.fullmatch(parts.netloc),
        "names no host that could answer",
        "Give the whole address: https://host/path",
    ),
    (
        lambda text, _: len(text) > LONGEST,
        f"is longer than the {LONGEST} signs that Entra takes",
        "Ask the vendor for a shorter one.",
    ),
)
"""What can't be asked for by any browser."""


def refuse(address: str) -> None:
    """Refuse a redirect address; raises AnswerError with the line to correct."""
    _refuse("redirect address", address, (*WITH_SIGN_IN, *OF_THE_WEB))


def refuse_home_page(address: str) -> None:
    """Refuse a home page that is no absolute address of the web."""
    _refuse("home page", address, OF_THE_WEB)


def refuse_page(address: str) -> None:
    """Refuse a page that nobody should be sent to: anything but https, or http on this computer."""
    _refuse("page", address, (WITH_SIGN_IN[-1], *OF_THE_WEB[:-1]))


def refuse_host(host: str) -> None:
    """Refuse a host that isn't one alone, with or without a port."""
    if HOST.fullmatch(host):
        return
    inner = urlsplit(host if "://" in host else f"//{host}").netloc.rpartition("@")[2]
    found = HOST.fullmatch(inner)
    raise AnswerError(
        f"{shown(host)} is more than a host, or none: the scheme and the path are added to it.",
        fix=f"Give the host alone: {inner}" if found else "Give the host alone: site.example",
    )


def _refuse(what: str, address: str, faults: tuple[Fault, ...]) -> None:
    parts = _parts(address)
    for test, said, fix in faults:
        if test(address, parts):
            words = {
                "start": address.partition("#")[0],
                "rest": address.partition(":")[2],
                "inner": address.rpartition("://")[2].partition("/")[0],
            }
            raise AnswerError(f"The {what} {shown(address)} {said}.", fix=fix.format(**words))


def _parts(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:  # brackets that aren't those of an IPv6 address
        return SplitResult("https", "", "", "", "")
