"""A vendor's application, registered by plain Graph requests, and a browser before the vendor's page."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.practice.conftest import SignIn, connect
from tests.practice.entra.browsing import Browser, browsing
from toolkit.certificates import KeyPair
from toolkit.practice import control
from toolkit.practice.control import Practice
from toolkit.practice.seed.entries import principal_id
from toolkit.practice.seed.people import user_id
from toolkit.practice.seed.permissions import GRAPH, scope_id
from toolkit.practice.store import Body
from toolkit.practice.vendors.catalogue import VENDORS, Vendor

JADU, TRAY, MYTIMETABLE, ANY = VENDORS
CALENDARS = "Calendars.ReadWrite offline_access openid profile"
ALL_OF_JADU = "Calendars.Read Calendars.Read.Shared Calendars.ReadWrite Calendars.ReadWrite.Shared offline_access openid profile"  # fmt: skip
EVERYBODY = "00000000-0000-0000-0000-000000000000"


@dataclass
class Registration:
    """An application that was registered for a vendor: what the vendor is told, and its ids."""

    graph: httpx.Client
    tenant: str
    app: Body
    principal: Body
    secret: Body

    @property
    def fields(self) -> dict[str, str]:
        return {
            "client_id": self.app["appId"],
            "client_secret": self.secret["secretText"],
            "tenant_id": self.tenant,
        }

    def assign(self, person: str) -> str:
        """Let somebody in, and give the path of the assignment."""
        return self.assign_to(user_id(person))

    def assign_to(self, key: str) -> str:
        """Let a person or a group in by its id."""
        path = f"/servicePrincipals/{self.principal['id']}/appRoleAssignedTo"
        body = {
            "principalId": key,
            "resourceId": self.principal["id"],
            "appRoleId": EVERYBODY,
        }
        return f"{path}/{done(self.graph.post(path, json=body))['id']}"

    def grant(self, scope: str, **more: object) -> str:
        """Consent for everybody, and give the path of the grant."""
        path = "/oauth2PermissionGrants"
        body = {
            "clientId": self.principal["id"],
            "consentType": "AllPrincipals",
            "resourceId": principal_id(GRAPH),
            "scope": scope,
            **more,
        }
        return f"{path}/{done(self.graph.post(path, json=body))['id']}"


Register = Callable[..., Registration]


def done(answer: httpx.Response) -> Any:
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


@pytest.fixture
def graph(practice: Practice, sign_in: SignIn) -> Iterator[httpx.Client]:
    for line in ("lag off", "sts-lag off"):
        control.add_fault(practice.path, line)
    with connect(practice) as client:
        client.base_url = f"{practice.url}/v1.0"
        client.headers.update(sign_in())
        yield client


@pytest.fixture
def register(graph: httpx.Client, practice: Practice) -> Register:
    def registered(vendor: Vendor, scope: str = "", **changes: object) -> Registration:
        wanted = [one for one in scope.split() if one != "email"]
        access = [{"id": scope_id(GRAPH, one), "type": "Scope"} for one in wanted]
        body = {
            "displayName": f"{vendor.name} of ours",
            "web": {"redirectUris": [f"{practice.url}{vendor.callback}"]},
            "requiredResourceAccess": [{"resourceAppId": GRAPH, "resourceAccess": access}],
        }
        app = done(graph.post("/applications", json=body | changes))
        principal = done(graph.post("/servicePrincipals", json={"appId": app["appId"]}))
        end = (practice.clock.now() + timedelta(days=90)).isoformat()
        wish = {"passwordCredential": {"displayName": "vendor", "endDateTime": end}}
        secret = done(graph.post(f"/applications/{app['id']}/addPassword", json=wish))
        made = Registration(graph, practice.tenant_id, app, principal, secret)
        if scope:
            made.grant(scope)
        return made

    return registered


@pytest.fixture
def browser(practice: Practice) -> Iterator[Browser]:
    with browsing(practice) as opened:
        yield opened


def upload(app: Registration, pair: KeyPair) -> None:
    """Put a certificate on the application."""
    key = base64.b64encode(pair.certificate.der).decode()
    entry = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": key}
    done(app.graph.patch(f"/applications/{app.app['id']}", json={"keyCredentials": [entry]}))


def told(browser: Browser) -> str:
    """Read what the vendor's page says went well."""
    found = browser.page.xpath("//*[@role='status']")
    return " ".join(found[0].text_content().split()) if found else ""
