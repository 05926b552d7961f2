"""Who comes back after a long absence is told, once."""

from __future__ import annotations

import pytest

from shared.detection.kinds.dormant import Dormant
from shared.detection.kinds.kind import MALFORMED
from tests.detection.kinds.timeline import Told, anchors, at

DAY = 86_400
CASUAL = Dormant(("user",), after=30 * DAY, remember=400 * DAY)


def test_a_key_that_was_never_seen_is_not_back() -> None:
    assert Told(CASUAL).batch(at(0)) == []


def test_a_return_after_a_long_absence_is_told_with_its_length() -> None:
    (decision,) = Told(CASUAL).each([at(0), at(45 * DAY)])
    assert decision.words == {"previous": "2026-03-01 12:00 UTC", "absence": "45 days"}
    assert decision.sighting == at(45 * DAY)


def test_a_shorter_absence_is_ordinary() -> None:
    assert anchors(CASUAL, [at(0)], [at(30 * DAY)], [at(59 * DAY)]) == set()


def test_a_return_is_told_once_however_many_events_follow_in_whatever_order() -> None:
    back = [at(45 * DAY + minute * 60) for minute in range(10)]
    once = anchors(CASUAL, [at(0)], back)
    assert len(once) == 1
    assert anchors(CASUAL, [at(0)], *([sighting] for sighting in back)) == once
    assert anchors(CASUAL, [at(0)], *([sighting] for sighting in reversed(back))) == once
    assert anchors(CASUAL, [at(0), *back]) == once


def test_events_of_the_hour_before_the_absence_change_nothing() -> None:
    """The last sighting is known to the hour, however the batches were cut."""
    before = [at(minute * 60) for minute in range(59)]
    assert anchors(CASUAL, before, [at(40 * DAY)]) == anchors(CASUAL, *([s] for s in before), [at(40 * DAY)])


def test_an_old_event_that_comes_late_changes_nothing() -> None:
    told = Told(CASUAL)
    told.batch(at(50 * DAY))
    assert told.batch(at(0)) == []
    assert told.batch(at(51 * DAY)) == []


def test_each_absence_is_told() -> None:
    assert len(anchors(CASUAL, [at(n * 40 * DAY) for n in range(4)])) == 3


def test_it_is_written_down_at_most_once_an_hour() -> None:
    told = Told(CASUAL)
    told.batch(at(0))
    assert not CASUAL.merge(told.value, [at(3599)]).changed
    assert CASUAL.merge(told.value, [at(3600)]).changed


def test_a_key_is_known_longer_than_its_absence_must_last() -> None:
    tuned = Dormant((), after=500 * DAY, remember=400 * DAY)
    assert tuned.merge(None, [at(0)]).keep_until >= at(1000 * DAY).time


@pytest.mark.parametrize("value", [{}, {"last": "x"}, {"last": None}, {"last": 1e300}, {"last": []}])
def test_a_corrupt_value_is_refused(value: dict[str, object]) -> None:
    with pytest.raises(MALFORMED):
        CASUAL.merge(value, [at(0)])
