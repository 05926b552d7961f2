"""What is indexed of Trailguard's own logstores: what people search by, and what dashboards count.

"CreateIndex": https://www.alibabacloud.com/help/en/sls/developer-reference/api-sls-2020-12-30-createindex
"""

from __future__ import annotations

from typing import Any

Index = dict[str, Any]

_SEPARATORS = [*", '\";=()[]{}?@&<>/:\n\t\r"]


def _words(chinese: bool = True) -> Index:
    """A field, or the whole log, by its words."""
    return {"token": _SEPARATORS, "caseSensitive": False, "chn": chinese}


def _text(separators: list[str] | None = None) -> Index:
    """A field that is one word, unless there are separators."""
    return {
        "type": "text",
        "token": separators or [],
        "caseSensitive": False,
        "chn": False,
        "doc_value": True,
    }


def _number(kind: str) -> Index:
    return {"type": kind, "doc_value": True}


ALERTS: Index = {
    "line": _words(),
    "keys": {
        **{name: _text() for name in ("id", "rule", "level", "source", "item", "account_id", "mode")},
        **{name: _text() for name in ("actor", "address", "region", "time")},
        **{
            name: {"type": "text", **_words(), "doc_value": True} for name in ("title", "summary", "resource")
        },
        **{name: {"type": "text", **_words(), "doc_value": True} for name in ("reason", "origin")},
    },
}
"""As shared/alerting/sls_outbox.py writes alerts, and the records that could not be read."""

DEFERRED: Index = {"line": _words(), "keys": {name: _text() for name in ("source", "received")}}

TRIGGERS: Index = {"line": _words(), "keys": {}}

FUNCTIONS: Index = {
    "line": _words(),
    "keys": {
        **{name: _text() for name in ("functionName", "qualifier", "versionId", "requestId", "errorType")},
        **{name: _text() for name in ("hasFunctionError", "isColdStart", "invocationType", "instanceID")},
        **{name: _number("double") for name in ("durationMs", "memoryUsageMB", "scheduleLatencyMs")},
        "message": {"type": "text", **_words(), "doc_value": True},
    },
}
"""What Function Compute writes of each call ("Log field details of Function Compute 3.0",
https://help.aliyun.com/zh/sls/function-compute-3-0-log-field-details), and what the functions log."""

OSS_ACCESS: Index = {
    "line": _words(),
    "keys": {
        **{name: _text() for name in ("bucket", "operation", "http_method", "http_status", "error_code")},
        **{name: _text() for name in ("access_id", "requester_id", "owner_id", "client_ip", "sign_type")},
        **{name: _text(["/", "?", "&", "=", "%"]) for name in ("object", "request_uri", "user_agent")},
    },
}
"""What is asked about requests to buckets ("OSS log fields", https://www.alibabacloud.com/help/en/sls/oss)."""
