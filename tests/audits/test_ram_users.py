"""What is stated of RAM users: whether they may sign in, with which device, and what they may do."""

from __future__ import annotations

from typing import Any

import pytest

from shared.audits.ram_users import RAM_USERS
from tests.audits.conftest import Audits, facts
from tests.cloud.openapi import BROKEN, DENIED, SERVER_ERROR, THROTTLED, Fault
from tests.cloud.openapi.product import ACCOUNT_ID
from tests.cloud.openapi.products.ram import DOMAIN, Ram

EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


@pytest.fixture
def ram(audits: Audits) -> Ram:
    audits.lists = {"admin_policies": ["administratoraccess"]}
    return audits.openapi.account[Ram]


def users(audits: Audits) -> dict[str, dict[str, Any]]:
    return facts(audits.look(RAM_USERS), "ram_user")


def unknown(audits: Audits) -> dict[str, dict[str, Any]]:
    return facts(audits.look(RAM_USERS), "unknown")


def test_a_user_is_told_whole(audits: Audits, ram: Ram) -> None:
    alice = ram.user("alice", console=True, mfa=True, created="2026-10-02T03:00:00Z")
    alice.signed_in = "2026-10-30T03:00:00Z"
    alice.key("LTAI1").key("LTAI2", active=False)
    ram.group("ops", "alice", policies=("AliyunECSReadOnlyAccess",))
    alice.policies = ("AliyunRAMFullAccess",)
    told = users(audits)["alice"]
    assert told == {
        "kind": "ram_user",
        "resource": "alice",
        "region": "",
        "exists": True,
        "collector": "ram-users",
        "principal": f"alice@{DOMAIN}",
        "created": "2026-10-02T03:00:00Z",
        "age_days": 30,
        "console": True,
        "mfa": True,
        "mfa_type": "VMFA",
        "mfa_required": False,
        "signed_in": "2026-10-30T03:00:00Z",
        "idle_days": 2,
        "active_keys": 1,
        "groups": ["ops"],
        "policies": ["AliyunECSReadOnlyAccess", "AliyunRAMFullAccess"],
        "direct_policies": ["AliyunRAMFullAccess"],
        "admin": False,
        "admin_by": [],
        "direct_admin_by": [],
    }


def test_a_device_that_is_only_asked_for_is_none(audits: Audits, ram: Ram) -> None:
    ram.user("bob", console=True, mfa_required=True)
    told = users(audits)["bob"]
    assert (told["console"], told["mfa_required"], told["mfa"]) == (True, True, False)


@pytest.mark.parametrize(("console", "expected"), [(False, False), ("Inactive", False), (True, True)])
def test_who_may_sign_in(audits: Audits, ram: Ram, console: bool | str, expected: bool) -> None:
    ram.user("bob", console=console)
    assert users(audits)["bob"]["console"] is expected


def test_one_who_never_signed_in_is_idle_since_being_made(audits: Audits, ram: Ram) -> None:
    ram.user("bob", created="2026-07-24T03:00:00Z")
    assert users(audits)["bob"]["idle_days"] == 100
    assert users(audits)["bob"]["signed_in"] == ""


def test_an_administrator_by_a_policy_a_group_or_a_custom_text(audits: Audits, ram: Ram) -> None:
    ram.policy("house-rules", EVERYTHING)
    ram.policy("harmless", {"Effect": "Allow", "Action": "ecs:Describe*", "Resource": "*"})
    ram.user("direct", policies=("AdministratorAccess",))
    ram.user("custom", policies=("house-rules",))
    ram.user("member")
    ram.user("harmless", policies=("harmless", "AliyunECSReadOnlyAccess"))
    ram.group("admins", "member", policies=("AdministratorAccess",))
    told = users(audits)
    assert {name: user["admin_by"] for name, user in told.items()} == {
        "direct": ["AdministratorAccess"],
        "custom": ["house-rules"],
        "member": ["AdministratorAccess"],
        "harmless": [],
    }
    assert {name for name, user in told.items() if user["direct_admin_by"]} == {"direct", "custom"}


def test_a_group_and_a_policy_are_asked_for_once_a_run(audits: Audits, ram: Ram) -> None:
    ram.policy("house-rules", EVERYTHING)
    for number in range(3):
        ram.user(f"user-{number}")
    ram.group("ops", "user-0", "user-1", "user-2", policies=("house-rules",))
    audits.look(RAM_USERS)
    assert audits.openapi.calls.count("Ram.ListPoliciesForGroup") == 1
    assert audits.openapi.calls.count("Ram.GetPolicy") == 1


def test_every_page_is_read(audits: Audits, ram: Ram) -> None:
    audits.openapi.page_size = 2
    for number in range(5):
        ram.user(f"user-{number}", console=True)
    events = audits.look(RAM_USERS)
    assert len(facts(events, "ram_user")) == 5
    assert facts(events, "ram_user_list")[ACCOUNT_ID]["names"] == [f"user-{n}" for n in range(5)]


def test_an_account_without_users_is_seen_whole(audits: Audits) -> None:
    events = audits.look(RAM_USERS)
    assert facts(events, "ram_user_list")[ACCOUNT_ID]["names"] == []
    assert facts(events, "audit_run")["ram-users"]["complete"] is True


@pytest.mark.parametrize(
    "action",
    [
        "GetLoginProfile",
        "GetUserMFAInfo",
        "ListAccessKeys",
        "ListGroupsForUser",
        "ListPoliciesForUser",
        "ListPoliciesForGroup",
        "GetPolicy",
    ],
)
@pytest.mark.parametrize(
    "fault", [DENIED, SERVER_ERROR, THROTTLED, BROKEN, Fault("EntityNotExist.User", 404)]
)
def test_whatever_call_fails_the_user_is_unknown_and_never_passed(
    audits: Audits, ram: Ram, action: str, fault: Fault
) -> None:
    ram.policy("house-rules", EVERYTHING)
    ram.user("bob", console=True)
    ram.group("ops", "bob", policies=("house-rules",))
    audits.openapi.fail(action, fault)
    events = audits.look(RAM_USERS)
    assert facts(events, "ram_user") == {}
    assert facts(events, "unknown")["ram_user bob"]["api"] == f"ram:{action}"
    assert facts(events, "audit_run")["ram-users"]["complete"] is False


@pytest.mark.parametrize("body", [b"{}", b'{"IsMFAEnable": "perhaps"}', b'{"IsMFAEnable": null}'])
def test_an_answer_that_does_not_say_it_is_no_answer(audits: Audits, ram: Ram, body: bytes) -> None:
    ram.user("bob", console=True)
    audits.openapi.fail("GetUserMFAInfo", Fault(status=200, body=body))
    assert unknown(audits)["ram_user bob"]["error"] == "BadResponse"


def test_ims_may_say_in_the_answer_that_there_is_no_device(audits: Audits, ram: Ram) -> None:
    ram.user("bob", console=True, mfa=True)
    audits.openapi.fail("GetUserMFAInfo", Fault(status=200, body=b'{"IsMFAEnable": false}'))
    assert users(audits)["bob"]["mfa"] is False


def test_a_list_that_pages_where_it_should_not_is_not_half_believed(audits: Audits, ram: Ram) -> None:
    ram.user("bob")
    body = b'{"Groups": {"Group": []}, "IsTruncated": true, "Marker": "more"}'
    audits.openapi.fail("ListGroupsForUser", Fault(status=200, body=body))
    assert "there is more" in unknown(audits)["ram_user bob"]["message"]


def test_throttling_that_passes_changes_nothing(audits: Audits, ram: Ram) -> None:
    ram.user("bob", console=True)
    for action in ("ListUsers", "GetLoginProfile", "GetUserMFAInfo"):
        audits.openapi.fail(action, THROTTLED, times=2)
    assert users(audits)["bob"]["mfa"] is False


def test_a_list_that_breaks_off_is_no_list(audits: Audits, ram: Ram) -> None:
    audits.openapi.page_size = 2
    for number in range(5):
        ram.user(f"user-{number}")
    assert len(users(audits)) == 5
    audits.openapi.fail("ListUsers", DENIED, after=1)
    events = audits.look(RAM_USERS)
    assert set(facts(events, "ram_user")) == {"user-0", "user-1"}, "the others are not told as gone"
    assert facts(events, "ram_user_list") == {}
    assert facts(events, "unknown")["ram_user"]["api"] == "ram:ListUsers"


def test_one_half_denied_leaves_the_other_half_seen(audits: Audits, ram: Ram) -> None:
    for number in range(4):
        ram.user(f"user-{number}", console=True)
    for number in (1, 3):
        audits.openapi.fail("GetUserMFAInfo", DENIED, UserPrincipalName=f"user-{number}@{DOMAIN}")
    events = audits.look(RAM_USERS)
    assert set(facts(events, "ram_user")) == {"user-0", "user-2"}
    assert set(facts(events, "unknown")) == {"ram_user user-1", "ram_user user-3"}


def test_a_user_who_is_deleted_is_gone(audits: Audits, ram: Ram) -> None:
    ram.user("bob")
    audits.look(RAM_USERS)
    del ram.users["bob"]
    assert users(audits)["bob"]["exists"] is False


def test_out_of_time_it_goes_on_with_those_that_are_left_and_lists_at_the_end(
    audits: Audits, ram: Ram
) -> None:
    for number in range(4):
        ram.user(f"user-{number}")
    audits.time_is_up_after = 3
    first = audits.look(RAM_USERS)
    assert len(facts(first, "ram_user")) == 3
    assert facts(first, "ram_user_list") == {}
    audits.time_is_up_after = None
    second = audits.look(RAM_USERS)
    assert set(facts(second, "ram_user")) == {"user-3"}
    assert len(facts(second, "ram_user_list")[ACCOUNT_ID]["names"]) == 4
