"""A tiny TLS server that says whatever a test wants said, in the place of every service."""

import json
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from toolkit.systems.clouds import Cloud

TENANT = "b33edbbd-a711-5883-9530-6b5266341eb5"
TOKEN = "/oauth2/v2.0/token"
DISCOVERY = "/.well-known/openid-configuration"


@dataclass(frozen=True)
class Heard:
    """A request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Says:
    """An answer; `raw` is sent as it is, head and all."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None


def says(body: Any, status: int = 200, **headers: str) -> Says:
    """Answer with JSON."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Says(status, json.dumps(body).encode(), {"content-type": "application/json", **named})


Answer = Callable[[Heard], Says]


class Liar:
    """Answers token requests by `token`, discovery by `discovery`, everything else by `answer`."""

    def __init__(self, folder: Path) -> None:
        self.heard: list[Heard] = []
        self.answer: Answer = lambda heard: says({})
        self.token: Answer = lambda heard: says(
            {"token_type": "Bearer", "expires_in": 3599, "access_token": "not.a.jwt"}
        )
        self.discovery: Answer = lambda heard: says(self._document())
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._server.block_on_close = False
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem", folder / "server.key")
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        self.url = f"https://localhost:{self._server.server_address[1]}"
        self.cloud = Cloud(
            name="practice",
            login=self.url,
            graph=self.url,
            exchange=f"{self.url}/exchange",
            initial_domain="example",
            ca_file=folder / "ca.pem",
        )

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def asked(self, *, tokens: bool = False) -> list[Heard]:
        """List what was asked of the services, or of the token service."""
        return [
            one
            for one in self.heard
            if DISCOVERY not in one.path and one.path.endswith(TOKEN) is tokens
        ]

    def _document(self) -> dict[str, str]:
        at = f"{self.url}/{TENANT}"
        return {
            "token_endpoint": at + TOKEN,
            "authorization_endpoint": at + "/oauth2/v2.0/authorize",
            "issuer": at + "/v2.0",
        }

    def _say(self, heard: Heard) -> Says:
        self.heard.append(heard)
        if heard.path.endswith(TOKEN):
            return self.token(heard)
        return self.discovery(heard) if DISCOVERY in heard.path else self.answer(heard)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        liar = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet, or each answer takes 40 ms

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except OSError:  # the client broke off
                    self.close_connection = True

            def say(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                said = liar._say(Heard(self.command, self.path, headers, self.rfile.read(length)))
                if said.raw is not None:
                    self.wfile.write(said.raw)
                    self.close_connection = True
                    return
                self.send_response(said.status)
                for name, value in {"content-length": str(len(said.body)), **said.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(said.body)

            def log_message(self, *_said: Any) -> None:
                pass

        for method in ("GET", "POST", "PATCH", "DELETE"):
            setattr(Handler, f"do_{method}", Handler.say)
        return Handler


def one_after_the_other(*answers: Says) -> Answer:
    """Say each once and then the last for ever."""
    left = list(answers)
    return lambda heard: left.pop(0) if len(left) > 1 else left[0]
