"""The local Log Service over HTTP, on 127.0.0.1, as an HTTP proxy for the real host names."""

from __future__ import annotations

import http.server
import socket
import time
import urllib.parse
import uuid
from typing import Any

from shared.cloud.credentials import Credentials
from tests.cloud.local_server import LocalServer
from tests.cloud.ram import Guard
from tests.cloud.sls import operations
from tests.cloud.sls.faults import Fault, Faults, Order, reply_instead, spoiled
from tests.cloud.sls.permissions import action_of, resource_of
from tests.cloud.sls.request import Reply, Request, error_reply
from tests.cloud.sls.signatures import verify
from tests.cloud.sls.store import ServiceError, Store

ACCOUNT = "1234567890123456"


class Server(LocalServer):
    """One store behind HTTP. `calls` are the names of the operations asked for, in order."""

    def __init__(self, store: Store, faults: Faults, credentials: Credentials) -> None:
        super().__init__(Handler)
        self.store = store
        self.faults = faults
        self.credentials = credentials
        self.calls: list[str] = []
        self.guard: Guard | None = None
        self.skew = 0.0  # seconds that its clock is ahead


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else the body waits 40 ms for the headers to be acknowledged
    server: Server

    def do_GET(self) -> None:
        request = self._request()
        try:
            name, operation = operations.find(request)
            self.server.calls.append(name)
            verify(request, self.server.credentials)
            self._authorize(name, request)
        except ServiceError as error:
            self._send(error_reply(error.status, error.code, error.message))
            return
        self._carry_out(operation, self.server.faults.take(name), name)

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815

    def _authorize(self, name: str, request: Request) -> None:
        """Raises ServiceError (401) for what the policy in force does not allow."""
        region = self.headers["Host"].split(".")[1].removesuffix("-intranet")
        action, resource = action_of(name), resource_of(request, ACCOUNT, region)
        if action and self.server.guard and not self.server.guard.allows(action, resource):
            told = f"denied by sts or ram, action: {action}, resource: {resource}"
            raise ServiceError(401, "Unauthorized", told)

    def _carry_out(self, operation: Any, order: Order | None, name: str) -> None:
        if order is None:
            self._send(self._result(operation))
        elif order.fault is Fault.DOWN:
            self.close_connection = True
        elif order.fault is Fault.REPLY_LOST:
            self._result(operation)
            self.close_connection = True
        else:
            self._send_faulty(operation, order, name)

    def _send_faulty(self, operation: Any, order: Order, name: str) -> None:
        if order.fault is Fault.SLOW:
            self.server.stopping.wait(order.seconds)
        reply = reply_instead(order.fault, name) or spoiled(order.fault, self._result(operation))
        self._send(reply, halved=order.fault is Fault.TRUNCATED)

    def _result(self, operation: Any) -> Reply:
        try:
            reply: Reply = operation(self.server.store)
            return reply
        except ServiceError as error:
            return error_reply(error.status, error.code, error.message)

    def _request(self) -> Request:
        if hasattr(socket, "TCP_QUICKACK"):  # Linux; the client's body waits for it, by default 40 ms
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        url = urllib.parse.urlsplit(self.path)  # absolute: the client takes us for a proxy
        return Request(
            method=self.command,
            project=self.headers["Host"].split(".")[0],
            path=url.path,
            query=dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("Content-Length") or 0)),
        )

    def _send(self, reply: Reply, halved: bool = False) -> None:
        self.send_response(reply.status)
        headers = {"x-log-requestid": uuid.uuid4().hex.upper(), **reply.headers}
        for name, value in {**headers, "Content-Length": str(len(reply.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body[: len(reply.body) // 2] if halved else reply.body)
        self.close_connection = self.close_connection or halved

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The Date of an answer, by a clock that a test may put wrong."""
        return super().date_time_string((timestamp or time.time()) + self.server.skew)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: `calls` says what was asked for."""
