"""A WeCom group robot: checks what the real one checks, and errs as it is told."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.receivers.server import Answer, Receiver, Request

LIMITS = {"markdown": 4096, "text": 2048}


class WeComRobot(Receiver):
    """`messages` are the payloads it took; `requests` every attempt."""

    def __init__(self, key: str = "wecom-key-0123") -> None:
        super().__init__()
        self.key = key
        self.messages: list[dict[str, Any]] = []

    def answer_with(self, errcode: int, errmsg: str = "scripted", times: int = 1) -> None:
        """Errors arrive with HTTP 200, as the real robot's do."""
        self.script(_answer(errcode, errmsg), times)

    def texts(self) -> list[str]:
        """The text of each message that it took."""
        return [message[message["msgtype"]]["content"] for message in self.messages]

    def usual(self, request: Request) -> Answer:
        errcode, errmsg = self._refusal(request) or (0, "ok")
        if errcode == 0:
            self.messages.append(json.loads(request.body))
        return _answer(errcode, errmsg)

    def _refusal(self, request: Request) -> tuple[int, str] | None:
        query = parse_qs(urlsplit(request.path).query)
        if query.get("key") != [self.key]:
            return 93000, "invalid webhook url"
        body = json.loads(request.body)
        kind = body.get("msgtype")
        if kind not in LIMITS:
            return 40008, "invalid message type"
        if len(body[kind]["content"].encode()) > LIMITS[kind]:
            return 40058, f"{kind}.content exceed max length {LIMITS[kind]}"
        return None


def _answer(errcode: int, errmsg: str) -> Answer:
    body = json.dumps({"errcode": errcode, "errmsg": errmsg}).encode()
    return Answer(body=body, headers={"Content-Type": "application/json"})
