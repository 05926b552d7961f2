"""Time intervals in Alertmanager's words: when a route is muted, or active.

https://prometheus.io/docs/alerting/latest/configuration/#time_interval. Times are UTC unless `location` names
a zone; an end is not part of its range, but for days, months and years, where it is.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from shared.spelling import nearest
from shared.validate import Strict

WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
"""A week as Alertmanager has it."""
MONTHS = tuple(name.lower() for name in calendar.month_name[1:])
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")

Range = tuple[int, int]


class TimeRange(Strict):
    """From `start_time` up to, not including, `end_time` of the same day; `24:00` is its end."""

    start_time: str
    end_time: str

    @field_validator("start_time", "end_time", mode="before")
    @classmethod
    def _clock(cls, value: Any) -> str:
        """YAML 1.1 reads 17:00 without quotes as a number to the base of 60."""
        text = f"{value // 60:02}:{value % 60:02}" if type(value) is int else str(value)
        if not _CLOCK.fullmatch(text):
            raise ValueError(f"'{value}' is not a time like 09:30")
        return text

    @model_validator(mode="after")
    def _in_order(self) -> TimeRange:
        if self.start_time >= self.end_time:
            raise ValueError("it ends before it begins; write two ranges, up to 24:00 and from 00:00")
        return self

    def holds(self, clock: str) -> bool:
        """Whether `clock`, as HH:MM, is inside."""
        return self.start_time <= clock < self.end_time


class Interval(Strict):
    """All of what is given must hold; of each list, one."""

    times: list[TimeRange] = Field(default_factory=list)
    weekdays: list[Range] = Field(default_factory=list)
    days_of_month: list[Range] = Field(default_factory=list)
    months: list[Range] = Field(default_factory=list)
    years: list[Range] = Field(default_factory=list)
    location: str = "UTC"

    @field_validator("weekdays", mode="before")
    @classmethod
    def _weekdays(cls, texts: Any) -> list[Range]:
        """`saturday:sunday` goes round the end of the week."""
        return [
            part
            for low, high in _ranges(texts, lambda part: _name(part, WEEKDAYS, first=0))
            for part in ([(low, high)] if low <= high else [(low, 6), (0, high)])
        ]

    @field_validator("months", mode="before")
    @classmethod
    def _months(cls, texts: Any) -> list[Range]:
        return _ordered(_ranges(texts, _month))

    @field_validator("days_of_month", mode="before")
    @classmethod
    def _days(cls, texts: Any) -> list[Range]:
        """`1:-1` is a whole month; a range that begins at the end of it can't end at its start."""
        ranges = _ranges(texts, _day)
        for low, high in ranges:
            if low < 0 < high:
                raise ValueError(f"'{low}:{high}' begins at the end of a month and ends at its start")
        _ordered([(low, high) for low, high in ranges if (low < 0) == (high < 0)])
        return ranges

    @field_validator("years", mode="before")
    @classmethod
    def _years(cls, texts: Any) -> list[Range]:
        return _ordered(_ranges(texts, _number))

    @field_validator("location")
    @classmethod
    def _zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"'{name}' is not a time zone like Asia/Shanghai") from None
        return name

    def holds(self, moment: datetime) -> bool:
        """Whether `moment` is inside, by the wall clock of the location."""
        local = moment.astimezone(ZoneInfo(self.location))
        days = calendar.monthrange(local.year, local.month)[1]
        return (
            (not self.times or any(time.holds(f"{local:%H:%M}") for time in self.times))
            and _inside(local.isoweekday() % 7, self.weekdays)
            and _inside(local.day, [_from_end(span, days) for span in self.days_of_month])
            and _inside(local.month, self.months)
            and _inside(local.year, self.years)
        )


class TimeInterval(Strict):
    """A name for some intervals, one of which must hold."""

    name: str
    time_intervals: list[Interval]

    def holds(self, moment: datetime) -> bool:
        """Whether `moment` is inside one of them."""
        return any(interval.holds(moment) for interval in self.time_intervals)


def _inside(value: int, ranges: list[Range]) -> bool:
    return not ranges or any(low <= value <= high for low, high in ranges)


def _ranges(texts: Any, value_of: Callable[[str], int]) -> list[Range]:
    """Each of `monday:friday`, `3`, `-3:-1` as a pair of numbers, both inside. Raises ValueError."""
    if not isinstance(texts, list | None):
        raise ValueError(f"'{texts}' is not a list")
    pairs = [str(text).lower().partition(":") for text in texts or ()]
    return [(value_of(low), value_of(high if colon else low)) for low, colon, high in pairs]


def _ordered(ranges: list[Range]) -> list[Range]:
    for low, high in ranges:
        if low > high:
            raise ValueError(f"'{low}:{high}' ends before it begins; write it as two ranges")
    return ranges


def _name(text: str, names: Sequence[str], first: int) -> int:
    if text not in names:
        raise ValueError(f"'{text}' is none of {', '.join(names)}{nearest(text, names)}")
    return names.index(text) + first


def _month(text: str) -> int:
    if not text.isdecimal():
        return _name(text, MONTHS, first=1)
    if not 1 <= int(text) <= 12:
        raise ValueError(f"'{text}' is no month: 1 to 12, or a name")
    return int(text)


def _day(text: str) -> int:
    if not 1 <= abs(_number(text)) <= 31:
        raise ValueError(f"'{text}' is no day of a month: 1 to 31, or -1 to -31 from its end")
    return _number(text)


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"'{text}' is not a number, or a range of them like 1:5") from None


def _from_end(span: Range, days: int) -> Range:
    """Days counted from the end of the month (-1 is the last) as days of the month."""
    low, high = (day + days + 1 if day < 0 else day for day in span)
    return low, high
