"""Who is measured, and how: the decoders, and Trailguard itself."""

from __future__ import annotations

import gc
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import islice
from typing import Any, Protocol

from shared.alerting.alert import Alert
from shared.detection.engine import Engine
from shared.detection.prefilter import prefilter_of
from shared.detection.rule import Rule
from shared.events.actiontrail import ACTIONTRAIL
from shared.events.event import Event, Quarantined
from shared.events.reader import ActionTrailReader
from shared.events.sources import SOURCES
from shared.pipeline import Detector
from shared.state.in_memory import InMemoryStore

RECEIVED = datetime(2026, 11, 21, tzinfo=timezone.utc)

Batch = Sequence[tuple[int, bytes]]
"""Events with their numbers, handed over at once, as a trigger does."""

Match = tuple[int, str]
"""The number of an event, and the name of a rule that holds for it."""


@dataclass(frozen=True)
class Round:
    """How long an engine took for each batch (seconds of processor time), and what matched."""

    seconds: list[float]
    matches: set[Match]


class Contestant(Protocol):
    """An engine with its rules loaded."""

    name: str

    def round(self, events: Sequence[bytes]) -> Round:
        """Decode and judge all the events, once."""


class InProcess(ABC):
    """A contestant that runs here. Slow ones take smaller batches, for a batch is what is timed."""

    name: str
    batch = 500

    def round(self, events: Sequence[bytes]) -> Round:
        gc.collect()
        seconds, matches = [], set()
        for batch in batches(enumerate(events), self.batch):
            started = time.process_time()
            found = self.judge(batch)
            seconds.append(time.process_time() - started)
            matches.update(found)
        return Round(seconds, matches)

    @abstractmethod
    def judge(self, batch: Batch) -> Sequence[Match]:
        """What matches in one batch."""


class Bare(InProcess):
    """No judging at all: a decoder on its own."""

    def __init__(self, name: str, loads: Callable[[bytes], Any]) -> None:
        self.name = name
        self._loads = loads

    def judge(self, batch: Batch) -> Sequence[Match]:
        loads = self._loads
        for _, raw in batch:
            loads(raw)
        return ()


class Trailguard(InProcess):
    """Ours, by the way that functions take: `Detector.feed`, alerts built and put into an outbox."""

    def __init__(self, rules: Iterable[Rule], prefilter: bool = True) -> None:
        self.name = "Trailguard, alerts built" if prefilter else "Trailguard, each event decoded"
        self._reader = None if prefilter else _FullReader(ACTIONTRAIL)
        self._engine = Engine(rules, SOURCES.values())
        self._store = InMemoryStore()

    def judge(self, batch: Batch) -> Sequence[Match]:
        outbox, detector = _Gathering(), self.detector()
        for number, raw in batch:
            detector.feed(raw, str(number), RECEIVED)
        detector.flush(outbox)
        return [(int(alert.origin), alert.rule) for alert in outbox.alerts]

    def detector(self) -> Detector:
        """One for a batch, as a function makes it."""
        return Detector(self._engine, self._store, self._reader)


class MatchesOnly(Trailguard):
    """The same glance, decoding and judging, but no alert is built of what matched: the peers build none."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        super().__init__(rules)
        self.name = "Trailguard, decode + judge"
        self._prefilter = prefilter_of(self._engine.indexes[ACTIONTRAIL.name])
        self._full = ActionTrailReader(ACTIONTRAIL)

    def judge(self, batch: Batch) -> Sequence[Match]:
        return [
            (number, finding.rule.name)
            for number, raw in batch
            if (candidates := self._prefilter.candidates(raw)) != ()
            for event in self._full.read(raw, "", RECEIVED)
            if isinstance(event, Event)
            for finding in self._engine.judge(event, candidates).findings
        ]


class _FullReader(ActionTrailReader):
    """Reads ActionTrail records without the glance: every event is decoded."""

    glances = False


class _Gathering:
    """An outbox that keeps alerts in a list: storing them is no part of this comparison."""

    def __init__(self) -> None:
        self.alerts: list[Alert] = []

    def write(self, alerts: Sequence[Alert], quarantined: Sequence[Quarantined]) -> None:
        self.alerts += alerts

    def defer(self, events: Sequence[Event]) -> None:
        raise NotImplementedError("no rule of the benchmark remembers")


def batches(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """The items, `size` at a time."""
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch
