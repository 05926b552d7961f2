"""The bar on round trips, in every run of the tests: it depends on no machine."""

from __future__ import annotations

import pytest

from shared.state.in_memory import InMemoryStore
from tests.benchmarks.stateful import BATCH, STATES, batches, engine_of, judge, round_trips


@pytest.mark.parametrize("kind", STATES)
def test_a_batch_of_200_events_of_50_keys_costs_at_most_4_round_trips(kind: str) -> None:
    assert 1 <= round_trips(kind, keys=50) <= 4


def test_round_trips_grow_by_the_hundred_keys_and_not_by_events() -> None:
    assert round_trips("event_count", keys=25) == round_trips("event_count", keys=100) == 2
    assert round_trips("event_count", keys=200) == 3


def test_every_event_is_remembered_by_its_key() -> None:
    store, engine = InMemoryStore(), engine_of("event_count")
    for batch in batches(2 * BATCH, 80):
        judge(engine, store, batch)
    assert len(list(store.scan("rule/"))) == 80
