"""KMS keys of the account's own."""

from __future__ import annotations

from shared.audits.kms_keys import KMS_KEYS
from tests.audits.conftest import Audits, facts
from tests.cloud.openapi import DENIED, THROTTLED
from tests.cloud.openapi.products.kms import Kms


def test_keys_are_told_those_of_services_are_not(audits: Audits) -> None:
    kms = audits.openapi.account[Kms]
    audits.openapi.page_size = 2
    kms.key("key-1", Description="payments")
    kms.key("key-2", "PendingDeletion", DeleteDate="2026-12-01T00:00:00Z", AutomaticRotation="Suspended")
    kms.key("key-3", KeySpec="RSA_2048", AutomaticRotation=None, DeletionProtection=None)
    kms.service_key("key-of-oss")
    told = facts(audits.look(KMS_KEYS), "kms_key")
    assert set(told) == {"key-1", "key-2", "key-3"}
    assert {
        key: told["key-1"][key] for key in ("description", "state", "rotation", "deletion_protection")
    } == {
        "description": "payments",
        "state": "Enabled",
        "rotation": "Enabled",
        "deletion_protection": "Enabled",
    }
    assert told["key-2"]["deletes_at"] == "2026-12-01T00:00:00Z"
    assert told["key-2"]["rotation"] == "Suspended"
    assert "deletes_at" not in told["key-1"]
    assert not {"rotation", "deletion_protection"} & set(told["key-3"]), "what is not told is not stated"


def test_an_empty_account(audits: Audits) -> None:
    events = audits.look(KMS_KEYS)
    assert facts(events, "kms_key") == {}
    assert facts(events, "audit_run")["kms-keys"]["complete"] is True


def test_a_key_that_may_not_be_described_is_unknown(audits: Audits) -> None:
    kms = audits.openapi.account[Kms]
    kms.key("key-1")
    kms.key("key-2")
    audits.look(KMS_KEYS)
    audits.openapi.fail("DescribeKey", DENIED, KeyId="key-1")
    events = audits.look(KMS_KEYS)
    assert list(facts(events, "kms_key")) == ["key-2"]
    assert facts(events, "unknown")["kms_key key-1"]["api"] == "kms:DescribeKey"


def test_keys_that_cannot_be_listed_are_not_gone(audits: Audits) -> None:
    audits.openapi.account[Kms].key("key-1")
    audits.look(KMS_KEYS)
    audits.openapi.fail("ListKeys", DENIED)
    events = audits.look(KMS_KEYS)
    assert facts(events, "kms_key") == {}
    assert facts(events, "unknown")["kms_key"]["api"] == "kms:ListKeys"


def test_throttling_passes_and_a_deleted_key_is_gone(audits: Audits) -> None:
    kms = audits.openapi.account[Kms]
    kms.key("key-1")
    audits.openapi.fail("DescribeKey", THROTTLED, times=2)
    assert facts(audits.look(KMS_KEYS), "kms_key")["key-1"]["exists"] is True
    kms.keys.clear()
    assert facts(audits.look(KMS_KEYS), "kms_key")["key-1"]["exists"] is False
