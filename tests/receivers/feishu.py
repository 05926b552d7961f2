"""A Feishu robot: checks what the real one checks, and errs as it is told."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

from tests.receivers.server import Answer, Receiver, Request

HOOK = "hook-id-0123-secret"


class FeishuRobot(Receiver):
    """`messages` are the payloads it took; `requests` every attempt. `clock` is in Unix seconds."""

    def __init__(self, secret: str = "feishu-secret-9", clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self.secret, self.clock = secret, clock
        self.messages: list[dict[str, Any]] = []

    @property
    def hook(self) -> str:
        return f"{self.url}/open-apis/bot/v2/hook/{HOOK}"

    def answer_with(self, code: int, msg: str = "scripted", times: int = 1) -> None:
        """Errors arrive with HTTP 200, as the real robot's do."""
        self.script(_answer(code, msg), times)

    def texts(self) -> list[str]:
        """The text of each message that it took."""
        return [_text(message) for message in self.messages]

    def usual(self, request: Request) -> Answer:
        code, msg = self._refusal(request) or (0, "success")
        if code == 0:
            self.messages.append(json.loads(request.body))
        return _answer(code, msg)

    def _refusal(self, request: Request) -> tuple[int, str] | None:
        if not request.path.endswith(HOOK):
            return 19001, "param invalid: incoming webhook access token invalid"
        if len(request.body) > 20 * 1024:
            return 9499, "Bad Request"
        body = json.loads(request.body)
        if self._unsigned(body):
            return 19021, "sign match fail or timestamp is not within one hour from current time"
        if body.get("msg_type") not in ("text", "interactive"):
            return 9499, "Bad Request"
        return None

    def _unsigned(self, body: dict[str, Any]) -> bool:
        timestamp = body.get("timestamp", "0")
        if abs(self.clock() - int(timestamp)) > 3600:
            return True
        expected = hmac.new(f"{timestamp}\n{self.secret}".encode(), digestmod=hashlib.sha256).digest()
        return body.get("sign") != base64.b64encode(expected).decode()


def _answer(code: int, msg: str) -> Answer:
    body = json.dumps({"code": code, "msg": msg, "data": {}}).encode()
    return Answer(body=body, headers={"Content-Type": "application/json"})


def _text(message: dict[str, Any]) -> str:
    if message["msg_type"] == "text":
        return str(message["content"]["text"])
    card = message["card"]
    divs = [part["text"]["content"] for part in card["elements"] if part["tag"] == "div"]
    return "\n".join([card["header"]["title"]["content"], *divs])
