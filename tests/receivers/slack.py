"""A Slack incoming webhook: plain words for an answer, by HTTP status."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.receivers.server import Answer, Receiver, Request

PATH = "/services/T0123/B0123/slack-secret-77"


class SlackWebhook(Receiver):
    """`messages` are the payloads it took; `requests` every attempt."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[dict[str, Any]] = []

    @property
    def hook(self) -> str:
        return self.url + PATH

    def usual(self, request: Request) -> Answer:
        if request.path != PATH:
            return Answer(404, b"no_service")
        body = json.loads(request.body)
        if problem := _problem(body):
            return Answer(400, problem.encode())
        self.messages.append(body)
        return Answer(200, b"ok")

    def texts(self) -> list[str]:
        """The text of each message that it took, a block a line."""
        return ["\n".join(_texts(message)) for message in self.messages]


def elements_of(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The parts of a message's rich text."""
    for block in message.get("blocks", []):
        for section in block.get("elements", []):
            yield from section["elements"]


def _texts(message: dict[str, Any]) -> Iterator[str]:
    yield message["text"]
    for element in elements_of(message):
        yield element.get("text", "")


def _problem(body: dict[str, Any]) -> str:
    if not body.get("text"):
        return "no_text"
    if len(body.get("blocks", [])) > 50:
        return "invalid_blocks"
    headers = [block["text"]["text"] for block in body.get("blocks", []) if block["type"] == "header"]
    texts = [element["text"] for element in elements_of(body)]
    return "invalid_blocks" if any(len(h) > 150 for h in headers) or not all(texts) else ""
