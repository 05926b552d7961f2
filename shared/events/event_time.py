"""The times that events are told with: RFC 3339, or Unix."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any

from shared.events.text import text_of

_UNIX = re.compile(r"([0-9]{9,10})([0-9]{3})?(?:\.[0-9]+)?")
_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?", re.ASCII | re.IGNORECASE
)

LONGEST = 60
"""No time takes more characters."""


def parse_time(value: Any) -> datetime | None:
    """RFC 3339 text or Unix time (seconds or milliseconds) in UTC; None for anything else."""
    text = text_of(value).strip()
    return _parsed(text) if len(text) <= LONGEST else None


@lru_cache(maxsize=1024)  # events of one batch tell the same few seconds again and again
def _parsed(text: str) -> datetime | None:
    try:
        if unix := _UNIX.fullmatch(text):
            return datetime.fromtimestamp(int(unix[1]) + int(unix[2] or 0) / 1000, timezone.utc)
        if rfc3339 := _RFC3339.fullmatch(text):
            date, clock, fraction, zone = rfc3339.groups()
            zone = "+00:00" if zone in (None, "Z", "z") else zone
            time = datetime.fromisoformat(f"{date}T{clock}.{(fraction or '')[:6]:0<6}{zone}")
            return time.astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None  # the 31st of February, or a time that leaves the calendar
    return None
