"""Time intervals in Alertmanager's words: when a route is muted, or active.

https://prometheus.io/docs/alerting/latest/configuration/#time_interval. Times are UTC unless `location` names
a zone; an end is not part of its range, but for days, months and years, where it is.
"""

from __future__ import annotations

import calendar
import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from shared.validate import Strict

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
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
        return [_range(text, WEEKDAYS, first=0) for text in texts]

    @field_validator("months", mode="before")
    @classmethod
    def _months(cls, texts: Any) -> list[Range]:
        return [_range(text, MONTHS, first=1) for text in texts]

    @field_validator("days_of_month", "years", mode="before")
    @classmethod
    def _numbers(cls, texts: Any) -> list[Range]:
        return [_range(text, (), first=0) for text in texts]

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
            and _inside(local.weekday(), self.weekdays)
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


def _range(text: Any, names: tuple[str, ...], first: int) -> Range:
    """`monday:friday`, `3`, `-3:-1` as inclusive numbers; names count from `first`."""
    low, _, high = str(text).lower().partition(":")
    values = [
        names.index(part) + first if part in names else _number(part, text) for part in (low, high or low)
    ]
    if values[0] > values[1]:
        raise ValueError(f"'{text}' ends before it begins; write it as two ranges")
    return values[0], values[1]


def _number(part: str, text: Any) -> int:
    try:
        return int(part)
    except ValueError:
        raise ValueError(f"'{text}' is not a day, a month, a number, or a range of them") from None


def _from_end(span: Range, days: int) -> Range:
    """Days counted from the end of the month (-1 is the last) as days of the month."""
    low, high = (day + days + 1 if day < 0 else day for day in span)
    return low, high
