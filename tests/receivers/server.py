"""What the HTTP receivers share: a threaded server on 127.0.0.1 that answers as it is told."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import trustme


@dataclass(frozen=True)
class Request:
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """`delay` is waited before the answer, `drip` before each byte of its body, in seconds.

    With `drip_head` the status line and headers drip as well.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drip: float = 0.0
    drip_head: bool = False

    def head(self) -> bytes:
        headers = {**self.headers, "Content-Length": len(self.body), "Connection": "close"}
        lines = [f"HTTP/1.1 {self.status} Scripted", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode()


class Receiver:
    """A context manager. Subclasses say how a request is answered when nothing is scripted."""

    def __init__(
        self, ca: trustme.CA | None = None, names: tuple[str, ...] = ("127.0.0.1", "localhost")
    ) -> None:
        self.requests: list[Request] = []
        self._script: list[Answer] = []
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._scheme = "https" if ca else "http"
        if ca:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            ca.issue_cert(*names).configure_cert(context)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}"

    def __enter__(self) -> Any:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def script(self, answer: Answer, times: int = 1) -> None:
        """Answer the next `times` requests so, then as usual again."""
        self._script += [answer] * times

    def respond(self, request: Request) -> Answer:
        self.requests.append(request)
        return self._script.pop(0) if self._script else self.usual(request)

    def usual(self, request: Request) -> Answer:
        raise NotImplementedError

    def write(self, answer: Answer, out: Any) -> None:
        self._closing.wait(answer.delay)
        self._drip(out, answer.head(), answer.drip if answer.drip_head else 0)
        self._drip(out, answer.body, answer.drip)

    def _drip(self, out: Any, data: bytes, pause: float) -> None:
        if not pause:
            out.write(data)
            return
        for byte in data:
            if self._closing.wait(pause):
                return
            out.write(bytes([byte]))


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = receiver.respond(Request(self.path, dict(self.headers), body))
            try:
                receiver.write(answer, self.wfile)
            except OSError:
                self.close_connection = True  # the sender hung up, as it may

        do_GET = do_POST  # noqa: N815

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                self.close_connection = True  # a TLS handshake that the sender broke off

        def log_message(self, *_: object) -> None:
            """Quiet."""

    return Handler


def eventually(condition: Any, within: float = 2.0) -> bool:
    """Waits for what another thread is about to do."""
    until = time.monotonic() + within
    while not condition() and time.monotonic() < until:
        time.sleep(0.005)
    return bool(condition())
