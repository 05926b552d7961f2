"""The local OpenAPI over HTTP, on 127.0.0.1, as an HTTP proxy for the real host names."""

from __future__ import annotations

import http.server
import json
import re
import threading
import uuid
from typing import Any
from urllib.parse import parse_qsl

from shared.cloud.credentials import Credentials
from shared.cloud.openapi_endpoints import EXCEPTIONS, HOSTS
from tests.cloud.local_server import LocalServer
from tests.cloud.openapi import oss
from tests.cloud.openapi.faults import Fault, Faults
from tests.cloud.openapi.product import Account, Call, Product, Refusal, products
from tests.cloud.openapi.signatures import Request, verify_acs3, verify_oss4

SITES = {"BssOpenApi": "business.{region}.aliyuncs.com", "Sas": "tds.{region}.aliyuncs.com"}
"""Products with a second home abroad, whose region the call then has."""


class Server(LocalServer):
    """One account behind HTTP. `calls` are `Product.Action`, in order, refused ones too."""

    def __init__(self, account: Account, faults: Faults, credentials: Credentials) -> None:
        super().__init__(Handler)
        self.account = account
        self.faults = faults
        self.credentials = credentials
        self.products = products()
        self.page_size = 1000
        self.calls: list[Call] = []
        self.lock = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        request = self._request()
        product, region, bucket = _addressed(request.headers["host"])
        try:
            call = self._call(request, product, region, bucket)
            self.server.calls.append(call)
            fault = self.server.faults.take(call.action, call.parameters)
            self._verify(request, product, bucket)
            answer = self._faulty(fault) if fault else None
            self._send(*(answer or self._carried_out(request, call)))
        except Refusal as refusal:
            self._send(*_refused(product, refusal))

    do_POST = do_PUT = do_HEAD = do_GET  # noqa: N815

    def _request(self) -> Request:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length") or 0))
        return Request(self.command, self.path, headers, body)

    def _call(self, request: Request, product: str, region: str, bucket: str) -> Call:
        if product == "Oss":
            parameters = {**dict(request.query), "bucket": bucket}
            return Call(product, oss.action_of(request, bucket), region, parameters, self.server.page_size)
        form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        posted = dict(parse_qsl(request.body.decode(), keep_blank_values=True)) if form else {}
        parameters = {**dict(request.query), **posted}
        return Call(
            product,
            request.headers.get("x-acs-action", ""),
            region or parameters.get("RegionId", ""),
            parameters,
            self.server.page_size,
            request.body,
            request.path,
        )

    def _verify(self, request: Request, product: str, bucket: str) -> None:
        if product == "Oss":
            verify_oss4(request, self.server.credentials, bucket)
        else:
            verify_acs3(request, self.server.credentials)

    def _faulty(self, fault: Fault) -> tuple[int, bytes, str, str] | None:
        """The answer that the fault makes; None when it was only slow."""
        self.server.stopping.wait(fault.seconds)
        if fault.dropped:
            self.close_connection = True
            raise ConnectionAbortedError("ordered by the test")
        if fault.body is not None:
            return fault.status, fault.body, "text/html", fault.location
        if fault.code:
            raise Refusal(fault.status, fault.code, f"Request was refused: {fault.code}.")
        return None

    def _carried_out(self, request: Request, call: Call) -> tuple[int, bytes, str]:
        with self.server.lock:
            if call.product == "Oss":
                return 200, oss.answer(self.server.account, call), "application/xml"
            product = _product(self.server.products, call, request.headers.get("x-acs-version", ""))
            answer = product.actions[call.action](self.server.account, call)
        return 200, json.dumps({"RequestId": _request_id(), **answer}).encode(), "application/json"

    def _send(self, status: int, body: bytes, kind: str, location: str = "") -> None:
        self.send_response(status)
        for name, value in (
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("Location", location),
        ):
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: `calls` says what was asked for."""


def _product(known: dict[str, Product], call: Call, version: str) -> Product:
    product = known.get(call.product)
    if product is None:
        raise Refusal(404, "InvalidProduct.NotFound", f"Cannot find product {call.product or 'by this host'}")
    if product.version != version:
        raise Refusal(404, "InvalidVersion", f"Specified parameter Version is not valid: {version}")
    if call.action not in product.actions:
        raise Refusal(404, "InvalidAction.NotFound", f"Specified api is not found: {call.action}")
    return product


def _addressed(host: str) -> tuple[str, str, str]:
    """The product, region and bucket that a host name stands for; all empty for a host of no product."""
    for (product, _), other in EXCEPTIONS.items():
        if host == other:
            return product, "", ""  # the RegionId tells
    for product, rule in (*SITES.items(), *HOSTS.items()):
        pattern = re.escape(rule).replace(r"\{region\}", r"(?P<region>[a-z0-9-]+)")
        bucket = r"((?P<bucket>[a-z0-9-]+)\.)?" if product == "Oss" else ""
        if found := re.fullmatch(bucket + pattern, host):
            groups = found.groupdict()
            return product, groups.get("region") or "", groups.get("bucket") or ""
    return "", "", ""


def _refused(product: str, refusal: Refusal) -> tuple[int, bytes, str]:
    if product == "Oss":
        return refusal.status, oss.error(refusal, _request_id()), "application/xml"
    said = {"Code": refusal.code, "Message": refusal.message, "RequestId": _request_id(), "HostId": "local"}
    return refusal.status, json.dumps(said).encode(), "application/json"


def _request_id() -> str:
    return str(uuid.uuid4()).upper()
