"""Every recorded request, changed in one place, is refused and changes nothing, but for a few."""

import base64
import contextlib
import fnmatch
import json
import shutil
import ssl
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from zlib import crc32

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.conftest import CommandLine
from tests.controls.client import Client
from tests.history import History, State
from tests.mutating import Request, kind_of, mutations, request_of
from tests.recording import Exchange, read
from toolkit.practice import control

SCENES = {
    "group-and-colours": ("mytimetable-graph", ("colours",)),
    "every-mailbox": ("mytimetable-graph", ("every_mailbox", "colours")),
    "any-application": ("graph-application", ("mailboxes", "directory")),
}
SHARE = 0.2
ASSERTION = "ASSERTION"
REFUSALS = {400, 401, 403, 404, 405, 415, 501}
OPTIONAL = "a property that may be left out; its default stands in"
PATCHED = "a PATCH says what changes, and this one then says nothing"
ALL = "a read that says less is answered with more"
TYPE = "the type is known from the path"
# Which change is no mistake, and why; everything else has to be refused.
ALLOWED = {
    "* drop $select": ALL,
    "* drop $filter": ALL,
    "* drop @odata.type": TYPE,
    "cmdlet * drop header prefer": "the size of pages is a wish",
    "cmdlet Get-[RM]* drop CmdletInput.Parameters*": ALL,
    "cmdlet Get-OrganizationConfig drop CmdletInput.Parameters": "it takes none",
    "cmdlet Get-ServicePrincipal drop CmdletInput.Parameters*": ALL,
    "cmdlet Get-DistributionGroupMember drop CmdletInput.Parameters.ResultSize": OPTIONAL,
    "cmdlet Get-DistributionGroupMember retype CmdletInput.Parameters.ResultSize": "a number is right",
    "cmdlet Test-ServicePrincipalAuthorization drop CmdletInput.Parameters.Resource": ALL,
    "cmdlet New-DistributionGroup drop CmdletInput.Parameters.[ADPTMRN][!a]*": OPTIONAL,
    "cmdlet Set-DistributionGroup drop CmdletInput.Parameters.[HC]*": OPTIONAL,
    "cmdlet New-ServicePrincipal drop CmdletInput.Parameters.DisplayName": OPTIONAL,
    "cmdlet New-ManagementRoleAssignment drop CmdletInput.Parameters.Name": OPTIONAL,
    "cmdlet New-ManagementRoleAssignment drop CmdletInput.Parameters.RecipientGroupScope": "without"
    " a scope the role holds for the whole organisation: a trap, and real",
    "cmdlet Remove-* drop CmdletInput.Parameters.Confirm": "over HTTP nobody is asked anyway",
    "POST /*/token * client_info": "sign-in ignores what it doesn't need",
    "PATCH /v1.0/applications(uniqueName='*') misspell the key of applications": "another name is"
    " another application",
    "PATCH /v1.0/applications(uniqueName='*') drop notes": OPTIONAL,
    "PATCH /v1.0/applications(uniqueName='*') drop signInAudience": OPTIONAL,
    "PATCH /v1.0/applications(uniqueName='*') drop tags": OPTIONAL,
    "POST /v1.0/servicePrincipals drop notes": OPTIONAL,
    "POST /v1.0/servicePrincipals drop tags": OPTIONAL,
    "PATCH /v1.0/applications/* drop keyCredentials": PATCHED,
    "PATCH /v1.0/applications/* drop requiredResourceAccess": PATCHED,
    "PATCH /v1.0/applications/* drop keyCredentials.displayName": OPTIONAL,
}


@dataclass
class Replay:
    """A world with its past, served again, and everything that was asked of it."""

    history: History
    client: Client
    recording: list[tuple[int, Exchange]]
    old_base: str
    keys: Path
    as_app: str = ""

    def requests(self) -> Iterator[tuple[int, int, Request]]:
        """List one request of each kind that was answered well: its number, its status, itself."""
        known = set()
        for number, exchange in self.recording:
            kind = kind_of(exchange)
            if exchange["status"] < 400 and kind not in known:
                known.add(kind)
                yield number, exchange["status"], self._filled(request_of(exchange))

    def _filled(self, request: Request) -> Request:
        """Put in what the recording masks, and this server's address."""
        text = json.dumps(request.body).replace(self.old_base, self.client.practice.url)
        body = json.loads(text)
        if request.is_token:
            secrets = {"client_secret": self.client.secret, "client_assertion": ASSERTION}
            body |= {name: text for name, text in secrets.items() if name in body}
        return replace(request, body=body)

    def send(self, request: Request) -> int:
        """Send a request as who sent it first, with a token made now."""
        headers = dict(request.headers)
        if "authorization" in headers:
            headers["authorization"] = f"Bearer {self._token(request)}"
        content = None if request.body is None else self._content(request)
        url = f"{self.client.practice.url}{request.url}"
        answer = self.client.http.request(request.method, url, headers=headers, content=content)
        return answer.status_code

    def _content(self, request: Request) -> bytes:
        if not request.is_token:
            return json.dumps(request.body).encode()
        form = {
            name: self._assertion() if text == ASSERTION else str(text)
            for name, text in request.body.items()
        }
        return str(httpx.QueryParams(form)).encode()

    def restore(self, state: State, request: Request) -> None:
        """Put the world into a state, sign in for a request, and watch the world from then on."""
        self.history.restore(state)
        self.as_app = ""
        if _asked_by_the_app(request):
            form = {
                "client_id": self.app,
                "client_assertion": self._assertion(),
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "grant_type": "client_credentials",
                "scope": self.client.graph_scope,
            }
            answer = self.client.http.post(self._token_path, data=form)
            self.as_app = str(answer.json()["access_token"])
        self.history.forget()

    def _token(self, request: Request) -> str:
        if self.as_app:
            return self.as_app
        exchange = "/adminapi" in request.path
        return self.client.token(
            self.client.exchange_scope if exchange else self.client.graph_scope
        )

    @property
    def app(self) -> str:
        """Tell which application the set-up made."""
        forms = [request_of(exchange).body for _, exchange in self.recording]
        return next(str(f["client_id"]) for f in forms if f and "client_assertion" in f)

    @property
    def _token_path(self) -> str:
        return f"/{self.client.practice.tenant_id}/oauth2/v2.0/token"

    def _assertion(self) -> str:
        """Sign in by the certificate of the set-up, as azure-identity does."""
        (path,) = self.keys.glob("*.pem")
        data = path.read_bytes()
        key = serialization.load_pem_private_key(data, None)
        assert isinstance(key, rsa.RSAPrivateKey)
        thumbprint = x509.load_pem_x509_certificate(data).fingerprint(hashes.SHA1())
        now = int(time.time())
        claims = {
            "aud": f"{self.client.practice.url}{self._token_path}",
            "iss": self.app,
            "sub": self.app,
            "exp": now + 600,
            "iat": now,
            "jti": str(uuid.uuid4()),
        }
        head = {"alg": "RS256", "typ": "JWT", "x5t": _base64(thumbprint)}
        signed = ".".join(_base64(json.dumps(part).encode()) for part in (head, claims))
        signature = key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_base64(signature)}"


def _asked_by_the_app(request: Request) -> bool:
    return request.path.endswith("/calendar")


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.fixture(scope="module", params=SCENES)
def replay(
    request: pytest.FixtureRequest, fresh_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Replay]:
    name, yes = SCENES[request.param]
    folder = tmp_path_factory.mktemp("replay")
    mailgrant = CommandLine(Path(shutil.copytree(fresh_home, folder / "home")))
    history = History(mailgrant.practice / control.FILE)
    path = folder / "recording.jsonl"
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(control.RECORD_VARIABLE, str(path))
        flags = [word for flag in yes for word in ("--set", f"{flag}=yes")]
        done = mailgrant("setup", name, "--yes", "--json", "--accept-every-mailbox", *flags)
        assert done.code == 0, done.err
        shutil.copytree(mailgrant.home / "keep", folder / "keys")
        undone = mailgrant("undo", done.json["run"], "--yes", "--json")
        assert undone.code == 0, undone.err
    history.remember()
    recording = list(zip(history.requests(), read(path), strict=True))
    mailgrant.switch("lag off", "sts-lag off", "cache off")
    with _served(mailgrant.practice) as client:
        host = "/".join(str(recording[0][1]["url"]).split("/")[:3])
        yield Replay(history, client, recording, host, folder / "keys")
    history.close()


@contextlib.contextmanager
def _served(folder: Path) -> Iterator[Client]:
    with control.serve(folder) as practice:
        trust = ssl.create_default_context(cafile=str(practice.ca_file))
        with httpx.Client(verify=trust, timeout=30, base_url=practice.url) as http:
            yield Client(practice, http, practice.client_id, practice.client_secret, {})


@dataclass(frozen=True)
class Tried:
    """How a changed request ended."""

    label: str
    status: int
    changed: bool

    @property
    def refused(self) -> bool:
        """Tell whether it was refused for what it is, without a trace."""
        return self.status in REFUSALS and not self.changed


def tried(replay: Replay, share: float) -> Iterator[Tried]:
    """Send changed requests, each to the world as it was before the request was sent first.

    Of many, the same share is sent each time: a label decides for itself.
    """
    for number, status, request in replay.requests():
        state = replay.history.before(number)
        replay.restore(state, request)
        assert replay.send(request) == status, f"{request.template} isn't answered as it was"
        replay.restore(state, request)
        for changed in mutations(request):
            if crc32(changed.label.encode()) % 100 >= 100 * share:
                continue
            status_now = replay.send(changed)
            touched = replay.history.touched()
            yield Tried(changed.label, status_now, touched)
            if touched:
                replay.restore(state, request)


def reason(label: str) -> str | None:
    return next((why for like, why in ALLOWED.items() if fnmatch.fnmatchcase(label, like)), None)


@pytest.mark.parametrize("share", [SHARE, pytest.param(1, marks=pytest.mark.matrix, id="all")])
def test_a_request_changed_in_one_place_is_refused(replay: Replay, share: float) -> None:
    ended = list(tried(replay, share))

    assert len(ended) > 40
    too_kind = [one for one in ended if not one.refused and reason(one.label) is None]
    assert not too_kind, "\n".join(map(str, too_kind))
    outdated = {one.label for one in ended if one.refused and reason(one.label)}
    assert not outdated, "\n".join(outdated)
