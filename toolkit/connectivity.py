"""The way to a cloud, looked at: names, connections, certificates, clocks; the doctor's first part."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from toolkit.errors import MailgrantError
from toolkit.systems import reachability
from toolkit.systems.discovery import discover
from toolkit.systems.tenant import Tenant

Word = Literal["ok", "FAIL", "unknown"]
CLOCK_SECONDS = 60
"""Entra takes five minutes of difference; who is off by one is soon off by five."""
OPEN = "Let it through: HTTPS to this host, port 443, from this computer."


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at; a `remedy` belongs to whatever isn't ok.

    What isn't `needed` for a set-up doesn't make the whole fail where it can't be seen.
    """

    name: str
    word: Word
    text: str
    remedy: str = ""
    needed: bool = True

    @property
    def passes(self) -> bool:
        """Tell whether a set-up can go on in spite of it."""
        return self.word == "ok" or (self.word == "unknown" and not self.needed)

    def as_json(self) -> dict[str, Any]:
        """Write it as JSON."""
        return {"name": self.name, "word": self.word, "text": self.text, "remedy": self.remedy}


def network(tenant: Tenant) -> Iterator[Finding]:
    """Look whether each host of the cloud can be reached, and who vouches for it."""
    for host, port in reachability.hosts(tenant.cloud):
        proxy = reachability.proxy_for(tenant.cloud, host)
        if proxy:
            yield Finding(name=f"network {host}", word="ok", text=f"goes through the proxy {proxy}")
            continue
        yield from _host(tenant, host, port)


def _host(tenant: Tenant, host: str, port: int) -> Iterator[Finding]:
    try:
        found = reachability.addresses(host, port)
    except OSError as error:
        yield Finding(
            name=f"DNS {host}",
            word="FAIL",
            text=f"the name isn't known ({error.strerror or error})",
            remedy="Ask who runs your name servers; the name must be found from this computer.",
        )
        return
    yield Finding(name=f"DNS {host}", word="ok", text=", ".join(found[:3]))
    try:
        seconds = reachability.connect(host, port)
    except OSError as error:
        yield Finding(
            name=f"TCP {host}:{port}",
            word="FAIL",
            text=f"no connection ({error.strerror or error})",
            remedy=OPEN,
        )
        return
    yield Finding(name=f"TCP {host}:{port}", word="ok", text=f"{seconds * 1000:.0f} ms")
    yield _certificate(tenant, host, port)


def _certificate(tenant: Tenant, host: str, port: int) -> Finding:
    try:
        issuer, trusted = reachability.issuer(tenant.cloud, host, port)
    except OSError as error:
        return Finding(
            name=f"TLS {host}",
            word="FAIL",
            text=f"no secure connection ({error.strerror or error})",
            remedy=OPEN,
        )
    if trusted:
        return Finding(name=f"TLS {host}", word="ok", text=f"vouched for by {issuer}")
    return Finding(
        name=f"TLS {host}",
        word="FAIL",
        text=f"the certificate comes from {issuer}: a company proxy opens what is sent",
        remedy="Have this host exempted from TLS inspection. Nothing was sent.",
    )


def discovery(tenant: Tenant) -> Iterator[Finding]:
    """Look whether the tenant is there, and whether the clocks agree."""
    try:
        found = discover(tenant.cloud, tenant.id, prompts=tenant.prompts, patient=False)
    except MailgrantError as error:
        yield failed("discovery", error)
        return
    yield Finding(
        name="discovery", word="ok", text=f"tenant {found.tenant_id}, {tenant.cloud.name}"
    )
    yield _clock(found.date, tenant.protocol_clock.now())


def _clock(date: str, now: datetime) -> Finding:
    ahead = reachability.skew(date, now)
    if ahead is None:
        return Finding(
            name="clock",
            word="unknown",
            text="the service doesn't tell the time",
            remedy="Compare this computer's clock with another.",
            needed=False,
        )
    off = abs(ahead) > CLOCK_SECONDS
    return Finding(
        name="clock",
        word="FAIL" if off else "ok",
        text=f"{ahead:+.0f} s from the service's",
        remedy="Set the clock (Windows: w32tm /resync); tokens depend on it." if off else "",
    )


def failed(name: str, error: MailgrantError) -> Finding:
    """Make a finding of an error."""
    return Finding(name=name, word="FAIL", text=error.message, remedy=error.fix)
