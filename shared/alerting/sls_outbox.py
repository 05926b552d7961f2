"""The outbox on Function Compute: the alerts logstore, durable and searchable."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime

from shared.alerting.alert import Alert
from shared.alerting.outbox import DeferredEvent
from shared.cloud.sls import Log
from shared.events.event import Event, Quarantined

ALERT_TOPIC = "trailguard_alert"
QUARANTINE_TOPIC = "trailguard_quarantine"
DEFERRED_TOPIC = "trailguard_deferred"
DRILL_TOPIC = "trailguard_drill"

PART = 200_000
"""Characters of a raw record in one log: at most 800 kB of UTF-8, below the 1 MB that one field may take
(Log Service, "Data read and write limits")."""

Put = Callable[[str, Iterable[Log]], None]
"""Write logs under a topic; returns once they are stored, raises when they can't be."""


class SlsOutbox:
    """Alerts and unreadable records as logs. A log may be stored twice; readers drop doubles by alert id."""

    def __init__(self, put: Put, now: Callable[[], datetime]) -> None:
        self._put = put
        self._now = now

    def defer(self, events: Sequence[Event]) -> None:
        """See Outbox.defer: they come back to the detector, by a trigger on the logstore."""
        at = int(self._now().timestamp())
        self._put(DEFERRED_TOPIC, ((at, asdict(DeferredEvent.of(event))) for event in events))

    def write(self, alerts: Sequence[Alert], quarantined: Sequence[Quarantined]) -> None:
        """Alerts last: once they can be seen, the records that they speak of are there."""
        at = int(self._now().timestamp())
        if quarantined:
            self._put(QUARANTINE_TOPIC, ((at, log) for record in quarantined for log in _parts(record)))
        if alerts:
            self._put(ALERT_TOPIC, ((at, _log(alert)) for alert in alerts))


def alert_in(contents: dict[str, str]) -> Alert:
    """The alert that one log of the alerts logstore holds. Raises ValueError when it holds none."""
    try:
        return Alert.from_dict(json.loads(contents["alert"]))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"not an alert: {type(error).__name__}: {error}") from None


def _log(alert: Alert) -> dict[str, str]:
    """Fields to search by, and the whole alert as JSON."""
    body = json.dumps(alert.to_dict(), ensure_ascii=False)
    told = ("id", "rule", "title", "level", "source", "item", "account_id", "mode", "actor", "address")
    fields = {name: str(getattr(alert, name)) for name in (*told, "region", "resource", "summary")}
    return {**fields, "time": alert.to_dict()["time"], "alert": body}


def _parts(record: Quarantined) -> Iterator[dict[str, str]]:
    pieces = [record.raw[start : start + PART] for start in range(0, max(len(record.raw), 1), PART)]
    for number, piece in enumerate(pieces, 1):
        part = f"{number}/{len(pieces)}"
        yield {"reason": record.reason, "origin": record.origin, "part": part, "raw": piece}
