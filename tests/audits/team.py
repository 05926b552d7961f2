"""A team that hears what the shipped rules make of a trail and of audits."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from shared.alerting.alert import Alert
from shared.alerting.outbox import SqliteOutbox
from shared.audits.collector import Collector
from shared.audits.confirm import Confirmer
from shared.audits.live import LiveAccount
from shared.config import load_alerts
from shared.detection.engine import Engine
from shared.events.sources import SOURCES
from shared.pipeline import Detector
from shared.state.in_memory import InMemoryStore
from tests.audits.conftest import REGION, Audits
from tests.cloud.openapi.product import ACCOUNT_ID

Heard = list[tuple[str, str]]
"""Rule and status of each alert, in the order of their telling."""


@cache
def shipped() -> Engine:
    """All rules as they are shipped."""
    return Engine(load_alerts().rules, SOURCES.values())


@dataclass
class Team:
    """Whose account the local cloud is. `collectors` are the chapter's. What rules want confirmed is looked
    up in the local account."""

    audits: Audits
    collectors: tuple[Collector, ...]
    store: InMemoryStore = field(default_factory=InMemoryStore)
    outbox: SqliteOutbox = field(default_factory=lambda: SqliteOutbox(":memory:"))
    heard: list[Alert] = field(default_factory=list)
    engine: Engine = field(default_factory=shipped)

    def trail(self, service: str, name: str, **parameters: Any) -> Heard:
        """Something that the trail records."""
        now = self.audits.now
        record = {
            "eventId": f"{name} {now}",
            "eventName": name,
            "serviceName": service,
            "eventTime": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            "acsRegion": "cn-hangzhou",
            "sourceIpAddress": "203.0.113.9",
            "userIdentity": {"type": "ram-user", "userName": "mallory", "accountId": ACCOUNT_ID},
            "requestParameters": parameters,
        }
        detector = self._detector()
        detector.feed(json.dumps(record), "trail", now)
        return self._told(detector)

    def audit(self) -> Heard:
        """One round of the chapter's audits."""
        events = self.audits.look(*self.collectors)
        detector = self._detector()
        for event in events:
            detector.feed_event(event)
        return self._told(detector)

    def last(self, rule: str) -> Alert:
        """The last that a rule told."""
        return next(alert for alert in reversed(self.heard) if alert.rule == rule)

    def _detector(self) -> Detector:
        openapi, now = self.audits.openapi, self.audits.now
        account = LiveAccount(openapi.credentials, openapi.url, retry=openapi.retry)
        look = Confirmer(account, REGION, now, ACCOUNT_ID)
        return Detector(self.engine, self.store, None, ACCOUNT_ID, now=lambda: now, look=look)

    def _told(self, detector: Detector) -> Heard:
        detector.flush(self.outbox)
        new = [alert for _, alert in self.outbox.alerts(after=len(self.heard))]
        self.heard += new
        return sorted((alert.rule, alert.status) for alert in new)
