"""Who can list, read and write a bucket: what its ACL, its policy and the two switches come to."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from shared.audits.oss_buckets import OSS_EXPOSURE
from shared.audits.oss_exposure import Settings
from tests.audits.conftest import Audits, facts
from tests.cloud.openapi import DENIED, SERVER_ERROR, Fault
from tests.cloud.openapi.oss import Bucket, Buckets

WAYS = ("list", "read", "write")


def bucket(audits: Audits, name: str = "shop", **settings: Any) -> Bucket:
    return audits.openapi.account[Buckets].add(name, **settings)


def ways(fields: dict[str, Any]) -> tuple[Any, ...]:
    """What anybody can do: to list, to read, to write."""
    return tuple(fields[f"anybody_can_{way}"] for way in WAYS)


def allowing(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": ["*"], "Action": list(actions), "Resource": ["*"], **more}


def denying(*actions: str, **more: Any) -> dict[str, Any]:
    resource = ["acs:oss:*:1:shop", "acs:oss:*:1:shop/*"]
    return {"Effect": "Deny", "Principal": ["*"], "Action": list(actions), "Resource": resource, **more}


ONLY_A_FOLDER = ["acs:oss:*:1:shop/secret/*"]
ONLY_PLAIN_HTTP = {"Bool": {"acs:SecureTransport": "false"}}


@pytest.mark.parametrize(
    ("acl", "statements", "expected"),
    [
        ("private", [], (False, False, False)),
        ("public-read", [], ("unknown", True, False)),
        ("public-read-write", [], ("unknown", True, True)),
        ("private", [allowing("oss:GetObject")], (False, True, False)),
        ("private", [allowing("oss:ListObjects")], (True, False, False)),
        ("private", [allowing("oss:Get*", "oss:List*")], (True, True, False)),
        ("private", [allowing("oss:DeleteObject")], (False, False, True)),
        ("private", [allowing("oss:*")], (True, True, True)),
        ("public-read", [allowing("oss:ListObjects")], (True, True, False)),
        ("public-read", [denying("oss:List*")], (False, True, False)),
        ("public-read", [denying("oss:*")], (False, False, False)),
        ("public-read", [denying("oss:Get*", Resource=ONLY_A_FOLDER)], ("unknown", True, False)),
        ("public-read", [denying("oss:*", Condition=ONLY_PLAIN_HTTP)], ("unknown", True, False)),
    ],
)
def test_acl_and_policy_together(
    audits: Audits, acl: str, statements: list[dict[str, Any]], expected: tuple[Any, ...]
) -> None:
    policy = {"Version": "1", "Statement": statements} if statements else None
    bucket(audits, acl=acl, policy=policy)
    assert ways(facts(audits.look(OSS_EXPOSURE), "oss_bucket")["shop"]) == expected


@pytest.mark.parametrize("by_account", [True, False], ids=["the account", "the bucket"])
def test_where_the_public_is_blocked_nobody_can(audits: Audits, by_account: bool) -> None:
    audits.openapi.account[Buckets].block_public = by_account
    bucket(audits, acl="public-read-write", block_public=not by_account)
    events = audits.look(OSS_EXPOSURE)
    found = facts(events, "oss_bucket")["shop"]
    assert ways(found) == (False, False, False)
    assert found["why"] == ["public access is blocked", "the ACL is public-read-write"]
    account = facts(events, "oss_account")[audits.openapi.account.id]
    assert account["public_access_blocked"] is by_account


def test_a_policy_that_oss_calls_public_and_we_do_not_understand_may_let_anybody_do_anything(
    audits: Audits,
) -> None:
    odd = {"Statement": [{"Effect": "Allow", "Principal": ["1234"], "Action": ["oss:GetObject"]}]}
    bucket(audits, policy=odd, public_policy=True)
    assert ways(facts(audits.look(OSS_EXPOSURE), "oss_bucket")["shop"]) == ("unknown",) * 3


def test_each_bucket_is_asked_about_where_it_is(audits: Audits) -> None:
    audits.openapi.page_size = 2
    for number, region in enumerate(
        ("cn-hangzhou", "cn-beijing", "eu-central-1", "us-west-1", "cn-hangzhou")
    ):
        bucket(audits, f"bucket-{number}", region=region)
    events = audits.look(OSS_EXPOSURE)
    found = facts(events, "oss_bucket")
    assert [fields["region"] for fields in found.values()] == [
        "cn-hangzhou", "cn-beijing", "eu-central-1", "us-west-1", "cn-hangzhou",
    ]  # fmt: skip
    assert facts(events, "audit_run")["oss-exposure"]["complete"] is True


def test_an_account_without_buckets(audits: Audits) -> None:
    events = audits.look(OSS_EXPOSURE)
    assert facts(events, "oss_bucket") == {}
    assert facts(events, "audit_run")["oss-exposure"]["complete"] is True


@pytest.mark.parametrize(
    ("denied", "acl", "expected"),
    [
        ("GetBucketAcl", "private", ("unknown",) * 3),
        ("GetBucketPolicyStatus", "private", ("unknown",) * 3),
        ("GetBucketPolicyStatus", "public-read", ("unknown", True, "unknown")),
        ("GetBucketPublicAccessBlock", "public-read", ("unknown", "unknown", False)),
        ("GetPublicAccessBlock", "private", (False, False, False)),
        ("GetPublicAccessBlock", "public-read", ("unknown", "unknown", False)),
    ],
)
def test_what_is_refused_leaves_unknown_what_hangs_on_it(
    audits: Audits, denied: str, acl: str, expected: tuple[Any, ...]
) -> None:
    bucket(audits, acl=acl)
    audits.openapi.fail(denied, DENIED)
    events = audits.look(OSS_EXPOSURE)
    assert ways(facts(events, "oss_bucket")["shop"]) == expected
    run = facts(events, "audit_run")["oss-exposure"]
    assert (run["complete"], run["missing"]) == (False, [f"oss:{denied}: NoPermission"])


def test_a_refusal_for_one_bucket_leaves_the_others(audits: Audits) -> None:
    bucket(audits)
    bucket(audits, "site", acl="public-read")
    audits.openapi.fail("GetBucketAcl", SERVER_ERROR, bucket="shop")
    events = audits.look(OSS_EXPOSURE)
    assert facts(events, "oss_bucket")["site"]["anybody_can_read"] is True
    assert set(facts(events, "unknown")) == {"oss_bucket shop"}


def test_throttling_passes(audits: Audits) -> None:
    bucket(audits)
    audits.openapi.fail("GetBucketAcl", Fault("QpsLimitExceeded", 503), times=2)
    assert facts(audits.look(OSS_EXPOSURE), "audit_run")["oss-exposure"]["complete"] is True


def test_a_bucket_that_is_deleted_is_gone_and_one_that_cannot_be_listed_is_not(audits: Audits) -> None:
    bucket(audits)
    bucket(audits, "site")
    audits.look(OSS_EXPOSURE)
    del audits.openapi.account[Buckets].buckets["site"]
    audits.openapi.fail("ListBuckets", DENIED, times=1)
    assert facts(audits.look(OSS_EXPOSURE), "oss_bucket") == {}
    assert facts(audits.look(OSS_EXPOSURE), "oss_bucket")["site"]["exists"] is False


def test_it_goes_on_where_its_time_was_up(audits: Audits) -> None:
    for name in ("archive", "backup", "shop"):
        bucket(audits, name)
    audits.time_is_up_after = 3  # the account, and two buckets
    assert set(facts(audits.look(OSS_EXPOSURE), "oss_bucket")) == {"archive", "backup"}
    audits.time_is_up_after = None
    assert set(facts(audits.look(OSS_EXPOSURE), "oss_bucket")) == {"shop"}


def test_what_was_known_in_part_when_time_was_up_is_asked_for_again(audits: Audits) -> None:
    for name in ("archive", "shop"):
        bucket(audits, name)
    audits.openapi.fail("GetBucketAcl", DENIED, bucket="archive")
    audits.time_is_up_after = 2  # the account, and one bucket
    assert set(facts(audits.look(OSS_EXPOSURE), "oss_bucket")) == {"archive"}
    audits.time_is_up_after = None
    events = audits.look(OSS_EXPOSURE)
    assert set(facts(events, "oss_bucket")) == {"archive", "shop"}
    assert facts(events, "audit_run")["oss-exposure"]["complete"] is False


POLICIES: list[tuple[bool | None, tuple[str, ...] | None]] = [
    (None, None),
    (False, ()),
    (True, None),
    (True, ("oss:getobject",)),
    (True, ("oss:list*",)),
    (True, ("oss:*",)),
]
"""Whether OSS calls the policy public, and what it lets anyone do."""


def completions(settings: Settings) -> Iterator[Settings]:
    """Everything that may be so, where some of it is unknown."""
    acls = [settings.acl] if settings.acl else ["private", "public-read", "public-read-write"]
    blocks = [True, False] if settings.blocked is None else [settings.blocked]
    given = (settings.policy_public, settings.allowed)
    policies = [p for p in POLICIES[1:] if p[1] is not None and given[0] in (None, p[0])]
    policies = policies if given[1] is None else [given]
    for acl, (public, allowed), blocked in product(acls, policies, blocks):
        yield Settings(acl, public, allowed, settings.denied, blocked)


@pytest.mark.parametrize("denied", [(), ("oss:list*",), ("oss:*",)])
def test_what_is_said_for_sure_holds_whatever_the_unknown_may_be(denied: tuple[str, ...]) -> None:
    acls = [None, "private", "public-read", "public-read-write"]
    for acl, (public, allowed), blocked in product(acls, POLICIES, [None, True, False]):
        settings = Settings(acl, public, allowed, denied, blocked)
        for way in WAYS:
            said = settings.lets_anybody(way)
            if said is not None:
                assert {each.lets_anybody(way) for each in completions(settings)} == {said}, (settings, way)
