"""An address on this computer that waits for one answer from Entra, which a person's browser brings."""

import base64
import hashlib
import hmac
import queue
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

from toolkit import shelf
from toolkit.clock import Clock
from toolkit.redaction import Secret

HOST = "127.0.0.1"
NAME = "localhost"
"""Entra takes http for this computer only by this name (learn.microsoft.com/entra/identity-platform/reply-url)."""
BEGINS = "/mailgrant/"
SECONDS = 10
"""After so long a browser that says nothing more is left: some open connections in advance."""
LOOK = 0.2
MOST_FIELDS, LONGEST = 20, 16_384
Page = tuple[int, str, str]
GOT = (200, "Go on in the terminal", "mailgrant has heard from Entra. You may close this window.")
NO = (200, "Entra said no", "The terminal says why, and what to do. You may close this window.")
STRANGE = (400, "That isn't the answer", "It belongs to no sign-in that was begun here. Go on in the window that mailgrant showed.")  # fmt: skip
NOWHERE = (404, "There is nothing here", "Only the answer of one sign-in is waited for.")
TOO_LONG = (413, "That isn't the answer", "It is longer than any answer of Entra.")
ANSWERS = {"code", "error"}


class Listener:
    """Waits for the answer to one sign-in; whatever else comes changes nothing.

    The path can't be guessed, the state must be the one that was sent, and the first good answer
    is the only one.
    """

    def __init__(self, port: int, path: str) -> None:
        self._port, self._path = port, path
        self._state = secrets.token_urlsafe(32)
        self._answers: queue.Queue[dict[str, str]] = queue.Queue(maxsize=1)

    @property
    def address(self) -> str:
        """Tell the address to register, which the answer comes to."""
        return f"http://{NAME}:{self._port}{self._path}"

    @property
    def state(self) -> str:
        """Tell what to send along, so that the answer can be told from any other."""
        return self._state

    def wait(self, until: datetime, clock: Clock) -> dict[str, str] | None:
        """Wait for the answer until then (protocol time); None where none has come."""
        while clock.now() < until:
            try:
                return self._answers.get(timeout=LOOK)
            except queue.Empty:
                continue  # looks up so often that Ctrl-C is heard on Windows too
        return None

    def hear(self, target: str, host: str, body: str) -> Page:
        """Judge what a browser sends, and tell the page that it gets."""
        hosts = {f"{name}:{self._port}" for name in (NAME, HOST)}
        if urlsplit(target).path != self._path or host not in hosts:
            return NOWHERE
        said = _fields(body)
        state = said.get("state", "").encode()
        if not hmac.compare_digest(state, self._state.encode()) or not said.keys() & ANSWERS:
            return STRANGE
        if "code" in said:
            Secret(said["code"])  # the redactor knows it from now on
        if self._answers.empty():
            self._answers.put(said)
        return NO if "error" in said else GOT


@contextmanager
def listening() -> Iterator[Listener]:
    """Listen on a free port of this computer, for nobody else, for a while."""
    server = _Server((HOST, 0), _Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": LOOK}, daemon=True)
    thread.start()
    try:
        yield server.listener
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingTCPServer):
    """Listens on a port that is its own: Windows would let others have one that may be reused."""

    allow_reuse_address = False
    daemon_threads = True

    def server_activate(self) -> None:
        """Make the listener, now that the port is known."""
        self.listener = Listener(self.server_address[1], BEGINS + secrets.token_urlsafe(16))
        super().server_activate()


class _Handler(BaseHTTPRequestHandler):
    """Answers with one of our pages; notes down nothing of what was asked, for it may hold the code."""

    server: _Server
    timeout = SECONDS
    server_version, sys_version = "mailgrant", ""

    def do_GET(self) -> None:
        """Say that nothing is to be seen here: Entra's answer is posted."""
        self._show(NOWHERE)

    def do_POST(self) -> None:
        """Take what may be the answer."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LONGEST:
            self._show(TOO_LONG)
            return
        body = self.rfile.read(int(length)).decode("ascii", "replace")
        self._show(self.server.listener.hear(self.path, self.headers.get("Host", ""), body))

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002  the library's signature
        """Answer what is no request of a browser like anything else that isn't the answer."""
        self._show((code, *NOWHERE[1:]))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's signature
        """Write nothing down."""

    def _show(self, page: Page) -> None:
        status, title, words = page
        body, digest = _page(title, words)
        policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
        headers: Mapping[str, str] = {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Length": str(len(body)),
            "Content-Security-Policy": policy,
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Connection": "close",
        }
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True


def _fields(body: str) -> dict[str, str]:
    """Read a form; nothing where a name comes twice, or where there are too many."""
    try:
        pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        return {}
    return dict(pairs) if len(dict(pairs)) == len(pairs) else {}


@cache
def _page(title: str, words: str) -> tuple[bytes, str]:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(shelf.templates(), encoding="utf-8")
    templates = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    style = templates.get_template("sign_in.css.j2").render()
    shown = templates.get_template("come_back.html.j2").render(
        title=title, words=words, style=style
    )
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return shown.encode(), digest
