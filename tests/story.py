"""Stories on a fake clock: what happens when, and the alerts that follow.

    story(RULE).at("0s", signed_in()).at("40s", signed_in()).expects(alert(between=("30s", "60s")))

Events are fields as a trail shows them; each moment is a batch of its own, and a silence is looked for at
`look`. `expects` says all that is told, in order: nothing more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from shared.alerting.alert import Alert
from shared.alerting.build import alert_of_told
from shared.alerting.outbox import SqliteOutbox
from shared.detection.duration import seconds, shown
from shared.detection.engine import Engine
from shared.detection.memory import Memory
from shared.detection.rule import Rule
from shared.events.sources import SOURCES
from shared.pipeline import Detector
from shared.state.in_memory import InMemoryStore
from shared.state.store import StateStore

START = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Expected:
    """One alert: when it is told, at the earliest and at the latest, and words that its summary has."""

    between: tuple[str, str]
    says: str = ""
    rule: str = ""

    def missed_by(self, second: float, told: Alert) -> bool:
        """Whether the alert is not the one that is expected."""
        earliest, latest = map(seconds, self.between)
        is_named = told.rule == self.rule or not self.rule
        return not (earliest <= second <= latest and self.says in told.summary and is_named)


def alert(between: tuple[str, str], says: str = "", rule: str = "") -> Expected:
    """An alert to expect."""
    return Expected(between, says, rule)


@dataclass
class Story:
    """Rules, a store, and a clock that is turned by what happens."""

    rules: tuple[Rule, ...]
    store: StateStore = field(default_factory=InMemoryStore)
    start: datetime = START
    now: datetime = START
    told: list[tuple[float, Alert]] = field(default_factory=list)
    _outbox: SqliteOutbox = field(default_factory=lambda: SqliteOutbox(":memory:"))
    _events: int = 0

    def at(self, moment: str, *events: dict[str, Any]) -> Story:
        """These events happen, and are judged, at the moment after the start."""
        self.now = self.start + timedelta(seconds=seconds(moment))
        detector = Detector(Engine(self.rules, SOURCES.values()), self.store, now=lambda: self.now)
        for number, fields in enumerate(events, self._events):
            whole = {"eventId": f"event {number}", "eventTime": f"{self.now:%Y-%m-%dT%H:%M:%SZ}", **fields}
            detector.feed(json.dumps(whole), "story", self.now)
        self._events += len(events)
        detector.flush(self._outbox)
        return self._listen()

    def look(self, moment: str) -> Story:
        """A timer looks for what is absent."""
        self.now = self.start + timedelta(seconds=seconds(moment))
        silences = Memory(self.store, lambda: self.now).overdue(self.rules, self.now)
        self._outbox.write(list(map(alert_of_told, silences)), ())
        return self._listen()

    def expects(self, *alerts: Expected) -> None:
        """These alerts were told, and no others."""
        matched = len(alerts) == len(self.told)
        if not matched or any(e.missed_by(*told) for e, told in zip(alerts, self.told, strict=True)):
            raise AssertionError(f"expected {list(alerts)}; told: {'; '.join(self._shown()) or 'nothing'}")

    def _listen(self) -> Story:
        second = (self.now - self.start).total_seconds()
        self.told += [(second, each) for _, each in self._outbox.alerts(after=len(self.told))]
        return self

    def _shown(self) -> Iterator[str]:
        return (f"at {shown(second)} {each.rule}: {each.summary}" for second, each in self.told)


def story(*rules: Rule, store: StateStore | None = None) -> Story:
    """The beginning of a story about these rules."""
    return Story(rules, store or InMemoryStore())
