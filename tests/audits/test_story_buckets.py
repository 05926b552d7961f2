"""The chapter on buckets, end to end: opened in the trail, found open by the audit, shut, told as over."""

from __future__ import annotations

from typing import Any

import pytest

from shared.audits.oss_buckets import OSS_EXPOSURE
from shared.audits.trail import TRAIL, TRAIL_BUCKETS
from tests.audits.conftest import Audits
from tests.audits.team import Team
from tests.cloud.openapi import DENIED
from tests.cloud.openapi.oss import Bucket, Buckets
from tests.cloud.openapi.products.actiontrail import Trails

PROJECT = "acs:log:cn-hangzhou:1234567890123456:project/audit-logs"


@pytest.fixture
def team(audits: Audits) -> Team:
    """An account with a trail and a private bucket, where the public is not blocked, as was heard."""
    audits.openapi.account[Trails].add("everything", project_arn=PROJECT)
    audits.openapi.account[Buckets].add("shop", region="cn-beijing")
    team = Team(audits, (OSS_EXPOSURE, TRAIL, TRAIL_BUCKETS))
    assert team.audit() == [("oss-account-lets-public-in", "standing")]
    return team


def bucket(team: Team, name: str = "shop") -> Bucket:
    return team.audits.openapi.account[Buckets].buckets[name]


def says(team: Team, rule: str) -> str:
    """The last that a rule told."""
    return next(alert.summary for alert in reversed(team.heard) if alert.rule == rule)


def test_a_bucket_is_opened_by_its_acl_and_shut_again(team: Team) -> None:
    bucket(team).acl = "public-read"
    heard = team.trail("Oss", "PutBucketAcl", bucketName="shop", **{"x-oss-acl": "public-read"})
    assert ("oss-public-read", "happened") in heard
    assert team.audit() == [("oss-anybody-reads", "standing")]
    said = says(team, "oss-anybody-reads")
    assert said == "Anybody can read bucket shop (cn-beijing): the ACL is public-read"
    assert team.audit() == [], "what stands is told once"

    bucket(team).acl = "private"
    assert team.audit() == [("oss-anybody-reads", "resolved")]
    assert team.audit() == []


def test_a_bucket_is_opened_by_its_policy_for_writing_too(team: Team) -> None:
    everything = {
        "Effect": "Allow",
        "Principal": ["*"],
        "Action": ["oss:*"],
        "Resource": ["acs:oss:*:*:shop/*"],
    }
    bucket(team).policy = {"Version": "1", "Statement": [everything]}
    assert team.audit() == [
        ("oss-anybody-lists", "standing"),
        ("oss-anybody-reads", "standing"),
        ("oss-anybody-writes", "standing"),
        ("oss-policy-grants-public", "standing"),
    ]
    assert {alert.rule: alert.level for alert in team.heard}["oss-anybody-writes"] == "critical"
    bucket(team).policy = None
    assert {status for _, status in team.audit()} == {"resolved"}


@pytest.mark.parametrize("refused", ["GetBucketAcl", "GetPublicAccessBlock", "ListBuckets"])
def test_what_cannot_be_seen_is_neither_told_as_over_nor_as_new(team: Team, refused: str) -> None:
    bucket(team).acl = "public-read"
    team.audit()
    team.audits.openapi.fail(refused, DENIED)
    heard = team.audit()
    assert {rule for rule, _ in heard} == {"audit-incomplete"}
    assert team.audit() == []
    team.audits.openapi.mend()
    assert {rule for rule, _ in team.audit()} == {"audit-incomplete"}, "it stood all the time"
    bucket(team).acl = "private"
    assert team.audit() == [("oss-anybody-reads", "resolved")]


def test_one_switch_for_the_account_shuts_everything(team: Team) -> None:
    bucket(team).acl = "public-read-write"
    team.audit()
    team.audits.openapi.account[Buckets].block_public = True
    assert team.audit() == [
        ("oss-account-lets-public-in", "resolved"),
        ("oss-anybody-reads", "resolved"),
        ("oss-anybody-writes", "resolved"),
    ]


def test_a_bucket_that_is_deleted_is_over(team: Team) -> None:
    bucket(team).acl = "public-read"
    team.audit()
    del team.audits.openapi.account[Buckets].buckets["shop"]
    assert team.audit() == [("oss-anybody-reads", "resolved")]


def test_the_trails_own_bucket(team: Team) -> None:
    trails, buckets = team.audits.openapi.account[Trails].trails, team.audits.openapi.account[Buckets]
    trails["everything"].bucket = "archive"
    buckets.add("archive", acl="public-read")
    heard = team.audit()
    assert ("trail-bucket-public", "standing") in heard and ("oss-anybody-reads", "standing") in heard
    said = says(team, "trail-bucket-public")
    assert said == "Anybody can read bucket archive, which trail everything fills: the ACL is public-read"
    buckets.buckets["archive"].acl = "private"
    assert team.audit() == [("oss-anybody-reads", "resolved"), ("trail-bucket-public", "resolved")]


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        ({"state": "Disable"}, ["trail-none-on", "trail-off"]),
        ({"events": "Write"}, ["trail-none-complete"]),
        ({"status": {"SlsLogStoreStatus": False, "StartLoggingTime": "2026-11-01T00:00:00Z"}},
         ["trail-not-delivering"]),
    ],
    ids=["stopped", "narrowed", "its logstore is gone"],
)  # fmt: skip
def test_the_trail_itself(team: Team, change: dict[str, Any], rules: list[str]) -> None:
    trail = team.audits.openapi.account[Trails].trails["everything"]
    before = {name: getattr(trail, name) for name in change}
    for name, value in change.items():
        setattr(trail, name, value)
    assert team.audit() == [(rule, "standing") for rule in rules]
    assert team.audit() == []
    for name, value in before.items():
        setattr(trail, name, value)
    if "status" in change:
        trail.status = {
            "SlsLogStoreStatus": True,
            "LatestDeliveryLogServiceTime": f"{team.audits.now:%FT%TZ}",
        }
    assert team.audit() == [(rule, "resolved") for rule in rules]
