"""A plain client of the practice tenant, as a script of anybody's would have one: httpx and a secret."""

import contextlib
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from toolkit.practice import control
from toolkit.practice.control import Practice

Body = dict[str, Any]

NOT_YET = {400, 404}
THERE = "already exists"
TRIES = 20
PAUSE = 5
SYSTEM_MAILBOX = "SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}"


class RefusedError(Exception):
    """The service said no; `status` and `answer` tell how."""

    def __init__(self, status: int, answer: Any) -> None:
        super().__init__(f"{status}: {answer}")
        self.status, self.answer = status, answer


@dataclass(frozen=True)
class Client:
    """One identity at Microsoft Graph and Exchange; it knows no retries and keeps its tokens."""

    practice: Practice
    http: httpx.Client
    client_id: str
    secret: str
    tokens: dict[str, str]

    @property
    def graph_scope(self) -> str:
        return self.practice.cloud.graph_scope

    @property
    def exchange_scope(self) -> str:
        return f"{self.practice.cloud.exchange}/.default"

    def sign_in(self, scope: str) -> httpx.Response:
        form = {
            "client_id": self.client_id,
            "client_secret": self.secret,
            "grant_type": "client_credentials",
            "scope": scope,
        }
        return self.http.post(f"/{self.practice.tenant_id}/oauth2/v2.0/token", data=form)

    def token(self, scope: str) -> str:
        if scope not in self.tokens:
            self.tokens[scope] = _fine(self.sign_in(scope))["access_token"]
        return self.tokens[scope]

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Send one request to Graph and give back whatever comes."""
        headers = {"authorization": f"Bearer {self.token(self.graph_scope)}", **headers}
        return self.http.request(method, f"/v1.0{path}", json=body, headers=headers)

    def graph(self, method: str, path: str, body: Any = None) -> Body:
        return _fine(self.ask(method, path, body))

    def post(self, path: str, body: Body) -> Body:
        """Create something, again and again while Graph doesn't know what it refers to."""
        return _fine(self._patiently(lambda: self.ask("POST", path, body)))

    def patch(self, path: str, body: Body) -> Body:
        """Change something, again and again while Graph doesn't know it."""
        return _fine(self._patiently(lambda: self.ask("PATCH", path, body)))

    def delete(self, path: str) -> Body:
        """Remove something, again and again while Graph doesn't know it."""
        return _fine(self._patiently(lambda: self.ask("DELETE", path)))

    def patiently_get(self, path: str) -> Body:
        """Read something that was just made, again and again while Graph doesn't know it."""
        return _fine(self._patiently(lambda: self.ask("GET", path)))

    def _patiently(self, send: Callable[[], httpx.Response]) -> httpx.Response:
        answer = send()
        for _ in range(TRIES):
            if answer.status_code not in NOT_YET or THERE in answer.text:
                break
            self.sleep(PAUSE)
            answer = send()
        return answer

    def find(self, kind: str, name: str) -> Body | None:
        """Find the first of a kind by its display name."""
        wanted = quote(f"displayName eq '{name}'")
        found: list[Body] = self.graph("GET", f"/{kind}?$filter={wanted}")["value"]
        return found[0] if found else None

    def invoke(self, cmdlet: str, parameters: Body, **headers: str) -> httpx.Response:
        """Run one cmdlet in Exchange and give back whatever comes."""
        tenant = self.practice.tenant_id
        url = f"{self.practice.cloud.exchange}/adminapi/beta/{tenant}/InvokeCommand"
        headers = {
            "authorization": f"Bearer {self.token(self.exchange_scope)}",
            "x-anchormailbox": f"APP:{SYSTEM_MAILBOX}@{tenant}",
            **headers,
        }
        body = {"CmdletInput": {"CmdletName": cmdlet, "Parameters": parameters}}
        return self.http.post(url, json=body, headers=headers)

    def cmdlet(self, cmdlet: str, **parameters: Any) -> list[Body]:
        """Run one cmdlet; one that changes something is patient with what isn't known yet."""
        reading = cmdlet.startswith("Get-")
        answer = (
            self.invoke(cmdlet, parameters)
            if reading
            else self._patiently(lambda: self.invoke(cmdlet, parameters))
        )
        rows: list[Body] = _fine(answer)["value"]
        return rows

    def as_app(self, client_id: str, secret: str) -> "Client":
        """Become another application, without any token."""
        return Client(self.practice, self.http, client_id, secret, {})

    def sleep(self, seconds: float) -> None:
        """Wait by the tenant's clock."""
        self.practice.clock.sleep(seconds)

    def calendar(self, address: str) -> int:
        """Look into a calendar; the status tells."""
        return self.ask("GET", f"/users/{quote(address)}/calendar?$select=id").status_code


@contextlib.contextmanager
def connect(folder: Path) -> Iterator[Client]:
    """Serve the practice tenant in a folder and be its administrator."""
    with control.serve(folder) as practice:
        trust = ssl.create_default_context(cafile=str(practice.ca_file))
        with httpx.Client(base_url=practice.url, verify=trust, timeout=30) as http:
            yield Client(practice, http, practice.client_id, practice.client_secret, {})


def _fine(answer: httpx.Response) -> Body:
    if answer.is_error:
        raise RefusedError(answer.status_code, answer.text)
    body: Body = answer.json() if answer.content else {}
    return body
