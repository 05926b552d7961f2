"""What is stated of the account's own sign-in."""

from __future__ import annotations

from typing import Any

import pytest

from shared.audits.ram_account import FACTS, RAM_ACCOUNT
from shared.events.audit import COMMON
from tests.audits.conftest import Audits, facts
from tests.cloud.openapi import DENIED, SERVER_ERROR, THROTTLED, Fault
from tests.cloud.openapi.products.ram import Ram

CALLS = {
    "GetAccountMFAInfo": "root_mfa",
    "GetAccountSecurityPracticeReport": "root_access_keys",
    "GetPasswordPolicy": "password_policy",
    "GetSecurityPreference": "sign_in_settings",
}


@pytest.fixture
def ram(audits: Audits) -> Ram:
    return audits.openapi.account[Ram]


def told(audits: Audits, kind: str) -> dict[str, Any]:
    fact = facts(audits.look(RAM_ACCOUNT), kind)[audits.openapi.account.id]
    return {name: value for name, value in fact.items() if name not in COMMON}


@pytest.mark.parametrize("bound", [True, False])
def test_whether_root_has_a_device(audits: Audits, ram: Ram, bound: bool) -> None:
    ram.root_mfa = bound
    assert told(audits, "root_mfa") == {"bound": bound}


@pytest.mark.parametrize("count", [0, 2])
def test_how_many_keys_root_has(audits: Audits, ram: Ram, count: int) -> None:
    ram.root_keys = count
    assert told(audits, "root_access_keys") == {"count": count}


def test_the_password_policy(audits: Audits, ram: Ram) -> None:
    ram.password_policy["MinimumPasswordLength"] = 8
    ram.password_policy["RequireSymbols"] = False
    assert told(audits, "password_policy") == {
        "minimum_length": 8,
        "lowercase": True,
        "uppercase": True,
        "numbers": True,
        "symbols": False,
        "maximum_age": 90,
        "hard_expire": False,
        "reuse_prevention": 5,
        "maximum_attempts": 5,
    }


def test_the_settings_of_sign_in(audits: Audits, ram: Ram) -> None:
    ram.sign_in |= {"MFAOperationForLogin": "adaptive", "LoginNetworkMasks": "203.0.113.0/24;10.0.0.0/8"}
    assert told(audits, "sign_in_settings") == {
        "mfa": "adaptive",
        "remembers_mfa": False,
        "session_hours": 6,
        "networks": ["10.0.0.0/8", "203.0.113.0/24"],
        "users_change_password": True,
        "users_manage_keys": False,
        "users_manage_mfa": True,
    }


@pytest.mark.parametrize(("enforced", "expected"), [(True, "mandatory"), (False, "independent")])
def test_the_older_word_for_demanding_mfa(audits: Audits, ram: Ram, enforced: bool, expected: str) -> None:
    del ram.sign_in["MFAOperationForLogin"]
    ram.sign_in["EnforceMFAForLogin"] = enforced
    assert told(audits, "sign_in_settings")["mfa"] == expected


@pytest.mark.parametrize("fault", [DENIED, SERVER_ERROR, THROTTLED, Fault(status=200, body=b"{}")])
@pytest.mark.parametrize("action", CALLS)
def test_what_cannot_be_seen_is_unknown_and_hides_nothing_else(
    audits: Audits, ram: Ram, action: str, fault: Fault
) -> None:
    audits.openapi.fail(action, fault)
    events = audits.look(RAM_ACCOUNT)
    account = audits.openapi.account.id
    assert set(facts(events, "unknown")) == {f"{CALLS[action]} {account}"}
    assert {kind for kind in FACTS if facts(events, kind)} == set(FACTS) - {CALLS[action]}


def test_throttling_that_passes_changes_nothing(audits: Audits, ram: Ram) -> None:
    audits.openapi.fail("*", THROTTLED, times=3)
    assert facts(audits.look(RAM_ACCOUNT), "unknown") == {}


def test_out_of_time_it_goes_on_with_what_is_left(audits: Audits, ram: Ram) -> None:
    audits.time_is_up_after = 1
    assert set(told(audits, "root_mfa")) == {"bound"}
    audits.time_is_up_after = None
    events = audits.look(RAM_ACCOUNT)
    assert [kind for kind in FACTS if facts(events, kind)] == list(FACTS)[1:]
