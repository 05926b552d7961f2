"""Passing over is exact: with the prefilter and without, the same alerts and the same quarantine.

The one difference that is allowed: a record whose fault stands in a field that nobody looks at (a number out
of bounds, half a surrogate pair) may be passed over, where reading it would have set it aside.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shared.config import load_alerts
from shared.detection.engine import Engine
from shared.detection.prefilter import Prefilter
from shared.detection.rule import Rule
from shared.events.sources import SOURCES
from tests.judging import FIXTURES, RECEIVED, detector, outcome, rule

EVENTS = [json.loads(path.read_text()) for path in sorted((FIXTURES / "actiontrail").glob("*.json"))]
INSIGHT = {"eventId": "i-1", "insightDetails": {"insightType": "IpInsight", "state": "Start"}}
INSIGHTS = [
    INSIGHT,
    {**INSIGHT, "eventName": "X"},
    {"eventName": "X", "insightDetails.insightType": "IpInsight"},
]

RULES = [
    rule("stopped", {"s": {"eventName": "StopLogging"}, "condition": "s"}),
    rule("root", {"s": {"userIdentity.type": "root-account"}, "condition": "s"}),
    rule("denied", {"s": {"errorCode": ["NoPermission", "Forbidden*"]}, "condition": "s"}),
    rule("insight", {"s": {"insightDetails.insightType|contains": "Ip"}, "condition": "s"}),
    rule("empty", {"s": {"eventName": "CreateUser", "errorCode": ""}, "condition": "s"}),
]
SHIPPED = [rule for rule in load_alerts().rules if rule.source == "actiontrail" and rule.kind is None]
OURS, THEIRS = Engine(RULES, SOURCES.values()), Engine(SHIPPED, SOURCES.values())
WRITTEN = rule("written", {"s": {"eventRW": "Write", "serviceName": "Kms"}, "condition": "s"})
WRITES = Engine([WRITTEN], SOURCES.values())
"""Apart from the others: of most events, that they write is all that concerns any rule."""


def verdict(engine: Engine, raw: str | bytes, always_decode: bool) -> tuple[list[str], list[str]]:
    """The ids of the alerts, and the raw texts set aside."""
    judging = detector(engine)
    if always_decode:
        judging._glances = False  # the switch between the two ways
    judging.feed(raw, "x", RECEIVED)
    judged = outcome(judging)
    return [a.id for a in judged.alerts if a.rule != "unreadable-records"], [q[2] for q in judged.quarantine]


def same(engine: Engine, raw: str | bytes) -> None:
    assert verdict(engine, raw, always_decode=False) == verdict(engine, raw, always_decode=True), raw


def flat(event: dict[str, Any]) -> dict[str, Any]:
    identity = event.get("userIdentity", {})
    rest = {k: v for k, v in event.items() if k != "userIdentity"}
    return {**rest, **{f"userIdentity.{k}": v for k, v in identity.items()}}


def in_escapes(text: str) -> str:
    """Some letters of keys and values as escapes."""
    return text.replace("N", "\\u004e").replace("t", "\\u0074")


def doubled(event: dict[str, Any]) -> str:
    """Keys given twice, the second time with another value."""
    text = json.dumps(event)
    return text[:-1] + ', "eventName": "StopLogging", "userIdentity": {"type": "root-account", "type": "x"}}'


def swapped_case(event: dict[str, Any]) -> str:
    return json.dumps({k: v.swapcase() if isinstance(v, str) else v for k, v in event.items()})


FORMS: list[Callable[[dict[str, Any]], str]] = [
    json.dumps,
    lambda e: json.dumps(e, indent=1),
    lambda e: json.dumps(e, ensure_ascii=False),
    lambda e: json.dumps(flat(e)),
    lambda e: json.dumps({"event": json.dumps(e)}),
    lambda e: json.dumps({"event": e}),
    lambda e: json.dumps([e]),
    lambda e: json.dumps({"data": e, "type": "kms:ActionTrail:ApiCall"}),
    lambda e: json.dumps({f"event.{k}": v for k, v in flat(e).items()}),
    lambda e: json.dumps(json.dumps(e)),
    lambda e: in_escapes(json.dumps(e)),
    lambda e: json.dumps({**e, "userIdentity": json.dumps(e.get("userIdentity"))}),
    doubled,
    swapped_case,
]


@pytest.mark.parametrize("form", range(len(FORMS)))
def test_no_form_of_an_event_makes_a_difference(form: int) -> None:
    for event in [*EVENTS, *INSIGHTS]:
        same(OURS, FORMS[form](event))
        same(THEIRS, FORMS[form](event).encode())
        same(WRITES, FORMS[form](event))


ODD = (
    None,
    5,
    -1.5,
    True,
    "",
    "x",
    [],
    {},
    ["StopLogging"],
    [["StopLogging"]],
    {"type": "root-account"},
    [None],
)


@pytest.mark.parametrize(
    "field",
    ["eventName", "errorCode", "eventRW", "eventRW", "userIdentity", "userIdentity.type", "insightDetails"],
)
def test_no_type_of_a_field_makes_a_difference(field: str) -> None:
    for event in EVENTS:
        for odd in ODD:
            same(OURS, json.dumps({**event, field: odd}))
            same(WRITES, json.dumps({**event, field: odd}))
            same(OURS, json.dumps({**event, "userIdentity": {"type": odd}}))


def mutated(raw: bytes, seed: int) -> bytes:
    """A few bytes flipped, left out, put in, doubled or moved."""
    chance, data = random.Random(seed), bytearray(raw)
    for _ in range(chance.randint(1, 4)):
        at, width = chance.randrange(len(data)), chance.randint(1, 12)
        kind = chance.randrange(6)
        if kind == 0:
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del data[at : at + width]
        elif kind == 2:
            data[at:at] = chance.choice(SPLICES)
        elif kind == 3:
            data[at:at] = data[at : at + width]
        elif kind == 4:
            data[at : at + 1] = b"\\u%04x" % data[at]
        else:
            data[at : at + width] = data[at : at + width].swapcase()
    return bytes(data) or b"x"


SPLICES = [
    b'"',
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\\",
    b"\x00",
    b"\n",
    b"\xff",
    b"\xe4\xb8\xad",
    b"null",
    b"1e5",
    b'"eventName":"StopLogging",',
    b'"errorCode":"NoPermission",',
    b'"userIdentity.type":"root-account",',
    b'"eventName":"",',
    b'"eventRW":"Write","serviceName":"Kms",',
    b'"eventRW":"Read",',
    b'"insightDetails":{"insightType":"IpInsight"},',
    b'"userIdentity":null,',
    b"tru",
    b"//",
]


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from([*EVENTS, *INSIGHTS]), st.integers(0, len(FORMS) - 1), st.integers(0, 2**32))
@example(EVENTS[0], 0, 0)
def test_no_mutation_makes_a_difference(event: dict[str, Any], form: int, seed: int) -> None:
    same(OURS, mutated(FORMS[form](event).encode(), seed))


@pytest.mark.parametrize(
    "raw",
    [
        '{"eventName": ""}',
        '{"eventName": "X", "errorCode": null}',
        '{"eventName": "X", "x": "\\ud800"}',
        '{"eventName": "X", "x": "\ud800"}',
        '{"eventName": "\ud800"}',
        b'{"eventName": "X", "x": "\xff"}',
        b'{"eventName": "X\xff"}',
        '{"eventName": "X", "x": "\x01"}',
        '{"eventName": "X", "x": NaN}',
        '{"eventName": "X", "x": ' + "[" * 900 + "]" * 900 + "}",
        '{"eventName": "X", "x": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"eventName": "X"} {"eventName": "StopLogging"}',
        '\ufeff{"eventName": "X"}',
        '{"eventName": "X", "eventName": "StopLogging"}',
        '{"eventName": "StopLogging", "eventName": "X"}',
        '{"eventName": "X", "event\\u004eame": "StopLogging"}',
        '{"eventName": "\\u0053topLogging"}',
        '{"eventName": "ſtopLogging"}',
        '{"eventName": "X", "userIdentity": {"type": "x"}, "userIdentity": {"type": "root-account"}}',
        '{"eventName": "X", "userIdentity": {"type": "root-account"}, "userIdentity": {}}',
        "null",
        "",
        "{}",
        '"text"',
        "[]",
    ],
)
def test_no_trick_makes_a_difference(raw: str | bytes) -> None:
    same(OURS, raw)


def test_a_number_beyond_all_bounds_in_a_field_that_nobody_reads_is_passed_over() -> None:
    raw = '{"eventName": "X", "x": 1e999}'
    assert verdict(OURS, raw, always_decode=False) == ([], [])
    assert verdict(OURS, raw, always_decode=True) == ([], [])
    long = '{"eventName": "X", "x": ' + "1" * 5000 + "}"
    assert verdict(OURS, long, always_decode=False) == ([], [])
    assert verdict(OURS, long, always_decode=True) == ([], [])


def prefilter(*rules: Rule) -> Prefilter:
    return Prefilter(Engine(rules, SOURCES.values()).indexes["actiontrail"])


def test_an_event_that_concerns_no_rule_is_passed_over() -> None:
    quiet = '{"eventName": "DescribeRegions", "userIdentity": {"type": "ram-user"}}'
    assert prefilter(*RULES).candidates(quiet) == ()
    assert prefilter().candidates(quiet) == ()


def test_nothing_is_passed_over_where_a_rule_must_see_everything() -> None:
    everything = rule("all", {"s": {"acsRegion": "x"}, "condition": "s"})
    assert prefilter(everything).candidates('{"eventName": "DescribeRegions"}') is None


def test_most_of_what_happens_is_passed_over_by_the_shipped_rules() -> None:
    ordinary = ("DescribeInstances", "ListUsers", "GetBucketAcl", "DescribeRegions")
    passing = prefilter(*SHIPPED)
    assert all(
        passing.candidates(json.dumps({"eventName": n, "userIdentity": {"type": "ram-user"}})) == ()
        for n in ordinary
    )
