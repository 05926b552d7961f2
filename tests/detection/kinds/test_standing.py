"""What is so, for as long as it is: told when it begins, and when it is over."""

from __future__ import annotations

import pytest

from shared.detection.kinds.kind import MALFORMED, Sighting
from shared.detection.kinds.standing import HOLDS, Standing, age, standing_since

HOUR, DAY = 3600, 86_400
OPEN = Standing(("resource",))


def sighting(time: float, holds: bool) -> Sighting:
    return Sighting(time, f"at {time}", (HOLDS,) if holds else ())


def told(*sightings: Sighting) -> list[tuple[str, str]]:
    """Status and age of what is told, when each sighting is a batch of its own."""
    value, decisions = None, []
    for each in sightings:
        merged = OPEN.merge(value, [each])
        value = merged.value if merged.changed or value is None else value
        decisions += merged.decisions
    return [(decision.status, decision.words["age"]) for decision in decisions]


def test_what_is_not_so_tells_nothing() -> None:
    assert told(sighting(HOUR, False), sighting(2 * HOUR, False)) == []


def test_it_is_told_once_however_long_it_lasts() -> None:
    assert told(*(sighting(hour * HOUR, True) for hour in range(1, 500))) == [("standing", "")]


def test_its_end_is_told_with_how_long_it_lasted() -> None:
    assert told(sighting(HOUR, True), sighting(DAY, True), sighting(3 * DAY + HOUR, False)) == [
        ("standing", ""),
        ("resolved", "3d"),
    ]


def test_it_may_begin_again() -> None:
    turns = [sighting(number * HOUR, number % 2 == 1) for number in range(1, 5)]
    assert [status for status, _ in told(*turns)] == ["standing", "resolved", "standing", "resolved"]


def test_whoever_looks_again_after_a_crash_decides_the_same() -> None:
    first = OPEN.merge(None, [sighting(HOUR, True)])
    again = OPEN.merge(None, [sighting(2 * HOUR, True)])
    assert [d.anchor for d in first.decisions] == [d.anchor for d in again.decisions]
    ended = OPEN.merge(first.value, [sighting(3 * HOUR, False)])
    ended_again = OPEN.merge(first.value, [sighting(4 * HOUR, False)])
    assert [d.anchor for d in ended.decisions] == [d.anchor for d in ended_again.decisions]


def test_a_second_time_is_another_finding() -> None:
    first = OPEN.merge(None, [sighting(HOUR, True), sighting(2 * HOUR, False), sighting(3 * HOUR, True)])
    assert len({decision.anchor for decision in first.decisions}) == 3


def test_a_repeated_or_late_sighting_changes_nothing() -> None:
    merged = OPEN.merge(None, [sighting(HOUR, True), sighting(2 * HOUR, False)])
    again = OPEN.merge(merged.value, [sighting(HOUR, True), sighting(2 * HOUR, False)])
    assert not again.decisions
    assert not again.changed


def test_while_nothing_changes_it_is_written_down_once_a_day() -> None:
    value = OPEN.merge(None, [sighting(DAY, True)]).value
    assert not OPEN.merge(value, [sighting(DAY + 23 * HOUR, True)]).changed
    assert OPEN.merge(value, [sighting(2 * DAY, True)]).changed


@pytest.mark.parametrize(
    "value", [{}, {"at": "x", "since": 0, "ended": 0}, {"at": 1e30, "since": 0, "ended": 0}]
)
def test_a_corrupt_value_is_told_as_such(value: dict[str, object]) -> None:
    with pytest.raises(MALFORMED):
        OPEN.merge(value, [sighting(HOUR, True)])


def test_it_says_in_words_what_it_remembers() -> None:
    begun = OPEN.merge(None, [sighting(DAY, True)])
    assert OPEN.describe(begun.value) == "stands since 1970-01-02 00:00 UTC"
    assert standing_since(begun.value) == DAY
    ended = OPEN.merge(begun.value, [sighting(2 * DAY, False)])
    assert OPEN.describe(ended.value) == "ended at 1970-01-03 00:00 UTC"


@pytest.mark.parametrize(("span", "text"), [(5, "1m"), (3700, "1h"), (90_000, "1d"), (1_000_000, "11d")])
def test_ages_are_told_in_one_unit(span: float, text: str) -> None:
    assert age(span) == text
