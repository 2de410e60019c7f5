"""One HTTPS client for a tenant's services: pinned trust, one host, no redirects."""

import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.errors import RefusedError
from toolkit.systems.clouds import Cloud
from toolkit.systems.retry import MOST_TRIES, NETWORK, NoReply

if TYPE_CHECKING:
    import httpx

TIMEOUT_SECONDS, CONNECT_SECONDS = 100, 10
REASONS = (
    ("certificate_verify_failed", "its certificate is none that this cloud is trusted by"),
    ("certificate verify failed", "its certificate is none that this cloud is trusted by"),
    ("name or service not known", "its name is not known"),
    ("getaddrinfo failed", "its name is not known"),
    ("name resolution", "its name is not known"),
    ("nodename nor servname", "its name is not known"),
    ("refused", "the connection was refused"),
    ("timed out", "it took too long"),
    ("timeout", "it took too long"),
    ("reset by peer", "the connection broke"),
    ("connection aborted", "the connection broke"),
    ("disconnected", "the connection broke"),
    ("incompleteread", "the answer broke off"),
    ("incomplete message", "the answer broke off"),
)
"""What libraries say in many words, in ours; the first sign that is found counts."""
UNTRUSTED = REASONS[0][1]
UNTRUSTED_FIX = (
    "Something between this computer and the cloud shows a certificate of its own; mailgrant sent it nothing. "
    "Try from a network without TLS inspection."
)


def client(cloud: Cloud) -> "httpx.AsyncClient":
    """Make a client that trusts only what the cloud's record says, whatever the environment says."""
    import httpx

    return httpx.AsyncClient(**_options(cloud))


def one_by_one(cloud: Cloud) -> "httpx.Client":
    """Make the same for a library that waits for each answer."""
    import httpx

    return httpx.Client(**_options(cloud))


def _options(cloud: Cloud) -> dict[str, Any]:
    import httpx

    return {
        "verify": ssl.create_default_context(cafile=str(authorities(cloud))),
        "timeout": httpx.Timeout(TIMEOUT_SECONDS, connect=CONNECT_SECONDS),
        "follow_redirects": False,
        "trust_env": not cloud.practice,
        "headers": greeting(cloud),
    }


def authorities(cloud: Cloud) -> Path:
    """Tell the file of the certificate authorities to trust for a cloud.

    Said in so many words, it is nothing that REQUESTS_CA_BUNDLE or SSL_CERT_FILE can change.
    """
    import certifi

    return cloud.ca_file or Path(certifi.where())


def greeting(cloud: Cloud) -> dict[str, str]:
    """Tell the practice tenant which process asks, so that its faults can kill it; nobody else."""
    return {"x-mailgrant-pid": str(os.getpid())} if cloud.practice else {}


def keep_to(url: str, service: str, *bases: str) -> None:
    """Refuse an address that would lead a token or a secret to another host, or is none at all."""
    import httpx

    try:
        there = httpx.URL(url)
    except httpx.InvalidURL:
        there = httpx.URL("")
    ours = [httpx.URL(base) for base in bases if base]
    if not any((there.scheme, there.netloc) == (base.scheme, base.netloc) for base in ours):
        raise RefusedError(
            f"{service} answered with a link to another host: {str(url)[:100]!r}",
            fix="Nothing was sent there. Report it to who runs your network.",
        )


def transports(client: "httpx.AsyncClient") -> "list[httpx.AsyncBaseTransport]":
    """List what holds a client's connections, before the SDK wraps it in something that can't close."""
    found = [client._transport, *client._mounts.values()]  # noqa: SLF001  httpx offers no other way
    return [transport for transport in found if transport is not None]


def silence(error: "httpx.HTTPError", service: str) -> NoReply:
    """Tell whether a request that got no answer may have arrived all the same."""
    import httpx

    never = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.UnsupportedProtocol)
    why = reason(error)
    return NoReply(
        f"{service} {'can not be reached' if never else 'gave no answer'} ({why})",
        sent=not never,
        fix=UNTRUSTED_FIX if why == UNTRUSTED else NETWORK,
        tries=1 if why == UNTRUSTED else MOST_TRIES,
    )


def reason(error: Exception) -> str:
    """Say in a few words what a library means."""
    words = str(error) or type(error).__name__
    found = (ours for sign, ours in REASONS if sign in words.lower() or sign in repr(error).lower())
    return next(found, words.splitlines()[0][:120])
