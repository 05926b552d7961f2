"""The peers that are libraries in Python, made to judge the same events by the same rules.

Each engine decodes with orjson, the fastest plain decoder, so that what is compared is the judging.
"""

from __future__ import annotations

import gc
import sqlite3
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import islice
from typing import Any, Protocol

import orjson
import yaml
from sigma.backends.sqlite import sqliteBackend
from sigma.collection import SigmaCollection
from sigma_rule_matcher import RuleMatcher

from shared.alerting.alert import Alert
from shared.detection.engine import Engine
from shared.detection.rule import Rule
from shared.events.actiontrail import ACTIONTRAIL
from shared.events.event import Event, Quarantined
from shared.events.reader import ActionTrailReader
from shared.events.sources import SOURCES
from shared.pipeline import Detector
from shared.state.in_memory import InMemoryStore
from tests.benchmarks.rulesets import Detections, rule_file

BATCH = 500
"""Events handed over at once, as a trigger does."""

RECEIVED = datetime(2026, 11, 20, tzinfo=timezone.utc)

Match = tuple[int, str]
"""The number of an event, and the name of a rule that holds for it."""


@dataclass(frozen=True)
class Round:
    """How long an engine took for some events, and what matched."""

    seconds: float
    matches: set[Match]


class Contestant(Protocol):
    """An engine with its rules loaded."""

    name: str

    def round(self, events: Sequence[bytes]) -> Round:
        """Decode and judge all the events, once."""


class InProcess(ABC):
    """A contestant that runs here."""

    name: str

    def round(self, events: Sequence[bytes]) -> Round:
        gc.collect()
        started = time.process_time()
        matches = self.judge(events)
        return Round(time.process_time() - started, matches)

    @abstractmethod
    def judge(self, events: Sequence[bytes]) -> set[Match]: ...


class Bare(InProcess):
    """No judging at all: a decoder on its own."""

    def __init__(self, name: str, loads: Callable[[bytes], Any]) -> None:
        self.name = name
        self._loads = loads

    def judge(self, events: Sequence[bytes]) -> set[Match]:
        loads = self._loads
        for raw in events:
            loads(raw)
        return set()


class Trailguard(InProcess):
    """Ours, by the way that functions take: `Detector.feed`, alerts built and put into an outbox."""

    def __init__(self, rules: Iterable[Rule], prefilter: bool = True) -> None:
        self.name = "Trailguard" if prefilter else "Trailguard, each event decoded"
        self._reader = None if prefilter else _FullReader()
        self._engine = Engine(rules, SOURCES.values())
        self._store = InMemoryStore()

    def judge(self, events: Sequence[bytes]) -> set[Match]:
        outbox = _Gathering()
        for batch in batches(enumerate(events)):
            detector = self.detector()
            for number, raw in batch:
                detector.feed(raw, str(number), RECEIVED)
            detector.flush(outbox)
        return {(int(alert.origin), alert.rule) for alert in outbox.alerts}

    def detector(self) -> Detector:
        """One for a batch, as a function makes it."""
        return Detector(self._engine, self._store, self._reader)


class _FullReader:
    """Reads ActionTrail records without the glance: every event is decoded."""

    def __init__(self) -> None:
        self._reader = ActionTrailReader(ACTIONTRAIL)
        self.read = self._reader.read
        self.read_record = self._reader.read_record


class _Gathering:
    """An outbox that keeps alerts in a list: storing them is no part of this comparison."""

    def __init__(self) -> None:
        self.alerts: list[Alert] = []

    def write(self, alerts: Sequence[Alert], quarantined: Sequence[Quarantined]) -> None:
        self.alerts += alerts

    def defer(self, events: Sequence[Event]) -> None:
        raise NotImplementedError("no rule of the benchmark remembers")


class SigmaRuleMatcher(InProcess):
    """sigma-rule-matcher: walks every rule for every event."""

    name = "sigma-rule-matcher"

    def __init__(self, detections: Detections) -> None:
        rules = SigmaCollection.from_dicts(list(_sigma_rules(detections))).rules
        self._matchers = [(name, RuleMatcher(rule)) for name, rule in zip(detections, rules, strict=True)]

    def judge(self, events: Sequence[bytes]) -> set[Match]:
        found = set()
        for number, raw in enumerate(events):
            event = orjson.loads(raw)
            found |= {(number, name) for name, matcher in self._matchers if matcher.match(event)}
        return found


class SigmaSqlite(InProcess):
    """pySigma's SQL over a table in memory, as Zircolite works: a batch in, one query for each rule.

    Kinder than Zircolite: only the fields that some rule names become columns.
    """

    name = "pySigma, SQLite in memory"

    def __init__(self, detections: Detections) -> None:
        self._paths = [field.split(".") for field in fields_of(detections)]
        columns = ", ".join(f"`{'.'.join(path)}` TEXT COLLATE NOCASE" for path in self._paths)
        self._insert = f"INSERT INTO logs VALUES ({', '.join('?' * (len(self._paths) + 1))})"
        self._database = sqlite3.connect(":memory:", isolation_level=None, cached_statements=2_000)
        self._database.execute(f"CREATE TABLE logs (number INTEGER, {columns})")
        queries = sqliteBackend().convert(SigmaCollection.from_dicts(list(_sigma_rules(detections))))
        self._queries = {
            name: sql.replace("SELECT *", "SELECT number", 1)
            for name, sql in zip(detections, queries, strict=True)
        }

    def judge(self, events: Sequence[bytes]) -> set[Match]:
        found: set[Match] = set()
        for batch in batches(enumerate(events)):
            self._database.execute("BEGIN")
            self._database.executemany(self._insert, (self._row(number, raw) for number, raw in batch))
            for name, query in self._queries.items():
                found |= {(number, name) for (number,) in self._database.execute(query)}
            self._database.execute("DELETE FROM logs")
            self._database.execute("COMMIT")
        return found

    def _row(self, number: int, raw: bytes) -> list[Any]:
        event = orjson.loads(raw)
        return [number, *(value_at(event, path) for path in self._paths)]


def batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    """The items, BATCH at a time."""
    remaining = iter(items)
    while batch := list(islice(remaining, BATCH)):
        yield batch


def fields_of(detections: Detections) -> list[str]:
    """Every field that the rules name."""
    selections = [part for d in detections.values() for key, part in d.items() if key != "condition"]
    return sorted({line.split("|")[0] for selection in selections for line in selection})


def value_at(event: Any, path: Sequence[str]) -> Any:
    """The plain value at a path of nested objects; None if there is none."""
    for key in path:
        event = event.get(key) if isinstance(event, dict) else None
    return None if isinstance(event, (dict, list)) else event


def _sigma_rules(detections: Detections) -> Iterator[dict[str, Any]]:
    for name, detection in detections.items():
        yield yaml.safe_load(rule_file(name, detection))
