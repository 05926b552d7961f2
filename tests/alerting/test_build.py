"""From what was found to what is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest

from shared.alerting.alert import Alert
from shared.alerting.build import MOST_REASONS, alert_of, reason_text, told_reasons
from shared.alerting.troubles import alert_of_failure, alert_of_problem
from shared.detection.nodes import Reason
from shared.detection.rule import Finding, Rule, RuleFailure
from shared.events.actiontrail import ACTIONTRAIL, read_event
from tests.judging import rule

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=timezone.utc)
STOPPED = replace(
    rule("stopped", {"s": {"eventName": ["StopLogging", "DeleteTrail"]}, "condition": "s"}),
    summary="{actor} called {eventName} from {address}",
    dedupe=("account_id", "requestParameters.Name"),
)
EVENT: dict[str, Any] = {
    "eventName": "StopLogging",
    "eventId": "e-1",
    "eventTime": "2026-03-01T12:00:00Z",
    "serviceName": "Actiontrail",
    "sourceIpAddress": "203.0.113.9",
    "acsRegion": "cn-hangzhou",
    "recipientAccountId": "11",
    "userIdentity": {"type": "ram-user", "userName": "mallory"},
    "requestParameters": {"Name": "audit"},
}


def alert(rule: Rule = STOPPED, **changes: Any) -> Alert:
    return alert_of(Finding(rule, read_event({**EVENT, **changes}, "p/l/0@c", NOW)), ACTIONTRAIL)


def test_an_alert_has_the_teams_own_language_where_its_rule_has_it() -> None:
    told = alert(
        replace(STOPPED, title_zh="跟踪已停止", summary_zh="{actor} 从 {address} 调用了 {eventName}")
    )
    assert (told.title_in("zh"), told.title_in("en")) == ("跟踪已停止", told.title)
    assert told.summary_in("zh") == "mallory (ram-user) 从 203.0.113.9 调用了 StopLogging"
    assert alert().summary_in("zh") == alert().summary, "English, where there is no other"


def test_an_alert_says_who_did_what_from_where_on_what_and_why_it_matched() -> None:
    told = alert()
    assert told.summary == "mallory (ram-user) called StopLogging from 203.0.113.9"
    assert (told.actor, told.action, told.address) == (
        "mallory (ram-user)",
        "Actiontrail:StopLogging",
        "203.0.113.9",
    )
    assert (told.region, told.account_id, told.event_ids) == ("cn-hangzhou", "11", ("e-1",))
    assert told.reasons == ("eventName is StopLogging",)
    assert (told.rule, told.level, told.origin, told.runbook) == (
        "stopped",
        "high",
        "p/l/0@c",
        "runbooks/x.md",
    )


def test_the_id_depends_on_account_rule_group_and_event_and_on_nothing_else() -> None:
    assert alert().id == alert(userAgent="other", eventTime="2026-03-02T00:00:00Z").id
    others = [
        alert(eventId="e-2"),
        alert(recipientAccountId="22"),
        alert(requestParameters={"Name": "other"}),
        alert(replace(STOPPED, id="another")),
    ]
    assert len({alert().id, *(other.id for other in others)}) == 5


def test_tuning_changes_no_id() -> None:
    tuned = replace(STOPPED, level="low", mode="shadow", summary="x", title="y")
    assert alert(tuned).id == alert().id


def test_reasons_are_no_more_than_can_be_read() -> None:
    wide = rule("wide", {"s": {f"requestParameters.P{n}": None for n in range(50)}, "condition": "s"})
    assert len(alert(wide).reasons) == MOST_REASONS


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (Reason("eventName is A", True, "A"), "eventName is A"),
        (Reason("eventName is A or B", True, "B", "eventName"), "eventName is B"),
        (Reason("eventName is A or B", False, "C", "eventName"), "eventName is A or B (C)"),
        (Reason("ports is 22 or 80", True, [22, "443"], "ports"), "ports is 22 or 80 (22, 443)"),
        (Reason("errorCode is ''", True, "", "errorCode"), "errorCode is ''"),
        (Reason("not (outcome is failure)", True, "success", "outcome", True), "not (outcome is failure)"),
        (Reason("not (ip in 10.0.0.0/8)", True, "8.8.8.8", "", True), "not (ip in 10.0.0.0/8): 8.8.8.8"),
        (Reason("errorCode is null", True, None), "errorCode is null"),
        (Reason("x gt 5", True, 7), "x gt 5 (7)"),
        (Reason("x is true", True, True), "x is true"),
        (Reason("x contains a", True, "a" * 500), f"x contains a ({'a' * 79}…)"),
    ],
)
def test_a_reason_shows_what_was_there_unless_it_says_so(reason: Reason, text: str) -> None:
    assert reason_text(reason) == text


def test_what_was_there_is_told_before_what_was_not_and_nothing_twice() -> None:
    reasons = [
        Reason("not (a is b)", True, "c", "a", True),
        Reason("x is y", True, "y", "x"),
        Reason("z is w", False, None, "z"),
        Reason("x is y", True, "y", "x"),
    ]
    assert told_reasons(reasons) == ("x is y", "not (a is b)")


def failure(event_time: str, error: Exception, rule: Rule = STOPPED) -> str:
    event = read_event({**EVENT, "eventTime": event_time, "eventId": event_time}, "x", NOW)
    return alert_of_failure(RuleFailure(rule, event, error)).id


def test_a_failing_rule_is_one_matter_for_each_hour_and_kind_of_error() -> None:
    first = failure("2026-03-01T12:00:00Z", ValueError("a"))
    assert failure("2026-03-01T12:59:59Z", ValueError("b")) == first
    assert failure("2026-03-01T13:00:00Z", ValueError("a")) != first
    assert failure("2026-03-01T12:00:00Z", KeyError("a")) != first
    assert failure("2026-03-01T12:00:00Z", ValueError("a"), replace(STOPPED, id="another")) != first


def test_a_broken_file_is_one_matter_for_each_day() -> None:
    first = alert_of_problem("rules/x.yml:1: broken", NOW)
    assert alert_of_problem("rules/x.yml:1: broken", NOW.replace(hour=23)).id == first.id
    assert alert_of_problem("rules/x.yml:1: broken", NOW.replace(day=2)).id != first.id
    assert alert_of_problem("rules/y.yml:1: broken", NOW).id != first.id
    assert "rules/x.yml:1: broken" in first.summary
