"""What else is set on buckets. A setting that is not there is an answer."""

from __future__ import annotations

from typing import Any

from shared.audits.oss_buckets import OSS_SETTINGS
from tests.audits.conftest import Audits, facts
from tests.cloud.openapi import BROKEN, DENIED
from tests.cloud.openapi.oss import Buckets

KINDS = ("oss_bucket_logging", "oss_bucket_encryption", "oss_bucket_versioning")
FIELDS = ("target", "algorithm", "versioning")


def settings(audits: Audits, name: str) -> tuple[Any, ...]:
    """Where a bucket logs to, how it encrypts, whether it keeps versions."""
    events = audits.look(OSS_SETTINGS)
    return tuple(facts(events, kind)[name][field] for kind, field in zip(KINDS, FIELDS, strict=True))


def test_a_bucket_with_everything(audits: Audits) -> None:
    audits.openapi.account[Buckets].add(
        "shop", region="cn-beijing", logging_to="logs", encryption="KMS", versioning="Enabled"
    )
    assert settings(audits, "shop") == ("logs", "KMS", "Enabled")


def test_a_bucket_with_nothing_is_no_unknown(audits: Audits) -> None:
    audits.openapi.account[Buckets].add("shop")
    assert settings(audits, "shop") == ("", "", "")
    assert facts(audits.look(OSS_SETTINGS), "audit_run")["oss-settings"]["complete"] is True


def test_one_permission_too_few_hides_one_setting_alone(audits: Audits) -> None:
    audits.openapi.account[Buckets].add("shop", encryption="AES256")
    audits.openapi.fail("GetBucketLogging", DENIED)
    audits.openapi.fail("GetBucketVersioning", BROKEN)
    events = audits.look(OSS_SETTINGS)
    assert facts(events, "oss_bucket_encryption")["shop"]["algorithm"] == "AES256"
    assert facts(events, "oss_bucket_logging") == facts(events, "oss_bucket_versioning") == {}
    unknown = facts(events, "unknown")
    assert unknown["oss_bucket_logging shop"]["error"] == "NoPermission"
    assert unknown["oss_bucket_versioning shop"]["error"] == "BadResponse"


def test_every_page_of_buckets_and_the_one_that_goes(audits: Audits) -> None:
    audits.openapi.page_size = 2
    for number in range(5):
        audits.openapi.account[Buckets].add(f"bucket-{number}")
    assert len(facts(audits.look(OSS_SETTINGS), "oss_bucket_logging")) == 5
    del audits.openapi.account[Buckets].buckets["bucket-4"]
    gone = facts(audits.look(OSS_SETTINGS), "oss_bucket_encryption")["bucket-4"]
    assert gone["exists"] is False
