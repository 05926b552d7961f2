"""Windows on a time line: what fills them, what is told again, and what is remembered."""

from __future__ import annotations

import json
import random

import pytest

from shared.detection.kinds.kind import LATENESS, MALFORMED, Sighting
from shared.detection.kinds.window import HOUR, MOST, Window
from tests.detection.kinds.timeline import Told, anchors, at

THREE = Window("event_count", ("user",), within=60, gte=3)
ADDRESSES = Window("value_count", ("user",), within=60, gte=3, field="sourceIpAddress")
BOTH = Window("temporal", ("user",), within=60, steps=("create", "attach"))
CHAIN = Window("temporal_ordered", ("user",), within=60, steps=("fail", "enter", "steal"))


@pytest.mark.parametrize(
    ("seconds", "fires"),
    [
        ((0, 10), False),
        ((0, 10, 20), True),
        ((0, 30, 60), True),  # a span holds both of its ends
        ((0, 30, 61), False),
        ((0, 30, 61, 90), True),
        ((20, 0, 10), True),
        ((5, 5, 5), False),  # one event, three times
    ],
)
def test_so_many_events_within_a_span(seconds: tuple[int, ...], fires: bool) -> None:
    assert bool(anchors(THREE, [at(s) for s in seconds])) == fires
    assert bool(anchors(THREE, *([at(s)] for s in seconds))) == fires


@pytest.mark.parametrize(
    ("numbers", "fires"),
    [
        ("25 40 61", True),
        ("9 10 100", True),  # as numbers, not as text
        ("25 25 40 40 61", True),
        ("25 40 30 61", True),
        ("40 25 40 61 40", True),
        ("300 200 100 40", False),
        ("25 25 25 25", False),
        ("300 200 250 100", False),
        ("25 ? 40", False),
    ],
)
def test_a_number_that_rises(numbers: str, fires: bool) -> None:
    rise = Window("value_rise", ("host",), within=60, gte=3, field="count")
    sightings = [at(10 * place, number) for place, number in enumerate(numbers.split())]
    assert bool(anchors(rise, sightings)) == fires
    assert bool(anchors(rise, *([sighting] for sighting in reversed(sightings)))) == fires
    assert not anchors(rise, [at(100 * place, number) for place, number in enumerate(numbers.split())])


def test_events_of_the_same_second_are_several() -> None:
    assert anchors(THREE, [at(0, id="a"), at(0, id="b"), at(0, id="c")])


def test_a_summary_can_tell_how_many_in_what_time() -> None:
    (decision,) = Told(THREE).batch(at(0), at(10), at(25))
    assert decision.words == {"count": "3", "span": "25s", "within": "1m", "values": ""}
    assert decision.sighting == at(25)
    assert decision.event_ids == ("0 ", "10 ", "25 ")


def test_an_attack_that_goes_on_is_told_once_an_hour() -> None:
    told = Told(THREE)
    told.each(at(second) for second in range(0, 3 * HOUR, 10))
    assert len(told.decisions) == 3
    assert len({decision.anchor for decision in told.decisions}) == 3


def test_a_longer_window_is_told_once_in_its_own_length() -> None:
    day = Window("event_count", (), within=24 * HOUR, gte=3)
    told = Told(day)
    told.each(at(hour * HOUR) for hour in range(24 * 4))
    assert len(told.decisions) == 5  # four days from noon touch five


def test_a_window_over_the_turn_of_the_hour_is_full_all_the_same() -> None:
    assert anchors(THREE, [at(HOUR - 20)], [at(HOUR - 10)], [at(HOUR + 5)])


def test_a_big_batch_of_old_and_new_is_judged_whole() -> None:
    old = [at(second) for second in (0, 10, 20)]
    new = [at(3 * 24 * HOUR + second) for second in (0, 10, 20)]
    assert len(anchors(THREE, [*old, *new])) == 2
    assert anchors(THREE, [*old, *new]) == anchors(THREE, old, new)


def test_an_event_that_comes_hours_late_still_fills_its_window() -> None:
    late = LATENESS
    assert anchors(THREE, [at(0)], [at(20)], [at(late)], [at(10)])
    assert not anchors(THREE, [at(0)], [at(20)], [at(late + 100)], [at(10)])


@pytest.mark.parametrize(
    ("values", "fires"),
    [("aab", False), ("abc", True), ("aaabbbccc", True), ("ab", False), ("a-b", False)],
)
def test_so_many_different_values(values: str, fires: bool) -> None:
    sightings = [at(n, *value.strip("-")) for n, value in enumerate(values)]
    assert bool(anchors(ADDRESSES, sightings)) == fires


def test_an_event_may_tell_several_values_at_once() -> None:
    assert anchors(ADDRESSES, [at(0, "a", "b"), at(1, "c")])


def test_values_are_named_and_counted_as_they_leave_the_span() -> None:
    told = Told(ADDRESSES)
    told.batch(at(0, "a"), at(40, "b"), at(50, "c"))
    assert told.decisions[0].words["values"] == "a, b, c"
    assert anchors(ADDRESSES, [at(0, "a"), at(40, "b"), at(70, "c")]) == set()


@pytest.mark.parametrize(
    ("steps", "fires"),
    [
        ([(0, "create"), (10, "attach")], True),
        ([(0, "attach"), (10, "create")], True),
        ([(0, "create"), (61, "attach")], False),
        ([(0, "create"), (10, "create")], False),
        ([(0, "create attach")], True),  # one event that is both
    ],
)
def test_all_steps_in_any_order(steps: list[tuple[int, str]], fires: bool) -> None:
    assert bool(anchors(BOTH, [at(second, *tags.split()) for second, tags in steps])) == fires


@pytest.mark.parametrize(
    ("steps", "fires"),
    [
        ([(0, "fail"), (10, "enter"), (20, "steal")], True),
        ([(0, "fail"), (10, "steal"), (20, "enter")], False),
        ([(0, "enter"), (10, "fail"), (20, "steal")], False),
        ([(0, "fail"), (30, "enter"), (61, "steal")], False),
        ([(0, "fail"), (20, "fail"), (30, "enter"), (70, "steal")], True),  # the later failure counts
        ([(0, "fail"), (10, "enter"), (15, "fail"), (20, "steal")], True),  # a step may come again
        ([(0, "fail"), (10, "enter"), (15, "enter"), (20, "steal"), (25, "steal")], True),
        ([(5, "fail"), (5, "steal"), (5, "enter")], True),  # the same second has no order
        ([(0, "fail"), (5, "steal"), (5, "enter")], True),
        ([(0, "fail"), (4, "steal"), (5, "enter")], False),
        ([(0, "fail enter"), (5, "steal")], True),  # one event that is two steps
        ([(0, "fail enter steal")], True),
        ([(0, "fail"), (10, "enter")], False),
    ],
)
def test_all_steps_in_their_order(steps: list[tuple[int, str]], fires: bool) -> None:
    sightings = [at(second, *tags.split()) for second, tags in steps]
    assert bool(anchors(CHAIN, sightings)) == fires
    assert bool(anchors(CHAIN, *([sighting] for sighting in sightings))) == fires
    assert bool(anchors(CHAIN, *([sighting] for sighting in reversed(sightings)))) == fires


@pytest.mark.parametrize("window", [THREE, ADDRESSES, BOTH, CHAIN], ids=lambda window: window.kind)
def test_merging_again_changes_nothing(window: Window) -> None:
    source = random.Random(7)
    tags = window.steps or "abcd"
    for _ in range(60):
        batch = [at(source.randrange(200), source.choice(tags)) for _ in range(source.randrange(1, 12))]
        told = Told(window)
        told.batch(*batch)
        before = told.value
        assert told.batch(*batch) == []
        assert told.value == before
        assert not window.merge(told.value, batch).changed


@pytest.mark.parametrize("window", [THREE, ADDRESSES, BOTH, CHAIN], ids=lambda window: window.kind)
def test_the_order_of_batches_changes_nothing_that_is_told(window: Window) -> None:
    source = random.Random(8)
    tags = window.steps or "abcd"
    for _ in range(50):
        stream = [at(source.randrange(3 * HOUR), source.choice(tags)) for _ in range(40)]
        stream += [
            at(second + n * 15, tag) for second in (source.randrange(3 * HOUR),) for n, tag in enumerate(tags)
        ]
        shuffled = source.sample(stream, len(stream))
        assert anchors(window, *([sighting] for sighting in shuffled)) == anchors(window, stream)


@pytest.mark.parametrize("window", [THREE, ADDRESSES, BOTH, CHAIN], ids=lambda window: window.kind)
def test_what_is_remembered_is_bounded_however_many_come(window: Window) -> None:
    told = Told(window)
    for minute in range(25):
        told.batch(*(at(minute * 60 + n / 5, "fail", id=f"{minute} {n}") for n in range(300)))
    assert told.value is not None
    assert len(told.value["seen"]) <= MOST
    assert len(json.dumps(told.value)) < 200_000


def test_a_key_that_was_told_keeps_little() -> None:
    told = Told(THREE)
    told.batch(*(at(n / 10) for n in range(5000)))
    assert told.value is not None
    assert told.value["seen"] == []
    assert len(told.value["told"]) == 1


def test_a_flood_of_one_step_hides_no_other() -> None:
    told = Told(CHAIN)
    told.batch(at(0, "fail"))
    told.batch(at(1, "enter"))
    told.batch(*(at(2 + n / 100, "fail", id=f"f{n}") for n in range(3 * MOST)))
    assert told.batch(at(40, "steal"))


def test_a_flood_of_one_value_hides_no_other() -> None:
    told = Told(ADDRESSES)
    told.batch(at(0, "a"))
    told.batch(*(at(1 + n / 100, "b", id=f"b{n}") for n in range(3 * MOST)))
    assert told.batch(at(50, "c"))


def test_one_of_many_sightings_of_a_value_may_be_the_one_that_late_events_need() -> None:
    assert anchors(ADDRESSES, *([at(second, "a")] for second in (0, 50, 100)), [at(45, "b")], [at(95, "c")])


def test_a_value_seen_all_the_time_is_remembered_a_few_times_an_hour() -> None:
    told = Told(ADDRESSES)
    told.each(at(second, "a") for second in range(0, HOUR, 5))
    assert len((told.value or {})["seen"]) <= 2 * HOUR / 60


def test_a_lone_event_is_forgotten_in_time_and_a_described_memory_can_be_read() -> None:
    told = Told(THREE)
    told.batch(at(0))
    assert THREE.describe(told.value or {}) == "1 event(s), the last at 2026-03-01 12:00 UTC"
    told.batch(at(LATENESS + 100))
    assert len((told.value or {})["seen"]) == 1
    told.batch(at(LATENESS + 110), at(LATENESS + 120))
    assert THREE.describe(told.value or {}) == "0 event(s); told for 2026-03-01 18:00 UTC"


CORRUPT = (
    {},
    {"seen": []},
    {"seen": 5},
    {"seen": [[]]},
    {"seen": [["x", "y", []]]},
    {"seen": [[1, "y", 5]]},
    {"seen": [[float("nan"), "y", []]]},
    {"seen": [[float("inf"), "y", []]]},
    {"seen": [[1e300, "y", []]]},
    {"seen": {"a": 1}},
    {"seen": [], "told": 5},
    {"seen": [], "told": ["x"]},
    {"seen": [], "told": [float("inf")]},
)


@pytest.mark.parametrize("value", CORRUPT, ids=str)
def test_a_corrupt_value_is_refused(value: dict[str, object]) -> None:
    with pytest.raises(MALFORMED):
        THREE.merge(value, [at(0)])


def test_the_same_id_at_two_times_is_one_event() -> None:
    twice = [Sighting(at(0).time, "a"), Sighting(at(5).time, "a"), at(6)]
    assert anchors(THREE, twice) == set()
