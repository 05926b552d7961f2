from __future__ import annotations

from dataclasses import replace

import pytest

from shared.alerting.alert import LEVELS
from shared.alerting.channels.pagerduty import PagerDuty, event
from shared.alerting.notice import notice_of
from tests.receivers.pagerduty import PagerDutyEvents
from tests.receivers.server import Answer


@pytest.fixture
def events():
    with PagerDutyEvents() as running:
        yield running


@pytest.fixture
def channel(events, with_runbooks):
    return PagerDuty(events.routing_key, with_runbooks, url=events.address)


def test_an_incident_opens_an_alert_under_its_id(channel, events, notice, soon):
    assert channel.send(notice, soon).kind == "sent"
    [event] = events.events
    assert (event["event_action"], event["dedup_key"]) == ("trigger", notice.incident)
    assert event["payload"]["summary"] == "[CRITICAL] Root signed in without MFA"
    assert event["payload"]["severity"] == "critical"
    assert event["payload"]["timestamp"] == "2026-11-02T18:30:05+00:00"
    assert event["payload"]["custom_details"]["Who"] == "root"
    assert event["links"] == [
        {"href": "https://git.example.com/security/alerts/runbooks/root.md", "text": "What to do"}
    ]


def test_updates_acknowledgement_and_end_go_to_the_same_alert(channel, events, notice, soon):
    states = []
    for kind, state in [("first", "open"), ("update", "open"), ("note", "acknowledged"), ("note", "closed")]:
        assert channel.send(replace(notice, id=kind + state, kind=kind, state=state), soon).kind == "sent"
        states.append(events.alerts[notice.incident])
    assert states == ["triggered", "triggered", "acknowledged", "resolved"]
    assert len(events.alerts) == 1


def test_a_note_about_an_open_incident_is_added_to_it(channel, events, notice, soon):
    channel.send(replace(notice, kind="note", note="The silence has ended."), soon)
    assert events.events[0]["payload"]["custom_details"]["Status"] == "The silence has ended."


@pytest.mark.parametrize(
    ("level", "severity"), list(zip(LEVELS, ["info", "info", "warning", "error", "critical"], strict=True))
)
def test_every_level_has_a_severity(channel, events, alert, soon, level, severity):
    channel.send(notice_of(replace(alert, level=level)), soon)
    assert events.events[0]["payload"]["severity"] == severity


def test_an_unknown_level_is_critical(channel, events, alert, soon):
    channel.send(notice_of(replace(alert, level="urgent")), soon)
    assert events.events[0]["payload"]["severity"] == "critical"


def test_a_wrong_key_is_rejected_and_not_repeated(events, in_english, notice, soon):
    outcome = PagerDuty("other-key-55", in_english, url=events.address).send(notice, soon)
    assert (outcome.kind, "routing_key is invalid" in outcome.reason) == ("rejected", True)
    assert "other-key-55" not in outcome.reason


@pytest.mark.parametrize("body", [b"{}", b'{"status":"invalid event"}', b'{"status":1}', b""])
def test_a_202_that_does_not_say_success_is_retried(channel, events, notice, soon, body):
    events.script(Answer(202, body))
    assert channel.send(notice, soon).kind == "retry"


def test_long_and_hostile_fields_are_taken(channel, events, hostile, soon):
    long = replace(hostile, title="告" * 3000, resource="x" * 5000, id="i" * 900)
    assert channel.send(notice_of(long), soon).kind == "sent"
    assert len(events.events[0]["payload"]["summary"]) <= 1024


def test_an_alert_without_an_account_has_a_source(channel, events, alert, soon):
    assert channel.send(notice_of(replace(alert, account_id="")), soon).kind == "sent"
    assert events.events[0]["payload"]["source"] == "Trailguard"


def test_a_drill_wakes_nobody(notice, alert, in_english):
    drill = replace(notice, alerts=(replace(alert, mode="drill"),))
    payload = event(drill, in_english(drill))["payload"]
    assert payload["severity"] == "info"
    assert payload["summary"].startswith("[DRILL]")
