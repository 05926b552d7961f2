"""Permissions: each that whoever runs doctor lacks is named, and its own policy is exactly what it needs."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from deploy.doctor.checks import PERMISSIONS, policy
from tests.cloud.openapi import DENIED
from tests.cloud.ram import Guard
from tests.deploy.doctor_account import Patient, ill

PERMITTED: Mapping[str, tuple[str, set[str]]] = {
    "GetCallerIdentity": ("sts:GetCallerIdentity", {"keys"}),
    "DescribeTrails": ("actiontrail:DescribeTrails", {"trail"}),
    "GetRole": ("ram:GetRole", {"role"}),
    "GetPolicy": ("ram:GetPolicy", {"role"}),
    "ListPoliciesForRole": ("ram:ListPoliciesForRole", {"role"}),
    "GetFunction": ("fc:GetFunction", {"function"}),
    "ListTriggers": ("fc:ListTriggers", {"trigger"}),
    "GetAsyncInvokeConfig": ("fc:GetFunctionAsyncInvokeConfig", {"settings"}),
    "GetConcurrencyConfig": ("fc:GetConcurrencyConfig", {"settings"}),
}


@pytest.mark.parametrize("action", PERMITTED)
def test_a_permission_is_named_at_the_links_that_need_it(patient: Patient, action: str) -> None:
    patient.account.openapi.fail(action, DENIED)
    permission, kinds = PERMITTED[action]
    code, found = patient.examine()
    assert (code, {link.split()[0] for link in ill(found)}) == (2, kinds)
    assert {found[link]["permission"] for link in ill(found)} == {permission}


LOGS = {
    "log:ListShards": {"trail's events", "progress", "outbox"},
    "log:GetCursorOrData": {"trail's events", "progress", "outbox"},
    "log:GetLogStoreLogs": {"functions' log"},
}


@pytest.mark.parametrize("action", LOGS)
def test_a_permission_on_logs_that_is_missing_is_named(patient: Patient, action: str) -> None:
    patient.account.sls.enforce(all_but(action))
    code, found = patient.examine()
    assert (code, {kind(link) for link in ill(found)}) == (2, LOGS[action])
    assert {found[link]["permission"] for link in ill(found)} == {action}


@pytest.mark.parametrize("action", ["ots:BatchGetRow", "ots:BatchWriteRow", "ots:GetRange"])
def test_a_permission_on_the_state_store_that_is_missing_is_named(patient: Patient, action: str) -> None:
    patient.account.tables.guard = all_but(action)
    code, found = patient.examine()
    assert (code, ill(found)) == (2, {"state store": "unknown"})
    assert found["state store"]["permission"] == action


def kind(link: str) -> str:
    """`progress` of `progress actiontrail/trail`."""
    return link.partition(" ")[0] if "/" in link else link


def all_but(action: str) -> Guard:
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    return Guard({"Statement": [allow, {"Effect": "Deny", "Action": action, "Resource": "*"}]})


def test_its_own_policy_allows_all_that_it_does_and_no_more(patient: Patient) -> None:
    guard = Guard(policy())
    patient.account.sls.enforce(guard)
    patient.account.tables.guard = guard
    before = len(patient.account.openapi.requests)
    assert patient.examine()[0] == 0
    asked = {call.action for call in patient.account.openapi.requests[before:]} - {""}
    assert {PERMITTED[action][0] for action in asked} | {"kms:GetSecretValue"} == {
        name for name in PERMISSIONS if not name.startswith(("log:", "ots:"))
    }
    assert {name for name in guard.unused() if name.startswith(("log:", "ots:"))} == set()
    assert json.loads(patient.run("--permissions")[1]) == policy()
