"""The same alerts, whatever happens on the way: split, repeated, late, crashed, raced. On both stores."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from shared.detection.kinds.kind import LATENESS
from shared.detection.rule import Rule
from shared.events.event import Event
from shared.events.sources import SOURCES
from shared.state.in_memory import InMemoryStore
from shared.state.sqlite import SqliteStore
from shared.state.store import StateStore
from shared.state.tablestore import connect
from shared.state.tablestore_client import create_table, open_client
from tests.cloud.tablestore import INSTANCE, TablestoreServer
from tests.detection.deliveries import START, Delivery, Plan
from tests.judging import rule

STEPS = ("Fail", "Enter", "Steal")
ANY = {"fail": {"eventName": "Fail"}, "enter": {"eventName": "Enter"}, "steal": {"eventName": "Steal"}}
BY = ["userIdentity.userName"]
HOUR, DAY = 3600, 86_400


@dataclass(frozen=True)
class Kind:
    """A stateful block, the seconds at which its events happen, and how late they may come."""

    state: dict[str, Any]
    seconds: st.SearchStrategy[int]
    lateness: int = LATENESS


def bursts(*hours: int) -> st.SearchStrategy[int]:
    """Minutes around the turns of some hours, where windows straddle."""
    return st.builds(
        lambda hour, minute: hour * HOUR + minute * 60, st.sampled_from(hours), st.integers(-9, 15)
    )


def days(*numbers: int) -> st.SearchStrategy[int]:
    """Minutes of the first hour of some days."""
    return st.builds(
        lambda day, minute: day * DAY + minute * 60, st.sampled_from(numbers), st.integers(0, 59)
    )


NIGHT = bursts(1, 2, 9)
TEN = {"by": BY, "within": "10m"}
KINDS = {
    "event_count": Kind({"event_count": {**TEN, "gte": 3}}, NIGHT),
    "event_count then": Kind({"event_count": {**TEN, "gte": 3, "then": "enter"}}, NIGHT),
    "value_count": Kind({"value_count": {**TEN, "field": "sourceIpAddress", "gte": 3}}, NIGHT),
    "value_count rising": Kind(
        {"value_count": {**TEN, "field": "requestParameters.Size", "gte": 3, "rising": True}}, NIGHT
    ),
    "temporal": Kind({"temporal": {**TEN, "within": "20m", "steps": ["fail", "enter", "steal"]}}, NIGHT),
    "temporal_ordered": Kind(
        {"temporal_ordered": {**TEN, "within": "30m", "steps": ["fail", "enter", "steal"]}}, NIGHT
    ),
    "long window": Kind({"event_count": {"by": BY, "within": "4h", "gte": 4}}, bursts(1, 4, 7, 30)),
    # steps come one after another: what comes late has been usual too late
    "surge": Kind(
        {"surge": {"by": BY, "within": "10m", "against": "20m", "factor": 1.5, "gte": 2}}, NIGHT, lateness=0
    ),
    # not in the hours where the order decides, as the kinds' own pages say: the end of learning, the edge of
    # an absence; and snapshots come one after another
    "first_seen": Kind(
        {"first_seen": {"by": [*BY, "sourceIpAddress"], "learn": "10d"}}, days(0, 1, 5, 12, 13, 30, 31)
    ),
    "all_new": Kind(
        {"all_new": {"by": BY, "fields": ["sourceIpAddress", "acsRegion"], "learn": "10d"}},
        days(0, 1, 5, 17, 18, 30, 31),
    ),
    "dormant": Kind({"dormant": {"by": BY, "after": "30d"}}, days(0, 1, 2, 40, 41, 50, 100, 101)),
    "changed": Kind({"changed": {"by": BY, "field": "requestParameters.Rows"}}, days(0, 1, 2, 3), lateness=0),
    "absent": Kind({"absent": {"by": BY, "every": "10m"}}, NIGHT),
}


@st.composite
def streams(draw: st.DrawFn, kind: Kind) -> list[tuple[int, Event]]:
    """Events of two users and one more that begins it all, each with the second at which it comes."""
    seconds = sorted(draw(st.lists(kind.seconds, min_size=8, max_size=25, unique=kind.lateness == 0)))
    events = [(0, made(0, 0, "first", "Fail", "a", []))]
    for number, second in enumerate(seconds, 1):
        late = draw(st.sampled_from((0, 0, kind.lateness // 40, kind.lateness // 2, kind.lateness)))
        what = draw(st.tuples(st.sampled_from("uuuuv"), st.sampled_from(STEPS), st.sampled_from("aaabc")))
        rows = draw(st.lists(st.sampled_from("xyz"), unique=True)) if kind.lateness == 0 else []
        events.append((second + late, made(number, second, *what, rows)))
    return events


def made(number: int, second: int, user: str, name: str, address: str, rows: list[str]) -> Event:
    time = START + timedelta(seconds=second)
    fields = {
        "eventId": f"event-{number}",
        "eventName": name,
        "eventTime": f"{time:%Y-%m-%dT%H:%M:%SZ}",
        "sourceIpAddress": address,
        "acsRegion": f"region of {address}",
        "userIdentity": {"userName": user, "type": "ram-user", "accountId": "1234567890123456"},
        "requestParameters": {"Rows": rows, "Size": ord(address)},
    }
    return SOURCES["actiontrail"].read(fields, "here", time)


@st.composite
def plans(draw: st.DrawFn, stream: list[tuple[int, Event]], ordered: bool) -> Plan:
    """The stream as it arrives, in batches, some of them twice; with crashes, and workers that race."""
    arriving = [event for _, event in sorted(stream, key=lambda pair: pair[0])]
    cuts = sorted(draw(st.sets(st.integers(1, len(arriving) - 1))))
    batches = [arriving[a:b] for a, b in zip([0, *cuts], [*cuts, len(arriving)], strict=True)]
    for again in draw(st.lists(st.integers(0, len(batches) - 1), max_size=4)):
        place = draw(st.integers(again + 1, len(batches)))
        batches.insert(place, list(reversed(batches[again])))
    effects = st.dictionaries(st.integers(0, 40), st.sampled_from(["before", "after"]), max_size=8)
    races = frozenset[int]() if ordered else draw(st.frozensets(st.integers(1, 20), max_size=6))
    return Plan(batches, draw(effects), races)


def fresh(kind: str) -> Rule:
    """The kind's rule, with an id that no store knows yet."""
    made = rule(kind.replace(" ", "-"), {**ANY, "condition": "1 of them"}, state=KINDS[kind].state)
    return replace(made, id=str(uuid.uuid4()))


def check(kind: str, store: StateStore, data: st.DataObject) -> None:
    """A plan with all that can happen gives the alerts of one clean pass, and of one event at a time."""
    stream = data.draw(streams(KINDS[kind]))
    plan = data.draw(plans(stream, ordered=kind in ("changed", "surge")))
    judged, in_order = fresh(kind), [e for _, e in sorted(stream, key=lambda pair: pair[1].time)]
    until = START + timedelta(days=200)
    clean = Delivery(judged, InMemoryStore(), Plan([in_order])).run(until)
    singly = Delivery(judged, InMemoryStore(), Plan([[each] for each in in_order])).run(until)
    event("alerts" if clean else "no alert")
    assert singly == clean
    assert Delivery(judged, store, plan).run(until) == clean


def now() -> datetime:
    """The stores' clock: after all that happens here, before anything is forgotten."""
    return datetime(2026, 3, 1, tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def sqlite() -> Iterator[StateStore]:
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "state.db", now=now)
        yield store
        store.close()


@pytest.fixture(scope="module")
def tablestore() -> Iterator[StateStore]:
    with TablestoreServer() as server:
        keys = server.credentials[0]
        create_table(open_client(server.endpoint, INSTANCE, lambda: keys), "state")
        yield connect(server.endpoint, INSTANCE, "state", lambda: keys, now)


@pytest.mark.parametrize(
    "kind", ["event_count", "event_count then", "value_count", "temporal_ordered", "absent"]
)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_outages_of_the_store_change_no_alert(kind: str, data: st.DataObject) -> None:
    few_hours = replace(KINDS[kind], seconds=bursts(1, 2, 3), lateness=600)
    stream = data.draw(streams(few_hours))
    plan = data.draw(plans(stream, ordered=False))
    calls = st.dictionaries(st.integers(0, 30), st.sampled_from(["before", "after"]), max_size=12)
    judged, until = fresh(kind), START + timedelta(days=1)
    clean = Delivery(judged, InMemoryStore(), Plan([[e for _, e in stream]])).run(until)
    assert Delivery(judged, InMemoryStore(), replace(plan, outages=data.draw(calls))).run(until) == clean


COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15, **COMMON)
@given(data=st.data())
def test_the_same_alerts_in_sqlite(kind: str, sqlite: StateStore, data: st.DataObject) -> None:
    check(kind, sqlite, data)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=6, **COMMON)
@given(data=st.data())
def test_the_same_alerts_in_tablestore(kind: str, tablestore: StateStore, data: st.DataObject) -> None:
    check(kind, tablestore, data)
