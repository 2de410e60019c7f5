"""Listens on this machine's loopback and carries the practice tenant's requests over TLS."""

import asyncio
import contextlib
import socket
import struct
import sys
import threading
from collections.abc import Awaitable, Callable

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from toolkit.errors import UsageError
from toolkit.practice.tls import Tls

Address = tuple[str, int]
KEEP_ALIVE = 3600
START_TIMEOUT = 30
ROUNDS = 5


class Server:
    """A running server; `stop` ends it and leaves nothing open."""

    def __init__(
        self,
        application: Callable[..., Awaitable[None]],
        transports: dict[Address, asyncio.Transport],
        tls: Tls,
        sockets: list[socket.socket],
    ) -> None:
        self._sockets = sockets
        config = uvicorn.Config(
            application,
            http=_protocol(transports),
            ws="none",
            loop="asyncio",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level="critical",  # connections that a fault broke are no news
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=KEEP_ALIVE,
            ssl_certfile=tls.certificate,
            ssl_keyfile=tls.key,
        )
        self._loop = _Loop(config)
        self._thread = threading.Thread(target=self._run, name="practice tenant", daemon=True)

    def start(self) -> None:
        """Serve, and come back when requests are answered."""
        self._thread.start()
        if not self._loop.ready.wait(START_TIMEOUT):
            raise TimeoutError("The practice tenant's server doesn't start.")

    def stop(self) -> None:
        """End the server and wait until it has."""
        self._loop.stop()
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._loop.serve(sockets=self._sockets))


class _Loop(uvicorn.Server):
    """uvicorn's server, started and stopped by another thread at once instead of by ticks."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._stopping: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    async def main_loop(self) -> None:
        """Wait until told to stop."""
        event = asyncio.Event()
        self._stopping = (asyncio.get_running_loop(), event)
        self.ready.set()
        await event.wait()

    def stop(self) -> None:
        """Tell the loop to end, from another thread."""
        if self._stopping is not None:
            loop, event = self._stopping
            loop.call_soon_threadsafe(event.set)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close everything without waiting for clients."""
        for server in self.servers:
            server.close()
        for one in sockets or ():
            one.close()
        for task in self.server_state.tasks:
            task.cancel()
        for connection in list(self.server_state.connections):
            if isinstance(connection, H11Protocol):
                connection.transport.abort()
        for _ in range(ROUNDS):  # aborted transports close in the loop's next rounds
            await asyncio.sleep(0)


def _protocol(transports: dict[Address, asyncio.Transport]) -> type[H11Protocol]:
    class Protocol(H11Protocol):
        """Knows the connection below each request, so that faults can break it."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
            super().connection_made(transport)
            transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.client is not None:
                transports[self.client] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            if self.client is not None:
                transports.pop(self.client, None)
            super().connection_lost(exc)

    return Protocol


def listen(port: int) -> list[socket.socket]:
    """Listen on both loopback addresses, since localhost means one or the other."""
    try:
        first = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise UsageError(
            f"Port {port} can't be used: {error.strerror or error}.",
            fix="Choose another --port, or leave it out.",
        ) from error
    sockets = [first]
    # A machine without IPv6 resolves localhost to 127.0.0.1 alone.
    with contextlib.suppress(OSError):
        taken = first.getsockname()[1]
        sockets.append(socket.create_server(("::1", taken), family=socket.AF_INET6))
    return sockets


def reset(transport: asyncio.Transport) -> None:
    """Break a connection as a dying proxy does: the client sees a reset."""
    # Lingering for no time makes closing send it.
    pair = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, pair)
    transport.abort()
