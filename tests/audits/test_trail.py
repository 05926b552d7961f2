"""Trails: what each records and delivers now, whether one records everything, whether its bucket is shut."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.audits.trail import TRAIL, TRAIL_BUCKETS
from tests.audits.conftest import START, Audits, facts
from tests.cloud.openapi import DENIED, SERVER_ERROR, THROTTLED
from tests.cloud.openapi.oss import Bucket, Buckets
from tests.cloud.openapi.products.actiontrail import Trail, Trails

PROJECT = "acs:log:cn-hangzhou:1234567890123456:project/audit-logs"


def ago(**span: float) -> str:
    """A moment before the first look, as the API writes it."""
    return f"{START - timedelta(**span):%Y-%m-%dT%H:%M:%SZ}"


def trail(audits: Audits, name: str = "everything", **settings: object) -> Trail:
    return audits.openapi.account[Trails].add(name, **settings)


def test_a_trail_that_records_everything_covers_the_account(audits: Audits) -> None:
    trail(audits, project_arn=PROJECT, status={"LatestDeliveryLogServiceTime": ago(minutes=6)})
    events = audits.look(TRAIL)
    found = facts(events, "trail")["everything"]
    assert found["complete"] is True
    assert (found["project"], found["bucket"]) == ("audit-logs", "")
    assert found["silent_hours"] == 0.1
    coverage = facts(events, "trail_coverage")[audits.openapi.account.id]
    assert (coverage["covered"], coverage["complete"]) == (True, ["everything"])


@pytest.mark.parametrize(
    "settings",
    [{"regions": "cn-hangzhou"}, {"events": "Write"}, {"state": "Disable"}, {"state": "Fresh"}],
    ids=["one region", "writes alone", "off", "never on"],
)
def test_one_that_lacks_something_does_not(audits: Audits, settings: dict[str, str]) -> None:
    trail(audits, **settings)
    events = audits.look(TRAIL)
    assert facts(events, "trail")["everything"]["complete"] is False
    assert facts(events, "trail_coverage")[audits.openapi.account.id]["covered"] is False


def test_an_account_without_trails_is_not_covered(audits: Audits) -> None:
    events = audits.look(TRAIL)
    assert facts(events, "trail") == {}
    coverage = facts(events, "trail_coverage")[audits.openapi.account.id]
    assert (coverage["trails"], coverage["covered"]) == (0, False)
    assert facts(events, "audit_run")["trails"]["complete"] is True


def test_trails_of_other_regions_and_of_the_organization_count(audits: Audits) -> None:
    trail(audits, "from-singapore", home="ap-southeast-1")
    trail(audits, "of-all-accounts", organization=True)
    events = audits.look(TRAIL)
    assert facts(events, "trail")["from-singapore"]["home"] == "ap-southeast-1"
    assert facts(events, "trail")["of-all-accounts"]["organization"] is True
    assert facts(events, "audit_run")["trails"]["complete"] is True


def test_the_slower_of_two_targets_counts(audits: Audits) -> None:
    delivered = {"LatestDeliveryTime": ago(hours=30), "LatestDeliveryLogServiceTime": ago(minutes=1)}
    error = {"LatestDeliveryError": "NoSuchBucket"}
    trail(audits, bucket="trail-archive", project_arn=PROJECT, status={**delivered, **error})
    found = facts(audits.look(TRAIL), "trail")["everything"]
    assert (found["silent_hours"], found["error"]) == (30.0, "NoSuchBucket")
    assert found["last_delivery"] == f"{START - timedelta(hours=30):%Y-%m-%dT%H:%M:%S+00:00}"


def test_milliseconds_are_a_time_too(audits: Audits) -> None:
    told = str(int((START - timedelta(hours=2)).timestamp() * 1000))
    trail(audits, bucket="trail-archive", status={"LatestDeliveryTime": told})
    assert facts(audits.look(TRAIL), "trail")["everything"]["silent_hours"] == 2.0


def test_a_trail_that_never_delivered_is_silent_since_it_was_switched_on(audits: Audits) -> None:
    trail(audits, project_arn=PROJECT, status={"StartLoggingTime": ago(hours=48)})
    trail(audits, "untold", project_arn=PROJECT)
    found = facts(audits.look(TRAIL), "trail")
    assert (found["everything"]["silent_hours"], found["everything"]["last_delivery"]) == (48.0, "")
    assert "silent_hours" not in found["untold"]


def test_a_target_that_is_gone_is_named(audits: Audits) -> None:
    trail(
        audits,
        bucket="gone",
        project_arn=PROJECT,
        status={"OssBucketStatus": False, "SlsLogStoreStatus": True},
    )
    assert facts(audits.look(TRAIL), "trail")["everything"]["targets_gone"] == ["bucket"]


def test_what_is_refused_is_unknown_and_not_a_pass(audits: Audits) -> None:
    trail(audits)
    audits.look(TRAIL)
    audits.openapi.fail("DescribeTrails", DENIED)
    events = audits.look(TRAIL)
    assert facts(events, "trail") == facts(events, "trail_coverage") == {}
    assert set(facts(events, "unknown")) == {"trail", f"trail_coverage {audits.openapi.account.id}"}
    audits.openapi.mend()
    audits.openapi.account[Trails].trails.clear()
    assert facts(audits.look(TRAIL), "trail")["everything"]["exists"] is False


def test_a_status_that_fails_hides_one_trail_alone(audits: Audits) -> None:
    trail(audits, "first-trail")
    trail(audits, "second-trail")
    audits.openapi.fail("GetTrailStatus", SERVER_ERROR, Name="first-trail")
    events = audits.look(TRAIL)
    assert set(facts(events, "trail")) == {"second-trail"}
    assert facts(events, "unknown")["trail first-trail"]["api"] == "actiontrail:GetTrailStatus"


def test_throttling_passes(audits: Audits) -> None:
    trail(audits)
    audits.openapi.fail("GetTrailStatus", THROTTLED, times=2)
    assert facts(audits.look(TRAIL), "audit_run")["trails"]["complete"] is True


def bucket(audits: Audits, **settings: object) -> Bucket:
    trail(audits, "first-trail", bucket="archive", bucket_region="cn-beijing")
    trail(audits, "second-trail", bucket="archive", bucket_region="cn-beijing")
    return audits.openapi.account[Buckets].add("archive", region="cn-beijing", **settings)


def test_the_bucket_of_trails_is_looked_at_once_where_it_is(audits: Audits) -> None:
    bucket(audits)
    found = facts(audits.look(TRAIL_BUCKETS), "trail_bucket")["archive"]
    assert (found["public"], found["trails"]) == (False, ["first-trail", "second-trail"])


def test_a_public_bucket_of_a_trail_is_told(audits: Audits) -> None:
    bucket(audits, acl="public-read")
    found = facts(audits.look(TRAIL_BUCKETS), "trail_bucket")["archive"]
    assert (found["public"], found["ways"], found["why"]) == (True, ["read"], ["the ACL is public-read"])


def test_a_bucket_of_another_account_is_unknown(audits: Audits) -> None:
    bucket(audits)
    audits.openapi.account[Buckets].buckets.clear()
    events = audits.look(TRAIL_BUCKETS)
    assert facts(events, "trail_bucket") == {}
    assert facts(events, "unknown")["trail_bucket archive"]["error"] == "NoSuchBucket"
