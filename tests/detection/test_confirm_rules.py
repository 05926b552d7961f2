"""`confirm:` in a rule: what it may ask, and what becomes of the alert."""

from __future__ import annotations

from datetime import datetime, timezone
from textwrap import dedent

import pytest

from shared.alerting.outbox import SqliteOutbox
from shared.detection.confirm import Answer, Confirm
from shared.detection.engine import Engine
from shared.detection.load import load_rule
from shared.detection.rule import Rule
from shared.events.event import Event
from shared.events.sources import SOURCES
from shared.located import ConfigError
from shared.pipeline import Detector
from shared.state.in_memory import InMemoryStore

NOW = datetime(2026, 11, 20, tzinfo=timezone.utc)
TEXT = """
    title: A bucket was opened
    id: 5b3f0a52-7b0e-4b52-8a0c-3f0c7f0f9d12
    status: test
    description: d
    logsource: {product: alibabacloud, service: actiontrail}
    detection: {acl: {eventName: PutBucketAcl}, condition: acl}
    level: medium
    item: public-buckets
    alert: {summary: "{eventName}", runbook: runbooks/oss-bucket-public.md}
    confirm: {look: bucket-public, confirmed: critical, refuted: low}
    tests:
      - {name: a, event: {eventName: PutBucketAcl}, fires: true}
      - {name: b, event: {eventName: GetBucketAcl}, fires: false}
"""


def rule_of(text: str) -> Rule:
    return load_rule(dedent(text), "opened.yml", SOURCES.values(), {})


def test_a_rule_says_what_to_look_up_and_what_follows() -> None:
    assert rule_of(TEXT).confirm == Confirm("bucket-public", confirmed="critical", refuted="low")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (
            "look: bucket-publik",
            "no look-up 'bucket-publik'; did you mean 'bucket-public'?",
        ),
        ("look: bucket-public, refuted: lo", "opened.yml:11: 'confirm.refuted' can't be 'lo'"),
        ("look: bucket-public, denied: low", "denied"),
    ],
)
def test_what_cannot_be_asked_is_told_with_its_line(wrong: str, told: str) -> None:
    with pytest.raises(ConfigError) as error:
        rule_of(TEXT.replace("look: bucket-public, confirmed: critical, refuted: low", wrong))
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("answer", "level"),
    [
        (Answer("confirmed", "the ACL is public-read"), "critical"),
        (Answer("refuted", "the ACL is private"), "low"),
        (Answer("unconfirmed", "oss:GetBucketAcl failed: AccessDenied"), "medium"),
    ],
    ids=lambda value: getattr(value, "outcome", value),
)
def test_the_alert_says_what_was_seen_and_takes_the_level_that_follows(answer: Answer, level: str) -> None:
    asked: list[tuple[str, str]] = []

    def look(name: str, event: Event) -> Answer:
        asked.append((name, event.fields["eventName"]))
        return answer

    engine, outbox = Engine([rule_of(TEXT)], SOURCES.values()), SqliteOutbox(":memory:")
    detector = Detector(engine, InMemoryStore(), look=look)
    detector.feed('{"eventId": "1", "eventName": "PutBucketAcl"}', "x", NOW)
    detector.feed('{"eventId": "2", "eventName": "GetBucketAcl"}', "x", NOW)
    detector.flush(outbox)
    ((_, alert),) = outbox.alerts()
    assert asked == [("bucket-public", "PutBucketAcl")], "only what matched is looked at"
    assert (alert.level, alert.confirmation) == (level, f"{answer.outcome}: {answer.text}")


def test_without_an_account_to_look_at_nothing_is_said_of_it() -> None:
    engine, outbox = Engine([rule_of(TEXT)], SOURCES.values()), SqliteOutbox(":memory:")
    detector = Detector(engine, InMemoryStore())
    detector.feed('{"eventId": "1", "eventName": "PutBucketAcl"}', "x", NOW)
    detector.flush(outbox)
    ((_, alert),) = outbox.alerts()
    assert (alert.level, alert.confirmation) == ("medium", "")
