"""The trigger runner, with handlers that read their range through shared.cloud."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone

import pytest

from shared.cloud.credentials import from_context
from shared.cloud.sls import ShardRange, pull, put
from tests.cloud.function_context import FunctionContext
from tests.cloud.sls import Fault, LocalSls
from tests.cloud.trigger import Handler, TriggerRunner, fire_timer

PROJECT, LOGSTORE = "trail", "actiontrail_main"


@pytest.fixture
def sls(local_sls: LocalSls) -> LocalSls:
    local_sls.create(PROJECT, LOGSTORE, shards=2)
    return local_sls


def fill(sls: LocalSls, *events: str, shard: int = 0) -> None:
    for event in events:
        sls.append(PROJECT, LOGSTORE, [(1, {"event": event})], shard)


def reader(seen: list[str], fail: Callable[[], bool] = lambda: False) -> Handler:
    """A handler that notes every event of its range in `seen`, or raises before it reads any."""

    def handler(event: bytes, context: FunctionContext) -> None:
        if fail():
            raise RuntimeError("no luck")
        records = pull(ShardRange.from_trigger(json.loads(event)), from_context(context))
        seen.extend(record.contents["event"] for record in records)

    return handler


def test_every_shard_is_read_once_and_then_the_trigger_is_idle(sls: LocalSls) -> None:
    seen: list[str] = []
    fill(sls, "a", "b")
    fill(sls, "c", shard=1)
    runner = TriggerRunner(sls, reader(seen), PROJECT, LOGSTORE)
    runner.run_until_idle()
    assert seen == ["a", "b", "c"]
    assert not runner.run_interval()


def test_the_next_interval_brings_only_what_is_new(sls: LocalSls) -> None:
    seen: list[str] = []
    runner = TriggerRunner(sls, reader(seen), PROJECT, LOGSTORE)
    fill(sls, "a")
    runner.run_until_idle()
    fill(sls, "b")
    runner.run_until_idle()
    assert seen == ["a", "b"]
    assert runner.deliveries[0]["source"]["endCursor"] == runner.deliveries[1]["source"]["beginCursor"]


def test_a_handler_that_raises_gets_the_same_range_again(sls: LocalSls) -> None:
    seen: list[str] = []
    luck = iter([True, True, False])
    fill(sls, "a")
    runner = TriggerRunner(sls, reader(seen, lambda: next(luck)), PROJECT, LOGSTORE)
    runner.run_until_idle()
    assert seen == ["a"]
    assert len({json.dumps(delivery["source"]) for delivery in runner.deliveries}) == 1
    assert len(runner.deliveries) == 3


def test_a_range_is_given_up_after_the_retries_and_the_next_one_comes(sls: LocalSls) -> None:
    seen: list[str] = []
    luck = iter([True, True, False])
    fill(sls, "a", "b")
    runner = TriggerRunner(sls, reader(seen, lambda: next(luck)), PROJECT, LOGSTORE, max_retry=1, split=1)
    runner.run_until_idle()
    assert seen == ["b"]
    assert [(span, str(error)) for span, error in runner.given_up] == [((0, 0, 1), "no luck")]


def test_a_service_that_is_down_for_one_call_costs_nothing(sls: LocalSls) -> None:
    seen: list[str] = []
    fill(sls, "a")
    sls.inject(Fault.UNAUTHORIZED)
    TriggerRunner(sls, reader(seen), PROJECT, LOGSTORE).run_until_idle()
    assert seen == ["a"]


def test_ranges_can_be_split(sls: LocalSls) -> None:
    seen: list[str] = []
    fill(sls, "a", "b", "c")
    runner = TriggerRunner(sls, reader(seen), PROJECT, LOGSTORE, split=2)
    runner.run_until_idle()
    assert (seen, len(runner.deliveries)) == (["a", "b", "c"], 2)


def test_deliveries_can_be_doubled(sls: LocalSls) -> None:
    seen: list[str] = []
    fill(sls, "a")
    TriggerRunner(sls, reader(seen), PROJECT, LOGSTORE, duplicate=True).run_until_idle()
    assert seen == ["a", "a"]


def test_an_instance_can_die_after_its_effects(sls: LocalSls) -> None:
    seen: list[str] = []
    fill(sls, "a")
    runner = TriggerRunner(sls, reader(seen), PROJECT, LOGSTORE, kills=1)
    runner.run_until_idle()
    assert seen == ["a", "a"]
    assert runner.given_up == []


def test_an_empty_range_is_delivered_too(sls: LocalSls) -> None:
    seen: list[str] = []
    runner = TriggerRunner(sls, reader(seen), PROJECT, LOGSTORE)
    runner.deliver_empty()
    assert (seen, len(runner.deliveries)) == ([], 1)


def test_a_handler_that_feeds_its_own_logstore_is_caught(sls: LocalSls) -> None:
    def echo(event: bytes, context: FunctionContext) -> None:
        fill(sls, "again")

    fill(sls, "a")
    with pytest.raises(RuntimeError, match="not idle"):
        TriggerRunner(sls, echo, PROJECT, LOGSTORE).run_until_idle()


def test_the_payload_has_the_documented_shape(sls: LocalSls) -> None:
    fill(sls, "a")
    runner = TriggerRunner(sls, reader([]), PROJECT, LOGSTORE)
    runner.run_until_idle()
    (payload,) = runner.deliveries
    assert set(payload) == {"parameter", "source", "jobName", "taskId", "cursorTime"}
    assert len(payload["jobName"]) == 40


def test_one_function_feeds_the_next_through_a_logstore(sls: LocalSls) -> None:
    sls.create("trailguard", "alerts")
    told: list[str] = []

    def detect(event: bytes, context: FunctionContext) -> None:
        key = from_context(context)
        found = [
            (r.time, {"event": r.contents["event"]})
            for r in pull(ShardRange.from_trigger(json.loads(event)), key)
        ]
        put(sls.endpoint, "trailguard", "alerts", "alert", found, key)

    fill(sls, "a", "b")
    TriggerRunner(sls, detect, PROJECT, LOGSTORE).run_until_idle()
    TriggerRunner(sls, reader(told), "trailguard", "alerts").run_until_idle()
    assert told == ["a", "b"]


def test_a_timer_hands_over_time_name_and_payload() -> None:
    at = datetime(2023, 12, 26, 7, 49, tzinfo=timezone.utc)
    handed = fire_timer(lambda event, context: json.loads(event), at, "flush", "every-minute")
    assert handed == {
        "triggerTime": "2023-12-26T07:49:00Z",
        "triggerName": "every-minute",
        "payload": "flush",
    }
