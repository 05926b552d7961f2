"""The Alert on its way: as JSON and back, and an id that depends on nothing but what it is about."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from shared.alerting.alert import Alert, alert_id

ALERT = Alert(
    "a1",
    "r",
    "t",
    "high",
    "actiontrail",
    "11",
    datetime(2026, 3, 1, 8, tzinfo=timezone.utc),
    "s",
    ("e1", "e2"),
    tags=("attack.t1562.008",),
    mode="shadow",
    reasons=("eventName is StopLogging",),
)


def test_an_alert_goes_through_json_and_back() -> None:
    assert Alert.from_dict(json.loads(json.dumps(ALERT.to_dict()))) == ALERT
    assert ALERT.to_dict()["time"] == "2026-03-01T08:00:00Z"


def test_an_old_reader_takes_a_new_alert_and_a_new_reader_an_old_one() -> None:
    assert Alert.from_dict({**ALERT.to_dict(), "added": "later"}) == ALERT
    old = {k: v for k, v in ALERT.to_dict().items() if k not in ("mode", "tags", "reasons", "runbook")}
    assert Alert.from_dict(old).mode == "live"


@pytest.mark.parametrize("missing", ["id", "rule", "time", "summary"])
def test_an_alert_without_what_it_needs_is_none(missing: str) -> None:
    with pytest.raises((KeyError, TypeError)):
        Alert.from_dict({k: v for k, v in ALERT.to_dict().items() if k != missing})


def test_a_time_in_another_zone_is_the_same_time() -> None:
    other = {**ALERT.to_dict(), "time": "2026-03-01T16:00:00+08:00"}
    assert Alert.from_dict(other).time - ALERT.time == timedelta(0)


def test_an_id_depends_on_each_of_its_parts_and_on_where_one_ends() -> None:
    parts = [
        ("1", "r", ("g",), "e"),
        ("2", "r", ("g",), "e"),
        ("1", "s", ("g",), "e"),
        ("1", "r", ("h",), "e"),
        ("1", "r", ("g",), "f"),
        ("1", "r", (), "e"),
        ("1", "r", ("g", ""), "e"),
        ("1", "r", ("", "g"), "e"),
        ("1", "rg", (), "e"),
        ("1", "r", ("ge",), ""),
        ("1r", "", ("g",), "e"),
        ("1", "r", ("1:g",), "e"),
    ]
    assert len({alert_id(*part) for part in parts}) == len(parts)
    assert all(len(alert_id(*part)) == 32 for part in parts)
    assert alert_id(*parts[0]) == alert_id(*parts[0])


def test_an_id_takes_any_text() -> None:
    assert len(alert_id("\ud800", "中", ("\x00",), "e" * 1_000_000)) == 32
