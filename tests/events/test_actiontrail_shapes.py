"""One event, in every wrapping that ActionTrail events arrive in, is judged the same."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from shared.alerting.alert import Alert
from shared.config import load_alerts
from shared.events.actiontrail_shapes import Unwrapped, unwrap
from shared.events.decode import Unreadable
from tests.judging import FIXTURES, RECEIVED, Judged, detector, judge_file, outcome, rule

Fields = Mapping[str, Any]

EVENTS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text()) for path in sorted((FIXTURES / "actiontrail").glob("*.json"))
}

EXPECTED = {
    "admin-policy": ["admin"],
    "call-refused": ["refused"],
    "key-deletion-scheduled": ["key-gone"],
    "nothing-special": [],
    "port-opened-array": ["port-3306"],
    "port-opened-flat": ["port-22"],
    "root-sign-in": ["root-sign-in", "no-mfa"],
    "service-deletes-disk": ["system"],
    "sign-in-refused": ["no-mfa", "refused"],
    "trail-stopped": ["stopped"],
}


def _port(number: int) -> dict[str, Any]:
    return {"open": {"eventName": "AuthorizeSecurityGroup", "facts.openedPorts": number}, "condition": "open"}


OWN_RULES = [
    rule("admin", {"s": {"eventName": "CreatePolicy", "facts.adminPolicy": True}, "condition": "s"}),
    rule(
        "key-gone",
        {
            "s": {
                "eventName": "ScheduleKeyDeletion",
                "requestParameters.PendingWindowInDays|lt": 8,
                "userIdentity.userName|contains": "小王",
            },
            "f": {"errorCode|re": "."},
            "condition": "s and not f",
        },
    ),
    rule("port-22", _port(22)),
    rule("port-3306", _port(3306)),
    rule(
        "root-sign-in",
        {"s": {"eventName": "consolesignin", "userIdentity.type": "root-account"}, "condition": "s"},
    ),
    rule(
        "no-mfa",
        {
            "s": [
                {"additionalEventData.mfaChecked": False, "eventName": "ConsoleSignin"},
                {"additionalEventData.isMFAChecked": False, "eventName": "ConsoleSignin"},
            ],
            "condition": "s",
        },
    ),
    rule("refused", {"s": {"errorCode|re": "."}, "condition": "s"}),
    rule("stopped", {"s": {"eventName": "StopLogging", "requestParameters.Name": "audit"}, "condition": "s"}),
    rule("system", {"s": {"userIdentity.type": "system", "userIdentity.accountId": None}, "condition": "s"}),
]
RULES = [*OWN_RULES, *load_alerts().rules]

NEIGHBOUR = {"eventName": "DescribeTrails", "eventId": "neighbour", "serviceName": "Actiontrail"}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _pretty(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=4).encode()


def _record(fields: Fields, /, **more: Any) -> dict[str, Any]:
    """A record of a trail's logstore, as an export shows it."""
    told = {"__topic__": "actiontrail_audit_event", "__source__": "actiontrail_internal"}
    return {"__time__": 1772366400, **told, "event": json.dumps(fields), **more}


def _pairs(event: Fields) -> dict[str, Any]:
    """A record as the protocol has it."""
    return {"time": 1772366400, "contents": [{"key": "event", "value": json.dumps(event)}]}


def _cloud_event(event: Fields, **more: Any) -> dict[str, Any]:
    return {
        "id": "45ef4dewdwe1-7c35-447a-bd93-fab",
        "source": "acs.actiontrail",
        "specversion": "1.0",
        "subject": "acs.actiontrail:cn-hangzhou:1234567890123456:",
        "time": "2026-02-11T16:15:31+08:00",
        "type": "actiontrail:ActionTrail:ApiCall",
        "aliyunaccountid": "1234567890123456",
        "data": event,
        **more,
    }


def _flat(event: Fields, prefix: str = "") -> dict[str, Any]:
    """Objects as dotted keys, as the columns of a query result are named."""
    flat: dict[str, Any] = {}
    for name, value in event.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat


def _parameters_as_text_only(event: Fields) -> dict[str, Any]:
    kept = {name: value for name, value in event.items() if name != "requestParameters"}
    return {**kept, "requestParameterJson": json.dumps(event.get("requestParameters", {}))}


def _all_objects_as_text(event: Fields) -> dict[str, Any]:
    return {k: json.dumps(v) if isinstance(v, dict) else v for k, v in event.items()}


def _crlf(data: bytes) -> bytes:
    return data.replace(b"\n", b"\r\n")


def _lines(*values: Any) -> bytes:
    return b"".join(_json(value) + b"\n" for value in values)


SHAPES: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "plain": _json,
    "pretty-printed": _pretty,
    "pretty-printed on Windows": lambda e: _crlf(_pretty(e)),
    "several pretty ones in a row": lambda e: _pretty(NEIGHBOUR) + b"\n\n" + _pretty(e) + b"\n",
    "array": lambda e: _json([NEIGHBOUR, e]),
    "pretty array": lambda e: _pretty([e, NEIGHBOUR]),
    "lines": lambda e: _lines(NEIGHBOUR, e),
    "lines on Windows": lambda e: _crlf(_lines(e, NEIGHBOUR)),
    "byte order mark": lambda e: b"\xef\xbb\xbf" + _lines(e, NEIGHBOUR),
    "logstore record": lambda e: _json(_record(e)),
    "central logstore record": lambda e: _json(_record(e, __topic__="actiontrail_event", owner_id="1")),
    "record with event as object": lambda e: _json(_record(e, event=e)),
    "record encoded twice": lambda e: _json(_record(e, event=json.dumps(json.dumps(e)))),
    "record with contents apart": lambda e: _json(
        {"timestamp": 1772366400, "source": "actiontrail_internal", "contents": {"event": json.dumps(e)}}
    ),
    "lines of records": lambda e: _lines(_record(NEIGHBOUR), _record(e)),
    "CloudEvent": lambda e: _json(_cloud_event(e)),
    "CloudEvents": lambda e: _json([_cloud_event(NEIGHBOUR), _cloud_event(e)]),
    "CloudEvent with data as text": lambda e: _json(_cloud_event(e, data=json.dumps(e))),
    "LookupEvents page": lambda e: _pretty({"RequestId": "x", "NextToken": "y", "Events": [e, NEIGHBOUR]}),
    "GetLogs result": lambda e: _json({"meta": {"count": 1, "progress": "Complete"}, "data": [_record(e)]}),
    "query result of the SDK": lambda e: _json({"count": 1, "progress": "Complete", "logs": [_record(e)]}),
    "pulled log groups": lambda e: _json({"logGroups": [{"logs": [_pairs(e)]}]}),
    "pairs in capitals": lambda e: _json({"Contents": [{"Key": "event", "Value": json.dumps(e)}]}),
    "delivered object": lambda e: gzip.compress(_json(e)),
    "delivered array": lambda e: gzip.compress(_json([e, NEIGHBOUR])),
    "delivered lines": lambda e: gzip.compress(_lines(NEIGHBOUR, e)),
    "delivered in two members": lambda e: gzip.compress(_lines(NEIGHBOUR)) + gzip.compress(_lines(e)),
    "flat": lambda e: _json(_flat(e)),
    "flat under event": lambda e: _json(_flat(e, "event.")),
    "flat query result": lambda e: _json({"meta": {}, "data": [_flat(e, "event.")]}),
    "parameters only as text": lambda e: _json(_parameters_as_text_only(e)),
    "objects as text": lambda e: _json(_all_objects_as_text(e)),
    "version as a number": lambda e: _json({**e, "eventVersion": 1}),
    "keys and values in escapes": lambda e: json.dumps(e).replace("eventName", "event\\u004eame").encode(),
}


def _telling(alert: Alert) -> dict[str, Any]:
    return {name: value for name, value in alert.to_dict().items() if name != "origin"}


def _verdict(judged: Judged) -> list[dict[str, Any]]:
    assert judged.quarantine == ()
    return [_telling(alert) for alert in judged.alerts]


@pytest.mark.parametrize("name", EVENTS)
def test_each_event_concerns_the_rules_it_should(name: str) -> None:
    assert judge_file(OWN_RULES, _json(EVENTS[name])).rules == EXPECTED[name]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", EVENTS)
def test_a_shape_changes_no_verdict(name: str, shape: str) -> None:
    event = EVENTS[name]
    assert _verdict(judge_file(RULES, SHAPES[shape](event))) == _verdict(judge_file(RULES, _json(event)))


@pytest.mark.parametrize("name", EVENTS)
def test_contents_of_a_pulled_record_are_judged_as_their_event(name: str) -> None:
    event = EVENTS[name]
    expected = _verdict(judge_file(RULES, _json(event)))
    for contents in (_record(event), _flat(event, "event."), _flat(event)):
        judging = detector(RULES)
        judging.feed_record(contents, "logstore/0@x", RECEIVED)
        assert _verdict(outcome(judging)) == expected


def test_an_event_that_comes_in_two_shapes_at_once_is_told_once() -> None:
    event = EVENTS["trail-stopped"]
    judged = judge_file(OWN_RULES, _lines(event, _record(event), _cloud_event(event), {"Events": [event]}))
    assert judged.rules == ["stopped"]
    assert judged.tally.duplicates == 3


def test_a_wrapping_tells_when_its_event_was_received() -> None:
    (found,) = unwrap({"__time__": "1772366400", "event": {"eventName": "X"}}, RECEIVED)
    assert isinstance(found, Unwrapped)
    assert found.received.isoformat() == "2026-03-01T12:00:00+00:00"


@pytest.mark.parametrize("time", ["²", "9" * 5000, "soon", None, [], {}, True, -1, 1e999])
def test_a_wrapping_whose_time_makes_no_sense_still_holds_its_event(time: Any) -> None:
    (found,) = unwrap({"__time__": time, "event": {"eventName": "X"}}, RECEIVED)
    assert found == Unwrapped({"eventName": "X"}, RECEIVED)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (5, "expected a JSON object, found int"),
        (None, "expected a JSON object, found NoneType"),
        ({"event": ""}, "the event inside is not JSON"),
        ({"event": "{"}, "the event inside is not JSON"),
        ({"contents": {"event": "5"}}, "expected a JSON object, found int"),
        ("hello", "the event inside is not JSON"),
        ([[[[[[[[[[{"eventName": "X"}]]]]]]]]]], "wrapped too deeply"),
    ],
)
def test_what_holds_no_event_says_so(value: Any, reason: str) -> None:
    (found,) = unwrap(value, RECEIVED)
    assert isinstance(found, Unreadable)
    assert found.reason.startswith(reason)


def test_what_can_not_be_read_leaves_its_neighbours_alone() -> None:
    found = list(unwrap({"Events": [{"eventName": "A"}, 7, {"event": "?"}, {"eventName": "B"}]}, RECEIVED))
    assert [type(f) for f in found] == [Unwrapped, Unreadable, Unreadable, Unwrapped]
