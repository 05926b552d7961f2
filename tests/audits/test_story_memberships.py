"""The chapter on users, groups and roles, end to end: given in the trail, found by the audit, taken back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.audits.ram_groups import RAM_GROUPS
from shared.audits.ram_policies import RAM_POLICIES
from shared.audits.ram_roles import RAM_ROLES
from shared.audits.ram_users import RAM_USERS
from shared.config import load_alerts
from tests.audits.conftest import Audits
from tests.audits.team import Team
from tests.cloud.openapi import DENIED, SERVER_ERROR
from tests.cloud.openapi.products.ram import DOMAIN, Ram

ADMIN = "AdministratorAccess"


@pytest.fixture
def team(audits: Audits) -> Team:
    """An account with two users, a group and a role, none of them an administrator."""
    audits.lists = dict(load_alerts().lists)
    ram = audits.openapi.account[Ram]
    ram.user("bob")
    ram.user("carol")
    ram.group("developers", "carol")
    ram.role("deploy")
    team = Team(audits, (RAM_USERS, RAM_GROUPS, RAM_ROLES, RAM_POLICIES))
    assert team.audit() == []
    return team


def ram(team: Team) -> Ram:
    return team.audits.openapi.account[Ram]


@pytest.mark.parametrize(
    ("service", "name", "parameters"),
    [
        ("Ram", "AttachPolicyToUser", {"UserName": "bob"}),
        ("Ims", "AttachPolicyToUser", {"UserPrincipalName": f"bob@{DOMAIN}"}),
        ("ResourceManager", "AttachPolicy", {"PrincipalType": "IMSUser", "PrincipalName": f"bob@{DOMAIN}"}),
    ],
    ids=["Ram", "Ims", "ResourceManager"],
)
def test_a_user_is_made_an_administrator(
    team: Team, service: str, name: str, parameters: dict[str, str]
) -> None:
    attached = team.trail(service, name, PolicyName=ADMIN, PolicyType="System", **parameters)
    assert ("ram-admin-policy-attached", "happened") in attached
    assert team.last("ram-admin-policy-attached").level == "high"
    ram(team).users["bob"].policies = (ADMIN,)
    assert team.audit() == [("ram-admins-changed", "happened"), ("ram-user-admin-directly", "standing")]
    assert team.last("ram-admins-changed").summary.count("user bob: AdministratorAccess") == 1
    assert team.audit() == [], "what stands is told once"

    ram(team).users["bob"].policies = ()
    detached = team.trail(
        service, name.replace("Attach", "Detach").replace("To", "From"), PolicyName=ADMIN, **parameters
    )
    assert ("ram-policy-detached", "happened") in detached
    assert team.audit() == [("ram-admins-changed", "happened"), ("ram-user-admin-directly", "resolved")]


def test_a_role_is_made_an_administrator(team: Team) -> None:
    attached = team.trail(
        "Ram", "AttachPolicyToRole", PolicyName=ADMIN, PolicyType="System", RoleName="deploy"
    )
    assert ("ram-admin-policy-attached", "happened") in attached
    ram(team).roles["deploy"].policies = (ADMIN,)
    assert team.audit() == [("ram-admins-changed", "happened"), ("ram-service-role-admin", "standing")]
    ram(team).roles["deploy"].policies = ()
    assert team.audit() == [("ram-admins-changed", "happened"), ("ram-service-role-admin", "resolved")]


def test_a_user_comes_into_a_group_and_leaves_it(team: Team) -> None:
    added = team.trail("Ims", "AddUserToGroup", GroupName="developers", UserPrincipalName=f"bob@{DOMAIN}")
    assert ("ram-group-member-added", "happened") in added
    ram(team).group("developers", "bob", "carol")
    assert team.audit() == [("ram-group-members-changed", "happened")]
    assert (
        team.last("ram-group-members-changed").summary
        == "Members of the group developers, which holds none: added bob"
    )

    removed = team.trail("Ram", "RemoveUserFromGroup", GroupName="developers", UserName="bob")
    assert ("ram-group-member-removed", "happened") in removed
    ram(team).group("developers", "carol")
    assert team.audit() == [("ram-group-members-changed", "happened")]
    assert (
        team.last("ram-group-members-changed").summary
        == "Members of the group developers, which holds none: removed bob"
    )


def test_a_policy_of_ones_own_that_allows_everything(team: Team) -> None:
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "1", "Statement": [everything]})
    created = team.trail("Ram", "CreatePolicy", PolicyName="helper", PolicyDocument=document)
    assert ("ram-policy-grants-everything", "happened") in created
    ram(team).policy("helper", everything)
    assert team.audit() == [], "nobody holds it"

    ram(team).groups["developers"].policies = ("helper",)
    assert team.audit() == [
        ("ram-admins-changed", "happened"),
        ("ram-policy-allows-everything", "standing"),
    ]
    ram(team).policy("helper", {**everything, "Action": "ecs:Describe*"})
    assert team.audit() == [
        ("ram-admins-changed", "happened"),
        ("ram-policy-allows-everything", "resolved"),
    ]


def test_another_account_may_take_a_role(team: Team) -> None:
    outsider = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": ["acs:ram::999:root"]}}
    trusts = json.dumps({"Statement": [outsider]})
    heard = team.trail("Ram", "UpdateRole", RoleName="deploy", NewAssumeRolePolicyDocument=trusts)
    assert ("ram-role-trusts-outsiders", "happened") in heard
    own, ram(team).roles["deploy"].trust = ram(team).roles["deploy"].trust, {"Statement": [outsider]}
    assert team.audit() == [
        ("ram-role-open-to-outsiders", "standing"),
        ("ram-role-trust-changed", "happened"),
    ]
    ram(team).roles["deploy"].trust = own
    assert team.audit() == [
        ("ram-role-open-to-outsiders", "resolved"),
        ("ram-role-trust-changed", "happened"),
    ]


@pytest.mark.parametrize(
    ("refused", "of"),
    [
        ("ListUsers", {}),
        ("ListPoliciesForUser", {"UserName": "bob"}),
        ("ListRoles", {}),
        ("ListPoliciesForRole", {"RoleName": "deploy"}),
        ("GetRole", {"RoleName": "deploy"}),
    ],
)
def test_what_cannot_be_seen_is_neither_over_nor_changed(
    team: Team, refused: str, of: dict[str, Any]
) -> None:
    ram(team).users["bob"].policies = ram(team).roles["deploy"].policies = (ADMIN,)
    team.audit()
    ram(team).users["bob"].policies = ram(team).roles["deploy"].policies = ()
    team.audits.openapi.fail(refused, DENIED, **of)
    first = team.audit()
    assert ("audit-incomplete", "standing") in first
    team.audits.openapi.mend()
    second = team.audit()
    over = [rule for rule, status in first + second if status == "resolved" and rule != "audit-incomplete"]
    assert sorted(over) == ["ram-service-role-admin", "ram-user-admin-directly"]
    mended = "ram-user-admin-directly" if "User" in refused else "ram-service-role-admin"
    assert (mended, "resolved") in second, "not while it could not be seen"


def test_a_list_of_which_a_page_fails_is_no_change(team: Team) -> None:
    team.audits.openapi.page_size = 1
    team.audits.openapi.fail("ListUsersForGroup", SERVER_ERROR, GroupName="developers")
    assert {rule for rule, _ in team.audit()} == {"audit-incomplete"}
    ram(team).group("developers", "bob", "carol")
    assert team.audit() == []
    team.audits.openapi.mend()
    assert ("ram-group-members-changed", "happened") in team.audit()
    assert (
        team.last("ram-group-members-changed").summary
        == "Members of the group developers, which holds none: added bob"
    )
