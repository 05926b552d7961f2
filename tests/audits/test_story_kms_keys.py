"""The chapter on encryption keys, end to end: a deletion is scheduled, looked up, found, cancelled."""

from __future__ import annotations

import pytest

from shared.audits.kms_keys import KMS_KEYS
from tests.audits.conftest import Audits
from tests.audits.team import Team
from tests.cloud.openapi import DENIED, SERVER_ERROR, Fault
from tests.cloud.openapi.products.kms import Kms

UNTIL = "2026-11-08T03:00:00Z"


@pytest.fixture
def team(audits: Audits) -> Team:
    """An account with one key in order."""
    audits.openapi.account[Kms].key("k-1")
    team = Team(audits, (KMS_KEYS,))
    assert team.audit() == []
    return team


def set_state(team: Team, state: str, **settings: str) -> None:
    team.audits.openapi.account[Kms].key("k-1", state, **settings)


def schedule_deletion(team: Team) -> None:
    set_state(team, "PendingDeletion", DeleteDate=UNTIL)
    heard = team.trail("Kms", "ScheduleKeyDeletion", KeyId="k-1", PendingWindowInDays=7)
    assert ("kms-key-deletion-scheduled", "happened") in heard


def test_a_deletion_is_scheduled_found_and_cancelled(team: Team) -> None:
    schedule_deletion(team)
    told = team.last("kms-key-deletion-scheduled")
    assert told.level == "critical"
    assert told.confirmation == f"confirmed: k-1 is PendingDeletion, deleted at {UNTIL}"
    assert team.audit() == [("kms-key-pending-deletion", "standing")]
    assert "k-1" in team.heard[-1].summary and UNTIL in team.heard[-1].summary
    assert team.audit() == [], "what stands is told once"

    set_state(team, "Enabled")
    cancelled = team.trail("Kms", "CancelKeyDeletion", KeyId="k-1")
    assert ("kms-key-restored", "happened") in cancelled
    assert team.audit() == [("kms-key-pending-deletion", "resolved")]


def test_a_deletion_that_was_cancelled_before_anybody_looked(team: Team) -> None:
    team.trail("Kms", "ScheduleKeyDeletion", KeyId="k-1", PendingWindowInDays=7)
    told = team.last("kms-key-deletion-scheduled")
    assert (told.level, told.confirmation) == ("medium", "refuted: k-1 is Enabled")
    assert team.audit() == []


def test_a_key_that_is_gone_in_the_end_is_over(team: Team) -> None:
    schedule_deletion(team)
    team.audit()
    team.audits.openapi.account[Kms].keys.clear()
    assert team.audit() == [("kms-key-pending-deletion", "resolved")]


@pytest.mark.parametrize("refused", ["ListKeys", "DescribeKey"])
@pytest.mark.parametrize("fault", [DENIED, SERVER_ERROR], ids=["denied", "broken"])
def test_what_cannot_be_seen_is_not_cancelled(team: Team, refused: str, fault: Fault) -> None:
    schedule_deletion(team)
    team.audit()
    set_state(team, "Enabled")
    team.audits.openapi.fail(refused, fault)
    assert {rule for rule, _ in team.audit()} == {"audit-incomplete"}
    team.audits.openapi.mend()
    assert ("kms-key-pending-deletion", "resolved") in team.audit()


def test_a_key_is_disabled_and_enabled(team: Team) -> None:
    set_state(team, "Disabled")
    heard = team.trail("Kms", "DisableKey", KeyId="k-1")
    assert ("kms-key-disabled", "happened") in heard
    assert team.last("kms-key-disabled").confirmation == "confirmed: k-1 is Disabled"
    assert team.audit() == [("kms-key-stays-disabled", "standing")]
    set_state(team, "Enabled")
    assert ("kms-key-restored", "happened") in team.trail("Kms", "EnableKey", KeyId="k-1")
    assert team.audit() == [("kms-key-stays-disabled", "resolved")]


def test_rotation_and_protection_are_switched_off_and_on(team: Team) -> None:
    for name, parameters in {
        "UpdateRotationPolicy": {"EnableAutomaticRotation": "false"},
        "SetDeletionProtection": {"EnableDeletionProtection": "false"},
    }.items():
        assert ("kms-protection-off", "happened") in team.trail("Kms", name, KeyId="k-1", **parameters)
    set_state(team, "Enabled", AutomaticRotation="Disabled", DeletionProtection="Disabled")
    assert team.audit() == [("kms-key-rotation-off", "standing"), ("kms-key-unprotected", "standing")]
    set_state(team, "Enabled")
    assert team.audit() == [("kms-key-rotation-off", "resolved"), ("kms-key-unprotected", "resolved")]
