"""Spans of time as Alertmanager's files have them: `30s`, `1h30m`, `1d`, `1y`, `0`.

https://prometheus.io/docs/alerting/latest/configuration/#configuration-file (`<duration>`): units from the
largest to the smallest, each once. Milliseconds are refused: nothing here is told that soon.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator

_UNITS = {"y": 31_536_000, "w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}
_SPAN = re.compile("".join(rf"(?:(\d+){unit})?" for unit in _UNITS))


def span(text: object) -> int:
    """The span in seconds. Raises ValueError for anything that is none, such as a bare number."""
    if text == "0" or (text == 0 and type(text) is int):
        return 0
    parsed = _SPAN.fullmatch(text) if isinstance(text, str) and text else None
    if parsed is None:
        raise ValueError(f"'{text}' is not a span of time like 90s, 1h30m, 2h or 30d")
    return sum(int(n) * size for n, size in zip(parsed.groups(), _UNITS.values(), strict=True) if n)


Span = Annotated[int, BeforeValidator(span)]
"""A field of routes.yml that is written as a span and read as seconds."""
