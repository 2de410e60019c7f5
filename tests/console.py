"""An administrator's PowerShell window on the practice tenant: each cmdlet is the request it sends."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from tests.powershell import Shell, ShellError, many, now
from tests.practice.conftest import connect
from toolkit import certificates, keystores, packing
from toolkit.practice import control
from toolkit.practice.control import Practice
from toolkit.secret import Secret

PASSPHRASE = "a passphrase of my own"
SID = "S-1-5-21-1004336348-1177238915-682003330-512"
LATER = 90
"""Seconds of tenant time that go by between two lines that somebody runs by hand."""
TRIES = 30
QUIET = ("Get-", "Test-", "Connect-", "Read-", "Join-", "Write-", "icacls")
"""How what changes nothing in the tenant begins."""


@dataclass
class Certificate:
    """One of the user's certificates, as .NET shows it."""

    pem: bytes
    Thumbprint: str
    Subject: str
    NotAfter: datetime
    RawData: bytes
    hash: bytes


def shown(pem: bytes) -> Certificate:
    made = certificates.inspect(pem)[0]
    read = x509.load_der_x509_certificate(made.der)
    return Certificate(
        pem, made.thumbprint, made.subject, read.not_valid_after_utc, made.der,
        read.fingerprint(hashes.SHA1()),
    )  # fmt: skip


@dataclass
class Console:
    """What an administrator types runs here; `ran` are the cmdlets that wrote something.

    `said` is what stands in the window, `private` which files were closed to others, `second_go`
    whether the person at the keyboard says that its time has come.
    """

    practice: Practice
    http: httpx.Client
    folder: Path
    client_id: str
    client_secret: str
    second_go: bool = False
    said: list[str] = field(default_factory=list)
    private: list[Path] = field(default_factory=list)
    store: list[Certificate] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    _tokens: dict[str, str] = field(default_factory=dict)

    def play(self, script: str) -> list[Any]:
        """Run a script, and again some minutes later where Microsoft hasn't heard of it yet."""
        for _ in range(TRIES):
            try:
                return self.once(script)
            except ShellError as error:
                self.trouble.append(str(error))
                self.practice.clock.sleep(LATER)
        raise AssertionError(self.trouble[-1])

    def once(self, script: str) -> list[Any]:
        static: dict[str, Callable[..., Any]] = {
            "[System.Security.Cryptography.X509Certificates.X509Certificate2]::new": (
                lambda path: shown(Path(path).read_bytes())
            ),
            "[System.IO.File]::WriteAllText": lambda path, text: (
                Path(path).write_text(text, encoding="utf-8", newline="") and None
            ),
            "[System.IO.File]::WriteAllBytes": lambda path, data: (
                Path(path).write_bytes(data) and None
            ),
            "[guid]::NewGuid": uuid4,
            "[System.Security.Principal.WindowsIdentity]::GetCurrent": lambda: {
                "User": {"Value": SID}
            },
        }
        shell = Shell(self.run, static)
        shell.variables |= {"pwd": {"ProviderPath": str(self.folder)}, "lastexitcode": 0}
        out = shell.play(script)
        self.said += map(str, out)
        return out

    def run(self, name: str, given: dict[str, Any]) -> list[Any]:
        if not name.startswith(QUIET):
            self.ran.append(name)
            self.practice.clock.sleep(LATER)
        if name in LOCAL:
            return LOCAL[name](self, given)
        if name in GRAPH:
            return GRAPH[name](self, given)
        return self.exchange(name, given)

    # ---- requests ----

    def graph(self, method: str, path: str, body: Any = None, **headers: str) -> list[Any]:
        headers |= {"Authorization": self._bearer(self.practice.cloud.graph_scope)}
        answer = self.http.request(method, f"/{path}", json=body, headers=headers)
        if answer.status_code >= 300:
            raise ShellError(f"{method} {path}: {answer.status_code} {answer.text}")
        found = answer.json() if answer.content else None
        return many(found["value"] if isinstance(found, dict) and "value" in found else found)

    def exchange(self, name: str, given: dict[str, Any]) -> list[Any]:
        anchor = (
            f"APP:SystemMailbox{{bb558c35-97f1-4cb9-8ff7-d53741dc928c}}@{self.practice.tenant_id}"
        )
        cloud = self.practice.cloud
        url = f"{cloud.exchange}/adminapi/beta/{self.practice.tenant_id}/InvokeCommand"
        body = {"CmdletInput": {"CmdletName": name, "Parameters": given}}
        headers = {"Authorization": self._bearer(cloud.exchange_scope), "X-AnchorMailbox": anchor}
        answer = self.http.post(url, json=body, headers=headers)
        if answer.status_code >= 300:
            raise ShellError(f"{name}: {answer.status_code} {answer.text}")
        return list(answer.json()["value"])

    def _bearer(self, scope: str) -> str:
        if scope not in self._tokens:
            form = {
                "grant_type": "client_credentials",
                "client_id": self.client_id,
                "client_secret": self.client_secret,
                "scope": scope,
            }
            answer = self.http.post(f"/{self.practice.tenant_id}/oauth2/v2.0/token", data=form)
            self._tokens[scope] = str(answer.raise_for_status().json()["access_token"])
        return f"Bearer {self._tokens[scope]}"

    # ---- this computer ----

    def new_certificate(self, given: dict[str, Any]) -> list[Any]:
        days = (given["NotAfter"] - now()).days + 1
        pair = certificates.make(given["Subject"].removeprefix("CN="), days=days, now=now())
        self.store.append(shown(pair.pem.reveal_bytes()))
        return self.store[-1:]

    def asked(self, given: dict[str, Any]) -> list[Any]:
        """Type what is asked for; a secret isn't shown while it is typed."""
        self.said.append(given["Prompt"])
        if "AsSecureString" in given:
            return [PASSPHRASE]
        return ["SECOND GO" if self.second_go else ""]

    def tell(self, given: dict[str, Any]) -> list[Any]:
        self.said += map(str, given[""])
        return []

    def close_to_others(self, given: dict[str, Any]) -> list[Any]:
        path, *rest = given[""]
        assert rest == ["/inheritance:r", "/grant:r", f"*{SID}:F"]
        assert not Path(path).read_bytes(), "a secret lay there before the file was closed"
        self.private.append(Path(path))
        return []

    def item(self, given: dict[str, Any]) -> list[Any]:
        return [{"Length": Path(given["LiteralPath"]).stat().st_size}]

    def export(self, given: dict[str, Any]) -> list[Any]:
        contents = keystores.open_file(given["Cert"].pem, name="it", passphrase=None, with_key=True)
        packed = packing.pfx(contents, passphrase=Secret(given["Password"]))
        (self.folder / given["FilePath"]).write_bytes(packed)
        return []


LOCAL: dict[str, Callable[[Console, dict[str, Any]], list[Any]]] = {
    "Connect-MgGraph": lambda _, __: [],
    "Connect-ExchangeOnline": lambda _, __: [],
    "Get-Date": lambda _, __: [datetime.now(UTC)],
    "Get-ChildItem": lambda console, _: list(console.store),
    "Read-Host": Console.asked,
    "Write-Host": Console.tell,
    "Write-Warning": Console.tell,
    "Join-Path": lambda _, given: [str(Path(given["Path"]) / given["ChildPath"])],
    "Test-Path": lambda _, given: [Path(given["LiteralPath"]).exists()],
    "Get-Item": Console.item,
    "icacls.exe": Console.close_to_others,
    "New-SelfSignedCertificate": Console.new_certificate,
    "Export-PfxCertificate": Console.export,
}


def _listed(path: str) -> Callable[[Console, dict[str, Any]], list[Any]]:
    return lambda console, given: console.graph("GET", f"v1.0/{path}?$filter={given['Filter']}")


def _principal(console: Console, given: dict[str, Any]) -> list[Any]:
    if "ServicePrincipalId" in given:
        return console.graph("GET", f"v1.0/servicePrincipals/{given['ServicePrincipalId']}")
    return _listed("servicePrincipals")(console, given)


def _sent(method: str, path: str) -> Callable[[Console, dict[str, Any]], list[Any]]:
    return lambda console, given: console.graph(method, path.format(**given), given.get("BodyParameter"))  # fmt: skip


GRAPH: dict[str, Callable[[Console, dict[str, Any]], list[Any]]] = {
    "Invoke-MgGraphRequest": lambda console, given: console.graph(
        given["Method"], given["Uri"], given.get("Body"), **given.get("Headers", {})
    ),
    "Get-MgApplication": _listed("applications"),
    "Update-MgApplication": _sent("PATCH", "v1.0/applications/{ApplicationId}"),
    "Get-MgServicePrincipal": _principal,
    "New-MgServicePrincipal": _sent("POST", "v1.0/servicePrincipals"),
    "Update-MgServicePrincipal": _sent("PATCH", "v1.0/servicePrincipals/{ServicePrincipalId}"),
    "Get-MgUser": _listed("users"),
    "Get-MgGroup": _listed("groups"),
    "Get-MgOauth2PermissionGrant": _listed("oauth2PermissionGrants"),
    "New-MgOauth2PermissionGrant": _sent("POST", "v1.0/oauth2PermissionGrants"),
    "Get-MgServicePrincipalAppRoleAssignedTo": _sent(
        "GET", "v1.0/servicePrincipals/{ServicePrincipalId}/appRoleAssignedTo"
    ),
    "New-MgServicePrincipalAppRoleAssignedTo": _sent(
        "POST", "v1.0/servicePrincipals/{ServicePrincipalId}/appRoleAssignedTo"
    ),
    "Get-MgServicePrincipalAppRoleAssignment": _sent(
        "GET", "v1.0/servicePrincipals/{ServicePrincipalId}/appRoleAssignments"
    ),
    "New-MgServicePrincipalAppRoleAssignment": _sent(
        "POST", "v1.0/servicePrincipals/{ServicePrincipalId}/appRoleAssignments"
    ),
}


@contextmanager
def console(practice_folder: Path, folder: Path) -> Iterator[Console]:
    """Open a window on the world in a folder; files it writes go to another."""
    with control.serve(practice_folder) as practice, connect(practice) as client:
        yield Console(practice, client, folder, practice.client_id, practice.client_secret)
