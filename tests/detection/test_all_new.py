"""`all_new` and `event_count … then`: what they tell, in whatever pieces and order the events come."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from shared.detection.kinds.all_new import DAY, MOST, AllNew
from shared.detection.kinds.kind import Decision, Sighting
from shared.detection.kinds.window import Window
from shared.detection.load import load_rule
from shared.detection.rule import Rule
from shared.events.sources import SOURCES
from shared.located import ConfigError
from tests.judging import rule_text

KIND = AllNew(("user",), ("country", "network"), learn=14 * DAY, remember=180 * DAY)
SERIES = Window("event_count", ("user",), within=600, gte=3, steps=("in",))


def at(day: float, country: str, network: str, event: str = "") -> Sighting:
    return Sighting(day * DAY, event or f"{day} {country} {network}", (country, network))


HOME = at(0, "CN", "a")


def told(kind: AllNew | Window, *batches: list[Sighting]) -> list[Decision]:
    value: dict[str, Any] | None = None
    decisions: list[Decision] = []
    for batch in batches:
        merged = kind.merge(value, batch)
        value, decisions = merged.value, [*decisions, *merged.decisions]
    return decisions


def anchors(kind: AllNew | Window, *batches: list[Sighting]) -> set[str]:
    return {decision.anchor for decision in told(kind, *batches)}


def test_only_what_is_new_in_every_way_is_told() -> None:
    assert anchors(KIND, [HOME], [at(20, "SG", "b")]) == {"new SG"}
    assert anchors(KIND, [HOME], [at(20, "SG", "a")]) == set()
    assert anchors(KIND, [HOME], [at(20, "CN", "b")]) == set()
    assert anchors(KIND, [HOME], [at(13, "SG", "b")], [at(20, "SG", "c")]) == set()
    assert anchors(KIND, [at(20, "SG", "b")]) == set()


def test_a_country_and_a_network_of_the_same_name_are_two_things() -> None:
    assert anchors(KIND, [at(0, "x", "y")], [at(20, "y", "x")]) == {"new y"}


def test_pieces_doubles_and_order_do_not_matter() -> None:
    events = [HOME, at(20, "SG", "b"), at(20.01, "SG", "c"), at(20.02, "DE", "d")]
    for order in permutations(events[1:]):
        assert anchors(KIND, [HOME], *([event] for event in order)) == {"new SG", "new DE"}
        assert anchors(KIND, [HOME, *order]) == {"new SG", "new DE"}
    assert len(told(KIND, events, events)) == 2


def test_a_batch_that_is_tried_again_decides_the_same() -> None:
    stored = KIND.merge(None, [HOME]).value
    batch = [at(20, "SG", "b"), at(20, "CN", "b", "other")]
    assert KIND.merge(stored, batch) == KIND.merge(stored, batch)


def test_what_a_busy_day_adds_is_written_once() -> None:
    stored = KIND.merge(None, [HOME, at(0.1, "CN", "a")]).value
    assert not KIND.merge(stored, [at(0.9, "CN", "a", "later")]).changed
    assert KIND.merge(stored, [at(1.1, "CN", "a", "tomorrow")]).changed


def test_memory_is_bounded_and_forgets_what_was_not_seen_for_longest() -> None:
    many = [at(1 + number, "CN", f"n{number}") for number in range(2 * MOST)]
    known = KIND.merge(KIND.merge(None, [HOME]).value, many).value["known"]
    assert len(known) <= MOST
    assert f"network n{2 * MOST - 1}" in known and "network a" not in known


@pytest.mark.parametrize(
    "value", [{}, {"first": "x", "known": {}}, {"first": 0, "known": [1]}, {"first": 0, "known": {"a": "x"}}]
)
def test_a_corrupt_value_is_no_memory(value: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError, LookupError, AttributeError)):
        KIND.merge(value, [HOME])


def failed(second: int) -> Sighting:
    return Sighting(second, f"f{second}")


def entered(second: int) -> Sighting:
    return Sighting(second, f"s{second}", ("in",))


def test_a_series_is_told_by_what_ends_it() -> None:
    series = [failed(0), failed(10), failed(20)]
    assert told(SERIES, series) == []
    (decision,) = told(SERIES, [*series, entered(30)])
    assert decision.sighting == entered(30)
    assert decision.words["count"] == "3"
    for order in permutations([*series, entered(30)]):
        assert anchors(SERIES, *([each] for each in order)) == {decision.anchor}


def test_ends_do_not_count_and_too_few_or_too_late_are_no_series() -> None:
    assert told(SERIES, [failed(0), failed(1), entered(2), entered(3), entered(4)]) == []
    assert told(SERIES, [entered(0), failed(1), failed(2), failed(3)]) == []
    assert told(SERIES, [failed(0), failed(1), failed(2), entered(700)]) == []


def load(**state: Any) -> Rule:
    return load_rule(rule_text(state=state), "rules/x.yml", SOURCES.values(), {})


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({"event_count": {"by": [], "within": "1h", "gte": 3, "then": "stoped"}}, "no selection 'stoped'"),
        ({"all_new": {"by": [], "fields": ["facts.country", "facts.netwrk"]}}, "no field 'facts.netwrk'"),
        ({"all_new": {"by": [], "fields": ["facts.country"]}}, "at least 2"),
    ],
)
def test_mistakes_are_told(state: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        load(**state)
