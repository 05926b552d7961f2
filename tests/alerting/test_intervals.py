"""Time intervals mean here what they mean in Alertmanager, or are refused with the nearest right word."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from pydantic import ValidationError

from shared.alerting.intervals import Interval


def holds(moment: str, **said: Any) -> bool:
    return Interval(**said).holds(datetime.fromisoformat(moment).replace(tzinfo=timezone.utc))


@pytest.mark.parametrize(
    ("weekdays", "days"),
    [
        (["sunday:thursday"], "sun mon tue wed thu"),
        (["Monday:Friday"], "mon tue wed thu fri"),
        (["saturday:sunday"], "sat sun"),
        (["friday:monday"], "fri sat sun mon"),
        (["wednesday", "sunday"], "wed sun"),
        ([], "mon tue wed thu fri sat sun"),
        (None, "mon tue wed thu fri sat sun"),
    ],
)
def test_a_week_begins_on_sunday_and_may_go_round(weekdays: list[str] | None, days: str) -> None:
    week = {"mon": 23, "tue": 24, "wed": 25, "thu": 26, "fri": 27, "sat": 28, "sun": 29}  # November 2026
    held = {name for name, day in week.items() if holds(f"2026-11-{day}T12:00", weekdays=weekdays)}
    assert held == set(days.split())


@pytest.mark.parametrize(
    ("days", "inside", "outside"),
    [
        ("1:-1", ["2026-02-01", "2026-02-28"], []),
        ("-3:-1", ["2028-02-27", "2028-02-29"], ["2028-02-26"]),
        ("-1", ["2026-04-30", "2026-12-31"], ["2026-12-30"]),
        ("15:-10", ["2026-04-15", "2026-04-21"], ["2026-04-14", "2026-04-22"]),
        ("1:31", ["2026-02-28"], []),
        ("30:31", [], ["2026-02-28"]),
        ("-31:-30", ["2026-12-01", "2026-12-02"], ["2026-02-01", "2026-12-03"]),
    ],
)
def test_days_count_from_either_end_of_the_month(days: str, inside: list[str], outside: list[str]) -> None:
    assert all(holds(f"{day}T00:00", days_of_month=[days]) for day in inside)
    assert not any(holds(f"{day}T00:00", days_of_month=[days]) for day in outside)


def test_every_part_must_hold_by_the_clock_of_the_place() -> None:
    new_year = {
        "months": ["december"],
        "days_of_month": ["31"],
        "years": ["2026:2027", 2030],
        "times": [{"start_time": "22:00", "end_time": "24:00"}],
        "location": "Asia/Shanghai",
    }
    assert holds("2026-12-31T14:00", **new_year)
    assert holds("2030-12-31T15:59:59", **new_year)
    assert not holds("2026-12-31T16:00", **new_year), "it is next year there"
    assert not holds("2028-12-31T14:00", **new_year)


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"weekdays": ["1:5"]}, "'1' is none of sunday"),
        ({"weekdays": ["mondey"]}, "did you mean 'monday'?"),
        ({"weekdays": "monday"}, "'monday' is not a list"),
        ({"weekdays": ["monday:"]}, "'' is none of sunday"),
        ({"days_of_month": ["0"]}, "'0' is no day of a month"),
        ({"days_of_month": ["32"]}, "'32' is no day of a month"),
        ({"days_of_month": ["-1:3"]}, "begins at the end of a month"),
        ({"days_of_month": ["-1:-3"]}, "ends before it begins"),
        ({"months": ["13"]}, "'13' is no month"),
        ({"months": ["jan"]}, "did you mean 'january'?"),
        ({"months": ["november:february"]}, "ends before it begins; write it as two ranges"),
        ({"years": ["soon"]}, "'soon' is not a number"),
        ({"location": "Mars/Base"}, "is not a time zone"),
    ],
)
def test_what_could_not_be_meant_is_refused(said: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError) as error:
        Interval(**said)
    assert says in str(error.value)
