"""A webhook, signed as Standard Webhooks wants it (github.com/standard-webhooks/standard-webhooks)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import http.client
import ipaddress
import json
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from urllib.parse import quote

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from shared.alerting.channels.address import AddressRefusedError, Lookup, checked_address, parse, resolve
from shared.alerting.channels.channel import OUT_OF_TIME, Clock, Outcome
from shared.alerting.channels.faults import cut_off, describe, is_untrusted_certificate
from shared.alerting.channels.tls import client_context
from shared.alerting.channels.verdict import retry_after
from shared.alerting.channels.webhook_payload import Payload, standard
from shared.alerting.notice import Notice

_LATER = (408, 425, 429)  # the 4xx answers that pass by themselves


class Webhook:
    """A Channel to one HTTPS endpoint. What it answers beyond the status line is never read or logged."""

    def __init__(
        self,
        url: str,
        secrets: Sequence[str],
        *,
        payload: Payload = standard,
        allow_private: Sequence[str] = (),
        allow_http: bool = False,
        cafile: str | None = None,
        timeout: float = 15.0,
        now: Clock = time.time,
        lookup: Lookup = resolve,
    ) -> None:
        """`secrets` are `whsec_…` strings; with several, each signs, so that one can be rotated out.
        `payload` makes the JSON of a notice.

        `allow_private` are networks such as `10.0.0.0/8` that the URL may lead to; `allow_http` lets it
        be plain http there. `cafile` trusts one authority instead of the system's. `timeout` is in
        seconds, per attempt. Raises ValueError, which quotes neither URL nor secret, for a setting that
        is wrong.
        """
        self._target = parse(url)
        self._payload = payload
        if self._target.scheme == "http" and not allow_http:
            raise ValueError("a webhook URL must be https: set allow_http for a private network")
        if not secrets:
            raise ValueError("a webhook needs a signing secret: whsec_ and 24 to 64 bytes of base64")
        self._keys = [_key(secret) for secret in secrets]
        self._allow_private = [ipaddress.ip_network(network) for network in allow_private]
        self._context = client_context(cafile)
        self._timeout, self._now, self._lookup = timeout, now, lookup

    def __repr__(self) -> str:
        return f"Webhook({self._target!r})"

    def send(self, notice: Notice, deadline: float) -> Outcome:
        """See `Channel.send`."""
        give_up = time.monotonic() + min(self._timeout, deadline - self._now())
        try:
            address = checked_address(self._target, self._allow_private, self._lookup)
            if time.monotonic() >= give_up:
                return OUT_OF_TIME
            status, headers = self._post(address, notice, give_up)
        except AddressRefusedError as error:
            return Outcome.rejected(f"{self._target!r}: {error}")
        except (HTTPError, http.client.HTTPException, OSError) as error:
            return self._broken(error, late=time.monotonic() >= give_up)
        return self._judged(status, headers)

    def fits(self, notice: Notice) -> bool:
        """See `Channel.fits`."""
        return True

    def _post(self, address: str, notice: Notice, give_up: float) -> tuple[int, Mapping[str, str]]:
        """The status and headers of the answer. A redirect is an answer like any other."""
        body = json.dumps(self._payload(notice)).encode()
        connection = self._connection(address, give_up - time.monotonic())
        try:
            connection.connect()
            with cut_off(lambda: connection.sock, give_up - time.monotonic()):
                headers = self._headers(notice, body)
                connection.request("POST", self._target.path, body, headers, preload_content=False)
                with closing(connection.getresponse()) as response:
                    return response.status, response.headers
        finally:
            connection.close()

    def _connection(self, address: str, left: float) -> HTTPConnection:
        """To the checked address, whatever the name says by now; TLS still verifies the name."""
        if self._target.scheme == "http":
            return HTTPConnection(address, self._target.port, timeout=left)
        return HTTPSConnection(
            address,
            self._target.port,
            timeout=left,
            ssl_context=self._context,
            server_hostname=self._target.host,  # what the context checks the certificate for
        )

    def _headers(self, notice: Notice, body: bytes) -> dict[str, str]:
        """The id stays the same over retries, so that the receiver can drop repetitions."""
        message_id, timestamp = quote(notice.id, safe=""), int(self._now())
        return {
            "Host": self._target.host_header,
            "Content-Type": "application/json",
            "User-Agent": "Trailguard",
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": " ".join(sign(key, message_id, timestamp, body) for key in self._keys),
        }

    def _judged(self, status: int, headers: Mapping[str, str]) -> Outcome:
        reason = f"{self._target!r} answered HTTP {status}"
        if 200 <= status < 300:
            return Outcome.sent()
        if 300 <= status < 400:
            return Outcome.rejected(f"{reason}: redirects are not followed")
        if status in _LATER or not 400 <= status < 500:
            return Outcome.retry(reason, retry_after(headers.get("Retry-After", ""), self._now()))
        return Outcome.rejected(reason)

    def _broken(self, error: Exception, late: bool) -> Outcome:
        if is_untrusted_certificate(error):
            return Outcome.rejected(f"{self._target!r}: {describe(error)}")
        return Outcome.retry(f"{self._target!r}: {'no answer in time' if late else describe(error)}")


def sign(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the base64 HMAC-SHA256 of id, timestamp (Unix seconds) and body."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith("whsec_") or not 24 <= len(key) <= 64:
        raise ValueError("a webhook secret must be whsec_ and 24 to 64 bytes of base64")
    return key
