"""The chapter on ActionTrail and logs, end to end: stopped in the trail, found off, started, told as over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.audits.trail import TRAIL
from shared.audits.vpc_flow_logs import VPC_FLOW_LOGS
from tests.audits.conftest import Audits
from tests.audits.team import Team
from tests.cloud.openapi import DENIED
from tests.cloud.openapi.products.actiontrail import Trail, Trails
from tests.cloud.openapi.products.vpc import Vpcs

PROJECT = "acs:log:cn-hangzhou:1234567890123456:project/audit-logs"


@pytest.fixture
def team(audits: Audits) -> Team:
    """An account with a trail for everything that delivers, and a network that keeps a flow log."""
    audits.openapi.account[Trails].add("everything", project_arn=PROJECT)
    audits.openapi.account[Vpcs].vpc("vpc-1")
    audits.openapi.account[Vpcs].flow_log("fl-1", "vpc-1")
    team = Team(audits, (TRAIL, VPC_FLOW_LOGS))
    deliver(team)
    assert team.audit() == []
    return team


def trail(team: Team) -> Trail:
    return team.audits.openapi.account[Trails].trails["everything"]


def deliver(team: Team) -> None:
    """The trail delivers now."""
    trail(team).status = {"LatestDeliveryLogServiceTime": f"{team.audits.now:%Y-%m-%dT%H:%M:%SZ}"}


def stop(team: Team) -> None:
    heard = team.trail("Actiontrail", "StopLogging", Name="everything")
    assert ("actiontrail-stopped-or-deleted", "happened") in heard
    assert team.last("actiontrail-stopped-or-deleted").level == "critical"
    trail(team).state = "Disable"


def test_the_trail_is_stopped_found_off_and_started(team: Team) -> None:
    stop(team)
    assert team.audit() == [("trail-none-on", "standing"), ("trail-off", "standing")]
    assert team.last("trail-none-on").level == "critical"
    assert team.audit() == [], "what stands is told once"

    trail(team).state = "Enable"
    deliver(team)
    started = team.trail("Actiontrail", "StartLogging", Name="everything")
    assert ("actiontrail-created-or-started", "happened") in started
    assert team.audit() == [("trail-none-on", "resolved"), ("trail-off", "resolved")]
    assert team.audit() == []


def test_the_trail_is_deleted(team: Team) -> None:
    heard = team.trail("Actiontrail", "DeleteTrail", Name="everything")
    assert ("actiontrail-stopped-or-deleted", "happened") in heard
    gone = team.audits.openapi.account[Trails].trails.pop("everything")
    assert team.audit() == [("trail-none-on", "standing")]
    team.audits.openapi.account[Trails].trails["everything"] = gone
    deliver(team)
    assert team.audit() == [("trail-none-on", "resolved")]


def test_the_trail_is_narrowed(team: Team) -> None:
    heard = team.trail("Actiontrail", "UpdateTrail", Name="everything", EventRW="Write")
    assert ("actiontrail-redirected-or-narrowed", "happened") in heard
    trail(team).events = "Write"
    assert team.audit() == [("trail-none-complete", "standing")]
    trail(team).state = "Disable"
    assert team.audit() == [("trail-none-on", "standing"), ("trail-off", "standing")], "it is not over"
    trail(team).state, trail(team).events = "Enable", "All"
    deliver(team)
    assert {told for told in team.audit() if told[1] == "resolved"} == {
        ("trail-none-complete", "resolved"),
        ("trail-none-on", "resolved"),
        ("trail-off", "resolved"),
    }


def test_the_trail_delivers_no_more(team: Team) -> None:
    team.audits.now += timedelta(hours=26)
    assert team.audit() == [("trail-not-delivering", "standing")]
    team.audits.now += timedelta(days=1)
    assert team.audit() == []
    deliver(team)
    assert team.audit() == [("trail-not-delivering", "resolved")]


@pytest.mark.parametrize("refused", ["DescribeTrails", "GetTrailStatus"])
def test_what_cannot_be_seen_is_neither_on_nor_off(team: Team, refused: str) -> None:
    stop(team)
    team.audit()
    team.audits.openapi.fail(refused, DENIED)
    first = team.audit()
    assert {rule for rule, _ in first} == {"audit-incomplete"}
    trail(team).state = "Enable"
    deliver(team)
    second = team.audit()
    assert ("trail-off", "resolved") not in second, "its own state is not seen"
    team.audits.openapi.mend()
    third = team.audit()
    over = sorted(told for told in second + third if told[0] != "audit-incomplete")
    assert over == [("trail-none-on", "resolved"), ("trail-off", "resolved")]


def test_a_flow_log_is_stopped_and_started(team: Team) -> None:
    logs = team.audits.openapi.account[Vpcs].flow_logs
    heard = team.trail("Vpc", "DeactiveFlowLog", FlowLogId="fl-1")
    assert ("vpc-flow-log-stopped", "happened") in heard
    logs[0][1]["Status"] = "Inactive"
    assert team.audit() == [("logs-no-vpc-flow-log", "standing")]

    team.audits.openapi.fail("DescribeFlowLogs", DENIED)
    assert team.audit() == [("audit-incomplete", "standing")]
    team.audits.openapi.mend()
    logs[0][1]["Status"] = "Active"
    assert team.audit() == [("audit-incomplete", "resolved"), ("logs-no-vpc-flow-log", "resolved")]
