"""What is stated of groups, roles and policies: who is in, who may take them, what they grant."""

from __future__ import annotations

from typing import Any

import pytest

from shared.audits.collector import Collector
from shared.audits.ram_groups import RAM_GROUPS
from shared.audits.ram_policies import RAM_POLICIES
from shared.audits.ram_roles import RAM_ROLES
from tests.audits.conftest import Audits, facts
from tests.cloud.openapi import DENIED, SERVER_ERROR, THROTTLED, Fault
from tests.cloud.openapi.product import ACCOUNT_ID
from tests.cloud.openapi.products.ram import Ram

EVERYTHING = {"Effect": "Allow", "Action": ["*"], "Resource": ["*"]}
OUTSIDER = "6543210987654321"


@pytest.fixture
def ram(audits: Audits) -> Ram:
    audits.lists = {"admin_policies": ["AdministratorAccess"]}
    return audits.openapi.account[Ram]


def trusting(**principals: list[str]) -> dict[str, Any]:
    return {"Statement": [{"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": principals}]}


def test_a_group_tells_its_members_and_what_it_grants(audits: Audits, ram: Ram) -> None:
    audits.openapi.page_size = 2
    names = [f"user-{number}" for number in range(5)]
    ram.group("ops", *names, policies=("AdministratorAccess",))
    events = audits.look(RAM_GROUPS)
    told = facts(events, "ram_group")["ops"]
    assert told["members"] == names
    assert (told["admin"], told["admin_by"]) == (True, ["AdministratorAccess"])
    assert facts(events, "ram_group_list")[ACCOUNT_ID]["names"] == ["ops"]


def test_a_member_list_that_breaks_off_leaves_its_group_unknown(audits: Audits, ram: Ram) -> None:
    audits.openapi.page_size = 2
    ram.group("ops", "a", "b", "c")
    ram.group("dev", "a")
    audits.openapi.fail("ListUsersForGroup", DENIED, after=1, GroupName="ops")
    events = audits.look(RAM_GROUPS)
    assert set(facts(events, "ram_group")) == {"dev"}
    assert set(facts(events, "unknown")) == {"ram_group ops"}


def test_a_role_tells_who_may_take_it(audits: Audits, ram: Ram) -> None:
    trust = trusting(
        RAM=[f"acs:ram::{ACCOUNT_ID}:root", f"acs:ram::{OUTSIDER}:root"], Service=["ecs.aliyuncs.com"]
    )
    ram.role("audit", trust=trust, policies=("AdministratorAccess",))
    told = facts(audits.look(RAM_ROLES), "ram_role")["audit"]
    assert told["trusted"] == [
        f"RAM acs:ram::{ACCOUNT_ID}:root",
        f"RAM acs:ram::{OUTSIDER}:root",
        "Service ecs.aliyuncs.com",
    ]
    assert told["outside_accounts"] == [OUTSIDER]
    assert (told["admin"], told["session_seconds"], told["service_linked"]) == (True, 3600, False)


def test_a_role_that_anyone_may_take(audits: Audits, ram: Ram) -> None:
    ram.role("open", trust=trusting(RAM=["*"]))
    assert facts(audits.look(RAM_ROLES), "ram_role")["open"]["outside_accounts"] == ["*"]


def test_roles_of_services_are_told_and_left_out_of_the_list(audits: Audits, ram: Ram) -> None:
    ram.role("AliyunServiceRoleForOOS")
    ram.role("mine")
    events = audits.look(RAM_ROLES)
    assert facts(events, "ram_role")["AliyunServiceRoleForOOS"]["service_linked"] is True
    assert facts(events, "ram_role_list")[ACCOUNT_ID]["names"] == ["mine"]


@pytest.mark.parametrize("trust", ["nonsense", "", "{}", "[]"])
def test_a_trust_policy_that_is_none_is_not_taken_for_one_that_trusts_nobody(
    audits: Audits, ram: Ram, trust: str
) -> None:
    ram.role("odd")
    body = f'{{"Role": {{"AssumeRolePolicyDocument": "{trust}"}}}}'.encode()
    audits.openapi.fail("GetRole", Fault(status=200, body=body))
    assert facts(audits.look(RAM_ROLES), "unknown")["ram_role odd"]["error"] == "BadResponse"


def test_custom_policies_and_all_holders_of_administrators_policies(audits: Audits, ram: Ram) -> None:
    ram.policy("house-rules", EVERYTHING)
    ram.policy("narrow", {"Effect": "Allow", "Action": "ecs:*", "Resource": "*"})
    ram.user("alice", policies=("house-rules", "narrow"))
    ram.group("admins", policies=("AdministratorAccess",))
    ram.role("deploy", policies=("AdministratorAccess", "AliyunECSReadOnlyAccess"))
    events = audits.look(RAM_POLICIES)
    told = facts(events, "ram_policy")
    assert {name: (policy["grants_everything"], policy["attachments"]) for name, policy in told.items()} == {
        "house-rules": (True, 1),
        "narrow": (False, 1),
    }
    assert facts(events, "ram_admins")[ACCOUNT_ID]["holders"] == [
        "group admins: AdministratorAccess",
        "role deploy: AdministratorAccess",
        "user alice: house-rules",
    ]


def test_policies_on_later_pages_count_too(audits: Audits, ram: Ram) -> None:
    audits.openapi.page_size = 2
    for number in range(5):
        ram.policy(f"policy-{number}", EVERYTHING)
    ram.user("alice", policies=("policy-4",))
    events = audits.look(RAM_POLICIES)
    assert len(facts(events, "ram_policy")) == 5
    assert facts(events, "ram_admins")[ACCOUNT_ID]["holders"] == ["user alice: policy-4"]


@pytest.mark.parametrize("action", ["GetPolicy", "ListEntitiesForPolicy"])
def test_holders_that_cannot_all_be_seen_are_unknown(audits: Audits, ram: Ram, action: str) -> None:
    ram.policy("house-rules", EVERYTHING)
    audits.openapi.fail(action, DENIED, PolicyName="house-rules")
    events = audits.look(RAM_POLICIES)
    assert facts(events, "ram_admins") == {}
    assert facts(events, "unknown")[f"ram_admins {ACCOUNT_ID}"]["api"] == f"ram:{action}"


@pytest.mark.parametrize(
    ("collector", "listing", "kind", "lists"),
    [
        (RAM_GROUPS, "ListGroups", "ram_group", "ram_group_list"),
        (RAM_ROLES, "ListRoles", "ram_role", "ram_role_list"),
        (RAM_POLICIES, "ListPolicies", "ram_policy", "ram_admins"),
    ],
)
class TestEachList:
    @pytest.fixture(autouse=True)
    def account(self, ram: Ram) -> None:
        for name in "abcde":
            ram.group(name)
            ram.role(name)
            ram.policy(name, EVERYTHING)

    def test_every_page_is_read(
        self, audits: Audits, collector: Collector, listing: str, kind: str, lists: str
    ) -> None:
        audits.openapi.page_size = 2
        events = audits.look(collector)
        assert set(facts(events, kind)) == set("abcde")
        assert facts(events, lists)

    def test_an_empty_account_is_seen_whole(
        self, audits: Audits, ram: Ram, collector: Collector, listing: str, kind: str, lists: str
    ) -> None:
        for held in (ram.groups, ram.roles, ram.custom):
            held.clear()
        events = audits.look(collector)
        assert (facts(events, kind), facts(events, "unknown")) == ({}, {})
        assert facts(events, "audit_run")[collector.name]["complete"] is True

    @pytest.mark.parametrize("fault", [DENIED, SERVER_ERROR, THROTTLED])
    def test_one_that_breaks_off_is_unknown_as_a_whole(
        self, audits: Audits, collector: Collector, listing: str, kind: str, lists: str, fault: Fault
    ) -> None:
        audits.openapi.page_size = 2
        audits.look(collector)
        audits.openapi.fail(listing, fault, after=2)
        events = audits.look(collector)
        assert all(fact["exists"] for fact in facts(events, kind).values()), "nothing is taken for gone"
        assert facts(events, lists) == {}
        assert facts(events, "unknown")[kind]["api"] == f"ram:{listing}"

    def test_throttling_that_passes_changes_nothing(
        self, audits: Audits, collector: Collector, listing: str, kind: str, lists: str
    ) -> None:
        audits.openapi.fail("*", THROTTLED, times=3)
        events = audits.look(collector)
        assert set(facts(events, kind)) == set("abcde")
        assert facts(events, "unknown") == {}
