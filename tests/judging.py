"""Rules from a few words, events through a detector, and what came of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import yaml

from shared.alerting.alert import Alert
from shared.alerting.outbox import SqliteOutbox
from shared.detection.engine import Engine
from shared.detection.load import load_rule
from shared.detection.rule import Rule
from shared.events.decode import pieces, text_in, unpacked
from shared.events.sources import SOURCES
from shared.pipeline import Detector, Tally
from shared.state.in_memory import InMemoryStore

RECEIVED = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
FIXTURES = Path(__file__).parent / "fixtures"

RULE: Mapping[str, Any] = {
    "title": "A trail is stopped",
    "id": "00000000-0000-4000-8000-000000000001",
    "status": "test",
    "description": "For tests.",
    "logsource": {"product": "alibabacloud", "service": "actiontrail"},
    "detection": {"stopped": {"eventName": "StopLogging"}, "condition": "stopped"},
    "level": "high",
    "item": "actiontrail",
    "alert": {"summary": "{actor} stopped {resource}", "dedupe": ["account_id"], "runbook": "runbooks/x.md"},
    "tests": [
        {"name": "stop", "event": {"eventName": "StopLogging"}, "fires": True},
        {"name": "start", "event": {"eventName": "StartLogging"}, "fires": False},
    ],
}
"""A whole rule file, as data."""


def rule_text(**changes: Any) -> str:
    """The text of a rule file: RULE with some keys changed, or with None taken out."""
    merged = {**RULE, **changes}
    return yaml.safe_dump({k: v for k, v in merged.items() if v is not None}, sort_keys=False)


def rule(name: str, detection: Mapping[str, Any], **changes: Any) -> Rule:
    """A rule whose detection is `detection`; its id is made of its name."""
    rule_id = f"00000000-0000-4000-8000-{name.encode().hex()[:12]:0>12}"
    text = rule_text(detection=dict(detection), id=rule_id, title=name, **changes)
    return load_rule(text, f"rules/{name}.yml", SOURCES.values(), {})


@dataclass(frozen=True)
class Judged:
    """What a batch left in its outbox."""

    alerts: tuple[Alert, ...]
    quarantine: tuple[tuple[str, str, str], ...]
    tally: Tally

    @property
    def rules(self) -> list[str]:
        """The rules that alerted, in order."""
        return [alert.rule for alert in self.alerts]

    @property
    def reasons(self) -> list[str]:
        """Why records were set aside."""
        return [reason for _, reason, _ in self.quarantine]


def detector(rules: Iterable[Rule] | Engine) -> Detector:
    """A detector of ActionTrail events with these rules, or with an engine that is built already."""
    engine = rules if isinstance(rules, Engine) else Engine(rules, SOURCES.values())
    return Detector(engine, InMemoryStore(), account_id="1234567890123456")


def judge(rules: Iterable[Rule] | Engine, *records: str | bytes) -> Judged:
    """One batch of records, as the logstore has them in `event`."""
    judging = detector(rules)
    for number, record in enumerate(records):
        judging.feed(record, f"record:{number}", RECEIVED)
    return outcome(judging)


def judge_file(rules: Iterable[Rule] | Engine, data: bytes) -> Judged:
    """One batch: the values of a file."""
    judging = detector(rules)
    for piece in pieces(text_in(unpacked(data)[0])):
        judging.feed(piece.text, f"file:{piece.line}", RECEIVED)
    return outcome(judging)


def outcome(judging: Detector) -> Judged:
    """What the detector leaves in a real outbox."""
    outbox = SqliteOutbox(":memory:")
    judging.flush(outbox)
    alerts = tuple(alert for _, alert in outbox.alerts())
    return Judged(alerts, tuple(outbox.quarantine()), judging.tally)
