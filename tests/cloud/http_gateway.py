"""A local HTTP trigger: takes real HTTP and calls a handler with the event that is made of it."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.cloud.function_context import FunctionContext

Handler = Callable[[bytes, Any], dict[str, Any]]


def http_event(
    method: str,
    query: Mapping[str, str] | None = None,
    body: str = "",
    source: str = "203.0.113.7",
    **changes: Any,
) -> bytes:
    """What the trigger hands over for a request."""
    event = {
        "version": "v1",
        "rawPath": "/",
        "body": body,
        "isBase64Encoded": False,
        "headers": {"Content-Type": "application/x-www-form-urlencoded"},
        "queryParameters": dict(query or {}),
        "requestContext": {
            "accountId": "1234567890123456",
            "domainName": "oncall.example.com",
            "domainPrefix": "oncall",
            "requestId": str(uuid.uuid4()),
            "time": "2026-11-20T03:00:00Z",
            "timeEpoch": str(int(time.time() * 1000)),
            "http": {
                "method": method,
                "path": "/",
                "protocol": "HTTP/1.1",
                "sourceIp": source,
                "userAgent": "a browser",
            },
        },
    }
    return json.dumps({**event, **changes}).encode()


class Gateway:
    """Serves a handler on 127.0.0.1: `with Gateway(handler) as gateway`."""

    def __init__(self, handler: Handler) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _adapter(handler))
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    def __enter__(self) -> Gateway:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _adapter(handler: Handler) -> type[BaseHTTPRequestHandler]:
    class Adapter(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            address = urlsplit(self.path)
            query = {name: ",".join(values) for name, values in parse_qs(address.query).items()}
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            event = http_event(
                self.command, query, body, self.client_address[0], rawPath=unquote(address.path)
            )
            answer = handler(event, FunctionContext())
            content = answer["body"].encode()
            self.send_response(answer["statusCode"])
            for name, value in {**answer["headers"], "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_HEAD = do_POST = do_PUT = _serve  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Quiet."""

    return Adapter
