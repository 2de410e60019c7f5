"""Whether a cloud's hosts can be reached from here: names, ports, certificates, clocks. Sends no secret."""

import contextlib
import email.utils
import socket
import ssl
import sys
import time
import urllib.request
from datetime import UTC, datetime
from urllib.parse import urlsplit

from toolkit.systems import http
from toolkit.systems.clouds import Cloud

SECONDS = 10.0
HTTPS = 443


def hosts(cloud: Cloud) -> list[tuple[str, int]]:
    """List the hosts and ports that mailgrant speaks to in a cloud, each once."""
    found: dict[tuple[str, int], None] = {}
    for url in (cloud.login, cloud.graph, cloud.exchange):
        parts = urlsplit(url)
        found[parts.hostname or "", parts.port or HTTPS] = None
    return list(found)


def proxy_for(cloud: Cloud, host: str) -> str:
    """Tell the proxy that requests to a host go through; empty where they go straight."""
    if cloud.practice or urllib.request.proxy_bypass(host):
        return ""
    proxy = urllib.request.getproxies().get("https", "")
    return urlsplit(proxy).hostname or proxy


def addresses(host: str, port: int) -> list[str]:
    """Look a name up; raises OSError where it isn't known."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return sorted({str(each[4][0]) for each in found})


def connect(host: str, port: int) -> float:
    """Open a connection and close it; tells how long it took, in seconds. Raises OSError."""
    begun = time.monotonic()
    with socket.create_connection((host, port), timeout=SECONDS):
        return time.monotonic() - begun


def issuer(cloud: Cloud, host: str, port: int) -> tuple[str, bool]:
    """Tell who vouches for a host's certificate, and whether that is somebody to trust.

    Where it isn't, a second handshake that trusts anybody reads the name of the company proxy (or
    whoever else) that stands between; nothing is sent through it. Raises OSError.
    """
    try:
        context = ssl.create_default_context(cafile=str(http.authorities(cloud)))
        return _issuer(context, host, port), True
    except ssl.SSLCertVerificationError:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return _issuer(context, host, port), False


def _issuer(context: ssl.SSLContext, host: str, port: int) -> str:
    from cryptography import x509

    with (
        socket.create_connection((host, port), timeout=SECONDS) as raw,
        context.wrap_socket(raw, server_hostname=host) as secured,
    ):
        der = secured.getpeercert(binary_form=True) or b""
    name = x509.load_der_x509_certificate(der).issuer
    parts = [
        str(each.value)
        for oid in (x509.NameOID.ORGANIZATION_NAME, x509.NameOID.COMMON_NAME)
        for each in name.get_attributes_for_oid(oid)
    ]
    return ", ".join(dict.fromkeys(parts)) or name.rfc4514_string()


def skew(date: str, now: datetime) -> float | None:
    """Tell by how many seconds this computer's clock is ahead of a Date header; None without one."""
    with contextlib.suppress(ValueError, TypeError):
        there = email.utils.parsedate_to_datetime(date)
        return (now - there.replace(tzinfo=there.tzinfo or UTC)).total_seconds()
    return None


def long_paths() -> bool | None:
    """Tell whether Windows allows paths beyond 260 characters; None anywhere else.

    Source: learn.microsoft.com/windows/win32/fileio/maximum-file-path-limitation
    """
    found: bool | None = None
    if sys.platform == "win32":
        import winreg

        key = r"SYSTEM\CurrentControlSet\Control\FileSystem"
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as opened:
                found = bool(winreg.QueryValueEx(opened, "LongPathsEnabled")[0])
        except OSError:
            found = False
    return found
