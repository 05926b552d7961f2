"""Spans of time as people write them: `90s`, `10m`, `2h`, `30d`, `1w`; Sigma's `timespan`."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_SPAN = re.compile(r"(\d+)([smhdw])")


def seconds(text: object) -> int:
    """The span in seconds. Raises ValueError for anything that is no span, such as a bare number."""
    match = _SPAN.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"'{text}' is not a span of time like 90s, 10m, 2h or 30d")
    return int(match[1]) * _UNITS[match[2]]


def shown(span: float) -> str:
    """The span in the largest unit that fits it whole: 600 is `10m`."""
    for unit, size in reversed(_UNITS.items()):
        if span >= size and span % size == 0:
            return f"{int(span // size)}{unit}"
    return f"{span:.0f}s"


Span = Annotated[int, BeforeValidator(seconds)]
"""A field of a model that is written as a span and read as seconds."""
