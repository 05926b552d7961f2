"""A webhook endpoint that trusts nothing but the `standardwebhooks` library's verdict."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import trustme
from standardwebhooks import Webhook, WebhookVerificationError

from tests.receivers.server import Answer, Receiver, Request

SECRET = "whsec_dHJhaWxndWFyZCB0ZXN0IHNlY3JldCAwMDAx"


class WebhookEndpoint(Receiver):
    """`notices` are those whose signature verified, `alerts` theirs; `requests` every attempt.

    With `ca`, it is https.
    """

    def __init__(
        self,
        secret: str = SECRET,
        ca: trustme.CA | None = None,
        names: tuple[str, ...] = ("127.0.0.1", "localhost"),
    ) -> None:
        super().__init__(ca, names)
        self._verifier = Webhook(secret)
        self.notices: list[dict[str, Any]] = []
        self.alerts: list[dict[str, Any]] = []

    def answer_with(
        self, status: int, headers: Mapping[str, str] | None = None, body: bytes = b"", times: int = 1
    ) -> None:
        self.script(Answer(status, body, headers or {}), times)

    def usual(self, request: Request) -> Answer:
        try:
            self._verifier.verify(
                request.body, {name.lower(): value for name, value in request.headers.items()}
            )
        except WebhookVerificationError as error:
            return Answer(401, str(error).encode())
        body = json.loads(request.body)
        self.notices.append(body)
        self.alerts += body.get("alerts") or body["data"]["alerts"]
        return Answer(204)
