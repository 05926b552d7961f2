"""Records in, alerts out: whatever a record holds, it is judged or set aside, and its neighbours judged."""

from __future__ import annotations

import json
import random
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.alerting.alert import Alert
from shared.alerting.outbox import SqliteOutbox
from shared.config import load_alerts
from shared.detection.engine import Engine
from shared.detection.nodes import Fields, Guard, Reason
from shared.detection.rule import Rule
from shared.events.event import Event, Quarantined
from shared.events.sources import SOURCES
from tests.judging import FIXTURES, RECEIVED, detector, judge, judge_file, outcome, rule

EVENTS = [json.loads(path.read_text()) for path in sorted((FIXTURES / "actiontrail").glob("*.json"))]
STOP = {"eventName": "StopLogging", "eventId": "stop-1", "requestParameters": {"Name": "audit"}}
STOPPED = rule("stopped", {"s": {"eventName": "StopLogging"}, "condition": "s"})
SHIPPED = [rule for rule in load_alerts().rules if rule.source == "actiontrail" and rule.kind is None]
RULES = [STOPPED, *SHIPPED]
ENGINE = Engine(RULES, SOURCES.values())
NEIGHBOUR = json.dumps({**STOP, "eventId": "neighbour"})


def alerted(alerts: Sequence[Alert]) -> list[str]:
    """The events that the rule `stopped` alerted of."""
    return [alert.event_ids[0] for alert in alerts if alert.rule == "stopped"]


def survives(*records: str | bytes) -> list[str]:
    """Judge the records between two good ones, which must be told; why records were set aside."""
    judged = judge(ENGINE, NEIGHBOUR, *records, NEIGHBOUR.replace("neighbour", "neighbour-2"))
    events = alerted(judged.alerts)
    assert events[0] == "neighbour"
    assert events[-1] == "neighbour-2"
    assert all(judged.reasons)
    return judged.reasons


def test_a_record_torn_anywhere_is_set_aside_and_its_neighbours_are_judged() -> None:
    text = json.dumps(EVENTS[3])
    reasons = survives(*(text[:position] for position in range(1, len(text))))
    assert len(reasons) == len(text) - 1
    assert all(reason.startswith("not JSON: ") for reason in reasons)


def test_a_record_torn_anywhere_inside_its_wrapping_is_set_aside() -> None:
    text = json.dumps(EVENTS[3])
    reasons = survives(*(json.dumps({"__time__": 1, "event": text[:p]}) for p in range(1, len(text))))
    assert len(reasons) == len(text) - 1
    assert all(reason.startswith("the event inside is not JSON: ") for reason in reasons)


ODD: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    10**30,
    "",
    "x",
    "{",
    "[1",
    "\x00",
    "\u202e",
    "null",
    [],
    [None],
    [[]],
    [1, "x"],
    {},
    {"a": None},
    {"": ""},
    [{"type": "root-account"}],
    {"type": {"type": 1}},
    "x" * 10_000,
    {"eventName": "StopLogging"},
)


@pytest.mark.parametrize(
    "field", [*EVENTS[3], "insightDetails", "requestParameterJson", "eventAttributes", "event", "data"]
)
def test_a_field_of_any_type_is_judged_or_set_aside(field: str) -> None:
    for event in (EVENTS[3], STOP):
        records = [json.dumps({**event, "eventId": f"odd-{n}", field: odd}) for n, odd in enumerate(ODD)]
        reasons = survives(*records)
        assert set(reasons) <= {"not an ActionTrail event: it has no eventName"}
        if field != "eventName":
            assert reasons == []


@pytest.mark.parametrize(
    "outer", ["userIdentity", "requestParameters", "referencedResources", "additionalEventData"]
)
def test_a_field_of_any_type_inside_an_object_is_judged(outer: str) -> None:
    for inner in (
        "type",
        "accountId",
        "userName",
        "Permissions",
        "SourceCidrIp",
        "PolicyDocument",
        "ACS::X::Y",
        "Name",
    ):
        records = [
            json.dumps({**EVENTS[4], "eventId": f"o-{n}", outer: {inner: odd}}) for n, odd in enumerate(ODD)
        ]
        assert survives(*records) == []


def test_an_odd_field_hides_no_event_from_a_rule_that_does_not_ask_for_it() -> None:
    for field in (
        "userIdentity",
        "sourceIpAddress",
        "eventTime",
        "requestParameters",
        "responseElements",
        "errorCode",
    ):
        for odd in ODD:
            assert alerted(judge([STOPPED], json.dumps({**STOP, field: odd})).alerts) == ["stop-1"]


HOSTILE: dict[str, tuple[str | bytes, str]] = {
    # a record, and how the reason starts; empty if it is judged
    "empty": ("", "not JSON: "),
    "white space": (" \n\t ", "not JSON: "),
    "binary": (bytes(range(256)), "not JSON: "),
    "compressed": (b"\x1f\x8b\x08\x00\x00\x00\x00\x00", "not JSON: "),
    "UTF-16": (json.dumps(STOP).encode("utf-16"), "not JSON: "),
    "nested 100,000 deep": (
        '{"eventName": "StopLogging", "x": ' + "[" * 100_000 + "]" * 100_000 + "}",
        "not JSON: nested too deeply",
    ),
    "nothing but brackets": ("[" * 1_000_000, "not JSON: "),
    "a number of 5,000 digits": ('{"eventName": "StopLogging", "x": ' + "9" * 5000 + "}", ""),
    "HTML": ("<html><body>502 Bad Gateway</body></html>", "not JSON: "),
    "a number": ("42", "expected a JSON object, found int"),
    "null": ("null", "expected a JSON object, found NoneType"),
    "a text": ('"hello"', "the event inside is not JSON: "),
    "an empty object": ("{}", "not an ActionTrail event: it has no eventName"),
    "another log": ('{"level": "info", "msg": "started"}', "not an ActionTrail event"),
    "nested 500 deep": ('{"eventName": "StopLogging", "x": ' + "[" * 500 + "]" * 500 + "}", ""),
    "a record of 5 MB": (json.dumps({**STOP, "requestParameters": {"Name": "x" * 5_000_000}}), ""),
    "5 MB of a field that nobody reads": (json.dumps({**STOP, "x": ["y" * 100] * 50_000}), ""),
    "invalid UTF-8": (b'{"eventName": "StopLogging", "x": "\xff\xfe"}', ""),
    "half a surrogate": ('{"eventName": "StopLogging", "userAgent": "\\ud800"}', ""),
    "half a surrogate in a text in a text": (
        json.dumps({**STOP, "requestParameters": '{"Name": "\\udfff"}'}),
        "",
    ),
    "control characters": ('{"eventName": "StopLogging", "userAgent": "\x01\x1f\r\n"}', ""),
    "a NUL": (json.dumps({**STOP, "userAgent": "\x00", "requestParameters": {"Name": "\x00"}}), ""),
    "NaN": ('{"eventName": "StopLogging", "eventTime": NaN, "x": [Infinity, -Infinity]}', ""),
    "1e999": ('{"eventName": "StopLogging", "eventTime": 1e999}', ""),
    "a time before all time": (json.dumps({**STOP, "eventTime": "0001-01-01T00:00:00+08:00"}), ""),
    "a million keys": (
        json.dumps({**STOP, "requestParameters": dict.fromkeys(map(str, range(1_000_000)), 1)}),
        "",
    ),
    "a key of a megabyte": (
        json.dumps({**STOP, "requestParameters": {"k" * 1_000_000: ["0.0.0.0/0"] * 50_000}}),
        "",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_record_is_judged_or_set_aside_with_its_reason_in_bounded_time(name: str) -> None:
    raw, reason = HOSTILE[name]
    started = time.process_time()
    reasons = survives(raw)
    assert time.process_time() - started < 8
    assert [text[: len(reason)] for text in reasons] == ([reason] if reason else [])


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 1000), st.integers(0, 30))
def test_garbage_in_a_record_never_raises(garbage: bytes, at: int, length: int) -> None:
    text = json.dumps(EVENTS[at % len(EVENTS)]).encode()
    at %= len(text)
    survives(text[:at] + garbage + text[at + length :])


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["0.0.0.0/0", "*", "{", "22/22"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(
    [*EVENTS[3], "requestParameterJson", "insightDetails", "event", "data", "Events", "userIdentity.type"]
)


@settings(max_examples=120, deadline=None)
@given(st.dictionaries(keys, values, max_size=6), st.integers(0, 100))
def test_no_record_of_odd_values_ever_raises(odd: dict[str, Any], number: int) -> None:
    survives(json.dumps({**EVENTS[number % len(EVENTS)], **odd}))
    survives(json.dumps(odd))


def test_what_is_set_aside_is_kept_whole() -> None:
    raw = b'{"eventName": "Stop\xff' + "中".encode()
    judged = judge(RULES, raw, json.dumps([5, {"x": "中"}]))
    assert [kept for _, _, kept in judged.quarantine] == ['{"eventName": "Stop\\xff中', "5", '{"x": "中"}']
    assert [origin for origin, _, _ in judged.quarantine] == ["record:0", "record:1", "record:1"]


def test_what_is_set_aside_is_told_once_for_the_batch() -> None:
    judged = judge(RULES, "garbage", "more garbage", NEIGHBOUR)
    (alert,) = [alert for alert in judged.alerts if alert.rule == "unreadable-records"]
    assert alert.summary.startswith("2 record(s), and perhaps more since, were not judged: not JSON: ")
    assert (alert.level, alert.item, alert.time) == ("medium", "trailguard", RECEIVED)
    assert judged.tally.quarantined == 2


def test_an_event_that_comes_twice_is_told_once() -> None:
    judged = judge(RULES, NEIGHBOUR, NEIGHBOUR, NEIGHBOUR)
    assert alerted(judged.alerts) == ["neighbour"]
    assert (judged.tally.events, judged.tally.duplicates) == (1, 2)


def test_two_events_of_one_request_are_two_events() -> None:
    both = rule("both", {"s": {"eventName": ["A", "B"]}, "condition": "s"})
    records = [json.dumps({"eventName": name, "requestId": "r-1"}) for name in "AB"]
    assert judge([both], *records).rules == ["both"]  # one id: the same matter, told once
    assert judge([replace(both, dedupe=("eventName",))], *records).rules == ["both", "both"]


@dataclass(frozen=True)
class Raising:
    """A node that raises where it is asked to match, or to give its reasons."""

    error: Exception
    in_reasons: bool = False

    def matches(self, fields: Fields) -> bool:
        if not self.in_reasons:
            raise self.error
        return True

    def guard(self, indexed: tuple[str, ...]) -> Guard | None:
        return None

    def reasons(self, fields: Fields) -> Iterator[Reason]:
        raise self.error
        yield


def raising(error: Exception, in_reasons: bool = False) -> Rule:
    return replace(STOPPED, name="raising", id="raising", node=Raising(error, in_reasons))


@pytest.mark.parametrize(
    "error", [ValueError("no {sense}"), RecursionError(), KeyError("x"), ZeroDivisionError()]
)
def test_a_rule_that_raises_is_an_alert_of_its_own_and_silences_no_other(error: Exception) -> None:
    judged = judge([raising(error), STOPPED], json.dumps(STOP))
    assert sorted(judged.rules) == ["rule-failure", "stopped"]
    failure = judged.alerts[1]
    assert failure.event_ids == ("stop-1",)
    assert failure.level == "high"
    assert failure.summary.startswith(f"The rule raising raised {type(error).__name__}: ")
    assert judged.tally.failures == 1
    assert judged.quarantine == ()


def test_a_rule_that_can_not_tell_its_reasons_is_an_alert_of_its_own_too() -> None:
    judged = judge([raising(ValueError("lost for words"), in_reasons=True), STOPPED], json.dumps(STOP))
    assert sorted(judged.rules) == ["rule-failure", "stopped"]


def test_a_rule_that_keeps_raising_is_told_once_an_hour() -> None:
    def event(number: int) -> str:
        return json.dumps(
            {
                "eventName": "X",
                "eventId": str(number),
                "eventTime": f"2026-01-01T{number // 60:02}:{number % 60:02}:00Z",
            }
        )

    judged = judge([raising(ValueError("x"))], *map(event, range(180)))
    assert len(judged.alerts) == 3
    assert judged.tally.failures == 180


def batch_ids(batches: Sequence[Sequence[str]]) -> list[str]:
    outbox = SqliteOutbox(":memory:")
    for batch in batches:
        judging = detector([*RULES, raising(ValueError("x"))])
        for record in batch:
            judging.feed(record, "x", RECEIVED)
        judging.flush(outbox)
    return sorted(alert.id for _, alert in outbox.alerts())


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_same_records_in_any_split_order_and_number_give_the_same_alerts(chance: random.Random) -> None:
    records = [json.dumps(event) for event in [*EVENTS, STOP]]
    whole = batch_ids([records])
    shuffled = [*records, *chance.choices(records, k=5)]
    chance.shuffle(shuffled)
    cut = sorted(chance.choices(range(len(shuffled) + 1), k=3))
    bounds = zip([0, *cut], [*cut, len(shuffled)], strict=True)
    assert batch_ids([shuffled[start:end] for start, end in bounds]) == whole
    assert len(whole) > 8


def test_the_same_file_read_twice_gives_the_same_alerts() -> None:
    data = "\n".join(json.dumps(event) for event in EVENTS).encode()
    assert [a.id for a in judge_file(RULES, data).alerts] == [a.id for a in judge_file(RULES, data).alerts]


class FailingOutbox:
    """An outbox that refuses the first writes."""

    def __init__(self, outbox: SqliteOutbox, refusals: int) -> None:
        self._outbox, self.refusals = outbox, refusals

    def write(self, alerts: Sequence[Alert], quarantined: Sequence[Quarantined]) -> None:
        if self.refusals:
            self.refusals -= 1
            raise ConnectionError("no outbox")
        self._outbox.write(alerts, quarantined)

    def defer(self, events: Sequence[Event]) -> None:
        raise AssertionError("nothing to defer")


def test_a_batch_that_can_not_be_put_away_is_kept_and_the_error_goes_up() -> None:
    outbox = SqliteOutbox(":memory:")
    failing = FailingOutbox(outbox, refusals=2)
    judging = detector(RULES)
    for record in (NEIGHBOUR, "garbage"):
        judging.feed(record, "x", RECEIVED)
    for _ in range(2):
        with pytest.raises(ConnectionError):
            judging.flush(failing)
        assert list(outbox.alerts()) == []
    judging.flush(failing)
    assert "stopped" in [alert.rule for _, alert in outbox.alerts()]
    assert len(outbox.quarantine()) == 1


def test_a_batch_that_was_put_away_is_not_put_away_again() -> None:
    outbox = SqliteOutbox(":memory:")
    judging = detector(RULES)
    judging.feed(NEIGHBOUR, "x", RECEIVED)
    judging.flush(outbox)
    first = list(outbox.alerts())
    judging.flush(outbox)
    assert list(outbox.alerts()) == first


def test_a_file_that_can_not_be_written_fails_loudly(tmp_path: Path) -> None:
    outbox = SqliteOutbox(tmp_path / "outbox.db")
    judging = detector(RULES)
    judging.feed(NEIGHBOUR, "x", RECEIVED)
    outbox.close()
    with pytest.raises(sqlite3.Error):
        judging.flush(outbox)


def test_a_shadow_rule_is_counted_apart() -> None:
    judging = detector([replace(STOPPED, mode="shadow")])
    judging.feed(NEIGHBOUR, "x", RECEIVED)
    judged = outcome(judging)
    assert (judged.tally.shadow, judged.tally.alerts) == (1, 0)
    assert [alert.mode for alert in judged.alerts] == ["shadow"]
