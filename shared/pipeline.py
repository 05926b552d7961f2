"""The detecting side, whole: records in, alerts into the outbox."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.alerting.alert import Alert
from shared.alerting.build import alert_of, alert_of_failure, alert_of_quarantine
from shared.alerting.outbox import Outbox
from shared.detection.engine import Engine
from shared.detection.prefilter import Prefilter
from shared.events.actiontrail_shapes import unwrap
from shared.events.decode import Unreadable, decode
from shared.events.event import Event, Quarantined
from shared.events.seen import Seen
from shared.events.source import Source


@dataclass
class Tally:
    """What went through, in numbers. `duplicates` counts those of events that some rule looked at."""

    events: int = 0
    duplicates: int = 0
    alerts: int = 0
    shadow: int = 0
    quarantined: int = 0
    failures: int = 0


@dataclass
class Batch:
    """What a detector has found and not yet put away."""

    alerts: list[Alert] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)


class Detector:
    """Reads records of one source, judges their events by the rules, and leaves alerts in the outbox.

    One for each batch: it drops events that the batch holds twice, and a batch that is tried again must not
    find its own events gone by already.
    """

    def __init__(self, engine: Engine, source: Source, account_id: str = "") -> None:
        self._engine = engine
        self._prefilter = Prefilter(self._engine.indexes[source.name])
        self._source = source
        self._account_id = account_id
        self._seen = Seen()
        self._batch = Batch()
        self.tally = Tally()

    def feed(self, raw: str | bytes, origin: str, received: datetime) -> None:
        """Judge what one record says: an event, or any wrapping of events, as JSON text."""
        if self._prefilter.passes_over(raw):
            self.tally.events += 1
            return
        try:
            value = decode(raw)
        except ValueError as error:
            self._set_aside(Unreadable(f"not JSON: {error}", raw), origin, received)
            return
        self.feed_value(value, origin, received)

    def feed_record(self, contents: Mapping[str, str], origin: str, received: datetime) -> None:
        """The same for a record of a trail's logstore, whose `event` is JSON text."""
        if isinstance(contents.get("event"), str):
            self.feed(contents["event"], origin, received)
        else:
            self.feed_value(contents, origin, received)

    def feed_value(self, value: Any, origin: str, received: datetime) -> None:
        """The same for a JSON value that is decoded already."""
        for found in unwrap(value, received):
            if isinstance(found, Unreadable):
                self._set_aside(found, origin, received)
                continue
            try:
                event = self._source.read(found.fields, origin, found.received)
            except ValueError as error:
                self._set_aside(Unreadable(str(error), found.fields), origin, received)
                continue
            if self._seen.add(f"{event.id} {event.fields.get('eventName')}"):
                self._judge(event)
            else:
                self.tally.duplicates += 1

    def flush(self, outbox: Outbox) -> list[Alert]:
        """Put everything found since the last flush into the outbox; the alerts among it.

        What can't be put away stays, and the error goes up: the caller tries the batch again.
        """
        alerts = list(self._batch.alerts)
        if self._batch.quarantined:
            alerts.append(alert_of_quarantine(self._batch.quarantined, self._account_id, self._source))
        outbox.write(alerts, self._batch.quarantined)
        self._batch = Batch()
        return alerts

    def _judge(self, event: Event) -> None:
        self.tally.events += 1
        verdict = self._engine.judge(event)
        alerts = [alert_of(finding, self._source) for finding in verdict.findings]
        self.tally.shadow += sum(alert.mode == "shadow" for alert in alerts)
        self.tally.alerts += sum(alert.mode != "shadow" for alert in alerts)
        self.tally.failures += len(verdict.failures)
        self._batch.alerts += alerts
        self._batch.alerts += [alert_of_failure(failure) for failure in verdict.failures]

    def _set_aside(self, unreadable: Unreadable, origin: str, received: datetime) -> None:
        self.tally.quarantined += 1
        raw = _text(unreadable.value)
        self._batch.quarantined.append(Quarantined(raw, unreadable.reason, origin, received))


def _text(value: Any) -> str:
    """A record as it came, or as JSON where it was decoded already; bytes that are not UTF-8 as `\\xNN`."""
    if not isinstance(value, (str, bytes)):
        value = json.dumps(value, ensure_ascii=False, default=str)
    raw = value.encode("utf-8", "backslashreplace") if isinstance(value, str) else value
    return raw.decode("utf-8", "backslashreplace")
