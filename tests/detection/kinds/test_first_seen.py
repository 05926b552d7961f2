"""What was never seen before is told, once the rule has learned what is ordinary."""

from __future__ import annotations

import json

import pytest

from shared.detection.kinds.first_seen import FirstSeen
from shared.detection.kinds.kind import MALFORMED
from tests.detection.kinds.timeline import START, at

DAY = 86_400
NEW = FirstSeen(("user", "address"), learn=14 * DAY, remember=180 * DAY)


def test_while_it_learns_nothing_is_told() -> None:
    assert NEW.decide([at(0)], began=START) == ()
    assert NEW.decide([at(14 * DAY - 1)], began=START) == ()


def test_after_that_a_new_value_is_told_by_its_first_event() -> None:
    (decision,) = NEW.decide([at(14 * DAY + 9), at(14 * DAY)], began=START)
    assert decision.sighting == at(14 * DAY)
    assert decision.words == {"learned": "2w", "count": "2"}


def test_whichever_event_comes_first_makes_the_same_alert() -> None:
    early, late = at(20 * DAY), at(20 * DAY + 60)
    assert NEW.decide([early], START)[0].anchor == NEW.decide([late], START)[0].anchor


def test_the_first_sighting_is_the_earliest_in_whatever_order() -> None:
    there = NEW.merge(NEW.merge(None, [at(0)]).value, [at(90)]).value
    back = NEW.merge(NEW.merge(None, [at(90)]).value, [at(0)]).value
    assert there["first"] == back["first"] == START


def test_a_known_value_is_written_down_once_a_day_and_so_stays_known() -> None:
    known = NEW.merge(None, [at(0)])
    assert not NEW.merge(known.value, [at(DAY - 1)]).changed
    later = NEW.merge(known.value, [at(DAY)])
    assert later.changed
    assert later.keep_until >= at(181 * DAY).time
    assert NEW.merge(json.loads(json.dumps(later.value)), [at(DAY)]).value == later.value


@pytest.mark.parametrize("value", [{}, {"first": 1}, {"first": "x", "last": 1}, {"first": 1, "last": 1e300}])
def test_a_corrupt_value_is_refused(value: dict[str, object]) -> None:
    with pytest.raises(MALFORMED):
        NEW.merge(value, [at(0)])
