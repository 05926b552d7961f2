"""Events that stand for several, and values that are known from the start."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.detection.kinds.first_seen import FirstSeen
from shared.detection.kinds.kind import MALFORMED, Sighting
from shared.detection.kinds.window import Window
from shared.detection.sightings import match_of
from shared.detection.state_schema import StateBlock
from shared.events.sources import SOURCES
from tests.detection.kinds.timeline import START, Told
from tests.judging import RECEIVED, rule

FIVE = Window("event_count", ("source_ip",), within=60, gte=5, weight="attempts")
THEN = Window("event_count", ("source_ip",), within=60, gte=5, weight="attempts", steps=("in",))


def weighing(seconds: float, weight: int, *tags: str) -> Sighting:
    return Sighting(START + seconds, f"{seconds}", tags, weight)


@pytest.mark.parametrize(
    ("weights", "fires"), [((5,), True), ((4,), False), ((2, 3), True), ((2, 2), False), ((1,) * 5, True)]
)
def test_an_event_counts_for_as_many_as_it_says(weights: tuple[int, ...], fires: bool) -> None:
    told = Told(FIVE)
    told.each(weighing(number, weight) for number, weight in enumerate(weights))
    assert bool(told.decisions) == fires


def test_the_summary_tells_the_sum() -> None:
    (decision,) = Told(FIVE).batch(weighing(0, 4), weighing(9, 3))
    assert decision.words["count"] == "7"


def test_what_leaves_the_window_takes_its_weight_along() -> None:
    told = Told(FIVE)
    told.each([weighing(0, 4), weighing(70, 4)])
    assert told.decisions == []


def test_what_follows_does_not_count_itself() -> None:
    assert Told(THEN).batch(weighing(0, 4), weighing(9, 9, "in")) == []
    assert Told(THEN).batch(weighing(0, 5), weighing(9, 1, "in"))


def test_order_does_not_matter() -> None:
    told = Told(FIVE)
    told.each([weighing(9, 3), weighing(0, 2)])
    assert len(told.decisions) == 1


def test_a_weight_is_remembered_and_one_of_one_takes_no_room() -> None:
    merged = FIVE.merge(None, [weighing(0, 3), weighing(1, 1)])
    assert [len(row) for row in merged.value["seen"]] == [4, 3]
    again = FIVE.merge(json.loads(json.dumps(merged.value)), [weighing(1, 1)])
    assert again.value == merged.value


@pytest.mark.parametrize("stored", [[START, "a", [], "many"], [START, "a", [], 1, 2]])
def test_a_weight_that_is_none_is_corrupt(stored: list[Any]) -> None:
    with pytest.raises(MALFORMED):
        FIVE.merge({"seen": [stored], "told": []}, [weighing(0, 1)])


@pytest.mark.parametrize(
    ("attempts", "weight"),
    [(3, 3), ("3", 3), (0, None), (None, None), ("-1", None), ("²", None), ("9" * 30, None)],
)
def test_a_weight_is_what_the_field_says_and_none_is_nothing_to_count(
    attempts: Any, weight: int | None
) -> None:
    counting = rule(
        "counting",
        {"failed": {"eventName": "ConsoleSignin"}, "condition": "failed"},
        state={"event_count": {"by": ["account_id"], "within": "1m", "gte": 2, "weight": "requestId"}},
    )
    record = {"eventName": "ConsoleSignin", "eventId": "1", "requestId": attempts}
    event = SOURCES["actiontrail"].read(record, "test", RECEIVED)
    match = match_of(counting, event, SOURCES["actiontrail"])
    assert (match.sighting.weight if match else None) == weight


def test_what_a_baseline_lists_is_known_and_what_comes_later_is_told() -> None:
    kind = FirstSeen(("socket",), learn=0, remember=86_400, baseline="first_look")
    listed, later = weighing(0, 1, "first_look"), weighing(5, 1)
    assert kind.decide([listed], START) == ()
    assert kind.decide([listed, later], START) == ()
    assert len(kind.decide([later], START)) == 1
    assert len(kind.decide([later, weighing(9, 1, "first_look")], START)) == 1


def test_a_baseline_names_a_selection() -> None:
    block = StateBlock.model_validate(
        {"first_seen": {"by": ["host"], "learn": "0s", "baseline": "first_look"}}
    )
    assert block.steps == [(("first_seen", "baseline"), "first_look")]


@pytest.mark.parametrize("id_", ["a", "z"])
def test_in_one_second_what_is_counted_comes_before_what_follows_it(id_: str) -> None:
    """Syslog tells whole seconds, and ids are in no order: a fast guesser would get away by chance."""
    failures = [Sighting(START, f"failure {number}", (), 1) for number in range(6)]
    told = Told(THEN)
    assert told.batch(*failures) == []
    (decision,) = told.batch(Sighting(START, id_, ("in",), 1))
    assert decision.words["count"] == "6"
