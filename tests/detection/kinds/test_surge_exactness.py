"""Surges: the same decisions and memory, in whatever pieces and order events come, and in little room."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.detection.kinds.bottom_k import K
from shared.detection.kinds.kind import Sighting
from shared.detection.kinds.surge import MOST_STEPS
from shared.detection.remembered import Remembered
from tests.detection.kinds.steps import ERRORS, past, step
from tests.detection.kinds.timeline import START, Told, anchors

Steps = list[list[Sighting]]
LOUDNESS = st.sampled_from((0, 1, 1, 2, 2, 3, 3, 12, 40, 200))


@st.composite
def streams(draw: st.DrawFn, longest: int = 24) -> Steps:
    """Steps, most of them quiet, some after a gap."""
    numbers, number = [], 0
    for events in draw(st.lists(LOUDNESS, min_size=2, max_size=longest)):
        number += draw(st.sampled_from((1, 1, 1, 1, 2, 7, 90)))
        numbers.append(step(number, events))
    return [each for each in numbers if each] or [step(0, 1)]


@st.composite
def deliveries(draw: st.DrawFn, steps: Steps) -> list[list[Sighting]]:
    """The same in pieces: each step in any order, steps together or apart, batches that come again."""
    batches: list[list[Sighting]] = [[]]
    for events in steps:
        shuffled = draw(st.randoms(use_true_random=False)).sample(events, len(events))
        cut = draw(st.integers(0, len(shuffled)))
        batches[-1] += shuffled[:cut]
        if draw(st.booleans()):
            batches.append([])
        batches[-1] += shuffled[cut:]
        if draw(st.booleans()):
            batches.append(list(draw(st.sampled_from(batches))))  # once more
    return [batch for batch in batches if batch]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_pieces_repeats_and_order_within_a_step_change_nothing(data: st.DataObject) -> None:
    steps = data.draw(streams())
    in_pieces, clean, at_once = Told(ERRORS), Told(ERRORS), Told(ERRORS)
    for batch in data.draw(deliveries(steps)):
        in_pieces.batch(*batch)
    for batch in steps:
        clean.batch(*batch)
    at_once.batch(*(sighting for batch in steps for sighting in batch))
    assert in_pieces.value == clean.value == at_once.value
    alerts = [decision.anchor for decision in clean.decisions]
    assert [decision.anchor for decision in in_pieces.decisions] == alerts
    assert [decision.anchor for decision in at_once.decisions] == alerts


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_who_dies_between_telling_and_saving_decides_the_same_again(data: st.DataObject) -> None:
    steps = data.draw(streams(12))
    told: list[str] = []
    value: dict[str, Any] | None = None
    waiting = list(steps)
    while waiting:
        taken = data.draw(st.integers(1, len(waiting)))  # the next try may find more
        merged = ERRORS.merge(value, [s for batch in waiting[:taken] for s in batch])
        told += [decision.anchor for decision in merged.decisions]
        dies = data.draw(st.booleans())
        if not dies:
            value, waiting = merged.value, waiting[taken:]
    assert set(told) == anchors(ERRORS, *steps)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_in_any_order_no_surge_is_lost_and_none_is_told_twice(data: st.DataObject) -> None:
    few = st.lists(st.sampled_from((0, 1, 2, 3, 12, 40)), min_size=2, max_size=14)  # there is room for all
    counts = data.draw(few)
    steps = [batch for batch in past(*counts) if batch] or [step(0, 1)]
    clean, mixed = Told(ERRORS), Told(ERRORS)
    for batch in steps:
        clean.batch(*batch)
    everything = [sighting for batch in steps for sighting in batch]
    shuffled = data.draw(st.randoms(use_true_random=False)).sample(everything, len(everything))
    size = data.draw(st.integers(1, 40))
    for start in range(0, len(shuffled), size):
        mixed.batch(*shuffled[start : start + size])
    assert clean.value is not None
    assert mixed.value is not None
    assert set(clean.value["told"]) <= set(mixed.value["told"])
    assert bool(mixed.decisions) == bool(mixed.value["told"])
    assert len({decision.anchor for decision in mixed.decisions}) == len(mixed.decisions)
    assert {**mixed.value, "told": []} == {**clean.value, "told": []}


def test_what_is_closed_stays_closed() -> None:
    told, flood = Told(ERRORS), past(*(2 * K,) * 6)
    for batch in [*flood, step(6, 1)]:
        told.batch(*batch)
    before = told.value
    told.batch(*flood[0], *flood[1])
    assert told.value == before


def test_a_backlog_judged_at_once_closes_what_is_too_old() -> None:
    batches = [*past(*(2 * K,) * 6), step(100, 1)]
    at_once, one_by_one = Told(ERRORS), Told(ERRORS)
    at_once.batch(*(sighting for batch in batches for sighting in batch))
    for batch in batches:
        one_by_one.batch(*batch)
    assert at_once.value == one_by_one.value


def test_a_flood_does_not_grow_what_is_stored() -> None:
    told = Told(ERRORS)
    for number in range(30):
        told.batch(*step(number, 3000))
    assert told.value is not None
    assert len(told.value["open"]) == 4
    assert size(told.value) < 8_000


@pytest.mark.parametrize("within", [60, 3600])
@pytest.mark.parametrize("events", [1, 3, 2 * K])
def test_no_group_takes_more_than_16_kilobytes(within: int, events: int) -> None:
    kind = replace(ERRORS, within=within, against=MOST_STEPS * within, factor=1.0001, gte=1)
    told, ids = Told(kind), iter(range(1_000_000))
    for number in range(MOST_STEPS + 400):
        loud = events * (1 + number % 3 * (number > MOST_STEPS))
        told.batch(*(Sighting(START + number * within, f"{next(ids)}", ()) for _ in range(loud)))
    assert told.value is not None
    assert told.decisions
    assert size(told.value) < 16_000


def size(value: dict[str, Any]) -> int:
    return len(Remembered("1" * 16, ("x" * 120,) * 4, value, START).encoded())


def test_a_flood_is_rarely_written_down() -> None:
    """Of the ids of a flood, fewer and fewer have a hash that is small enough to be kept."""
    value, written = ERRORS.merge(None, step(0, 20_000)).value, 0
    for sighting in step(0, 2000, first=20_000):
        merged = ERRORS.merge(value, [sighting])
        value, written = merged.value, written + merged.changed
    assert 0 < written < 100
