"""A browser beside the practice tenant, and the two ways a client asks: by code, and by token."""

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tests.practice.entra.browsing import ANNA, Browser, browsing
from toolkit.practice import control
from toolkit.practice.control import Practice
from toolkit.practice.entra.tokens import decode
from toolkit.practice.seed.first_party import GRAPH_COMMAND_LINE

REDIRECT = "http://localhost:8400"
OPEN_ID = "openid profile offline_access"


@dataclass
class Client:
    """An application of somebody's: it sends people to a browser, and redeems what comes back."""

    practice: Practice
    http: httpx.Client
    browser: Browser
    client_id: str = GRAPH_COMMAND_LINE
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def graph(self) -> str:
        return self.practice.cloud.graph

    def scope(self, *names: str) -> str:
        return " ".join([*(f"{self.graph}/{name}" for name in names), OPEN_ID])

    def address(self, scope: str, tenant: str | None = None, **changes: str | None) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        asked = {
            "client_id": self.client_id,
            "response_type": "code",
            "redirect_uri": REDIRECT,
            "scope": scope,
            "state": "st-1",
            "nonce": "no-1",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            **changes,
        }
        kept = {name: value for name, value in asked.items() if value is not None}
        home = tenant or self.practice.tenant_id
        return f"{self.practice.url}/{home}/oauth2/v2.0/authorize?{urlencode(kept)}"

    def open(self, *names: str, **changes: Any) -> Browser:
        """Let the browser show the first page of a sign-in."""
        return self.browser.open(self.address(self.scope(*names), **changes))

    def ask(self, tenant: str | None = None, **form: str | None) -> httpx.Response:
        """Ask the token endpoint."""
        given = {"client_id": self.client_id, "client_info": "1", **form}
        sent = {name: value for name, value in given.items() if value is not None}
        home = tenant or self.practice.tenant_id
        return self.http.post(f"/{home}/oauth2/v2.0/token", data=sent)

    def redeem(self, tenant: str | None = None, **changes: str | None) -> httpx.Response:
        """Redeem the code that the browser brought."""
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": self.browser.arrived["code"],
            "redirect_uri": REDIRECT,
            "code_verifier": self.verifier,
            **changes,
        }
        return self.ask(tenant, **form)

    def refresh(self, token: str, scope: str, **changes: str | None) -> httpx.Response:
        form: dict[str, str | None] = {"grant_type": "refresh_token", "refresh_token": token}
        return self.ask(**form, scope=scope, **changes)

    def tokens(self, *names: str, who: str = ANNA) -> dict[str, Any]:
        """Sign somebody in, accept what is asked, and fetch the tokens."""
        page = self.open(*names, prompt="login").sign_in(who)
        if page.title == "Prove that it is you":
            page = page.verify()
        if not page.arrived:
            page.press("Accept")
        answer = self.redeem()
        assert answer.status_code == 200, answer.text
        self.browser.arrived = {}
        found: dict[str, Any] = answer.json()
        return found

    def bearer(self, *names: str, who: str = ANNA) -> dict[str, str]:
        return {"authorization": f"Bearer {self.tokens(*names, who=who)['access_token']}"}


def read(token: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(decode(token.split(".")[1]))
    return found


def code_of(answer: httpx.Response) -> int:
    """Read the one AADSTS number of a refusal."""
    assert answer.status_code in {400, 401}, answer.text
    (code,) = answer.json()["error_codes"]
    return int(code)


@pytest.fixture
def browser(practice: Practice) -> Iterator[Browser]:
    with browsing(practice) as opened:
        yield opened


@pytest.fixture
def app(practice: Practice, client: httpx.Client, browser: Browser) -> Client:
    """Microsoft's Graph command line."""
    return Client(practice, client, browser)


@pytest.fixture
def switch(practice: Practice) -> Callable[..., None]:
    def turn(*lines: str) -> None:
        for line in lines:
            control.add_fault(practice.path, line)

    return turn
