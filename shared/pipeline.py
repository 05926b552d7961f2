"""The detecting side, whole: records in, alerts into the outbox."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.alerting.alert import Alert
from shared.alerting.build import alert_of, alert_of_told, confirmed
from shared.alerting.outbox import Outbox
from shared.alerting.troubles import alert_of_degradation, alert_of_failure, alert_of_quarantine
from shared.detection.confirm import Look
from shared.detection.engine import Engine
from shared.detection.folds import Folds
from shared.detection.memory import Forgotten, Memory, Settled, Told
from shared.detection.precedent import precedents_of
from shared.detection.prefilter import prefilter_of
from shared.detection.rule import Finding, Rule, RuleFailure
from shared.detection.sightings import match_of
from shared.events.actiontrail import ACTIONTRAIL
from shared.events.audit import AUDIT
from shared.events.dated import dated
from shared.events.decode import Unreadable
from shared.events.event import Event, Quarantined
from shared.events.heartbeat import HEARTBEAT
from shared.events.likeness import Alike
from shared.events.reader import ActionTrailReader, Reader
from shared.events.seen import Seen
from shared.events.sources import SOURCES
from shared.state.contract import utc_now
from shared.state.store import StateStore, StoreUnavailable

STATED_ANEW = HEARTBEAT.name
"""The source whose events are not kept for later: the next round states all of them as they then are."""

ASKED_ANEW = AUDIT.name
"""The source whose events are asked for again, as long as nobody has remembered that they were told."""


@dataclass
class Tally:
    """What went through, in numbers. `duplicates` counts those of events that some rule looked at, `unknown`
    the lines that no parser understands."""

    events: int = 0
    duplicates: int = 0
    alerts: int = 0
    shadow: int = 0
    quarantined: int = 0
    failures: int = 0
    deferred: int = 0
    unknown: int = 0


@dataclass
class Batch:
    """What a detector has found and not yet put away. `folds` are what rules that remember saw."""

    alerts: list[Alert] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)
    folds: Folds = field(default_factory=Folds)


class Detector:
    """Reads records, judges their events by the rules, and leaves alerts in the outbox.

    One for each batch: it drops events that the batch holds twice, and a batch that is tried again must not
    find its own events gone by already. `account_id` is this account, for what no event tells of; `now` the
    clock that the memory forgets by; `look` asks the live account where a rule wants its match confirmed.
    """

    def __init__(
        self,
        engine: Engine,
        store: StateStore,
        reader: Reader | None = None,
        account_id: str = "",
        now: Callable[[], datetime] = utc_now,
        look: Look | None = None,
    ) -> None:
        self._engine = engine
        self._look = look
        self._memory = Memory(store, now)
        self._reader = reader or ActionTrailReader(ACTIONTRAIL)
        self._prefilter = prefilter_of(engine.indexes["actiontrail"])
        self._precedents = precedents_of(engine)
        self._glances = self._reader.glances
        self.account_id = account_id
        self._seen = Seen()
        self._batch = Batch()
        self.tally = Tally()

    @property
    def unknown(self) -> Mapping[str, int]:
        """The lines that no parser understands, by their shape; they are no fault, and no alert."""
        return self._reader.unknown

    def feed(self, raw: str | bytes, origin: str, received: datetime) -> None:
        """Judge what the text of one record says."""
        candidates = self._prefilter.candidates(raw) if self._glances else None
        if candidates == ():
            self.tally.events += 1
        else:
            self._take(self._reader.read(raw, origin, received), origin, received, candidates)

    def feed_record(self, contents: Mapping[str, Any], origin: str, received: datetime) -> None:
        """The same for the fields of one Log Service record."""
        if self._glances and isinstance(contents.get("event"), str):
            self.feed(contents["event"], origin, received)
        else:
            self._take(self._reader.read_record(contents, origin, received), origin, received)

    def feed_event(self, event: Event, candidates: Iterable[Rule] | None = None) -> None:
        """The same for an event that is read already, and perhaps known to concern these rules at most."""
        if self._seen.add(f"{event.id} {event.fields.get('eventName')}"):
            self._judge(event, candidates)
        else:
            self.tally.duplicates += 1

    def feed_deferred(self, event: Event) -> None:
        """An event whose rules without memory have judged it: only those that remember do so now."""
        self._remember(self._engine.judge(event).findings)

    def set_aside(self, value: Any, reason: str, origin: str, received: datetime) -> None:
        """Keep what can't be read, and tell of it."""
        self.tally.quarantined += 1
        self._batch.quarantined.append(Quarantined(_text(value), reason, origin, received))

    def flush(self, outbox: Outbox) -> None:
        """Put everything found since the last flush into the outbox.

        Where the store can't be reached, the events that rules with memory matched are deferred; those that
        had been deferred before, too. An audit's are not: StoreUnavailable goes up. What can't be put away
        stays, and the error goes up: the caller tries the batch again.
        """
        self.tally.unknown = sum(self.unknown.values())
        self._write_plain(outbox)
        try:
            self._settle(outbox)
        except StoreUnavailable as error:
            self._defer(outbox, error)
        self._batch = Batch()

    def _write_plain(self, outbox: Outbox) -> None:
        alerts = list(self._batch.alerts)
        if self._batch.quarantined:
            alerts.append(alert_of_quarantine(self._batch.quarantined, self.account_id))
        outbox.write(alerts, self._batch.quarantined)
        self._batch.alerts, self._batch.quarantined = [], []

    def _settle(self, outbox: Outbox) -> None:
        def tell(told: Sequence[Told]) -> None:
            alerts = list({alert.id: alert for alert in map(self._alert_of_told, told)}.values())
            outbox.write(alerts, ())
            self._count(alerts)

        self._memory.settle(self._batch.folds, tell)

    def _defer(self, outbox: Outbox, error: StoreUnavailable) -> None:
        events = [event for event in self._batch.folds.events() if event.source != STATED_ANEW]
        if any(event.source == ASKED_ANEW for event in events):
            raise error
        if not events:
            return
        outbox.defer(events)
        outbox.write([alert_of_degradation(events, str(error), self.account_id)], ())
        self.tally.deferred += len(events)

    def _take(
        self,
        found: Iterable[Event | Unreadable],
        origin: str,
        received: datetime,
        candidates: Iterable[Rule] | None = None,
    ) -> None:
        for each in found:
            if isinstance(each, Unreadable):
                self.set_aside(each.value, each.reason, origin, received)
            elif each.alike is None or not self._follow(each, each.alike, received):
                self.feed_event(dated(each, received), candidates)

    def _follow(self, event: Event, alike: Alike, received: datetime) -> bool:
        """Do with an event as with those that it is like; whether that can be said of it."""
        precedent = self._precedents.of(alike[0], event)
        if precedent is None:
            return False
        marks, open_, _ = precedent
        if not (marks or open_):
            self.tally.events += 1
        elif not self._seen.add(event.id):
            self.tally.duplicates += 1
        else:
            event = dated(event, received)
            self._judge(event, open_)
            if marks:
                self._batch.folds.follow(precedent, event, alike[1])
        return True

    def _judge(self, event: Event, candidates: Iterable[Rule] | None) -> None:
        self.tally.events += 1
        if candidates == ():
            return
        verdict = self._engine.judge(event, candidates)
        alerts = [self._alert_of(finding) for finding in verdict.findings if finding.rule.kind is None]
        self._count(alerts)
        self.tally.failures += len(verdict.failures)
        self._batch.alerts += [*alerts, *map(alert_of_failure, verdict.failures)]
        self._remember(verdict.findings)

    def _alert_of(self, finding: Finding) -> Alert:
        """Its alert; where the rule can't tell its reasons, the alert that it failed."""
        try:
            alert = alert_of(finding, SOURCES[finding.event.source])
            return self._checked(alert, finding.rule, finding.event)
        except Exception as error:  # noqa: BLE001 - one alert that can't be built must not hold up a batch
            return self._failed(finding.rule, finding.event, error)

    def _checked(self, alert: Alert, rule: Rule, event: Event) -> Alert:
        """The alert after a look at the live account, where the rule asks for one and there is an account."""
        if rule.confirm is None or self._look is None:
            return alert
        return confirmed(alert, rule.confirm, self._look(rule.confirm.look, event))

    def _remember(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            rule, event = finding.rule, finding.event
            try:
                match = match_of(rule, event, SOURCES[event.source]) if rule.kind else None
            except Exception as error:  # noqa: BLE001 - see _alert_of
                self._batch.alerts.append(self._failed(rule, event, error))
                continue
            if match is not None:
                self._batch.folds.add(match)

    def _alert_of_told(self, told: Told) -> Alert:
        try:
            alert = alert_of_told(told)
            if isinstance(told, Settled) and told.event is not None:
                return self._checked(alert, told.rule, told.event)
            return alert
        except Exception as error:
            if isinstance(told, Forgotten) or told.event is None:
                raise
            return self._failed(told.rule, told.event, error)

    def _failed(self, rule: Rule, event: Event, error: Exception) -> Alert:
        self.tally.failures += 1
        return alert_of_failure(RuleFailure(rule, event, error))

    def _count(self, alerts: Sequence[Alert]) -> None:
        self.tally.shadow += sum(alert.mode == "shadow" for alert in alerts)
        self.tally.alerts += sum(alert.mode != "shadow" for alert in alerts)


def _text(value: Any) -> str:
    """A record as it came, or as JSON where it was decoded already; bytes that are not UTF-8 as `\\xNN`."""
    if not isinstance(value, (str, bytes)):
        value = json.dumps(value, ensure_ascii=False, default=str)
    raw = value.encode("utf-8", "backslashreplace") if isinstance(value, str) else value
    return raw.decode("utf-8", "backslashreplace")
