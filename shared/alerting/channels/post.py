"""One JSON message to a chat's robot over HTTP, and its answer read as far as it says something."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from shared.alerting.channels.address import parse

MAX_ANSWER = 4096  # bytes
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Answer:
    """What came back. `body` holds MAX_ANSWER bytes at most."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def number(self, name: str) -> int | None:
        """The number under `name` in the JSON object that the body is; None where there is none."""
        value = self._object().get(name)
        return value if type(value) is int else None

    def text(self, name: str) -> str:
        """The text under `name` in the JSON object that the body is."""
        return str(self._object().get(name, ""))

    def _object(self) -> dict[str, Any]:
        try:
            told = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return told if isinstance(told, dict) else {}


def post(url: str, body: bytes, left: float, query: Mapping[str, str] | None = None) -> Answer:
    """Post `body`, JSON, and wait `left` seconds at most. A redirect is an answer like any other.

    Raises requests.RequestException, whose text quotes the URL: use `faults.describe`. `requests` counts the
    time anew at each piece of the answer's headers, so the service is trusted not to drip those.
    """
    give_up = time.monotonic() + left
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Trailguard"}
    with requests.post(
        url, params=query, data=body, headers=headers, timeout=left, allow_redirects=False, stream=True
    ) as response:
        answer = b""
        for byte in response.iter_content(1):  # a larger chunk would wait for a slow sender to fill it
            answer += byte
            if len(answer) >= MAX_ANSWER or time.monotonic() >= give_up:
                break
        return Answer(response.status_code, answer, response.headers)


def checked(url: str, setting: str) -> str:
    """`url`, if nobody on the way can read it: https, or this machine itself.

    Raises ValueError, which names the setting and quotes nothing of the URL.
    """
    try:
        target = parse(url)
    except ValueError:
        raise ValueError(f"{setting} is not an address like https://host/path") from None
    if target.scheme != "https" and target.host not in LOOPBACK:
        raise ValueError(f"{setting} must begin with https://: it holds a secret")
    return url


def encoded(payload: Mapping[str, Any]) -> bytes:
    r"""JSON in UTF-8: `\uXXXX` would double the size of Chinese text."""
    return json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace")
