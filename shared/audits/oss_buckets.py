"""OSS: who can reach each bucket, and what is set on it. One listing has the buckets of all regions.

"List of operations by function", https://www.alibabacloud.com/help/en/oss/developer-reference/
list-of-operations-by-function. A bucket without a setting is answered with an error that says so; that is an
answer, and not unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from shared.audits.collector import (
    DAY,
    HOUR,
    Collector,
    Fact,
    Fields,
    Inquiry,
    Told,
    Unanswered,
    Unknown,
)
from shared.audits.oss_exposure import EXPOSURE_APIS, Truth, account_blocked, settings_of
from shared.cloud.openapi import Api
from shared.cloud.oss import GET_BUCKET_ENCRYPTION, GET_BUCKET_LOGGING, GET_BUCKET_VERSIONING, LIST_BUCKETS

NO_ENCRYPTION = "NoSuchServerSideEncryptionRule"

Bucket = Mapping[str, Any]


def collect_exposure(ask: Inquiry) -> Iterator[Told]:
    """The account's own switch, and each bucket. What could not be found out of a bucket follows it."""
    account = ask.about("oss_account", ask.account_id, partial(_account, ask))
    yield account
    shut = account.fields["public_access_blocked"] if isinstance(account, Fact) else None
    missed: list[Unknown] = []
    for each in ask.each("oss_bucket", _buckets(ask), "Name", partial(_exposure, ask, shut, missed)):
        yield each
        yield from missed
        missed.clear()


def collect_settings(ask: Inquiry) -> Iterator[Told]:
    """What else is set on each bucket."""
    yield from ask.each("oss_bucket_logging", _buckets(ask), "Name", partial(_logging, ask))
    yield from ask.each("oss_bucket_encryption", _buckets(ask), "Name", partial(_encryption, ask))
    yield from ask.each("oss_bucket_versioning", _buckets(ask), "Name", partial(_versioning, ask))


def _buckets(ask: Inquiry) -> Iterator[dict[str, Any]]:
    return ask.items(LIST_BUCKETS, "Buckets")


def _account(ask: Inquiry) -> Fields:
    return {"public_access_blocked": account_blocked(ask)}


def _exposure(ask: Inquiry, shut: Truth, missed: list[Unknown], bucket: Bucket) -> Fields:
    settings, unknown = settings_of(ask, "oss_bucket", bucket["Name"], bucket["Region"], shut)
    missed += unknown
    return {"region": bucket["Region"], **settings.fields}


def _logging(ask: Inquiry, bucket: Bucket) -> Fields:
    enabled = _read(ask, GET_BUCKET_LOGGING, bucket).get("LoggingEnabled") or {}
    return {"region": bucket["Region"], "target": enabled.get("TargetBucket", "")}


def _encryption(ask: Inquiry, bucket: Bucket) -> Fields:
    try:
        rule = _read(ask, GET_BUCKET_ENCRYPTION, bucket)["ApplyServerSideEncryptionByDefault"]
    except Unanswered as error:
        if error.error != NO_ENCRYPTION:
            raise
        rule = {"SSEAlgorithm": ""}
    return {"region": bucket["Region"], "algorithm": rule["SSEAlgorithm"]}


def _versioning(ask: Inquiry, bucket: Bucket) -> Fields:
    """Status is left out for a bucket that never had versions ("GetBucketVersioning")."""
    status = _read(ask, GET_BUCKET_VERSIONING, bucket).get("Status", "")
    return {"region": bucket["Region"], "versioning": status}


def _read(ask: Inquiry, api: Api, bucket: Bucket) -> dict[str, Any]:
    return ask.call(api, region=bucket["Region"], bucket=bucket["Name"])


OSS_EXPOSURE = Collector(
    name="oss-exposure",
    area="oss",
    every=HOUR,
    scope="global",
    kinds=("oss_account", "oss_bucket"),
    apis=(LIST_BUCKETS, *EXPOSURE_APIS),
    collect=collect_exposure,
)

OSS_SETTINGS = Collector(
    name="oss-settings",
    area="oss",
    every=DAY,
    scope="global",
    kinds=("oss_bucket_logging", "oss_bucket_encryption", "oss_bucket_versioning"),
    apis=(LIST_BUCKETS, GET_BUCKET_LOGGING, GET_BUCKET_ENCRYPTION, GET_BUCKET_VERSIONING),
    collect=collect_settings,
)
