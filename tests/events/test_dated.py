"""Events whose clock runs wrong get the time that they were received."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from shared.events.dated import AHEAD, dated
from shared.events.event import Event

RECEIVED = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


def time_of(told: datetime) -> datetime:
    return dated(Event("actiontrail", "1", told, "", {}), RECEIVED).time


@pytest.mark.parametrize("ago", [timedelta(0), timedelta(days=1), timedelta(days=5000), -AHEAD])
def test_a_time_that_can_be_right_is_kept(ago: timedelta) -> None:
    assert time_of(RECEIVED - ago) == RECEIVED - ago


@pytest.mark.parametrize("year", [1, 1970, 2000, 2027, 2099, 9999])
def test_a_time_that_cannot_be_right_is_not(year: int) -> None:
    assert time_of(datetime(year, 6, 1, tzinfo=timezone.utc)) == RECEIVED


def test_a_zone_that_was_left_out_puts_nothing_into_the_future() -> None:
    assert time_of(RECEIVED + timedelta(hours=8)) == RECEIVED
