"""Events of a stateful rule on their way to a store, with all that can happen on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from shared.alerting.alert import Alert
from shared.alerting.build import alert_of_told
from shared.alerting.outbox import DeferredEvent
from shared.detection.engine import Engine
from shared.detection.kinds.kind import LATENESS
from shared.detection.memory import Memory
from shared.detection.rule import Rule
from shared.events.event import Event, Quarantined
from shared.events.sources import SOURCES
from shared.pipeline import Detector
from shared.state.store import StateStore, Stored, StoreUnavailable, Write

START = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


class CrashError(Exception):
    """The process dies here; its batch will be tried again."""


@dataclass
class Plan:
    """What happens on the way: `crashes` says of which effects, counted from 0, a process dies before or
    after; `races` before which saves another worker takes the next batch and finishes it, where that makes
    no event come later than LATENESS; `outages` of which calls of the store, that it fails before or after it
    is carried out. What is deferred then comes back after all batches."""

    batches: list[list[Event]]
    crashes: dict[int, str] = field(default_factory=dict)
    races: frozenset[int] = frozenset()
    outages: dict[int, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        batches = [[f"{event.id} after {event.time - START}" for event in batch] for batch in self.batches]
        return f"Plan({batches}, {self.crashes}, {set(self.races)})"


class Delivery:
    """One rule, its store, and workers that judge a plan's batches."""

    def __init__(self, rule: Rule, store: StateStore, plan: Plan) -> None:
        self.told: set[str] = set()
        self._rule = rule
        self._engine = Engine([rule], SOURCES.values())
        self._store = store
        self._plan = plan
        self._waiting = list(plan.batches)
        self._deferred: list[Event] = []
        self._effects = self._saves = self._calls = 0
        self._clock = START
        self._under_way: list[list[Event]] = []

    def run(self, until: datetime) -> set[str]:
        """Every batch judged, then a look at what is absent; the ids of all alerts."""
        while self._waiting:
            self._deliver(self._waiting.pop(0))
        while self._deferred:
            self._bring_back(self._deferred.pop(0))
        silences = Memory(self._store, self.now).overdue([self._rule], until)
        return self.told | {alert_of_told(silence).id for silence in silences}

    def now(self) -> datetime:
        """As late as the newest event that came."""
        return self._clock

    def write(self, alerts: Sequence[Alert], quarantined: Sequence[Quarantined]) -> None:
        """The outbox: an effect."""
        assert not quarantined
        self._effect(lambda: self.told.update(a.id for a in alerts if a.rule == self._rule.name))

    def defer(self, events: Sequence[Event]) -> None:
        self._deferred += events

    def load(self, keys: Iterable[str]) -> dict[str, Stored]:
        found: dict[str, Stored] = {}
        self._call(lambda: found.update(self._store.load(keys)))
        return found

    def save(self, writes: Iterable[Write]) -> set[str]:
        """The store: an effect, and what another worker may come before."""
        self._saves += 1
        if self._saves in self._plan.races and self._may_race():
            self._deliver(self._waiting.pop(0))
        lost: set[str] = set()
        self._effect(lambda: self._call(lambda: lost.update(self._store.save(writes))))
        return lost

    def scan(self, prefix: str, limit: int = 1000) -> Iterator[tuple[str, Stored]]:
        return self._store.scan(prefix, limit)

    def _may_race(self) -> bool:
        if not self._waiting:
            return False
        newest = max([self._clock, *(event.time for event in self._waiting[0])])
        oldest = min(event.time for batch in self._under_way for event in batch)
        return newest - oldest <= timedelta(seconds=LATENESS)

    def _deliver(self, batch: list[Event]) -> None:
        self._clock = max([self._clock, *(event.time for event in batch)])
        self._under_way.append(batch)
        self._judge(batch)
        self._under_way.pop()

    def _judge(self, batch: list[Event]) -> None:
        while True:
            detector = Detector(self._engine, self, now=self.now)
            for event in batch:
                detector.feed_event(event)
            try:
                detector.flush(self)
                return
            except CrashError:
                continue

    def _bring_back(self, waited: Event) -> None:
        detector = Detector(self._engine, self, now=self.now)
        detector.feed_deferred(DeferredEvent.of(waited).event())
        try:
            detector.flush(self)
        except CrashError:
            self._deferred.append(waited)

    def _call(self, carry_out: Callable[[], None]) -> None:
        fails = self._plan.outages.get(self._calls)
        self._calls += 1
        if fails == "before":
            raise StoreUnavailable("as planned")
        carry_out()
        if fails == "after":
            raise StoreUnavailable("as planned: the reply was lost")

    def _effect(self, happen: Callable[[], None]) -> None:
        dies = self._plan.crashes.get(self._effects)
        self._effects += 1
        if dies == "before":
            raise CrashError
        happen()
        if dies == "after":
            raise CrashError
