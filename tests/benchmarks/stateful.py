"""Rules that remember: how fast, in how many round trips, in how much memory.

Batches of BATCH events, each by a detector of its own, as functions have them. Speed and memory are measured
on SQLite in a file; round trips are counted where the Tablestore SDK's requests arrive.
"""

from __future__ import annotations

import json
import tempfile
import time
import tracemalloc
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from shared.alerting.alert import Alert
from shared.detection.engine import Engine
from shared.detection.load import load_rule
from shared.events.event import Event, Quarantined
from shared.events.sources import SOURCES
from shared.pipeline import Detector
from shared.state.sqlite import SqliteStore
from shared.state.store import StateStore
from shared.state.tablestore import connect
from shared.state.tablestore_client import create_table, open_client
from tests.benchmarks.contestants import RECEIVED
from tests.benchmarks.report import Bar, rate, table
from tests.cloud.tablestore import INSTANCE, TablestoreServer
from tests.judging import rule_text

BATCH = 200
KEYS = (1, 1_000, 100_000)
STATES = {
    "event_count": {"by": ["userIdentity.userName"], "within": "10m", "gte": 20},
    "first_seen": {"by": ["userIdentity.userName"]},
}


def main(quick: bool = False) -> list[Bar]:
    """Measure and print; the bars."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [_speed(Path(folder), kind, keys, quick) for kind in STATES for keys in KEYS]
        peak = _peak(Path(folder))
    print(f"Rules that remember, batches of {BATCH} events, SQLite\n")
    print(table(("kind", "keys", "events/s", "ms a batch"), rows) + "\n")
    trips = {kind: round_trips(kind) for kind in STATES}
    bars = [
        *(
            Bar(f"{kind}: round trips for {BATCH} events of 50 keys", n, 4, at_least=False)
            for kind, n in trips.items()
        ),
        Bar("MB at most while 100 batches of one busy key are judged", peak / 1e6, 16, at_least=False),
    ]
    print(table(("bar", "", "measured", "asked"), (bar.row() for bar in bars)) + "\n")
    return bars


class Nowhere:
    """An outbox for alerts that nobody waits for."""

    def write(self, alerts: Sequence[Alert], quarantined: Sequence[Quarantined]) -> None:
        assert not quarantined

    def defer(self, events: Sequence[Event]) -> None:
        raise AssertionError(f"{len(events)} events deferred: the store failed")


def judge(engine: Engine, store: StateStore, batch: Iterable[bytes]) -> None:
    """One batch."""
    detector = Detector(engine, store)
    for raw in batch:
        detector.feed(raw, "benchmark", RECEIVED)
    detector.flush(Nowhere())


def engine_of(kind: str) -> Engine:
    """One rule of this kind, which every event matches."""
    detection = {"s": {"eventName": "ConsoleSignin"}, "condition": "s"}
    text = rule_text(detection=detection, state={kind: STATES[kind]}, title=kind)
    return Engine([load_rule(text, f"rules/{kind}.yml", SOURCES.values(), {})], SOURCES.values())


def batches(count: int, keys: int) -> Iterator[list[bytes]]:
    """So many events, ten a second, which go through the keys in turn."""
    for start in range(0, count, BATCH):
        yield [_event(number, number % keys) for number in range(start, start + BATCH)]


def _event(number: int, key: int) -> bytes:
    moment = RECEIVED + timedelta(seconds=number // 10 - 86_400)
    fields = {
        "eventId": f"event-{number}",
        "eventName": "ConsoleSignin",
        "eventTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "sourceIpAddress": "203.0.113.9",
        "userIdentity": {"type": "ram-user", "userName": f"user-{key}", "accountId": "1234567890123456"},
    }
    return json.dumps(fields).encode()


def _speed(folder: Path, kind: str, keys: int, quick: bool) -> tuple[str, ...]:
    """Every key at least once; a tenth of that in a quick run."""
    count = max(keys, 10_000) // (10 if quick else 1)
    engine, store = engine_of(kind), SqliteStore(folder / f"{kind}-{keys}.sqlite")
    seconds = 0.0
    for batch in batches(count, keys):
        started = time.perf_counter()
        judge(engine, store, batch)
        seconds += time.perf_counter() - started
    store.close()
    return kind, f"{keys:,}", rate(count / seconds), f"{seconds / count * BATCH * 1000:.1f}"


def _peak(folder: Path) -> int:
    """Bytes that Python holds at most beyond what it holds before."""
    engine, store = engine_of("event_count"), SqliteStore(folder / "peak.sqlite")
    prepared = list(batches(100 * BATCH, 1))
    tracemalloc.start()
    for batch in prepared:
        judge(engine, store, batch)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    store.close()
    return peak


def round_trips(kind: str, keys: int = 50) -> int:
    """Requests for one batch that touches so many keys, all of them there already."""
    with TablestoreServer() as server:
        credentials = server.credentials[0]
        create_table(open_client(server.endpoint, INSTANCE, lambda: credentials), "state")
        store, engine = connect(server.endpoint, INSTANCE, "state", lambda: credentials), engine_of(kind)
        before, batch = batches(2 * BATCH, keys)
        judge(engine, store, before)
        server.requests.clear()
        judge(engine, store, batch)
        return len(server.requests)


if __name__ == "__main__":
    main()
