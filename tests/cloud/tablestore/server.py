"""A local Tablestore on 127.0.0.1, which the real SDK talks to over plain http.

It proves that what the store sends is well formed and signed, that the SDK reads the replies, and how
the store behaves when things go wrong. It doesn't prove the real service's own semantics: conditions,
limits and error codes are as its documentation says, and time to live is not played at all.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
import threading
import uuid
from dataclasses import dataclass
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tablestore.protobuf import table_store_pb2 as messages

from shared.cloud.credentials import Credentials
from tests.cloud.ram import Guard
from tests.cloud.tablestore.operations import Tables
from tests.cloud.tablestore.permissions import asked
from tests.cloud.tablestore.rows import RefusalError

INSTANCE = "local"
FOR_EVER = 10**9


@dataclass
class Fault:
    """What goes wrong with the next `times` requests."""

    times: int = FOR_EVER
    seconds: float = 0  # the answer comes late
    refusal: RefusalError | None = None  # the request is refused as a whole
    row_code: str = ""  # every row of a batch fails with it
    hang_up: str = ""  # the connection is closed "before" or "after" the request is carried out
    body: bytes | None = None  # the reply's body, well signed
    unsigned: bool = False  # the reply carries another key's signature


class TablestoreServer:
    """The instance: `with TablestoreServer() as server`, then order a `fault`, look at `requests`."""

    def __init__(self, *credentials: Credentials) -> None:
        self.credentials = credentials or (Credentials("local-id", "local-secret"),)
        self.tables = Tables()
        self.requests: list[str] = []
        self.fault = Fault(times=0)
        self.guard: Guard | None = None
        self.arn = "acs:ots:cn-hangzhou:1234567890123456:instance/trailguard"
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self._port = 0

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Listen: on the same port as before, if it was started before."""
        self.stopping.clear()
        self._http = _Listener(("127.0.0.1", self._port), _Handler)
        self._http.tablestore = self
        self._port = self._http.server_address[1]
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Refuse connections, and break those that are open."""
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self._http.hang_up()
        self._thread.join()

    def __enter__(self) -> TablestoreServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def next_fault(self) -> Fault:
        with self.lock:
            self.fault.times -= 1
            return self.fault if self.fault.times >= 0 else Fault()


class _Listener(ThreadingHTTPServer):
    tablestore: TablestoreServer
    daemon_threads = True
    block_on_close = False

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._connections: list[socket.socket] = []

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.append(request)
        super().process_request(request, client_address)

    def hang_up(self) -> None:
        for connection in self._connections:
            _break(connection)


def _break(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # closed already, by the other side
        return


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        tablestore = self.server.tablestore
        tablestore.requests.append(self.path[1:])
        fault = tablestore.next_fault()
        if tablestore.stopping.wait(fault.seconds) or fault.hang_up == "before":
            return self._hang_up()
        status, reply = self._carry_out(body, fault)
        if fault.hang_up == "after":
            return self._hang_up()
        return self._reply(status, reply if fault.body is None else fault.body, fault.unsigned)

    def _carry_out(self, body: bytes, fault: Fault) -> tuple[int, bytes]:
        tablestore = self.server.tablestore
        try:
            self._authenticate(body)
            self._authorize(body)
            if fault.refusal:
                raise fault.refusal
            with tablestore.lock:
                tablestore.tables.row_fault = fault.row_code
                return 200, tablestore.tables.carry_out(self.path[1:], body)
        except RefusalError as refusal:
            return refusal.status, messages.Error(
                code=refusal.code, message=refusal.message
            ).SerializeToString()

    def _authenticate(self, body: bytes) -> None:
        """Signature version 2, as in help.aliyun.com, Tablestore, "Signature"; raises RefusalError."""
        headers = _ots_headers(self.headers)
        given = headers.pop("x-ots-signature", "")
        known = self._caller()
        if known is None or headers.get("x-ots-ststoken", "") != known.security_token:
            raise RefusalError(403, "OTSAuthFailed", "The AccessKeyID does not exist.")
        signed = f"{self.path}\nPOST\n\n{_lines(headers)}\n"
        if given != _signature(known.access_key_secret, signed):
            raise RefusalError(403, "OTSAuthFailed", "Signature mismatch.")
        if headers["x-ots-contentmd5"] != _md5(body):
            raise RefusalError(400, "OTSMissingHeader", "The request's MD5 is wrong.")
        if headers["x-ots-instancename"] != INSTANCE:
            raise RefusalError(403, "OTSAuthFailed", "The instance is not found.")

    def _authorize(self, body: bytes) -> None:
        """Raises RefusalError for what the policy in force does not allow."""
        tablestore = self.server.tablestore
        for action, resource in asked(self.path[1:], body, tablestore.arn) if tablestore.guard else ():
            if not tablestore.guard.allows(action, resource):
                message = f"You have no permission to access the requested resource: {action} {resource}"
                raise RefusalError(403, "OTSNoPermissionAccess", message)

    def _caller(self) -> Credentials | None:
        given = self.headers["x-ots-accesskeyid"]
        known = self.server.tablestore.credentials
        return next((keys for keys in known if keys.access_key_id == given), None)

    def _reply(self, status: int, body: bytes, unsigned: bool) -> None:
        headers = {
            "x-ots-contentmd5": _md5(body),
            "x-ots-contenttype": "protocol buffer",
            "x-ots-date": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "x-ots-requestid": str(uuid.uuid4()),
        }
        caller = self._caller() or Credentials("", "")
        secret = "not the caller's" if unsigned else caller.access_key_secret
        signature = _signature(secret, f"{_lines(headers)}\n{self.path}")
        headers["Authorization"] = f"OTS {caller.access_key_id}:{signature}"
        headers["Content-Length"] = str(len(body))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _hang_up(self) -> None:
        self.close_connection = True
        _break(self.connection)

    def log_message(self, *_: Any) -> None:
        """Say nothing: the tests look at `requests`."""


def _ots_headers(headers: Any) -> dict[str, str]:
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    return {name: value for name, value in lower.items() if name.startswith("x-ots-")}


def _lines(headers: dict[str, str]) -> str:
    return "\n".join(sorted(f"{name}:{value}" for name, value in headers.items()))


def _md5(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body).digest()).decode()


def _signature(secret: str, signed: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), signed.encode(), "sha1").digest()).decode()
