"""Time stamps of host logs: RFC 3164 (no year, no zone), RFC 3339 and ISO 8601, nginx's and Apache's own."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

UTC = timezone.utc

MONTHS = {
    name: number for number, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)
}

AHEAD = timedelta(days=1, hours=12)
"""How far a stamp without a year may lie ahead of its receipt: a clock that is fast, a zone that is wrong."""


@lru_cache(maxsize=256)
def zone_of(name: str) -> tzinfo:
    """The zone called `Asia/Shanghai`, `UTC`, `Z` or `+08:00`. Raises ValueError for no such zone."""
    try:
        if name[:1] in "+-":
            return datetime.strptime(name, "%z").tzinfo or UTC
        return UTC if name in ("UTC", "GMT", "Z") else ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise ValueError(f"no such time zone: '{name[:60]}'") from None


def time_of(stamp: str, zone: tzinfo, received: datetime) -> datetime:
    """The moment, in UTC, that a syslog header tells. `zone` is the host's, for stamps that tell none.

    The year that RFC 3164 omits is the newest that does not put the line after its receipt.
    Raises ValueError for a stamp that is none.
    """
    if stamp[:1].isdigit():
        return iso_time(stamp, zone)
    return _short_time(stamp, zone, received.toordinal())


def iso_time(stamp: str, zone: tzinfo) -> datetime:
    """`2026-11-23T11:18:06.788622+08:00` and its short forms, in UTC. Raises ValueError."""
    try:
        time = datetime.fromisoformat(stamp)
    except ValueError:
        time = datetime.fromisoformat(_plain(stamp))
    return in_utc(time, zone)


def in_utc(time: datetime, zone: tzinfo) -> datetime:
    """`time` in UTC; `zone` is what it is told in, where it does not say. Raises ValueError."""
    if time.tzinfo is UTC:
        return time
    try:
        return (time if time.tzinfo else time.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        raise ValueError(f"a time that leaves the calendar: {time}") from None


def _plain(stamp: str) -> str:
    """The stamp as Python 3.10 reads it: `Z` and `+0800` as `+08:00`, a fraction of six digits."""
    stamp = stamp.replace(",", ".", 1)
    if stamp[-1:] in "Zz":
        stamp = stamp[:-1] + "+00:00"
    elif stamp[-5:-4] in "+-" and stamp[-4:].isdigit():
        stamp = f"{stamp[:-2]}:{stamp[-2:]}"
    clock, dot, rest = stamp[:60].partition(".")
    if not dot:
        return stamp
    digits = len(rest) - len(rest.lstrip("0123456789"))
    return f"{clock}.{rest[: min(digits, 6)]:0<6}{rest[digits:]}"


def _short_time(stamp: str, zone: tzinfo, received_on: int) -> datetime:
    """`Nov 23 11:32:24`, as told in `zone`. `received_on` is the day of receipt, as an ordinal."""
    two = _TWO_DIGITS
    try:
        clock = 3600 * two[stamp[7:9]] + 60 * two[stamp[10:12]] + two[stamp[13:15]]
    except KeyError:
        raise ValueError(f"no time stamp: '{stamp[:40]}'") from None
    if clock >= _DAY:
        raise ValueError(f"no time stamp: '{stamp[:40]}'")
    day = _newest(stamp[:6], received_on + (_LATEST - clock) // _DAY, zone)
    return in_utc(day + timedelta(0, clock), zone)


_TWO_DIGITS = {f"{number:02}": number for number in range(60)}

_DAY = 86_400

_LATEST = _DAY + int(AHEAD.total_seconds())
"""Seconds from the beginning of the day of receipt to the latest time that a line may tell."""


@lru_cache(maxsize=1024)
def _newest(stamp: str, last: int, zone: tzinfo) -> datetime:
    """The beginning in `zone` of the newest day `Nov 23` that is not after the day `last`, an ordinal. Every
    eighth year has its 29th of February, or a nearer one does. Raises ValueError."""
    month, day = MONTHS.get(stamp[:3]), stamp[4:6].strip()
    if month is None or not (day.isascii() and day.isdigit()):
        raise ValueError(f"no time stamp: '{stamp}'")
    newest = datetime.fromordinal(last).year
    for year in range(newest, max(newest - 9, 1), -1):
        try:
            found = datetime(year, month, int(day), tzinfo=zone)
        except ValueError:
            continue
        if found.toordinal() <= last:
            return found
    raise ValueError(f"no such day: the {day}. of month {month}")
