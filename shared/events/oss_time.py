"""When a request to OSS was made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from shared.events.event_time import parse_time
from shared.events.syslog_time import MONTHS
from shared.events.text import text_of

CHINA = timezone(timedelta(hours=8))
"""The zone that OSS's own log files tell their times in."""

ZONES = timedelta(hours=26)
"""No two zones are further apart."""

_STAMP = re.compile(
    r"\[?(\d{1,2})[/ ]([A-Za-z]{3})[a-z]*[/ ](\d{4})[: ](\d\d:\d\d:\d\d)(?:\.\d+)?"
    r" ?([+-]\d\d:?\d\d|Z|GMT)?\]?"
)


def request_time(fields: Mapping[str, Any], received: datetime) -> datetime:
    """The time of a request, in UTC. `received` is what Log Service says of the record.

    `time` (`27/Feb/2018:13:58:45`) has no zone, and Log Service's documentation says to take `__time__`,
    which is what a trigger hands over as the time of receipt. So `time` is used where it tells its zone, as
    files of OSS do, or where a record is far older than that: an export that is replayed.
    """
    if "__time__" in fields:
        return parse_time(fields["__time__"]) or received
    moment, has_zone = _read(text_of(fields.get("time")).strip()[:60])
    if moment is None or (not has_zone and abs(moment - received) <= ZONES):
        return received
    return moment


@lru_cache(maxsize=1024)
def _read(stamp: str) -> tuple[datetime | None, bool]:
    """The time that a stamp tells, in UTC, and whether it says so by itself; None for no stamp."""
    found = _STAMP.fullmatch(stamp)
    if found is None:
        moment = parse_time(stamp)
        return moment, moment is not None
    day, month, year, clock, zone = found.groups()
    try:
        iso = f"{year}-{MONTHS[month.title()]:02}-{int(day):02}T{clock}{_offset(zone)}"
        moment = datetime.fromisoformat(iso)
        return (moment if zone else moment.replace(tzinfo=CHINA)).astimezone(timezone.utc), zone is not None
    except (KeyError, ValueError, OverflowError):
        return None, False  # the 31st of February, or no such month


def _offset(zone: str | None) -> str:
    if zone in ("Z", "GMT"):
        return "+00:00"
    return f"{zone[:3]}:{zone[-2:]}" if zone else ""
