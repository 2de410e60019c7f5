"""One HTTPS client for a tenant's services: pinned trust, no redirects, no secrets in its logs."""

import os
import ssl
from typing import TYPE_CHECKING

from toolkit.systems.clouds import Cloud
from toolkit.systems.retry import NoReply

if TYPE_CHECKING:
    import httpx


def client(cloud: Cloud) -> "httpx.AsyncClient":
    """Make a client that trusts only what the cloud's record says, whatever the environment says."""
    import httpx

    trust = ssl.create_default_context(cafile=str(cloud.ca_file) if cloud.ca_file else None)
    timeout = httpx.Timeout(100, connect=10)
    return httpx.AsyncClient(
        verify=trust,
        timeout=timeout,
        follow_redirects=False,
        trust_env=cloud.ca_file is None,
        headers=greeting(cloud),
    )


def greeting(cloud: Cloud) -> dict[str, str]:
    """Tell the practice tenant which process asks, so that its faults can kill it; nobody else."""
    return {"x-mailgrant-pid": str(os.getpid())} if cloud.practice else {}


def transports(client: "httpx.AsyncClient") -> "list[httpx.AsyncBaseTransport]":
    """List what holds a client's connections, before the SDK wraps it in something that can't close."""
    found = [client._transport, *client._mounts.values()]  # noqa: SLF001  httpx offers no other way
    return [transport for transport in found if transport is not None]


def silence(error: "httpx.HTTPError") -> NoReply:
    """Tell whether a request that got no answer may have arrived all the same."""
    import httpx

    never = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.UnsupportedProtocol)
    words = str(error) or type(error).__name__
    return NoReply(
        f"{'can not be reached' if never else 'broke off'} ({words[:160]})", sent=not never
    )
