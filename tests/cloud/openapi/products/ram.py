"""RAM and IMS: users, keys, groups, roles and policies of one account. Two APIs on the same things.

"API reference", alibabacloud.com/help/en/ram/developer-reference: Ram 2015-05-01 and Ims 2019-08-15.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.cloud.openapi.paging import by_marker
from tests.cloud.openapi.product import ACCOUNT_ID, Account, Call, Product, Refusal

DOMAIN = f"{ACCOUNT_ID}.onaliyun.com"
CREATED = "2026-01-02T03:04:05Z"
TRUST = {
    "Statement": [
        {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": ["ecs.aliyuncs.com"]}}
    ]
}


@dataclass
class Key:
    """An AccessKey; `used` is empty for one that was never used."""

    id: str
    active: bool = True
    created: str = CREATED
    used: str = ""
    service: str = "Ecs"


@dataclass
class User:
    """A RAM user. `console`: True, False (no login profile), or "Inactive"."""

    name: str
    console: bool | str = False
    mfa: bool = False
    mfa_required: bool = False
    created: str = CREATED
    signed_in: str = ""
    policies: tuple[str, ...] = ()
    keys: list[Key] = field(default_factory=list)

    @property
    def principal(self) -> str:
        return f"{self.name}@{DOMAIN}"

    def key(self, id: str, **settings: Any) -> User:
        """One more AccessKey; settings as in Key."""
        self.keys.append(Key(id, **settings))
        return self


@dataclass
class Group:
    name: str
    members: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    created: str = CREATED


@dataclass
class Role:
    name: str
    trust: dict[str, Any] = field(default_factory=lambda: TRUST)
    policies: tuple[str, ...] = ()
    created: str = CREATED


@dataclass
class Ram:
    """A policy without a document in `custom` is a system policy."""

    users: dict[str, User] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    custom: dict[str, dict[str, Any]] = field(default_factory=dict)
    system: tuple[str, ...] = ("AdministratorAccess", "AliyunRAMFullAccess", "AliyunECSReadOnlyAccess")
    root_mfa: bool = True
    root_keys: int = 0
    password_policy: dict[str, Any] = field(
        default_factory=lambda: {
            "MinimumPasswordLength": 14,
            "RequireLowercaseCharacters": True,
            "RequireUppercaseCharacters": True,
            "RequireNumbers": True,
            "RequireSymbols": True,
            "MaxPasswordAge": 90,
            "HardExpire": False,
            "PasswordReusePrevention": 5,
            "MaxLoginAttemps": 5,
        }
    )
    sign_in: dict[str, Any] = field(
        default_factory=lambda: {
            "MFAOperationForLogin": "mandatory",
            "EnableSaveMFATicket": False,
            "LoginSessionDuration": 6,
            "LoginNetworkMasks": "",
            "AllowUserToChangePassword": True,
        }
    )
    users_manage: dict[str, bool] = field(default_factory=lambda: {"AccessKeys": False, "MFADevices": True})

    def user(self, name: str, **settings: Any) -> User:
        """One more user, or another in the place of one; settings as in User."""
        self.users[name] = User(name, **settings)
        return self.users[name]

    def group(self, name: str, *members: str, **settings: Any) -> Group:
        """One more group; settings as in Group."""
        self.groups[name] = Group(name, members, **settings)
        return self.groups[name]

    def role(self, name: str, **settings: Any) -> Role:
        """One more role; settings as in Role."""
        self.roles[name] = Role(name, **settings)
        return self.roles[name]

    def policy(self, name: str, *statements: dict[str, Any]) -> None:
        """A custom policy."""
        self.custom[name] = {"Version": "1", "Statement": list(statements)}

    def described(self, policy: str) -> dict[str, Any]:
        attached = sum(policy in holder.policies for holder in self.holders())
        kind = "Custom" if policy in self.custom else "System"
        return {"PolicyName": policy, "PolicyType": kind, "AttachmentCount": attached, "DefaultVersion": "v1"}

    def holders(self) -> list[User | Group | Role]:
        return [*self.users.values(), *self.groups.values(), *self.roles.values()]


def _user(account: Account, call: Call) -> User:
    name = call.parameters.get("UserName") or call.need("UserPrincipalName").partition("@")[0]
    if name not in account[Ram].users:
        raise Refusal(404, "EntityNotExist.User", "The user does not exist.")
    return account[Ram].users[name]


def _group(account: Account, call: Call) -> Group:
    if call.need("GroupName") not in account[Ram].groups:
        raise Refusal(404, "EntityNotExist.Group", "The group does not exist.")
    return account[Ram].groups[call.parameters["GroupName"]]


def _role(account: Account, call: Call) -> Role:
    if call.need("RoleName") not in account[Ram].roles:
        raise Refusal(404, "EntityNotExist.Role", "The role does not exist.")
    return account[Ram].roles[call.parameters["RoleName"]]


def list_users(account: Account, call: Call) -> dict[str, Any]:
    users = [_told(call, user) for user in account[Ram].users.values()]
    return by_marker(call, users, "Users", "User")


def _told(call: Call, user: User) -> dict[str, Any]:
    name = {"UserName": user.name} if call.product == "Ram" else {"UserPrincipalName": user.principal}
    last = {"LastLoginDate": user.signed_in} if user.signed_in else {}
    return {**name, **last, "UserId": f"2{user.name}", "DisplayName": user.name, "CreateDate": user.created}


def get_login_profile(account: Account, call: Call) -> dict[str, Any]:
    user = _user(account, call)
    if not user.console:
        raise Refusal(404, "EntityNotExist.User.LoginProfile", "The user login profile does not exist.")
    status = "Active" if user.console is True else user.console
    profile = {"UserPrincipalName": user.principal, "Status": status, "MFABindRequired": user.mfa_required}
    return {"LoginProfile": {**profile, "LastLoginTime": user.signed_in}}


def get_user_mfa_info(account: Account, call: Call) -> dict[str, Any]:
    user = _user(account, call)
    if not user.mfa:
        raise Refusal(404, "EntityNotExist.User.MFADevice", "The user has not bound any MFA device.")
    device = {"SerialNumber": f"acs:ram::{account.id}:mfa/{user.name}", "Type": "VMFA"}
    return {"IsMFAEnable": True, "MFADevice": device}


def get_mfa_info_of_name(account: Account, call: Call) -> dict[str, Any]:
    """RAM's own: users by their names, and no IsMFAEnable."""
    user = account[Ram].users[call.need("UserName")]
    if not user.mfa:
        raise Refusal(404, "EntityNotExist.User.MFADevice", "The user has not bound any MFA device.")
    return {"MFADevice": {"SerialNumber": f"acs:ram::{account.id}:mfa/{user.name}"}}


def list_access_keys(account: Account, call: Call) -> dict[str, Any]:
    keys = [
        {"AccessKeyId": key.id, "Status": "Active" if key.active else "Inactive", "CreateDate": key.created}
        for key in _user(account, call).keys
    ]
    return {"AccessKeys": {"AccessKey": keys}}


def get_access_key_last_used(account: Account, call: Call) -> dict[str, Any]:
    wanted = call.need("UserAccessKeyId")
    key = next((key for key in _user(account, call).keys if key.id == wanted), None)
    if key is None:
        raise Refusal(404, "EntityNotExist.User.AccessKey", "The AccessKey does not exist.")
    used = {"LastUsedDate": key.used, "ServiceName": key.service} if key.used else {"LastUsedDate": "N/A"}
    return {"AccessKeyLastUsed": used}


def get_account_mfa_info(account: Account, call: Call) -> dict[str, Any]:
    return {"IsMFAEnable": account[Ram].root_mfa}


def get_account_security_practice_report(account: Account, call: Call) -> dict[str, Any]:
    ram = account[Ram]
    told = {
        "BindMfa": ram.root_mfa,
        "RootWithAccessKey": ram.root_keys,
        "SubUser": len(ram.users),
        "SubUserBindMfa": sum(user.mfa for user in ram.users.values()),
    }
    return {"AccountSecurityPracticeInfo": {"Score": 80, "AccountSecurityPracticeUserInfo": told}}


def get_password_policy(account: Account, call: Call) -> dict[str, Any]:
    return {"PasswordPolicy": account[Ram].password_policy}


def get_security_preference(account: Account, call: Call) -> dict[str, Any]:
    ram = account[Ram]
    manage = ram.users_manage
    return {
        "SecurityPreference": {
            "LoginProfilePreference": ram.sign_in,
            "AccessKeyPreference": {"AllowUserToManageAccessKeys": manage["AccessKeys"]},
            "MFAPreference": {"AllowUserToManageMFADevices": manage["MFADevices"]},
        }
    }


def list_groups(account: Account, call: Call) -> dict[str, Any]:
    groups = [{"GroupName": g.name, "CreateDate": g.created} for g in account[Ram].groups.values()]
    return by_marker(call, groups, "Groups", "Group")


def list_users_for_group(account: Account, call: Call) -> dict[str, Any]:
    members = [{"UserName": name, "JoinDate": CREATED} for name in _group(account, call).members]
    return by_marker(call, members, "Users", "User")


def list_groups_for_user(account: Account, call: Call) -> dict[str, Any]:
    name = _user(account, call).name
    groups = [{"GroupName": g.name} for g in account[Ram].groups.values() if name in g.members]
    return {"Groups": {"Group": groups}}


def list_roles(account: Account, call: Call) -> dict[str, Any]:
    roles = [_role_told(account, role) for role in account[Ram].roles.values()]
    return by_marker(call, roles, "Roles", "Role")


def _role_told(account: Account, role: Role) -> dict[str, Any]:
    arn = f"acs:ram::{account.id}:role/{role.name}"
    return {"RoleName": role.name, "Arn": arn, "CreateDate": role.created, "MaxSessionDuration": 3600}


def get_role(account: Account, call: Call) -> dict[str, Any]:
    role = _role(account, call)
    return {"Role": {**_role_told(account, role), "AssumeRolePolicyDocument": json.dumps(role.trust)}}


def list_policies(account: Account, call: Call) -> dict[str, Any]:
    ram = account[Ram]
    every = [ram.described(name) for name in (*ram.system, *ram.custom)]
    wanted = call.parameters.get("PolicyType")
    listed = [policy for policy in every if wanted in (None, policy["PolicyType"])]
    return by_marker(call, listed, "Policies", "Policy")


def get_policy(account: Account, call: Call) -> dict[str, Any]:
    name = call.need("PolicyName")
    document = account[Ram].custom.get(name)
    if document is None or call.need("PolicyType") != "Custom":
        raise Refusal(404, "EntityNotExist.Policy", "The policy does not exist.")
    version = {"VersionId": "v1", "IsDefaultVersion": True, "PolicyDocument": json.dumps(document)}
    return {"Policy": account[Ram].described(name), "DefaultPolicyVersion": version}


def list_policies_for_user(account: Account, call: Call) -> dict[str, Any]:
    return _policies_of(account, _user(account, call))


def list_policies_for_group(account: Account, call: Call) -> dict[str, Any]:
    return _policies_of(account, _group(account, call))


def list_policies_for_role(account: Account, call: Call) -> dict[str, Any]:
    return _policies_of(account, _role(account, call))


def _policies_of(account: Account, holder: User | Group | Role) -> dict[str, Any]:
    return {"Policies": {"Policy": [account[Ram].described(name) for name in holder.policies]}}


def list_entities_for_policy(account: Account, call: Call) -> dict[str, Any]:
    ram, policy = account[Ram], call.need("PolicyName")
    if policy not in (*ram.system, *ram.custom):
        raise Refusal(404, "EntityNotExist.Policy", "The policy does not exist.")
    return {
        "Users": {"User": [{"UserName": u.name} for u in ram.users.values() if policy in u.policies]},
        "Groups": {"Group": [{"GroupName": g.name} for g in ram.groups.values() if policy in g.policies]},
        "Roles": {"Role": [{"RoleName": r.name} for r in ram.roles.values() if policy in r.policies]},
    }


IMS = Product(
    "Ims",
    "2019-08-15",
    {
        "GetAccessKeyLastUsed": get_access_key_last_used,
        "GetAccountMFAInfo": get_account_mfa_info,
        "GetAccountSecurityPracticeReport": get_account_security_practice_report,
        "GetLoginProfile": get_login_profile,
        "GetPasswordPolicy": get_password_policy,
        "GetSecurityPreference": get_security_preference,
        "GetUserMFAInfo": get_user_mfa_info,
        "ListAccessKeys": list_access_keys,
        "ListUsers": list_users,
    },
)
RAM = Product(
    "Ram",
    "2015-05-01",
    {
        "GetPolicy": get_policy,
        "GetUserMFAInfo": get_mfa_info_of_name,
        "GetRole": get_role,
        "ListEntitiesForPolicy": list_entities_for_policy,
        "ListGroups": list_groups,
        "ListGroupsForUser": list_groups_for_user,
        "ListPolicies": list_policies,
        "ListPoliciesForGroup": list_policies_for_group,
        "ListPoliciesForRole": list_policies_for_role,
        "ListPoliciesForUser": list_policies_for_user,
        "ListRoles": list_roles,
        "ListUsers": list_users,
        "ListUsersForGroup": list_users_for_group,
    },
)
PRODUCTS = [IMS, RAM]
