"""One spelling for values that arrive now as numbers and booleans, now as strings."""

from __future__ import annotations

from collections.abc import Mapping
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


def texts_of(value: Any) -> list[str]:
    """The text of a value, or of each one in an array, arrays in it included; null and objects have none."""
    if isinstance(value, list):
        return [text for element in value for text in texts_of(element)]
    return [] if value is None or isinstance(value, Mapping) else [text_of(value)]
