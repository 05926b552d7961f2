"""One spelling for values that arrive now as numbers and booleans, now as strings."""

from __future__ import annotations

from typing import Any


def text_of(value: Any) -> str:
    """`True` and `"true"` become `true`, `22` and `"22"` become `22`; null becomes the empty string."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
