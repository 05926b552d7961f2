"""Calls that a Function Compute HTTP trigger makes, and its answers.

"Use an HTTP trigger to invoke a function" (help.aliyun.com, Function Compute 3.0): the event is one JSON
object; several values of a query parameter are joined by commas.
"""

from __future__ import annotations

import base64
import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

MAX_FORM = 4096
MAX_FIELDS = 8


@dataclass(frozen=True)
class Request:
    """One HTTP request. `address` is the caller's, empty where the trigger does not tell a real one."""

    method: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    address: str

    @classmethod
    def of(cls, event: bytes) -> Request:
        """The request in a trigger's event. Raises ValueError for anything else, or too long a form."""
        try:
            body = json.loads(event)
            http = body["requestContext"]["http"]
            return cls(
                method=str(http["method"]).upper(),
                query={str(key): str(value) for key, value in (body.get("queryParameters") or {}).items()},
                form=_form(body),
                address=_address(http.get("sourceIp")),
            )
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"not a call of an HTTP trigger: {type(error).__name__}") from None


def answer(status: int, headers: Mapping[str, str], body: str) -> dict[str, Any]:
    """What the handler returns for the trigger to send."""
    return {"statusCode": status, "headers": dict(headers), "isBase64Encoded": False, "body": body}


def _form(body: Mapping[str, Any]) -> dict[str, str]:
    """The fields of an urlencoded body; none for an empty one. Raises ValueError."""
    given = str(body.get("body") or "").encode("utf-8", "replace")
    if len(given) > MAX_FORM:
        raise ValueError(f"a form of more than {MAX_FORM} bytes")
    text = base64.b64decode(given, validate=True) if body.get("isBase64Encoded") else given
    return dict(parse_qsl(text.decode("utf-8", "replace"), max_num_fields=MAX_FIELDS))


def _address(text: object) -> str:
    try:
        return str(ipaddress.ip_address(str(text)))
    except ValueError:
        return ""
