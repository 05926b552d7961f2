"""osquery's results: events, batches and snapshots, as the daemon writes them and as Log Service does."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from shared.events.decode import Unreadable
from shared.events.event import Event
from shared.events.host_lines import HostLines
from shared.events.osquery import OSQUERY
from shared.events.osquery_tables import COLUMNS, TABLES

PORT = {"address": "0.0.0.0", "port": "1337", "protocol": "6", "pid": "14356", "path": ""}

ADDED: dict[str, Any] = {
    "name": "pack_trailguard_listening_ports",
    "hostIdentifier": "web-01",
    "calendarTime": "Mon Nov 23 11:32:24 2026 UTC",
    "unixTime": 1795433544,
    "epoch": 0,
    "counter": 5,
    "numerics": False,
    "columns": PORT,
    "action": "added",
}


def told(record: dict[str, Any], received: datetime, origin: str = "results.log:1") -> list[Event]:
    events = [one for one in HostLines().read(json.dumps(record), origin, received) if isinstance(one, Event)]
    assert all(event.source == "osquery" for event in events)
    return events


def test_a_row_is_an_event(received: datetime) -> None:
    (event,) = told(ADDED, received)
    assert dict(event.fields) == {
        "name": "pack_trailguard_listening_ports",
        "pack": "trailguard",
        "query": "listening_ports",
        "action": "added",
        "host": "web-01",
        "epoch": 0,
        "counter": 5,
        "baseline": False,
        "columns": PORT,
        "socket": "tcp 0.0.0.0:1337 ?",
        "decorations": {},
    }
    assert event.time.isoformat() == "2026-11-23T11:32:24+00:00"


def test_numbers_may_come_as_strings_or_not(received: datetime) -> None:
    strings = {**ADDED, "unixTime": "1795433544", "epoch": "0", "counter": "5"}
    numbers = {**ADDED, "numerics": True, "columns": {**PORT, "port": 1337, "protocol": 6, "pid": 14356}}
    (event,), (of_strings,), (of_numbers,) = (told(one, received) for one in (ADDED, strings, numbers))
    assert event.fields == of_strings.fields == of_numbers.fields
    assert event.id == of_strings.id == of_numbers.id


def test_the_first_run_of_a_query_is_a_baseline(received: datetime) -> None:
    (event,) = told({**ADDED, "counter": 0}, received)
    assert event.fields["baseline"] is True


def test_the_host_has_two_names(received: datetime) -> None:
    record = {key: value for key, value in ADDED.items() if key != "hostIdentifier"}
    (event,) = told({**record, "hostname": "web-02"}, received)
    assert event.fields["host"] == "web-02"


def test_a_batch_is_an_event_for_each_row(received: datetime) -> None:
    batch = {key: value for key, value in ADDED.items() if key not in ("columns", "action")}
    batch["diffResults"] = {"added": [PORT, {**PORT, "port": "80"}], "removed": [PORT]}
    events = told(batch, received)
    assert [(event.fields["action"], event.fields["columns"]["port"]) for event in events] == [
        ("added", "1337"),
        ("added", "80"),
        ("removed", "1337"),
    ]
    assert len({event.id for event in events}) == 3


def test_a_snapshot_is_an_event_for_each_row_even_if_two_are_alike(received: datetime) -> None:
    snapshot = {key: value for key, value in ADDED.items() if key != "columns"}
    events = told({**snapshot, "action": "snapshot", "snapshot": [PORT, PORT]}, received)
    assert [event.fields["action"] for event in events] == ["snapshot", "snapshot"]
    assert len({event.id for event in events}) == 2
    assert told({**snapshot, "action": "snapshot", "snapshot": []}, received) == []


def test_what_log_service_has_taken_apart_is_read_the_same(received: datetime) -> None:
    record = {key: value if isinstance(value, str) else json.dumps(value) for key, value in ADDED.items()}
    raw = {"content": json.dumps(ADDED), "__tag__:__hostname__": "i-1"}
    (whole,), (apart,) = (HostLines().read_record(one, "p/l/0@c", received) for one in (raw, record))
    assert isinstance(whole, Event)
    assert isinstance(apart, Event)
    assert whole.fields == apart.fields
    assert whole.id == apart.id


def test_a_result_delivered_twice_has_one_id_wherever_it_was_read(received: datetime) -> None:
    (first,), (again,) = told(ADDED, received, "results.log:1"), told(ADDED, received, "results.log:99")
    (later,) = told({**ADDED, "counter": 6}, received)
    assert first.id == again.id != later.id


def test_a_row_that_is_none_is_unreadable_and_the_others_are_not(received: datetime) -> None:
    batch = {**ADDED, "diffResults": {"added": [7, PORT]}}
    del batch["columns"], batch["action"]
    wrong, right = HostLines().read(json.dumps(batch), "results.log:1", received)
    assert isinstance(wrong, Unreadable)
    assert "needs a name, an action and columns" in wrong.reason
    assert isinstance(right, Event)


@pytest.mark.parametrize("time", [0, "", None, "soon", 10**30])
def test_without_a_time_the_receipt_stands_in(received: datetime, time: Any) -> None:
    (event,) = told({**ADDED, "unixTime": time}, received)
    assert event.time == received


def test_every_column_of_our_pack_may_be_named_in_rules() -> None:
    for column in (column for columns in TABLES.values() for column in columns):
        OSQUERY.check_field(f"columns.{column}")
    assert len(COLUMNS) == len(set(COLUMNS))
    with pytest.raises(ValueError, match=r"did you mean 'columns\.local_port'"):
        OSQUERY.check_field("columns.locl_port")
