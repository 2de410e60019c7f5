"""One tenant and all that a run may use of it; systems connect when first used."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from toolkit.clock import Clock, SystemClock
from toolkit.secret import Keep, Secret
from toolkit.systems.clouds import Cloud
from toolkit.systems.memory import Memory
from toolkit.systems.prompts import Prompts, Silence
from toolkit.systems.sign_in import Identity
from toolkit.systems.wire import Loop, Meter

if TYPE_CHECKING:
    from toolkit.systems.exchange_online import ExchangeOnline
    from toolkit.systems.graph import Graph
    from toolkit.systems.visit import Visit


@dataclass
class Tenant:
    """The tenant a command works on.

    `clock` is tenant time, `protocol_clock` the computer's. `profile` names it on the command
    line. `run` is the id of the run under way; what is made carries it.
    `notes` is what every plan says about who signs in.
    """

    profile: str
    id: str
    domain: str
    name: str
    cloud: Cloud
    identity: Identity
    keep: Keep
    practice: bool = False
    clock: Clock = field(default_factory=SystemClock)
    protocol_clock: Clock = field(default_factory=SystemClock)
    prompts: Prompts = field(default_factory=Silence)
    meter: Meter = field(default_factory=Meter)
    loop: Loop = field(default_factory=Loop)
    run: str = ""
    who: str = ""
    notes: tuple[str, ...] = ()
    _closing: list[Callable[[], None]] = field(default_factory=list)

    @cached_property
    def memory(self) -> Memory:
        """What was just read as whoever is signed in."""
        return Memory(self.protocol_clock, self.meter)

    @cached_property
    def graph(self) -> "Graph":
        """Microsoft Graph, as whoever is signed in."""
        return self.graph_of(self.identity)

    @cached_property
    def exchange(self) -> "ExchangeOnline":
        """Exchange Online's cmdlets, as whoever is signed in."""
        from toolkit.systems.exchange_online import ExchangeOnline

        exchange = ExchangeOnline(self)
        self._closing.append(exchange.close)
        return exchange

    def graph_as(
        self, client_id: str, *, key: Secret | None = None, secret: Secret | None = None
    ) -> "Graph":
        """Microsoft Graph as an application, by key or secret: a new credential and token every time."""
        identity = Identity(
            self.cloud,
            self.id,
            client_id,
            meter=self.meter,
            key=key,
            secret=secret,
            metadata=self.identity.metadata,
        )
        return self.graph_of(identity)

    def visit(
        self, client_id: str, *, key: Secret | None = None, secret: Secret | None = None
    ) -> "Visit":
        """Have one person sign in through an application, which shows its key or secret."""
        from toolkit.systems.visit import Visit

        return Visit(self.cloud, self.id, client_id, meter=self.meter, key=key, secret=secret)

    def graph_of(self, identity: Identity) -> "Graph":
        """Microsoft Graph as somebody else."""
        from toolkit.systems.graph import Graph

        graph = Graph(self, identity)
        self._closing.append(graph.close)
        return graph

    def close(self) -> None:
        """Close every connection."""
        while self._closing:
            self._closing.pop()()
        self.loop.close()
