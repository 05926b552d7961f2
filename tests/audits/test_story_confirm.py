"""The trail says that a bucket was opened; a look at the live account decides how loud it is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.audits.conftest import Audits
from tests.audits.team import Team
from tests.cloud.openapi import BROKEN, DENIED, SERVER_ERROR, Fault
from tests.cloud.openapi.oss import Bucket, Buckets

WRITE = "public-read-write"
ANYBODY = {
    "Effect": "Allow",
    "Principal": ["*"],
    "Action": ["oss:GetObject"],
    "Resource": ["acs:oss:*:*:shop/*"],
}
POLICY = {"Version": "1", "Statement": [ANYBODY]}

openings = pytest.mark.parametrize(
    ("rule", "name", "parameters", "settings", "level"),
    [
        ("oss-public-read", "PutBucketAcl", {"x-oss-acl": "public-read"}, {"acl": "public-read"}, "high"),
        ("oss-public-write", "PutBucketAcl", {"x-oss-acl": WRITE}, {"acl": WRITE}, "critical"),
        (
            "oss-policy-public",
            "PutBucketPolicy",
            {"policy": json.dumps(POLICY)},
            {"policy": POLICY},
            "critical",
        ),
    ],
)
"""How a bucket is opened: what the trail says, and what is set on it."""


@pytest.fixture
def team(audits: Audits) -> Team:
    """An account with a private bucket."""
    audits.openapi.account[Buckets].add("shop")
    return Team(audits, ())


def bucket(team: Team) -> Bucket:
    return team.audits.openapi.account[Buckets].buckets["shop"]


def opened(team: Team, name: str = "PutBucketAcl", **parameters: str) -> None:
    team.trail("Oss", name, bucketName="shop", **(parameters or {"x-oss-acl": "public-read"}))


@openings
def test_it_is_open_still(
    team: Team, rule: str, name: str, parameters: dict[str, str], settings: dict[str, Any], level: str
) -> None:
    for setting, value in settings.items():
        setattr(bucket(team), setting, value)
    opened(team, name, **parameters)
    told = team.last(rule)
    assert told.level == level
    assert told.confirmation.startswith("confirmed: anybody can read")


@openings
def test_it_is_shut_again(
    team: Team, rule: str, name: str, parameters: dict[str, str], settings: dict[str, Any], level: str
) -> None:
    opened(team, name, **parameters)
    told = team.last(rule)
    assert (told.level, told.confirmation) == ("low", "refuted: the bucket shop is not public")


def test_the_account_lets_nobody_in_whatever_the_bucket_says(team: Team) -> None:
    bucket(team).acl = "public-read"
    team.audits.openapi.account[Buckets].block_public = True
    opened(team)
    assert team.last("oss-public-read").level == "low"


@pytest.mark.parametrize("fault", [DENIED, SERVER_ERROR, BROKEN], ids=["denied", "down", "garbage"])
def test_nobody_can_look(team: Team, fault: Fault) -> None:
    """The alert goes out as loud as the rule has it, and says that nobody has seen it."""
    team.audits.openapi.fail("*", fault)
    opened(team)
    told = team.last("oss-public-read")
    assert told.level == "high"
    assert told.confirmation.startswith("unconfirmed: ")


def test_a_part_of_it_cannot_be_seen(team: Team) -> None:
    """What is seen is private; what is not might be open: that is no refutation."""
    team.audits.openapi.fail("GetBucketPolicyStatus", DENIED)
    team.audits.openapi.fail("GetBucketPolicy", DENIED)
    opened(team)
    told = team.last("oss-public-read")
    assert (told.level, told.confirmation.partition(":")[0]) == ("high", "unconfirmed")


def test_the_bucket_is_gone(team: Team) -> None:
    """It may stand in another account by now: whether it was open, nobody can say."""
    team.audits.openapi.account[Buckets].buckets.clear()
    opened(team)
    told = team.last("oss-public-read")
    assert (told.level, told.confirmation) == ("high", "unconfirmed: oss:GetBucketAcl failed: NoSuchBucket")
