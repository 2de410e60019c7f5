"""A client of the practice tenant's Exchange, which asks as a real client does: with whole bodies."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from toolkit.practice import exchange, seed
from toolkit.practice.clock import PracticeClock
from toolkit.practice.exchange import access
from toolkit.practice.store import Body, Store
from toolkit.practice.wire import Answer, Ask, Caller
from toolkit.practice.world import World

CONTRACTS = Path(__file__).resolve().parents[4] / "shared" / "contracts"
BASE = "https://localhost:8443"
EXCHANGE_ADMINISTRATOR = "29232cdf-9323-42fd-ade2-1d097af3e4de"
METTE = "mette.jansen@northbridge.example"
OWNER = "exchange.admin@northbridge.example"
GROUP: dict[str, Any] = {
    "Name": "timetable-mailboxes",
    "Type": "Security",
    "PrimarySmtpAddress": "timetable-mailboxes@northbridge.example",
    "ManagedBy": [OWNER],
    "Members": [METTE],
}
ADMINISTRATOR = Caller(
    audience=f"{BASE}/exchange",
    app_id="11111111-1111-4111-8111-111111111111",
    object_id="22222222-2222-4222-8222-222222222222",
    roles=frozenset({"Exchange.ManageAsApp"}),
    wids=frozenset({EXCHANGE_ADMINISTRATOR}),
)


@dataclass
class Exchange:
    """A client of the practice tenant's Exchange."""

    world: World
    caller: Caller
    recording: list[dict[str, Any]]
    last: Answer | None = None

    @property
    def group(self) -> dict[str, Any]:
        """What the new group is asked for with."""
        return GROUP

    @property
    def tenant(self) -> str:
        return str(self.world.store.all("organization")[0]["id"])

    def send_raw(self, ask: Ask) -> Answer:
        with self.world.store.transaction():
            return exchange.answer(self.world, ask)

    def send(self, ask: Ask) -> Answer:
        answer = self.send_raw(ask)
        self.recording.append(
            {
                "method": ask.method,
                "url": f"{BASE}/exchange{ask.path}",
                "request_headers": dict(ask.headers),
                "request_body": json.loads(ask.body) if ask.body else None,
                "status": answer.status,
                "response_headers": dict(answer.headers),
                "response_body": answer.body if isinstance(answer.body, dict) else None,
            }
        )
        return answer

    def ask(self, content: object, **changes: Any) -> Ask:
        anchor = f"APP:SystemMailbox{{bb558c35-97f1-4cb9-8ff7-d53741dc928c}}@{self.tenant}"
        ask = Ask(
            method="POST",
            path=f"/adminapi/beta/{self.tenant}/InvokeCommand",
            headers={"content-type": "application/json", "x-anchormailbox": anchor},
            body=json.dumps(content).encode(),
            caller=self.caller,
        )
        headers = {**ask.headers, **changes.pop("headers", {})}
        return replace(ask, headers=headers, **changes)

    @staticmethod
    def command(cmdlet: str, **parameters: Any) -> Body:
        return {"CmdletInput": {"CmdletName": cmdlet, "Parameters": parameters}}

    def become(self, **changes: Any) -> None:
        self.caller = replace(self.caller, **changes)

    def invoke(self, cmdlet: str, **parameters: Any) -> Answer:
        return self.send(self.ask(self.command(cmdlet, **parameters)))

    def rows(self, cmdlet: str, **parameters: Any) -> list[dict[str, Any]]:
        answer = self.invoke(cmdlet, **parameters)
        assert answer.status == 200, answer.body
        rows: list[dict[str, Any]] = answer.body["value"]
        return rows

    def refusal(self, cmdlet: str, status: int = 400, **parameters: Any) -> str:
        answer = self.invoke(cmdlet, **parameters)
        assert answer.status == status, answer.body
        return str(answer.body["error"]["details"][0]["message"])

    def opens(self, address: str, app_id: str, *roles: str, write: bool = False) -> int:
        """Call Graph as an app with these roles in its token; 200 or the refusal's status."""
        app = Caller(audience=BASE, app_id=app_id, object_id="x", roles=frozenset(roles))
        user = self.world.store.find("user", mail=address)[0]
        with self.world.store.transaction():
            self.last = access.calendar_refusal(self.world, app, user, write=write)
        return self.last.status if self.last else 200

    def make_group(self, **changes: Any) -> dict[str, Any]:
        return self.rows("New-DistributionGroup", **{**GROUP, **changes})[0]

    def make_principal(self) -> dict[str, Any]:
        principal = self.world.store.find("servicePrincipal", displayName="MyTimetable")[0]
        return self.rows(
            "New-ServicePrincipal", AppId=principal["appId"], ObjectId=principal["id"]
        )[0]


@pytest.fixture(name="exchange")
def _exchange(tmp_path: Path) -> Iterator[Exchange]:
    store = Store(tmp_path / "world.sqlite")
    world = World(store=store, clock=PracticeClock(store), base=BASE)
    seed.fill(world)
    store.set_setting("lag", {})
    yield Exchange(world, ADMINISTRATOR, [])
    store.close()


@pytest.fixture(name="contracts", scope="session")
def _contracts() -> Path:
    if not CONTRACTS.is_dir():
        pytest.skip("the contracts are not beside this repository")
    return CONTRACTS
