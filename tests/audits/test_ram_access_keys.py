"""What is stated of AccessKeys: age, last use, whose."""

from __future__ import annotations

from typing import Any

import pytest

from shared.audits.ram_access_keys import RAM_ACCESS_KEYS
from tests.audits.conftest import Audits, facts
from tests.cloud.openapi import DENIED, THROTTLED, Fault
from tests.cloud.openapi.products.ram import DOMAIN, Ram


@pytest.fixture
def ram(audits: Audits) -> Ram:
    return audits.openapi.account[Ram]


def keys(audits: Audits) -> dict[str, dict[str, Any]]:
    return facts(audits.look(RAM_ACCESS_KEYS), "ram_access_key")


def test_a_key_tells_its_age_and_its_last_use(audits: Audits, ram: Ram) -> None:
    ram.user("alice").key("LTAI1", created="2026-07-24T03:00:00Z", used="2026-10-31T02:00:00Z", service="Oss")
    told = keys(audits)["LTAI1"]
    expected = {"user": "alice", "active": True, "age_days": 100, "idle_days": 1, "used_for": "Oss"}
    assert expected.items() <= told.items()
    assert told["used"] == "2026-10-31T02:00:00Z"


@pytest.mark.parametrize("never", ["", "N/A", "-"])
def test_a_key_never_used_is_idle_since_it_was_made(audits: Audits, ram: Ram, never: str) -> None:
    ram.user("alice").key("LTAI1", created="2026-07-24T03:00:00Z", used=never)
    told = keys(audits)["LTAI1"]
    assert (told["used"], told["used_for"], told["idle_days"]) == ("", "", 100)


def test_a_disabled_key_is_told_too(audits: Audits, ram: Ram) -> None:
    ram.user("alice").key("LTAI1", active=False)
    assert keys(audits)["LTAI1"]["active"] is False


def test_the_keys_of_users_on_every_page_are_read(audits: Audits, ram: Ram) -> None:
    audits.openapi.page_size = 2
    for number in range(5):
        ram.user(f"user-{number}").key(f"LTAI{number}a").key(f"LTAI{number}b")
    assert len(keys(audits)) == 10


def test_an_account_without_keys_is_seen_whole(audits: Audits, ram: Ram) -> None:
    ram.user("alice")
    assert facts(audits.look(RAM_ACCESS_KEYS), "audit_run")["ram-access-keys"]["complete"] is True


def test_keys_that_cannot_be_listed_are_unknown_and_not_gone(audits: Audits, ram: Ram) -> None:
    ram.user("alice").key("LTAI1")
    ram.user("bob").key("LTAI2")
    audits.look(RAM_ACCESS_KEYS)
    audits.openapi.fail("ListAccessKeys", DENIED, UserPrincipalName=f"alice@{DOMAIN}")
    events = audits.look(RAM_ACCESS_KEYS)
    assert {name: key["exists"] for name, key in facts(events, "ram_access_key").items()} == {"LTAI2": True}
    assert facts(events, "unknown")["ram_access_key alice"]["api"] == "ram:ListAccessKeys"


def test_a_last_use_that_cannot_be_seen_leaves_that_key_unknown(audits: Audits, ram: Ram) -> None:
    ram.user("alice").key("LTAI1").key("LTAI2")
    audits.openapi.fail("GetAccessKeyLastUsed", DENIED, UserAccessKeyId="LTAI1")
    events = audits.look(RAM_ACCESS_KEYS)
    assert set(facts(events, "ram_access_key")) == {"LTAI2"}
    assert set(facts(events, "unknown")) == {"ram_access_key LTAI1"}


def test_a_time_that_is_none_is_not_taken_for_never(audits: Audits, ram: Ram) -> None:
    ram.user("alice").key("LTAI1")
    body = b'{"AccessKeyLastUsed": {"LastUsedDate": "yesterday"}}'
    audits.openapi.fail("GetAccessKeyLastUsed", Fault(status=200, body=body))
    assert facts(audits.look(RAM_ACCESS_KEYS), "unknown")["ram_access_key LTAI1"]["error"] == "BadResponse"


def test_users_that_cannot_be_listed_leave_all_keys_unknown(audits: Audits, ram: Ram) -> None:
    ram.user("alice").key("LTAI1")
    audits.openapi.fail("ListUsers", DENIED)
    events = audits.look(RAM_ACCESS_KEYS)
    assert facts(events, "ram_access_key") == {}
    assert facts(events, "unknown")["ram_access_key"]["api"] == "ram:ListUsers"


def test_throttling_that_passes_changes_nothing(audits: Audits, ram: Ram) -> None:
    ram.user("alice").key("LTAI1")
    audits.openapi.fail("GetAccessKeyLastUsed", THROTTLED, times=2)
    assert set(keys(audits)) == {"LTAI1"}
