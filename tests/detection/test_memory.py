"""The memory of rules, told as stories; and what becomes of it where it was lost or spoiled."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from shared.detection.remembered import Remembered, beginning_of, first_look_of, prefix_of
from shared.detection.rule import Rule
from shared.state.contract import MAX_VALUE_BYTES
from shared.state.in_memory import InMemoryStore
from shared.state.store import StateStore, Write
from tests.judging import rule
from tests.story import alert, story

BY = ["userIdentity.userName"]
ANY = {"failed": {"eventName": "Fail"}, "entered": {"eventName": "Enter"}, "condition": "1 of them"}


def stateful(name: str, summary: str, **state: Any) -> Rule:
    texts = {"summary": summary, "runbook": "runbooks/x.md"}
    return rule(name, ANY, state=state, alert=texts)


GUESSED = stateful("guessed", "{count} in {span}", event_count={"by": BY, "within": "10m", "gte": 3})
BROKEN_IN = stateful(
    "broken-in", "after {span}", temporal_ordered={"by": BY, "within": "10m", "steps": ["failed", "entered"]}
)
NEW = stateful("new", "new {sourceIpAddress}", first_seen={"by": [*BY, "sourceIpAddress"], "learn": "7d"})
BACK = stateful("back", "back after {absence}", dormant={"by": BY, "after": "30d"})
ROWS = stateful("rows", "{changes}", changed={"by": BY, "field": "requestParameters.Rows"})
GONE = stateful("gone", "nothing since {since}", absent={"by": BY, "every": "10m"})


def failed(user: str = "alice", address: str = "203.0.113.9", **more: Any) -> dict[str, Any]:
    return {"eventName": "Fail", "sourceIpAddress": address, "userIdentity": {"userName": user}, **more}


def entered(user: str = "alice") -> dict[str, Any]:
    return {**failed(user), "eventName": "Enter"}


def test_three_failures_within_ten_minutes_are_told_at_the_third() -> None:
    (
        story(GUESSED)
        .at("0s", failed())
        .at("40s", failed())
        .at("90s", failed())
        .at("2m", failed())
        .expects(alert(between=("90s", "90s"), says="3 in 90s"))
    )


def test_two_users_are_counted_by_themselves() -> None:
    story(GUESSED).at("0s", failed("alice"), failed("bob")).at("1m", failed("alice"), failed("bob")).expects()


def test_a_success_after_a_failure_is_told_and_one_before_it_is_not() -> None:
    (
        story(BROKEN_IN)
        .at("0s", entered("bob"))
        .at("1m", failed("bob"), failed("alice"))
        .at("5m", entered("alice"))
        .expects(alert(between=("5m", "5m"), says="after 4m"))
    )


def test_what_is_learned_is_known_and_what_is_new_after_that_is_told_once() -> None:
    (
        story(NEW)
        .at("0s", failed(address="203.0.113.9"))
        .at("3d", failed(address="198.51.100.4"))
        .at("8d", failed(address="198.51.100.4"))
        .at("9d", failed(address="192.0.2.7"))
        .at("10d", failed(address="192.0.2.7"))
        .expects(alert(between=("9d", "9d"), says="new 192.0.2.7"))
    )


def test_an_event_that_does_not_tell_who_it_was_is_nobody_new() -> None:
    story(NEW).at("0s", failed()).at("9d", failed(user=""), failed(address="")).expects()


def test_a_user_who_comes_back_after_a_long_time_is_told_once() -> None:
    (
        story(BACK)
        .at("0s", entered())
        .at("45d", entered())
        .at("46d", entered())
        .expects(alert(between=("45d", "45d"), says="back after 45 days"))
    )


def test_a_row_that_came_is_told() -> None:
    (
        story(ROWS)
        .at("0s", failed(requestParameters={"Rows": ["22"]}))
        .at("1h", failed(requestParameters={"Rows": ["22", "4444"]}))
        .expects(alert(between=("1h", "1h"), says="added 4444"))
    )


def test_silence_is_told_to_whoever_looks() -> None:
    (
        story(GONE)
        .at("0s", failed())
        .look("10m")
        .look("15m")
        .look("20m")
        .expects(alert(between=("15m", "15m"), says="nothing since 2026-03-01 12:00 UTC"))
    )


def test_a_rule_that_lost_its_memory_learns_anew_rather_than_tell_everything_as_new() -> None:
    store = InMemoryStore()
    story(NEW, store=store).at("0s", failed()).at("8d", failed(address="192.0.2.1"))
    forget(store, "")
    (
        story(NEW, store=store)
        .at("9d", failed(), failed(address="192.0.2.1"), failed(address="192.0.2.2"))
        .at("15d", failed(address="192.0.2.3"))
        .at("17d", failed(address="192.0.2.4"))
        .expects(alert(between=("17d", "17d"), says="192.0.2.4"))
    )


def test_a_clock_that_was_never_set_does_not_end_learning() -> None:
    """An event of 1970 would make the rule look as if it had learned for decades."""
    never_set = failed(address="192.0.2.1", eventTime="1970-01-01T00:00:00Z")
    story(NEW).at("0s", failed()).at("1m", never_set).at("2m", failed(address="192.0.2.2")).expects()


def test_an_event_of_the_year_2099_does_not_make_the_others_look_old() -> None:
    ahead = failed(eventTime="2099-01-01T00:00:00Z")
    last = alert(between=("3m", "3m"), says="3 in ")
    story(GUESSED).at("0s", failed()).at("1m", ahead).at("3m", failed()).expects(last)
    returned = alert(between=("40d", "40d"))
    story(BACK).at("0s", ahead).at("40d", failed()).expects(returned)
    missed = alert(between=("20m", "20m"))
    story(GONE).at("0s", ahead).look("20m").expects(missed)


SPOILED = {
    "nothing": b"",
    "torn": b'{"account":"1","group":["alice"],"value":{"se',
    "binary": bytes(range(256)),
    "a list": b"[]",
    "no value": b'{"account":"1","group":[],"until":1}',
    "another kind's": b'{"account":"1","group":[],"until":1,"value":{"of":"another"}}',
    "wrong types": b'{"account":1,"group":7,"until":"x","value":[1,2]}',
    "nested deeply": b"[" * 200_000,
    "vast": b'{"account":"' + b"x" * (MAX_VALUE_BYTES - 20) + b'"}',
    "infinite": b'{"account":"","group":[],"until":1,"value":'
    b'{"seen":[[1e999,"a",[]]],"told":[],"first":1e999,"last":1e999,"at":1e999,"rows":[]}}',
}


@pytest.mark.parametrize("spoiled", SPOILED.values(), ids=SPOILED)
@pytest.mark.parametrize("judged", [GUESSED, BROKEN_IN, NEW, BACK, ROWS], ids=lambda rule: rule.name)
def test_a_spoiled_value_is_told_and_the_rule_begins_anew_there(judged: Rule, spoiled: bytes) -> None:
    store = InMemoryStore()
    tale = story(judged, store=store).at("0s", failed("alice"), failed("bob"))
    keys = [key for key, _ in store.scan(prefix_of(judged))]
    tale.told.clear()
    spoil(store, keys[0], spoiled)
    tale.at("1m", failed("alice"), failed("bob")).at("2m", failed("alice"), failed("bob"))
    told = [each for _, each in tale.told if each.rule == "memory-corrupt"]
    assert len(told) == 1
    assert judged.name in told[0].summary
    assert [each.rule for _, each in tale.told if each.rule == judged.name] == (
        [judged.name] if judged is GUESSED else []  # the one whose value was whole
    )
    assert all(Remembered.of(stored.value or b"") for _, stored in store.scan(prefix_of(judged)))


def test_a_spoiled_beginning_is_told_and_the_rule_learns_anew() -> None:
    store = InMemoryStore()
    tale = story(NEW, store=store).at("0s", failed())
    spoil(store, beginning_of(NEW), b"?")
    corrupt = alert(between=("8d", "8d"), rule="memory-corrupt")
    tale.at("8d", failed(address="192.0.2.1")).at("9d", failed(address="192.0.2.2")).expects(corrupt)


def test_a_spoiled_value_of_something_that_is_waited_for_is_told_at_each_hour() -> None:
    store = InMemoryStore()
    tale = story(GONE, store=store).at("0s", failed())
    ((key, _),) = store.scan(prefix_of(GONE))
    spoil(store, key, b"?")
    tale.look("5m").look("10m").look("65m").at("66m", failed()).look("70m")
    tale.expects(
        alert(between=("5m", "5m"), rule="memory-corrupt"),
        alert(between=("65m", "65m"), rule="memory-corrupt"),
        alert(between=("66m", "66m"), rule="memory-corrupt"),
    )


def test_a_rule_waits_from_its_first_look_and_that_can_be_spoiled_too() -> None:
    store = InMemoryStore()
    tale = story(GONE, store=store).look("0s")
    spoil(store, first_look_of(GONE), b"?")
    tale.look("5m").expects(alert(between=("5m", "5m"), rule="memory-corrupt"))


@pytest.mark.parametrize("judged", [GUESSED, NEW, BACK, ROWS], ids=lambda rule: rule.name)
def test_vast_and_odd_event_text_is_remembered_within_bounds(judged: Rule) -> None:
    store = InMemoryStore()
    odd = "\ud800\x00" + "用户" * 200_000
    rows = {"Rows": [f"{odd}{number}" for number in range(10)]}
    whole = failed(user=odd, address=odd, eventId=odd, requestParameters=rows)
    story(judged, store=store).at("0s", whole).at("1m", whole)
    for key, stored in store.scan(""):
        assert len(key) < 100
        assert len(stored.value or b"") < 10_000


def test_what_is_remembered_tells_whose_it_is() -> None:
    store = InMemoryStore()
    story(GUESSED, store=store).at("0s", failed("alice"))
    ((_, stored),) = store.scan(prefix_of(GUESSED))
    known = Remembered.of(stored.value or b"")
    assert known.group == ("alice",)
    assert datetime.fromtimestamp(known.until, timezone.utc) > datetime(2026, 3, 1, 18, tzinfo=timezone.utc)


def spoil(store: StateStore, key: str, value: bytes) -> None:
    """Write what no rule of ours would."""
    assert store.save([Write(key, value, store.load([key])[key].version)]) == set()


def forget(store: StateStore, prefix: str) -> None:
    store.save([Write(key, None, stored.version) for key, stored in store.scan(prefix)])
