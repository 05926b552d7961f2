"""What should come and does not."""

from __future__ import annotations

import pytest

from shared.detection.kinds.absent import Absent
from shared.detection.kinds.kind import MALFORMED
from tests.detection.kinds.timeline import START, Told, at

MINUTE = 60
HEARTBEAT = Absent(("function",), every=10 * MINUTE)


def overdue(seconds: float, *seen: float) -> list[str]:
    """What a look at `seconds` tells after sightings at `seen`."""
    told = Told(HEARTBEAT)
    told.each(at(second) for second in seen)
    return [decision.anchor for decision in HEARTBEAT.overdue(told.value or {}, START + seconds)]


def test_an_ordinary_pause_is_no_silence() -> None:
    assert overdue(10 * MINUTE, 0) == []
    assert overdue(12 * MINUTE, 0) == []


def test_a_longer_one_is_told_under_one_name_however_often_somebody_looks() -> None:
    assert overdue(13 * MINUTE, 0)
    assert overdue(13 * MINUTE, 0) == overdue(24 * 60 * MINUTE, 0)


def test_another_silence_is_another_alert() -> None:
    assert overdue(60 * MINUTE, 0) != overdue(60 * MINUTE, 0, 30 * MINUTE)


def test_the_order_of_sightings_changes_nothing() -> None:
    seen = [0.0, 61.0, 119.0, 120.0, 241.0, 180.0]
    assert overdue(3600, *seen) == overdue(3600, *reversed(seen)) == overdue(3600, *sorted(seen))


def test_it_tells_since_when_and_for_how_long() -> None:
    value = HEARTBEAT.merge(None, [at(0)]).value
    (decision,) = HEARTBEAT.overdue(value, START + 25 * MINUTE + 30)
    assert decision.words == {"since": "2026-03-01 12:00 UTC", "silence": "25m"}


def test_it_is_written_down_at_most_each_fifth_of_the_time() -> None:
    value = HEARTBEAT.merge(None, [at(0)]).value
    assert not HEARTBEAT.merge(value, [at(119)]).changed
    assert HEARTBEAT.merge(value, [at(120)]).changed


@pytest.mark.parametrize("value", [{}, {"last": "x"}, {"last": float("nan")}, {"last": {}}])
def test_a_corrupt_value_is_refused(value: dict[str, object]) -> None:
    with pytest.raises(MALFORMED):
        HEARTBEAT.merge(value, [at(0)])
    with pytest.raises(MALFORMED):
        HEARTBEAT.overdue(value, START)
