"""A request and a reply of the local Log Service, apart from HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Request:
    """`headers` have lower-case names; `project` is the first label of the host."""

    method: str
    project: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def json_reply(value: object, status: int = 200) -> Reply:
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json"})


def error_reply(status: int, code: str, message: str) -> Reply:
    return json_reply({"errorCode": code, "errorMessage": message}, status)
