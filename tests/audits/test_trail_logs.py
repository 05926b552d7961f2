"""How long the logs of trails are kept."""

from __future__ import annotations

import pytest

from shared.audits.trail_logs import TRAIL_LOGS
from tests.audits.conftest import Audits, facts
from tests.audits.team import Team
from tests.cloud.openapi import DENIED
from tests.cloud.openapi.products.actiontrail import Trails
from tests.cloud.sls import Fault, LocalSls

HOME = "acs:log:cn-hangzhou:1234567890123456:project/audit-logs"
LOGSTORE = "audit-logs/actiontrail_everything"


@pytest.fixture
def team(audits: Audits, local_sls: LocalSls) -> Team:
    """An account whose one trail keeps its logs for as long as a new logstore does: 30 days."""
    audits.openapi.account[Trails].add("everything", project_arn=HOME)
    local_sls.create("audit-logs", "actiontrail_everything")
    return Team(audits, (TRAIL_LOGS,))


def test_the_days_of_each_trails_logstore(team: Team) -> None:
    found = facts(team.audits.look(TRAIL_LOGS), "trail_logs")
    assert {name: (fields["days"], fields["trail"]) for name, fields in found.items()} == {
        LOGSTORE: (30, "everything")
    }


def test_trails_without_a_project_and_those_to_another_account_are_left_out(audits: Audits) -> None:
    audits.openapi.account[Trails].add("to-a-bucket", bucket="archive")
    audits.openapi.account[Trails].add("of-all-accounts", project_arn=HOME.replace("1234567890123456", "99"))
    events = audits.look(TRAIL_LOGS)
    assert facts(events, "trail_logs") == {}
    assert facts(events, "audit_run")["trail-logs"]["complete"] is True


def test_a_logstore_that_is_not_there_is_unknown(team: Team) -> None:
    team.audits.openapi.account[Trails].add("elsewhere", project_arn=HOME)
    events = team.audits.look(TRAIL_LOGS)
    assert set(facts(events, "trail_logs")) == {LOGSTORE}
    missing = facts(events, "unknown")["trail_logs audit-logs/actiontrail_elsewhere"]
    assert (missing["api"], missing["error"]) == ("log:GetLogStore", "LogStoreNotExist")


def test_log_service_that_fails_for_a_moment_is_asked_again(team: Team, local_sls: LocalSls) -> None:
    local_sls.inject(Fault.SERVER_ERROR, times=1, on="GetLogStore")
    assert set(facts(team.audits.look(TRAIL_LOGS), "trail_logs")) == {LOGSTORE}


def test_told_once_and_as_over_when_they_are_kept_for_a_year(team: Team, local_sls: LocalSls) -> None:
    assert team.audit() == [("trail-logs-kept-short", "standing")]
    said = team.heard[-1].summary
    assert said == f"The logs of trail everything are kept for 30 days in {LOGSTORE} (cn-hangzhou)"
    assert team.audit() == []
    team.audits.openapi.fail("DescribeTrails", DENIED)
    assert {rule for rule, _ in team.audit()} == {"audit-incomplete"}
    team.audits.openapi.mend()
    team.audit()
    local_sls.retain("audit-logs", "actiontrail_everything", 365)
    assert team.audit() == [("trail-logs-kept-short", "resolved")]
