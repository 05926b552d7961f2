"""A DingTalk robot: checks what the real one checks, keeps its rate limit, and errs as it is told."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.receivers.server import Answer, Receiver, Request

LIMIT, PER, BLOCK = 20, 60.0, 600.0  # messages, seconds, seconds
MESSAGE_TYPES = ("text", "markdown", "actionCard", "link", "feedCard")


class DingTalkRobot(Receiver):
    """`messages` are the payloads it took; `requests` every attempt. `clock` is in Unix seconds."""

    def __init__(
        self,
        token: str = "robot-token-123",
        secret: str = "SECaaaabbbbccccdddd",
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__()
        self.token, self.secret, self.clock = token, secret, clock
        self.messages: list[dict[str, Any]] = []
        self._taken: list[float] = []
        self._blocked_until = 0.0

    def answer_with(self, errcode: int, errmsg: str = "scripted", times: int = 1) -> None:
        """Errors arrive with HTTP 200, as the real robot's do."""
        self.script(_answer(errcode, errmsg), times)

    def texts(self) -> list[str]:
        """The text of each message that it took."""
        return [_text(message) for message in self.messages]

    def usual(self, request: Request) -> Answer:
        errcode, errmsg = self._refusal(request) or self._throttled() or (0, "ok")
        if errcode == 0:
            self.messages.append(json.loads(request.body))
        return _answer(errcode, errmsg)

    def _refusal(self, request: Request) -> tuple[int, str] | None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
        if query.get("access_token") != self.token:
            return 400101, "access_token不存在"
        if refusal := self._unsigned(query):
            return 310000, refusal
        if not request.headers.get("Content-Type", "").startswith("application/json"):
            return 43004, "无效的HTTP HEADER Content-Type"
        if len(request.body) > 20_000:
            return 460101, "message too long, exceed 20000 bytes"
        return (
            None if json.loads(request.body).get("msgtype") in MESSAGE_TYPES else (400105, "不支持的消息类型")
        )

    def _unsigned(self, query: dict[str, str]) -> str:
        timestamp = query.get("timestamp", "")
        if not timestamp.isdigit() or abs(self.clock() - int(timestamp) / 1000) > 3600:
            return "invalid timestamp"
        signed = hmac.new(self.secret.encode(), f"{timestamp}\n{self.secret}".encode(), hashlib.sha256)
        expected = base64.b64encode(signed.digest()).decode()
        return "" if hmac.compare_digest(expected, query.get("sign", "")) else "sign not match"

    def _throttled(self) -> tuple[int, str] | None:
        now = self.clock()
        self._taken = [*(taken for taken in self._taken if taken > now - PER), now]
        if len(self._taken) > LIMIT:
            self._blocked_until = now + BLOCK
        blocked = now < self._blocked_until
        return (130101, "send too fast, exceed 20 times per minute") if blocked else None


def _answer(errcode: int, errmsg: str) -> Answer:
    body = json.dumps({"errcode": errcode, "errmsg": errmsg}, ensure_ascii=False).encode()
    return Answer(body=body, headers={"Content-Type": "application/json"})


def _text(message: dict[str, Any]) -> str:
    content = message[message["msgtype"]]
    return str(content.get("text", content.get("content", "")))
