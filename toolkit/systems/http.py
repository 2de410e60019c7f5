"""One HTTPS client for a tenant's services: pinned trust, no redirects, no secrets in its logs."""

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
        verify=trust, timeout=timeout, follow_redirects=False, trust_env=cloud.ca_file is None
    )


def silence(error: "httpx.HTTPError") -> NoReply:
    """Tell whether a request that got no answer may have arrived all the same."""
    import httpx

    never = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.UnsupportedProtocol)
    words = str(error) or type(error).__name__
    return NoReply(
        f"{'can not be reached' if never else 'broke off'} ({words[:160]})", sent=not never
    )
